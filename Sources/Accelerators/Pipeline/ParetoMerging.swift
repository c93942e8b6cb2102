/// Adds up the options of one stage after the other, and keeps the sums that may be part of a choice that
/// fits and that no other sum beats.
///
/// A sum is left where it cannot be completed: some amount is over its limit even with the least that the
/// stages to come can take of it, or it is too heavy by one of some weights (`Weighing`) even with the
/// lightest options to come. It is left as well where another sum of the same stages takes no more of any
/// amount, as whatever completes the one completes the other. Amounts of which the stages to come can
/// take the most without coming to the limit do not count any more.
///
/// The stages between whose options the largest shares of limits lie come first: what is left to them
/// later changes little, so that the least and the lightest that is to come are nearly what will come.
struct ParetoMerging {
  /// How much may be looked at.
  struct Effort: Sendable {
    /// The most sums that are kept of the same stages; of more, the lightest.
    var mostAtOnce = Int.max
    /// The most sums of all stages.
    var mostSums: Int
  }

  enum Outcome {
    /// A choice that fits: the options of stages of kinds, in any order. It is one that moves the least
    /// bytes of all that fit where none was left out.
    case found([(kind: Int, number: Int)], isLeast: Bool)
    /// No choice fits.
    case none
    /// Nothing was found among the sums that were kept.
    case gaveUp
  }

  /// A stage with options to choose from.
  private struct Stage {
    var kind: Int
    /// By option, its number among the candidates of its kind.
    var numbers: [Int]
    /// By option, what it takes and what it weighs.
    var parts: [Sum]

    var least: Sum {
      parts.dropFirst().reduce(parts[0]) {
        Sum(
          amounts: pointwiseMin($0.amounts, $1.amounts),
          weights: pointwiseMin($0.weights, $1.weights))
      }
    }

    var most: Amounts {
      parts.dropFirst().reduce(parts[0].amounts) { pointwiseMax($0, $1.amounts) }
    }
  }

  typealias Amounts = SIMD8<Double>
  typealias Weights = SIMD16<Float>

  /// What options take together, in whole numbers, and what that weighs.
  private struct Sum {
    var amounts = Amounts(repeating: 0)
    var weights = Weights(repeating: 0)

    static func + (one: Sum, other: Sum) -> Sum {
      Sum(amounts: one.amounts + other.amounts, weights: one.weights + other.weights)
    }
  }

  /// Where a sum comes from.
  private struct Origin {
    /// The place of the sum that it was before its last stage.
    var before: Int32
    var option: Int32
  }

  /// By place of an amount among `Amounts`, which of all amounts it is: the one in whose order sums come,
  /// the two of their stairs, and the others.
  private var places: [Int] = []
  private var limits = Amounts(repeating: .infinity)
  private var stages: [Stage] = []
  /// Stages that have no choice, and what they take.
  private var decided: [(kind: Int, number: Int)] = []
  private var start = Sum()
  /// Whether amounts are too large to be added exactly.
  private var isTooLarge = false

  /// - Parameter weighing: Stages with their options and good weights.
  /// - Returns: `nil` where a stage has no option that can be part of a choice that fits.
  init?(_ weighing: Weighing) {
    var weighing = weighing
    guard let fan = weighing.dropHeavyByFan() else { return nil }
    let open = (0..<CostVector.kinds).filter {
      weighing.limits[$0] < .max && ($0 == CostVector.bytes || weighing.canExceed($0))
    }
    places = Self.preferred.filter(open.contains)
    for (place, amount) in places.enumerated() {
      limits[place] = Double(weighing.limits[amount])
      if weighing.limits[amount] > 1 << 52 { isTooLarge = true }
    }
    var swings: [Double] = []
    for group in weighing.groups {
      let stage = Stage(
        kind: group.kind, numbers: group.options.map(\.number),
        parts: group.options.map { option in
          Sum(amounts: amounts(option.costs), weights: Weights(fan.weights(of: option)))
        })
      for _ in 0..<group.count {
        if stage.numbers.count == 1 {
          decided.append((stage.kind, stage.numbers[0]))
          start = start + stage.parts[0]
        } else {
          stages.append(stage)
          swings.append(weighing.swing(of: group))
        }
      }
    }
    let order = stages.indices.sorted {
      (-swings[$0], stages[$0].kind, $0) < (-swings[$1], stages[$1].kind, $1)
    }
    stages = order.map { stages[$0] }
  }

  /// The amounts as they come best, where they can be too much: look-up tables, block RAM and bytes,
  /// between which options choose, then DSPs and what is left.
  private static let preferred = [3, 1, CostVector.bytes, 0, 4, 2]

  private func amounts(_ costs: CostVector) -> Amounts {
    var amounts = Amounts(repeating: 0)
    for (place, amount) in places.enumerated() { amounts[place] = Double(costs[amount]) }
    return amounts
  }

  /// - Complexity: O(*sums* · *options* of a stage · log *sums*), at most so many sums as the effort says.
  func search(_ effort: Effort) -> Outcome {
    guard !isTooLarge else { return .gaveUp }
    guard start.amounts.isWithin(limits) else { return .none }
    let rests = self.rests
    // Rounding of so many sums of numbers below 1, beside that of the weights themselves.
    let available = Float(Weighing.available) + Float(stages.count + 2) * 2 * Float.ulpOfOne
    var sums = [start]
    var limits = limits
    var origins: [[Origin]] = []
    var (left, isWhole) = (effort.mostSums, true)
    for (number, stage) in stages.enumerated() {
      let open = forget(&sums, &limits, most: rests[number].most)
      let parts = stage.parts.map { Sum(amounts: $0.amounts * open, weights: $0.weights) }
      let least = rests[number + 1].least
      let room = Sum(
        amounts: limits - least.amounts, weights: Weights(repeating: available) - least.weights)
      guard var next = Self.merged(sums, parts, room: room, most: left) else { return .gaveUp }
      if next.sums.count > effort.mostAtOnce {
        next = Self.lightest(next, count: effort.mostAtOnce)
        isWhole = false
      }
      guard !next.sums.isEmpty else { return isWhole ? .none : .gaveUp }
      left -= next.sums.count
      sums = next.sums
      origins.append(next.origins)
    }
    return .found(choice(sums, origins), isLeast: isWhole)
  }

  /// Makes nothing of amounts that cannot be too much any more, but for bytes.
  ///
  /// - Returns: 1 for amounts that count, 0 for others.
  private func forget(_ sums: inout [Sum], _ limits: inout Amounts, most: Amounts) -> Amounts {
    var reach = sums[0].amounts
    for sum in sums.dropFirst() { reach = pointwiseMax(reach, sum.amounts) }
    let isOpen = (reach + most) .> limits
    var open = Amounts(repeating: 0).replacing(with: 1, where: isOpen)
    for (place, amount) in places.enumerated() where amount == CostVector.bytes { open[place] = 1 }
    let closed = (open .== 0) .& (limits .< .infinity)
    guard any(closed) else { return open }
    limits.replace(with: .infinity, where: closed)
    for place in sums.indices { sums[place].amounts.replace(with: 0, where: closed) }
    return open
  }

  /// By number of stages that are behind, the least and the most that the others add.
  private var rests: [(least: Sum, most: Amounts)] {
    var rests = [(least: Sum(), most: Amounts(repeating: 0))]
    for stage in stages.reversed() {
      let last = rests[rests.count - 1]
      rests.append((last.least + stage.least, last.most + stage.most))
    }
    return rests.reversed()
  }

  /// The options of a sum that moves the least bytes.
  private func choice(_ sums: [Sum], _ origins: [[Origin]]) -> [(kind: Int, number: Int)] {
    var place = 0
    if let bytes = places.firstIndex(of: CostVector.bytes) {
      for other in sums.indices where sums[other].amounts[bytes] < sums[place].amounts[bytes] {
        place = other
      }
    }
    var decisions = decided
    for (stage, origins) in zip(stages, origins).reversed() {
      decisions.append((stage.kind, stage.numbers[Int(origins[place].option)]))
      place = Int(origins[place].before)
    }
    return decisions
  }

  /// The sums of so many that are lightest by the best weights, in their order.
  private static func lightest(
    _ all: (sums: [Sum], origins: [Origin]), count: Int
  ) -> (sums: [Sum], origins: [Origin]) {
    let places = all.sums.indices.sorted {
      (all.sums[$0].weights[0], $0) < (all.sums[$1].weights[0], $1)
    }.prefix(count).sorted()
    return (places.map { all.sums[$0] }, places.map { all.origins[$0] })
  }

  /// The sums with each option of a stage that there is room for and that no other beats; `nil` where
  /// they are more than so many.
  ///
  /// Sums are in the order of their first amount, and so they are with an option added to all of them;
  /// these rows are merged.
  private static func merged(
    _ sums: [Sum], _ parts: [Sum], room: Sum, most: Int
  ) -> (sums: [Sum], origins: [Origin])? {
    var next: (sums: [Sum], origins: [Origin]) = ([], [])
    next.sums.reserveCapacity(sums.count * 2)
    next.origins.reserveCapacity(sums.count * 2)
    var front = SumFront()
    // By option, the place of the next sum, and its first amount with the option.
    var places = parts.map { _ in 0 }
    var amounts = parts.map { $0.amounts[0] + sums[0].amounts[0] }
    while true {
      var (option, least) = (-1, Double.infinity)
      for index in amounts.indices where amounts[index] < least {
        (option, least) = (index, amounts[index])
      }
      guard option >= 0 else { return next }
      let place = places[option]
      places[option] = place + 1
      amounts[option] =
        place + 1 < sums.count
        ? parts[option].amounts[0] + sums[place + 1].amounts[0] : .infinity
      let total = sums[place].amounts + parts[option].amounts
      guard total.isWithin(room.amounts) else { continue }
      let weights = sums[place].weights + parts[option].weights
      guard weights.isWithin(room.weights), front.add(total) else { continue }
      guard next.sums.count < most else { return nil }
      next.sums.append(Sum(amounts: total, weights: weights))
      next.origins.append(Origin(before: Int32(place), option: Int32(option)))
    }
  }
}

/// Amounts of sums, in the order of the first one, that no other beats.
private struct SumFront {
  /// By stairs, the amounts after the first three that all sums have, and the least of the third one.
  private var keys: [SIMD4<Double>] = []
  private var stairs: [Stairs] = []

  /// Whether no sum that was added before beats one; it is added then.
  mutating func add(_ amounts: ParetoMerging.Amounts) -> Bool {
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
  @inline(__always) fileprivate func isWithin(_ other: Self) -> Bool {
    self[0] <= other[0] && self[1] <= other[1] && self[2] <= other[2] && self[3] <= other[3]
      && self[4] <= other[4] && self[5] <= other[5]
  }
}

extension SIMD16<Float> {
  /// Whether no weight is larger than the other's.
  @inline(__always) fileprivate func isWithin(_ other: Self) -> Bool {
    self[0] <= other[0] && self[1] <= other[1] && self[2] <= other[2] && self[3] <= other[3]
      && self[4] <= other[4] && self[5] <= other[5] && self[6] <= other[6] && self[7] <= other[7]
      && self[8] <= other[8] && self[9] <= other[9] && self[10] <= other[10]
      && self[11] <= other[11] && self[12] <= other[12] && self[13] <= other[13]
      && self[14] <= other[14] && self[15] <= other[15]
  }
}
