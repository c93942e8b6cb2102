/// How far apart two words are, for "did you mean".
public enum EditDistance {
  /// Words longer than this are compared with nothing: nobody mistypes them by a letter or two.
  private static let longestWord = 80

  /// The least number of insertions, deletions, substitutions and swaps of neighbours that turn one
  /// word into the other, each letter changed at most once (optimal string alignment; Boytsov,
  /// ACM JEA 16, 2011, section 2.2).
  ///
  /// - Complexity: O(*n* · *m*) in the lengths of the words.
  public static func between(_ first: String, _ second: String) -> Int {
    let a = Array(first.unicodeScalars)
    let b = Array(second.unicodeScalars)
    guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
    var beforePrevious = [Int](repeating: 0, count: b.count + 1)
    var previous = Array(0...b.count)
    var current = previous
    for i in 1...a.count {
      current[0] = i
      for j in 1...b.count {
        let substitution = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
        var best = min(substitution, previous[j] + 1, current[j - 1] + 1)
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
          best = min(best, beforePrevious[j - 2] + 1)
        }
        current[j] = best
      }
      (beforePrevious, previous, current) = (previous, current, beforePrevious)
    }
    return previous[b.count]
  }

  /// The candidate that a mistyped word most likely meant, if one is near; the first of equals.
  ///
  /// Near is at most one edit for each three letters, and at least one is allowed; upper and lower
  /// case count as the same.
  public static func nearest(
    to word: String, among candidates: some Sequence<String>
  ) -> String? {
    guard word.unicodeScalars.count <= longestWord else { return nil }
    let lowercased = word.lowercased()
    var best: (distance: Int, candidate: String)?
    for candidate in candidates where candidate.unicodeScalars.count <= longestWord {
      let length = max(word.unicodeScalars.count, candidate.unicodeScalars.count)
      // A word of one or two letters is near to anything of its length.
      let allowed = length <= 2 ? 0 : max(1, length / 3)
      let distance = between(lowercased, candidate.lowercased())
      guard distance <= allowed, distance < best?.distance ?? .max else { continue }
      best = (distance, candidate)
    }
    return best?.candidate
  }

  /// The hint `did you mean 'conv'?`, or where no candidate is near, all of them.
  public static func hint(for word: String, among candidates: [String]) -> String {
    didYouMean(word, among: candidates) ?? "one of " + candidates.joined(separator: ", ")
  }

  /// The hint `did you mean 'capacity'?`, if a candidate is near.
  public static func didYouMean(
    _ word: String, among candidates: some Sequence<String>
  ) -> String? {
    nearest(to: word, among: candidates).map { "did you mean '\($0)'?" }
  }
}
