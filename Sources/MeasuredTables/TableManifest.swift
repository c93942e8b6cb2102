public import CostDiagnostics
public import CostYAML

/// What a measured device's `device.yaml` says about its table.
public struct TableManifest: Hashable, Sendable {
  /// What one row of the table is.
  public enum Granularity: String, CaseIterable, Hashable, Sendable {
    /// A whole network.
    case network
  }

  /// How a row names its network.
  public enum Key: String, CaseIterable, Hashable, Sendable {
    /// By the architecture's text.
    case architecture
    /// By the architecture's number in the search space.
    case index
  }

  /// Units of a time, by their size in milliseconds.
  public enum TimeUnit: String, CaseIterable, Hashable, Sendable {
    case milliseconds = "ms"
    case microseconds = "us"
    case nanoseconds = "ns"
    case seconds = "s"

    /// The unit in milliseconds.
    public var milliseconds: Double {
      switch self {
      case .milliseconds: 1
      case .microseconds: 1e-3
      case .nanoseconds: 1e-6
      case .seconds: 1e3
      }
    }
  }

  /// Units of an energy, by their size in millijoules.
  public enum EnergyUnit: String, CaseIterable, Hashable, Sendable {
    case millijoules = "mJ"
    case microjoules = "uJ"
    case nanojoules = "nJ"
    case picojoules = "pJ"
    case joules = "J"

    /// The unit in millijoules.
    public var millijoules: Double {
      switch self {
      case .millijoules: 1
      case .microjoules: 1e-3
      case .nanojoules: 1e-6
      case .picojoules: 1e-9
      case .joules: 1e3
      }
    }
  }

  /// A column of the table that holds numbers of one unit.
  public struct Column<Unit: Hashable & Sendable>: Hashable, Sendable {
    /// The column's name in the table's header.
    public var name: String
    public var unit: Unit
    /// Where the manifest names the column.
    public var location: SourceLocation
  }

  /// One remark on how the numbers came about.
  public struct Remark: Hashable, Sendable {
    public var key: String
    public var text: String
  }

  public var name: String
  public var description: String?
  public var granularity: Granularity
  /// Name of the search space whose architectures the rows name.
  public var space: String
  /// Where the manifest names the space.
  public var spaceLocation: SourceLocation
  /// The table's file, relative to the manifest.
  public var table: String
  public var key: Key
  public var latency: Column<TimeUnit>
  public var energy: Column<EnergyUnit>?
  /// Images that ran together; 1 where the manifest does not say.
  public var batch: Int
  /// How the numbers were measured, in the order written.
  public var measurement: [Remark]
}

extension TableManifest {
  /// The highest `schema` a manifest may have.
  public static let schema: Int64 = 1

  /// Decodes a manifest whose `kind` is `measured`.
  ///
  /// - Throws: `InputError` with all mistakes.
  public init(decoding document: YAMLDocument) throws(InputError) {
    self = try YAMLReader.decode(document) { reader in Self.decoded(&reader) }
  }

  private static func decoded(_ reader: inout YAMLReader) -> TableManifest? {
    let schema = reader.integer("schema", in: 1...Self.schema)
    let kind = reader.value("kind").flatMap { reader.choice($0, among: ["measured"]) }
    let name = reader.string("name")
    let description = reader.string("description", required: false)
    let granularity = reader.choice("granularity", of: Granularity.self)
    let spaceValue = reader.value("space")
    let space = spaceValue.flatMap { reader.string($0) }
    let table = reader.string("table")
    let key = reader.choice("key", of: Key.self)
    let columns = reader.mapping("columns") { reader in
      let latency = Self.column("latency", TimeUnit.self, required: true, &reader)
      let energy = Self.column("energy", EnergyUnit.self, required: false, &reader)
      return latency.map { (latency: $0, energy: energy) }
    }
    let measurement = reader.mapping("measurement") { reader -> (batch: Int, remarks: [Remark])? in
      let batch = reader.integer("batch", in: 1...(1 << 24), required: false)
      return Self.remarks(&reader).map { (batch: Int(batch ?? 1), remarks: $0) }
    }
    guard schema != nil, kind != nil, let name, let granularity, let spaceValue, let space,
      let table, let key, let columns, let measurement
    else { return nil }
    return TableManifest(
      name: name, description: description, granularity: granularity, space: space,
      spaceLocation: spaceValue.node.location, table: table, key: key, latency: columns.latency,
      energy: columns.energy, batch: measurement.batch, measurement: measurement.remarks)
  }

  private static func column<Unit: CaseIterable & RawRepresentable<String> & Hashable & Sendable>(
    _ key: String, _: Unit.Type, required: Bool, _ reader: inout YAMLReader
  ) -> Column<Unit>? {
    reader.mapping(key, required: required) { reader -> Column<Unit>? in
      let location = reader.value.node.location
      let name = reader.string("name")
      let unit = reader.choice("unit", of: Unit.self)
      guard let name, let unit else { return nil }
      return Column(name: name, unit: unit, location: location)
    }
  }

  /// What a manifest may say of a measurement; `device` and `license` it has to.
  private static func remarks(_ reader: inout YAMLReader) -> [Remark]? {
    let required = ["device", "license"]
    let optional = [
      "method", "runtime", "version", "batch", "precision", "runs", "statistic", "date", "source",
    ]
    var texts: [String: String] = [:]
    for key in required { texts[key] = reader.string(key) }
    for key in optional { texts[key] = reader.string(key, required: false) }
    return reader.keys.compactMap { key in texts[key].map { Remark(key: key, text: $0) } }
  }
}
