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

  /// The least of all of some parts.
  init(_ parts: [InnerPart], slowestPort: Double) {
    self.slowestPort = slowestPort
    for index in parts.indices {
      energy = min(energy, parts[index].energy)
      cycles = min(cycles, parts[index].cycles)
      ports = pointwiseMin(
        ports,
        pointwiseMin(
          parts[index].ports.0, pointwiseMin(parts[index].ports.1, parts[index].ports.2)))
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
  private(set) var parts: [OuterPart] = []
  private(set) var visits: Int64 = 0
  private(set) var budget: Budget
  private let most: Int
  private(set) var isFull = false

  private struct State {
    var chains = SIMD8<UInt16>(repeating: 0)
    /// Dimensions (bits) that are assigned.
    var assigned: UInt8 = 0
    var moving: TermVector
    var staying: TermVector
    var score = 0.0
  }

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
  }

  private var start: State {
    // What no dimension of more than one index adds: counts of tensors that are there.
    var words = TermVector(repeating: 1)
    for (index, term) in tables.terms.enumerated() where term.role == .input {
      words[index] = context.windows.reduce(1) { $0 * $1.all }
    }
    return State(moving: words, staying: words)
  }

  @inline(__always)
  private func extended(_ state: State, _ dimension: Int, _ number: Int) -> State {
    var next = state
    let entry = tables.chains(dimension).baseAddress.unsafelyUnwrapped + number
    next.chains[dimension] = UInt16(truncatingIfNeeded: number)
    next.assigned |= 1 << UInt8(dimension)
    next.moving *= entry.pointee.moving
    next.staying *= entry.pointee.staying
    return next
  }

  /// Energy of outer terms: at each level tensors stay that one loop leaves in place.
  private func energy(_ moving: TermVector, _ staying: TermVector, isCut: Bool) -> Double {
    var sum = tables.inner.terms.outerConstant
    for level in 1..<max(1, context.arrayLevel + 1) {
      var saved = SIMD4<Double>(repeating: 0)
      // Tiles at the border of a level further out may let a tensor stay by half.
      let share = level > 1 && isCut && !isPerfect ? 0.5 : 1.0
      for (index, term) in tables.terms.enumerated() where term.child == level {
        let least = term.price * staying[index]
        let extra = max(0, term.price * moving[index] - least) * share
        sum += least + extra
        saved[Int(term.role.rawValue)] += extra
      }
      sum -= context.mostSaved(saved)
    }
    return sum
  }

  mutating func run() { visit(start, 0) }

  private mutating func visit(_ state: State, _ position: Int) {
    guard position < order.count else {
      finish(state)
      return
    }
    let dimension = order[position]
    let rest = tables.rests[position + 1]
    let cycles = max(inner.cycles, inner.slowestPort)
    for number in tables.chains(dimension).indices {
      visits += 1
      budget.spend(2)
      if budget.isSpent { isFull = true }
      let next = extended(state, dimension, number)
      if !fits(next) { continue }
      let energy = inner.energy + energy(next.moving * rest, next.staying * rest, isCut: true)
      let total = energy + context.prices.picojoulesPerCycle * cycles
      if incumbents.ruleOut(energy: total, cycles: cycles) { continue }
      visit(next, position + 1)
      if isFull { return }
    }
  }

  /// A dimension's extent in the smallest tile of a level; one index where it is not assigned yet.
  @inline(__always)
  private func least(_ state: State, _ dimension: Int, _ level: Int) -> Int32 {
    guard state.assigned & (1 << UInt8(dimension)) != 0 else { return 1 }
    return tables.chains(dimension)[Int(state.chains[dimension])].chain.least[level]
  }

  /// Whether the smallest tiles fit, dimensions not assigned being single indices.
  private func fits(_ state: State) -> Bool {
    var used = 0.0
    var level = 0
    for footprint in tables.footprints {
      if footprint.level != level {
        level = footprint.level
        used = 0
      }
      let words = context.firstWords(footprint.role) { least(state, $0, level) }
      let bits = words * footprint.bits
      used = footprint.isShared ? used + bits : bits
      if used > footprint.available { return false }
    }
    return true
  }

  /// The part of a full assignment.
  private func part(_ state: State) -> OuterPart {
    var part = OuterPart()
    part.chains = state.chains
    let level = context.arrayLevel
    for dimension in 0..<context.dimensionCount {
      let chain =
        tables.chains(dimension).baseAddress.unsafelyUnwrapped
        + Int(state.chains[dimension])
      part.least[dimension] = chain.pointee.chain.least[level]
      part.most[dimension] = chain.pointee.chain.most[level]
      let bit = UInt8(1) << UInt8(dimension)
      let count = chain.pointee.chain.counts[level]
      if count == 1 { part.whole |= bit }
      for role in 0..<3 where context.relevant[role] & bit == 0 {
        part.visits[role] *= Double(count)
      }
    }
    var (moving, staying) = (state.moving, state.staying)
    let halo = halo(state)
    if halo > 1 {
      for (index, term) in tables.terms.enumerated() where term.role == .input && term.child == 1 {
        moving[index] *= halo
        staying[index] *= halo
      }
    }
    part.energy = energy(moving, staying, isCut: part.whole != whole)
    part.ports = PortCycles(repeating: 0) - tables.inner.terms.savedOuter
    for (index, term) in tables.terms.enumerated() {
      part.ports += (term.atParent + term.atChild) * staying[index]
    }
    part.cycles = exposed(state)
    return part
  }

  /// How much more of the input than its words moves to the outermost level's child at least.
  ///
  /// The innermost loop that moves the input runs along one axis at most, where its sweep moves each
  /// word once. Along all others neighbouring tiles read what they share again, if a loop along an
  /// axis that begins anew finds nothing of what it left.
  private func halo(_ state: State) -> Double {
    var most = 1.0
    var product = 1.0
    for window in context.windowTable.indices {
      let words = context.windowTable.baseAddress.unsafelyUnwrapped + window
      let p = tables.chains(words.pointee.p)[Int(state.chains[words.pointee.p])].chain
      let r = tables.chains(words.pointee.r)[Int(state.chains[words.pointee.r])].chain
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
  private func exposed(_ state: State) -> Double {
    var cycles = 0.0
    var index = 0
    let transfers = tables.transfers
    while index < transfers.count {
      let level = transfers[index].level
      var fill = PortCycles(repeating: 0)
      var drain = fill
      while index < transfers.count, transfers[index].level == level {
        let transfer = transfers[index]
        index += 1
        // The last output tile may be shorter.
        let isCutOff = transfer.role == .output && !isPerfect
        let words = context.firstWords(transfer.role) { dimension in
          let chain =
            tables.chains(dimension).baseAddress.unsafelyUnwrapped
            + Int(state.chains[dimension])
          return isCutOff && chain.pointee.chain.counts[level] > 1
            ? 1 : chain.pointee.chain.least[level]
        }
        if transfer.isSingle {
          // All transfers take turns at the level's own ports.
          fill += transfer.atChild * words
          continue
        }
        let load = (transfer.atChild + transfer.atParent) * words
        if transfer.role == .output { drain += load } else { fill += load }
      }
      cycles += (fill.max() - 1e-9).rounded(.up) + (drain.max() - 1e-9).rounded(.up)
    }
    return max(0, cycles)
  }

  private mutating func finish(_ state: State) {
    var part = part(state)
    let cycles = max(inner.cycles + part.cycles, (part.ports + inner.ports).max() * (1 - 1e-12))
    let energy =
      inner.energy + part.energy + context.prices.picojoulesPerCycle * cycles
    if incumbents.ruleOut(energy: energy, cycles: cycles) { return }
    part.score = incumbents.score(energy: energy, cycles: cycles)
    if parts.count >= most {
      isFull = true
      return
    }
    parts.append(part)
  }

  // MARK: - Some good parts

  /// The most promising parts, found by keeping so many of each step.
  mutating func promising(
    width: Int, around center: InnerPart, score: (OuterPart) -> Double
  ) -> [OuterPart] {
    var states = [start]
    for (position, dimension) in order.enumerated() {
      var next: [State] = []
      let rest = tables.rests[position + 1]
      for state in states {
        for number in tables.chains(dimension).indices {
          visits += 1
          guard tables.chains(dimension)[number].chain.takesIn(center, dimension, context)
          else { continue }
          var longer = extended(state, dimension, number)
          guard fits(longer) else { continue }
          let energy =
            inner.energy + energy(longer.moving * rest, longer.staying * rest, isCut: true)
          let cycles = inner.cycles + (position + 1 == order.count ? exposed(longer) : 0)
          longer.score = incumbents.score(
            energy: energy + context.prices.picojoulesPerCycle * cycles, cycles: cycles)
          next.append(longer)
        }
      }
      next.sort { $0.score == $1.score ? $0.chains.precedes($1.chains) : $0.score < $1.score }
      states = Array(next.prefix(width))
    }
    return states.map { improved($0, around: center, score) }.sorted { $0.precedes($1) }
  }

  private func scored(_ state: State, _ score: (OuterPart) -> Double) -> OuterPart {
    var part = self.part(state)
    part.score = score(part)
    return part
  }

  /// Changes the cut of one dimension at a time as long as that helps.
  private func improved(
    _ state: State, around center: InnerPart, _ score: (OuterPart) -> Double
  ) -> OuterPart {
    var best = scored(state, score)
    var changed = true
    while changed {
      changed = false
      for dimension in order {
        for number in tables.chains(dimension).indices
        where tables.chains(dimension)[number].chain.takesIn(center, dimension, context) {
          var chosen = best.chains
          if chosen[dimension] == UInt16(number) { continue }
          chosen[dimension] = UInt16(number)
          var other = start
          for dimension in order { other = extended(other, dimension, Int(chosen[dimension])) }
          guard fits(other) else { continue }
          let part = scored(other, score)
          if part.precedes(best) {
            best = part
            changed = true
          }
        }
      }
    }
    return best
  }
}
