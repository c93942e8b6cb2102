public import MeasuredTables

/// What `hwcost table import` takes out of a published file: which numbers go to which table.
public struct TableImport: Sendable {
  /// The plan, as the script that reads the file takes it.
  public var plan: JSONValue
  /// The tables that will be written.
  public var files: [String]

  /// - Parameters:
  ///   - folder: Where the tables are written.
  /// - Throws: `CostAPIError.request` for a manifest that does not say where its numbers are.
  public init(
    _ manifest: TableManifest, from source: String, into folder: String
  ) throws(CostAPIError) {
    var tables: [JSONValue] = []
    files = []
    for table in manifest.tables {
      guard let latency = table.latency.origin else { continue }
      let path = "\(folder)/\(table.table)"
      if files.contains(path) { continue }
      var columns: [JSONValue] = [
        ["name": .string(table.latency.name), "from": .string(latency)]
      ]
      if let energy = table.energy, let origin = energy.origin {
        columns.append(["name": .string(energy.name), "from": .string(origin)])
      }
      tables.append([
        "output": .string(path), "key": .string(table.keyColumn), "columns": .array(columns),
      ])
      files.append(path)
    }
    guard !tables.isEmpty else {
      throw .request(
        "the manifest of '\(manifest.name)' does not say where in a published file its numbers are",
        hint: "give columns a 'from', such as 'from: nasbench201/cifar10/raspi4_latency'")
    }
    plan = ["source": .string(source), "tables": .array(tables)]
  }
}
