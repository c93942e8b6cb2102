internal import Ops

extension ProofSearch {
  /// Whether any order of the array level's loops may be wanted, with the least of all that is outside.
  ///
  /// - Parameter steps: the fewest in time of the ways to cut all dimensions.
  mutating func isAnyOrderWanted(_ pair: NestPair, steps: Double) -> Bool {
    let level = context.arrayLevel
    scratch.listOrders(level, pair.tables)
    scratch.outside[level] = pair.outside
    let cycles = max(steps + pair.exposed, pair.leastCycles)
    scratch.take(pair.inner, pair.tables)
    var followed = begin(pair)
    if !isAnyWanted(level, followed, cycles: cycles) { return false }
    if context.isPerfect { return true }
    // What moves inside as often as the cuts say, and what is outside as its loops can run.
    budget.spend(12)
    scratch.takeCuts(pair.tables)
    list(pair.tables, &followed.traffic)
    return isAnyWanted(level, followed, cycles: cycles)
  }

  /// Of all orders of the array level's loops, the least energy and the fewest cycles.
  func leastOfAllOrders(_ pair: NestPair, steps: Double) -> (energy: Double, cycles: Double) {
    let level = context.arrayLevel
    scratch.take(pair.inner, pair.tables)
    scratch.listOrders(level, pair.tables)
    scratch.outside[level] = pair.outside
    var start = begin(pair)
    if !context.isPerfect {
      scratch.takeCuts(pair.tables)
      list(pair.tables, &start.traffic)
    }
    var all = (energy: Double.infinity, cycles: Double.infinity)
    for order in scratch.orders[level] {
      var followed = start
      let least = least(
        order, level, &followed, cycles: max(steps + pair.exposed, pair.leastCycles))
      all = (min(all.energy, least.energy), min(all.cycles, least.cycles))
    }
    return all
  }

  /// What is known before any loop is passed.
  func begin(_ pair: NestPair) -> Followed {
    let terms = pair.tables.terms
    var followed = Followed()
    followed.traffic = scratch.fixed
    followed.traffic.picojoules += terms.constant + terms.outerConstant
    followed.traffic.ports -= terms.savedInner + terms.savedOuter
    followed.open = 7
    return followed
  }

  /// Finds the orders of the levels down to the array level that bounds do not rule out, the most
  /// promising first; `false` where there are none.
  mutating func findOrders(_ pair: NestPair, steps: Double) -> Bool {
    let level = context.arrayLevel
    var followed = begin(pair)
    scratch.listOrders(level, pair.tables)
    budget.spend(6)
    list(pair.tables, &followed.traffic)
    scratch.found.removeAll(keepingCapacity: true)
    var orders = InlineArray<16, LoopOrder>(repeating: LoopOrder())
    let cycles = max(steps + pair.exposed, pair.leastCycles)
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
  private mutating func isAnyWanted(_ level: Int, _ followed: Followed, cycles: Double) -> Bool {
    let orders = scratch.orders[level]
    var number = 0
    while number < orders.count {
      let order = orders[number]
      budget.spend(1)
      // Energy alone rules out most; and by its innermost loops, those orders that have the same ones.
      guard let loops = loopsThatRuleOut(order, level, followed, cycles: cycles) else {
        var next = followed
        let least = least(order, level, &next, cycles: cycles)
        if !incumbents.ruleOut(energy: least.energy, cycles: least.cycles) { return true }
        number += 1
        continue
      }
      repeat {
        number += 1
      } while number < orders.count
        && orders[number].hasSame(innermost: loops, as: order)
    }
    return false
  }

  /// The number of innermost loops of an order whose energy alone is not wanted, whatever is outside of
  /// them; `nil` where the whole order may be wanted.
  private func loopsThatRuleOut(
    _ order: LoopOrder, _ level: Int, _ followed: Followed, cycles: Double
  ) -> Int? {
    var next = followed
    let outside = scratch.outside[level].picojoules
    let count = order.count
    for number in 0..<count {
      pass(order.innermost(number + 1), number, level, &next, timed: false)
      var energy = next.traffic.picojoules + outside
      var rest = next.open
      while rest != 0 {
        let index = rest.trailingZeroBitCount
        energy += least(index, next).picojoules * next.share[index]
        rest &= rest - 1
      }
      let least = figures(energy, cycles)
      if incumbents.ruleOut(energy: least.energy, cycles: least.cycles) { return number + 1 }
    }
    return nil
  }

  /// The least energy and cycles of an order of a level, ports and all, if all flows that start further
  /// out move their least.
  @inline(__always)
  func least(
    _ order: LoopOrder, _ level: Int, _ followed: inout Followed, cycles: Double
  ) -> (energy: Double, cycles: Double) {
    pass(order, level, &followed)
    let least = followed.traffic + staying(followed) + scratch.outside[level]
    return figures(least.picojoules, max(cycles, least.ports.largest * (1 - 1e-12)))
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

  /// Lists the orders of a level and those outside that bounds do not rule out.
  private mutating func follow(
    _ level: Int, _ followed: Followed, cycles: Double,
    _ orders: inout InlineArray<16, LoopOrder>
  ) {
    for order in scratch.orders[level] {
      var next = followed
      let figures = least(order, level, &next, cycles: cycles)
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
}
