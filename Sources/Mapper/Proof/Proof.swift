internal import Accelerators
internal import Dataflow
internal import Ops

/// The proven best mappings of a space under rule set `exact`.
struct Proof {
  let context: ProofContext

  /// `nil` for a space whose tiles or ways to unroll are too many to list.
  init?(_ space: Mapspace) {
    guard space.rules == .exact, !space.tiles.isThinned,
      space.levels.count <= CompactMapping.mostLevels
    else { return nil }
    context = ProofContext(space)
    if context.unrollings.contains(where: \.isThinned) { return nil }
  }

  /// The best mapping by an objective.
  ///
  /// - Throws: `UnmappableError` when no mapping fits.
  func best(
    minimizing objective: Objective, model: SpatialArrayModel
  ) throws(UnmappableError) -> SearchResult {
    let search = run(.single(objective))
    guard let point = search.incumbents.points.first else { throw context.space.explanation() }
    return try result(point, evaluations: search.evaluations, model: model)
  }

  func run(_ goal: SearchGoal) -> ProofSearch {
    var search = ProofSearch(context, goal: goal)
    let tables = context.space.schemes.map { BoundTables(context, keeps: $0) }
    let order = tables.indices.sorted { (tables[$0].least, $0) < (tables[$1].least, $1) }
    for index in order { search.search(tables[index]) }
    #if PROOFSTATS
      print("stats", search.stats, "leaves", search.leaves, "evaluations", search.evaluations)
    #endif
    return search
  }

  private func result(
    _ point: Incumbents.Point, evaluations: Int64, model: SpatialArrayModel
  ) throws(UnmappableError) -> SearchResult {
    let mapping = Mapping(point.mapping)
    let space = context.space
    do throws(MappingError) {
      let counts = try ReuseAnalysis(
        space.problem, on: space.hierarchy, switches: space.array.switches
      ).accessCounts(under: mapping)
      let cost = model.cost(of: space.problem, under: mapping, counts: counts)
      return SearchResult(
        mapping: mapping, cost: cost, evaluations: evaluations, isProvenBest: true)
    } catch {
      throw UnmappableError(cause: error, reason: "\(error)")
    }
  }
}
