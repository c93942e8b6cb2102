/// Weights for limited amounts, with which one number says whether options can fit together.
///
/// With amounts as shares of their limits, and weights that are not negative and sum to 1, every choice
/// that fits weighs at most 1. So if even the lightest option of each stage makes more, nothing fits; and
/// an option that is heavier than its stage's lightest by more than what is left to 1 is in no choice
/// that fits (reduced costs, as in Held and Karp's Lagrangian bound, Mathematical Programming 1, 1971).
/// Weights are moved towards what is over its limit, further the more is missing to a proof (Polyak's
/// step, USSR Computational Mathematics 9, 1969); the choices met on the way are mended one exchange at a
/// time, and often fit.
struct Weighing {
  /// Some stages of a kind, and the options that are still open to them.
  struct Group {
    var kind: Int
    var count: Int64
    var options: [Option]
  }

  /// An option by what it takes.
  struct Option {
    /// Its number among the candidates of its kind.
    var number: Int
    var costs: CostVector
    /// What all stages of the group take with it.
    var allCosts: CostVector
    /// What one takes as shares of the limits.
    var shares: SIMD8<Double>
  }

  let limits: CostVector
  /// By amount, 1 over its limit; 0 for those that limit nothing.
  let scale: SIMD8<Double>
  var groups: [Group]
  private var steps: WeightSteps
  /// The best weights found, and the least that all stages weigh by them.
  var best: SIMD8<Double> { steps.best }
  var bound: Double { steps.bound }
  /// By group, the lightest option by the best weights.
  private(set) var picks: [Int] = []
  /// Weights that no choice that fits is above; rounding is far below a millionth of it.
  static let available = 1 + 1e-6

  init(_ candidates: [[FeasibilitySearch.Candidate]], counts: [Int64], limits: CostVector) {
    self.limits = limits
    let scale = Self.scale(limits)
    self.scale = scale
    groups = candidates.indices.filter { counts[$0] > 0 }.map { kind in
      Group(
        kind: kind, count: counts[kind],
        options: candidates[kind].enumerated().map { number, candidate in
          Option(
            number: number, costs: candidate.costs,
            allCosts: FeasibilitySearch.times(candidate.costs, counts[kind]),
            shares: SIMD8<Double>(candidate.costs) * scale)
        })
    }
    steps = WeightSteps(scale: scale)
  }

  /// By amount, 1 over its limit; 0 for those that limit nothing.
  static func scale(_ limits: CostVector) -> SIMD8<Double> {
    var scale = SIMD8<Double>(repeating: 0)
    for index in 0..<CostVector.kinds where limits[index] < .max && limits[index] > 0 {
      scale[index] = 1 / Double(limits[index])
    }
    return scale
  }

  /// What moving the weights shows.
  enum Outcome {
    /// The option of each group with which everything fits.
    case feasible([Int])
    /// No choice fits; the first resource is the one that weighs most.
    case infeasible(FPGAResource?)
    case unknown
  }

  /// Looks for weights that show that nothing fits, and for choices that do.
  ///
  /// - Parameter accepts: Whether a choice that fits is an answer; streams may have to match besides.
  mutating func run(rounds: Int, accepts: Bool) -> Outcome {
    guard steps.canMove else { return unlimited(accepts: accepts) }
    var chosen = Array(repeating: 0, count: groups.count)
    steps.start()
    for round in 0..<rounds {
      var (total, use, sum) = (CostVector(repeating: 0), SIMD8<Double>(repeating: 0), 0.0)
      for (place, group) in groups.enumerated() {
        var (pick, least) = (0, Double.infinity)
        for (index, option) in group.options.enumerated() {
          let weight = (option.shares * steps.weights).sum()
          if weight < least { (pick, least) = (index, weight) }
        }
        chosen[place] = pick
        sum += least * Double(group.count)
        let shares = group.options[pick].shares
        use += shares * Double(group.count)
        total = FeasibilitySearch.sum(total, group.options[pick].allCosts)
      }
      if steps.note(sum) || picks.count != groups.count { picks = chosen }
      if sum > Self.available { return .infeasible(steps.heaviest) }
      if accepts, total.isWithin(limits) { return .feasible(chosen) }
      steps.move(sum: sum, use: use, round: round)
    }
    return .unknown
  }

  /// Where no amount above 0 is limited, no weights tell options apart; those that take nothing of what
  /// there is none of come first.
  private mutating func unlimited(accepts: Bool) -> Outcome {
    picks = groups.map { group in
      group.options.firstIndex { $0.costs.isWithin(limits) } ?? 0
    }
    let total = zip(groups, picks).reduce(CostVector(repeating: 0)) { sum, pair in
      FeasibilitySearch.sum(sum, pair.0.options[pair.1].allCosts)
    }
    return accepts && total.isWithin(limits) ? .feasible(picks) : .unknown
  }

  func weight(of option: Option) -> Double { (option.shares * best).sum() }

  /// Drops the options that are in no choice that fits, by the best weights; whether each group still has
  /// one.
  mutating func dropHeavy() -> Bool {
    for place in groups.indices {
      let options = groups[place].options
      let picked = options[picks[place]]
      let most = weight(of: picked) + Self.available - bound
      let light = options.filter { weight(of: $0) <= most }
      guard light.count < options.count else { continue }
      guard !light.isEmpty else { return false }
      groups[place].options = light
      picks[place] = light.firstIndex { $0.number == picked.number } ?? 0
    }
    return true
  }
}
