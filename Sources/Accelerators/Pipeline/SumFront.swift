/// What options take together, in whole numbers, and what that weighs.
struct OptionSum {
  typealias Amounts = SIMD8<Double>
  typealias Weights = SIMD16<Float>

  var amounts = Amounts(repeating: 0)
  var weights = Weights(repeating: 0)

  /// More than anything, for what cannot be completed.
  static let infinite = OptionSum(
    amounts: Amounts(repeating: .infinity), weights: Weights(repeating: .infinity))

  @inline(__always) static func + (one: OptionSum, other: OptionSum) -> OptionSum {
    OptionSum(amounts: one.amounts + other.amounts, weights: one.weights + other.weights)
  }

  /// The least of each amount and of each weight.
  @inline(__always) static func least(_ one: OptionSum, _ other: OptionSum) -> OptionSum {
    OptionSum(
      amounts: one.amounts.replacing(
        with: other.amounts, where: other.amounts .< one.amounts),
      weights: one.weights.replacing(
        with: other.weights, where: other.weights .< one.weights))
  }

  @inline(__always) func isWithin(_ other: OptionSum) -> Bool {
    amounts.isWithin(other.amounts) && weights.isWithin(other.weights)
  }

  /// What no choice that fits weighs more than, where so many stages are added up: what is available,
  /// and the rounding of so many sums of numbers below 1.
  static func available(stages: Int) -> Float {
    Float(Weighing.available) + Float(stages + 2) * 2 * Float.ulpOfOne
  }
}

/// The amounts that can be too much, as they come best in sums.
struct LimitedAmounts {
  /// By place of an amount among those of a sum, which of all amounts it is: the one in whose order sums
  /// come, the two of their stairs, and the others.
  let places: [Int]
  private(set) var limits = OptionSum.Amounts(repeating: .infinity)
  /// Whether amounts are too large to be added exactly.
  private(set) var isTooLarge = false

  /// - Parameter canExceed: Whether stages can take more of an amount than there is.
  init(limits all: CostVector, canExceed: (Int) -> Bool) {
    places = Self.preferred.filter {
      all[$0] < .max && ($0 == CostVector.bytes || canExceed($0))
    }
    for (place, amount) in places.enumerated() {
      limits[place] = Double(all[amount])
      if all[amount] > 1 << 52 { isTooLarge = true }
    }
  }

  /// Look-up tables, block RAM and bytes, between which options choose, then DSPs and what is left.
  private static let preferred = [3, 1, CostVector.bytes, 0, 4, 2]

  /// The place of the bytes, if they are limited.
  var bytes: Int? { places.firstIndex(of: CostVector.bytes) }

  func amounts(_ costs: CostVector) -> OptionSum.Amounts {
    var amounts = OptionSum.Amounts(repeating: 0)
    for (place, amount) in places.enumerated() { amounts[place] = Double(costs[amount]) }
    return amounts
  }

  /// Makes nothing of amounts that cannot be too much any more, but for bytes.
  ///
  /// - Parameters:
  ///   - limits: What of them is left to be kept.
  ///   - most: The most that is to come.
  /// - Returns: 1 for amounts that count, 0 for others.
  func forget(
    _ sums: inout [OptionSum], _ limits: inout OptionSum.Amounts, most: OptionSum.Amounts
  ) -> OptionSum.Amounts {
    var reach = sums[0].amounts
    for sum in sums.dropFirst() { reach = pointwiseMax(reach, sum.amounts) }
    let isOpen = (reach + most) .> limits
    var open = OptionSum.Amounts(repeating: 0).replacing(with: 1, where: isOpen)
    if let bytes { open[bytes] = 1 }
    let closed = (open .== 0) .& (limits .< .infinity)
    guard any(closed) else { return open }
    limits.replace(with: .infinity, where: closed)
    for place in sums.indices { sums[place].amounts.replace(with: 0, where: closed) }
    return open
  }
}

/// Amounts of sums, in the order of the first one, that no other beats.
struct SumFront {
  /// By stairs, the amounts after the first three that all sums have, and the least of the third one.
  private var keys: [SIMD4<Double>] = []
  private var stairs: [Stairs] = []

  /// Whether a sum that was added before takes no more of anything.
  func beats(_ amounts: OptionSum.Amounts) -> Bool {
    keys.indices.contains { (place: Int) -> Bool in
      let key = keys[place]
      return key[0] <= amounts[3] && key[1] <= amounts[4] && key[2] <= amounts[5]
        && key[3] <= amounts[2] && stairs[place].hasWithin(amounts[1], amounts[2])
    }
  }

  /// Whether no sum that was added before beats one; it is added then.
  mutating func add(_ amounts: OptionSum.Amounts) -> Bool {
    let (x, y) = (amounts[1], amounts[2])
    var own = -1
    for place in keys.indices {
      let key = keys[place]
      guard key[0] <= amounts[3], key[1] <= amounts[4], key[2] <= amounts[5] else { continue }
      if key[0] == amounts[3], key[1] == amounts[4], key[2] == amounts[5] {
        own = place
      } else if key[3] <= y, stairs[place].hasWithin(x, y) {
        return false
      }
    }
    if own < 0 {
      own = keys.count
      keys.append(SIMD4(amounts[3], amounts[4], amounts[5], y))
      stairs.append(Stairs())
    }
    keys[own][3] = min(keys[own][3], y)
    return stairs[own].add(x, y)
  }
}

/// Points of which none is within another: the larger x is, the smaller is y.
private struct Stairs {
  private var points: [SIMD2<Double>] = []

  /// How many points are of at most x.
  @inline(__always) private func count(upTo x: Double) -> Int {
    var (low, high) = (0, points.count)
    while low < high {
      let middle = (low + high) / 2
      if points[middle].x <= x { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Whether a point is not larger in either.
  @inline(__always) func hasWithin(_ x: Double, _ y: Double) -> Bool {
    let count = count(upTo: x)
    return count > 0 && points[count - 1].y <= y
  }

  /// Adds a point and takes out those that it beats; `false` where one is within it.
  mutating func add(_ x: Double, _ y: Double) -> Bool {
    let count = count(upTo: x)
    if count > 0, points[count - 1].y <= y { return false }
    let first = count > 0 && points[count - 1].x == x ? count - 1 : count
    var end = first
    while end < points.count, points[end].y >= y { end += 1 }
    guard end > first else {
      points.insert(SIMD2(x, y), at: first)
      return true
    }
    points[first] = SIMD2(x, y)
    if end > first + 1 { points.removeSubrange(first + 1..<end) }
    return true
  }
}

extension SIMD8<Double> {
  /// Whether no amount is larger than the other's.
  @inline(__always) func isWithin(_ other: Self) -> Bool {
    self[0] <= other[0] && self[1] <= other[1] && self[2] <= other[2] && self[3] <= other[3]
      && self[4] <= other[4] && self[5] <= other[5]
  }
}

extension SIMD16<Float> {
  /// Whether no weight is larger than the other's.
  @inline(__always) func isWithin(_ other: Self) -> Bool {
    self[0] <= other[0] && self[1] <= other[1] && self[2] <= other[2] && self[3] <= other[3]
      && self[4] <= other[4] && self[5] <= other[5] && self[6] <= other[6] && self[7] <= other[7]
      && self[8] <= other[8] && self[9] <= other[9] && self[10] <= other[10]
      && self[11] <= other[11] && self[12] <= other[12] && self[13] <= other[13]
      && self[14] <= other[14] && self[15] <= other[15]
  }
}
