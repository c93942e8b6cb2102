internal import Accelerators
internal import Dataflow
internal import Ops

/// Finds the best mapping of a space, or the whole front, and proves that none is better.
///
/// A mapping is an outer part, the tiles of the levels down to the array level (the outermost that
/// unrolls anything), and an inner part, what runs below. Energy and cycles are sums over both, so
/// that lists of parts, the cheapest first, are joined as long as the sums may be better than what
/// was found (`Documentation/Mapper.md`).
struct ProofSearch {
  let context: ProofContext
  var incumbents: Incumbents
  /// Parts and mappings looked at.
  var evaluations: Int64 = 0
  let evaluator: MappingEvaluator
  var budget: Budget
  let scratch: NestScratch
  /// Whether the best of the mappings whose steps divide is known to be among those looked at.
  private(set) var knowsBestDividing = false
  /// What no mapping can be below, by score, as far as the search went.
  var lowerBound = Double.infinity

  /// Inner and outer parts that are listed at most; where there are more outer ones, inner parts are
  /// looked at in smaller groups.
  private static let mostInner = 60_000
  private static let mostOuter = 100_000

  init(_ context: ProofContext, goal: SearchGoal, budget: Budget) {
    self.context = context
    self.budget = budget
    incumbents = Incumbents(goal)
    evaluator = MappingEvaluator(context.space.problem, on: context.space.array)
    scratch = NestScratch(context)
    schemes = context.space.schemes
  }

  /// Whether the search gave up, so that nothing is proven.
  var isExhausted: Bool { budget.isSpent || leavesOut }

  /// Whether mappings are left out: of a choice of what is kept that has more chains than tables are made for,
  /// or that was not looked at.
  var leavesOut = false
  /// The choices of what is kept, later the most promising first.
  var schemes: [[TensorSet]]
  /// Whether a first mapping is looked for, so that not all ways to cut a pair of parts matter.
  var isSeeding = false

  /// Takes a mapping known beforehand.
  mutating func consider(_ mapping: CompactMapping) {
    guard let figures = evaluator.figures(of: mapping) else { return }
    incumbents.consider(
      Incumbents.Point(
        energy: figures.energyPicojoules, cycles: Double(figures.cycles), mapping: mapping))
  }

  /// Searches all mappings of the context's space.
  mutating func run() {
    if !context.isPerfect, let dividing = ProofContext(context.space.dividing) {
      // The best of the mappings whose steps divide is found soon, and near to the best of all.
      var search = ProofSearch(
        dividing, goal: incumbents.objective, budget: budget.apart(effort: Budget.perfectEffort))
      search.run()
      evaluations += search.evaluations
      knowsBestDividing = !search.isExhausted
      schemes = search.schemes
      for point in search.incumbents.points { incumbents.consider(point) }
    }
    var outlines = outlines()
    // A good mapping of the most promising choices of what is kept, then all that may be better.
    isSeeding = true
    for number in outlines.indices.prefix(Self.mostSeeded) where !budget.isSpent {
      seed(&outlines[number])
    }
    isSeeding = false
    searchAll(&outlines)
    lowerBound = min(lowerBound, incumbents.bestScore ?? .infinity)
    if isExhausted && !context.isPerfect { climb() }
  }

  // MARK: - One choice of what is kept

  /// Searches all mappings of a choice.
  mutating func searchOnce(_ scheme: Scheme) {
    var inner = InnerSearch(
      scheme.tables, incumbents: incumbents, outer: scheme.outer, most: Self.mostInner,
      budget: budget)
    inner.run()
    evaluations += inner.visits
    budget = inner.budget
    guard !inner.isFull else {
      giveUp(scheme)
      return
    }
    let parts = inner.parts
    let order = parts.indices.sorted { (parts[$0].score, $0) < (parts[$1].score, $1) }
    parts.withUnsafeBufferPointer { joinAll($0, order[...], scheme) }
  }

  /// Joins inner parts, the most promising first, with all outer ones.
  private mutating func joinAll(
    _ inner: UnsafeBufferPointer<InnerPart>, _ order: ArraySlice<Int>, _ scheme: Scheme
  ) {
    guard let first = order.first, let parts = inner.baseAddress else { return }
    if budget.isSpent {
      lowerBound = min(lowerBound, parts[first].score)
      return
    }
    let least = LeastInner(
      order.lazy.map { parts + $0 }, context, slowestPort: scheme.outer.slowestPort)
    guard let found = outerParts(least, scheme) else {
      // Of fewer inner parts the least is more, so that fewer outer ones stay.
      guard !budget.isSpent, order.count > 1 else {
        budget.giveUp()
        lowerBound = min(lowerBound, parts[first].score)
        return
      }
      let middle = order.startIndex + order.count / 2
      joinAll(inner, order[..<middle], scheme)
      joinAll(inner, order[middle...], scheme)
      return
    }
    guard found.list.count > 0 else { return }
    let outer = RankedOuterParts(found.list, scheme.outerTables)
    scratch.begin(scheme.tables)
    for index in order where !budget.isSpent {
      join(parts + index, outer, scheme, least, isPortBound: found.isPortBound)
    }
  }

  /// Lists the outer parts that may be wanted with inner ones of some least figures; `nil` where there are
  /// too many.
  private mutating func outerParts(
    _ least: LeastInner, _ scheme: Scheme
  ) -> (list: OuterList, isPortBound: Bool)? {
    var search = OuterSearch(
      scheme.outerTables, incumbents: incumbents, inner: least, most: Self.mostOuter,
      budget: budget)
    search.run()
    evaluations += search.visits
    budget = search.budget
    return search.isFull ? nil : (search.list, search.isPortBound)
  }

  /// Joins one inner part with all outer ones.
  private mutating func join(
    _ part: UnsafePointer<InnerPart>, _ outer: RankedOuterParts, _ scheme: Scheme,
    _ least: LeastInner, isPortBound: Bool
  ) {
    let perCycle = context.prices.picojoulesPerCycle
    let (energy, cycles, ports) = (
      part.pointee.energy, part.pointee.cycles, part.pointee.leastPorts
    )
    let bound = figures(energy + outer.least.energy, max(cycles + outer.least.cycles, ports))
    if incumbents.ruleOut(energy: bound.energy, cycles: bound.cycles) { return }
    budget.spend(Int64(outer.count / 64))
    scratch.part = nil
    outer.fit(part)
    search: for word in outer.fitting.indices {
      var rest = outer.fitting[word]
      while rest != 0 {
        let place = 64 * word + rest.trailingZeroBitCount
        let key = outer.keys[place]
        rest &= rest - 1
        if incumbents.endsBefore(
          score: key.score, energy: energy - least.energy,
          cycles: isPortBound ? 0 : cycles - least.cycles,
          (least.energy + outer.least.energy, least.cycles + outer.least.cycles))
        {
          break search
        }
        evaluations += 1
        // Without a look at what stays.
        let whole = max(cycles + key.cycles, ports)
        if incumbents.ruleOut(energy: energy + key.energy + perCycle * whole, cycles: whole) {
          continue
        }
        let other = outer.parts + place
        join(part, other, scheme)
        outer.keys[place].energy = other.pointee.energy
        if budget.isSpent { break search }
      }
    }
    if budget.isSpent {
      // The parts that follow promise no more.
      lowerBound = min(lowerBound, part.pointee.score)
    }
  }

  private mutating func giveUp(_ scheme: Scheme) {
    budget.giveUp()
    lowerBound = min(
      lowerBound, incumbents.score(energy: scheme.energy, cycles: scheme.innerCycles))
  }

  /// Energy with leakage, and whole cycles.
  @inline(__always)
  func figures(_ energy: Double, _ cycles: Double) -> (energy: Double, cycles: Double) {
    let whole = max(1, (cycles - 1e-6).rounded(.up))
    return (energy + context.prices.picojoulesPerCycle * whole, whole)
  }

  // MARK: - Joining

  /// Looks at all mappings of an inner and an outer part that bounds do not rule out.
  @inline(__always)
  mutating func join(
    _ inner: UnsafePointer<InnerPart>, _ outer: UnsafeMutablePointer<OuterPart>, _ scheme: Scheme
  ) {
    if any(inner.pointee.leastFront .> outer.pointee.most) { return }
    var bounds = bounds(inner, outer, scheme)
    if !bounds.isWanted { return }
    if context.isPerfect && outer.pointee.tightPorts == nil {
      tighten(outer, scheme)
      bounds = self.bounds(inner, outer, scheme)
      if !bounds.isWanted { return }
    }
    cut(inner, outer, scheme, bounds)
  }
}
