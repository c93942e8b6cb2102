public import Accelerators
public import CostDiagnostics
public import Networks
internal import Ops

/// A device that is tables of measurements: it answers what they hold, and nothing else unless its
/// manifest says how.
public struct MeasuredDevice: HardwareTarget {
  /// What the device's `device.yaml` says.
  public let manifest: TableManifest
  /// The tables, in the manifest's order.
  public let tables: [MeasuredTable]

  /// Reads a device's tables.
  ///
  /// - Parameter read: The text of a table and the name that messages give its file.
  /// - Throws: `InputError` with every mistake of the tables, or the manifest's where it names a
  ///   space or a column that is not there.
  public init(
    _ manifest: TableManifest,
    reading read: (TableDescription) -> (text: String, file: String)
  ) throws(InputError) {
    self.manifest = manifest
    var tables: [MeasuredTable] = []
    var mistakes: [Diagnostic] = []
    for description in manifest.tables {
      let (text, file) = read(description)
      do throws(InputError) {
        tables.append(
          try MeasuredTable(description, batch: manifest.batch, text: text, file: file))
      } catch {
        mistakes += error.diagnostics
      }
    }
    guard mistakes.isEmpty else { throw InputError(mistakes) }
    self.tables = tables
  }

  /// Reads a device of one table.
  ///
  /// - Parameters:
  ///   - table: The text of the file that the manifest names.
  ///   - file: The name messages give that file.
  public init(
    _ manifest: TableManifest, table: String, file: String
  ) throws(InputError) {
    try self.init(manifest) { _ in (table, file) }
  }

  /// The name by which the device is asked for.
  public var name: String { manifest.name }

  /// How many entries the tables hold.
  public var count: Int { tables.reduce(0) { $0 + $1.count } }

  /// What the tables hold, in words: `5 networks of nasbench201-cifar10`.
  public var contents: String {
    tables.map { table in
      "\(table.count) \(table.description.granularity.rawValue)\(table.count == 1 ? "" : "s")"
        + (table.description.space.map { " of \($0)" } ?? "")
    }.joined(separator: ", ")
  }

  /// The table that answers for the members of a space: whole networks or blocks of that space
  /// before layers of any.
  public func table(forSpace space: String?) -> MeasuredTable? {
    tables.first { $0.description.space != nil && $0.description.space == space }
      ?? tables.first { $0.description.granularity == .layer && $0.description.space == nil }
  }

  /// The table that answers for the members of a space; networks of no space are asked of layers.
  ///
  /// - Throws: `CostError.noTable` where there is none.
  public func answeringTable(forSpace space: String?) throws(CostError) -> MeasuredTable {
    guard let table = table(forSpace: space) else {
      throw .noTable(device: name, space: space, contents: contents)
    }
    return table
  }

  /// What a network's entries say.
  ///
  /// - Throws: `CostError.noTable` where no table is of the network's space or of layers, and
  ///   `CostError.notMeasured` for the first entry that the table does not hold.
  public func report(
    for network: Network, from origin: ArchitectureOrigin?
  ) throws(CostError) -> CostReport {
    let wanted = origin?.text ?? network.name
    let table = try answeringTable(forSpace: origin?.space)
    var report = CostReport(
      target: name, network: network.name, macs: network.macs, parameters: network.parameters,
      latencyMilliseconds: 0, energyMillijoules: 0, dramBytes: nil, layers: [])
    switch table.description.granularity {
    case .network:
      guard let answer = table.network(wanted) else {
        throw .notMeasured(entry: wanted, table: table.file)
      }
      report.latencyMilliseconds = answer.latencyMilliseconds
      report.energyMillijoules = answer.energyMillijoules
    case .block:
      guard let origin, let space = table.space, let blocks = table.blocks,
        let member = try? space.architecture(origin.text)
      else { throw .notMeasured(entry: wanted, table: table.file) }
      let shapes = blocks.blocks(of: member, counts: space.choiceCounts)
      // A network runs its first block, then those that were chosen, then the rest.
      let fixed = blocks.fixed.count
      for shape in shapes.prefix(min(1, fixed)) + shapes.dropFirst(fixed)
        + shapes.prefix(fixed).dropFirst()
      {
        try report.add(table.block(shape), key: shape.hwNASBenchKey, of: table)
      }
    case .layer:
      for layer in network.layers {
        try report.add(
          table.layer(layer.op), key: layer.op.key.description, of: table, name: layer.name,
          macs: layer.op.macs)
      }
    }
    return report
  }
}

extension CostReport {
  /// Adds what a table says of an entry.
  ///
  /// - Throws: `CostError.notMeasured` for one that it does not hold.
  fileprivate mutating func add(
    _ answer: MeasuredTable.Answer?, key: String, of table: MeasuredTable, name: String? = nil,
    macs: Int64 = 0
  ) throws(CostError) {
    guard let answer else { throw .notMeasured(entry: key, table: table.file) }
    latencyMilliseconds += answer.latencyMilliseconds
    if let energy = answer.energyMillijoules {
      energyMillijoules? += energy
    } else {
      energyMillijoules = nil
    }
    if answer.isInterpolated { interpolatedEntries.append(key) }
    layers.append(
      LayerCost(
        name: name ?? key, text: key, macs: macs, cycles: nil,
        latencyMilliseconds: answer.latencyMilliseconds,
        energyPicojoules: answer.energyMillijoules.map { $0 * 1e9 }, dramBytes: nil))
  }
}
