public import CostDiagnostics
public import Networks
public import Ops

/// One table of measurements: networks, blocks or layers, each with what it costs.
public struct MeasuredTable: Sendable {
  /// One measured entry.
  public struct Row: Hashable, Sendable {
    /// Latency in milliseconds.
    public var latencyMilliseconds: Double
    /// `nil` where the table has no such column.
    public var energyMillijoules: Double?
    /// Line of the table's file.
    public var line: Int
  }

  /// What a table says of an entry.
  public struct Answer: Hashable, Sendable {
    /// Latency in milliseconds.
    public var latencyMilliseconds: Double
    /// Energy in millijoules; `nil` where the table has no such column.
    public var energyMillijoules: Double?
    /// Whether the entry was not measured, and lies between two that were.
    public var isInterpolated: Bool
  }

  /// What the manifest says about the table.
  public let description: TableDescription
  /// Name of the table's file, as messages show it.
  public let file: String
  /// The search space of networks and blocks.
  public let space: (any SearchSpace)?
  /// The blocks of the space; `nil` for tables of other things.
  public let blocks: SpaceBlocks?
  let rows: [EntryKey: Row]
  /// Measured entries in order of their work, by what they have in common; empty where nothing is
  /// interpolated.
  private let families: [String: [(work: Double, row: Row)]]

  /// Reads a table.
  ///
  /// - Parameters:
  ///   - text: The text of the file that the description names.
  ///   - file: The name messages give that file.
  ///   - batch: Images that ran together.
  /// - Throws: `InputError` with every mistake of the table, or the manifest's where it names a
  ///   space or a column that is not there.
  public init(
    _ description: TableDescription, batch: Int, text: String, file: String
  ) throws(InputError) {
    let space = try Self.space(of: description)
    blocks = description.granularity == .block ? space?.blockShapes : nil
    if description.granularity == .block, blocks == nil {
      throw InputError(
        at: description.location, keyPath: "space",
        "'\(description.space ?? "")' is not made of blocks that have keys",
        hint: "measure its networks or its layers")
    }
    var reader = try RowReader(
      description, batch: batch, space: space, table: text, file: file)
    rows = try reader.rows()
    self.description = description
    self.file = file
    self.space = space
    families = description.missing == .interpolate ? Self.families(of: rows) : [:]
  }

  /// How many entries the table holds.
  public var count: Int { rows.count }

  private static func space(
    of description: TableDescription
  ) throws(InputError) -> (any SearchSpace)? {
    guard let name = description.space else { return nil }
    if let space = SearchSpaces.named(name) { return space }
    throw InputError(
      at: description.location, keyPath: "space", "unknown search space '\(name)'",
      hint: SearchSpaces.hint(for: name))
  }
}

// MARK: - Asking
extension MeasuredTable {
  /// What a member of the space costs as a whole.
  ///
  /// - Parameter text: the architecture's canonical text.
  public func network(_ text: String) -> Answer? { answer(.network(text)) }

  /// What a block costs; `nil` where it was neither measured nor lies between what was.
  public func block(_ shape: BlockShape) -> Answer? { answer(.block(shape)) }

  /// What an op costs; nothing for one that is free.
  public func layer(_ op: any TensorOp) -> Answer? {
    guard !description.freeOps.contains(op.kind) else {
      return Answer(
        latencyMilliseconds: 0, energyMillijoules: description.energy == nil ? nil : 0,
        isInterpolated: false)
    }
    return answer(.layer(op.key), op: op)
  }

  private func answer(_ key: EntryKey, op: (any TensorOp)? = nil) -> Answer? {
    if let row = rows[key] {
      return Answer(
        latencyMilliseconds: row.latencyMilliseconds, energyMillijoules: row.energyMillijoules,
        isInterpolated: false)
    }
    guard description.missing == .interpolate, let place = Self.place(of: key, op: op) else {
      return nil
    }
    return interpolated(place)
  }
}

// MARK: - Interpolation
extension MeasuredTable {
  /// Where an entry lies among those it is compared with.
  private struct Place {
    var family: String
    var work: Double
  }

  /// The family and the work of an entry; `nil` for whole networks.
  private static func place(of key: EntryKey, op: (any TensorOp)?) -> Place? {
    switch key {
    case .network: return nil
    case .block(let shape): return Place(family: shape.family, work: shape.work)
    case .layer(let layer):
      let sizes: Set<OpAttribute> = [.inputChannels, .outputChannels, .height, .width]
      let family = layer.attributes.list.filter { !sizes.contains($0.attribute) }
        .reduce(into: layer.kind.rawValue) { $0 += " \($1.attribute.name)=\($1.value)" }
      let known = op ?? (try? layer.kind.op(layer.attributes))
      guard let known else { return nil }
      let work = known.macs > 0 ? known.macs : max(known.otherOperations, known.output.words)
      return Place(family: family, work: Double(work))
    }
  }

  private static func families(
    of rows: [EntryKey: Row]
  ) -> [String: [(work: Double, row: Row)]] {
    var families: [String: [(work: Double, row: Row)]] = [:]
    for (key, row) in rows {
      guard let place = place(of: key, op: nil) else { continue }
      families[place.family, default: []].append((place.work, row))
    }
    // The order of a dictionary is no order; lines of the file are.
    return families.mapValues { $0.sorted { ($0.work, $0.row.line) < ($1.work, $1.row.line) } }
  }

  /// The value on the line between the nearest entries of less and of more work; `nil` outside of
  /// what was measured. Entries of the same work answer with their mean.
  private func interpolated(_ place: Place) -> Answer? {
    guard let family = families[place.family],
      let below = family.last(where: { $0.work <= place.work })?.work,
      let above = family.first(where: { $0.work >= place.work })?.work
    else { return nil }
    func mean(_ work: Double) -> (latency: Double, energy: Double?) {
      let same = family.filter { $0.work == work }.map(\.row)
      let energies = same.compactMap(\.energyMillijoules)
      let count = Double(same.count)
      return (
        same.reduce(0) { $0 + $1.latencyMilliseconds } / count,
        energies.count == same.count ? energies.reduce(0, +) / count : nil
      )
    }
    let (low, high) = (mean(below), mean(above))
    let share = above > below ? (place.work - below) / (above - below) : 0
    var energy: Double?
    if let first = low.energy, let second = high.energy {
      energy = first + share * (second - first)
    }
    return Answer(
      latencyMilliseconds: low.latency + share * (high.latency - low.latency),
      energyMillijoules: energy, isInterpolated: true)
  }
}

// MARK: - What is missing
extension MeasuredTable {
  /// What of a search space a table holds.
  public struct Coverage: Hashable, Sendable {
    /// Name of the search space.
    public var space: String
    /// Entries that the space's members are made of.
    public var needed: Int
    /// Entries that are interpolated.
    public var interpolated: Int
    /// Names of entries that are neither measured nor interpolated, in the order of the space.
    public var missing: [String]
  }

  /// What of its search space the table holds; for layers, of a space that is given.
  ///
  /// - Returns: `nil` for a table of layers without a space, and for whole networks of a space that
  ///   is too large to list.
  public func coverage(of given: (any SearchSpace)? = nil) -> Coverage? {
    guard let space = given ?? space else { return nil }
    var coverage = Coverage(space: space.name, needed: 0, interpolated: 0, missing: [])
    func note(_ name: @autoclosure () -> String, _ answer: Answer?) {
      coverage.needed += 1
      if answer == nil { coverage.missing.append(name()) }
      if answer?.isInterpolated == true { coverage.interpolated += 1 }
    }
    switch description.granularity {
    case .network:
      guard let count = space.indexedCount else { return nil }
      for index in 0..<count {
        guard let architecture = space.architecture(at: index) else { continue }
        let text = space.text(of: architecture)
        note(text, network(text))
      }
    case .block:
      for shape in space.blockShapes?.distinct ?? [] { note(shape.hwNASBenchKey, block(shape)) }
    case .layer:
      let parts = space.parts
      var seen: Set<LayerIdentity> = []
      for layer in parts.fixed + parts.terms.flatMap({ $0.layers.joined() })
      where seen.insert(layer.identity).inserted {
        note(layer.op.key.description, self.layer(layer.op))
      }
    }
    return coverage
  }
}
