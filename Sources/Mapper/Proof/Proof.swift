internal import Accelerators
internal import Dataflow
internal import Ops

/// The search for the proven best mapping of a space under rule set `exact`.
struct Proof {
  let context: ProofContext

  /// Parts looked at after which a search gives up its proof.
  static let effort: Int64 = 2_500_000

  /// Places of a tile along an axis, and ways to unroll times tiles, beyond which no tables are made.
  private static let mostPlaces = 20_000.0
  private static let mostBranches = 300_000_000

  /// `nil` for a space whose tiles or ways to unroll are too many to list.
  init?(_ space: Mapspace) {
    guard space.rules == .exact, !space.tiles.isThinned,
      space.levels.count <= CompactMapping.mostLevels
    else { return nil }
    // Tables of an axis look at every place of a tile, those of a level at every way to unroll.
    for axis in space.problem.projections.input?.axes ?? [] {
      let places = axis.terms.reduce(1.0) { $0 * Double(space.problem.bounds[$1.dimension]) }
      if axis.terms.count > 1 && places > Self.mostPlaces { return nil }
    }
    context = ProofContext(space)
    for ways in context.unrollings
    where ways.all.count.multipliedReportingOverflow(by: space.tiles.count).overflow
      || ways.all.count * space.tiles.count > Self.mostBranches
    {
      return nil
    }
    if context.unrollings.contains(where: \.isThinned) { return nil }
  }

  /// Searches every choice of what the levels keep, those that keep most first.
  func run(_ goal: SearchGoal, effort: Int64 = Self.effort) -> ProofSearch {
    var search = ProofSearch(context, goal: goal, effort: effort)
    for keeps in context.space.schemes where !search.isExhausted {
      search.search(BoundTables(context, keeps: keeps))
    }
    return search
  }
}
