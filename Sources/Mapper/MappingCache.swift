internal import Accelerators
internal import Dataflow
internal import Ops
internal import Synchronization

/// Answers of the mapper, each worked out once.
///
/// It is a class because everyone who maps in a process shares what is known, on any thread: two who
/// ask the same at once search once, and the second waits for the first. It is owned by whoever makes
/// the targets that share it; nothing is ever dropped.
///
/// What is the same is decided by all that a search reads: the problem, the array without names that
/// no answer carries, its sources and its units, what is looked for, factors and counting rules. An
/// answer that a time limit may have cut short serves only who would not have waited longer.
public final class MappingCache: Sendable {
  /// What was found for one request; locked while it is being worked out.
  private final class Entry: Sendable {
    let answer = Guarded<Answer?>(nil)
  }

  private struct Answer: Sendable {
    var result: Result<MappingAnswer, UnmappableError>
    /// The time it was allowed to take; `nil` for all that was wanted.
    var limitSeconds: Double?

    /// Whether a search of a longer or of no limit could find better.
    var mayImprove: Bool {
      guard case .success(let answer) = result else { return limitSeconds != nil }
      return limitSeconds != nil && !answer.best.isProvenBest
    }

    func serves(limitSeconds limit: Double?) -> Bool {
      guard mayImprove, let limitSeconds else { return true }
      return limit.map { $0 <= limitSeconds } ?? false
    }
  }

  private let entries = Guarded<[MappingRequest: Entry]>([:])
  private let searches = Atomic(0)

  /// A cache that knows nothing.
  public init() {}

  /// How many answers were worked out rather than known.
  package var searchCount: Int { searches.load(ordering: .relaxed) }

  /// The answer to a request, known or worked out now.
  func answer(
    to request: MappingRequest, limitSeconds: Double?
  ) throws(UnmappableError) -> MappingAnswer {
    let entry = entries.withLock { entries in
      if let known = entries[request] { return known }
      let new = Entry()
      entries[request] = new
      return new
    }
    let result = entry.answer.withLock { known in
      if let known, known.serves(limitSeconds: limitSeconds) { return known.result }
      searches.add(1, ordering: .relaxed)
      let result = Result { () throws(UnmappableError) in
        try request.answer(within: SearchBudget(seconds: limitSeconds))
      }
      known = Answer(result: result, limitSeconds: limitSeconds)
      return result
    }
    return try result.get()
  }
}

/// What a search found, in one piece.
struct MappingAnswer: Sendable {
  /// The best by the objective; of a front, the point of the least energy-delay product.
  var best: SearchResult
  /// The points of the front with their whole cost, in order of cycles; empty unless asked for.
  var front: [SearchResult] = []
}

/// Everything a search reads but its time limit.
struct MappingRequest: Hashable, Sendable {
  /// What is looked for.
  enum Goal: Hashable, Sendable {
    case best(Objective)
    case front
  }

  let problem: Problem
  let array: SpatialArray
  let goal: Goal
  let factors: Factors
  let rules: CountingRules

  /// - Parameter array: with the tensors that stay on chip in their homes.
  init(_ problem: Problem, on array: SpatialArray, goal: Goal, options: CostOptions) {
    self.problem = problem
    self.goal = goal
    factors = array.dataflow.allowsImperfectFactors ? options.factors : .perfect
    rules = options.counting
    self.array = array.asSearched
  }

  /// Searches.
  func answer(within budget: SearchBudget) throws(UnmappableError) -> MappingAnswer {
    let space = Mapspace(problem, on: array, rules: rules, factors: factors)
    switch goal {
    case .best(let objective):
      return MappingAnswer(
        best: try MappingSearch(space, minimizing: objective, within: budget).best())
    case .front: return try front(of: space, within: budget)
    }
  }

  private func front(
    of space: Mapspace, within budget: SearchBudget
  ) throws(UnmappableError) -> MappingAnswer {
    let search = MappingSearch(space, minimizing: .energyDelayProduct, within: budget)
    var (mappings, evaluations, isProven): ([Mapping], Int64, Bool) = ([], 0, false)
    if space.rules == .exact, let found = try? search.front() {
      mappings = found.points.map(\.mapping)
      (evaluations, isProven) = (found.evaluations, found.isProven)
    }
    // A front that is not proven, or that no bound holds to search with, takes in what each objective
    // finds by itself, so that it is never worse than that.
    if mappings.isEmpty || !isProven && budget.seconds == nil {
      let share = SearchBudget(
        seconds: budget.seconds.map { $0 / Double(Objective.allCases.count) })
      for objective in Objective.allCases {
        let best = try MappingSearch(space, minimizing: objective, within: share).best()
        mappings.append(best.mapping)
        evaluations += best.evaluations
      }
    }
    var front = ParetoFront<SearchResult>()
    for mapping in mappings {
      guard let cost = try? search.cost(of: mapping) else { continue }
      front.insert(
        energyPicojoules: cost.energyPicojoules, cycles: Double(cost.cycles),
        SearchResult(mapping: mapping, cost: cost, evaluations: 0, isProvenBest: isProven))
    }
    guard let index = front.leastProductIndex else { throw space.explanation() }
    var best = front[index].payload
    best.evaluations = evaluations
    return MappingAnswer(best: best, front: front.map(\.payload))
  }
}

extension SpatialArray {
  /// The array with only what a search reads and what its answer carries: levels keep their names,
  /// because costs and explanations have them.
  fileprivate var asSearched: SpatialArray {
    var array = self
    array.name = ""
    array.sources = [:]
    array.provenance = [:]
    array.dataflow.name = ""
    array.vectorUnits = []
    array.residency = .spill
    array.linkClockMegahertz = nil
    array.nodeNanometers = nil
    array.voltage = nil
    // The problem has the layer's own.
    array.precision = Precision(weightBits: 0, activationBits: 0, accumulatorBits: 0)
    return array
  }
}
