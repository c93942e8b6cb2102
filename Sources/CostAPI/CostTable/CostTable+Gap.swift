/// How far sums of blocks are from what whole networks were measured to cost.
public struct NonAdditivityGap: Hashable, Sendable {
  /// How many networks were compared.
  public var networks: Int
  /// The mean of measured minus summed: what networks cost beyond their blocks.
  public var meanDifference: Double
  /// The square root of the mean of squared differences, in the unit of the column.
  public var rootMeanSquare: Double
  /// Measured minus summed where that is furthest from 0.
  public var largestDifference: Double
  /// Largest of |measured − summed| over measured; networks measured as 0 are passed over.
  public var largestShare: Double
  /// Place of the network of the largest difference in the list.
  public var worst: Int
}

extension CostTable {
  /// Compares a column with measurements of whole networks.
  ///
  /// - Returns: `nil` where there is nothing to compare.
  /// - Throws: `CostTableError` for choices that are none of the space, lists of different lengths
  ///   and measurements that are not finite.
  public func gap(
    column: Int, networks: [[Int]], measured: [Double]
  ) throws(CostTableError) -> NonAdditivityGap? {
    try checkColumn(column)
    guard networks.count == measured.count, measured.allSatisfy(\.isFinite) else {
      throw .wrongShape("there is not one finite measurement a network")
    }
    guard !networks.isEmpty else { return nil }
    let costs = try costs(of: networks)
    var gap = NonAdditivityGap(
      networks: networks.count, meanDifference: 0, rootMeanSquare: 0, largestDifference: 0,
      largestShare: 0, worst: 0)
    for (index, value) in measured.enumerated() {
      let difference = value - costs[index][column]
      gap.meanDifference += difference
      gap.rootMeanSquare += difference * difference
      if abs(difference) > gap.largestDifference {
        gap.largestDifference = abs(difference)
        gap.worst = index
      }
      if value > 0 { gap.largestShare = max(gap.largestShare, abs(difference) / value) }
    }
    gap.meanDifference /= Double(networks.count)
    gap.rootMeanSquare = (gap.rootMeanSquare / Double(networks.count)).squareRoot()
    return gap
  }
}
