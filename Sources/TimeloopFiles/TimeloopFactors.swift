internal import CostYAML

/// How often a loop runs: in full, and in the last tile of its dimension (`P=4,3`).
struct TimeloopFactor: Hashable {
  var end: Int64
  var residualEnd: Int64
}

extension TimeloopFactor {
  /// One factor as it is written.
  struct Written {
    var name: String
    var end: Int64
    var residualEnd: Int64?
  }

  /// Reads `R=3,P=4,3 Q2`: names with an optional `=`, a number, and after a comma a remainder.
  ///
  /// - Returns: the factors, or the rest of the text from where it is none.
  static func parse(_ text: String) -> (factors: [Written], rest: String) {
    var factors: [Written] = []
    var rest = Substring(text)
    while true {
      rest = rest.drop { " ,;\t\n".contains($0) }
      guard !rest.isEmpty else { return (factors, "") }
      let start = rest
      let name = rest.prefix { $0.isLetter || $0 == "_" }
      rest = rest.dropFirst(name.count).drop { $0 == " " }
      if rest.first == "=" { rest = rest.dropFirst().drop { $0 == " " } }
      guard !name.isEmpty, let end = number(&rest) else { return (factors, String(start)) }
      var factor = Written(name: String(name), end: end, residualEnd: nil)
      var following = rest.drop { $0 == " " }
      if following.first == "," {
        following = following.dropFirst().drop { $0 == " " }
        if let residual = number(&following) {
          factor.residualEnd = residual
          rest = following
        }
      }
      factors.append(factor)
    }
  }

  private static func number(_ text: inout Substring) -> Int64? {
    let isNegative = text.first == "-"
    let digits = (isNegative ? text.dropFirst() : text).prefix { $0.isASCII && $0.isNumber }
    guard let number = Int64(digits), number <= 1 << 30 else { return nil }
    text = text.dropFirst(digits.count + (isNegative ? 1 : 0))
    return isNegative ? -number : number
  }
}
