internal import Accelerators
internal import Dataflow
internal import Ops

/// The least that inner parts add to an outer one.
struct LeastInner {
  var energy = Double.infinity
  var cycles = Double.infinity
  var ports = PortCycles(repeating: .infinity)
  /// Cycles of the slowest port, whatever the outer part is.
  var slowestPort = 0.0

  /// Of each dimension, the shortest tile in front of the array level's children.
  var fronts = SIMD8<Int32>(repeating: .max)

  /// The least of all of some parts.
  init(
    _ parts: some Collection<UnsafePointer<InnerPart>>, _ context: ProofContext,
    slowestPort: Double
  ) {
    self.slowestPort = slowestPort
    for part in parts {
      energy = min(energy, part.pointee.energy)
      cycles = min(cycles, part.pointee.cycles)
      for number in 0..<context.classCount {
        ports = smaller(ports, part.pointee.ports(number))
      }
      fronts = smaller(fronts, part.pointee.leastFront)
    }
  }
}

/// Finds the outer parts that bounds do not rule out.
struct OuterSearch {
  private let context: ProofContext
  private let tables: OuterTables
  private let incumbents: Incumbents
  /// The least that the inner part adds.
  private let inner: LeastInner
  private let order: [Int]
  private let isPerfect: Bool
  private let whole: UInt8
  /// Products over the dimensions assigned so far.
  private let products: OuterProducts
  let list = OuterList()
  /// Whether a port may be slower than the steps, with the inner part of the least cycles.
  private(set) var isPortBound = false
  private(set) var visits: Int64 = 0
  private(set) var budget: Budget
  private let most: Int
  private(set) var isFull = false

  init(
    _ tables: OuterTables, incumbents: Incumbents, inner: LeastInner, most: Int, budget: Budget
  ) {
    self.budget = budget
    context = tables.context
    self.tables = tables
    self.incumbents = incumbents
    self.inner = inner
    self.most = most
    order = tables.order
    isPerfect = context.isPerfect
    whole = UInt8(truncatingIfNeeded: (1 << context.dimensionCount) - 1)
    products = OuterProducts(tables)
  }

  /// Energy of outer terms, by the set of tensors that the innermost loop leaves in place: at each level
  /// tensors stay that one loop does not move.
  private func energies(
    _ moving: UnsafeMutablePointer<Double>, _ staying: UnsafeMutablePointer<Double>,
    _ rest: UnsafePointer<Double>, isCut: Bool
  ) -> SIMD4<Double> {
    var sum = tables.inner.terms.outerConstant
    var last = SIMD4<Double>(repeating: 0)
    for level in 1..<max(1, context.arrayLevel + 1) {
      var saved = SIMD4<Double>(repeating: 0)
      // Tiles at the border of a level further out may let a tensor stay by half.
      let share = level > 1 && isCut && !isPerfect ? 0.5 : 1.0
      for index in tables.terms.indices where tables.terms[index].child == level {
        let price = tables.terms[index].price
        let least = price * (staying[index] * rest[index])
        let extra = max(0, price * (moving[index] * rest[index]) - least) * share
        sum += least + extra
        saved[Int(tables.terms[index].role.rawValue)] += extra
      }
      if level == context.arrayLevel && context.knowsOuterClass {
        last = context.saved(saved)
      } else {
        sum -= context.mostSaved(saved)
      }
    }
    return SIMD4(repeating: sum) - last
  }

  mutating func run() {
    visit(SIMD8(repeating: 0), 0)
  }

  private mutating func visit(_ numbers: SIMD8<UInt16>, _ position: Int) {
    guard position < order.count else {
      finish(numbers)
      return
    }
    let dimension = order[position]
    let cycles = max(inner.cycles, inner.slowestPort)
    var numbers = numbers
    for number in tables.chains(dimension).indices {
      visits += 1
      budget.spend(2)
      if budget.isSpent { isFull = true }
      if tables.chains(dimension)[number].chain.most[context.arrayLevel] < inner.fronts[dimension] {
        continue
      }
      numbers[dimension] = UInt16(truncatingIfNeeded: number)
      guard products.extend(position, numbers) else { continue }
      let energy =
        inner.energy
        + energies(
          products.moving(position + 1), products.staying(position + 1),
          tables.rest(position + 1), isCut: true
        ).min3
      let total = energy + context.prices.picojoulesPerCycle * cycles
      if incumbents.ruleOut(energy: total, cycles: cycles) { continue }
      visit(numbers, position + 1)
      if isFull { return }
    }
  }

  /// The part whose products are complete.
  private func part(_ numbers: SIMD8<UInt16>) -> OuterPart {
    var part = OuterPart()
    part.chains = numbers
    let level = context.arrayLevel
    for dimension in 0..<context.dimensionCount {
      let chain =
        tables.chains(dimension).baseAddress.unsafelyUnwrapped + Int(numbers[dimension])
      part.least[dimension] = chain.pointee.chain.least[level]
      part.most[dimension] = chain.pointee.chain.most[level]
      let bit = UInt8(1) << UInt8(dimension)
      let count = chain.pointee.chain.counts[level]
      if count == 1 { part.whole |= bit }
      for role in 0..<3 where context.relevant[role] & bit == 0 {
        part.visits[role] *= Double(count)
      }
    }
    let (moving, staying) = (products.moving(order.count), products.staying(order.count))
    let halo = halo(numbers)
    if halo > 1 {
      for (index, term) in tables.terms.enumerated() where term.role == .input && term.child == 1 {
        moving[index] *= halo
        staying[index] *= halo
      }
    }
    part.energies = energies(
      moving, staying, tables.rest(order.count), isCut: part.whole != whole)
    part.ports = PortCycles(repeating: 0) - tables.inner.terms.savedOuter
    for (index, term) in tables.terms.enumerated() {
      part.ports += (term.atParent + term.atChild) * staying[index]
    }
    part.cycles = exposed()
    return part
  }

  /// How much more of the input than its words moves to the outermost level's child at least.
  ///
  /// The innermost loop that moves the input runs along one axis at most, where its sweep moves each
  /// word once. Along all others neighbouring tiles read what they share again, if a loop along an
  /// axis that begins anew finds nothing of what it left.
  private func halo(_ numbers: SIMD8<UInt16>) -> Double {
    var most = 1.0
    var product = 1.0
    for window in context.windowTable.indices {
      let words = context.windowTable.baseAddress.unsafelyUnwrapped + window
      let p = tables.chains(words.pointee.p)[Int(numbers[words.pointee.p])].chain
      let r = tables.chains(words.pointee.r)[Int(numbers[words.pointee.r])].chain
      guard r.counts[1] == 1, words.pointee.all > 0 else { return 1 }
      guard p.counts[1] > 1 else { continue }
      guard
        words.pointee.restartsAfresh(words.pointee.p, step: p.least[1], passes: p.counts[1])
      else { return 1 }
      let share =
        words.pointee.present(
          outputs: Int(p.counts[1]), longestFilter: Int32(words.pointee.filterCount))
        / words.pointee.all
      most = max(most, share)
      product *= share
    }
    return max(1, product / most * (1 - 1e-12))
  }

  /// Cycles of first and last tiles.
  private func exposed() -> Double {
    var cycles = 0.0
    var index = 0
    let transfers = tables.transfers
    let words = products.transferred(order.count)
    while index < transfers.count {
      let level = transfers[index].level
      var fill = PortCycles(repeating: 0)
      var drain = fill
      while index < transfers.count, transfers[index].level == level {
        let transfer = transfers.baseAddress.unsafelyUnwrapped + index
        let words = words[index]
        index += 1
        if transfer.pointee.isSingle {
          // All transfers take turns at the level's own ports.
          fill += transfer.pointee.atChild * words
          continue
        }
        let load = (transfer.pointee.atChild + transfer.pointee.atParent) * words
        if transfer.pointee.role == .output { drain += load } else { fill += load }
      }
      cycles += (fill.largest - 1e-9).rounded(.up) + (drain.largest - 1e-9).rounded(.up)
    }
    return max(0, cycles)
  }

  private mutating func finish(_ numbers: SIMD8<UInt16>) {
    var part = part(numbers)
    let (steps, ports) = (inner.cycles + part.cycles, (part.ports + inner.ports).largest)
    let cycles = max(steps, ports * (1 - 1e-12))
    let energy =
      inner.energy + part.energy + context.prices.picojoulesPerCycle * cycles
    if incumbents.ruleOut(energy: energy, cycles: cycles) { return }
    part.score = incumbents.score(energy: energy, cycles: cycles)
    if list.count >= most {
      isFull = true
      return
    }
    if ports > steps { isPortBound = true }
    list.append(part)
  }

  // MARK: - Some good parts

  /// The most promising parts, found by keeping so many of each step; those around one inner part.
  ///
  /// - Parameter score: what parts are compared by once they are whole.
  mutating func promising(
    width: Int, around center: InnerPart, score: (OuterPart) -> Double
  ) -> [OuterPart] {
    var states = [(chains: SIMD8<UInt16>(repeating: 0), score: 0.0)]
    for (position, dimension) in order.enumerated() {
      var next: [(chains: SIMD8<UInt16>, score: Double)] = []
      for state in states {
        var numbers = state.chains
        for earlier in 0..<position { _ = products.extend(earlier, numbers) }
        for number in tables.chains(dimension).indices {
          visits += 1
          guard tables.chains(dimension)[number].chain.takesIn(center, dimension, context)
          else { continue }
          numbers[dimension] = UInt16(truncatingIfNeeded: number)
          guard products.extend(position, numbers) else { continue }
          let energy =
            inner.energy
            + energies(
              products.moving(position + 1), products.staying(position + 1),
              tables.rest(position + 1), isCut: true
            ).min3
          let cycles = inner.cycles + (position + 1 == order.count ? exposed() : 0)
          next.append(
            (
              numbers,
              incumbents.score(
                energy: energy + context.prices.picojoulesPerCycle * cycles, cycles: cycles)
            ))
        }
      }
      next.sort { $0.score == $1.score ? $0.chains.precedes($1.chains) : $0.score < $1.score }
      states = Array(next.prefix(width))
    }
    var seen: Set<SIMD8<UInt16>> = []
    var found: [OuterPart] = []
    for state in states.prefix(Self.walks) {
      if let part = improved(state.chains, around: center, score, &seen) { found.append(part) }
    }
    return found.sorted { $0.precedes($1) }
  }

  /// Parts that are made better step by step.
  private static let walks = 6

  private func scored(
    _ numbers: SIMD8<UInt16>, from first: Int, _ score: (OuterPart) -> Double
  ) -> OuterPart? {
    for position in first..<order.count where !products.extend(position, numbers) { return nil }
    var part = part(numbers)
    part.score = score(part)
    return part
  }

  /// Changes the cut of one dimension at a time as long as that helps; `nil` on coming to where an
  /// earlier walk was.
  private func improved(
    _ numbers: SIMD8<UInt16>, around center: InnerPart, _ score: (OuterPart) -> Double,
    _ seen: inout Set<SIMD8<UInt16>>
  ) -> OuterPart? {
    guard seen.insert(numbers).inserted, var best = scored(numbers, from: 0, score)
    else { return nil }
    var changed = true
    while changed {
      changed = false
      for (position, dimension) in order.enumerated() {
        var closest = best
        for number in tables.chains(dimension).indices
        where tables.chains(dimension)[number].chain.takesIn(center, dimension, context) {
          var chosen = best.chains
          if chosen[dimension] == UInt16(truncatingIfNeeded: number) { continue }
          chosen[dimension] = UInt16(truncatingIfNeeded: number)
          if let part = scored(chosen, from: position, score), part.precedes(closest) {
            closest = part
          }
        }
        if closest.chains != best.chains {
          best = closest
          changed = true
          if !seen.insert(best.chains).inserted { return nil }
        }
        _ = products.extend(position, best.chains)
      }
    }
    return best
  }
}
