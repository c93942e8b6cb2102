internal import CostDiagnostics
internal import Networks
internal import Ops

/// Reads the rows of a table as its manifest describes them.
struct RowReader {
  private let description: TableDescription
  private let batch: Int
  private let space: (any SearchSpace)?
  private let table: CSVTable
  private let file: String
  private let keyColumn: Int
  private let attributeColumns: [(column: Int, attribute: OpAttribute)]
  private let latencyColumn: Int
  private let energyColumn: Int?
  private let batchColumn: Int?
  private var diagnostics: [Diagnostic]

  init(
    _ description: TableDescription, batch: Int, space: (any SearchSpace)?, table text: String,
    file: String
  ) throws(InputError) {
    let table = try CSVTable(parsing: text, file: file)
    let names = table.header.map(\.text)
    var mistakes: [Diagnostic] = []
    func column(_ name: String) -> Int? {
      let indices = names.indices.filter { names[$0] == name }
      if indices.count == 1 { return indices[0] }
      let place = table.header[indices.last ?? 0]
      mistakes.append(
        Diagnostic(
          .error, at: SourceLocation(file: file, line: place.line, column: place.column),
          keyPath: "",
          indices.isEmpty ? "there is no column '\(name)'" : "there are two columns '\(name)'",
          hint: indices.isEmpty
            ? EditDistance.didYouMean(name, among: names)
              ?? "the columns are " + names.joined(separator: ", ") : nil))
      return nil
    }
    let keyColumn = column(description.keyColumn)
    let latencyColumn = column(description.latency.name)
    let energyColumn = description.energy.flatMap { column($0.name) }
    guard let keyColumn, let latencyColumn, mistakes.isEmpty else { throw InputError(mistakes) }
    self.description = description
    self.batch = batch
    self.space = space
    self.table = table
    self.file = file
    self.keyColumn = keyColumn
    self.latencyColumn = latencyColumn
    self.energyColumn = energyColumn
    batchColumn = names.firstIndex(of: "batch")
    attributeColumns =
      description.key == .attributes
      ? names.enumerated().compactMap { index, name in
        OpAttribute(rawValue: name).map { (index, $0) }
      } : []
    diagnostics = table.diagnostics
  }

  /// Every row by what it names.
  mutating func rows() throws(InputError) -> [EntryKey: MeasuredTable.Row] {
    var rows: [EntryKey: MeasuredTable.Row] = [:]
    rows.reserveCapacity(table.rows.count)
    for fields in table.rows {
      let key = key(of: fields)
      let latency = number(fields[latencyColumn], unit: description.latency.unit.rawValue)
      let energy = energyColumn.map {
        number(fields[$0], unit: description.energy?.unit.rawValue ?? "")
      }
      checkBatch(fields)
      guard let key, let latency else { continue }
      if let first = rows[key] {
        report(
          fields[keyColumn],
          "this \(description.granularity.rawValue) is already at line \(first.line)", column: 1)
        continue
      }
      var row = MeasuredTable.Row(
        latencyMilliseconds: latency * description.latency.unit.milliseconds,
        energyMillijoules: nil, line: fields[0].line)
      if let unit = description.energy?.unit, case .some(.some(let value)) = energy {
        row.energyMillijoules = value * unit.millijoules
      }
      rows[key] = row
    }
    guard diagnostics.isEmpty else { throw InputError(diagnostics) }
    return rows
  }

  /// What a row names; `nil` after a report.
  private mutating func key(of fields: [CSVTable.Field]) -> EntryKey? {
    let field = fields[keyColumn]
    guard description.key == .attributes else {
      do throws(TextError) {
        return try description.key.entry(field.text, of: space)
      } catch {
        report(field, error.message, column: error.column, hint: error.hint)
        return nil
      }
    }
    guard let kind = OpKind(rawValue: field.text) else {
      let kinds = OpKind.allCases.map(\.rawValue)
      report(
        field, "unknown op '\(field.text)'", column: 1,
        hint: EditDistance.hint(for: field.text, among: kinds))
      return nil
    }
    var attributes = OpAttributes()
    for (column, attribute) in attributeColumns where !fields[column].text.isEmpty {
      guard let value = Int(fields[column].text) else {
        report(
          fields[column], "'\(fields[column].text)' is no whole number", column: 1)
        return nil
      }
      attributes[attribute] = value
    }
    do throws(OpError) {
      return .layer(try kind.op(attributes).key)
    } catch {
      report(field, error.message, column: 1)
      return nil
    }
  }

  /// A row may say its batch; it is that of the manifest.
  private mutating func checkBatch(_ fields: [CSVTable.Field]) {
    guard let batchColumn else { return }
    let field = fields[batchColumn]
    guard Int(field.text) != batch else { return }
    report(
      field, "the row is of batch '\(field.text)', the manifest of \(batch)", column: 1,
      hint: "a table holds one batch; put the others into devices of their own")
  }

  private mutating func number(_ field: CSVTable.Field, unit: String) -> Double? {
    guard let value = Double(field.text), value.isFinite, value >= 0,
      field.text.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) })
    else {
      if let other = UnitSpelling.ofField(field.text) {
        report(
          field,
          other == unit
            ? "'\(field.text)' has a unit of its own"
            : "'\(field.text)' is in \(other), the column is in \(unit)", column: 1,
          hint: "write plain numbers in \(unit), the unit that the manifest says")
      } else {
        report(
          field, "'\(field.text)' is no measured value", column: 1,
          hint: "write a decimal number of 0 or more")
      }
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
