import CostDiagnostics
import CostUnits
import CostYAML
import Testing

@Suite("The strict reader")
struct YAMLReaderTests {
  private enum Colour: String, CaseIterable { case red, green }

  /// What a decoder reports about a text, as `line:column keypath: message [hint]`.
  private func mistakes(
    _ text: String, _ body: (inout YAMLReader) -> Bool?
  ) -> [String] {
    do throws(InputError) {
      _ = try YAMLReader.decode(try YAMLDocument(parsing: text, file: "f"), body)
      return []
    } catch {
      return error.diagnostics.map {
        "\($0.location.line):\($0.location.column) \($0.keyPath): \($0.message)"
          + ($0.hint.map { " [\($0)]" } ?? "")
      }
    }
  }

  @Test("a decoder gets every kind of value")
  func everyKind() throws {
    let text = """
      name: x
      count: 3
      ratio: 0.5
      on: true
      colour: green
      size: 2 KiB
      words: [a, b]
      inner: {deep: 1}
      list: [{v: 1}, {v: 2}]
      """
    let found = try YAMLReader.decode(try YAMLDocument(parsing: text, file: "f")) {
      reader -> String? in
      let name = reader.string("name") ?? "-"
      let count = reader.integer("count", in: 0...9) ?? -1
      let ratio = reader.number("ratio", in: 0...1) ?? -1
      let on = reader.boolean("on") ?? false
      let colour = reader.choice("colour", of: Colour.self) ?? .red
      let bytes = reader.quantity("size", Information.self)?.bytes ?? -1
      let words = reader.strings("words") ?? []
      let deep = reader.mapping("inner") { $0.integer("deep", in: 0...9) } ?? -1
      let list = reader.sequence("list") { $0.integer("v", in: 0...9) } ?? []
      return "\(name) \(count) \(ratio) \(on) \(colour) \(bytes) \(words) \(deep) \(list)"
    }
    #expect(found == #"x 3 0.5 true green 2048.0 ["a", "b"] 1 [1, 2]"#)
  }

  @Test("an unknown key names the nearest one that is not there yet")
  func unknownKey() {
    let found = mistakes("name: a\ncapcity: 1\nfoo: 2\n") { reader in
      _ = reader.string("name")
      _ = reader.integer("capacity", in: 0...9)
      return true
    }
    // The missing capacity is not reported a second time.
    #expect(
      found == [
        "2:1 : unknown key 'capcity' [did you mean 'capacity'?]",
        "3:1 : unknown key 'foo' [the keys here are name, capacity]",
      ])
  }

  @Test("all mistakes of a file come at once, in source order")
  func allAtOnce() {
    let found = mistakes("a: x\nlist:\n  - v: 12\n  - w: 1\n    v: 3\nsize: 7\n") { reader in
      _ = reader.quantity("size", Information.self)
      _ = reader.sequence("list") { $0.integer("v", in: 0...9) }
      _ = reader.integer("a", in: 0...9)
      _ = reader.string("gone")
      return true
    }
    #expect(
      found == [
        "1:1 : the key 'gone' is missing",
        "1:4 a: expected a whole number, found 'x' [write a number from 0 to 9]",
        "3:8 list[0].v: '12' is out of range [write a number from 0 to 9]",
        "4:5 list[1]: unknown key 'w' [the keys here are v]",
        "6:7 size: '7' has no unit [write '7 KiB' or '7 B']",
      ])
  }

  @Test("a duplicate key is reported with the decoder's own findings")
  func duplicateAndMore() {
    let found = mistakes("a: 1\na: 2\nb: x\n") { reader in
      _ = reader.integer("a", in: 0...9)
      _ = reader.integer("b", in: 0...9)
      return true
    }
    #expect(
      found == [
        "2:1 : the key 'a' is already at line 1, column 1 [keep one of the two]",
        "3:4 b: expected a whole number, found 'x' [write a number from 0 to 9]",
      ])
  }

  @Test("a value of the wrong shape is named")
  func wrongShapes() {
    let found = mistakes("m: 1\nl: {a: 1}\ns: [1]\nt: maybe\nc: blue\ne:\nn: 1e999\n") { reader in
      _ = reader.mapping("m") { $0.string("x") }
      _ = reader.values("l")
      _ = reader.string("s")
      _ = reader.boolean("t")
      _ = reader.choice("c", of: Colour.self)
      _ = reader.quantity("e", Energy.self)
      _ = reader.number("n", in: 0...1)
      return true
    }
    #expect(
      found == [
        "1:4 m: expected a mapping, found '1' [write 'key: value' lines]",
        "2:4 l: expected a list, found a mapping [write '[a, b]']",
        "3:4 s: expected text, found a list",
        "4:4 t: expected true or false, found 'maybe'",
        "5:4 c: 'blue' is none of red, green",
        "6:3 e: expected an energy, found nothing",
        "7:4 n: expected a number, found '1e999'",
      ])
  }

  @Test("a document that is no mapping is one mistake")
  func noMapping() {
    #expect(
      mistakes("[1, 2]") { $0.string("a").map { _ in true } } == [
        "1:1 : expected a mapping, found a list [write 'key: value' lines]"
      ])
  }

  @Test("a number beyond 64 bits is out of range")
  func hugeInteger() {
    #expect(
      mistakes("a: 99999999999999999999") { $0.integer("a", in: 1...8).map { _ in true } } == [
        "1:4 a: '99999999999999999999' is out of range [write a number from 1 to 8]"
      ])
  }

  @Test("an optional key may be missing, but not wrong")
  func optional() {
    let body: (inout YAMLReader) -> Bool? = { reader in
      _ = reader.integer("a", in: 0...9, required: false)
      return true
    }
    #expect(mistakes("{}", body).isEmpty)
    #expect(mistakes("a: x", body).count == 1)
  }

  @Test("keys of the user's own are read as entries")
  func entries() throws {
    let document = try YAMLDocument(parsing: "sources: {b: two, a: one}", file: "f")
    let found = try YAMLReader.decode(document) { reader in
      reader.mapping("sources") { sources -> [String]? in
        sources.remainingEntries().map {
          "\($0.key)=\($0.value.node.scalar ?? "") \($0.value.keyPath)"
        }
      }
    }
    #expect(found == ["b=two sources.b", "a=one sources.a"])
  }
}
