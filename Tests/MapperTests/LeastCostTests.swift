import Accelerators
import Mapper
import TestSupport
import Testing

@Suite("What a nest costs at least, against its best mapping")
struct LeastCostTests {
  @Test("no best mapping of a drawn problem is below it", arguments: Objective.allCases)
  func bound(objective: Objective) throws {
    let seed: UInt64 = 4711
    var drawing = SmallSearches(generator: SplitMix64(seed: seed))
    var compared = 0
    for number in 0..<200 {
      let (problem, array) = (try drawing.problem(), drawing.array())
      let least = try #require(SpatialArrayModel(array).compulsoryCost(of: problem))
      let search = MappingSearch(Mapspace(problem, on: array), minimizing: objective)
      guard let best = try? search.best() else { continue }
      compared += 1
      let value = best.cost.value(of: objective)
      #expect(
        least.value(of: objective) <= value * (1 + 1e-12), "seed \(seed), case \(number)")
      #expect(least.cycles <= best.cost.cycles)
      #expect(least.energyPicojoules <= best.cost.energyPicojoules * (1 + 1e-12))
    }
    #expect(compared >= 100)
  }
}
