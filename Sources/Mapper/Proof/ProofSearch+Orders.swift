internal import Ops

extension ProofSearch {
  /// How far the flows are followed from the array level outwards.
  struct Followed {
    /// Of each flow, passes of loops that leave its tensor in place.
    var runs = PerLevel<Double>(repeating: 1)
    /// Flows (bits) that have words that no loop has moved yet, and those of which some have.
    var open: UInt16 = 0
    var blurred: UInt16 = 0
    /// Of each flow, the share of words that no loop has moved yet, and the dimensions (bits) that say
    /// which.
    var share = PerLevel<Double>(repeating: 1)
    var split = PerLevel<UInt8>(repeating: 0)
    var traffic = Traffic()
    /// What each of the first two flows moves at least, since loops that leave it in place begin again.
    var restarted = (Traffic(), Traffic())
  }

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
    return figures(least.picojoules, max(cycles, least.ports.max() * (1 - 1e-12)))
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
      traffic += least(index, followed) * followed.share[index]
      rest &= rest - 1
    }
    return traffic
  }

  /// Follows the flows through the loops of one level, from the inside out.
  @inline(__always)
  private func pass(_ order: LoopOrder, _ level: Int, _ followed: inout Followed) {
    var number = 0
    let count = order.count
    while number < count {
      pass(order, number, level, &followed, timed: true)
      number += 1
    }
  }

  /// Follows the flows through one loop of a level, when all inside of it are passed.
  ///
  /// - Parameter timed: whether the time at ports counts, or energy alone.
  @inline(__always)
  private func pass(
    _ order: LoopOrder, _ number: Int, _ level: Int, _ followed: inout Followed, timed: Bool
  ) {
    let active = scratch.active[level]
    let dimension = order[number]
    let chain = scratch.chains + dimension
    let moved = scratch.moved[dimension]
    var still = followed.open & active & ~moved
    if still != 0 {
      let runs = chain.pointee.runs[level]
      while still != 0 {
        let index = still.trailingZeroBitCount
        still &= still - 1
        if chain.pointee.idleShare > 0, index < 2, level == context.arrayLevel {
          restart(index, chain.pointee.idleShare, &followed)
        }
        followed.runs[index] *= runs
      }
    }
    var moving = followed.open & active & moved
    if moving == 0 { return }
    let isClean = chain.pointee.clean & (UInt16(1) << UInt16(level)) != 0
    if isClean { followed.open &= ~moving }
    while moving != 0 {
      let index = moving.trailingZeroBitCount
      moving &= moving - 1
      let flow = scratch.flows + index
      let isUnmixed = followed.blurred & (1 << UInt16(index)) == 0
      var (words, sweeps) = (flow.pointee.moving, 0.0)
      if flow.pointee.role == .input, isUnmixed {
        (words, sweeps) = InputSweep(
          context: context, chains: UnsafePointer(scratch.chains), flow: flow,
          dimension: dimension, level: level, isClean: isClean
        ).moved(order, outside: number + 1)
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
      let least = least(index, followed)
      // What saves energy saves no more where it happens less often.
      let energy = words.picojoules > 0 ? words.picojoules * run : words.picojoules
      followed.traffic.picojoules += weight * max(least.picojoules, energy)
      if timed {
        followed.traffic.ports += weight * larger(least.ports, words.ports * run)
      }
    }
  }

  /// Counts what an operand moves each time that a loop begins again which leaves it in place, but not in
  /// children that had nothing to do in the last pass: those get it anew, by an access that serves all.
  ///
  /// - Parameter idleShare: the passes that begin again so, of all.
  private func restart(_ index: Int, _ idleShare: Double, _ followed: inout Followed) {
    let again = scratch.flows[index].served * (idleShare / followed.runs[index])
    if index == 0 {
      followed.restarted.0 = Traffic.most(followed.restarted.0, again)
    } else {
      followed.restarted.1 = Traffic.most(followed.restarted.1, again)
    }
  }

  /// What moves of a flow in any case.
  @inline(__always)
  private func least(_ index: Int, _ followed: Followed) -> Traffic {
    let staying = scratch.flows[index].staying
    switch index {
    case 0: return Traffic.most(staying, followed.restarted.0)
    case 1: return Traffic.most(staying, followed.restarted.1)
    default: return staying
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
