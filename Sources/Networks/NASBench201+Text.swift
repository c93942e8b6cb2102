internal import CostDiagnostics

extension NASBench201 {
  public func architecture(_ text: String) throws(TextError) -> Architecture {
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
