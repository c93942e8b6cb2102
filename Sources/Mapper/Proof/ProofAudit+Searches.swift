internal import Accelerators
internal import Dataflow

extension ProofAudit {
  /// What is searched that may not miss a drawn mapping.
  struct SearchKinds: OptionSet {
    let rawValue: UInt8

    static let pair = SearchKinds(rawValue: 1)
    static let lists = SearchKinds(rawValue: 2)
    static let whole = SearchKinds(rawValue: 4)
    static let all: SearchKinds = [.pair, .lists, .whole]
  }

  /// Searches that were held to a drawn mapping.
  package struct SearchCounts: Sendable {
    /// Lists of inner and of outer parts that have to have those of the mapping.
    package var innerLists = 0
    package var outerLists = 0
    /// Pairs of parts joined.
    package var pairs = 0
    /// Whole searches that came to an end, and those that gave up before.
    package var whole = 0
    package var givenUp = 0

    package init() {}

    package mutating func add(_ other: SearchCounts) {
      innerLists += other.innerLists
      outerLists += other.outerLists
      pairs += other.pairs
      whole += other.whole
      givenUp += other.givenUp
    }
  }

  /// An inner and an outer part, and what their ways to cut all dimensions are listed in.
  struct DrawnParts {
    let inner: UnsafePointer<InnerPart>
    let outer: UnsafeMutablePointer<OuterPart>
    let scheme: ProofSearch.Scheme
    let pair: NestPair
  }

  /// Steps of a search, and parts of a list: where there are more, the mapping is none that is hard to
  /// miss.
  private static let effort: Int64 = 60_000
  private static let mostListed = 1000
  /// Ways to cut a pair's dimensions, and orders of each, of which the best is taken.
  private static let cutsDrawn = 3
  private static let ordersDrawn = 5

  /// Holds searches to the best of some mappings of two parts: one that knows nothing but a mapping of
  /// a little more must find it or one that is as good.
  ///
  /// What was listed of the pair is gone afterwards.
  ///
  /// - Returns: whether any drawn mapping fits.
  mutating func holdSearches(
    _ drawn: DrawnParts, _ kinds: SearchKinds, _ random: inout some RandomNumberGenerator
  ) -> Bool {
    // By energy alone bounds are often as high as what they bound.
    let goals = (Objective.allCases + [.energy]).map { SearchGoal.single($0) } + [.front]
    guard let goal = goals.randomElement(using: &random),
      let some = bestDrawn(drawn.pair, goal, &random)
    else { return false }
    // A search that knows nothing rules little out: what it finds, one that knows more must find too.
    let best = holdPair(drawn, some, Incumbents(goal)) ?? some
    let known = Self.incumbents(above: [best], goal)
    _ = holdPair(drawn, best, known)
    if kinds.contains(.lists) { holdLists(drawn, best, known) }
    if kinds.contains(.whole) { holdWholeSearches(drawn, best, goal, &random) }
    return true
  }

  /// What a search knows that has yet to find some mappings: others that cost a little more energy.
  private static func incumbents(
    above points: [Incumbents.Point], _ goal: SearchGoal
  ) -> Incumbents {
    var known = Incumbents(goal)
    for point in points {
      var worse = point
      worse.energy = point.energy * (1 + 1e-9) + 1e-9
      known.consider(worse)
    }
    return known
  }

  /// The best of some mappings of a pair, cut and ordered in drawn ways.
  private mutating func bestDrawn(
    _ pair: NestPair, _ goal: SearchGoal, _ random: inout some RandomNumberGenerator
  ) -> Incumbents.Point? {
    var best = Incumbents(goal)
    for _ in 0..<Self.cutsDrawn {
      for dimension in 0..<context.dimensionCount {
        let cuts = search.scratch.cuts[dimension]
        guard let group = cuts.groups.randomElement(using: &random) else { return nil }
        let number = Int.random(in: group.start..<group.end, using: &random)
        search.scratch.chains[dimension] = cuts.chains[number]
      }
      for _ in 0..<Self.ordersDrawn {
        let mapping = drawnMapping(pair, &random)
        guard let figures = search.evaluator.figures(of: mapping) else { continue }
        best.consider(
          Incumbents.Point(
            energy: figures.energyPicojoules, cycles: Double(figures.cycles), mapping: mapping))
      }
    }
    return best.points.randomElement(using: &random)
  }

  // MARK: - Parts

  /// Lists of parts are ruled out by bounds alone, so that those of a wanted mapping must be left.
  private mutating func holdLists(
    _ drawn: DrawnParts, _ best: Incumbents.Point, _ known: Incumbents
  ) {
    let budget = Budget(SearchBudget(), effort: Self.effort)
    var inner = InnerSearch(
      drawn.scheme.tables, incumbents: known, outer: drawn.scheme.outer, most: Self.mostListed,
      budget: budget)
    inner.run()
    if !inner.isFull {
      searches.innerLists += 1
      if !inner.parts.contains(where: { $0.chains == drawn.inner.pointee.chains }) {
        complain("inner parts leave out that", of: best, known, context.space)
      }
    }
    var outer = OuterSearch(
      drawn.scheme.outerTables, incumbents: known,
      inner: LeastInner(
        CollectionOfOne(drawn.inner), context, slowestPort: drawn.scheme.outer.slowestPort),
      most: Self.mostListed, budget: budget)
    outer.run()
    if !outer.isFull {
      searches.outerLists += 1
      let parts = UnsafeBufferPointer(start: outer.list.parts, count: outer.list.count)
      if !parts.contains(where: { $0.chains == drawn.outer.pointee.chains }) {
        complain("outer parts leave out that", of: best, known, context.space)
      }
    }
  }

  /// Looks at all mappings of two parts as a search does.
  ///
  /// - Returns: what it has found; `nil` where it gave up.
  private mutating func holdPair(
    _ drawn: DrawnParts, _ best: Incumbents.Point, _ known: Incumbents
  ) -> Incumbents.Point? {
    var own = search
    own.incumbents = known
    own.isSeeding = false
    own.budget = Budget(SearchBudget(), effort: Self.effort)
    own.scratch.part = nil
    defer { own.scratch.part = nil }
    var bounds = own.bounds(drawn.inner, drawn.outer, drawn.scheme)
    if bounds.isWanted, context.isPerfect, drawn.outer.pointee.tightPorts == nil {
      own.tighten(drawn.outer, drawn.scheme)
      bounds = own.bounds(drawn.inner, drawn.outer, drawn.scheme)
    }
    if bounds.isWanted { own.cut(drawn.inner, drawn.outer, drawn.scheme, bounds) }
    if own.isExhausted { return nil }
    searches.pairs += 1
    if !own.incumbents.ruleOut(energy: best.energy, cycles: best.cycles) {
      complain("a pair's search misses", of: best, own.incumbents, context.space)
    }
    return own.incumbents.points.first
  }

  // MARK: - Whole searches

  /// Searches spaces around a mapping, each inside the next: what the best of one costs, that of the
  /// next must not exceed, though the search knows only of a little more.
  private mutating func holdWholeSearches(
    _ drawn: DrawnParts, _ best: Incumbents.Point, _ goal: SearchGoal,
    _ random: inout some RandomNumberGenerator
  ) {
    let spaces = NestedSpaces(
      around: best.mapping, keeps: drawn.pair.tables.keeps, of: context.space, using: &random)
    var points = [best]
    for share in [1, 0.6, 0.3, 0] {
      let space = spaces.fixing(share)
      guard let context = ProofContext(space) else { continue }
      var whole = ProofSearch(
        context, goal: goal, budget: Budget(SearchBudget(), effort: Self.effort))
      whole.incumbents = Self.incumbents(above: points, goal)
      whole.run()
      guard !whole.isExhausted else {
        // The next has more mappings still.
        searches.givenUp += 1
        return
      }
      searches.whole += 1
      for point in points
      where !whole.incumbents.ruleOut(energy: point.energy, cycles: point.cycles) {
        complain("a whole search (\(share) fixed) misses", of: point, whole.incumbents, space)
        return
      }
      points = whole.incumbents.points
    }
  }

  private mutating func complain(
    _ what: String, of point: Incumbents.Point, _ found: Incumbents, _ space: Mapspace
  ) {
    let known = found.points.map { "\($0.energy) pJ in \($0.cycles) cycles" }
    complaints.append(
      "\(what), \(found.objective): \(point.energy) pJ in \(point.cycles) cycles of "
        + "\(Mapping(point.mapping)); known are \(known), on \(space.array)")
  }
}
