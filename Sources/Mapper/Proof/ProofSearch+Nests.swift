internal import Dataflow
internal import Ops

/// Where whole nests are put together, so that looking at one allocates nothing.
final class NestScratch {
  /// The most flows that are followed through orders of loops; others count as what stays.
  static let mostFlows = 16

  /// Of each dimension, how it is cut, and all ways to cut it.
  let chains: UnsafeMutablePointer<CutChain>
  var cuts: [CutChains]
  /// The first three are those to the levels below the array level.
  let flows: UnsafeMutablePointer<Flow>
  var flowCount = 3
  /// Of each dimension (the lowest bits first), the flows whose tensor it moves.
  var moved = SIMD8<UInt16>(repeating: 0)
  /// Of each level, the flows that its loops in time can move, and those that start there.
  var active = SIMD16<UInt16>(repeating: 0)
  var starting = SIMD16<UInt16>(repeating: 0)
  /// Of each level, the orders of its loops in time.
  let orders: UnsafeMutablePointer<UnsafeBufferPointer<LoopOrder>>
  private let memo: OrderMemo
  /// Of each level, what flows that start further out move at least.
  let outside: UnsafeMutablePointer<Traffic>
  /// What those move that start next to the array level, by the set of tensors that the innermost loop
  /// there leaves in place.
  var nearest = InlineArray<3, Traffic>(repeating: Traffic())
  /// Port time of outer parts whose bounds were tightened.
  private var tightPorts: [UnsafeMutablePointer<PortCycles>] = []
  private var usedPorts = 0
  private static let portsInChunk = 512
  /// Orders of the levels down to the array level that bounds do not rule out.
  var found: [FoundOrders] = []
  /// The inner part whose flows are the first three; whoever looks at another one clears it, since it
  /// may be at the same place.
  var part: UnsafePointer<InnerPart>?
  var fixed = Traffic()
  private let context: ProofContext

  init(_ context: ProofContext) {
    self.context = context
    chains = .allocate(capacity: 8)
    chains.initialize(repeating: CutChain(), count: 8)
    flows = .allocate(capacity: Self.mostFlows)
    flows.initialize(repeating: Flow(role: .weight, level: 0), count: Self.mostFlows)
    cuts = (0..<context.dimensionCount).map { CutChains(context, dimension: $0) }
    orders = .allocate(capacity: context.levelCount)
    orders.initialize(
      repeating: UnsafeBufferPointer(start: nil, count: 0), count: context.levelCount)
    outside = .allocate(capacity: context.levelCount)
    outside.initialize(repeating: Traffic(), count: context.levelCount)
    memo = OrderMemo(context)
  }

  deinit {
    chains.deallocate()
    flows.deallocate()
    orders.deallocate()
    outside.deallocate()
    for ports in tightPorts { ports.deallocate() }
  }

  /// A place for port times of an outer part, by class, until the next call of ``begin(_:)``.
  func placeForPorts() -> UnsafeMutablePointer<PortCycles> {
    if usedPorts == Self.portsInChunk * tightPorts.count {
      tightPorts.append(.allocate(capacity: 3 * Self.portsInChunk))
    }
    let (chunk, place) = usedPorts.quotientAndRemainder(dividingBy: Self.portsInChunk)
    usedPorts += 1
    return tightPorts[chunk] + 3 * place
  }

  /// Gets ready for one choice of what the levels keep.
  func begin(_ tables: InnerTables) {
    part = nil
    usedPorts = 0
    flowCount = min(Self.mostFlows, 3 + tables.terms.outer.count)
    moved = SIMD8(repeating: 0)
    active = SIMD16(repeating: 0)
    starting = SIMD16(repeating: 0)
    for number in 0..<flowCount {
      let bit = UInt16(1) << UInt16(number)
      let term = number < 3 ? nil : tables.terms.outer[number - 3]
      let level = term.map { $0.child - 1 } ?? context.arrayLevel
      let relevant = context.relevant[term.map { Int($0.role.rawValue) } ?? number]
      for dimension in 0..<context.dimensionCount where relevant & (1 << UInt8(dimension)) != 0 {
        moved[dimension] |= bit
      }
      for level in 0...level { active[level] |= bit }
      if number >= 3 { starting[level] |= bit }
    }
  }

  /// Lists the orders of a level's loops, as the chains have them.
  func listOrders(_ level: Int, _ tables: InnerTables) {
    orders[level] = memo.orders(level, loops(level, tables))
  }

  /// How a level's loops run.
  private func loops(_ level: Int, _ tables: InnerTables) -> LoopedDimensions {
    var loops = LoopedDimensions()
    let bit = UInt16(1) << UInt16(level)
    for dimension in 0..<context.dimensionCount {
      let chain = chains + dimension
      guard chain.pointee.looped & bit != 0 else { continue }
      loops.looped |= 1 << UInt8(dimension)
      if chain.pointee.clean & bit != 0 { loops.clean |= 1 << UInt8(dimension) }
      let window = context.windowNumber(dimension)
      let isAfresh = window.map {
        context.windowTable[$0].restartsAfresh(
          dimension, step: chain.pointee.front[level], passes: chain.pointee.leastPasses[level])
      }
      if isAfresh ?? true { loops.afresh |= 1 << UInt8(dimension) }
    }
    loops.kept = tables.keptInside[level]
    return loops
  }
}

/// Orders of all levels down to the array level, with lower bounds of mappings that have them.
struct FoundOrders {
  var orders: InlineArray<16, LoopOrder>
  var energy: Double
  var cycles: Double
  var score: Double
}

/// An inner part and an outer one whose tiles are being chosen.
struct NestPair {
  let inner: UnsafePointer<InnerPart>
  let tables: InnerTables
  /// Cycles that come on top of the steps.
  var exposed: Double
  var leastCycles: Double
  /// The least energy without leakage.
  var energy: Double
  /// What moves above the array level at least.
  var outside: Traffic
}

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
    for number in 0..<count {
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

  // MARK: - Orders

  /// How far the flows are followed from the array level outwards.
  private struct Followed {
    /// Of each flow, passes of loops that leave its tensor in place.
    var runs = SIMD16<Double>(repeating: 1)
    /// Flows (bits) that have words that no loop has moved yet, and those of which some have.
    var open: UInt16 = 0
    var blurred: UInt16 = 0
    /// Of each flow, the share of words that no loop has moved yet, and the dimensions (bits) that say
    /// which.
    var share = SIMD16<Double>(repeating: 1)
    var split = SIMD16<UInt8>(repeating: 0)
    var traffic = Traffic()
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

  /// Finds the orders of the levels down to the array level that bounds do not rule out, the most
  /// promising first; `false` where there are none.
  mutating func findOrders(_ pair: NestPair, steps: Double) -> Bool {
    let tables = pair.tables
    let level = context.arrayLevel
    var followed = Followed()
    followed.traffic = scratch.fixed
    followed.traffic.picojoules += tables.terms.constant + tables.terms.outerConstant
    followed.traffic.ports -= tables.terms.savedInner + tables.terms.savedOuter
    followed.open = 7
    let cycles = max(steps + pair.exposed, pair.leastCycles)
    scratch.listOrders(level, tables)
    scratch.outside[level] = pair.outside
    guard isAnyWanted(level, followed, cycles: cycles) else { return false }
    budget.spend(6)
    list(tables, &followed.traffic)
    scratch.found.removeAll(keepingCapacity: true)
    var orders = InlineArray<16, LoopOrder>(repeating: LoopOrder())
    follow(level, followed, cycles: cycles, &orders)
    scratch.found.sort { $0.score < $1.score }
    return !scratch.found.isEmpty
  }

  /// Lists the flows to levels that are not below the array level, and the orders outside it.
  ///
  /// - Parameter base: takes what moves in flows that are not followed.
  private func list(_ tables: InnerTables, _ base: inout Traffic) {
    for (index, term) in tables.terms.outer.enumerated() {
      let flow = tables.flow(term, UnsafePointer(scratch.chains))
      if 3 + index < scratch.flowCount {
        scratch.flows[3 + index] = flow
      } else {
        base += flow.staying
      }
    }
    // What flows that start further out move at least, by the orders of the first level they pass.
    var outside = Traffic()
    for level in 0...context.arrayLevel {
      scratch.outside[level] = outside
      if level == context.arrayLevel { break }
      scratch.listOrders(level, tables)
      var least: Traffic?
      scratch.nearest = InlineArray(repeating: .infinite)
      for order in scratch.orders[level] {
        var followed = Followed()
        followed.open = scratch.starting[level]
        pass(order, level, &followed)
        let traffic = followed.traffic + staying(followed)
        least = least.map { Traffic.least($0, traffic) } ?? traffic
        let classes = order.count == 0 ? 7 : context.classesLeft[order[0]]
        for number in 0..<3 where classes & (1 << UInt8(number)) != 0 {
          scratch.nearest[number] = Traffic.least(scratch.nearest[number], traffic)
        }
      }
      if let least { outside += least }
    }
  }

  /// Whether any order of a level is wanted, if all flows that start further out move their least.
  private func isAnyWanted(_ level: Int, _ followed: Followed, cycles: Double) -> Bool {
    for order in scratch.orders[level] {
      // Energy alone rules out most.
      var next = followed
      pass(order, level, &next, timed: false)
      var energy = next.traffic.picojoules + scratch.outside[level].picojoules
      var rest = next.open
      while rest != 0 {
        let index = rest.trailingZeroBitCount
        energy += scratch.flows[index].staying.picojoules * next.share[index]
        rest &= rest - 1
      }
      let least = figures(energy, cycles)
      if incumbents.ruleOut(energy: least.energy, cycles: least.cycles) { continue }
      if isWanted(order, level, followed, cycles: cycles) { return true }
    }
    return false
  }

  /// Whether an order of a level is wanted, ports and all.
  private func isWanted(
    _ order: LoopOrder, _ level: Int, _ followed: Followed, cycles: Double
  ) -> Bool {
    var next = followed
    pass(order, level, &next)
    let least = next.traffic + staying(next) + scratch.outside[level]
    let figures = figures(least.picojoules, max(cycles, least.ports.max() * (1 - 1e-12)))
    return !incumbents.ruleOut(energy: figures.energy, cycles: figures.cycles)
  }

  /// Tightens the bounds of an outer part whose tiles are all known, by the orders that its loops can
  /// have.
  mutating func tighten(_ outer: UnsafeMutablePointer<OuterPart>, _ scheme: Scheme) {
    let tables = scheme.tables
    for dimension in 0..<context.dimensionCount {
      scratch.chains[dimension] = CutChain(
        scheme.outerTables.chain(dimension, outer.pointee.chains),
        levels: context.arrayLevel)
    }
    var traffic = Traffic(
      picojoules: tables.terms.outerConstant,
      ports: PortCycles(repeating: 0) - tables.terms.savedOuter)
    scratch.nearest = InlineArray(repeating: Traffic())
    list(tables, &traffic)
    traffic += scratch.outside[max(0, context.arrayLevel - 1)]
    let ports = scratch.placeForPorts()
    for number in 0..<3 {
      let all = traffic + scratch.nearest[number]
      outer.pointee.energies[number] = max(outer.pointee.energies[number], all.picojoules)
      (ports + number).initialize(to: larger(outer.pointee.ports, all.ports))
    }
    outer.pointee.tightPorts = UnsafePointer(ports)
  }

  /// Traffic of what stays over all loops.
  @inline(__always)
  private func staying(_ followed: Followed) -> Traffic {
    var traffic = Traffic()
    var rest = followed.open
    while rest != 0 {
      let index = rest.trailingZeroBitCount
      traffic += scratch.flows[index].staying * followed.share[index]
      rest &= rest - 1
    }
    return traffic
  }

  /// Follows the flows through the loops of one level, from the inside out.
  ///
  /// - Parameter timed: whether the time at ports counts, or energy alone.
  @inline(__always)
  private func pass(
    _ order: LoopOrder, _ level: Int, _ followed: inout Followed, timed: Bool = true
  ) {
    let flows = scratch.flows
    let active = scratch.active[level]
    let levelBit = UInt16(1) << UInt16(level)
    var number = 0
    let count = order.count
    while number < count {
      let dimension = order[number]
      number += 1
      let chain = scratch.chains + dimension
      let moved = scratch.moved[dimension]
      var still = followed.open & active & ~moved
      if still != 0 {
        let passes = Double(
          (chain.pointee.tile[level] - 1) / chain.pointee.front[level] + 1)
        while still != 0 {
          followed.runs[still.trailingZeroBitCount] *= passes
          still &= still - 1
        }
      }
      var moving = followed.open & active & moved
      if moving == 0 { continue }
      let isClean = chain.pointee.clean & levelBit != 0
      if isClean { followed.open &= ~moving }
      while moving != 0 {
        let index = moving.trailingZeroBitCount
        moving &= moving - 1
        let flow = flows + index
        let isUnmixed = followed.blurred & (1 << UInt16(index)) == 0
        var (words, sweeps) = (flow.pointee.moving, 0.0)
        if flow.pointee.role == .input, isUnmixed {
          (words, sweeps) = InputSweep(
            context: context, chains: UnsafePointer(scratch.chains), flow: flow,
            dimension: dimension, level: level, isClean: isClean
          ).moved(order, outside: number)
        }
        var weight = followed.share[index]
        if !isClean {
          followed.blurred |= 1 << UInt16(index)
          if flow.pointee.role == .input, context.isInWindow(dimension) {
            // What begins afresh counts, and nothing else.
            if sweeps < 0.5 { continue }
            followed.open &= ~(1 << UInt16(index))
          } else {
            weight = firstMoved(dimension, level, index, &followed)
            if weight == 0 { continue }
          }
        }
        let run = 1 / followed.runs[index]
        let least = flow.pointee.staying
        followed.traffic.picojoules += weight * max(least.picojoules, words.picojoules * run)
        if timed {
          followed.traffic.ports += weight * larger(least.ports, words.ports * run)
        }
      }
    }
  }

  /// The share of a flow's words, of all, that a loop is the first to move which has one pass in tiles
  /// at the border: there, words stay for what is outside of it.
  ///
  /// They are a share of each tensor whose words along the dimension are its indices; of shares by
  /// other dimensions they have the same part, but nothing is known of two loops of one dimension.
  @inline(__always)
  private func firstMoved(
    _ dimension: Int, _ level: Int, _ index: Int, _ followed: inout Followed
  ) -> Double {
    let bit = UInt8(1) << UInt8(dimension)
    let role = scratch.flows[index].role
    guard followed.split[index] & bit == 0, context.isSimple(role, dimension) else { return 0 }
    followed.split[index] |= bit
    let share = followed.share[index]
    let rest = scratch.chains[dimension].onePassShare[level]
    followed.share[index] = share * rest
    return share * (1 - rest)
  }

  /// Lists the orders of a level and those outside that bounds do not rule out.
  private mutating func follow(
    _ level: Int, _ followed: Followed, cycles: Double,
    _ orders: inout InlineArray<16, LoopOrder>
  ) {
    for order in scratch.orders[level] {
      var next = followed
      pass(order, level, &next)
      let least = next.traffic + staying(next) + scratch.outside[level]
      let figures = figures(
        least.picojoules, max(cycles, least.ports.max() * (1 - 1e-12)))
      if incumbents.ruleOut(energy: figures.energy, cycles: figures.cycles) { continue }
      orders[level] = order
      if level > 0 {
        next.open |= scratch.starting[level - 1]
        follow(level - 1, next, cycles: cycles, &orders)
        continue
      }
      scratch.found.append(
        FoundOrders(
          orders: orders, energy: figures.energy, cycles: figures.cycles,
          score: incumbents.score(energy: figures.energy, cycles: figures.cycles)))
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
