/// What shows that a design is the best one.
public struct DesignCertificate: Hashable, Sendable {
  /// Whether no choice is better.
  public var isProven: Bool
  /// What no choice can be below: cycles for an interval, a share of the budget for resources.
  public var lowerBound: Double
  /// Why nothing faster, or smaller, can be built; `nil` where that was not shown.
  public var obstacle: Obstacle?
}

/// An option for each stage, and how good that is.
public struct DesignSolution: Hashable, Sendable {
  /// By stage, the index of its option.
  public var choice: [Int]
  /// Cycles from an image to the next: the slowest stage, or the memory.
  public var intervalCycles: Int64
  /// What the stages take of the device in sum.
  public var resources: FPGAResources
  /// What shows that nothing is better, or how far that was shown.
  public var certificate: DesignCertificate
}

/// What more of a resource would buy.
public struct ResourcePrice: Hashable, Sendable {
  /// The resource of which there would be more.
  public var resource: FPGAResource
  /// The best interval with one unit more.
  public var intervalCyclesWithOneMore: Int64
  /// The least number of further units that buys any shorter interval, and that interval; `nil` where
  /// no number of this resource alone does.
  public var leastThatHelps: (units: Int64, intervalCycles: Int64)? {
    helpingUnits.map { ($0, helpedIntervalCycles) }
  }

  var helpingUnits: Int64?
  var helpedIntervalCycles: Int64 = 0
}

/// Why there is no design.
public enum DesignError: Error, Hashable, Sendable {
  /// Not even the smallest options fit.
  case doesNotFit(Obstacle)
  /// The search ended without an answer.
  case undecided
}

/// Finds the best choice of an option for each stage, and proves it.
///
/// Whether an interval can be had only gets easier as it grows, and it changes only at the cycles of
/// options, or where the memory's bytes decide at any cycle. So the least interval is found by bisection
/// over the cycles of all options, and then, between two of them, over all cycles.
public struct DesignSearch: Sendable {
  /// The stages, and what limits them.
  public let problem: DesignProblem
  private let search: FeasibilitySearch
  /// The cycles of all options that can be an interval, ascending.
  let candidates: [Int64]

  /// - Complexity: O(*kinds* · *options*²), once for all questions.
  public init(_ problem: DesignProblem) {
    self.problem = problem
    search = FeasibilitySearch(problem)
    var floor = problem.leastIntervalCycles
    let used = Set(problem.stages)
    for kind in used.sorted() {
      floor = max(floor, problem.kinds[kind].map(\.cycles).min() ?? 1)
    }
    var cycles: Set<Int64> = [floor]
    for kind in used {
      for option in problem.kinds[kind] where option.cycles > floor { cycles.insert(option.cycles) }
    }
    candidates = cycles.sorted()
  }

  /// The least interval.
  ///
  /// - Parameter mostNodes: Partial designs that are looked at to prove the choice; some million a second.
  /// - Throws: `DesignError` where nothing fits.
  public func leastInterval(
    mostNodes: Int = DesignSearch.mostNodes
  ) throws(DesignError) -> DesignSolution {
    try leastInterval(within: problem.budget, mostNodes: mostNodes)
  }

  func answer(
    _ interval: Int64, _ budget: FPGAResources, cycles: Int64? = nil,
    effort: ParetoMerging.Effort?
  ) -> Feasibility {
    search.answer(
      cycles: cycles ?? interval, limits: problem.limits(interval: interval, budget: budget),
      effort: effort)
  }

  /// For a question that is asked to find a choice.
  static let short = ParetoMerging.Effort(mostAtOnce: 64, mostSums: 10_000)
  /// For a question of which only the answer counts.
  private static let long = ParetoMerging.Effort(mostSums: 200_000)
  /// The most partial designs that are looked at to prove a choice, unless somebody says otherwise.
  public static let mostNodes = 1_000_000

  func leastInterval(
    within budget: FPGAResources, mostNodes: Int = DesignSearch.mostNodes
  ) throws(DesignError) -> DesignSolution {
    var best: [Int]?
    var obstacle: Obstacle?
    var isProven = true
    // The longest interval that was shown not to be had.
    var refuted = candidates[0] - 1
    // The first candidate that can be had lies in low ..< high, or is high.
    var (low, high) = (0, candidates.count)
    while low < high {
      let middle = (low + high) / 2
      switch answer(candidates[middle], budget, effort: Self.short) {
      case .feasible(let choice, _):
        best = choice
        high = middle
      case .infeasible(let reason):
        obstacle = reason
        refuted = candidates[middle]
        low = middle + 1
      case .unknown:
        isProven = false
        low = middle + 1
      }
    }
    // Between candidates, and after the last one, only the memory's bytes change.
    let from = low > 0 ? candidates[low - 1] : 0
    let reach =
      low > 0 ? bytesBetween(from, low < candidates.count ? candidates[low] : nil, budget) : nil
    if let reach {
      best = reach.choice ?? best
      obstacle = reach.obstacle ?? obstacle
      isProven = isProven && reach.isSure
    }
    guard let best else {
      if !isProven { throw .undecided }
      throw .doesNotFit(obstacle ?? .exhausted)
    }
    var last = best
    // Whatever was not decided on the way: nothing is better if nothing is a cycle better.
    var effort = Self.short
    while !isProven {
      let below = problem.intervalCycles(of: last) - 1
      switch answer(below, budget, effort: effort) {
      case .feasible(let choice, let isLeast):
        last = choice
        // Whatever is better is among those that move no fewer bytes, and takes as long.
        guard isLeast, problem.transferCycles(of: choice) == problem.intervalCycles(of: choice)
        else { continue }
        (isProven, obstacle) = (true, .exhausted)
      case .infeasible(let reason):
        (isProven, obstacle) = (true, reason)
      case .unknown where effort.mostAtOnce < .max:
        effort = ParetoMerging.Effort(mostSums: mostNodes)
      case .unknown:
        sharpen(&refuted, &obstacle, below: below + 1, budget)
        return solution(last, isProven: false, refuted: refuted, obstacle)
      }
    }
    return solution(last, isProven: true, refuted: refuted, obstacle)
  }

  private func solution(
    _ choice: [Int], isProven: Bool, refuted: Int64, _ obstacle: Obstacle?
  ) -> DesignSolution {
    let interval = problem.intervalCycles(of: choice)
    let isFloor = interval <= candidates[0] && obstacle == nil
    return DesignSolution(
      choice: choice, intervalCycles: interval, resources: problem.resources(of: choice),
      certificate: DesignCertificate(
        isProven: isProven, lowerBound: Double(isProven ? interval : refuted + 1),
        obstacle: isFloor ? floorObstacle : obstacle))
  }

  /// Looks for a longer interval that can be shown not to be had.
  private func sharpen(
    _ refuted: inout Int64, _ obstacle: inout Obstacle?, below interval: Int64,
    _ budget: FPGAResources
  ) {
    var (low, high) = (refuted + 1, interval)
    while low < high {
      let middle = low + (high - low) / 2
      if case .infeasible(let reason) = answer(middle, budget, effort: Self.short) {
        (refuted, obstacle, low) = (middle, reason, middle + 1)
      } else {
        high = middle
      }
    }
  }

  /// What keeps the interval from being below the first candidate.
  private var floorObstacle: Obstacle {
    guard candidates[0] > problem.leastIntervalCycles else {
      return .input(leastCycles: problem.leastIntervalCycles)
    }
    var slowest: (kind: Int, cycles: Int64) = (0, -1)
    for kind in Set(problem.stages).sorted() {
      let least = problem.kinds[kind].map(\.cycles).min() ?? 0
      if least > slowest.cycles { slowest = (kind, least) }
    }
    return .stage(problem.stages.firstIndex(of: slowest.kind) ?? 0)
  }

  /// The least interval above one candidate and below the next with the options of the first one, of
  /// which only the memory is too slow.
  private func bytesBetween(
    _ low: Int64, _ high: Int64?, _ budget: FPGAResources
  ) -> (choice: [Int]?, obstacle: Obstacle?, isSure: Bool)? {
    guard problem.bytesPerCycle != nil else { return nil }
    var unlimited = problem.limits(interval: low, budget: budget)
    unlimited[CostVector.bytes] = .max
    let free: [Int]
    switch search.answer(cycles: low, limits: unlimited, effort: Self.short) {
    case .feasible(let choice, _): free = choice
    case .infeasible: return nil
    case .unknown: return (nil, nil, false)
    }
    var best: [Int]?
    var obstacle: Obstacle?
    var (from, until) = (low + 1, high ?? problem.intervalCycles(of: free) + 1)
    while from < until {
      let middle = from + (until - from) / 2
      switch answer(middle, budget, cycles: low, effort: nil) {
      case .feasible(let choice, _):
        best = choice
        until = min(middle, problem.intervalCycles(of: choice))
      case .infeasible(let reason):
        obstacle = reason
        from = middle + 1
      case .unknown:
        // The sums say whether anything of all this can be had, and give a choice that moves few bytes.
        switch answer(until - 1, budget, cycles: low, effort: Self.short) {
        case .feasible(let choice, let isLeast):
          return (choice, isLeast ? .exhausted : obstacle, isLeast)
        case .infeasible(let reason): return (best, reason, true)
        case .unknown: return (best, obstacle, false)
        }
      }
    }
    return (best, obstacle, true)
  }
}

// MARK: - Resources
extension DesignSearch {
  /// The choice of at most so many cycles whose largest share of the budget is least.
  ///
  /// Feasibility only gets easier with larger limits, and a choice found shows the next limit to try:
  /// anything strictly below its own largest share. When that is infeasible, nothing is smaller.
  ///
  /// - Throws: `DesignError` where nothing of that interval fits the budget.
  public func leastResources(intervalCycles: Int64) throws(DesignError) -> DesignSolution {
    guard intervalCycles >= problem.leastIntervalCycles else {
      throw .doesNotFit(.input(leastCycles: problem.leastIntervalCycles))
    }
    func attempt(_ budget: FPGAResources) -> Feasibility {
      answer(intervalCycles, budget, effort: Self.long)
    }
    var best: [Int]
    switch attempt(problem.budget) {
    case .feasible(let choice, _): best = choice
    case .infeasible(let reason): throw .doesNotFit(reason)
    case .unknown: throw .undecided
    }
    var (low, isProven) = (0.0, true)
    var obstacle: Obstacle?
    while true {
      let share = share(of: best)
      guard share > 0 else { return solution(best, isProven: true, obstacle) }
      // While far apart, the middle halves what is left; at the end only a strictly smaller share.
      let middle = (low + share) / 2
      let isLast = share - low < 0.002
      let limit = isLast ? below(share) : scaled(middle)
      switch attempt(limit) {
      case .feasible(let choice, _): best = choice
      case .infeasible(let reason):
        obstacle = reason
        if isLast {
          return solution(best, isProven: isProven, obstacle)
        }
        low = middle
      case .unknown:
        isProven = false
        if isLast { return solution(best, isProven: false, obstacle) }
        low = middle
      }
    }
  }

  private func solution(_ choice: [Int], isProven: Bool, _ obstacle: Obstacle?) -> DesignSolution {
    DesignSolution(
      choice: choice, intervalCycles: problem.intervalCycles(of: choice),
      resources: problem.resources(of: choice),
      certificate: DesignCertificate(
        isProven: isProven, lowerBound: isProven ? share(of: choice) : 0, obstacle: obstacle))
  }

  /// The largest share of the budget that a choice takes.
  public func share(of choice: [Int]) -> Double {
    let resources = problem.resources(of: choice)
    return FPGAResource.allCases.map { resource in
      problem.budget[resource] > 0
        ? Double(resources[resource]) / Double(problem.budget[resource])
        : resources[resource] > 0 ? .infinity : 0
    }.max() ?? 0
  }

  /// The largest amounts that are strictly below a share of the budget.
  private func below(_ share: Double) -> FPGAResources {
    problem.budget.combined(with: problem.budget) { number, _ in
      var amount = Int64((share * Double(number)).rounded(.up))
      while amount > 0, Double(amount) / Double(number) >= share { amount -= 1 }
      return amount
    }
  }

  private func scaled(_ share: Double) -> FPGAResources {
    problem.budget.combined(with: problem.budget) { number, _ in
      Int64((share * Double(number)).rounded(.down))
    }
  }
}
