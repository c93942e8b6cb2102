internal import Dataflow
internal import Ops

/// Energy of words on their way, and the time that they keep ports busy.
struct Traffic: Sendable {
  var picojoules = 0.0
  var ports = PortCycles(repeating: 0)

  static var infinite: Traffic {
    Traffic(picojoules: .infinity, ports: PortCycles(repeating: .infinity))
  }

  @inline(__always)
  static func + (left: Traffic, right: Traffic) -> Traffic {
    Traffic(picojoules: left.picojoules + right.picojoules, ports: left.ports + right.ports)
  }

  @inline(__always)
  static func += (left: inout Traffic, right: Traffic) { left = left + right }

  @inline(__always)
  static func * (traffic: Traffic, count: Double) -> Traffic {
    Traffic(picojoules: traffic.picojoules * count, ports: traffic.ports * count)
  }

  /// The larger energy, and the longer time of each port.
  @inline(__always)
  static func most(_ left: Traffic, _ right: Traffic) -> Traffic {
    Traffic(
      picojoules: max(left.picojoules, right.picojoules), ports: larger(left.ports, right.ports))
  }

  /// The lesser energy, and the shorter time of each port.
  @inline(__always)
  static func least(_ left: Traffic, _ right: Traffic) -> Traffic {
    Traffic(
      picojoules: min(left.picojoules, right.picojoules),
      ports: smaller(left.ports, right.ports))
  }
}

/// Lower bounds of one tensor's traffic to one level above the array level, or to all levels below it,
/// by how much of it stays.
///
/// A weight or an output stays over the innermost loops that do not move it. The input does too, and
/// where the innermost loop that moves it runs along one of its axes, neighbouring tiles share what
/// their windows have in common; along other axes they do so only where that loop, beginning again,
/// comes back to something held.
struct Flow {
  var role: TensorRole
  /// The innermost level whose loops in time move it.
  var level: Int
  /// Where it moves as often as loops ask for; of the input, where all axes slide.
  var moving = Traffic()
  /// Where it stays over all of them.
  var staying = Traffic()
  /// Of an operand on the way below the array level, what moves as often where one access serves all
  /// children.
  var served = Traffic()
  /// Of the input, where no axis slides.
  var unslid = Traffic()
  /// Of the input on the way below the array level, where it slides along one of its first two axes
  /// alone: by sweeps over all outputs, with the filter in place, and by any sweeps.
  var alongOutputs = (Traffic(), Traffic())
  var alongFilters = (Traffic(), Traffic())
  /// The same where a sweep may find words that the one before left.
  var alongOne = (Traffic(), Traffic())
  /// Of the input on the way to a level further out: what moves but for the words along axes, and
  /// those, by axis, of all tiles where none slides.
  var perWord: Traffic?
  var present = SIMD8<Double>(repeating: 1)
  /// Of such an input, by axis, the words of sweeps along it that may find what the one before left.
  var again = SIMD8<Double>(repeating: 1)
}

extension InnerTables {
  /// Flows to the levels below the array level, one a tensor.
  ///
  /// - Parameter cuts: of each dimension how it is cut, if that is known in part at least.
  /// - Returns: what moves whatever stays: words to the lanes.
  func fillFlows(
    _ flows: UnsafeMutablePointer<Flow>, of part: UnsafePointer<InnerPart>,
    cuts: UnsafePointer<CutChain>? = nil
  ) -> Traffic {
    let chains = chosen(part.pointee.chains)
    let words = InnerWords(self, of: part.pointee.chains)
    let further = cuts.map { furtherVisits(part, $0) } ?? TermVector(repeating: 1)
    let moving = words.moving * further
    var fixed = Traffic()
    for role in TensorRole.allCases {
      flows[Int(role.rawValue)] = Flow(role: role, level: context.arrayLevel)
    }
    var first = 0
    while let terms = outputTerms(from: first) {
      first = terms.upperBound
      if termTable[terms.lowerBound].isToLanes(of: context.levelCount) {
        fixed.picojoules += outputEnergy(terms, chains, words.staying)
      } else {
        flows[2].moving.picojoules += outputEnergy(terms, chains, moving)
        flows[2].staying.picojoules += outputEnergy(terms, chains, words.staying)
      }
    }
    for (index, term) in termTable.enumerated() {
      let role = Int(term.role.rawValue)
      var traffic = Traffic()
      if term.role != .output { traffic.picojoules = term.price }
      if term.isTimed { traffic.ports = portCycles(term, chains) }
      if term.isToLanes(of: context.levelCount) {
        fixed += traffic * words.staying[index]
        continue
      }
      flows[role].moving += traffic * moving[index]
      flows[role].staying += traffic * words.staying[index]
      if term.role != .output && servesAll(term) && !isMovedInside(term, chains) {
        flows[role].served += traffic * moving[index]
      }
      if term.role == .input {
        slide(index, term, chains, part, traffic, (moving[index], further[index]), &flows[role])
      }
    }
    for role in 0..<3 {
      flows[role].moving = Traffic.most(flows[role].moving, flows[role].staying)
    }
    for role in [0, 2] { flows[role].unslid = flows[role].moving }
    return fixed
  }

  /// Of each term, how many times more often its tensor moves than the inner chains by themselves tell,
  /// where it moves as often as loops ask for: all children that the dimensions have work for are known.
  private func furtherVisits(
    _ part: UnsafePointer<InnerPart>, _ cuts: UnsafePointer<CutChain>
  ) -> TermVector {
    var further = TermVector(repeating: 1)
    for dimension in 0..<context.dimensionCount {
      let known = entry(dimension, part.pointee.chains).moving
      let groups = cuts[dimension].groups
      for (index, term) in termTable.enumerated()
      where term.child < context.levelCount && !context.isRelevant(dimension, to: term.role) {
        let count = groups[Int(term.shared[context.arrayLevel] & 3)]
        further[index] *= max(1, count / known.pointee[index])
      }
    }
    return further
  }

  /// What the input moves on its way below the array level, as a flow of its own; `nil` where too many
  /// of its axes are windows.
  func inputFlow(_ part: UnsafePointer<InnerPart>) -> Flow? {
    guard 1...2 ~= context.windowTable.count else { return nil }
    let chains = chosen(part.pointee.chains)
    let words = InnerWords(self, of: part.pointee.chains)
    var flow = Flow(role: .input, level: context.arrayLevel)
    for (index, term) in termTable.enumerated()
    where term.role == .input && !term.isToLanes(of: context.levelCount) {
      var traffic = Traffic(picojoules: term.price)
      if term.isTimed { traffic.ports = portCycles(term, chains) }
      flow.moving += traffic * words.moving[index]
      slide(index, term, chains, part, traffic, (words.moving[index], 1), &flow)
    }
    return flow
  }

  /// Adds a term of the input with less sliding.
  ///
  /// - Parameter words: those that move where all axes slide, and ``furtherVisits(_:_:)``.
  private func slide(
    _ index: Int, _ term: Term, _ chains: ChosenChains, _ part: UnsafePointer<InnerPart>,
    _ traffic: Traffic, _ words: (moving: Double, further: Double), _ flow: inout Flow
  ) {
    let moving = words.moving
    var (unslid, along, alongOne) = (moving, SIMD4(repeating: moving), SIMD2(repeating: moving))
    // Loops in time between the array level and the term's level may slide by themselves.
    if !context.windowTable.isEmpty, !isMovedInside(term, chains) {
      var others = words.further
      for dimension in 0..<context.dimensionCount
      where context.windowOfOutputs[dimension] == nil {
        others *= entry(dimension, part.pointee.chains).moving.pointee[index]
      }
      unslid = others
      along = SIMD4(repeating: others)
      alongOne = SIMD2(repeating: others)
      for number in context.windowTable.indices {
        let window = context.windowTable[number]
        let factors = ChainFactors(context: context, dimension: window.p)
        let (chain, filters) = (chains[window.p].pointee, chains[window.r].pointee)
        let present = factors.windowPresent(window, term, chain, filters: filters, slides: false)
        let entry = entry(window.p, part.pointee.chains)
        let (again, once) = (entry.moving.pointee[index], entry.staying.pointee[index])
        let swept = max(
          once, factors.windowPresent(window, term, chain, filters: filters, slides: true))
        unslid *= present
        for own in 0..<2 { alongOne[own] *= own == number ? again : present }
        for own in 0..<4 { along[own] *= own / 2 != number ? present : own % 2 == 0 ? swept : once }
      }
    }
    flow.unslid += traffic * unslid
    flow.alongOutputs.0 += traffic * along[0]
    flow.alongFilters.0 += traffic * along[1]
    flow.alongOutputs.1 += traffic * along[2]
    flow.alongFilters.1 += traffic * along[3]
    flow.alongOne.0 += traffic * alongOne[0]
    flow.alongOne.1 += traffic * alongOne[1]
  }

  /// Whether one access of a term serves all children that are unrolled over, and none gets words from a
  /// neighbour.
  private func servesAll(_ term: Term) -> Bool {
    for level in context.fanouts where level < term.child {
      let wires = context.space.hierarchy.levels[level]
      if wires.x.forward.contains(term.role) || wires.y.forward.contains(term.role)
        || wires.diagonal.contains(term.role)
      {
        return false
      }
      if term.shared[level] != terms.unrolled[level] { return false }
    }
    return true
  }

  /// Whether loops in time between the array level and a term's level move its tensor.
  func isMovedInside(_ term: Term, _ chains: ChosenChains) -> Bool {
    var level = context.arrayLevel + 1
    while level < term.child {
      for dimension in 0..<context.dimensionCount
      where context.isRelevant(dimension, to: term.role)
        && chains[dimension].pointee.tile[level] > chains[dimension].pointee.front[level]
      {
        return true
      }
      level += 1
    }
    return false
  }

  /// The flow of an outer term where all tiles are known.
  func flow(_ term: Term, _ chains: UnsafePointer<CutChain>) -> Flow {
    var (moving, staying) = (1.0, 1.0)
    for dimension in 0..<context.dimensionCount {
      if context.isRelevant(dimension, to: term.role) {
        if term.role == .input && context.isInWindow(dimension) { continue }
        let words = context.words(term.role, along: dimension)
        moving *= words
        staying *= words
      } else {
        moving *= chains[dimension].tiles[term.child]
      }
    }
    let traffic = Traffic(picojoules: term.price, ports: term.atParent + term.atChild)
    var flow = Flow(role: term.role, level: term.child - 1)
    guard term.role == .input, !context.windowTable.isEmpty else {
      flow.moving = traffic * moving
      flow.staying = traffic * staying
      flow.unslid = flow.moving
      return flow
    }
    var (again, all) = (1.0, 1.0)
    var present = SIMD8<Double>(repeating: 1)
    for number in context.windowTable.indices {
      let window = context.windowTable[number]
      let (p, r) = (chains[window.p].tile[term.child], chains[window.r].tile[term.child])
      flow.again[number] = window.again(
        isCut: p < context.bounds[window.p], isFilterCut: r < context.bounds[window.r])
      again *= flow.again[number]
      all *= window.all
      present[number] = window.present(
        outputs: Int((context.bounds[window.p] - 1) / p) + 1, longestFilter: r)
    }
    flow.perWord = traffic * moving
    flow.present = present
    flow.unslid = traffic * present.product(moving, context.windowTable.count)
    flow.moving = traffic * (moving * again)
    flow.staying = traffic * (staying * all)
    return flow
  }
}

extension SIMD8<Double> {
  /// The product of the first numbers and another one.
  func product(_ other: Double, _ count: Int) -> Double {
    (0..<count).reduce(other) { $0 * self[$1] }
  }
}
