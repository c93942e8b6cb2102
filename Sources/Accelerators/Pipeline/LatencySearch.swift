/// Cycles that a stage computes and reads for an image, as a latency depends on them.
public struct StagePace: Hashable, Sendable {
  /// Cycles of an image in which the stage computes.
  public var computeCycles: Int64
  /// Cycles of an image in which what reads its window reads; 0 where it has none.
  public var readingCycles: Int64

  /// Cycles of an image in which a stage computes, and in which what reads its window reads.
  public init(computeCycles: Int64, readingCycles: Int64) {
    self.computeCycles = computeCycles
    self.readingCycles = readingCycles
  }
}

extension DesignSearch {
  /// The choice with the least latency.
  ///
  /// A latency never falls when a stage takes longer, so that a part of a choice cannot lead below the
  /// latency with all other stages as fast as their fastest options compute and read. Choices are made
  /// stage by stage, depth first, from the slowest stage on, and parts are left that cannot fit or
  /// cannot be better than the best choice known; that starts from the least interval and is improved
  /// stage by stage first.
  ///
  /// - Parameters:
  ///   - limit: Latencies to ask for; when they are used up the best known is given, without a proof.
  ///   - latency: Cycles of an image; it must not fall when a pace grows.
  /// - Throws: `DesignError` where nothing fits.
  public func leastLatency(
    limit: Int = 4000, latency: ([StagePace]) -> Int64
  ) throws(DesignError) -> DesignSolution {
    let start = try leastInterval()
    var search = LatencyRun(problem, limit: limit)
    search.start(at: start.choice, latency)
    search.improve(latency)
    let bound = search.floor(latency)
    search.descend(latency)
    let isProven = search.isComplete || search.best == bound
    return DesignSolution(
      choice: search.choice, intervalCycles: problem.intervalCycles(of: search.choice),
      resources: problem.resources(of: search.choice),
      certificate: DesignCertificate(
        isProven: isProven, lowerBound: Double(isProven ? search.best : bound),
        obstacle: isProven ? .exhausted : nil))
  }
}

/// The state of a search for the least latency.
private struct LatencyRun {
  let problem: DesignProblem
  private(set) var choice: [Int] = []
  private(set) var best = Int64.max
  private(set) var isComplete = false
  private var left: Int
  /// By stage, its fastest computing and its fastest reading.
  private let fastest: [StagePace]
  /// By stage, the least it takes of everything.
  private let least: [CostVector]
  private let limits: CostVector

  init(_ problem: DesignProblem, limit: Int) {
    self.problem = problem
    left = limit
    fastest = problem.stages.map { kind in
      let options = problem.kinds[kind]
      return StagePace(
        computeCycles: options.map(\.computeCycles).min() ?? 0,
        readingCycles: options.map(\.readingCycles).min() ?? 0)
    }
    least = problem.stages.map { kind in
      problem.kinds[kind].dropFirst().reduce(
        problem.kinds[kind].first?.costs ?? CostVector(repeating: 0)
      ) { pointwiseMin($0, $1.costs) }
    }
    // The memory limits an interval, not the latency of one image.
    var limits = problem.limits(interval: 1, budget: problem.budget)
    limits[CostVector.bytes] = .max
    self.limits = limits
  }

  private func option(_ stage: Int, _ index: Int) -> StageOption {
    problem.kinds[problem.stages[stage]][index]
  }

  private func pace(_ stage: Int, _ index: Int) -> StagePace {
    let option = option(stage, index)
    return StagePace(
      computeCycles: option.computeCycles, readingCycles: option.readingCycles)
  }

  private mutating func ask(_ paces: [StagePace], _ latency: ([StagePace]) -> Int64) -> Int64 {
    left -= 1
    return latency(paces)
  }

  mutating func start(at choice: [Int], _ latency: ([StagePace]) -> Int64) {
    self.choice = choice
    best = ask(choice.enumerated().map { pace($0.offset, $0.element) }, latency)
  }

  /// The latency with every stage at its fastest, which nothing is below.
  mutating func floor(_ latency: ([StagePace]) -> Int64) -> Int64 { ask(fastest, latency) }

  private func fits(_ choice: [Int]) -> Bool {
    var sum = CostVector(repeating: 0)
    for (stage, index) in choice.enumerated() {
      sum = FeasibilitySearch.sum(sum, option(stage, index).costs)
    }
    return sum.isWithin(limits) && problem.matches(choice)
  }

  /// Takes any other option of one stage that fits and lowers the latency, until there is none.
  mutating func improve(_ latency: ([StagePace]) -> Int64) {
    var isBetter = true
    while isBetter, left > 0 {
      isBetter = false
      for stage in problem.stages.indices {
        for index in problem.kinds[problem.stages[stage]].indices where left > 0 {
          let (one, other) = (option(stage, index), option(stage, choice[stage]))
          guard
            one.computeCycles < other.computeCycles || one.readingCycles < other.readingCycles
          else { continue }
          var next = choice
          next[stage] = index
          guard fits(next) else { continue }
          let cycles = ask(next.enumerated().map { pace($0.offset, $0.element) }, latency)
          if cycles < best {
            (best, choice) = (cycles, next)
            isBetter = true
          }
        }
      }
    }
  }

  mutating func descend(_ latency: ([StagePace]) -> Int64) {
    // The stages whose fastest is slowest decide most.
    let order = problem.stages.indices.sorted {
      (fastest[$1].computeCycles, $0) < (fastest[$0].computeCycles, $1)
    }
    var rest = CostVector(repeating: 0)
    for stage in order { rest = FeasibilitySearch.sum(rest, least[stage]) }
    var partial = choice
    var paces = fastest
    isComplete = descend(
      order[...], CostVector(repeating: 0), rest, &partial, &paces, latency)
  }

  /// Whether everything below was looked at or ruled out.
  private mutating func descend(
    _ stages: ArraySlice<Int>, _ sum: CostVector, _ rest: CostVector, _ partial: inout [Int],
    _ paces: inout [StagePace], _ latency: ([StagePace]) -> Int64
  ) -> Bool {
    guard let stage = stages.first else {
      let cycles = ask(paces, latency)
      if cycles < best, problem.matches(partial) { (best, choice) = (cycles, partial) }
      return true
    }
    let after = rest &- least[stage]
    var isWhole = true
    let before = paces[stage]
    for index in problem.kinds[problem.stages[stage]].indices {
      let costs = FeasibilitySearch.sum(sum, option(stage, index).costs)
      guard FeasibilitySearch.sum(costs, after).isWithin(limits) else { continue }
      guard left > 0 else { return false }
      paces[stage] = pace(stage, index)
      partial[stage] = index
      if stages.count == 1 || ask(paces, latency) < best {
        let isDone = descend(stages.dropFirst(), costs, after, &partial, &paces, latency)
        isWhole = isWhole && isDone
      }
    }
    paces[stage] = before
    return isWhole
  }
}
