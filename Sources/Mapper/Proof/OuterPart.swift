internal import Accelerators
internal import Dataflow
internal import Ops

/// How one dimension is cut above the array level: of each level the extents a tile may have.
///
/// With perfect factors the two extents are the same; with imperfect ones all tiles between them are
/// the same number at least.
struct OuterChain: Sendable {
  var least = SIMD16<Int32>(repeating: 1)
  var most = SIMD16<Int32>(repeating: 1)
  /// Of each level, tiles along the dimension, at least.
  var counts = SIMD16<Int32>(repeating: 1)

  /// The chains of a dimension.
  ///
  /// - Parameter longest: of each level, the longest tile of the dimension that fits.
  static func all(
    of dimension: Int, _ context: ProofContext, longest: [Int32]
  ) -> [OuterChain] {
    let bound = context.bounds[dimension]
    let whole = OuterChain(
      least: SIMD16(repeating: bound), most: SIMD16(repeating: bound))
    var chains = [whole]
    let bit = UInt8(1) << UInt8(dimension)
    let ranges = context.isPerfect ? divisors(of: bound) : intervals(of: bound)
    for level in 0..<context.arrayLevel {
      let rules = context.space.levels[level]
      chains = chains.flatMap { chain -> [OuterChain] in
        ranges.compactMap { range in
          let (entered, next) = (chain.most[level], chain.least[level])
          guard range.lowerBound <= entered, range.lowerBound <= longest[level + 1] else {
            return nil
          }
          if rules.temporal & bit == 0, range.lowerBound > entered || range.upperBound < next {
            return nil
          }
          if context.isPerfect {
            guard entered % range.lowerBound == 0 else { return nil }
            let passes = entered / range.lowerBound
            guard rules.temporalPasses[dimension].contains(passes) else { return nil }
          }
          var longer = chain
          longer.least[level + 1] = range.lowerBound
          longer.most[level + 1] = min(range.upperBound, entered)
          longer.counts[level + 1] = (bound - 1) / range.upperBound + 1
          return longer
        }
      }
    }
    return chains
  }

  /// Whether an inner part's tile may be cut from this chain's.
  func takesIn(_ part: InnerPart, _ dimension: Int, _ context: ProofContext) -> Bool {
    let level = context.arrayLevel
    let front = part.leastFront[dimension]
    if front > most[level] { return false }
    if context.isPerfect && least[level] % front != 0 { return false }
    let bit = UInt8(1) << UInt8(dimension)
    return context.space.levels[level].temporal & bit != 0
      || least[level] <= part.mostFront[dimension]
  }

  private static func divisors(of bound: Int32) -> [ClosedRange<Int32>] {
    (1...bound).filter { bound % $0 == 0 }.map { $0...$0 }
  }

  /// Extents that cut a bound into the same number of tiles.
  private static func intervals(of bound: Int32) -> [ClosedRange<Int32>] {
    var found: [ClosedRange<Int32>] = []
    var most = bound
    while most >= 1 {
      let count = (bound - 1) / most + 1
      let least = (bound - 1) / count + 1
      found.append(least...most)
      most = least - 1
    }
    return found
  }
}

/// One way to cut all dimensions above the array level, with lower bounds of what it costs.
struct OuterPart {
  /// Of each dimension, the number of its chain.
  var chains = SIMD8<UInt16>(repeating: 0)
  /// Of each dimension, the extents of the tile that enters the array level.
  var least = SIMD8<Int32>(repeating: 1)
  var most = SIMD8<Int32>(repeating: 1)
  /// Of each tensor, tiles at the array level along the dimensions that do not move it.
  var visits = SIMD4<Double>(repeating: 1)
  /// Dimensions (bits) that are not cut.
  var whole: UInt8 = 0
  var energy = 0.0
  /// Cycles of first and last tiles.
  var cycles = 0.0
  var ports = PortCycles(repeating: 0)
  var score = 0.0

  func precedes(_ other: OuterPart) -> Bool {
    score == other.score ? chains.precedes(other.chains) : score < other.score
  }
}

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
    for part in parts {
      energy = min(energy, part.energy)
      cycles = min(cycles, part.cycles)
      ports = pointwiseMin(
        ports, pointwiseMin(part.ports.0, pointwiseMin(part.ports.1, part.ports.2)))
    }
  }
}

/// Finds the outer parts that bounds do not rule out.
struct OuterSearch {
  let context: ProofContext
  let tables: InnerTables
  private let incumbents: Incumbents
  /// The least that the inner part adds.
  private let inner: LeastInner
  let chains: [[OuterChain]]
  private let order: [Int]
  private(set) var parts: [OuterPart] = []
  private(set) var visits: Int64 = 0
  private(set) var budget: Budget
  private let most: Int
  private(set) var isFull = false

  private struct State {
    var chains = SIMD8<UInt16>(repeating: 0)
    var moving: TermVector
    var staying: TermVector
    var score = 0.0
  }

  init(
    _ tables: InnerTables, chains: [[OuterChain]], incumbents: Incumbents,
    inner: LeastInner, most: Int, budget: Budget
  ) {
    self.budget = budget
    context = tables.context
    self.tables = tables
    self.chains = chains
    self.incumbents = incumbents
    self.inner = inner
    self.most = most
    order = (0..<context.dimensionCount).sorted {
      (chains[$0].count, $0) < (chains[$1].count, $1)
    }
  }

  /// What every outer part adds at least: each tensor moves once.
  static func least(_ tables: InnerTables) -> LeastOuter {
    let context = tables.context
    let words = { (role: TensorRole) -> Double in
      switch role {
      case .weight: context.distinctWeights
      case .input: context.distinctInputs
      case .output: context.distinctOutputs
      }
    }
    var least = LeastOuter(energy: tables.terms.outerConstant)
    least.ports = PortCycles(repeating: 0) - tables.terms.savedOuter
    for term in tables.terms.outer {
      least.energy += max(0, term.price) * words(term.role)
      least.ports += (term.atParent + term.atChild) * words(term.role)
    }
    var all = least.ports - tables.terms.savedInner
    for term in tables.inner where term.parent <= context.arrayLevel {
      all += term.atParent * words(term.role)
    }
    least.slowestPort = all.max() * (1 - 1e-12)
    return least
  }

  private var start: State {
    // What no dimension of more than one index adds: counts of tensors that are there.
    var words = TermVector(repeating: 1)
    for (index, term) in tables.terms.outer.enumerated() where term.role == .input {
      words[index] = context.windows.reduce(1) { $0 * $1.all }
    }
    return State(moving: words, staying: words)
  }

  private func extended(_ state: State, _ dimension: Int, _ number: Int) -> State {
    var next = state
    let chain = chains[dimension][number]
    next.chains[dimension] = UInt16(number)
    for (index, term) in tables.terms.outer.enumerated() {
      if context.isRelevant(dimension, to: term.role) {
        if term.role == .input && context.isInWindow(dimension) {
          next.moving[index] *= again(dimension, chain, term.child)
          continue
        }
        let words = context.words(term.role, along: dimension)
        next.moving[index] *= words
        next.staying[index] *= words
      } else {
        next.moving[index] *= Double(chain.counts[term.child])
      }
    }
    return next
  }

  /// The share of an axis's words that moves at each further sweep over it.
  private func again(_ dimension: Int, _ chain: OuterChain, _ level: Int) -> Double {
    guard chain.counts[level] > 1 else { return 1 }
    guard let window = context.windowOfOutputs[dimension].map({ context.windows[$0] }),
      window.all > 0
    else { return 0 }
    // One loop by itself may come back to where nothing is held.
    if level == 1,
      window.restartsAfresh(dimension, step: chain.least[1], passes: chain.counts[1])
    {
      return 1
    }
    return window.again(isCut: true, isFilterCut: false) / window.all
  }

  /// The least words of dimensions not assigned yet.
  private func rest(_ assigned: Int) -> TermVector {
    var words = TermVector(repeating: 1)
    for dimension in order[assigned...] {
      for (index, term) in tables.terms.outer.enumerated()
      where context.isRelevant(dimension, to: term.role) {
        if term.role == .input && context.isInWindow(dimension) { continue }
        words[index] *= context.words(term.role, along: dimension)
      }
    }
    return words
  }

  /// Energy of outer terms: at each level at most one tensor stays.
  private func energy(_ moving: TermVector, _ staying: TermVector, isCut: Bool) -> Double {
    var sum = tables.terms.outerConstant
    for level in 1..<max(1, context.arrayLevel + 1) {
      var saved = SIMD4<Double>(repeating: 0)
      for (index, term) in tables.terms.outer.enumerated() where term.child == level {
        // Tiles at the border of a level further out may let a tensor stay by half.
        let share = level > 1 && isCut && !context.isPerfect ? 0.5 : 1.0
        let least = term.price * staying[index]
        let extra = max(0, term.price * moving[index] - least) * share
        sum += least + max(0, extra)
        saved[Int(term.role.rawValue)] += max(0, extra)
      }
      sum -= context.mostSaved(saved)
    }
    return sum
  }

  mutating func run() {
    rests = (0...order.count).map { rest($0) }
    visit(start, 0)
  }

  private var rests: [TermVector] = []

  private mutating func visit(_ state: State, _ position: Int) {
    guard position < order.count else {
      finish(state)
      return
    }
    let dimension = order[position]
    for number in chains[dimension].indices {
      visits += 1
      budget.spend(4)
      if budget.isSpent { isFull = true }
      let next = extended(state, dimension, number)
      let rest = rests[position + 1]
      let energy =
        inner.energy + energy(next.moving * rest, next.staying * rest, isCut: true)
      let cycles = max(inner.cycles, inner.slowestPort)
      let total = energy + context.prices.picojoulesPerCycle * cycles
      if incumbents.ruleOut(energy: total, cycles: cycles) { continue }
      if !fits(next, position + 1) { continue }
      visit(next, position + 1)
      if isFull { return }
    }
  }

  /// Whether the smallest tiles fit, dimensions not assigned being single indices.
  private func fits(_ state: State, _ assigned: Int) -> Bool {
    let known = order[..<assigned]
    for level in 1..<max(1, context.arrayLevel + 1) {
      guard let memory = context.space.hierarchy.levels[level].memory else { continue }
      var shared = 0.0
      for role in tables.keeps[level].members {
        let words = context.firstWords(role) { dimension in
          known.contains(dimension)
            ? chains[dimension][Int(state.chains[dimension])].least[level] : 1
        }
        let bits =
          words * Double(context.space.widthBits(role, level: level, outermostReduction: nil))
        shared += bits
        if case .partitions(let available) = memory.capacity,
          bits > Double(available[role] ?? 0)
        {
          return false
        }
      }
      if case .shared(let available) = memory.capacity, shared > Double(available) { return false }
    }
    return true
  }

  /// The part of a full assignment.
  private func part(_ state: State) -> OuterPart {
    var part = OuterPart()
    part.chains = state.chains
    let level = context.arrayLevel
    for dimension in 0..<context.dimensionCount {
      let chain = chains[dimension][Int(state.chains[dimension])]
      part.least[dimension] = chain.least[level]
      part.most[dimension] = chain.most[level]
      let bit = UInt8(1) << UInt8(dimension)
      if chain.counts[level] == 1 { part.whole |= bit }
      for role in 0..<3 where context.relevant[role] & bit == 0 {
        part.visits[role] *= Double(chain.counts[level])
      }
    }
    part.energy = energy(
      state.moving, state.staying, isCut: part.whole != UInt8((1 << context.dimensionCount) - 1))
    part.ports = PortCycles(repeating: 0) - tables.terms.savedOuter
    for (index, term) in tables.terms.outer.enumerated() {
      part.ports += (term.atParent + term.atChild) * state.staying[index]
    }
    part.cycles = exposed(state)
    return part
  }

  private func exposed(_ state: State) -> Double {
    var cycles = 0.0
    for level in 1..<max(1, context.arrayLevel + 1) {
      var fill = PortCycles(repeating: 0)
      var drain = fill
      for transfer in tables.ending[level] where transfer.isTimed {
        // The last output tile may be shorter.
        let isCutOff = transfer.role == .output && !context.isPerfect
        let words = context.firstWords(transfer.role) { dimension in
          let chain = chains[dimension][Int(state.chains[dimension])]
          return isCutOff && chain.counts[level] > 1 ? 1 : chain.least[level]
        }
        if context.space.array.levels[level].memory?.buffering == .single {
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

  /// The most promising parts, found by keeping so many of each step.
  mutating func promising(
    width: Int, around center: InnerPart, score: (OuterPart) -> Double
  ) -> [OuterPart] {
    rests = (0...order.count).map { rest($0) }
    var states = [start]
    for (position, dimension) in order.enumerated() {
      var next: [State] = []
      for state in states {
        for number in chains[dimension].indices {
          visits += 1
          guard chains[dimension][number].takesIn(center, dimension, context) else { continue }
          var longer = extended(state, dimension, number)
          guard fits(longer, position + 1) else { continue }
          let rest = rests[position + 1]
          let energy =
            inner.energy + energy(longer.moving * rest, longer.staying * rest, isCut: true)
          let cycles = inner.cycles + exposed(longer, position + 1)
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
        for number in chains[dimension].indices
        where chains[dimension][number].takesIn(center, dimension, context) {
          var chosen = best.chains
          if chosen[dimension] == UInt16(number) { continue }
          chosen[dimension] = UInt16(number)
          var other = start
          for dimension in order { other = extended(other, dimension, Int(chosen[dimension])) }
          guard fits(other, order.count) else { continue }
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

  /// Cycles of first and last tiles where dimensions not assigned yet are single indices.
  private func exposed(_ state: State, _ assigned: Int) -> Double {
    assigned == order.count ? exposed(state) : 0
  }
}
