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

    /// About the least score that mappings have: parts that promise far more than there may be tell little.
    func expected(_ incumbents: Incumbents) -> Double {
      let least = score(incumbents)
      guard let promise, promise <= 2 * least else { return least }
      return promise
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

  /// Entries of tables that are kept from the first look at all choices on.
  private static let mostEntriesHeld = 50_000
  /// What an entry takes to make, in steps of a search.
  private static let effortOfEntry: Int64 = 12
  /// Choices whose most promising parts are looked at before any is searched.
  static let mostSeeded = 8

  /// The choices of what is kept that have any mapping, the most promising first.
  ///
  /// Where their tables take more than half of the effort, those are left out that promised least with steps
  /// that divide.
  mutating func outlines() -> [Outline] {
    var outlines: [Outline] = []
    var held = 0
    var share = budget.half
    for keeps in schemes {
      guard outlines.isEmpty ? !budget.isSpent : !share.isSpent,
        let scheme = Scheme(context, keeps: keeps)
      else {
        leavesOut = true
        continue
      }
      let count = scheme.tables.entryCount
      budget.spend(Self.effortOfEntry * Int64(count))
      share.spend(Self.effortOfEntry * Int64(count))
      if !scheme.tables.isWhole { leavesOut = true }
      if !scheme.isPossible { continue }
      let isHeld = held + count <= Self.mostEntriesHeld
      if isHeld { held += count }
      outlines.append(
        Outline(
          keeps: keeps, energy: scheme.energy, cycles: scheme.innerCycles,
          scheme: isHeld ? scheme : nil))
    }
    if leavesOut { lowerBound = 0 }
    let scores = outlines.map { $0.score(incumbents) }
    outlines = outlines.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }.map { outlines[$0] }
    // Some of the others may have mappings with other steps.
    let known = Set(outlines.map(\.keeps))
    schemes = outlines.map(\.keeps) + schemes.filter { !known.contains($0) }
    return outlines
  }

  /// The tables of a choice, made anew where there was no room to keep them.
  private mutating func scheme(_ outline: Outline) -> Scheme? {
    if let scheme = outline.scheme { return scheme }
    let scheme = Scheme(context, keeps: outline.keeps)
    budget.spend(Self.effortOfEntry * Int64(scheme?.tables.entryCount ?? 0))
    return scheme
  }

  /// Looks for good mappings around the most promising parts of a choice.
  mutating func seed(_ outline: inout Outline) {
    if incumbents.ruleOut(energy: outline.energy, cycles: outline.cycles) { return }
    guard let scheme = scheme(outline) else { return }
    var inner = InnerSearch(
      scheme.tables, incumbents: incumbents, outer: scheme.outer, most: 0,
      budget: budget)
    // Where the memories leave little room, few of the parts that promise most fit.
    var innerParts: [InnerPart] = []
    for width in [16, 128] where innerParts.isEmpty { innerParts = inner.promising(width: width) }
    evaluations += inner.visits
    budget.spend(inner.visits)
    outline.promise = innerParts.first?.score ?? outline.score(incumbents)
    for part in innerParts.prefix(context.isPerfect ? 4 : 12) {
      var part = part
      scratch.begin(scheme.tables)
      var outer = OuterSearch(
        scheme.outerTables, incumbents: incumbents,
        inner: withUnsafePointer(to: part) {
          LeastInner(CollectionOfOne($0), context, slowestPort: scheme.outer.slowestPort)
        }, most: 0, budget: budget)
      let outerParts = outer.promising(width: 16, around: part) { other in
        var (own, other) = (part, other)
        return bounds(&own, &other, scheme, all: true).score
      }
      evaluations += outer.visits
      budget.spend(outer.visits)
      var last = SIMD8<UInt16>(repeating: .max)
      for other in outerParts where other.chains != last {
        last = other.chains
        var other = other
        join(&part, &other, scheme)
      }
    }
  }

  /// Searches all choices with a limit that is raised until the best mapping is within it, so that the first
  /// lists of parts are short.
  mutating func searchAll(_ outlines: inout [Outline]) {
    // Beyond this no mapping is left out.
    var searched = 0.0
    if incumbents.objective != .front,
      let base = outlines.map({ $0.expected(incumbents) }).min()
    {
      for factor in outlines.count == 1 ? Self.raises : Self.smallRaises where !budget.isSpent {
        let limit = base * factor
        if let best = incumbents.bestScore, best <= max(limit, base * 1.3) { break }
        incumbents.limit = limit
        for number in outlines.indices { search(&outlines[number]) }
        incumbents.limit = .infinity
        if budget.isSpent { break }
        if let best = incumbents.bestScore, best <= limit { return }
        searched = limit
      }
    }
    for number in outlines.indices {
      search(&outlines[number])
      outlines[number].scheme = nil
    }
    if isExhausted && !leavesOut { lowerBound = max(lowerBound, searched) }
  }

  private static let raises = [1.05, 1.3, 1.8, 3, 8]
  private static let smallRaises = [1.05, 1.15, 1.3, 1.5, 1.8, 2.3, 3, 5, 8]

  private mutating func search(_ outline: inout Outline) {
    let score = outline.score(incumbents)
    if budget.isSpent {
      lowerBound = min(lowerBound, score)
      return
    }
    if incumbents.ruleOut(energy: outline.energy, cycles: outline.cycles) { return }
    if let scheme = scheme(outline) { searchOnce(scheme) }
  }
}
