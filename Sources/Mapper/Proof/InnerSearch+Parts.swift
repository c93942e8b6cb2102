internal import Accelerators
internal import Dataflow
internal import Ops

extension InnerSearch {
  /// Fills in the part of a full assignment, with its bounds; `false` where they are not wanted.
  func fill(_ part: inout InnerPart, _ state: UnsafePointer<State>) -> Bool {
    part.chains = state.pointee.chains
    let chains = tables.chosen(part.chains)
    for dimension in 0..<context.dimensionCount {
      let chain = chains[dimension]
      part.leastFront[dimension] = chain.pointee.leastFront
      part.mostFront[dimension] = chain.pointee.mostFront
    }
    if !context.passesInputOn {
      for window in context.windowTable {
        let inside = { (dimension: Int) in
          chains[dimension].pointee.step(after: context.arrayLevel, of: context.levelCount)
        }
        let span = window.span(outputs: inside(window.p), filters: inside(window.r))
        for dimension in 0..<context.dimensionCount
        where dimension == window.p || dimension == window.r {
          let partner = window.partner(dimension)
          if part.leastFront[partner] >= context.bounds[partner] { part.spans[dimension] = span }
        }
      }
    }
    if !context.isPerfect {
      for dimension in 0..<context.dimensionCount {
        let front = part.mostFront[dimension]
        for role in 0..<3 {
          part.shares[role] = max(
            part.shares[role], context.borderShare(role, dimension, front: front))
        }
        part.borders[dimension] = context.borderShare(dimension, front: front, isWindow: false)
        part.inputBorders[dimension] =
          context.isInWindow(dimension)
          ? context.borderShare(dimension, front: front, isWindow: true) : part.borders[dimension]
      }
    }
    let words = InnerWords(
      tables, chains, moving: state.pointee.moving, staying: state.pointee.staying)
    let further = tables.wordsOfFurtherVisit(words, part.chains)
    price(words, further, chains, &part)
    let input = part.moving[1]
    part.moving = larger(part.moving, part.staying)
    part.cycles = state.pointee.steps + exposed(chains)
    load(words, chains, &part)
    let extra = larger(SIMD4(repeating: 0), part.moving - part.staying)
    let all = tables.terms.constant + part.staying.total
    // Some set of tensors stays together.
    part.energy = .infinity
    part.leastPorts = .infinity
    part.score = .infinity
    for number in 0..<3 {
      let set = context.classes[number]
      var energy = all
      for role in 0..<3 where set & (1 << UInt8(role)) == 0 {
        let borders = role == 1 ? part.inputBorders : part.borders
        energy += extra[role] * (1 - context.share(borders, role, ofClass: number))
      }
      let slowest = max(0, (part.ports(number) + outer.ports).largest * (1 - 1e-12))
      part.energies[number] = energy
      part.energy = min(part.energy, energy)
      part.leastPorts = min(part.leastPorts, slowest)
      let whole = max(1, (max(part.cycles, slowest) - 1e-6).rounded(.up))
      let total = energy + outer.energy + picojoulesPerCycle * whole
      if incumbents.ruleOut(energy: total, cycles: whole) { continue }
      part.score = min(part.score, incumbents.score(energy: total, cycles: whole))
    }
    guard part.score < .infinity else { return false }
    sweep(words, further, chains, &part, input)
    return true
  }

  // MARK: - Energy

  /// Inputs whose axes are swept again and again: what they cost if no sweep finds words of the one
  /// before, and each further time where one may.
  ///
  /// - Parameter input: picojoules of the input where it moves, by its terms.
  private func sweep(
    _ words: InnerWords, _ further: TermVector, _ chains: ChosenChains, _ part: inout InnerPart,
    _ input: Double
  ) {
    part.fresh = InnerPart.Fresh(moving: input, again: part.again[1])
    for dimension in 0..<context.dimensionCount { restart(dimension, &part) }
    defer { part.fresh.moving = max(part.fresh.moving, part.moving[1]) }
    guard !context.windowTable.isEmpty else { return }
    part.again[1] = 0
    for (index, term) in tables.termTable.enumerated()
    where term.role == .input && term.child < context.levelCount {
      var (share, full) = (1.0, 1.0)
      for window in context.windowTable.indices {
        let entry = tables.entry(context.windowTable[window].p, part.chains)
        share *= entry.moving.pointee[index]
        full *= entry.staying.pointee[index]
      }
      let staying = further[index]
      let again = term.price * (full > 0 ? staying * min(1, share / full) : staying)
      part.again[1] += again
      let isCutInside = tables.isCutInside(term, chains)
      if isCutInside { part.fresh.again += again - term.price * staying }
      // Of what loops inside the array level move, all visits are counted already.
      if share > 0, full > share, !tables.isMovedInside(term, chains) {
        part.fresh.moving += term.price * words.moving[index] * (full / share - 1)
      }
    }
    let all = part.fresh.moving
    guard let flow = withUnsafePointer(to: part, { tables.inputFlow($0) }) else { return }
    // What goes to the lanes is none of the flow.
    let rest = input - flow.moving.picojoules
    part.fresh.unslid = max(all, rest + flow.unslid.picojoules)
    var least = flow.unslid
    for number in context.windowTable.indices {
      let window = context.windowTable[number]
      let outputs = number == 0 ? flow.alongOutputs.0 : flow.alongOutputs.1
      let filters = number == 0 ? flow.alongFilters.0 : flow.alongFilters.1
      part.fresh.along[window.p] = max(all, rest + outputs.picojoules)
      part.fresh.along[window.r] = max(all, rest + filters.picojoules)
      least = Traffic.least(least, filters)
    }
    part.fresh.moving = max(all, rest + least.picojoules)
    part.fresh.morePorts =
      larger(PortCycles(repeating: 0), least.ports - flow.moving.ports) * (1 - part.shares[1])
  }

  /// Tells which loops along an axis of the input leave nothing of their last pass as they begin again.
  private func restart(_ dimension: Int, _ part: inout InnerPart) {
    guard let number = context.windowNumber(dimension) else { return }
    let window = context.windowTable[number]
    let (front, bound) = (part.mostFront[dimension], context.bounds[dimension])
    let enough = window.passesToRestartAfresh(
      dimension, step: part.leastFront[dimension], spanOfChild: part.spans[dimension])
    part.fresh.longest[dimension] = Int32(clamping: Int64(front) * Int64(enough - 1))
    part.fresh.longestOfTwo[dimension] = enough <= 2 ? 0 : .max
    let few =
      Double(min(enough - 1, bound) * front) * Double(window.wordsOfOne(dimension))
    part.fresh.shares[dimension] = max(0, 1 - few / window.all)
  }

  private func price(
    _ words: InnerWords, _ further: TermVector, _ chains: ChosenChains, _ part: inout InnerPart
  ) {
    for (index, term) in tables.termTable.enumerated() where term.role != .output {
      let role = Int(term.role.rawValue)
      part.moving[role] += term.price * words.moving[index]
      part.staying[role] += term.price * words.staying[index]
      if term.child < context.levelCount { part.again[role] += term.price * further[index] }
    }
    var first = 0
    while let terms = tables.outputTerms(from: first) {
      first = terms.upperBound
      part.moving[2] += tables.outputEnergy(terms, chains, words.moving)
      let staying = tables.outputEnergy(terms, chains, words.staying)
      part.staying[2] += staying
      if tables.termTable[terms.lowerBound].child < context.levelCount {
        part.again[2] += max(0, tables.outputEnergy(terms, chains, further))
      }
    }
  }

  // MARK: - Cycles

  /// Cycles of the first tiles in and the last tiles out, of all levels inside the array level.
  private func exposed(_ chains: ChosenChains) -> Double {
    var cycles = 0.0
    var index = 0
    let transfers = tables.transferTable
    while index < transfers.count {
      let level = transfers[index].level
      var fill = PortCycles(repeating: 0)
      var drain = fill
      while index < transfers.count, transfers[index].level == level {
        let transfer = transfers[index]
        index += 1
        if transfer.isSingle {
          // All transfers take turns at the level's own ports.
          fill += transfer.atChild * singleWords(transfer.role, level, chains)
        } else if transfer.role == .output {
          drain += load(transfer, chains)
        } else {
          fill += load(transfer, chains)
        }
      }
      cycles += (fill.largest - 1e-9).rounded(.up) + (drain.largest - 1e-9).rounded(.up)
    }
    return max(0, cycles)
  }

  /// Port time of a level's first tile, or of the last one of outputs, at least.
  private func load(_ transfer: TileTransfer, _ chains: ChosenChains) -> PortCycles {
    let level = transfer.level
    if transfer.role == .output && !context.isPerfect {
      return (transfer.atChild + transfer.atParent) * lastOutputs(level, chains)
    }
    let outermost = max(transfer.parent, context.arrayLevel)
    let tile = context.firstWords(transfer.role) { chains[$0].pointee.tile[level] }
    let sent = context.firstWords(transfer.role) { dimension in
      let chain = chains[dimension]
      if context.isPerfect {
        let passes = chain.pointee.passes(outermost..<level)
        return min(
          context.bounds[dimension], Int32(clamping: passes * Int64(chain.pointee.tile[level])))
      }
      return level == context.arrayLevel + 1
        ? chain.pointee.leastFront : chain.pointee.tile[level]
    }
    var copies = 1.0
    for dimension in 0..<context.dimensionCount
    where !context.isRelevant(dimension, to: transfer.role) {
      copies *= Double(
        ChainFactors(context: context, dimension: dimension).groups(
          transfer.shared, chains[dimension].pointee, outermost..<level))
    }
    return transfer.atChild * tile + transfer.atParent * (sent * copies)
  }

  /// Words a single buffer takes in or gives out, at least: its first or last tile.
  private func singleWords(_ role: TensorRole, _ level: Int, _ chains: ChosenChains) -> Double {
    role == .output && !context.isPerfect
      ? lastOutputs(level, chains)
      : context.firstWords(role) { chains[$0].pointee.tile[level] }
  }

  /// Words of the last output tile, at least: one that loops in time cut off may be a single word.
  private func lastOutputs(_ level: Int, _ chains: ChosenChains) -> Double {
    context.firstWords(.output) { dimension in
      let chain = chains[dimension]
      guard chain.pointee.leastFront >= context.bounds[dimension] else { return 1 }
      for level in context.arrayLevel + 1..<level
      where chain.pointee.tile[level] > chain.pointee.front[level] {
        return 1
      }
      return chain.pointee.tile[level]
    }
  }

  /// Cycles of the slowest port by the tensor that stays.
  private func load(_ words: InnerWords, _ chains: ChosenChains, _ part: inout InnerPart) {
    let zero = PortCycles(repeating: 0)
    var moving = InlineArray<3, PortCycles>(repeating: zero)
    var staying = moving
    for (index, term) in tables.termTable.enumerated() where term.isTimed {
      let role = Int(term.role.rawValue)
      let load = tables.portCycles(term, chains)
      let share = term.child < context.levelCount ? part.shares[role] : 0
      let (most, least) = (words.moving[index], words.staying[index])
      moving[role] += load * (least + (most - least) * (1 - share))
      staying[role] += load * least
    }
    moving[2] -= tables.terms.savedInner
    staying[2] -= tables.terms.savedInner
    for number in 0..<3 {
      let set = context.classes[number]
      var sum = PortCycles(repeating: 0)
      for role in 0..<3 {
        sum += larger(zero, set & (1 << UInt8(role)) != 0 ? staying[role] : moving[role])
      }
      switch number {
      case 0: part.ports.0 = sum
      case 1: part.ports.1 = sum
      default: part.ports.2 = sum
      }
    }
  }
}
