public import CostDiagnostics
public import CostYAML

/// What a measured device's `device.yaml` says about its tables.
public struct TableManifest: Hashable, Sendable {
  /// One remark on how the numbers came about.
  public struct Remark: Hashable, Sendable {
    /// What the remark is on, such as `runtime`.
    public var key: String
    /// The remark.
    public var text: String
  }

  /// The name by which the device is asked for.
  public var name: String
  /// What the device is, in a line; `nil` where the manifest does not say.
  public var description: String?
  /// At least one; of tables that answer the same question the first is asked.
  public var tables: [TableDescription]
  /// Images that ran together; 1 where the manifest does not say.
  public var batch: Int
  /// How the numbers were measured, in the order written.
  public var measurement: [Remark]
}

extension TableManifest {
  /// The highest `schema` a manifest may have.
  public static let schema: Int64 = 1

  /// Whether the tables are there to be filled from a published file, and may be absent until then.
  public var isFilledByImport: Bool { tables.contains { $0.latency.origin != nil } }

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
    let tables = Self.tables(&reader)
    let measurement = reader.mapping("measurement") { reader -> (batch: Int, remarks: [Remark])? in
      let batch = reader.integer("batch", in: 1...(1 << 24), required: false)
      return Self.remarks(&reader).map { (batch: Int(batch ?? 1), remarks: $0) }
    }
    guard schema != nil, kind != nil, let name, let tables, let measurement else { return nil }
    return TableManifest(
      name: name, description: description, tables: tables, batch: measurement.batch,
      measurement: measurement.remarks)
  }

  /// The tables of the key `tables`, or the one whose keys stand beside the device's own.
  private static func tables(_ reader: inout YAMLReader) -> [TableDescription]? {
    guard reader.has("tables") else {
      return TableDescription.decoded(&reader).map { [$0] }
    }
    guard let tables = reader.sequence("tables", { TableDescription.decoded(&$0) }) else {
      return nil
    }
    guard !tables.isEmpty else {
      reader.report(
        at: reader.value.node.location, keyPath: "tables", "the list has no table", hint: nil)
      return nil
    }
    return tables
  }

  /// What a manifest may say of a measurement; `device` and `license` it has to.
  private static func remarks(_ reader: inout YAMLReader) -> [Remark]? {
    let required = ["device", "license"]
    let optional = [
      "method", "runtime", "version", "batch", "precision", "runs", "statistic", "resolution",
      "date", "source",
    ]
    var texts: [String: String] = [:]
    for key in required { texts[key] = reader.string(key) }
    for key in optional { texts[key] = reader.string(key, required: false) }
    return reader.keys.compactMap { key in texts[key].map { Remark(key: key, text: $0) } }
  }
}
