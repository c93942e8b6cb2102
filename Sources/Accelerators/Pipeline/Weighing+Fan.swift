/// The best weights and some around them, by each of which every choice that fits weighs at most 1.
///
/// What is missing to the limits differs from sum to sum of some stages; the more weights there are, the
/// nearer the heaviest of them comes to the best weights for each.
struct WeightFan {
  typealias Weights = SIMD16<Double>

  /// By amount, its weight in each.
  private var columns: [Weights]

  /// - Parameter amounts: Those that can be too much, the heaviest first.
  init(around best: SIMD8<Double>, _ amounts: [Int]) {
    var all = [best]
    func add(_ change: (inout SIMD8<Double>) -> Void) {
      var weights = best
      change(&weights)
      if weights.sum() > 0 { all.append(weights) }
    }
    let heaviest = amounts.prefix(3)
    for factor in [2, 0.5] {
      for amount in heaviest { add { $0[amount] *= factor } }
      for one in heaviest {
        for other in heaviest where other > one {
          add {
            $0[one] *= factor
            $0[other] /= factor
          }
        }
      }
    }
    // The next one is often of no weight until other amounts are decided.
    if amounts.count > 3 { for weight in [0.1, 0.3, 0] { add { $0[amounts[3]] = weight } } }
    columns = Array(repeating: Weights(repeating: 0), count: CostVector.kinds)
    for place in 0..<Weights.scalarCount {
      let weights = all[place < all.count ? place : 0]
      let sum = weights.sum()
      // Where nothing above 0 is limited no weights tell options apart.
      for amount in columns.indices where sum > 0 { columns[amount][place] = weights[amount] / sum }
    }
  }

  /// What shares of the limits weigh by each.
  func weights(of shares: SIMD8<Double>) -> Weights {
    columns.indices.reduce(Weights(repeating: 0)) { $0 + columns[$1] * shares[$1] }
  }
}

extension Weighing {
  /// Whether stages can take more of an amount than there is.
  func canExceed(_ amount: Int) -> Bool {
    groups.reduce(Int64(0)) { sum, group in
      let most = group.options.reduce(0) { max($0, $1.costs[amount]) }
      return sum.saturatingSum(most.saturatingProduct(group.count))
    } > limits[amount]
  }

  /// Drops the options that are in no choice that fits, by weights around the best ones.
  ///
  /// - Returns: The weights; `nil` where a group has no option left.
  mutating func dropHeavyByFan() -> WeightFan? {
    while true {
      let amounts = (0..<CostVector.kinds).filter { limits[$0] < .max && canExceed($0) }
        .sorted { (-best[$0], $0) < (-best[$1], $1) }
      let fan = WeightFan(around: best, amounts)
      let weights = groups.map { $0.options.map { fan.weights(of: $0.shares) } }
      let least = weights.map { $0.dropFirst().reduce($0[0]) { pointwiseMin($0, $1) } }
      let total = zip(groups, least).reduce(WeightFan.Weights(repeating: 0)) {
        $0 + $1.1 * Double($1.0.count)
      }
      var hasDropped = false
      for place in groups.indices {
        let most = WeightFan.Weights(repeating: Self.available) - total + least[place]
        let light = weights[place].indices.filter { option in
          most.indices.allSatisfy { weights[place][option][$0] <= most[$0] }
        }
        guard light.count < groups[place].options.count else { continue }
        guard !light.isEmpty else { return nil }
        groups[place].options = light.map { groups[place].options[$0] }
        hasDropped = true
      }
      guard hasDropped else { return fan }
    }
  }

  /// How far a group's options are apart, as weighted shares of the limits.
  func swing(of group: Group) -> Double {
    let shares = group.options.map(\.shares)
    let least = shares.dropFirst().reduce(shares[0]) { pointwiseMin($0, $1) }
    let most = shares.dropFirst().reduce(shares[0]) { pointwiseMax($0, $1) }
    return ((most - least) * best).sum()
  }

  /// Whether options are further apart in the second half of some stages of the kinds.
  func swingsLast(_ kinds: [Int]) -> Bool {
    var swings: [Int: Double] = [:]
    for group in groups { swings[group.kind] = swing(of: group) }
    let moment = kinds.enumerated().reduce(0.0) { sum, stage in
      sum + (swings[stage.element] ?? 0) * Double(2 * stage.offset - kinds.count + 1)
    }
    return moment > 0
  }
}
