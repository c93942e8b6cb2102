/// Weights for limited amounts where streams have to go together.
///
/// As `Weighing`, but what all stages weigh at least is the lightest path through the states of streams
/// (Held and Karp's bound with a shortest path in it). A path that fits is an answer. What is left to 1
/// beside the lightest path through an option is what decides whether the option is in any choice that
/// fits; the same of the least of each amount.
struct MatchedWeighing {
  private(set) var states: StreamStates
  let limits: CostVector
  private var steps: WeightSteps
  /// The amounts that can be too much with the options that are left.
  private(set) var amounts: LimitedAmounts
  /// By step and by bundle, what each option takes and weighs.
  private(set) var parts: [[[OptionSum]]] = []
  /// By number of steps that are behind and by state, the least that the others add.
  private(set) var rests: [[OptionSum]] = []

  /// - Parameter weights: Some that are good where streams need not go together.
  init(
    _ states: StreamStates, limits: CostVector, scale: SIMD8<Double>, from weights: SIMD8<Double>
  ) {
    self.states = states
    self.limits = limits
    steps = WeightSteps(scale: scale, from: weights)
    amounts = LimitedAmounts(limits: limits) { _ in true }
  }

  enum Outcome {
    /// By step, the number of an option; with these everything fits.
    case feasible([Int])
    /// No choice fits; the resource is the one that weighs most.
    case infeasible(FPGAResource?)
    case unknown
  }

  /// Looks for weights that show that nothing fits, and for choices that do.
  mutating func run(rounds: Int) -> Outcome {
    steps.start()
    for round in 0..<rounds {
      let (sum, path) = lightest()
      if sum > Weighing.available { return .infeasible(steps.heaviest) }
      var (total, use) = (CostVector(repeating: 0), SIMD8<Double>(repeating: 0))
      for option in path {
        total = FeasibilitySearch.sum(total, option.costs)
        use += option.shares
      }
      if total.isWithin(limits) { return .feasible(path.map { Int($0.number) }) }
      guard steps.canMove else { return .unknown }
      _ = steps.note(sum)
      steps.move(sum: sum, use: use, round: round)
    }
    return .unknown
  }

  /// The lightest path by the weights looked at.
  private func lightest() -> (sum: Double, path: [StreamStates.Option]) {
    let weights = steps.weights
    var sums = [0.0]
    // By step and state after it, the state before it and the option.
    var origins: [[(from: Int32, bundle: Int32, option: Int32)]] = []
    origins.reserveCapacity(states.steps.count)
    for step in states.steps {
      let picks = step.options.map { options -> (weight: Double, option: Int32) in
        var (least, pick) = (Double.infinity, Int32(0))
        for index in options.indices {
          let weight = (options[index].shares * weights).sum()
          if weight < least { (least, pick) = (weight, Int32(index)) }
        }
        return (least, pick)
      }
      var next = Array(repeating: Double.infinity, count: step.states)
      var own = Array(
        repeating: (from: Int32(0), bundle: Int32(0), option: Int32(0)), count: step.states)
      for transition in step.transitions {
        let pick = picks[Int(transition.bundle)]
        let weight = sums[Int(transition.from)] + pick.weight
        if weight < next[Int(transition.to)] {
          next[Int(transition.to)] = weight
          own[Int(transition.to)] = (transition.from, transition.bundle, pick.option)
        }
      }
      sums = next
      origins.append(own)
    }
    // Nothing is open after the last stage: there is one state.
    var path: [StreamStates.Option] = []
    var state = 0
    for (step, origins) in zip(states.steps, origins).reversed() {
      let origin = origins[state]
      path.append(step.options[Int(origin.bundle)][Int(origin.option)])
      state = Int(origin.from)
    }
    return (sums[0], path.reversed())
  }

  /// Whether stages can take more of an amount than there is.
  private func canExceed(_ amount: Int) -> Bool {
    states.steps.reduce(Int64(0)) { sum, step in
      sum.saturatingSum(
        step.options.reduce(0) { $1.reduce($0) { max($0, $1.costs[amount]) } })
    } > limits[amount]
  }

  /// Drops the options and the ways from state to state that are in no choice that fits, by each amount
  /// and by weights around the best ones; whether any choice is left.
  mutating func dropHeavy() -> Bool {
    while true {
      let heaviest = (0..<CostVector.kinds).filter { limits[$0] < .max && canExceed($0) }
        .sorted { (-steps.best[$0], $0) < (-steps.best[$1], $1) }
      let fan = WeightFan(around: steps.best, heaviest)
      amounts = LimitedAmounts(limits: limits, canExceed: canExceed)
      parts = states.steps.map { step in
        step.options.map { options in
          options.map { option in
            OptionSum(
              amounts: amounts.amounts(option.costs),
              weights: OptionSum.Weights(fan.weights(of: option.shares)))
          }
        }
      }
      let (before, after) = dropOnce()
      guard after > 0 else { return false }
      if after >= before { return true }
    }
  }

  /// - Returns: How many options and ways there were, and how many are left; none where a step has none.
  private mutating func dropOnce() -> (before: Int, after: Int) {
    let least = parts.map { bundles in
      bundles.map { $0.reduce(OptionSum.infinite) { .least($0, $1) } }
    }
    rests = rests(least)
    let most = OptionSum(
      amounts: amounts.limits,
      weights: OptionSum.Weights(
        repeating: OptionSum.available(stages: states.steps.count)))
    var fore = [OptionSum()]
    var (before, after) = (0, 0)
    for (number, step) in states.steps.enumerated() {
      before += step.transitions.count + step.options.reduce(0) { $0 + $1.count }
      // By bundle, the least of all other stages.
      var others = step.options.map { _ in OptionSum.infinite }
      var next = Array(repeating: OptionSum.infinite, count: step.states)
      var ways: [StreamStates.Transition] = []
      for way in step.transitions {
        let (from, to, bundle) = (Int(way.from), Int(way.to), Int(way.bundle))
        let sum = fore[from] + least[number][bundle]
        guard (sum + rests[number + 1][to]).isWithin(most) else { continue }
        others[bundle] = .least(others[bundle], fore[from] + rests[number + 1][to])
        next[to] = .least(next[to], sum)
        ways.append(way)
      }
      fore = next
      var options = step.options
      for bundle in options.indices {
        let fits = options[bundle].indices.filter {
          (parts[number][bundle][$0] + others[bundle]).isWithin(most)
        }
        guard fits.count < options[bundle].count else { continue }
        options[bundle] = fits.map { options[bundle][$0] }
        parts[number][bundle] = fits.map { parts[number][bundle][$0] }
      }
      let open = ways.filter { !options[Int($0.bundle)].isEmpty }
      guard !open.isEmpty else { return (before, 0) }
      after += open.count + options.reduce(0) { $0 + $1.count }
      states.keep(options, open, at: number)
    }
    return (before, after)
  }

  private func rests(_ least: [[OptionSum]]) -> [[OptionSum]] {
    var rests = [[OptionSum()]]
    for (number, step) in states.steps.enumerated().reversed() {
      let count = number > 0 ? states.steps[number - 1].states : 1
      var own = Array(repeating: OptionSum.infinite, count: count)
      let after = rests[rests.count - 1]
      for way in step.transitions {
        let sum = least[number][Int(way.bundle)] + after[Int(way.to)]
        own[Int(way.from)] = .least(own[Int(way.from)], sum)
      }
      rests.append(own)
    }
    return rests.reversed()
  }
}
