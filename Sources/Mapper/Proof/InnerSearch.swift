internal import Ops

/// Finds the inner parts that bounds do not rule out.
struct InnerSearch {
  let tables: InnerTables
  let context: ProofContext
  let incumbents: Incumbents
  /// The least that the outer part adds.
  let outer: LeastOuter
  let picojoulesPerCycle: Double
  /// Cycles of the slowest port if every tensor moves once.
  let leastPorts: Double
  private let count: Int
  let isPerfect: Bool
  /// What is the same for all parts: energy, tables of variables, memories.
  let constant: Double
  private let variables: UnsafeBufferPointer<InnerVariable>
  private let footprints: UnsafeBufferPointer<InnerTables.Footprint>
  private let available: UnsafeBufferPointer<Double>
  let least: LeastFactors
  private let sizeX: SIMD4<Int32>
  private let sizeY: SIMD4<Int32>
  let roles: RoleTerms
  let savings: Savings
  let ports: SharedPorts
  /// Of the variables from one on, the largest border shares.
  let openShares: [BorderShares]
  /// Of the variables from one on, the tensors (bits) that some of them does not move.
  let openRoles: [UInt8]
  private(set) var parts: [InnerPart] = []
  private(set) var visits: Int64 = 0
  private(set) var budget: Budget
  /// More parts than this are not listed.
  private let most: Int
  private(set) var isFull = false

  /// What has been assigned so far.
  struct State {
    var chains = SIMD8<UInt16>(repeating: 0)
    var moving = TermVector(repeating: 1)
    var staying = TermVector(repeating: 1)
    var sizes = TermVector(repeating: 1)
    /// Words of terms that deeper loops move, and which these are (``InnerVariable/stops``).
    var deep = TermVector(repeating: 1)
    var stops = TermVector(repeating: 0)
    /// Children that no access serves together, by term that ``Savings`` lists.
    var apart = SIMD4<Double>(repeating: 1)
    var leftX: SIMD4<Int32>
    var leftY: SIMD4<Int32>
    var steps = 1.0
    /// The largest of the chains' border shares.
    var shares = BorderShares()
  }

  init(
    _ tables: InnerTables, incumbents: Incumbents, outer: LeastOuter, most: Int,
    budget: Budget
  ) {
    self.budget = budget
    self.tables = tables
    self.incumbents = incumbents
    self.outer = outer
    self.most = most
    context = tables.context
    leastPorts = outer.slowestPort
    picojoulesPerCycle = context.prices.picojoulesPerCycle
    count = tables.variables.count
    isPerfect = context.isPerfect
    variables = tables.variables
    footprints = tables.footprintTable
    available = tables.availableTable
    least = tables.least
    var (sizeX, sizeY) = (SIMD4<Int32>(repeating: 1), SIMD4<Int32>(repeating: 1))
    for (slot, level) in context.fanouts.enumerated() {
      sizeX[slot] = context.space.levels[level].sizeX
      sizeY[slot] = context.space.levels[level].sizeY
    }
    (self.sizeX, self.sizeY) = (sizeX, sizeY)
    roles = RoleTerms(tables)
    savings = tables.savings
    ports = SharedPorts(tables, outer)
    constant = tables.terms.constant + outer.energy
    var (open, unmoved) = ([BorderShares()], [UInt8(0)])
    for variable in tables.variables.reversed() {
      open.append(BorderShares.most(open[open.count - 1], variable.mostShares))
      unmoved.append(unmoved[unmoved.count - 1] | ~variable.movedRoles)
    }
    openShares = open.reversed()
    openRoles = unmoved.reversed()
  }

  /// Energy and cycles of all parts, at least.
  var leastFigures: (energy: Double, cycles: Double) {
    var start = start
    let bounds = bounds(&start, 0)
    var least = (energy: Double.infinity, cycles: Double.infinity)
    for number in 0..<3 where bounds.cycles[number] < .infinity {
      let cycles = bounds.cycles[number]
      least.energy = min(least.energy, bounds.energies[number] - picojoulesPerCycle * cycles)
      least.cycles = min(least.cycles, cycles)
    }
    return least
  }

  private var start: State { State(leftX: sizeX, leftY: sizeY) }

  /// Adds a chain of the next variable; `false` where it does not fit.
  @inline(__always)
  private func extend(
    _ state: UnsafePointer<State>, _ variable: Int, _ chain: Int, row: Int,
    into next: UnsafeMutablePointer<State>
  ) -> Bool {
    let own = variables[variable]
    let entry = row * own.count + chain
    guard
      grow(
        state, own.passesX[chain], own.passesY[chain],
        (own.sizes + entry, own.moving + entry, own.staying + entry), steps: own.steps[chain],
        into: next)
    else { return false }
    next.pointee.apart = state.pointee.apart * own.apart[chain]
    if isPerfect {
      if roles.anyStop { next.pointee.stops = larger(state.pointee.stops, own.stops[chain]) }
      if roles.anyDeep { next.pointee.deep = state.pointee.deep * own.deep[entry] }
    } else {
      // The innermost loop that moves a tensor may be of any dimension that does.
      next.pointee.shares = BorderShares.most(state.pointee.shares, own.shares[chain])
    }
    next.pointee.chains = state.pointee.chains
    next.pointee.chains[variable] = UInt16(truncatingIfNeeded: chain)
    return true
  }

  /// Takes in what a chain contributes, or the least of several; `false` where that does not fit.
  ///
  /// - Parameters:
  ///   - x: passes along x of each fan-out, and `y` along y.
  ///   - table: words that tiles hold, and factors of each term.
  @inline(__always)
  private func grow(
    _ state: UnsafePointer<State>, _ x: SIMD4<Int32>, _ y: SIMD4<Int32>,
    _ table: (
      sizes: UnsafeMutablePointer<TermVector>, moving: UnsafeMutablePointer<TermVector>,
      staying: UnsafeMutablePointer<TermVector>
    ), steps: Double, into next: UnsafeMutablePointer<State>
  ) -> Bool {
    if any(x .> state.pointee.leftX) || any(y .> state.pointee.leftY) { return false }
    next.pointee.sizes = state.pointee.sizes * table.sizes.pointee
    if !fits(&next.pointee.sizes) { return false }
    // Most chains unroll over the array level alone.
    next.pointee.leftX = state.pointee.leftX / x
    next.pointee.leftY = state.pointee.leftY / y
    next.pointee.moving = state.pointee.moving * table.moving.pointee
    next.pointee.staying = state.pointee.staying * table.staying.pointee
    next.pointee.steps = state.pointee.steps * steps
    return true
  }

  /// Whether any chain of a group may fit and be wanted.
  @inline(__always)
  private func isWanted(
    _ state: UnsafePointer<State>, _ variable: Int, _ number: Int, row: Int,
    _ next: UnsafeMutablePointer<State>
  ) -> Bool {
    let own = variables[variable]
    let group = own.groups[number]
    let x = own.passesX[group.start]
    if !group.isLarge {
      return all(x .<= state.pointee.leftX) && all(group.y .<= state.pointee.leftY)
    }
    let entry = row * own.groups.count + number
    guard
      grow(
        state, x, group.y,
        (own.groupSizes + entry, own.groupMoving + entry, own.groupStaying + entry),
        steps: group.steps, into: next)
    else { return false }
    next.pointee.chains = state.pointee.chains
    next.pointee.chains[variable] = .max
    next.pointee.apart = state.pointee.apart * group.apart
    if isPerfect {
      if roles.anyStop { next.pointee.stops = state.pointee.stops }
      if roles.anyDeep { next.pointee.deep = next.pointee.moving }
    } else {
      next.pointee.shares = BorderShares.most(state.pointee.shares, group.shares)
    }
    return areWanted(bounds(next, variable + 1))
  }

  /// Whether the words known so far fit all memories.
  @inline(__always)
  private func fits(_ sizes: inout TermVector) -> Bool {
    withUnsafePointer(to: &sizes) {
      fits(UnsafeRawPointer($0).assumingMemoryBound(to: Double.self))
    }
  }

  @inline(__always)
  private func fits(_ sizes: UnsafePointer<Double>) -> Bool {
    var used = 0.0
    var memory = -1
    for index in footprints.indices {
      let footprint = footprints[index]
      if footprint.memory != memory {
        memory = footprint.memory
        used = 0
      }
      used += sizes[index] * footprint.bits
      if used > available[memory] { return false }
    }
    return true
  }

  @inline(__always)
  private func row(_ state: UnsafePointer<State>, _ variable: Int) -> Int {
    let own = variables[variable]
    return own.partner < 0 ? 0 : Int(state.pointee.chains[own.partner])
  }

  // MARK: - All parts

  /// Lists all parts that the incumbents do not rule out.
  mutating func run() {
    withUnsafeTemporaryAllocation(of: State.self, capacity: count + 1) { states in
      states.initialize(repeating: start)
      if let first = states.baseAddress { visit(first, 0) }
    }
  }

  /// - Parameter state: what is assigned; the places behind it are free.
  private mutating func visit(_ state: UnsafeMutablePointer<State>, _ variable: Int) {
    guard variable < count else {
      finish(state)
      return
    }
    let row = row(state, variable)
    variables[variable].fillGroups(row: row)
    let groups = variables[variable].groups
    for number in groups.indices {
      visits += 1
      budget.spend(1)
      if budget.isSpent { isFull = true }
      guard isWanted(state, variable, number, row: row, state + 1) else { continue }
      for chain in groups[number].start..<groups[number].end {
        visits += 1
        budget.spend(1)
        guard extend(state, variable, chain, row: row, into: state + 1) else { continue }
        guard areWanted(bounds(state + 1, variable + 1)) else { continue }
        visit(state + 1, variable + 1)
        if isFull { return }
      }
    }
  }

  private mutating func finish(_ state: UnsafePointer<State>) {
    var part = InnerPart()
    guard fill(&part, state) else { return }
    if parts.count >= most {
      isFull = true
      return
    }
    parts.append(part)
  }

  // MARK: - Some good parts

  /// One way to go on from a part that is assigned so far.
  private struct Step {
    var score: Double
    var state: Int
    var chain: Int

    /// Of steps that promise the same, those come first that are unrolled most.
    func precedes(_ other: Step) -> Bool {
      score == other.score ? chain > other.chain : score < other.score
    }
  }

  /// The most promising parts, found by keeping so many of each step.
  mutating func promising(width: Int) -> [InnerPart] {
    var states = [start]
    for variable in 0..<count {
      // The best steps, in order.
      var steps: [Step] = []
      steps.reserveCapacity(width + 1)
      var longer = start
      for index in states.indices {
        let row = row(&states[index], variable)
        for chain in 0..<variables[variable].count {
          visits += 1
          guard extend(&states[index], variable, chain, row: row, into: &longer) else { continue }
          let score = bounds(&longer, variable + 1).score(incumbents)
          if score == .infinity { continue }
          let step = Step(score: score, state: index, chain: chain)
          var place = steps.count
          while place > 0, step.precedes(steps[place - 1]) { place -= 1 }
          if place == width { continue }
          if steps.count == width { steps.removeLast() }
          steps.insert(step, at: place)
        }
      }
      states = steps.map { step in
        let row = row(&states[step.state], variable)
        _ = extend(&states[step.state], variable, step.chain, row: row, into: &longer)
        return longer
      }
    }
    var parts: [InnerPart] = []
    for index in states.indices {
      var part = InnerPart()
      if fill(&part, &states[index]) { parts.append(part) }
    }
    return parts.sorted { $0.precedes($1) }
  }
}

extension SIMD8<UInt16> {
  /// A number for a total order.
  private var key: SIMD2<UInt64> { unsafeBitCast(self, to: SIMD2<UInt64>.self) }

  func precedes(_ other: SIMD8<UInt16>) -> Bool {
    (key.x, key.y) < (other.key.x, other.key.y)
  }
}
