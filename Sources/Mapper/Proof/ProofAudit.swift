internal import Accelerators
internal import Dataflow

/// Holds the bounds of the proof against mappings drawn at random, also of problems that have too many
/// mappings to look at all.
///
/// Of a drawn inner and a drawn outer part, cut in a drawn way, mappings in drawn orders are evaluated.
/// None may cost less than the pair's bounds, or those of its orders; and no search that knows only
/// of a little more may miss one (``holdSearches(_:_:_:)``).
package struct ProofAudit {
  /// Mappings evaluated.
  package private(set) var mappingCount = 0
  /// Of energy and cycles, the sum of bound over figure, by pair, by order, where not all is cut yet, and of
  /// any order.
  package private(set) var ratios = SIMD8<Double>(repeating: 0)
  /// What was found wrong: a bound above a figure.
  package internal(set) var complaints: [String] = []
  /// Searches looked at.
  package internal(set) var searches = SearchCounts()
  let context: ProofContext
  var search: ProofSearch

  private static let names = [
    "pair's energy", "pair's cycles", "energy", "cycles", "open energy", "open cycles",
    "any order's energy", "any order's cycles",
  ]

  /// Parts that are listed to draw from.
  static let mostParts = 20_000

  /// `nil` for a space that the proof does not know.
  package init?(_ space: Mapspace) {
    guard let context = ProofContext(space) else { return nil }
    self.context = context
    search = ProofSearch(context, goal: .front, budget: Budget(SearchBudget(), effort: .max))
    // Lists that are cut short are long enough to draw from.
    search.isSeeding = true
  }

  /// Draws so many inner parts and looks at some mappings of each.
  package mutating func draw(_ count: Int, using random: inout some RandomNumberGenerator) {
    guard let keeps = context.space.schemes.randomElement(using: &random),
      let scheme = ProofSearch.Scheme(context, keeps: keeps), scheme.isPossible
    else { return }
    var inner = InnerSearch(
      scheme.tables, incumbents: Incumbents(.front), outer: scheme.outer, most: Self.mostParts,
      budget: search.budget)
    inner.run()
    search.scratch.begin(scheme.tables)
    for number in 0..<count {
      guard let part = inner.parts.randomElement(using: &random) else { return }
      withUnsafePointer(to: part) { draw($0, scheme, searching: number == 0, &random) }
    }
  }

  /// - Parameter searching: whether whole searches are held to a mapping of the part.
  private mutating func draw(
    _ part: UnsafePointer<InnerPart>, _ scheme: ProofSearch.Scheme, searching: Bool,
    _ random: inout some RandomNumberGenerator
  ) {
    var isFirst = true
    var outer = OuterSearch(
      scheme.outerTables, incumbents: Incumbents(.front),
      inner: LeastInner(
        CollectionOfOne(part), context, slowestPort: scheme.outer.slowestPort),
      most: Self.mostParts, budget: search.budget)
    outer.run()
    search.scratch.part = nil
    for _ in 0..<8 {
      guard outer.list.count > 0 else { return }
      let other = outer.list.parts + Int.random(in: 0..<outer.list.count, using: &random)
      if any(part.pointee.leastFront .> other.pointee.most) { continue }
      if context.isPerfect && other.pointee.tightPorts == nil && Bool.random(using: &random) {
        search.tighten(other, scheme)
      }
      let bounds = search.bounds(part, other, scheme, all: true)
      guard let (pair, _) = search.listCuts(part, other, scheme, bounds) else { continue }
      for _ in 0..<4 { draw(pair, bounds, &random) }
      // Lists and whole searches take longer: they are held to one mapping of a part.
      guard isFirst || Int.random(in: 0..<5, using: &random) == 0 else { continue }
      let drawn = DrawnParts(inner: part, outer: other, scheme: scheme, pair: pair)
      let kinds: SearchKinds = !isFirst ? .pair : searching ? .all : [.pair, .lists]
      if holdSearches(drawn, kinds, &random) { isFirst = false }
    }
  }

  /// Draws a way to cut all dimensions, and orders.
  private mutating func draw(
    _ pair: NestPair, _ bounds: ProofSearch.PairBounds,
    _ random: inout some RandomNumberGenerator
  ) {
    var chosen: [CutChain] = []
    var (steps, openSteps) = (1.0, 1.0)
    for dimension in 0..<context.dimensionCount {
      let cuts = search.scratch.cuts[dimension]
      guard let group = cuts.groups.randomElement(using: &random), cuts.end(0) > 0 else { return }
      let number = Int.random(in: group.start..<group.end, using: &random)
      chosen.append(cuts.chains[number])
      steps *= cuts.chains[number].steps
      // What holds for this way, for some of its group or for all.
      search.scratch.chains[dimension] =
        switch Int.random(in: 0..<3, using: &random) {
        case 0: cuts.count > 1 ? search.scratch.open[dimension] : cuts.chains[number]
        case 1: cuts.covering[Int.random(in: number..<group.end, using: &random)]
        default: cuts.chains[number]
        }
      openSteps *= search.scratch.chains[dimension].steps
    }
    let open = search.leastOfAllOrders(pair, steps: openSteps)
    for (dimension, chain) in chosen.enumerated() { search.scratch.chains[dimension] = chain }
    if !context.isPerfect { search.scratch.takeCuts(pair.tables) }
    guard search.findOrders(pair, steps: steps) else { return }
    let inside = context.arrayLevel + 1
    for level in inside..<max(inside, context.levelCount) {
      search.scratch.listOrders(level, pair.tables)
    }
    for _ in 0..<4 {
      guard let found = search.scratch.found.randomElement(using: &random) else { return }
      var nest = ProofNest(
        context: context, keeps: pair.tables.keeps, chains: UnsafePointer(search.scratch.chains))
      nest.orders = found.orders
      for level in inside..<max(inside, context.levelCount) {
        nest.orders[level] =
          search.scratch.orders[level].randomElement(using: &random) ?? LoopOrder()
      }
      let innermost = (context.passesOn ? nest.innermost() : []).randomElement(using: &random)
      let mapping = nest.mapping(innermost ?? [])
      compare(
        [bounds.energy, bounds.cycles, found.energy, found.cycles, open.energy, open.cycles],
        with: mapping)
    }
    drawOrders(pair, steps: steps, &random)
  }

  /// Draws any orders of the chosen tiles, also those that the search leaves out.
  private mutating func drawOrders(
    _ pair: NestPair, steps: Double, _ random: inout some RandomNumberGenerator
  ) {
    let found = search.scratch.found
    let energy = found.reduce(Double.infinity) { min($0, $1.energy) }
    let cycles = found.reduce(Double.infinity) { min($0, $1.cycles) }
    for _ in 0..<2 {
      let mapping = drawnMapping(pair, &random)
      compare([0, 0, 0, 0, 0, 0, energy, cycles], with: mapping)
      guard let figures = search.evaluator.figures(of: mapping) else { continue }
      // A search for less energy that knows one of a little more must look at the orders.
      var known = Incumbents(.single(.energy))
      known.consider(
        Incumbents.Point(
          energy: figures.energyPicojoules * (1 + 1e-9), cycles: Double(figures.cycles) + 1,
          mapping: mapping))
      let incumbents = search.incumbents
      search.incumbents = known
      let isWanted = search.isAnyOrderWanted(pair, steps: steps)
      search.incumbents = incumbents
      if !isWanted {
        complaints.append("orders: ruled out in spite of \(Mapping(mapping))")
      }
    }
  }

  /// A mapping of the chosen tiles, in drawn orders that the dataflow allows.
  func drawnMapping(
    _ pair: NestPair, _ random: inout some RandomNumberGenerator
  ) -> CompactMapping {
    var nest = ProofNest(
      context: context, keeps: pair.tables.keeps, chains: UnsafePointer(search.scratch.chains))
    for level in 0..<context.levelCount {
      let looped = (0..<context.dimensionCount).filter {
        search.scratch.chains[$0].looped & (1 << UInt16(level)) != 0
      }
      let inner = (context.space.levels[level].order ?? []).filter { looped.contains($0) }
      let outer = looped.filter { !inner.contains($0) }.shuffled(using: &random)
      nest.orders[level] = (outer + inner).reduce(LoopOrder()) { $0.inside($1) }
    }
    let innermost = (context.passesOn ? nest.innermost() : []).randomElement(using: &random)
    return nest.mapping(innermost ?? [])
  }

  private mutating func compare(_ bounds: [Double], with mapping: CompactMapping) {
    guard let figures = search.evaluator.figures(of: mapping) else { return }
    mappingCount += 1
    for (number, name) in Self.names.enumerated().prefix(bounds.count) {
      let figure = number % 2 == 0 ? figures.energyPicojoules : Double(figures.cycles)
      ratios[number] += figure > 0 ? bounds[number] / figure : 1
      if !(bounds[number] <= figure * (1 + 1e-9) + 1e-9) {
        complaints.append(
          "\(name): bound \(bounds[number]) above \(figure) of \(Mapping(mapping))")
      }
    }
  }
}
