internal import CostDiagnostics
internal import MeasuredTables

/// Columns of the user's own that are added to reports, such as an accuracy.
public struct JoinedTable: Sendable {
  /// Positions in a row and names of the joined columns.
  private let columns: [(position: Int, name: String)]
  private let rowsByText: [String: [String]]
  private let rowsByIndex: [Int: [String]]

  /// Reads a CSV file with a column `arch` or `index`.
  ///
  /// Where it has both, networks are found by the first, and the other is no joined column.
  ///
  /// - Throws: `CostAPIError` for a file that cannot be read, has neither column, names a network
  ///   twice, or has a column that is there twice or is called like a key of a report.
  public init(_ path: String) throws(CostAPIError) {
    let text: String
    do throws(FileError) { text = try TextFile.read(path) } catch { throw .file(error) }
    do throws(InputError) {
      let table = try CSVTable(parsing: text, file: path)
      guard table.diagnostics.isEmpty else { throw InputError(table.diagnostics) }
      let names = table.header.map(\.text)
      guard let key = names.firstIndex(where: { $0 == "arch" || $0 == "index" }) else {
        throw InputError(
          at: SourceLocation(file: path, line: table.header[0].line, column: 1),
          "there is no column 'arch' or 'index'",
          hint: "the columns are " + names.joined(separator: ", "))
      }
      columns = try Self.columns(of: names, file: path, line: table.header[0].line)
      var byText: [String: [String]] = [:]
      var byIndex: [Int: [String]] = [:]
      for row in table.rows {
        let field = row[key]
        let values = row.map(\.text)
        let location = SourceLocation(file: path, line: field.line, column: field.column)
        if names[key] == "arch" {
          guard byText.updateValue(values, forKey: field.text) == nil else {
            throw InputError(at: location, "'\(field.text)' is in the table twice")
          }
        } else {
          guard let index = Int(field.text) else {
            throw InputError(at: location, "'\(field.text)' is no index")
          }
          guard byIndex.updateValue(values, forKey: index) == nil else {
            throw InputError(at: location, "'\(index)' is in the table twice")
          }
        }
      }
      rowsByText = byText
      rowsByIndex = byIndex
    } catch {
      throw .input(error, sources: [path: text])
    }
  }

  private static func columns(
    of names: [String], file: String, line: Int
  ) throws(InputError) -> [(position: Int, name: String)] {
    var columns: [(position: Int, name: String)] = []
    for (position, name) in names.enumerated() where name != "arch" && name != "index" {
      let location = SourceLocation(file: file, line: line, column: 1)
      guard !CostReportJSON.keys.contains(name) else {
        throw InputError(
          at: location, "the column '\(name)' is called like a key of the report",
          hint: "give it another name")
      }
      guard !columns.contains(where: { $0.name == name }) else {
        throw InputError(at: location, "there are two columns '\(name)'")
      }
      columns.append((position, name))
    }
    return columns
  }

  /// The columns of a network's row, `null` where it has none; a field that is a number stays one.
  public func members(for text: String, _ index: Int?) -> [JSONValue.Member] {
    let row = rowsByText[text] ?? index.flatMap { rowsByIndex[$0] }
    return columns.map { position, name in
      guard let field = row?[position], !field.isEmpty else { return .init(name, .null) }
      if let number = Int64(field) { return .init(name, .integer(number)) }
      if let number = Double(field), number.isFinite { return .init(name, .number(number)) }
      return .init(name, .string(field))
    }
  }
}
