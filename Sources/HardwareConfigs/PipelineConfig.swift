public import Accelerators
public import CostDiagnostics
internal import CostUnits
public import CostYAML
internal import Ops

/// Decodes `kind: pipeline`: engines, what runs on them, and how they work together.
public enum PipelineConfig {
  /// A design with the key paths of its numbers of which nobody says where they come from.
  public struct Decoded: Hashable, Sendable {
    /// What the file says, on the board it names.
    public var design: PipelineDesign
    /// Key paths of numbers without a source.
    public var unsourcedNumbers: [String]
  }

  /// Decodes a design's text.
  ///
  /// - Parameters:
  ///   - file: The name messages give the text.
  ///   - boards: The file of a board's name.
  /// - Throws: `InputError` with every mistake of the file, and of its board's.
  public static func decode(
    text: String, file: String, boards: (String) -> InputText?
  ) throws(InputError) -> Decoded {
    try decode(YAMLDocument(parsing: text, file: file), boards: boards)
  }

  /// Decodes a design from a parsed document, with values at some key paths replaced first.
  ///
  /// - Throws: `InputError` with every mistake of the file, and of its board's.
  public static func decode(
    _ document: YAMLDocument, overriding overrides: [String: String] = [:],
    boards: (String) -> InputText?
  ) throws(InputError) -> Decoded {
    try HardwareConfig.check(document, is: .pipeline, "a pipeline")
    var decoder = PipelineDecoder()
    decoder.decoding.overridden = Set(overrides.keys)
    var problemsElsewhere: [Diagnostic] = []
    let replaced = try HardwareConfig.replace(overrides, in: document)
    let design = try YAMLReader.decode(replaced) { reader in
      decoder.design(from: &reader, boards: boards, &problemsElsewhere)
    }
    if !problemsElsewhere.isEmpty { throw InputError(problemsElsewhere) }
    return Decoded(design: design, unsourcedNumbers: decoder.decoding.unsourced)
  }
}

/// Reads the keys of a design.
struct PipelineDecoder {
  var decoding = ConfigDecoding()

  /// The largest unrolling, tile and count of passes; products of a few stay inside 64 bits.
  static let largestCount: Int64 = 1 << 24
  static let mostEngines = 256

  mutating func design(
    from reader: inout YAMLReader, boards: (String) -> InputText?,
    _ problemsElsewhere: inout [Diagnostic]
  ) -> PipelineDesign? {
    _ = reader.integer("schema", in: 1...HardwareConfig.newestSchema)
    _ = reader.value("kind")
    let name = reader.identifier("name")
    let sources = reader.citations()
    decoding.sourceNames = sources?.keys.sorted()
    let source = decoding.provenance(of: &reader, inheriting: nil)
    let board = board(from: &reader, boards: boards, &problemsElsewhere)
    let clock = decoding.quantity("clock", Frequency.self, from: &reader, source)
    let precision = reader.mapping("precision") { self.precision(from: &$0, source) }
    let style = reader.choice("style", of: ResourceStyle.self, required: false)
    let composition = reader.choice("compose", of: Composition.self)
    let grouping = reader.choice("group", of: LayerGrouping.self, required: false) ?? .none
    let engines = engines(from: &reader, source, grouping: grouping)
    let assignments = assignments(from: &reader, source, engines: engines ?? [])
    if let engines, let assignments { reportUnusable(engines, assignments, in: &reader) }
    let memory = memory(from: &reader, source, board: board)
    let power = reader.has("power") ? decoding.power(from: &reader, source) : nil
    guard let name, let clock, let precision, let composition, let engines, let assignments,
      let board
    else { return nil }
    return PipelineDesign(
      name: name, board: board, clockMegahertz: clock.megahertz, precision: precision,
      style: style ?? .hwcost, engines: engines.map(\.engine), assignments: assignments,
      composition: composition, grouping: grouping, memory: memory,
      power: power ?? board.power, sources: sources ?? [:], provenance: decoding.provenance)
  }

  /// The board that the file names, from the board's own file.
  private func board(
    from reader: inout YAMLReader, boards: (String) -> InputText?,
    _ problemsElsewhere: inout [Diagnostic]
  ) -> Board? {
    guard let value = reader.value("board"), let name = reader.identifier(value) else { return nil }
    guard let file = boards(name) else {
      reader.report(
        value, "there is no board '\(name)'",
        hint: "boards are files of hwconfigs/boards; the file of this one is '\(name).yaml'")
      return nil
    }
    do throws(InputError) {
      return try BoardConfig.decode(text: file.text, file: file.file).board
    } catch {
      problemsElsewhere += error.diagnostics
      // The design's own mistakes are looked for with any board.
      return Board(
        name: name, part: "", family: .series7, resources: .none, usableShare: 1,
        memoryBytesPerSecond: 1, memoryEfficiency: 1, clockMegahertz: 1)
    }
  }

  private mutating func precision(
    from reader: inout YAMLReader, _ inherited: Provenance?
  ) -> Precision? {
    let source = decoding.provenance(of: &reader, inheriting: inherited)
    func width(_ key: String, _ decoding: inout ConfigDecoding) -> Int? {
      decoding.number(key, from: &reader, source) { SpatialArrayConfig.bits($1, from: &$0) }
    }
    let weight = width("weight", &decoding)
    let activation = width("activation", &decoding)
    let accumulator = width("accumulator", &decoding)
    guard let weight, let activation, let accumulator else { return nil }
    return Precision(weightBits: weight, activationBits: activation, accumulatorBits: accumulator)
  }

  /// How the design uses the board's memory; what is left out is the board's.
  private mutating func memory(
    from reader: inout YAMLReader, _ inherited: Provenance?, board: Board?
  ) -> MemoryPort? {
    guard reader.has("memory") else { return nil }
    return reader.mapping("memory") { memory in
      let source = decoding.provenance(of: &memory, inheriting: inherited)
      let rate = decoding.quantity(
        "bandwidth", BytesPerSecond.self, from: &memory, source, required: false)
      let efficiency = decoding.number("efficiency", from: &memory, source, required: false) {
        $0.number($1, in: 0.01...1)
      }
      let overlaps = memory.boolean("overlap")
      guard let overlaps else { return nil }
      let bytesPerSecond = rate?.canonical ?? board?.memoryBytesPerSecond ?? 1
      let share = efficiency ?? (rate == nil ? board?.memoryEfficiency ?? 1 : 1)
      return MemoryPort(bytesPerSecond: bytesPerSecond * share, isOverlapped: overlaps)
    }
  }
}
