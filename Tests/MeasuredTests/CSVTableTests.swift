import CostDiagnostics
import MeasuredTables
import Testing

@Suite("Reading comma-separated values")
struct CSVTableTests {
  @Test("fields know their line and column, quotes hold commas, quotes and line ends")
  func places() throws {
    let text = "\u{FEFF}a,b\r\n# remark\r\n\r\n\"x,\"\"y\"\"\nz\",2\r\né,\"\"\n"
    let table = try CSVTable(parsing: text, file: "t.csv")
    #expect(table.header.map(\.text) == ["a", "b"])
    #expect(table.diagnostics.isEmpty)
    #expect(
      table.rows == [
        [
          .init(text: "x,\"y\"\nz", line: 4, column: 1), .init(text: "2", line: 5, column: 4),
        ],
        [.init(text: "é", line: 6, column: 1), .init(text: "", line: 6, column: 3)],
      ])
  }

  @Test(
    "what is no table says where",
    arguments: [
      ("", "t.csv:1:1: error: the table is empty"),
      ("# only a remark\n", "t.csv:1:1: error: the table is empty"),
      ("a,b\n1,\"2\n", "t.csv:2:3: error: the quote is never closed"),
    ])
  func unreadable(text: String, message: String) throws {
    let error = #expect(throws: InputError.self) { try CSVTable(parsing: text, file: "t.csv") }
    let rendered = DiagnosticRenderer(sources: [:]).render(try #require(error))
    #expect(rendered.hasPrefix(message))
  }

  @Test("rows of another length and stray quotes are reported together")
  func badRows() throws {
    let table = try CSVTable(parsing: "a,b\n1\n1,2,3\n\"1\"x,2\n1\"x,2\n5,6\n", file: "t.csv")
    #expect(
      table.diagnostics.map { "\($0.location.line):\($0.location.column) \($0.message)" } == [
        "2:1 the row has 1 field, the header has 2",
        "3:1 the row has 3 fields, the header has 2",
        "4:4 a quoted field goes on after its closing quote",
        "5:2 a quote in a field that does not start with one",
      ])
    #expect(table.rows.last?.map(\.text) == ["5", "6"])
  }
}
