/// Weights for limited amounts, with which one number says whether options can fit together.
///
/// With amounts as shares of their limits, and weights that are not negative and sum to 1, every choice
/// that fits weighs at most 1. So if even the lightest option of each stage makes more, nothing fits; and
/// an option that is heavier than its stage's lightest by more than what is left to 1 is in no choice
/// that fits (reduced costs, as in Held and Karp's Lagrangian bound, Mathematical Programming 1, 1971).
/// Weights are moved towards what is over its limit, by steps that get smaller; the choices met on the
/// way are mended one exchange at a time, and often fit.
struct Weighing {
  private let stages: [Int]
  private let counts: [Int64]
  private let candidates: [[FeasibilitySearch.Candidate]]
  private let limits: CostVector
  /// By amount, 1 over its limit; 0 for those that limit nothing.
  private let scale: SIMD8<Double>
  /// The best weights found, of amounts themselves, and the least that all stages weigh by them.
  private(set) var prices: SIMD8<Double>
  private(set) var bound = 0.0

  /// Weights that no choice that fits is above; rounding is far below a millionth of it.
  let available = 1 + 1e-6

  private static let rounds = 120

  init(
    _ stages: [Int], counts: [Int64], candidates: [[FeasibilitySearch.Candidate]],
    limits: CostVector
  ) {
    self.stages = stages
    self.counts = counts
    self.candidates = candidates
    self.limits = limits
    var scale = SIMD8<Double>(repeating: 0)
    for index in 0..<CostVector.kinds where limits[index] < .max && limits[index] > 0 {
      scale[index] = 1 / Double(limits[index])
    }
    self.scale = scale
    prices = SIMD8(repeating: 0)
  }

  func weight(of costs: CostVector) -> Double { (SIMD8<Double>(costs) * prices).sum() }

  /// The options that may be in a choice that fits, by the best weights found.
  var light: [[FeasibilitySearch.Candidate]] {
    candidates.map { options in
      let lightest = options.map { weight(of: $0.costs) }.min() ?? 0
      return options.filter { weight(of: $0.costs) - lightest <= available - bound }
    }
  }

  /// Looks for weights and choices.
  ///
  /// - Parameter accepting: Whether a choice that fits is an answer; streams may have to match besides.
  mutating func run(accepting: Bool) -> Feasibility {
    let kinds = scale.replacing(with: 1, where: scale .> 0)
    guard kinds.sum() > 0 else { return .unknown }
    var weights = kinds / kinds.sum()
    for round in 0..<Self.rounds {
      let trial = weights * scale
      var (total, sum) = (CostVector(repeating: 0), 0.0)
      var picks: [Int] = []
      picks.reserveCapacity(candidates.count)
      for (kind, options) in candidates.enumerated() {
        guard counts[kind] > 0 else {
          picks.append(0)
          continue
        }
        var (best, least) = (0, Double.infinity)
        for (index, option) in options.enumerated() {
          let price = (SIMD8<Double>(option.costs) * trial).sum()
          if price < least { (best, least) = (index, price) }
        }
        picks.append(best)
        sum += least * Double(counts[kind])
        total = FeasibilitySearch.sum(total, options[best].costs, times: counts[kind])
      }
      if sum > bound || round == 0 { (bound, prices) = (sum, trial) }
      if sum > available {
        let heaviest = (0..<CostVector.bytes).max { weights[$0] < weights[$1] } ?? 0
        return .infeasible(.combination(FPGAResource.allCases[heaviest]))
      }
      if accepting {
        if total.isWithin(limits) { return .feasible(choice(picks)) }
        if round % 10 == 9, let mended = mended(picks, total) { return .feasible(mended) }
      }
      let use = SIMD8<Double>(total) * scale
      let step = 0.5 / Double(round + 2).squareRoot()
      // Larger where more is used than there is; the mean keeps the weights' sum.
      let excess = (use - 1).clamped(
        lowerBound: SIMD8(repeating: -1), upperBound: SIMD8(repeating: 3))
      weights = (weights * (1 + step * excess)).clamped(
        lowerBound: SIMD8(repeating: 1e-7), upperBound: SIMD8(repeating: 1e7))
      weights *= kinds
      weights /= weights.sum()
    }
    return .unknown
  }

  private func choice(_ picks: [Int]) -> [Int] {
    stages.map { candidates[$0][picks[$0]].option }
  }
}

// MARK: - Mending
extension Weighing {
  /// By how much amounts are over their limits, as shares; how much is used counts a little.
  private func excess(_ total: CostVector) -> Double {
    let use = SIMD8<Double>(total) * scale
    let over = (use - 1).replacing(with: 0, where: use .<= 1)
    return over.sum() + 1e-3 * use.sum()
  }

  /// A choice that fits, made of one that does not by exchanging options, of as many stages of a kind as
  /// helps most; `nil` where no exchange helps any more.
  private func mended(_ picks: [Int], _ start: CostVector) -> [Int]? {
    // What must not be used at all cannot be exchanged away bit by bit.
    var total = start
    var uses = picks.enumerated().map { kind, option in [(option: option, count: counts[kind])] }
    for _ in 0..<60 {
      var best = excess(total)
      var move: (kind: Int, from: Int, to: Int, count: Int64)?
      for (kind, used) in uses.enumerated() where counts[kind] > 0 {
        for (place, use) in used.enumerated() where use.count > 0 {
          let out = candidates[kind][use.option].costs
          for (index, other) in candidates[kind].enumerated() where index != use.option {
            let change = other.costs &- out
            var sizes: [Int64] = [1]
            if use.count > 1 { sizes.append(use.count) }
            if use.count > 3 { sizes.append(use.count / 2) }
            for size in sizes {
              let next = total &+ change &* CostVector(repeating: size)
              let value = excess(next)
              if value < best - 1e-12 {
                best = value
                move = (kind, place, index, size)
              }
            }
          }
        }
      }
      guard let move else { return nil }
      let use = uses[move.kind][move.from]
      let change =
        candidates[move.kind][move.to].costs &- candidates[move.kind][use.option].costs
      total = total &+ change &* CostVector(repeating: move.count)
      uses[move.kind][move.from].count -= move.count
      if let known = uses[move.kind].firstIndex(where: { $0.option == move.to }) {
        uses[move.kind][known].count += move.count
      } else {
        uses[move.kind].append((option: move.to, count: move.count))
      }
      if total.isWithin(limits) { return spread(uses) }
    }
    return nil
  }

  /// An option for each stage from how many stages of each kind take which.
  private func spread(_ uses: [[(option: Int, count: Int64)]]) -> [Int] {
    var left = uses
    return stages.map { kind in
      guard let place = left[kind].firstIndex(where: { $0.count > 0 }) else { return 0 }
      left[kind][place].count -= 1
      return candidates[kind][left[kind][place].option].option
    }
  }
}
