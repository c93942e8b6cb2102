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
    var parts: [OptionSum]

    var least: OptionSum { parts.dropFirst().reduce(parts[0]) { .least($0, $1) } }

    var most: OptionSum.Amounts {
      parts.dropFirst().reduce(parts[0].amounts) { pointwiseMax($0, $1.amounts) }
    }
  }

  /// Where a sum comes from.
  private struct Origin {
    /// The place of the sum that it was before its last stage.
    var before: Int32
    var option: Int32
  }

  private let amounts: LimitedAmounts
  private var stages: [Stage] = []
  /// Stages that have no choice, and what they take.
  private var decided: [(kind: Int, number: Int)] = []
  private var start = OptionSum()

  /// - Parameter weighing: Stages with their options and good weights.
  /// - Returns: `nil` where a stage has no option that can be part of a choice that fits.
  init?(_ weighing: Weighing) {
    var weighing = weighing
    guard let fan = weighing.dropHeavyByFan() else { return nil }
    let amounts = LimitedAmounts(limits: weighing.limits, canExceed: weighing.canExceed)
    self.amounts = amounts
    var swings: [Double] = []
    for group in weighing.groups {
      let stage = Stage(
        kind: group.kind, numbers: group.options.map(\.number),
        parts: group.options.map { option in
          OptionSum(
            amounts: amounts.amounts(option.costs),
            weights: OptionSum.Weights(fan.weights(of: option.shares)))
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

  /// - Complexity: O(*sums* · *options* of a stage · log *sums*), at most so many sums as the effort says.
  func search(_ effort: Effort) -> Outcome {
    guard !amounts.isTooLarge else { return .gaveUp }
    guard start.amounts.isWithin(amounts.limits) else { return .none }
    let rests = self.rests
    let available = OptionSum.available(stages: stages.count)
    var sums = [start]
    var limits = amounts.limits
    var origins: [[Origin]] = []
    var (left, isWhole) = (effort.mostSums, true)
    for (number, stage) in stages.enumerated() {
      let open = amounts.forget(&sums, &limits, most: rests[number].most)
      let parts = stage.parts.map { OptionSum(amounts: $0.amounts * open, weights: $0.weights) }
      let least = rests[number + 1].least
      let room = OptionSum(
        amounts: limits - least.amounts,
        weights: OptionSum.Weights(repeating: available) - least.weights)
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

  /// By number of stages that are behind, the least and the most that the others add.
  private var rests: [(least: OptionSum, most: OptionSum.Amounts)] {
    var rests = [(least: OptionSum(), most: OptionSum.Amounts(repeating: 0))]
    for stage in stages.reversed() {
      let last = rests[rests.count - 1]
      rests.append((last.least + stage.least, last.most + stage.most))
    }
    return rests.reversed()
  }

  /// The options of a sum that moves the least bytes.
  private func choice(_ sums: [OptionSum], _ origins: [[Origin]]) -> [(kind: Int, number: Int)] {
    var place = 0
    if let bytes = amounts.bytes {
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
    _ all: (sums: [OptionSum], origins: [Origin]), count: Int
  ) -> (sums: [OptionSum], origins: [Origin]) {
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
    _ sums: [OptionSum], _ parts: [OptionSum], room: OptionSum, most: Int
  ) -> (sums: [OptionSum], origins: [Origin])? {
    var next: (sums: [OptionSum], origins: [Origin]) = ([], [])
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
      next.sums.append(OptionSum(amounts: total, weights: weights))
      next.origins.append(Origin(before: Int32(place), option: Int32(option)))
    }
  }
}
