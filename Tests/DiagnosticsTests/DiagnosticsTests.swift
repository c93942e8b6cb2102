import CostDiagnostics
import Testing

@Suite("Diagnostics")
struct DiagnosticsTests {
  @Test("a diagnostic shows place, message, source line, caret and hint")
  func renderedForm() {
    // The example of the design: the value starts at column 15, below it the caret.
    let text = String(repeating: "\n", count: 22) + "    capacity: 108\n"
    let diagnostic = Diagnostic(
      .error, at: SourceLocation(file: "mine.yaml", line: 23, column: 15),
      keyPath: "levels[1].capacity", "'108' has no unit", hint: "write '108 KiB' or '108 B'")
    let expected = """
      mine.yaml:23:15: error: levels[1].capacity: '108' has no unit
       23 |     capacity: 108
          |               ^
      hint: write '108 KiB' or '108 B'
      """
    #expect(DiagnosticRenderer(file: "mine.yaml", text: text).render(diagnostic) == expected)
  }

  @Test("a diagnostic of a file that is not at hand has no source line")
  func withoutSource() {
    let diagnostic = Diagnostic(
      .warning, at: SourceLocation(file: "a", line: 1, column: 2), keyPath: "", "odd")
    #expect(DiagnosticRenderer(sources: [:]).render(diagnostic) == "a:1:2: warning: odd")
  }

  @Test("a word that is near to nothing gets the list of what there is")
  func hintOrList() {
    let words = ["conv", "linear"]
    #expect(EditDistance.hint(for: "cnov", among: words) == "did you mean 'conv'?")
    #expect(EditDistance.hint(for: "7", among: words) == "one of conv, linear")
  }

  @Test("a tab in the source line keeps the caret in its place")
  func tabs() {
    let error = InputError(at: SourceLocation(file: "a", line: 1, column: 3), "x")
    #expect(
      DiagnosticRenderer(file: "a", text: "\ta: b").render(error)
        == "a:1:3: error: x\n 1 |  a: b\n   |   ^\n")
  }

  @Test("a very long line is shown around the column")
  func longLine() {
    let text = String(repeating: "a", count: 500) + "!" + String(repeating: "b", count: 500)
    let error = InputError(at: SourceLocation(file: "a", line: 1, column: 501), "x")
    let lines = DiagnosticRenderer(file: "a", text: text).render(error).split(separator: "\n")
    // 160 scalars of the line after the margin " 1 | ", the caret below the exclamation mark.
    #expect(lines[1].count == 165)
    #expect(
      lines[2].distance(
        from: lines[2].startIndex, to: lines[2].firstIndex(of: "^") ?? lines[2].endIndex)
        == lines[1].distance(
          from: lines[1].startIndex, to: lines[1].firstIndex(of: "!") ?? lines[1].endIndex))
  }

  @Test("a column beyond the line or a line beyond the file gives no source line")
  func outsideText() {
    for (line, column) in [(1, 9), (7, 1), (0, 1), (1, 0)] {
      let error = InputError(at: SourceLocation(file: "a", line: line, column: column), "x")
      #expect(
        DiagnosticRenderer(file: "a", text: "a: b").render(error)
          == "a:\(line):\(column): error: x\n")
    }
  }

  @Test("problems are sorted by place, those at one place stay in order")
  func sorted() {
    func problem(_ line: Int, _ column: Int, _ message: String) -> Diagnostic {
      Diagnostic(.error, at: .init(file: "f", line: line, column: column), keyPath: "", message)
    }
    let error = InputError([
      problem(2, 1, "c"), problem(1, 5, "b"), problem(2, 1, "d"), problem(1, 2, "a"),
    ])
    #expect(error.diagnostics.map(\.message) == ["a", "b", "c", "d"])
  }

  @Test(
    "edit distance counts insertions, deletions, substitutions and swaps",
    arguments: [
      ("", "abc", 3), ("abc", "abc", 0), ("capcity", "capacity", 1), ("multicasts", "multicast", 1),
      ("ab", "ba", 1), ("kitten", "sitting", 3), ("ca", "abc", 3),
    ])
  func distance(_ first: String, _ second: String, _ expected: Int) {
    #expect(EditDistance.between(first, second) == expected)
    #expect(EditDistance.between(second, first) == expected)
  }

  @Test("the nearest word is suggested only when it is near")
  func nearest() {
    let keys = ["capacity", "partitions", "energy", "x", "y"]
    #expect(EditDistance.nearest(to: "Capasity", among: keys) == "capacity")
    #expect(EditDistance.nearest(to: "enregy", among: keys) == "energy")
    #expect(EditDistance.nearest(to: "z", among: keys) == nil)
    #expect(EditDistance.nearest(to: "leakage", among: keys) == nil)
    #expect(EditDistance.didYouMean("partition", among: keys) == "did you mean 'partitions'?")
  }
}
