public import Accelerators
public import CostDiagnostics
public import Networks

/// A device that is one table of measured networks: it answers what the table holds and nothing else.
public struct MeasuredDevice: HardwareTarget, Hashable {
  /// One measured network.
  public struct Row: Hashable, Sendable {
    public var latencyMilliseconds: Double
    /// `nil` where the table has no such column.
    public var energyMillijoules: Double?
    /// Line of the table's file.
    public var line: Int
  }

  public let manifest: TableManifest
  /// Name of the table's file, as messages show it.
  public let tableFile: String
  /// Rows by the architecture's canonical text.
  private let rows: [String: Row]

  /// Reads a device's table.
  ///
  /// - Parameters:
  ///   - table: The text of the file that the manifest names.
  ///   - file: The name messages give that file.
  /// - Throws: `InputError` with every mistake of the table, or the manifest's where it names a
  ///   space or a column that is not there.
  public init(
    _ manifest: TableManifest, table: String, file: String
  ) throws(InputError) {
    guard let space = SearchSpaces.named(manifest.space) else {
      throw InputError(
        at: manifest.spaceLocation, keyPath: "space", "unknown search space '\(manifest.space)'",
        hint: EditDistance.didYouMean(manifest.space, among: SearchSpaces.names)
          ?? "known are " + SearchSpaces.names.joined(separator: ", "))
    }
    var reader = try RowReader(manifest, space: space, table: table, file: file)
    rows = try reader.rows()
    self.manifest = manifest
    tableFile = file
  }

  public var name: String { manifest.name }

  /// How many networks the table holds.
  public var count: Int { rows.count }

  /// What a network's row says.
  ///
  /// - Throws: `CostError.notMeasured` for a network that the table does not hold.
  public func report(
    for network: Network, from origin: ArchitectureOrigin?
  ) throws(CostError) -> CostReport {
    guard let origin, origin.space == manifest.space, let row = rows[origin.text] else {
      throw .notMeasured(entry: origin?.text ?? network.name, table: tableFile)
    }
    return CostReport(
      target: name, network: network.name, macs: network.macs, parameters: network.parameters,
      latencyMilliseconds: row.latencyMilliseconds, energyMillijoules: row.energyMillijoules,
      dramBytes: nil, layers: [])
  }
}

/// Reads the rows that a manifest describes.
private struct RowReader {
  private let manifest: TableManifest
  private let space: any SearchSpace
  private let table: CSVTable
  private let file: String
  private let keyColumn: Int
  private let latencyColumn: Int
  private let energyColumn: Int?
  private var diagnostics: [Diagnostic]

  init(
    _ manifest: TableManifest, space: any SearchSpace, table text: String, file: String
  ) throws(InputError) {
    let table = try CSVTable(parsing: text, file: file)
    let names = table.header.map(\.text)
    var missing: [Diagnostic] = []
    func column(_ name: String) -> Int? {
      let index = names.firstIndex(of: name)
      if index == nil {
        let place = table.header[0]
        missing.append(
          Diagnostic(
            .error, at: SourceLocation(file: file, line: place.line, column: place.column),
            keyPath: "", "there is no column '\(name)'",
            hint: EditDistance.didYouMean(name, among: names)
              ?? "the columns are " + names.joined(separator: ", ")))
      }
      return index
    }
    let keyColumn = column(manifest.key.rawValue)
    let latencyColumn = column(manifest.latency.name)
    let energyColumn = manifest.energy.flatMap { column($0.name) }
    guard let keyColumn, let latencyColumn, missing.isEmpty else { throw InputError(missing) }
    self.manifest = manifest
    self.space = space
    self.table = table
    self.file = file
    self.keyColumn = keyColumn
    self.latencyColumn = latencyColumn
    self.energyColumn = energyColumn
    diagnostics = table.diagnostics
  }

  /// Every row by its architecture's canonical text.
  mutating func rows() throws(InputError) -> [String: MeasuredDevice.Row] {
    var rows: [String: MeasuredDevice.Row] = [:]
    for fields in table.rows {
      let key = key(of: fields[keyColumn])
      let latency = number(fields[latencyColumn])
      let energy = energyColumn.map { number(fields[$0]) }
      guard let key, let latency else { continue }
      if let first = rows[key] {
        report(fields[keyColumn], "this network is already at line \(first.line)", column: 1)
        continue
      }
      var row = MeasuredDevice.Row(
        latencyMilliseconds: latency * manifest.latency.unit.milliseconds, energyMillijoules: nil,
        line: fields[0].line)
      if let unit = manifest.energy?.unit, case .some(.some(let value)) = energy {
        row.energyMillijoules = value * unit.millijoules
      }
      rows[key] = row
    }
    guard diagnostics.isEmpty else { throw InputError(diagnostics) }
    return rows
  }

  /// The canonical text of the architecture that a field names.
  private mutating func key(of field: CSVTable.Field) -> String? {
    switch manifest.key {
    case .architecture:
      do throws(TextError) {
        return space.text(of: try space.architecture(field.text))
      } catch {
        report(field, error.message, column: error.column, hint: error.hint)
        return nil
      }
    case .index:
      guard let index = Int(field.text), let architecture = space.architecture(at: index) else {
        let count = space.indexedCount ?? 0
        report(
          field, "'\(field.text)' is no index of \(space.name)", column: 1,
          hint: count > 0
            ? "write a number from 0 to \(count - 1)" : "the space has no indices; use texts")
        return nil
      }
      return space.text(of: architecture)
    }
  }

  private mutating func number(_ field: CSVTable.Field) -> Double? {
    guard let value = Double(field.text), value.isFinite, value >= 0,
      field.text.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) })
    else {
      report(
        field, "'\(field.text)' is no measured value", column: 1,
        hint: "write a decimal number of 0 or more")
      return nil
    }
    return value
  }

  /// Reports a mistake at a column of a field, counted from 1.
  private mutating func report(
    _ field: CSVTable.Field, _ message: String, column: Int, hint: String? = nil
  ) {
    diagnostics.append(
      Diagnostic(
        .error,
        at: SourceLocation(file: file, line: field.line, column: field.column + column - 1),
        keyPath: "", message, hint: hint))
  }
}
