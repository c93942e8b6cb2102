internal import Ops

extension ProofSearch {
  // MARK: - Tiles

  /// Looks at all mappings of two parts.
  mutating func cut(
    _ inner: UnsafePointer<InnerPart>, _ outer: UnsafePointer<OuterPart>, _ scheme: Scheme,
    _ bounds: PairBounds
  ) {
    guard let (pair, steps) = listCuts(inner, outer, scheme, bounds) else { return }
    choose(pair, 0, steps: steps)
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
    for (number, variable) in tables.variables.enumerated() {
      let dimension = variable.dimension
      let chain = Int(inner.pointee.chains[number])
      scratch.cuts[dimension].list(
        scheme.outerTables.chain(dimension, outer.pointee.chains), variable.chains + chain,
        mostSteps: variable.steps[chain] * (mostSteps / leastSteps))
      budget.spend(scratch.cuts[dimension].visits / 4 + 1)
      if scratch.cuts[dimension].isCutShort && !isSeeding { budget.giveUp() }
      guard let first = scratch.cuts[dimension].all.first else { return nil }
      steps *= first.steps
    }
    evaluations += 1
    budget.spend(5)
    if scratch.part != inner {
      scratch.part = inner
      scratch.fixed = tables.fillFlows(scratch.flows, of: inner)
    }
    let pair = NestPair(
      inner: inner, tables: tables, exposed: exposed, leastCycles: bounds.cycles,
      energy: bounds.energy,
      outside: Traffic(
        picojoules: outer.pointee.energy - tables.terms.outerConstant,
        ports: outer.pointee.ports + tables.terms.savedOuter))
    return (pair, steps)
  }

  /// Chooses tiles of one dimension after the other.
  private mutating func choose(_ pair: NestPair, _ dimension: Int, steps: Double) {
    guard dimension < context.dimensionCount else {
      arrange(pair, steps: steps)
      return
    }
    let count = scratch.cuts[dimension].all.count
    let fewest = scratch.cuts[dimension].all[0].steps
    for number in 0..<count where !budget.isSpent {
      // Until any mapping is known, a few will do.
      if isSeeding && incumbents.points.isEmpty && number > 1 { break }
      let own = scratch.cuts[dimension].all[number].steps
      let steps = steps / fewest * own
      let figures = figures(pair.energy, max(steps + pair.exposed, pair.leastCycles))
      // Those that follow take more steps.
      if incumbents.ruleOut(energy: figures.energy, cycles: figures.cycles) { break }
      scratch.chains[dimension] = scratch.cuts[dimension].described(number)
      choose(pair, dimension + 1, steps: steps)
    }
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
    budget.spend(20)
    consider(mapping)
  }
}
