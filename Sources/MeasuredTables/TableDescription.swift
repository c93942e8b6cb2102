public import CostDiagnostics
internal import CostYAML
public import Ops

/// What a manifest says of one of its tables.
public struct TableDescription: Hashable, Sendable {
  /// What one row of the table is.
  public enum Granularity: String, CaseIterable, Hashable, Sendable {
    /// A whole network.
    case network
    /// A block of a search space; a network is the sum of its blocks.
    case block
    /// A layer; a network is the sum of its layers.
    case layer
  }

  /// What an entry that the table lacks means.
  public enum Missing: String, CaseIterable, Hashable, Sendable {
    /// The network cannot be costed.
    case error
    /// The entry lies on a line between two that were measured, and reports say so.
    case interpolate
  }

  /// A column of the table that holds numbers of one unit.
  public struct Column<Unit: Hashable & Sendable>: Hashable, Sendable {
    /// The column's name in the table's header.
    public var name: String
    /// The unit of its numbers, which are converted once.
    public var unit: Unit
    /// Where in a published file the numbers are, for `hwcost table import`: keys and indices with
    /// slashes between.
    public var origin: String?
    /// Where the manifest names the column.
    public var location: SourceLocation
  }

  /// What a row is of.
  public var granularity: Granularity
  /// Name of the search space whose members or blocks the rows are; `nil` for layers.
  public var space: String?
  /// Where the manifest names the space, or else the table.
  public var location: SourceLocation
  /// The table's file, relative to the manifest.
  public var table: String
  /// How a row is named.
  public var key: TableKey
  /// The column that holds the key; layers' attributes are columns each.
  public var keyColumn: String
  /// The column of latencies.
  public var latency: Column<TimeUnit>
  /// The column of energies; `nil` where there is none.
  public var energy: Column<EnergyUnit>?
  /// Whether costs of rows add up to a network's.
  public var isAdditive: Bool
  /// What a row that is not there means.
  public var missing: Missing
  /// Kinds of ops that cost nothing of their own, because the runtime makes them part of others.
  public var freeOps: Set<OpKind>
}

extension TableDescription {
  /// Decodes the keys of one table.
  static func decoded(_ reader: inout YAMLReader) -> TableDescription? {
    let granularity = reader.choice("granularity", of: Granularity.self)
    let spaceValue = reader.value("space", required: granularity != .layer)
    let space = spaceValue.flatMap { reader.string($0) }
    let tableValue = reader.value("table")
    let table = tableValue.flatMap { reader.string($0) }
    let keyValue = reader.value("key")
    let key = keyValue.flatMap { reader.choice($0, of: TableKey.self) }
    let keyColumn = reader.string("key_column", required: false)
    if let keyValue, let key, let granularity, !key.granularities.contains(granularity) {
      reader.report(
        keyValue, "'\(key.rawValue)' names no \(granularity.rawValue)",
        hint: "keys of a \(granularity.rawValue) are "
          + TableKey.allCases.filter { $0.granularities.contains(granularity) }.map(\.rawValue)
          .joined(separator: ", "))
    }
    let columns = reader.mapping("columns") { reader in
      let latency = Self.column("latency", TimeUnit.self, required: true, &reader)
      let energy = Self.column("energy", EnergyUnit.self, required: false, &reader)
      return latency.map { (latency: $0, energy: energy) }
    }
    let isAdditive = Self.additive(granularity, &reader)
    let missing = Self.missing(granularity, &reader)
    let freeOps = Self.freeOps(granularity, &reader)
    guard let granularity, let tableValue, let table, let key, let columns, let isAdditive,
      let missing, let freeOps, space != nil || granularity == .layer
    else { return nil }
    return TableDescription(
      granularity: granularity, space: space,
      location: (spaceValue ?? tableValue).node.location, table: table, key: key,
      keyColumn: keyColumn ?? key.standardColumn, latency: columns.latency,
      energy: columns.energy, isAdditive: isAdditive, missing: missing, freeOps: freeOps)
  }

  private static func column<Unit: CaseIterable & RawRepresentable<String> & Hashable & Sendable>(
    _ key: String, _: Unit.Type, required: Bool, _ reader: inout YAMLReader
  ) -> Column<Unit>? {
    reader.mapping(key, required: required) { reader -> Column<Unit>? in
      let location = reader.value.node.location
      let nameValue = reader.value("name")
      let name = nameValue.flatMap { reader.string($0) }
      let unitValue = reader.value("unit")
      let unit = unitValue.flatMap { reader.choice($0, of: Unit.self) }
      let origin = reader.string("from", required: false)
      guard let nameValue, let name, let unit else { return nil }
      if let spelled = UnitSpelling.ofColumn(name), spelled != unit.rawValue {
        reader.report(
          nameValue, "the column '\(name)' says \(spelled), its unit here is \(unit.rawValue)",
          hint: "write the unit that the numbers have")
      }
      return Column(name: name, unit: unit, origin: origin, location: location)
    }
  }

  /// Whether rows add up: they have to where they are no whole networks.
  private static func additive(
    _ granularity: Granularity?, _ reader: inout YAMLReader
  ) -> Bool? {
    guard let value = reader.value("additive", required: false) else {
      guard let granularity, granularity != .network else { return false }
      reader.report(
        at: reader.value.node.location, keyPath: reader.value.keyPath,
        "a table of \(granularity.rawValue)s has to say whether costs add up",
        hint: "write 'additive: true' if a network costs the sum of its \(granularity.rawValue)s")
      return nil
    }
    guard let word = reader.choice(value, among: ["true", "false"]) else { return nil }
    if word == "false", let granularity, granularity != .network {
      reader.report(
        value, "\(granularity.rawValue)s whose costs do not add up say nothing of a network",
        hint: "measure whole networks")
      return nil
    }
    return word == "true"
  }

  private static func missing(
    _ granularity: Granularity?, _ reader: inout YAMLReader
  ) -> Missing? {
    guard let value = reader.value("missing", required: false) else { return .error }
    guard let missing = reader.choice(value, of: Missing.self) else { return nil }
    if missing == .interpolate, granularity == .network {
      reader.report(
        value, "a table of whole networks has nothing to interpolate along",
        hint: "write 'missing: error'")
      return nil
    }
    return missing
  }

  private static func freeOps(
    _ granularity: Granularity?, _ reader: inout YAMLReader
  ) -> Set<OpKind>? {
    guard let values = reader.values("free", required: false) else { return [] }
    if granularity != .layer, let first = values.first {
      reader.report(first, "only a table of layers has ops that are free")
      return nil
    }
    let kinds = values.compactMap { reader.choice($0, of: OpKind.self) }
    return kinds.count == values.count ? Set(kinds) : nil
  }
}
