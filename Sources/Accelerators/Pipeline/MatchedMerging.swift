/// Adds up the options of one stage after the other where streams have to go together.
///
/// As `ParetoMerging`, with a front of sums for each state of the streams: a sum beats another one of the
/// same stages where it takes no more of anything and everything may follow it that may follow the other.
/// What is to come is the least that may follow the state (`MatchedWeighing`).
struct MatchedMerging {
  enum Outcome {
    /// By step, the number of an option. It moves the least bytes of all choices that fit where no sum
    /// was left out.
    case found([Int], isLeast: Bool)
    case none
    case gaveUp
  }

  /// Sums of the same stages, in the order of their first amounts.
  private struct Sums {
    var sums: [OptionSum] = []
    var states: [Int32] = []
    /// The place of the sum before the last stage, and the option of it.
    var origins: [(before: Int32, option: Int32)] = []

    mutating func append(_ other: Sums, _ place: Int) {
      sums.append(other.sums[place])
      states.append(other.states[place])
      origins.append(other.origins[place])
    }
  }

  private let weighing: MatchedWeighing
  private var steps: [StreamStates.Step] { weighing.states.steps }

  /// More sums that fit, of the same stages, are not looked at.
  private static let mostToSort = 1 << 21

  /// - Parameter weighing: Its options have been dropped as far as weights go.
  init(_ weighing: MatchedWeighing) {
    self.weighing = weighing
  }

  /// - Complexity: O(*sums* · *options* of a stage · log *sums*), at most so many sums as the effort says.
  func search(_ effort: ParetoMerging.Effort) -> Outcome {
    guard !weighing.amounts.isTooLarge else { return .gaveUp }
    let available = OptionSum.Weights(repeating: OptionSum.available(stages: steps.count))
    let mosts = self.mosts
    var limits = weighing.amounts.limits
    var last = Sums(sums: [OptionSum()], states: [0])
    var origins: [[(before: Int32, option: Int32)]] = []
    var (left, isWhole) = (effort.mostSums, true)
    for (number, step) in steps.enumerated() {
      let open = weighing.amounts.forget(&last.sums, &limits, most: mosts[number])
      let parts = weighing.parts[number].map { bundle in
        bundle.map { OptionSum(amounts: $0.amounts * open, weights: $0.weights) }
      }
      let rests = weighing.rests[number + 1]
      let rooms = rests.map {
        OptionSum(amounts: limits - $0.amounts, weights: available - $0.weights)
      }
      guard let all = extended(last, step, parts, rooms) else { return .gaveUp }
      guard var next = Self.front(all, step, most: left) else { return .gaveUp }
      if next.sums.count > effort.mostAtOnce {
        next = Self.lightest(next, rests, count: effort.mostAtOnce)
        isWhole = false
      }
      guard !next.sums.isEmpty else { return isWhole ? .none : .gaveUp }
      left -= next.sums.count
      origins.append(next.origins)
      last = next
    }
    return .found(choice(last.sums, origins), isLeast: isWhole)
  }

  /// By number of steps that are behind, the most that the others add.
  private var mosts: [OptionSum.Amounts] {
    var mosts = [OptionSum.Amounts(repeating: 0)]
    for bundles in weighing.parts.reversed() {
      let most = bundles.reduce(OptionSum.Amounts(repeating: 0)) {
        $1.reduce($0) { pointwiseMax($0, $1.amounts) }
      }
      mosts.append(mosts[mosts.count - 1] + most)
    }
    return mosts.reversed()
  }

  /// The sums with each option of a step that there is room for, in no order; `nil` where they are too
  /// many.
  private func extended(
    _ last: Sums, _ step: StreamStates.Step, _ parts: [[OptionSum]], _ rooms: [OptionSum]
  ) -> Sums? {
    // By state, its first transition.
    var first = Array(repeating: 0, count: (last.states.max().map { Int($0) } ?? 0) + 2)
    for way in step.transitions where Int(way.from) + 1 < first.count {
      first[Int(way.from) + 1] += 1
    }
    for state in 1..<first.count { first[state] += first[state - 1] }
    var next = Sums()
    for place in last.sums.indices {
      let sum = last.sums[place]
      let state = Int(last.states[place])
      for way in step.transitions[first[state]..<first[state + 1]] {
        let bundle = Int(way.bundle)
        let room = rooms[Int(way.to)]
        for (index, part) in parts[bundle].enumerated() {
          let amounts = sum.amounts + part.amounts
          guard amounts.isWithin(room.amounts) else { continue }
          let weights = sum.weights + part.weights
          guard weights.isWithin(room.weights) else { continue }
          guard next.sums.count < Self.mostToSort else { return nil }
          next.sums.append(OptionSum(amounts: amounts, weights: weights))
          next.states.append(way.to)
          next.origins.append((Int32(place), step.options[bundle][index].number))
        }
      }
    }
    return next
  }

  /// The sums that no other beats; `nil` where they are more than so many.
  private static func front(_ all: Sums, _ step: StreamStates.Step, most: Int) -> Sums? {
    let order = all.sums.indices.map { (amount: all.sums[$0].amounts[0], place: $0) }.sorted {
      ($0.amount, $0.place) < ($1.amount, $1.place)
    }
    var fronts = Array(repeating: SumFront(), count: step.states)
    var next = Sums()
    for (_, place) in order {
      let state = Int(all.states[place])
      let amounts = all.sums[place].amounts
      if step.wider[state].contains(where: { fronts[$0].beats(amounts) }) { continue }
      guard fronts[state].add(amounts) else { continue }
      guard next.sums.count < most else { return nil }
      next.append(all, place)
    }
    return next
  }

  /// The sums of so many that are lightest by the best weights with what follows, in their order.
  private static func lightest(_ all: Sums, _ rests: [OptionSum], count: Int) -> Sums {
    let places = all.sums.indices.map { place in
      (
        weight: all.sums[place].weights[0] + rests[Int(all.states[place])].weights[0],
        place: place
      )
    }.sorted { ($0.weight, $0.place) < ($1.weight, $1.place) }.prefix(count).map(\.place).sorted()
    var next = Sums()
    for place in places { next.append(all, place) }
    return next
  }

  /// The options of a sum that moves the least bytes.
  private func choice(
    _ sums: [OptionSum], _ origins: [[(before: Int32, option: Int32)]]
  ) -> [Int] {
    var place = 0
    if let bytes = weighing.amounts.bytes {
      for other in sums.indices where sums[other].amounts[bytes] < sums[place].amounts[bytes] {
        place = other
      }
    }
    var choice: [Int] = []
    for origins in origins.reversed() {
      choice.append(Int(origins[place].option))
      place = Int(origins[place].before)
    }
    return choice.reversed()
  }
}
