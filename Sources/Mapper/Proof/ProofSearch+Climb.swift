internal import Accelerators
internal import Dataflow

extension ProofSearch {
  /// Mappings that are looked at for a better one where there is no proof.
  private static let mostClimbed = 100_000

  /// Changes the best mapping found, one thing at a time, as long as it gets better.
  mutating func climb() {
    let space = context.space
    let analysis = ReuseAnalysis(
      space.problem, on: space.hierarchy, switches: space.array.switches)
    var last = Double.infinity
    var count = 0
    while let point = incumbents.points.first, let score = incumbents.bestScore, score < last {
      last = score
      let mapping = Mapping(point.mapping)
      for changed in space.unevenNeighbors(of: mapping) + space.neighbors(of: mapping)
      where (try? analysis.checkStructure(of: changed)) != nil {
        guard count < Self.mostClimbed, !budget.isLate, let changed = CompactMapping(changed)
        else { return }
        count += 1
        evaluations += 1
        consider(changed)
      }
    }
  }
}
