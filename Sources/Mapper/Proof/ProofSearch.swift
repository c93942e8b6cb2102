internal import Accelerators
internal import Dataflow
internal import Ops

/// Finds the best mapping of a space, and proves that none is better.
///
/// Branch and bound from the outside in: a part is the loops of the outer levels; its figures are
/// lower bounds of what they cost, and ``BoundTables`` bound what any inner part adds. Parts whose
/// bound the incumbents rule out are left; mappings that remain are evaluated exactly.
struct ProofSearch {
  let context: ProofContext
  var incumbents: Incumbents
  /// Parts of mappings and mappings looked at.
  var evaluations: Int64 = 0
  /// Parts looked at after which the search gives up.
  private let effort: Int64
  let evaluator: MappingEvaluator
  var orderings: [LoopOrderings]
  var inputs: InputMoves
  /// The loops in time chosen so far, outermost first.
  var loops: [InputMoves.Loop] = []
  var path: [ChosenLevel]

  /// - Parameter effort: parts looked at after which the search gives up.
  init(_ context: ProofContext, goal: SearchGoal, effort: Int64 = .max) {
    self.context = context
    self.effort = effort
    incumbents = Incumbents(goal)
    evaluator = MappingEvaluator(context.space.problem, on: context.space.array)
    orderings = context.space.levels.indices.map { LoopOrderings(context, level: $0) }
    inputs = InputMoves(
      context.space.problem, lattice: context.lattice,
      storesPadding: context.space.array.switches.storesPadding)
    path = Array(repeating: ChosenLevel(), count: context.space.levels.count)
  }

  /// Whether the search gave up, so that nothing is proven; without any mapping found, later.
  private(set) var isExhausted = false

  private mutating func checkEffort() {
    if evaluations >= effort && !incumbents.points.isEmpty
      || evaluations >= max(effort, 4 * Proof.effort)
    {
      isExhausted = true
    }
  }

  /// Searches all mappings whose levels keep given tensors.
  mutating func search(_ tables: BoundTables) {
    evaluations += tables.branchCount
    checkEffort()
    if isExhausted || incumbents.ruleOut(energy: tables.least, cycles: 1) { return }
    let whole = context.lattice.tiles.count - 1
    guard tables.fits[0][whole] else { return }
    var part = OuterPart()
    part.energy = tables.transfers.constant
    expand(0, tile: whole, part, tables)
  }

  /// Cycles of a part, whose inner loops keep at most some lanes busy.
  @inline(__always)
  func cycles(_ part: OuterPart, lanes: Double) -> Double {
    let steps = context.iterations / (part.lanes * lanes) + part.exposed
    // A little less, so that rounding up does not exceed the cycles of the mapping.
    return (max(steps, part.ports.max() * (1 - 1e-12)) - 1e-6).rounded(.up)
  }

  @inline(__always)
  func energy(_ picojoules: Double, cycles: Double) -> Double {
    picojoules + context.prices.picojoulesPerCycle * cycles
  }

  // MARK: - Loops in time

  private struct Candidate {
    var score: Double
    var energy: Double
    var cycles: Double
    var front: Int32
  }

  /// Follows all loops of a level that a tile has entered.
  mutating func expand(_ level: Int, tile: Int, _ part: OuterPart, _ tables: BoundTables) {
    let lattice = context.lattice
    let rules = context.space.levels[level]
    path[level].entered = tile
    let floor = cycles(part, lanes: tables.levels[level].table.lanesAtEntry[tile])
    if rules.temporal == 0 {
      guard isAllowed(tile, in: tile, rules) else { return }
      follow(tile, in: level, part, [], tables)
      return
    }
    let extra = revisits(part, tile: tile, tables.levels[level].table)
    var candidates: [Candidate] = []
    let order = tables.levels[level].table.order
    for (place, entry) in order.enumerated() {
      let least = part.energy + tables.levels[level].table.leastInOrder[place]
      evaluations += 1
      if incumbents.ruleOut(energy: energy(least, cycles: floor), cycles: floor) { break }
      let front = Int(entry)
      guard lattice.divides(front, tile), isAllowed(front, in: tile, rules) else { continue }
      let cycles = cycles(part, lanes: tables.levels[level].table.lanesInFront[front])
      var bound = Double.infinity
      for number in extra.indices {
        bound = min(bound, tables.levels[level].table.front[number][front] + extra[number])
      }
      let energy = energy(part.energy + bound, cycles: cycles)
      if incumbents.ruleOut(energy: energy, cycles: cycles) { continue }
      candidates.append(
        Candidate(
          score: incumbents.score(energy: energy, cycles: cycles), energy: energy, cycles: cycles,
          front: entry))
    }
    candidates.sort { ($0.score, $0.front) < ($1.score, $1.front) }
    for candidate in candidates
    where !incumbents.ruleOut(energy: candidate.energy, cycles: candidate.cycles) {
      checkEffort()
      if isExhausted { return }
      follow(Int(candidate.front), in: level, part, extra, tables)
    }
  }

  /// Of each class, the energy of moving tensors of the class as often as the loops outside make
  /// it necessary, beyond once.
  private func revisits(
    _ part: OuterPart, tile: Int, _ level: BoundTables.Level
  ) -> [Double] {
    let lattice = context.lattice
    let weight = lattice.distinct.weight * (lattice.copies.weight[tile] / part.stays[0] - 1)
    let output = lattice.distinct.output * (lattice.copies.output[tile] / part.stays[2] - 1)
    return context.classes.map { still in
      (still & 1 != 0 ? max(0, weight) * level.leastPrice[0] : 0)
        + (still & 4 != 0 ? max(0, output) * level.leastPrice[2] : 0)
    }
  }

  /// Whether a level's loops in time may cut a tile to another.
  private func isAllowed(_ front: Int, in tile: Int, _ rules: Mapspace.LevelRules) -> Bool {
    let lattice = context.lattice
    let (whole, part) = (lattice.extents[tile], lattice.extents[front])
    for dimension in 0..<lattice.dimensionCount {
      let passes = whole[dimension] / part[dimension]
      if passes > 1 && rules.temporal & (1 << UInt8(dimension)) == 0 { return false }
      if !rules.temporalPasses[dimension].contains(passes) { return false }
    }
    return true
  }

  /// Follows all orders of the loops that cut a level's tile to one in front of its fan-out.
  private mutating func follow(
    _ front: Int, in level: Int, _ part: OuterPart, _ extra: [Double], _ tables: BoundTables
  ) {
    let lattice = context.lattice
    let tile = path[level].entered
    if tables.levels[level].table.starts[front] == tables.levels[level].table.starts[front + 1] {
      return
    }
    path[level].front = front
    let (whole, inner) = (lattice.extents[tile], lattice.extents[front])
    var active: UInt8 = 0
    var afresh: UInt8 = 0
    for dimension in 0..<lattice.dimensionCount where whole[dimension] != inner[dimension] {
      active |= 1 << UInt8(dimension)
      let passes = whole[dimension] / inner[dimension]
      if context.inputSlides.restartsAfresh(dimension, step: inner[dimension], passes: passes) {
        afresh |= 1 << UInt8(dimension)
      }
    }
    var base = part
    if active & ~lattice.relevant[2] != 0 && part.reduction > level {
      base.reduction = level
      guard fits(level, tile, tables.keeps[level], reduction: level) else { return }
    }
    let orders = orderings[level].orders(of: active, afresh: afresh)
    let cycles = cycles(part, lanes: tables.levels[level].table.lanesInFront[front])
    for order in orders {
      if order.count > 0 {
        let number = context.classOfDimension[Int(order.dimensions[order.count - 1])]
        let energy = energy(
          part.energy + tables.levels[level].table.front[number][front] + extra[number],
          cycles: cycles)
        if incumbents.ruleOut(energy: energy, cycles: cycles) { continue }
      }
      var next = base
      next.step(order.dimensions, loops: order.count, from: tile, to: front, context)
      path[level].order = order.dimensions
      path[level].loops = order.count
      let outside = loops.count
      for index in 0..<order.count {
        let dimension = Int(order.dimensions[index])
        let count = whole[dimension] / inner[dimension]
        loops.append(
          InputMoves.Loop(
            dimension: UInt8(dimension), step: lattice.digits[front][dimension],
            passes: lattice.quotient(tile, front, dimension), count: Double(count)))
      }
      unroll(level, front, next, tables)
      loops.removeLast(loops.count - outside)
    }
  }

  func fits(_ level: Int, _ tile: Int, _ keeps: TensorSet, reduction: Int) -> Bool {
    context.space.overflow(
      atLevel: level, tile: tile, keeps: keeps, outermostReduction: reduction) == nil
  }

  // MARK: - Loops over children

  private struct Continuation {
    var score: Double
    var energy: Double
    var cycles: Double
    var branch: BoundTables.Branch
    var part: OuterPart
  }

  /// Words of weights, inputs and outputs that move into the tile in front of a fan-out.
  private mutating func moves(_ part: OuterPart, front: Int) -> SIMD4<Double> {
    let lattice = context.lattice
    return SIMD4(
      lattice.distinct.weight * lattice.copies.weight[front] / part.stays[0],
      inputMoves(into: front),
      lattice.distinct.output * lattice.copies.output[front] / part.stays[2], 0)
  }

  mutating func inputMoves(into tile: Int) -> Double {
    inputs.words(into: tile, under: loops)
  }

  private mutating func unroll(
    _ level: Int, _ front: Int, _ part: OuterPart, _ tables: BoundTables
  ) {
    let bound = tables.levels[level]
    let words = moves(part, front: front)
    let charged = tables.transfers.charged[level]
    let number = part.classes
    evaluations += 1
    if number >= 0 {
      // What the tables take for granted of the class's tensors, and what is true of them.
      let least = context.leastMoves(classes: number, into: front)
      let more =
        max(0, words[0] - least[0]) * bound.table.leastPrice[0]
        + max(0, words[2] - least[2]) * bound.table.leastPrice[2]
      let cycles = cycles(part, lanes: bound.table.lanesInFront[front])
      let energy = energy(
        part.energy + bound.table.front[number][front] + more, cycles: cycles)
      if incumbents.ruleOut(energy: energy, cycles: cycles) { return }
    }
    var continuations: [Continuation] = []
    let isLast = level == context.space.levels.count - 1
    for entry in bound.table.starts[front]..<bound.table.starts[front + 1] {
      evaluations += 1
      let branch = bound.table.branches[Int(entry)]
      let way = context.unrollings[level].all[Int(branch.way)]
      var next = part
      charge(charged, way, front: front, tile: Int(branch.tile), words: words, &next)
      var inside = 0.0
      var lanes = 1.0
      if !isLast {
        let entry = tables.levels[level + 1].table.entry
        if number >= 0 {
          inside = entry[number][Int(branch.tile)]
        } else {
          inside = entry.reduce(.infinity) { min($0, $1[Int(branch.tile)]) }
        }
        lanes = tables.levels[level + 1].table.lanesAtEntry[Int(branch.tile)]
      }
      pass(way, level: level, &next)
      let cycles = cycles(next, lanes: lanes)
      let energy = energy(next.energy + inside, cycles: cycles)
      if incumbents.ruleOut(energy: energy, cycles: cycles) { continue }
      continuations.append(
        Continuation(
          score: incumbents.score(energy: energy, cycles: cycles), energy: energy, cycles: cycles,
          branch: branch, part: next))
    }
    continuations.sort {
      ($0.score, $0.branch.tile, $0.branch.way) < ($1.score, $1.branch.tile, $1.branch.way)
    }
    for continuation in continuations
    where !incumbents.ruleOut(energy: continuation.energy, cycles: continuation.cycles) {
      if isExhausted { return }
      path[level].way = Int(continuation.branch.way)
      enter(level + 1, tile: Int(continuation.branch.tile), continuation.part, tables)
    }
  }

  /// Charges what a level's fan-out decides.
  private mutating func charge(
    _ charged: [Transfer], _ way: Unrolling, front: Int, tile: Int, words: SIMD4<Double>,
    _ part: inout OuterPart
  ) {
    for transfer in charged {
      let index = Int(transfer.role.rawValue)
      let parents = part.keeperLanes[index]
      let children = part.lanes * way.lanes
      if transfer.isToLanes {
        part.energy += context.lanesEnergy(of: transfer, way, tile: tile)
        let accesses = context.laneAccesses(of: transfer, way, tile: tile) / parents
        part.ports +=
          (transfer.role == .output ? transfer.parentUpdates : transfer.parentReads) * accesses
        continue
      }
      let arrives = transfer.innerSharing == 1
      let before = part.energy
      defer { part.provisional[index] = part.energy - before }
      switch transfer.role {
      case .weight:
        part.energy += transfer.pricePerMove(way) * words[0]
        part.ports += transfer.parentReads * (words[0] * way.apart[0] / parents)
        if arrives { part.ports += transfer.childFills * (words[0] * way.copies[0] / children) }
      case .input:
        let fills = inputMoves(into: tile)
        let reads =
          way.reachesAll
          ? words[1] * way.apart[1]
          : partlyShared(way, front: front, tile: tile)
        part.energy += reads * transfer.read + fills * (transfer.fill + transfer.hop)
        part.ports += transfer.parentReads * (reads / parents)
        if arrives { part.ports += transfer.childFills * (fills / children) }
      case .output:
        let price = transfer.pricePerMove(way)
        // Where more moves cost less, as many as there can be.
        part.energy +=
          price
          * (price < 0 && transfer.mayMoveMore ? context.iterations / way.copies[2] : words[2])
        part.ports += transfer.parentUpdates * (words[2] * way.apart[2] / parents)
        if arrives { part.ports += transfer.childDrains * (words[2] * way.copies[2] / children) }
        if !part.sharesOutputs {
          let starts =
            context.space.array.switches.readsFirstPartialSum ? 0 : context.lattice.distinct.output
          let returns = max(0, words[2] - starts)
          part.ports += transfer.parentReads * (returns / parents)
          if arrives { part.ports += transfer.childFills * (returns / children) }
        }
      }
    }
  }

  private mutating func partlyShared(
    _ way: Unrolling, front: Int, tile: Int
  ) -> Double {
    var digits = context.lattice.tiles.digits[front]
    let own = context.lattice.tiles.digits[tile]
    for dimension in context.lattice.tiles.dimensions.indices
    where context.inputSlides.slides(along: dimension) {
      let list = context.lattice.tiles.divisors[dimension]
      digits[dimension] =
        context.lattice.products[dimension][
          Int(own[dimension]) * list.count + Int(way.reach[dimension])]
    }
    return inputMoves(into: context.lattice.tiles.tile(digits))
      * (context.lattice.copies.input[front]
        / context.lattice.copies.input[context.lattice.tiles.tile(digits)]) * way.apart[1]
  }

  /// Goes through a fan-out to one of the children.
  private func pass(_ way: Unrolling, level: Int, _ part: inout OuterPart) {
    let lattice = context.lattice
    part.lanes *= way.lanes
    for tensor in 0..<3 {
      var together = way.lanes / way.copies[tensor] * way.apart[tensor]
      if tensor == 1 {
        for dimension in 0..<lattice.dimensionCount
        where context.inputSlides.slides(along: dimension) {
          let passes = Double(lattice.tiles.divisors[dimension][Int(way.passes[dimension])])
          together /= passes
          part.alongSlides *= passes
        }
      }
      part.together[tensor] *= together
      part.copies[tensor] *= way.copies[tensor]
      part.apart[tensor] *= way.apart[tensor]
    }
    if way.copies[2] > 1 { part.sharesOutputs = true }
    if part.reduction > level && way.copies[2] > 1 { part.reduction = level }
  }
}
