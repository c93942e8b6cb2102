public import Accelerators
package import Dataflow
internal import Ops

/// Finds a problem's best mapping on an array.
///
/// Under rule set `exact`, ``ProofSearch`` returns the best mapping of the space and proves it, unless
/// the space is so large that it gives up. Then, and under rule set `timeloop`, whose shortcuts leave
/// no bound to prove with, ``BeamSearch`` proposes the best mappings by its estimate, which are
/// evaluated, and the best of them is improved by single changes until none helps.
public struct MappingSearch: Sendable {
  /// The mappings to choose from.
  public let space: Mapspace
  /// What is made small.
  public let objective: Objective
  /// Mappings a space may have to be evaluated wholly.
  public static let exhaustiveLimit = 256
  private let model: SpatialArrayModel

  private let budget: SearchBudget

  /// A search of a space; it does nothing until it is asked for a result.
  public init(
    _ space: Mapspace, minimizing objective: Objective, within budget: SearchBudget = SearchBudget()
  ) {
    self.budget = budget
    self.space = space
    self.objective = objective
    model = SpatialArrayModel(space.array, rules: space.rules)
  }

  /// The best mapping found; the same on any machine.
  ///
  /// - Throws: `UnmappableError` when no mapping fits.
  public func best() throws(UnmappableError) -> SearchResult {
    if space.rules == .exact, let context = ProofContext(space) { return try proven(context) }
    let enumeration = MappingEnumeration(space)
    if let mappings = enumeration.mappings(atMost: Self.exhaustiveLimit) {
      var incumbent: Incumbent?
      for mapping in mappings { consider(mapping, &incumbent) }
      guard let incumbent else { throw explanation() }
      return SearchResult(
        mapping: incumbent.mapping, cost: incumbent.cost, evaluations: Int64(mappings.count),
        isProvenBest: true)
    }
    return try searched()
  }

  /// The whole front of energy and cycles, as far as it was found.
  ///
  /// - Throws: `UnmappableError` when no mapping fits.
  public func front() throws(UnmappableError) -> FrontResult {
    guard space.rules == .exact, let context = ProofContext(space) else { throw explanation() }
    let whole = started(budget)
    var search = ProofSearch(context, goal: .front, budget: whole)
    for objective in Objective.allCases {
      var single = ProofSearch(context, goal: .single(objective), budget: whole)
      single.run()
      for point in single.incumbents.points { search.consider(point.mapping) }
    }
    search.run()
    guard !search.incumbents.points.isEmpty else { throw explanation() }
    return FrontResult(
      points: search.incumbents.points.map {
        FrontPoint(
          energyPicojoules: $0.energy, cycles: Int64($0.cycles), mapping: Mapping($0.mapping))
      }, evaluations: search.evaluations, isProven: !search.isExhausted)
  }

  /// The best mapping by branch and bound, or where that gives up, the better of what it and the
  /// search by estimates have found.
  private func proven(_ context: ProofContext) throws(UnmappableError) -> SearchResult {
    var search = ProofSearch(context, goal: .single(objective), budget: started(budget))
    search.run()
    var incumbent: Incumbent?
    if let point = search.incumbents.points.first { consider(Mapping(point.mapping), &incumbent) }
    var evaluations = search.evaluations
    // The search by estimates proposes mappings whose steps divide.
    if search.isExhausted, budget.seconds == nil && !search.knowsBestDividing || incumbent == nil,
      let other = try? searched(from: incumbent)
    {
      evaluations += other.evaluations
      consider(other.mapping, &incumbent)
    }
    guard let incumbent else { throw explanation() }
    return SearchResult(
      mapping: incumbent.mapping, cost: incumbent.cost, evaluations: evaluations,
      isProvenBest: !search.isExhausted,
      lowerBound: search.isExhausted
        ? min(incumbent.rank.first, bound(search.lowerBound)) : incumbent.rank.first)
  }

  private func started(_ budget: SearchBudget) -> Budget {
    Budget(
      budget,
      effort: space.factors == .perfect ? Budget.perfectEffort : Budget.imperfectEffort)
  }

  /// A search's lower bound in the objective's unit: scores of latencies have a fraction for energy.
  private func bound(_ score: Double) -> Double {
    objective == .latency ? max(1, score.rounded(.down)) : max(0, score)
  }

  /// The result of the search alone, however small the space is.
  ///
  /// Each choice of what the levels keep is a space of its own. All are searched with a narrow
  /// beam; then, those that did best first, with a wide one, as long as there is effort left.
  /// A space whose lower bound is above the best found is left out.
  package func searched() throws(UnmappableError) -> SearchResult { try searched(from: nil) }

  /// - Parameter known: a mapping already found, which the search has to beat.
  private func searched(from known: Incumbent?) throws(UnmappableError) -> SearchResult {
    let shared = BeamSearch.Shared(space)
    var beams = space.schemes.map {
      BeamSearch(space.keeping($0), shared, minimizing: objective)
    }
    let leastScores = beams.map(\.leastScore)
    // The first scheme keeps the most.
    let first =
      [0]
      + beams.indices.dropFirst()
      .sorted { (leastScores[$0], $0) < (leastScores[$1], $1) }
    var found = Found(bestScores: leastScores.map { _ in .infinity })
    if let known, let beam = beams.first {
      let figures = BeamSearch.Figures(
        energy: known.cost.energyPicojoules, cycles: Double(known.cost.cycles))
      found.incumbent = known
      found.figures = figures
      found.score = beam.score(figures)
    }
    let narrow = beams.count > 1 ? Self.narrowWidth * 3 / 4 : Self.narrowWidth
    let share = beams.count > 1 ? Self.effort / 16 : Self.effort / 4
    var effort = 2 * Self.effort
    for index in first where leastScores[index] <= found.score && effort > 0 {
      let before = beams[index].evaluations
      search(&beams[index], scheme: index, width: narrow, effort: share, count: 4, &found)
      effort -= beams[index].evaluations - before
    }
    effort = Self.effort
    let second = first.sorted { found.bestScores[$0] < found.bestScores[$1] }
    for index in second where leastScores[index] <= found.score && effort > 0 {
      let before = beams[index].evaluations
      search(
        &beams[index], scheme: index, width: Self.wideWidth, effort: 4 * share, count: 48, &found)
      effort -= beams[index].evaluations - before
    }
    guard var incumbent = found.incumbent else { throw explanation() }
    var evaluations = beams.reduce(0) { $0 + $1.evaluations } + Int64(found.seen.count)
    improve(&incumbent, &found.seen, &evaluations)
    return SearchResult(
      mapping: incumbent.mapping, cost: incumbent.cost, evaluations: evaluations,
      isProvenBest: false)
  }

  /// Parts of mappings kept at each step of the first search and of the second.
  private static let narrowWidth = 32
  private static let wideWidth = 256
  /// Parts looked at before no further choice of what is kept is searched widely; parts of it
  /// bound single searches.
  private static let effort: Int64 = 1_000_000

  /// What the searches of all choices of kept tensors have found so far.
  private struct Found {
    var incumbent: Incumbent?
    var seen: Set<Mapping> = []
    var figures: BeamSearch.Figures?
    var score = Double.infinity
    /// Of each choice, the best score it reached.
    var bestScores: [Double]
  }

  private func search(
    _ beam: inout BeamSearch, scheme: Int, width: Int, effort: Int64, count: Int,
    _ found: inout Found
  ) {
    let proposals = beam.run(
      width: width, effort: effort, incumbent: found.figures, count: count)
    if let best = proposals.first {
      found.bestScores[scheme] = min(found.bestScores[scheme], best.score)
      if best.score < found.score {
        found.score = best.score
        found.figures = best.figures
      }
    }
    for mapping in proposals.map({ beam.mapping($0) })
    where found.seen.insert(mapping).inserted {
      consider(mapping, &found.incumbent)
    }
  }

  /// A mapping with its cost.
  private struct Incumbent {
    var mapping: Mapping
    var cost: NestCost
    var rank: Rank
  }

  /// The exact cost of a mapping.
  package func cost(of mapping: Mapping) throws(MappingError) -> NestCost {
    let counts = try ReuseAnalysis(
      space.problem, on: space.hierarchy, switches: space.array.switches
    ).accessCounts(under: mapping, by: space.rules)
    return model.cost(of: space.problem, under: mapping, counts: counts)
  }

  private func consider(_ mapping: Mapping, _ incumbent: inout Incumbent?) {
    guard let cost = try? cost(of: mapping) else { return }
    let rank = Rank(cost, minimizing: objective)
    if let known = incumbent {
      guard rank < known.rank || rank == known.rank && mapping.precedes(known.mapping) else {
        return
      }
    }
    incumbent = Incumbent(mapping: mapping, cost: cost, rank: rank)
  }

  /// Takes single changes of the best mapping as long as one of them is better.
  private func improve(
    _ incumbent: inout Incumbent, _ seen: inout Set<Mapping>, _ evaluations: inout Int64
  ) {
    for _ in 0..<4 {
      var best: Incumbent? = incumbent
      for mapping in space.neighbors(of: incumbent.mapping) where seen.insert(mapping).inserted {
        evaluations += 1
        consider(mapping, &best)
      }
      guard let best, best.mapping != incumbent.mapping else { return }
      incumbent = best
    }
  }

  private func explanation() -> UnmappableError {
    space.explanation()
  }
}
