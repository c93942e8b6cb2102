public import Accelerators
public import CostDiagnostics
internal import CostUnits
public import CostYAML

/// Decodes `kind: fpga-board`.
public enum BoardConfig {
  /// A board with the key paths of its numbers of which nobody says where they come from.
  public struct Decoded: Hashable, Sendable {
    /// What the file says.
    public var board: Board
    /// Key paths of numbers without a source.
    public var unsourcedNumbers: [String]
  }

  /// Decodes a board's text.
  ///
  /// - Parameter file: The name messages give the text.
  /// - Throws: `InputError` with every mistake of the file.
  public static func decode(text: String, file: String) throws(InputError) -> Decoded {
    try decode(YAMLDocument(parsing: text, file: file))
  }

  /// Decodes a board from a parsed document, with values at some key paths replaced first.
  ///
  /// - Throws: `InputError` with every mistake of the file.
  public static func decode(
    _ document: YAMLDocument, overriding overrides: [String: String] = [:]
  ) throws(InputError) -> Decoded {
    try HardwareConfig.check(document, is: .board, "a board")
    var decoder = BoardDecoder()
    decoder.decoding.overridden = Set(overrides.keys)
    let replaced = try HardwareConfig.replace(overrides, in: document)
    let board = try YAMLReader.decode(replaced) { reader in decoder.board(from: &reader) }
    return Decoded(board: board, unsourcedNumbers: decoder.decoding.unsourced)
  }
}

/// Reads the keys of a board.
private struct BoardDecoder {
  var decoding = ConfigDecoding()

  /// More of anything than any device has.
  private static let mostOfAnything: Int64 = 1 << 32

  mutating func board(from reader: inout YAMLReader) -> Board? {
    _ = reader.integer("schema", in: 1...HardwareConfig.newestSchema)
    _ = reader.value("kind")
    let name = reader.identifier("name")
    let part = reader.string("part")
    let family = reader.choice("family", of: Board.Family.self)
    let sources = reader.citations()
    decoding.sourceNames = sources?.keys.sorted()
    let source = decoding.provenance(of: &reader, inheriting: nil)
    let resources = reader.mapping("resources") {
      self.resources(from: &$0, source, part: part ?? "")
    }
    let usable = decoding.number("usable", from: &reader, source, required: false) {
      $0.number($1, in: 0.01...1)
    }
    let memory = reader.mapping("memory") { self.memory(from: &$0, source) }
    let clock = decoding.quantity("clock", Frequency.self, from: &reader, source)
    let power = reader.has("power") ? decoding.power(from: &reader, source) : nil
    let designs =
      reader.has("designs") ? reader.choice("designs", of: DesignFamily.self) : .stream
    let disagreements = self.disagreements(from: &reader)
    guard let name, let part, let family, let resources, let memory, let clock else { return nil }
    return Board(
      name: name, part: part, family: family, resources: resources, usableShare: usable ?? 1,
      memoryBytesPerSecond: memory.bytesPerSecond, memoryEfficiency: memory.efficiency,
      clockMegahertz: clock.megahertz, power: power, designs: designs ?? .stream,
      disagreements: disagreements ?? [],
      sources: sources ?? [:], provenance: decoding.provenance)
  }

  private mutating func resources(
    from reader: inout YAMLReader, _ inherited: Provenance?, part: String
  ) -> FPGAResources? {
    let source = decoding.provenance(of: &reader, inheriting: inherited)
    var found = FPGAResources()
    var isComplete = true
    reportBlocksOf36(in: &reader)
    for resource in FPGAResource.allCases {
      // A count of the wrong blocks was reported, and the right key is not missing besides.
      let isOptional =
        resource == .ultraRAM || resource == .blockRAM18 && !reader.diagnostics.isEmpty
      let count = decoding.number(
        resource.name, from: &reader, source, required: !isOptional
      ) { reader, value in
        let count = reader.integer(value, in: 0...Self.mostOfAnything)
        if resource == .blockRAM18, let count {
          Self.checkBlockRAMs(count, of: part, at: value, in: &reader)
        }
        return count
      }
      if let count { found[resource] = count } else if !isOptional { isComplete = false }
    }
    return isComplete ? found : nil
  }

  /// Reports counts of 36 kbit blocks, by whatever name.
  private func reportBlocksOf36(in reader: inout YAMLReader) {
    for key in ["bram36", "bram", "ramb36"] where reader.keys.contains(key) {
      guard let value = reader.value(key) else { continue }
      let doubled = value.node.integer.flatMap { $0 > 0 && $0 < 1 << 32 ? $0 * 2 : nil }
      reader.report(
        value, "'\(key)' is no resource here: block RAM is counted in halves of 18 kbit",
        hint: doubled.map { "if these are blocks of 36 kbit, write 'bram18: \($0)'" }
          ?? "write 'bram18: …', twice the number of 36 kbit blocks")
    }
  }

  /// Reports a count of 18 kbit blocks that can only be one of 36 kbit blocks.
  private static func checkBlockRAMs(
    _ count: Int64, of part: String, at value: YAMLReader.Value, in reader: inout YAMLReader
  ) {
    if let known = FPGAParts.blockRAMs18Kb(of: part), count * 2 == known {
      reader.report(
        value, "\(count) is the number of 36 kbit blocks of \(part); of 18 kbit it has \(known)",
        hint: "write 'bram18: \(known)'")
    } else if count % 2 != 0 {
      reader.report(
        value, "\(count) is odd, but each 36 kbit block has two of 18 kbit",
        hint: "if these are blocks of 36 kbit, write 'bram18: \(count * 2)'")
    }
  }

  private mutating func memory(
    from reader: inout YAMLReader, _ inherited: Provenance?
  ) -> (bytesPerSecond: Double, efficiency: Double)? {
    let source = decoding.provenance(of: &reader, inheriting: inherited)
    let rate = decoding.quantity("bandwidth", BytesPerSecond.self, from: &reader, source)
    let efficiency = decoding.number("efficiency", from: &reader, source, required: false) {
      $0.number($1, in: 0.01...1)
    }
    guard let rate else { return nil }
    return (rate.canonical, efficiency ?? 1)
  }

  /// What other sources say of the board's numbers.
  private func disagreements(from reader: inout YAMLReader) -> [Board.Disagreement]? {
    guard reader.has("disagreements") else { return [] }
    let known = (Array(decoding.provenance.keys) + decoding.unsourced).sorted()
    return reader.sequence("disagreements") { item -> Board.Disagreement? in
      let place = item.value("of")
      let says = item.string("says")
      let source = item.value("source")
      guard let place, let of = item.string(place), let says, let source,
        let name = item.string(source)
      else { return nil }
      if !known.contains(of) {
        item.report(
          place, "there is no number '\(of)' in this file",
          hint: item.didYouMean(of, among: known))
      }
      if let names = decoding.sourceNames, !names.contains(name) {
        item.report(
          source, "'\(name)' is not in the file's sources",
          hint: item.didYouMean(name, among: names)
            ?? "add '\(name): \"where the number is from\"' to sources")
      }
      return Board.Disagreement(of: of, says: says, source: name)
    }
  }
}

// MARK: - Shared with designs
extension YAMLReader {
  /// The file's citations by name; `nil` when anything in them is wrong.
  mutating func citations() -> [String: String]? {
    guard has("sources") else { return [:] }
    return mapping("sources") { sources -> [String: String]? in
      var found: [String: String] = [:]
      for (key, _, value) in sources.remainingEntries() { found[key] = sources.string(value) }
      return found
    }
  }
}

extension ConfigDecoding {
  /// Reads the key `power`: a constant one, or what each event costs.
  mutating func power(
    from reader: inout YAMLReader, _ inherited: Provenance?
  ) -> PipelinePower? {
    reader.mapping("power") { power in
      let source = provenance(of: &power, inheriting: inherited)
      if power.has("constant") {
        return uncertain("constant", Power.self, from: &power, source).map { .constant($0) }
      }
      let leak = uncertain("static", Power.self, from: &power, source)
      let processor = uncertain("processor", Power.self, from: &power, source)
      let dsp = uncertain("dsp", EnergyPerCycle.self, from: &power, source)
      let blockRAM = uncertain("bram18", EnergyPerAccess.self, from: &power, source)
      let ultraRAM = uncertain("uram", EnergyPerAccess.self, from: &power, source)
      let table = uncertain("lut", EnergyPerCycle.self, from: &power, source)
      let flipFlop = uncertain("ff", EnergyPerCycle.self, from: &power, source)
      let dram = uncertain("dram", EnergyPerBit.self, from: &power, source)
      guard let leak, let processor, let dsp, let blockRAM, let ultraRAM, let table, let flipFlop,
        let dram
      else { return nil }
      return .events(
        EventEnergies(
          staticMilliwatts: leak, processorMilliwatts: processor, dspPicojoulesPerCycle: dsp,
          blockRAMPicojoulesPerAccess: blockRAM, ultraRAMPicojoulesPerAccess: ultraRAM,
          lookUpTablePicojoulesPerCycle: table, flipFlopPicojoulesPerCycle: flipFlop,
          dramPicojoulesPerBit: dram))
    }
  }

  /// Reads a number with its unit and, beside it, how uncertain it is:
  /// `{value: 12 pJ/cycle, uncertainty: 0.5, source: …}`.
  private mutating func uncertain<Family: UnitFamily>(
    _ key: String, _ family: Family.Type, from reader: inout YAMLReader, _ inherited: Provenance?
  ) -> UncertainNumber? {
    guard let value = reader.value(key) else { return nil }
    guard value.node.entries != nil else {
      let isOverridden = overridden.contains(value.keyPath)
      record(value.keyPath, isOverridden ? .assumed("set from outside the file") : inherited)
      return reader.quantity(value, family).map { UncertainNumber($0.canonical) }
    }
    return reader.mapping(value) { inner in
      let source = provenance(of: &inner, inheriting: inherited)
      record(value.keyPath, source)
      let number = inner.quantity("value", family)
      let uncertainty = inner.number("uncertainty", in: 0...10, required: false)
      return number.map { UncertainNumber($0.canonical, relativeUncertainty: uncertainty ?? 0) }
    }
  }
}
