internal import Dataflow
internal import Ops

extension ProofSearch {
  /// What is known of a choice of what the levels keep without its tables.
  struct Outline {
    var keeps: [TensorSet]
    /// The least energy with leakage, and the fewest cycles.
    var energy: Double
    var cycles: Double
    /// The score of the inner part that promised most, before the search.
    var promise: Double?
    /// The tables, as long as there is room for them.
    var scheme: Scheme?

    func score(_ incumbents: Incumbents) -> Double {
      incumbents.score(energy: energy, cycles: cycles)
    }
  }

  /// Tables of one choice of what the levels keep.
  final class Scheme {
    let tables: InnerTables
    let outerTables: OuterTables
    /// The least energy of each part, and the fewest cycles of the inner one.
    let innerEnergy: Double
    let innerCycles: Double
    let outer: LeastOuter
    let constant: Double
    /// The least energy with leakage.
    let energy: Double

    init?(_ context: ProofContext, keeps: [TensorSet]) {
      guard let tables = InnerTables(context, keeps: keeps), let outerTables = OuterTables(tables)
      else { return nil }
      self.tables = tables
      self.outerTables = outerTables
      outer = outerTables.least
      constant = tables.terms.constant
      let least = InnerSearch(
        tables, incumbents: Incumbents(.front), outer: LeastOuter(slowestPort: outer.slowestPort),
        most: 0, budget: Budget(SearchBudget(), effort: 1)
      ).leastFigures
      innerEnergy = least.energy
      innerCycles = least.cycles
      energy = innerEnergy + outer.energy + context.prices.picojoulesPerCycle * innerCycles
    }

    /// Whether every dimension can be cut at all.
    var isPossible: Bool {
      innerEnergy < .infinity && outerTables.isPossible
    }
  }
}
