internal import Ops

extension ProofSearch {
  // MARK: - Tiles

  /// Looks at all mappings of two parts.
  mutating func cut(
    _ inner: UnsafePointer<InnerPart>, _ outer: UnsafePointer<OuterPart>, _ scheme: Scheme,
    _ bounds: PairBounds
  ) {
    guard let (pair, steps) = listCuts(inner, outer, scheme, bounds) else { return }
    if isAnyOrderWanted(pair, steps: steps) { choose(pair, 0, steps: steps) }
  }

  /// Lists of each dimension the ways to cut it that two parts leave open; `nil` where it has none.
  ///
  /// - Returns: beside the pair, the fewest steps.
  mutating func listCuts(
    _ inner: UnsafePointer<InnerPart>, _ outer: UnsafePointer<OuterPart>, _ scheme: Scheme,
    _ bounds: PairBounds
  ) -> (pair: NestPair, steps: Double)? {
    let tables = scheme.tables
    var leastSteps = 1.0
    for (number, variable) in tables.variables.enumerated() {
      leastSteps *= variable.steps[Int(inner.pointee.chains[number])]
    }
    let exposed = inner.pointee.cycles - leastSteps + outer.pointee.cycles
    let mostSteps = incumbents.mostCycles(energy: bounds.energy) - exposed
    var steps = 1.0
    scratch.cutMemo.makeRoom()
    scratch.uncutCount = 0
    for (number, variable) in tables.variables.enumerated() {
      let dimension = variable.dimension
      let (inside, outside) = (inner.pointee.chains[number], outer.pointee.chains[dimension])
      let mostSteps = variable.steps[Int(inside)] * (mostSteps / leastSteps)
      var visits: Int64 = 0
      let list = scratch.cutMemo.list(
        dimension, (outside, inside), scheme.outerTables.chain(dimension, outer.pointee.chains),
        variable.chains + Int(inside), span: inner.pointee.spans[dimension],
        mostSteps: mostSteps, visits: &visits)
      budget.spend(visits + 1)
      if list.isCutShort && !isSeeding { budget.giveUp() }
      let cuts = OpenCuts(list, mostSteps: mostSteps, all: scratch.chains + dimension)
      if cuts.count == 0 { return nil }
      steps *= cuts.steps
      (scratch.cuts + dimension).initialize(to: cuts)
      if cuts.count > 1 { scratch.leaveOpen(dimension) }
    }
    evaluations += 1
    budget.spend(5)
    let pair = NestPair(
      inner: inner, tables: tables, footprints: scheme.outerTables.footprints, exposed: exposed,
      leastCycles: bounds.cycles,
      energy: bounds.energy,
      outside: Traffic(
        picojoules: outer.pointee.energy - tables.terms.outerConstant,
        ports: outer.pointee.ports + tables.terms.savedOuter))
    return (pair, steps)
  }

  /// Chooses tiles of one dimension after the other, as long as what holds for all ways to cut the others
  /// does not rule them out.
  ///
  /// - Parameter place: the dimension's among those with several ways to cut them.
  private mutating func choose(_ pair: NestPair, _ place: Int, steps: Double) {
    guard place < scratch.uncutCount else {
      arrange(pair, steps: steps)
      return
    }
    let dimension = scratch.uncut[place]
    let cuts = scratch.cuts[dimension]
    for group in cuts.groups.indices where !budget.isSpent {
      let (start, end) = (cuts.groups[group].start, cuts.end(group))
      if end - start > 1 && !isWanted(pair, dimension, cuts.covering + (end - 1), steps: steps) {
        continue
      }
      for number in start..<end where !budget.isSpent {
        // Until any mapping is known, a few will do.
        if isSeeding && incumbents.points.isEmpty && number - start > 1 { break }
        guard isWanted(pair, dimension, cuts.chains + number, steps: steps) else { continue }
        choose(pair, place + 1, steps: steps / cuts.steps * cuts.chains[number].steps)
      }
    }
    scratch.chains[dimension] = scratch.open[dimension]
  }

  /// Whether a dimension cut in one way, or in some, may lead to a mapping that is wanted.
  ///
  /// - Parameter steps: the fewest in time, of all ways to cut the dimension.
  private mutating func isWanted(
    _ pair: NestPair, _ dimension: Int, _ chain: UnsafePointer<CutChain>, steps: Double
  ) -> Bool {
    let steps = steps / scratch.cuts[dimension].steps * chain.pointee.steps
    let figures = figures(pair.energy, max(steps + pair.exposed, pair.leastCycles))
    if incumbents.ruleOut(energy: figures.energy, cycles: figures.cycles) { return false }
    scratch.chains[dimension] = chain.pointee
    return fits(pair) && isAnyOrderWanted(pair, steps: steps)
  }

  /// Whether the shortest tiles of the ways to cut all dimensions fit.
  private func fits(_ pair: NestPair) -> Bool {
    var (level, used) = (0, 0.0)
    for index in pair.footprints.indices {
      let footprint = pair.footprints.baseAddress.unsafelyUnwrapped + index
      if footprint.pointee.level != level { (level, used) = (footprint.pointee.level, 0) }
      let bits =
        context.firstWords(footprint.pointee.role) { scratch.chains[$0].shortest[level] }
        * footprint.pointee.bits
      used = footprint.pointee.isShared ? used + bits : bits
      if used > footprint.pointee.available { return false }
    }
    return true
  }

  /// Looks at all orders of the chosen tiles.
  private mutating func arrange(_ pair: NestPair, steps: Double) {
    budget.spend(4)
    if budget.isSpent || !findOrders(pair, steps: steps) { return }
    let level = context.arrayLevel
    var nest = ProofNest(
      context: context, keeps: pair.tables.keeps, chains: UnsafePointer(scratch.chains))
    let innermost = context.passesOn ? nest.innermost() : []
    for level in level + 1..<max(level + 1, context.levelCount) {
      scratch.listOrders(level, pair.tables)
    }
    for index in scratch.found.indices {
      let (energy, cycles) = (scratch.found[index].energy, scratch.found[index].cycles)
      if incumbents.ruleOut(energy: energy, cycles: cycles) { continue }
      nest.orders = scratch.found[index].orders
      evaluate(level + 1, &nest, innermost)
    }
  }

  // MARK: - Whole mappings

  /// Evaluates the mappings of all orders of the levels inside the array level.
  private mutating func evaluate(
    _ level: Int, _ nest: inout ProofNest, _ innermost: [[ProofNest.Innermost]]
  ) {
    guard level < context.levelCount else {
      if innermost.isEmpty {
        evaluate(nest.mapping())
      } else {
        for choice in innermost { evaluate(nest.mapping(choice)) }
      }
      return
    }
    for order in scratch.orders[level] {
      nest.orders[level] = order
      evaluate(level + 1, &nest, innermost)
    }
  }

  private mutating func evaluate(_ mapping: CompactMapping) {
    evaluations += 1
    budget.spend(40)
    consider(mapping)
  }
}
