internal import Accelerators
internal import Dataflow
internal import Ops

extension InnerSearch {
  /// Words of one term where its tensor moves as often as loops outside ask for, and where it stays.
  private struct Words {
    var moving: Double
    var staying: Double
  }

  /// The part of a full assignment, with its bounds.
  func part(_ state: State) -> InnerPart? {
    let chains = tables.variables.indices.map {
      (tables.variables[$0].dimension, tables.variables[$0].chains[Int(state.chains[$0])])
    }
    var part = InnerPart()
    part.chains = state.chains
    for (dimension, chain) in chains {
      part.leastFront[dimension] = chain.leastFront
      part.mostFront[dimension] = chain.mostFront
      if chain.mostFront < context.bounds[dimension] { part.cut |= 1 << UInt8(dimension) }
    }
    if !context.isPerfect { part.shares = state.shares }
    let words = tables.inner.indices.map { index -> Words in
      if let exact = stopped(tables.inner[index], chains) { return exact }
      return Words(moving: state.moving[index], staying: state.staying[index])
    }
    price(words, chains, &part)
    sweep(words, chains, &part)
    part.sweeping = part.moving[1]
    part.moving = pointwiseMax(part.moving, part.staying)
    part.fresh.moving = max(part.fresh.moving, part.moving[1])
    part.cycles = state.steps + exposed(chains)
    load(words, chains, &part)
    let extra = (part.moving - part.staying) * (1 - part.shares)
    part.energy =
      tables.terms.constant + (part.staying + extra).sum() - context.mostSaved(extra)
    let whole = (max(part.cycles, part.leastPorts) - 1e-6).rounded(.up)
    let energy = part.energy + outer.energy + picojoulesPerCycle * whole
    if incumbents.ruleOut(energy: energy, cycles: whole) { return nil }
    part.score = incumbents.score(energy: energy, cycles: whole)
    return part
  }

  /// The words of a term whose tensor is moved by loops in time between the array level and the
  /// level it goes to, if factors are perfect: it cannot stay over loops outside of those.
  private func stopped(_ term: Term, _ chains: [(Int, InnerChain)]) -> Words? {
    guard context.isPerfect, term.child < context.levelCount else { return nil }
    for level in (context.arrayLevel + 1..<max(context.arrayLevel + 1, term.child)).reversed() {
      let moves = chains.contains { dimension, chain in
        context.isRelevant(dimension, to: term.role) && chain.tile[level] > chain.front[level]
      }
      guard moves else { continue }
      var count = 1.0
      for (dimension, chain) in chains {
        let factors = ChainFactors(context: context, dimension: dimension)
        if context.isRelevant(dimension, to: term.role) {
          if let window = context.windowOfOutputs[dimension], term.role == .input {
            let filters = chains.first { $0.0 == context.windows[window].r }?.1 ?? InnerChain()
            count *= factors.window(context.windows[window], term, chain, filters: filters).staying
          } else {
            count *= factors.factors(of: term, chain).moving
          }
        } else {
          count *= factors.moves(of: term, chain, stayingInside: level - 1)
        }
      }
      return Words(moving: count, staying: count)
    }
    return nil
  }

  // MARK: - Energy

  /// Inputs whose axes are swept again and again: what they cost if no sweep finds words of the one
  /// before, and each further time where one may.
  private func sweep(
    _ words: [Words], _ chains: [(Int, InnerChain)], _ part: inout InnerPart
  ) {
    part.fresh = (part.moving[1], part.again[1])
    guard !context.windows.isEmpty else { return }
    part.again[1] = 0
    for (index, term) in tables.inner.enumerated()
    where term.role == .input && term.child < context.levelCount {
      var (share, full) = (1.0, 1.0)
      for window in context.windows {
        let own = chains.first { $0.0 == window.p }?.1 ?? InnerChain()
        let filters = chains.first { $0.0 == window.r }?.1 ?? InnerChain()
        let words = factors(window.p).window(window, term, own, filters: filters)
        full *= words.staying
        share *= words.moving
      }
      let staying = words[index].staying
      let again = term.price * (full > 0 ? staying * min(1, share / full) : staying)
      part.again[1] += again
      if isCutInside(term, chains) { part.fresh.again += again - term.price * staying }
      // Filters cut in time are not known to begin anew, nor are loops inside the array level.
      if share > 0, full > share, !isCutInside(term, chains) {
        part.fresh.moving += term.price * words[index].moving * (full / share - 1)
      }
    }
  }

  /// Whether loops in time between the array level and a term's level run along an axis of the input.
  private func isCutInside(_ term: Term, _ chains: [(Int, InnerChain)]) -> Bool {
    chains.contains { dimension, chain in
      context.isInWindow(dimension)
        && (context.arrayLevel + 1..<max(context.arrayLevel + 1, term.child)).contains {
          chain.tile[$0] > chain.front[$0]
        }
    }
  }

  private func price(
    _ words: [Words], _ chains: [(Int, InnerChain)], _ part: inout InnerPart
  ) {
    for (index, term) in tables.inner.enumerated() where term.role != .output {
      let role = Int(term.role.rawValue)
      part.moving[role] += term.price * words[index].moving
      part.staying[role] += term.price * words[index].staying
      if term.child < context.levelCount { part.again[role] += term.price * words[index].staying }
    }
    var first = 0
    while first < tables.inner.count {
      let term = tables.inner[first]
      guard term.role == .output else {
        first += 1
        continue
      }
      var end = first
      while end < tables.inner.count, tables.inner[end].role == .output,
        tables.inner[end].child == term.child
      {
        end += 1
      }
      part.moving[2] += outputEnergy(first..<end, chains) { words[$0].moving }
      let staying = outputEnergy(first..<end, chains) { words[$0].staying }
      part.staying[2] += staying
      if term.child < context.levelCount { part.again[2] += max(0, staying) }
      first = end
    }
  }

  /// The energy of a transfer of outputs, whose first term counts words that enter.
  ///
  /// Terms with a negative price count at most the words that enter times the children apart. Where
  /// that leaves the whole negative, fewer words would cost more, and each iteration counts once.
  private func outputEnergy(
    _ terms: Range<Int>, _ chains: [(Int, InnerChain)], _ words: (Int) -> Double
  ) -> Double {
    let entering = words(terms.lowerBound)
    var perEntering = 0.0
    var others = 0.0
    var otherPrices = 0.0
    var most = 0.0
    for index in terms {
      let term = tables.inner[index]
      if index == terms.lowerBound {
        perEntering += term.price
      } else if term.price >= 0 {
        others += term.price * words(index)
        otherPrices += term.price
      } else {
        perEntering += term.price * apart(term, chains)
        most += term.price * context.iterations
      }
    }
    if perEntering >= 0 { return perEntering * entering + others }
    if perEntering + otherPrices >= 0 { return (perEntering + otherPrices) * entering }
    return min(0, max(0, tables.inner[terms.lowerBound].price) * entering + others + most)
  }

  /// Children that no access of a term serves together.
  private func apart(_ term: Term, _ chains: [(Int, InnerChain)]) -> Double {
    chains.reduce(1.0) { product, item in
      guard !context.isRelevant(item.0, to: term.role) else { return product }
      return (context.arrayLevel..<max(context.arrayLevel, term.child)).reduce(product) {
        $0 * Double(item.1.split($1, term.shared[$1]).apart)
      }
    }
  }

  private func factors(_ dimension: Int) -> ChainFactors {
    ChainFactors(context: context, dimension: dimension)
  }

  // MARK: - Cycles

  /// Cycles of the first tiles in and the last tiles out, of all levels inside the array level.
  private func exposed(_ chains: [(Int, InnerChain)]) -> Double {
    var cycles = 0.0
    for level in context.arrayLevel + 1..<max(context.arrayLevel + 1, context.levelCount) {
      let stops = context.space.array.levels[level].memory?.buffering == .single
      var fill = PortCycles(repeating: 0)
      var drain = fill
      for transfer in tables.ending[level] where transfer.isTimed {
        if stops {
          // All transfers take turns at the level's own ports.
          fill += transfer.atChild * singleWords(transfer.role, level, chains)
          continue
        }
        if transfer.role == .output && !context.isPerfect {
          drain += (transfer.atChild + transfer.atParent) * lastOutputs(level, chains)
          continue
        }
        let tile = tileWords(transfer.role, chains) { $1.tile[level] }
        let sent = tileWords(transfer.role, chains) { dimension, chain in
          if context.isPerfect {
            let passes = chain.passes(max(transfer.parent, context.arrayLevel)..<level)
            return min(
              context.bounds[dimension], Int32(clamping: passes * Int64(chain.tile[level])))
          }
          return level == context.arrayLevel + 1 ? chain.leastFront : chain.tile[level]
        }
        let copies = chains.reduce(1.0) { product, item in
          guard !context.isRelevant(item.0, to: transfer.role) else { return product }
          return product
            * Double(
              factors(item.0).groups(
                transfer.shared, item.1, max(transfer.parent, context.arrayLevel)..<level))
        }
        let load = transfer.atChild * tile + transfer.atParent * (sent * copies)
        if transfer.role == .output { drain += load } else { fill += load }
      }
      cycles += (fill.max() - 1e-9).rounded(.up) + (drain.max() - 1e-9).rounded(.up)
    }
    return max(0, cycles)
  }

  /// Words a single buffer takes in or gives out, at least: its first or last tile.
  private func singleWords(
    _ role: TensorRole, _ level: Int, _ chains: [(Int, InnerChain)]
  ) -> Double {
    role == .output && !context.isPerfect
      ? lastOutputs(level, chains) : tileWords(role, chains) { $1.tile[level] }
  }

  /// Words of the last output tile, at least: one that is cut off may be a single word.
  private func lastOutputs(_ level: Int, _ chains: [(Int, InnerChain)]) -> Double {
    tileWords(.output, chains) { dimension, chain in
      let bound = Int64(context.bounds[dimension])
      let covered =
        chain.passes(context.arrayLevel..<level).multipliedReportingOverflow(
          by: Int64(chain.tile[level])
        ).partialValue
      return covered >= bound && Int64(chain.leastFront) >= bound ? chain.tile[level] : 1
    }
  }

  /// Words of the first tile of given extents.
  private func tileWords(
    _ role: TensorRole, _ chains: [(Int, InnerChain)],
    _ extent: (Int, InnerChain) -> Int32
  ) -> Double {
    context.firstWords(role) { dimension in
      chains.first { $0.0 == dimension }.map { extent($0.0, $0.1) } ?? 1
    }
  }

  /// Cycles of the slowest port by the tensor that stays.
  private func load(
    _ words: [Words], _ chains: [(Int, InnerChain)], _ part: inout InnerPart
  ) {
    var moving = [PortCycles](repeating: PortCycles(repeating: 0), count: 3)
    var staying = moving
    let zero = PortCycles(repeating: 0)
    for (index, term) in tables.inner.enumerated()
    where term.atParent != zero || term.atChild != zero {
      let role = Int(term.role.rawValue)
      let instances = { (level: Int) -> Double in
        Double(
          chains.reduce(Int64(1)) {
            $0 * $1.1.passes(context.arrayLevel..<max(context.arrayLevel, level))
          })
      }
      let load =
        term.atParent / instances(term.parent)
        + (term.child < context.levelCount ? term.atChild / instances(term.child) : zero)
      let share = term.child < context.levelCount ? part.shares[role] : 0
      let (most, least) = (words[index].moving, words[index].staying)
      moving[role] += load * (least + (most - least) * (1 - share))
      staying[role] += load * least
    }
    moving[2] -= tables.terms.savedInner
    staying[2] -= tables.terms.savedInner
    for (number, set) in context.classes.enumerated() {
      var sum = PortCycles(repeating: 0)
      for role in 0..<3 {
        sum += pointwiseMax(zero, set & (1 << UInt8(role)) != 0 ? staying[role] : moving[role])
      }
      switch number {
      case 0: part.ports.0 = sum
      case 1: part.ports.1 = sum
      default: part.ports.2 = sum
      }
    }
    let least = pointwiseMin(pointwiseMin(part.ports.0, part.ports.1), part.ports.2)
    part.leastPorts = (least + outer.ports).max() * (1 - 1e-12)
  }
}

extension SIMD4<Double> {
  /// The least of the first three.
  var min3: Double { Swift.min(self[0], self[1], self[2]) }
}
