internal import CostDiagnostics
internal import MeasuredTables
internal import Networks

/// Columns of the user's own that are added to reports, such as an accuracy.
public struct JoinedTable: Sendable {
  /// A row and how the user named its network.
  private struct Row: Sendable {
    var key: String
    var fields: [String]
    var line: Int
  }

  private let path: String
  /// Positions in a row and names of the joined columns.
  private let columns: [(position: Int, name: String)]
  /// Rows by their networks' canonical text.
  private let rows: [String: Row]

  /// Reads a CSV file with a column `arch` or `index`.
  ///
  /// Where it has both, networks are found by the first, and the other is no joined column. Texts
  /// of one architecture are the same however they are written; a number in `arch` is an index.
  ///
  /// - Parameters:
  ///   - reader: The search space that the networks are of; without one, `arch` holds their names.
  ///   - rowsAreLayers: Whether the columns stand beside those of layers, so that none may be called
  ///     like one of them.
  /// - Throws: `CostAPIError` for a file that cannot be read, has neither column, names a network
  ///   twice, or has a column that is there twice or is called like a key of a report.
  public init(
    _ path: String, of reader: MemberReader?, rowsAreLayers: Bool = false
  ) throws(CostAPIError) {
    let text: String
    do throws(FileError) { text = try TextFile.read(path) } catch { throw .file(error) }
    self.path = path
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
      columns = try Self.columns(
        of: names, file: path, line: table.header[0].line,
        reserved: rowsAreLayers
          ? CostReportJSON.keys.union(CostReportJSON.layerKeys) : CostReportJSON.keys)
      rows = try Self.rows(of: table, key: key, file: path, reader)
    } catch {
      throw .input(error, sources: [path: text])
    }
  }

  /// The rows by their networks' canonical text; a key that names no member stands for itself.
  private static func rows(
    of table: CSVTable, key: Int, file: String, _ reader: MemberReader?
  ) throws(InputError) -> [String: Row] {
    let isIndex = table.header[key].text == "index"
    var rows: [String: Row] = [:]
    var mistakes: [Diagnostic] = []
    for fields in table.rows {
      let field = fields[key]
      let written = String(field.text.trimmingPrefix(while: \.isWhitespace))
      func report(_ message: String) {
        let place = SourceLocation(file: file, line: field.line, column: field.column)
        mistakes.append(Diagnostic(.error, at: place, keyPath: "", message))
      }
      let end = written.lastIndex { !$0.isWhitespace }
      let name = end.map { String(written[...$0]) } ?? ""
      guard !isIndex || MemberReader.isWholeNumber(name) else {
        report("'\(field.text)' is no index")
        continue
      }
      var canonical = name
      if let reader, let member = try? reader.member(named: name) {
        canonical = reader.space.text(of: member)
      }
      if let first = rows[canonical] {
        report("'\(name)' is in the table twice, first on line \(first.line)")
        continue
      }
      rows[canonical] = Row(key: name, fields: fields.map(\.text), line: field.line)
    }
    guard mistakes.isEmpty else { throw InputError(mistakes) }
    return rows
  }

  private static func columns(
    of names: [String], file: String, line: Int, reserved: Set<String>
  ) throws(InputError) -> [(position: Int, name: String)] {
    var columns: [(position: Int, name: String)] = []
    for (position, name) in names.enumerated() where name != "arch" && name != "index" {
      let location = SourceLocation(file: file, line: line, column: 1)
      guard !reserved.contains(name) else {
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
  ///
  /// - Parameter key: The network's canonical text, or its name.
  public func members(for key: String) -> [JSONValue.Member] {
    let row = rows[key]?.fields
    return columns.map { position, name in
      guard let field = row?[position], !field.isEmpty else { return .init(name, .null) }
      if let number = Int64(field) { return .init(name, .integer(number)) }
      if let number = Double(field), number.isFinite { return .init(name, .number(number)) }
      return .init(name, .string(field))
    }
  }
}

// MARK: - What does not join
extension JoinedTable {
  /// What to tell of networks without a row and of rows without a network.
  ///
  /// - Parameter keys: The canonical texts or names of all networks that are costed.
  public func remarks(on keys: [String]) -> [String] {
    var remarks: [String] = []
    let networks = keys.filter { rows[$0] == nil }
    if !networks.isEmpty {
      remarks.append(
        "warning: \(networks.count) of \(keys.count) networks \(networks.count == 1 ? "has" : "have")"
          + " no row in '\(path)': \(Self.few(networks))")
    }
    let costed = Set(keys)
    let left = rows.filter { !costed.contains($0.key) }.values.sorted { $0.line < $1.line }
    if !left.isEmpty {
      remarks.append(
        "remark: \(left.count) of \(rows.count) rows of '\(path)' "
          + "\(left.count == 1 ? "names" : "name") no network of this call: "
          + Self.few(left.map(\.key)))
    }
    return remarks
  }

  private static func few(_ keys: [String]) -> String {
    let shown = keys.prefix(3).map { "'\($0)'" }.joined(separator: ", ")
    return shown + (keys.count > 3 ? " and \(keys.count - 3) more" : "")
  }
}
