/// Finds what a misspelt word was meant to be.
enum Spelling {
  /// "did you mean …" for the closest candidate, or the list of them where none is close.
  static func hint(for word: String, among candidates: [String]) -> String {
    let ranked = candidates.map { (distance(word, $0), $0) }.min { $0.0 < $1.0 }
    if let (distance, candidate) = ranked, distance <= max(1, candidate.count / 3) {
      return "did you mean '\(candidate)'?"
    }
    return "one of " + candidates.joined(separator: ", ")
  }

  /// Insertions, deletions, substitutions and swaps of neighbours that turn one word into the
  /// other; words longer than 64 characters are as far apart as can be.
  static func distance(_ from: String, _ to: String) -> Int {
    let (a, b) = (Array(from.unicodeScalars), Array(to.unicodeScalars))
    guard a.count <= 64, b.count <= 64 else { return .max }
    guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in 1...a.count {
      var row = [i]
      for j in 1...b.count {
        var best = min(
          last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
          best = min(best, beforeLast[j - 2] + 1)
        }
        row.append(best)
      }
      beforeLast = last
      last = row
    }
    return last[b.count]
  }
}
