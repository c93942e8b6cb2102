import CostDiagnostics
import CostYAML
import Testing

@Suite("YAML documents")
struct YAMLDocumentTests {
  /// The messages of everything wrong with a text, as `line:column keypath: message`.
  private func mistakes(_ text: String, limits: YAMLDocument.Limits = .init()) -> [String] {
    do throws(InputError) {
      _ = try YAMLNode.parse(text, file: "f", limits: limits)
      return []
    } catch {
      return error.diagnostics.map {
        "\($0.location.line):\($0.location.column) \($0.keyPath): \($0.message)"
      }
    }
  }

  @Test("values remember where they were written")
  func locations() throws {
    let root = try YAMLNode.parse("a: 1\nlist:\n  - é: x\n  - 'y'\n", file: "f")
    #expect(
      root["a"] == YAMLNode(.scalar("1", isQuoted: false), at: .init(file: "f", line: 1, column: 4))
    )
    let list = try #require(root["list"]?.items)
    // The e with an accent is one column.
    #expect(list[0]["é"]?.location == SourceLocation(file: "f", line: 3, column: 8))
    #expect(
      list[1] == YAMLNode(.scalar("y", isQuoted: true), at: .init(file: "f", line: 4, column: 5)))
  }

  @Test("plain scalars are read as numbers, quoted ones are text")
  func scalars() throws {
    let root = try YAMLNode.parse(
      "{i: -12, d: 1.5e3, q: '12', x: 0x10, n: .nan, e: , t: ~, big: 99999999999999999999}",
      file: "f")
    #expect(root["i"]?.integer == -12)
    #expect(root["d"]?.number == 1500)
    #expect(root["d"]?.integer == nil)
    #expect(root["q"]?.integer == nil)
    #expect(root["q"]?.scalar == "12")
    #expect(root["x"]?.number == nil)
    #expect(root["n"]?.number == nil)
    #expect(root["e"]?.isNull == true)
    #expect(root["t"]?.isNull == true)
    #expect(root["big"]?.integer == nil)
  }

  @Test("an alias stands for its anchor's value")
  func alias() throws {
    let root = try YAMLNode.parse("a: &x {b: 1}\nc: *x\n", file: "f")
    #expect(root["c"] == root["a"])
  }

  @Test("a key written twice names the first, and all of them are reported")
  func duplicates() {
    #expect(
      mistakes("a: 1\nb: {c: 1, c: 2}\na: 3\n") == [
        "2:11 b: the key 'c' is already at line 2, column 5",
        "3:1 : the key 'a' is already at line 1, column 1",
      ])
  }

  @Test("a key written twice in a long mapping is found")
  func duplicatesInLongMapping() {
    let keys = (0..<40).map { "k\($0): 1\n" }.joined()
    #expect(mistakes(keys + "k3: 1\n") == ["41:1 : the key 'k3' is already at line 4, column 1"])
    #expect(mistakes(keys + "k39: 1\n") == ["41:1 : the key 'k39' is already at line 40, column 1"])
  }

  @Test(
    "an empty file is an error", arguments: ["", "\n", "# only a comment\n", "---\n", "---\n...\n"])
  func empty(_ text: String) {
    #expect(mistakes(text) == ["1:1 : the file is empty"])
  }

  @Test("a second document is an error")
  func severalDocuments() {
    #expect(
      mistakes("a: 1\n---\nb: 2\n") == [
        "2:1 : a second document starts here; the first is at line 1"
      ])
  }

  @Test("bytes that are not UTF-8 are refused where they stand")
  func notUTF8() {
    let bytes = Array("a: 1\nbé: ".utf8) + [0xFF, 0x0A]
    let error = #expect(throws: InputError.self) { try YAMLDocument(parsing: bytes, file: "f") }
    #expect(error?.diagnostics.first?.location == SourceLocation(file: "f", line: 2, column: 5))
    #expect(error?.diagnostics.first?.message == "the file is not UTF-8 here")
    // UTF-16 with its mark, which libyaml alone would take.
    #expect(throws: InputError.self) {
      try YAMLDocument(parsing: [0xFF, 0xFE, 0x61, 0x00], file: "f")
    }
  }

  @Test("UTF-8 with a byte order mark is read")
  func byteOrderMark() throws {
    let document = try YAMLDocument(parsing: [0xEF, 0xBB, 0xBF] + Array("a: 1".utf8), file: "f")
    #expect(document.root["a"]?.integer == 1)
  }

  @Test("an alias bomb is stopped by the count of what it stands for")
  func aliasBomb() {
    // Nine levels of ten aliases each: 10^9 values.
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...8 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(aliases)]\n"
    }
    let found = mistakes(text)
    #expect(found.count == 1)
    #expect(
      found.first?.hasSuffix("more than 200000 values, those that aliases repeat counted each time")
        == true)
  }

  @Test("nesting is limited, through aliases too")
  func depth() {
    let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    #expect(mistakes("a: " + deep) == ["1:67 a[0][0][0]…: nested more than 64 levels deep"])
    #expect(mistakes(deep).isEmpty)
    let chain = "a: &a [[[1]]]\nb: [[*a]]\n"
    #expect(
      mistakes(chain, limits: .init(depth: 5)) == [
        "2:6 b[0][0]: nested more than 5 levels deep"
      ])
    #expect(mistakes(chain, limits: .init(depth: 6)).isEmpty)
  }

  @Test("an alias in its own anchor is an error")
  func recursion() {
    #expect(mistakes("a: &a [*a]") == ["1:8 a[0]: the alias '*a' has no anchor before it"])
  }

  @Test("a file above the size limit is not parsed")
  func size() {
    #expect(
      mistakes("a: 12345", limits: .init(bytes: 7)) == [
        "1:1 : the file has 8 bytes, more than the 7 allowed"
      ])
  }

  @Test("what is not YAML is an error at its place")
  func scannerError() {
    #expect(
      mistakes("a:\n\tb: 1\n") == [
        "2:1 : not YAML: found character that cannot start any token (while scanning for the next token)"
      ])
    #expect(mistakes("a: [1, 2\n").first?.contains("not YAML: ") == true)
    #expect(mistakes("a: \u{1}\n").first?.contains("control characters are not allowed") == true)
  }

  @Test("a key that is no text is an error")
  func complexKey() {
    #expect(mistakes("? [a]\n: b\n") == ["1:3 : a key must be text"])
  }

  @Test("tags are mistakes unless they are asked for")
  func tags() throws {
    #expect(mistakes("a: !T {b: 1}") == ["1:4 a: the tag '!T' has no meaning here"])
    let document = try YAMLDocument(parsing: "a: !T {b: 1}", file: "f", allowsTags: true)
    #expect(document.root["a"]?.tag == "!T")
  }
}
