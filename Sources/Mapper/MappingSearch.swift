public import Accelerators
package import Dataflow
internal import Ops

/// Finds a problem's best mapping on an array, with steps that divide.
///
/// A space small enough is evaluated mapping by mapping, and the result is proven. In any other,
/// ``BeamSearch`` proposes the best mappings by its estimate, which are evaluated exactly, and the
/// best of them is improved by single changes until none helps.
public struct MappingSearch: Sendable {
  public let space: Mapspace
  public let objective: Objective
  /// Mappings a space may have to be evaluated wholly.
  public static let exhaustiveLimit = 1000
  private let model: SpatialArrayModel

  public init(_ space: Mapspace, minimizing objective: Objective) {
    self.space = space
    self.objective = objective
    model = SpatialArrayModel(space.array, rules: space.rules)
  }

  /// The best mapping found; the same on any machine.
  ///
  /// - Throws: `UnmappableError` when no mapping fits.
  public func best() throws(UnmappableError) -> SearchResult {
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

  /// The result of the search alone, however small the space is.
  ///
  /// Each choice of what the levels keep is a space of its own, searched in the order of its lower
  /// bound: first with a narrow beam, then, below what that found, with a wide one.
  package func searched() throws(UnmappableError) -> SearchResult {
    var incumbent: Incumbent?
    var seen: Set<Mapping> = []
    var evaluations: Int64 = 0
    var figures: BeamSearch.Figures?
    let shared = BeamSearch.Shared(space)
    var beams = space.schemes.map {
      BeamSearch(space.keeping($0), shared, minimizing: objective)
    }
    let leastScores = beams.map(\.leastScore)
    let order = beams.indices.sorted { (leastScores[$0], $0) < (leastScores[$1], $1) }
    for (width, count) in [(Self.narrowWidth, 4), (Self.wideWidth, 48)] {
      for index in order {
        if let figures, leastScores[index] > beams[index].score(figures) * 1.02 { continue }
        let proposals = beams[index].run(width: width, incumbent: figures, count: count)
        if let best = proposals.first, figures.map({ best.score < beams[index].score($0) }) ?? true
        {
          figures = best.figures
        }
        for mapping in proposals.map({ beams[index].mapping($0) })
        where seen.insert(mapping).inserted {
          consider(mapping, &incumbent)
        }
      }
    }
    guard var incumbent else { throw explanation() }
    evaluations += beams.reduce(0) { $0 + $1.evaluations } + Int64(seen.count)
    improve(&incumbent, &seen, &evaluations)
    return SearchResult(
      mapping: incumbent.mapping, cost: incumbent.cost, evaluations: evaluations,
      isProvenBest: false)
  }

  /// Parts of mappings kept at each step of the first search and of the second.
  private static let narrowWidth = 32
  private static let wideWidth = 256

  /// A mapping with its cost.
  private struct Incumbent {
    var mapping: Mapping
    var cost: NestCost
    var rank: Rank
  }

  /// The exact cost of a mapping.
  package func cost(of mapping: Mapping) throws(MappingError) -> NestCost {
    let counts =
      switch space.rules {
      case .exact:
        try ReuseAnalysis(space.problem, on: space.hierarchy, switches: space.array.switches)
          .accessCounts(under: mapping)
      case .timeloop:
        try TimeloopAnalysis(space.problem, on: space.hierarchy, switches: space.array.switches)
          .accessCounts(under: mapping)
      }
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
