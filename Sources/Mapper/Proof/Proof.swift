internal import Accelerators
internal import Dataflow
internal import Ops

/// The search for the proven best mapping of a space under rule set `exact`.
struct Proof {
  let context: ProofContext

  /// Parts looked at after which a search gives up its proof.
  static let effort: Int64 = 2_500_000

  /// `nil` for a space whose tiles or ways to unroll are too many to list.
  init?(_ space: Mapspace) {
    guard space.rules == .exact, !space.tiles.isThinned,
      space.levels.count <= CompactMapping.mostLevels
    else { return nil }
    context = ProofContext(space)
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
