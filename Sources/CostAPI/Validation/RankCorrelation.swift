/// How far two lists put the same things in the same order.
public enum RankCorrelation {
  /// Spearman's rho: the correlation of the ranks, ties sharing their mean rank.
  ///
  /// - Returns: `nil` for fewer than two pairs, and where all of one list are equal.
  /// - Complexity: O(*n* log *n*)
  public static func spearman(_ one: [Double], _ other: [Double]) -> Double? {
    guard one.count == other.count, one.count > 1 else { return nil }
    let (a, b) = (doubledRanks(of: one), doubledRanks(of: other))
    // The mean of doubled ranks 2 ... 2n is n + 1, so that all sums are of whole numbers.
    let mean = Double(one.count + 1)
    var (product, squaresOfA, squaresOfB) = (0.0, 0.0, 0.0)
    for (a, b) in zip(a, b) {
      product += (a - mean) * (b - mean)
      squaresOfA += (a - mean) * (a - mean)
      squaresOfB += (b - mean) * (b - mean)
    }
    guard squaresOfA > 0, squaresOfB > 0 else { return nil }
    return product / (squaresOfA * squaresOfB).squareRoot()
  }

  /// Kendall's tau-b: pairs in the same order less pairs in the opposite one, over all that are no
  /// ties (M. G. Kendall, Biometrika 33(3), 1945).
  ///
  /// - Returns: `nil` for fewer than two pairs, and where all of one list are equal.
  /// - Complexity: O(*n*²)
  public static func kendall(_ one: [Double], _ other: [Double]) -> Double? {
    guard one.count == other.count, one.count > 1 else { return nil }
    var (balance, untiedInOne, untiedInOther) = (0.0, 0.0, 0.0)
    for i in one.indices {
      for j in one.indices where j > i {
        let a = sign(one[i] - one[j])
        let b = sign(other[i] - other[j])
        balance += a * b
        untiedInOne += a * a
        untiedInOther += b * b
      }
    }
    guard untiedInOne > 0, untiedInOther > 0 else { return nil }
    return balance / (untiedInOne * untiedInOther).squareRoot()
  }

  private static func sign(_ number: Double) -> Double { number > 0 ? 1 : number < 0 ? -1 : 0 }

  /// Twice the rank of each number, from 1, equal numbers having the mean of their ranks.
  private static func doubledRanks(of numbers: [Double]) -> [Double] {
    let order = numbers.indices.sorted { (numbers[$0], $0) < (numbers[$1], $1) }
    var ranks = Array(repeating: 0.0, count: numbers.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, numbers[order[end]] == numbers[order[start]] { end += 1 }
      for index in order[start..<end] { ranks[index] = Double(start + 1 + end) }
      start = end
    }
    return ranks
  }
}
