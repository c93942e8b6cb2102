internal import CostDiagnostics

extension NASBench201 {
  /// Reads a cell such as `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`.
  ///
  /// - Throws: `TextError` for the first mistake, with its column.
  public func architecture(_ text: String) throws(TextError) -> Architecture {
    if let choices = Self.choices(ofCanonical: text) { return Architecture(choices: choices) }
    var reader = CellTextReader(text)
    var choices: [Int] = []
    for node in 1...3 {
      if node > 1 { try reader.expect("+", "between nodes") }
      try reader.expect("|", "where node \(node) starts")
      for source in 0..<node {
        choices.append(try reader.edge(from: source, to: node).rawValue)
      }
    }
    try reader.expectEnd()
    return Architecture(choices: choices)
  }
}

extension NASBench201 {
  /// The choices of a text in its canonical form; `nil` for any other, which is read with care.
  ///
  /// Search algorithms ask for millions of texts, nearly all of them canonical.
  private static func choices(ofCanonical text: String) -> [Int]? {
    var text = text
    return text.withUTF8 { bytes in
      var choices: [Int] = []
      choices.reserveCapacity(6)
      var place = 0
      for node in 1...3 {
        for byte in node == 1 ? "|".utf8 : "+|".utf8 {
          guard place < bytes.count, bytes[place] == byte else { return nil }
          place += 1
        }
        for source in 0..<node {
          guard let op = op(at: &place, in: bytes), place + 2 < bytes.count,
            bytes[place] == UInt8(ascii: "~"),
            Int(bytes[place + 1]) == Int(UInt8(ascii: "0")) + source,
            bytes[place + 2] == UInt8(ascii: "|")
          else { return nil }
          choices.append(op.rawValue)
          place += 3
        }
      }
      return place == bytes.count ? choices : nil
    }
  }

  /// The op whose word starts at a place, which moves behind it.
  private static func op(
    at place: inout Int, in bytes: UnsafeBufferPointer<UInt8>
  ) -> EdgeOp? {
    // The words differ in their length, their first letter, or the last but two.
    guard place + 4 <= bytes.count else { return nil }
    let op: EdgeOp
    switch bytes[place] {
    case UInt8(ascii: "s"): op = .skipConnect
    case UInt8(ascii: "a"): op = .averagePool3x3
    default:
      if bytes[place + 3] == UInt8(ascii: "e") {
        op = .none
      } else {
        guard place + 12 <= bytes.count else { return nil }
        op = bytes[place + 9] == UInt8(ascii: "1") ? .convolution1x1 : .convolution3x3
      }
    }
    var end = place
    for byte in op.word.utf8 {
      guard end < bytes.count, bytes[end] == byte else { return nil }
      end += 1
    }
    place = end
    return op
  }
}

/// Reads `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|` from the left.
private struct CellTextReader {
  private let text: String
  private let scalars: [Unicode.Scalar]
  private var position: Int
  private let end: Int

  init(_ text: String) {
    self.text = text
    scalars = Array(text.unicodeScalars)
    // Space around the text is no part of it.
    end = (scalars.lastIndex { !$0.properties.isWhitespace } ?? -1) + 1
    position = scalars.firstIndex { !$0.properties.isWhitespace } ?? end
  }

  mutating func expect(_ scalar: Unicode.Scalar, _ place: String) throws(TextError) {
    guard position < end, scalars[position] == scalar else {
      throw error(position, "expected '\(scalar)' \(place), found \(found)", Self.form)
    }
    position += 1
  }

  /// One `op~source|`.
  mutating func edge(from source: Int, to node: Int) throws(TextError) -> NASBench201.EdgeOp {
    let start = position
    let word = take { $0 != "~" && $0 != "|" && $0 != "+" }
    guard let op = NASBench201.EdgeOp.allCases.first(where: { $0.word == word }) else {
      let words = NASBench201.EdgeOp.allCases.map(\.word)
      throw word.isEmpty
        ? error(
          start, "expected an op of node \(node), found \(found)",
          "one of " + words.joined(separator: ", "))
        : error(start, "unknown op '\(word)'", EditDistance.hint(for: word, among: words))
    }
    try expect("~", "after '\(word)'")
    let number = position
    let digits = take { $0 != "|" && $0 != "+" && $0 != "~" }
    guard digits == "\(source)" else {
      throw error(
        number, "expected source \(source) of node \(node), found '\(digits)'",
        "write '\(word)~\(source)'")
    }
    try expect("|", "after '\(word)~\(source)'")
    return op
  }

  func expectEnd() throws(TextError) {
    guard position == end else {
      throw error(position, "the text goes on after node 3: \(found)", Self.form)
    }
  }

  private mutating func take(while holds: (Unicode.Scalar) -> Bool) -> String {
    var taken = String.UnicodeScalarView()
    while position < end, holds(scalars[position]) {
      taken.append(scalars[position])
      position += 1
    }
    return String(taken)
  }

  private var found: String {
    position < end ? "'\(scalars[position])'" : "the end of the text"
  }

  private static let form = "the form is |op~0|+|op~0|op~1|+|op~0|op~1|op~2|"

  private func error(_ position: Int, _ message: String, _ hint: String) -> TextError {
    TextError(text: text, column: position + 1, message: message, hint: hint)
  }
}
