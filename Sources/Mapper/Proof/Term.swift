internal import Accelerators
internal import Dataflow
internal import Ops

/// Words counted together: those of one tensor on the way to tiles of one level, with the loops over
/// children that one access serves.
///
/// Such a count is a product over dimensions; energies and the load of ports are linear in it
/// (`Documentation/Mapper.md`).
struct Term: Sendable {
  var role: TensorRole
  /// The levels between which the words move; the number of levels stands for the lanes.
  var parent: Int
  var child: Int
  /// Of each level, the axes (1 for x, 2 for y) along which one access serves all children.
  var shared = SIMD16<UInt8>(repeating: 0)
  /// Picojoules a word; negative where words that start at zero save a read.
  var price = 0.0
  /// Cycles of a word at ports of the parent and of the child, of one instance.
  var atParent = PortCycles(repeating: 0)
  var atChild = PortCycles(repeating: 0)

  /// Whether any port limits it.
  var isTimed: Bool {
    let zero = PortCycles(repeating: 0)
    return atParent != zero || atChild != zero
  }

  /// Whether the words go to the lanes, which keep nothing.
  func isToLanes(of levels: Int) -> Bool { child == levels }
}

/// The terms of one choice of kept tensors.
struct Terms: Sendable {
  /// Of transfers to levels that are not inside the array level: nothing is unrolled there.
  private(set) var outer: [Term] = []
  /// Of transfers to levels inside, or to the lanes.
  private(set) var inner: [Term] = []
  /// Picojoules of every mapping: operations, less the partial sums that never return; those of
  /// outer transfers apart.
  private(set) var constant: Double
  private(set) var outerConstant = 0.0
  /// Port time of reads that partial sums starting at zero save, of outer and of inner terms.
  private(set) var savedOuter = PortCycles(repeating: 0)
  private(set) var savedInner = PortCycles(repeating: 0)

  private let space: Mapspace
  private let prices: Prices
  private let arrayLevel: Int
  private let present: TensorSet
  /// Of each level, the axes that unroll anything.
  let unrolled: [UInt8]

  /// - Parameters:
  ///   - arrayLevel: the outermost level that unrolls anything.
  ///   - present: tensors that have any words.
  ///   - distinctOutputs: words of the output.
  init(
    _ space: Mapspace, keeps: [TensorSet], prices: Prices, arrayLevel: Int, present: TensorSet,
    distinctOutputs: Double
  ) {
    self.present = present
    self.space = space
    self.prices = prices
    self.arrayLevel = arrayLevel
    unrolled = space.levels.map {
      ($0.sizeX > 1 && $0.spatialX != 0 ? 1 : 0) | ($0.sizeY > 1 && $0.spatialY != 0 ? 2 : 0)
    }
    let levels = space.levels.count
    constant = Double(space.problem.iterations) * space.array.compute.operationPicojoules
    for role in TensorRole.allCases where present.contains(role) {
      let keepers = (0..<levels).filter { keeps[$0].contains(role) }
      // Picojoules of a partial sum's way back to this level and all levels inside.
      var returns = 0.0
      for (parent, child) in zip(keepers, keepers.dropFirst() + [levels]).reversed() {
        let base = Term(role: role, parent: parent, child: child)
        let terms =
          role == .output
          ? outputs(base, returns: &returns, distinct: distinctOutputs) : operands(base)
        if child <= arrayLevel {
          outer.append(contentsOf: terms)
        } else {
          inner.append(contentsOf: terms)
        }
      }
    }
  }

  /// A tensor that stays on chip is served from its home instead of the outermost level.
  private func home(_ base: Term) -> Int {
    base.parent == 0 ? space.array.homes[base.role] : base.parent
  }

  /// The axes below a level along which its wires share words of a tensor.
  ///
  /// Forwarding and diagonals count as if one access served all along the axis, which is never more
  /// than they move.
  private func sharing(_ role: TensorRole, _ level: Int) -> UInt8 {
    let wires = space.hierarchy.levels[level]
    if role == .output {
      return (wires.x.reduce.contains(role) ? 1 : 0) | (wires.y.reduce.contains(role) ? 2 : 0)
    }
    if wires.diagonal.contains(role) { return 3 }
    let shares = { (axis: Hierarchy.Wires) in
      axis.multicast.contains(role) || axis.forward.contains(role)
    }
    return (shares(wires.x) ? 1 : 0) | (shares(wires.y) ? 2 : 0)
  }

  private func shared(_ base: Term, from first: Int) -> SIMD16<UInt8> {
    var shared = SIMD16<UInt8>(repeating: 0)
    for level in max(first, base.parent)..<max(first, base.child) {
      shared[level] = sharing(base.role, level)
    }
    return shared
  }

  /// Adds up terms that count the same words.
  private func add(_ added: Term, to terms: inout [Term]) {
    var term = added
    for level in space.levels.indices { term.shared[level] &= unrolled[level] }
    guard
      let same = terms.firstIndex(where: { $0.shared == term.shared || term.child <= arrayLevel })
    else {
      terms.append(term)
      return
    }
    terms[same].price += term.price
    terms[same].atParent += term.atParent
    terms[same].atChild += term.atChild
  }

  private func operands(_ base: Term) -> [Term] {
    var terms: [Term] = []
    let home = home(base)
    var reads = base
    reads.shared = shared(base, from: base.parent)
    reads.price = prices.least(home, base.role, .reads)
    reads.atParent = prices.cycles(home, base.role, .reads)
    add(reads, to: &terms)
    if base.child < space.levels.count {
      var fills = base
      fills.price = prices.least(base.child, base.role, .fills)
      fills.atChild = prices.cycles(base.child, base.role, .fills)
      add(fills, to: &terms)
    }
    for level in max(home, base.parent)..<max(home, base.child)
    where prices.leastHop(level, base.role) > 0 {
      var delivered = base
      delivered.shared = shared(base, from: level + 1)
      delivered.price = prices.leastHop(level, base.role)
      add(delivered, to: &terms)
    }
    return terms
  }

  private mutating func outputs(
    _ base: Term, returns: inout Double, distinct: Double
  ) -> [Term] {
    var terms: [Term] = []
    let home = home(base)
    let isToLanes = base.child == space.levels.count
    let wires = max(home, base.parent)..<max(home, base.child)
    // A word that enters: to one child, if it was there before.
    var entering = base
    for level in base.parent..<base.child { entering.shared[level] = 3 }
    let back =
      prices.least(home, .output, .reads) + prices.least(base.child, .output, .fills)
      + wires.reduce(0) { $0 + prices.leastHop($1, .output) }
    let inside = returns
    returns += back
    let startsAtZero = !space.array.switches.readsFirstPartialSum
    entering.price = startsAtZero ? returns : back
    if base.parent <= arrayLevel || !startsAtZero {
      entering.atParent = prices.cycles(home, .output, .reads)
      if base.child <= arrayLevel {
        entering.atParent += prices.cycles(base.child, .output, .fills)
      }
      if startsAtZero {
        let saved = entering.atParent * distinct
        if base.child <= arrayLevel { savedOuter += saved } else { savedInner += saved }
      }
    }
    if startsAtZero {
      // Of each word one sum starts at zero at every level.
      if base.child <= arrayLevel {
        outerConstant -= back * distinct
      } else {
        constant -= back * distinct
      }
    }
    add(entering, to: &terms)
    var updates = base
    updates.shared = shared(base, from: base.parent)
    updates.price = prices.least(home, .output, .updates)
    updates.atParent = prices.cycles(home, .output, .updates)
    add(updates, to: &terms)
    if !isToLanes {
      var leaving = base
      leaving.price =
        prices.least(base.child, .output, .drains) - (startsAtZero ? inside : 0)
      leaving.atChild = prices.cycles(base.child, .output, .drains)
      add(leaving, to: &terms)
    }
    for level in wires {
      var collected = base
      collected.shared = shared(base, from: level + 1)
      let addition = space.array.levels[level].fanout.additionPicojoules
      collected.price = prices.leastHop(level, .output) + addition
      if collected.price != 0 { add(collected, to: &terms) }
      if addition != 0 {
        var arriving = base
        arriving.shared = shared(base, from: level)
        arriving.price = -addition
        add(arriving, to: &terms)
      }
    }
    return terms
  }
}

/// What the first and last tiles of a tensor cost at ports, on their way between two levels.
struct TileTransfer: Sendable {
  var role: TensorRole
  var parent: Int
  /// The level the tile belongs to, and whether it has a single buffer.
  var level: Int
  var isSingle: Bool
  var shared: SIMD16<UInt8>
  var atParent: PortCycles
  var atChild: PortCycles

  /// Whether any port limits it.
  var isTimed: Bool {
    let zero = PortCycles(repeating: 0)
    return atParent != zero || atChild != zero
  }
}

extension Terms {
  /// Of each level, the transfers that end there.
  func tileTransfers(keeps: [TensorSet]) -> [[TileTransfer]] {
    keeps.indices.map { level in
      guard level > 0 else { return [] }
      return keeps[level].members.filter { present.contains($0) }.map { role in
        let parent = keeps[..<level].lastIndex { $0.contains(role) } ?? 0
        let base = Term(role: role, parent: parent, child: level)
        let (home, isOutput) = (home(base), role == .output)
        return TileTransfer(
          role: role, parent: parent, level: level,
          isSingle: space.array.levels[level].memory?.buffering == .single,
          shared: shared(base, from: parent),
          atParent: prices.cycles(home, role, isOutput ? .updates : .reads),
          atChild: prices.cycles(level, role, isOutput ? .drains : .fills))
      }
    }
  }
}
