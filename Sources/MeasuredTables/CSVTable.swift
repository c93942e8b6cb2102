public import CostDiagnostics

/// A table of comma-separated values (RFC 4180) that remembers where each field was written.
///
/// Rows end with CR LF or LF; a field that holds a comma, a quote or a line end is quoted, and a
/// quote in it is doubled. Blank lines and lines that start with `#` outside of quotes are passed over.
public struct CSVTable: Hashable, Sendable {
  /// One value and its place; lines and columns start at 1, columns count Unicode scalars.
  public struct Field: Hashable, Sendable {
    /// The value without its quotes.
    public var text: String
    /// The line that it starts in.
    public var line: Int
    /// Where in the line it starts.
    public var column: Int

    /// A value and its place.
    public init(text: String, line: Int, column: Int) {
      self.text = text
      self.line = line
      self.column = column
    }
  }

  /// The names of the columns.
  public var header: [Field]
  /// As many fields each as the header has.
  public var rows: [[Field]]
  /// Rows that could not be read.
  public var diagnostics: [Diagnostic]

  /// Reads a table whose first row names its columns.
  ///
  /// - Throws: `InputError` for a table without a first row and a quote that is never closed.
  public init(parsing text: String, file: String) throws(InputError) {
    var scanner = Scanner(text, file: file)
    guard let header = try scanner.nextRow() else {
      throw InputError(
        at: SourceLocation(file: file, line: 1, column: 1), "the table is empty",
        hint: "start with a row that names the columns")
    }
    self.header = header
    rows = []
    diagnostics = []
    while let row = try scanner.nextRow() {
      guard row.count == header.count else {
        let location = SourceLocation(file: file, line: row[0].line, column: row[0].column)
        diagnostics.append(
          Diagnostic(
            .error, at: location, keyPath: "",
            "the row has \(row.count) field\(row.count == 1 ? "" : "s"), the header has \(header.count)"
          ))
        continue
      }
      rows.append(row)
    }
    diagnostics += scanner.diagnostics
  }
}

extension CSVTable {
  /// Cuts the text into rows of fields.
  private struct Scanner {
    private let scalars: [Unicode.Scalar]
    private let file: String
    private var index = 0
    private var line = 1
    private var column = 1
    var diagnostics: [Diagnostic] = []

    init(_ text: String, file: String) {
      var scalars = Array(text.unicodeScalars)
      // A byte order mark, as spreadsheets write it, is no part of the first name.
      if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
      self.scalars = scalars
      self.file = file
    }

    private var current: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    private var atLineEnd: Bool {
      guard let current else { return true }
      return current == "\n"
        || (current == "\r" && index + 1 < scalars.count && scalars[index + 1] == "\n")
    }

    private mutating func advance() {
      if scalars[index] == "\n" {
        line += 1
        column = 1
      } else {
        column += 1
      }
      index += 1
    }

    private mutating func skipLineEnd() {
      if current == "\r" { advance() }
      if current == "\n" { advance() }
    }

    /// The next row that is neither blank nor a comment; `nil` at the end.
    mutating func nextRow() throws(InputError) -> [Field]? {
      while let scalar = current {
        if scalar == "#" {
          while !atLineEnd { advance() }
        } else if !atLineEnd {
          return try row()
        }
        skipLineEnd()
      }
      return nil
    }

    private mutating func row() throws(InputError) -> [Field] {
      var fields = [try field()]
      while current == "," {
        advance()
        fields.append(try field())
      }
      skipLineEnd()
      return fields
    }

    private mutating func field() throws(InputError) -> Field {
      var field = Field(text: "", line: line, column: column)
      if current == "\"" {
        field.text = try quoted()
        if current != ",", !atLineEnd {
          report("a quoted field goes on after its closing quote")
        }
      }
      while !atLineEnd, let scalar = current, scalar != "," {
        if scalar == "\"" { report("a quote in a field that does not start with one") }
        field.text.unicodeScalars.append(scalar)
        advance()
      }
      return field
    }

    private mutating func quoted() throws(InputError) -> String {
      let start = SourceLocation(file: file, line: line, column: column)
      var text = ""
      advance()
      while let scalar = current {
        advance()
        guard scalar == "\"" else {
          text.unicodeScalars.append(scalar)
          continue
        }
        guard current == "\"" else { return text }
        text.append("\"")
        advance()
      }
      throw InputError(at: start, "the quote is never closed")
    }

    private mutating func report(_ message: String) {
      diagnostics.append(
        Diagnostic(
          .error, at: SourceLocation(file: file, line: line, column: column), keyPath: "", message,
          hint: "write \"…\" around the field and double the quotes in it"))
    }
  }
}
