internal import Ops

/// How the input moves where a loop in time is the innermost one that moves it: its sweeps.
///
/// If the loop runs along an axis of the input, the tiles of one sweep share what their windows have
/// in common, and move their union. Between sweeps another loop goes on. If the next loop outside moves
/// a dimension whose indices are words of their own, no tile shares anything with the sweep before;
/// else a sweep's first tile shares at most what it has in common with the last one, along the axis.
struct InputSweep {
  let context: ProofContext
  /// Of each dimension, how it is cut.
  let chains: UnsafePointer<CutChain>
  let flow: UnsafePointer<Flow>
  let dimension: Int
  let level: Int
  /// Whether the loop has more than one pass in every tile; where it has not, what is outside of it may
  /// leave in place what it does not move.
  let isClean: Bool

  /// Loops of the same axis that overlaps between sweeps are computed for.
  private static let mostOthers = 3

  /// What moves at least.
  ///
  /// - Parameters:
  ///   - order: the loops of the level.
  ///   - first: the place in it of the loop next outside.
  /// - Returns: beside it, the share of words that are in sweeps known to begin afresh.
  @inline(__always)
  func moved(_ order: LoopOrder, outside first: Int) -> (least: Traffic, share: Double) {
    guard let window = context.windowNumber(dimension) else { return (flow.pointee.unslid, 1) }
    return moved(along: window, order, outside: first)
  }

  private func moved(
    along window: Int, _ order: LoopOrder, outside first: Int
  ) -> (least: Traffic, share: Double) {
    let words = context.windowTable.baseAddress.unsafelyUnwrapped + window
    let fresh = freshShare(along: window, order, outside: first)
    guard let perWord = flow.pointee.perWord else {
      if isApart(along: words, order, outside: first) { return (flow.pointee.unslid, 1) }
      guard window < 2 else { return (flow.pointee.moving, fresh) }
      // It slides along this axis alone, whatever sweeps find of the one before.
      let alongOne = window == 0 ? flow.pointee.alongOne.0 : flow.pointee.alongOne.1
      let slid = isClean ? Traffic.most(flow.pointee.moving, alongOne) : flow.pointee.moving
      guard fresh > 0 else { return (slid, fresh) }
      // Where a loop outside goes on along the outputs, the next filter rows may be found in place.
      let along =
        dimension == words.pointee.p && isAlone(dimension)
        ? flow.pointee.alongOutputs : flow.pointee.alongFilters
      let swept = most(window == 0 ? along.0 : along.1, share: fresh)
      return (isClean ? Traffic.most(swept, slid) : swept, fresh)
    }
    var others = 1.0
    for other in context.windowTable.indices where other != window {
      others *= flow.pointee.present[other]
    }
    var slid = flow.pointee.moving
    if isClean {
      let moved = flow.pointee.again[window] * others
      slid = Traffic.most(
        slid, perWord * max(moved, movedToCorners(along: window, order, outside: first)))
    }
    guard fresh > 0 || context.isPerfect else { return (slid, fresh) }
    let moved = swept(words, overlap: fresh > 0 ? 0 : overlap(words)) * others
    let swept = most(perWord * moved, share: fresh > 0 ? fresh : 1)
    return (isClean ? Traffic.most(swept, slid) : swept, fresh)
  }

  /// Whether no tile of a child below the array level has words of the one before: each pass goes on by
  /// more than a child reaches, and so does each way back, whatever the other dimension of the axis does.
  private func isApart(
    along window: UnsafePointer<WindowWords>, _ order: LoopOrder, outside first: Int
  ) -> Bool {
    let partner = window.pointee.partner(dimension)
    let (own, other) = (chains + dimension, chains + partner)
    let outside = UInt16(1) << UInt16(level) - 1
    let others = other.pointee.looped & (outside << 1 | 1)
    guard level == context.arrayLevel, isClean, !context.passesInputOn,
      own.pointee.looped & outside == 0, others.nonzeroBitCount <= 1
    else { return false }
    let span = Int64(context.span(window, chains))
    let (s, d) = (window.pointee.stride(dimension), window.pointee.stride(partner))
    let step = s * Int64(own.pointee.front[level])
    let back = step * Int64(own.pointee.leastPasses[level] - 1)
    if step < span || back < span { return false }
    if others == 0 { return true }
    // As the other one goes on, so do all loops inside of it begin again.
    var number = first
    while number < order.count, order[number] != partner {
      let between = order[number]
      if chains[between].clean & (outside + 1) != 0, context.isRelevant(between, to: .input),
        context.windowNumber(between) != nil || context.isSimple(.input, between),
        context.restartsAfresh(between, level, chains)
      {
        return true
      }
      number += 1
    }
    // This one goes back by other than the other one goes on.
    let at = others.trailingZeroBitCount
    let longest = s * Int64(own.pointee.longestFront) * Int64(own.pointee.mostPasses[level] - 1)
    return d * Int64(other.pointee.front[at]) >= longest + span
      || back
        >= d * Int64(other.pointee.longestFront(at, arrayLevel: context.arrayLevel)) + span
  }

  /// Words along both axes of an input that has two, at least, if the next loop outside of a sweep runs
  /// along the other axis: from the last tile of a sweep to the first of the next both axes go on, so that
  /// these share a corner only.
  private func movedToCorners(
    along window: Int, _ order: LoopOrder, outside first: Int
  ) -> Double {
    guard context.windowTable.count == 2, first < order.count,
      context.windowNumber(order[first]) == 1 - window, isOnlyOne(dimension),
      isOnlyOne(order[first]),
      chains[order[first]].clean & (1 << UInt16(level)) != 0
    else { return 0 }
    let own = context.windowTable.baseAddress.unsafelyUnwrapped + window
    let other = context.windowTable.baseAddress.unsafelyUnwrapped + (1 - window)
    let sweeps = Double(chains[order[first]].mostPasses[level])
    let corner = own.pointee.mostOverlap(dimension) * other.pointee.mostOverlap(order[first])
    return own.pointee.all * flow.pointee.present[1 - window] - sweeps * corner
  }

  /// Whether no other loop outside the flow's tiles runs along a dimension's axis.
  private func isOnlyOne(_ dimension: Int) -> Bool {
    guard let number = context.windowNumber(dimension) else { return false }
    let outside = UInt16(1) << UInt16(flow.pointee.level + 1) - 1
    let partner = context.windowTable[number].partner(dimension)
    return isAlone(dimension) && chains[partner].looped & outside == 0
  }

  /// A share of traffic, or what moves in any case.
  private func most(_ traffic: Traffic, share: Double) -> Traffic {
    let inAnyCase = isClean ? flow.pointee.moving : flow.pointee.staying
    return Traffic(
      picojoules: max(traffic.picojoules * share, inAnyCase.picojoules),
      ports: larger(traffic.ports * share, inAnyCase.ports))
  }

  /// The share of words, at least, that are in sweeps which find nothing that the one before left.
  ///
  /// Either the next loop outside changes all words, as one along another axis does that steps over what a
  /// tile reaches; or the sweep's own loop leaves none of its last
  /// tile as it begins again. Where what tiles of loops further out along the same axis have in common
  /// counts too, then as a loop of the same dimension goes on outside, some other loop in between has to
  /// begin again and leave nothing either.
  private func freshShare(along window: Int, _ order: LoopOrder, outside first: Int) -> Double {
    let changed =
      first < order.count && context.windowNumber(order[first]) != window
      ? changesAllShare(order[first]) : 0
    if changed == 1 { return 1 }
    let own = leavesNothingShare(dimension)
    if own <= changed { return changed }
    // Where all words along the axis count once, a loop outside may continue this one.
    if flow.pointee.perWord == nil || isAlone(dimension) { return own }
    var other = 0.0
    var number = first
    let count = order.count
    while number < count {
      if context.windowNumber(order[number]) != window {
        other = max(other, leavesNothingShare(order[number]), changesAllShare(order[number]))
      }
      number += 1
    }
    return max(changed, own * other)
  }

  /// The share of words along a dimension of another axis, at least, in tiles that the level's loop goes on
  /// or begins again to, and that have nothing in common with the tile before.
  private func changesAllShare(_ other: Int) -> Double {
    guard let number = context.windowNumber(other) else { return leavesNothingShare(other) }
    let window = context.windowTable.baseAddress.unsafelyUnwrapped + number
    let chain = chains + other
    guard chain.pointee.clean & (1 << UInt16(level)) != 0 else { return 0 }
    if let span = context.spanOfChild(other, level, chains),
      window.pointee.stride(other) * Int64(stepOn(other)) >= Int64(span)
    {
      return 1
    }
    // All children together hold what the loops in time leave.
    let inside = flow.pointee.level
    let (p, r) = (window.pointee.p, window.pointee.r)
    let (s, d) = (window.pointee.strideOfOutputs, window.pointee.strideOfFilters)
    let longest = { (dimension: Int) in
      Int64(chains[dimension].longestFront(inside, arrayLevel: context.arrayLevel))
    }
    let reach = d * (longest(r) - 1) + 1
    // A loop of p that leaves tiles right to the children goes on by one of them.
    let goesOn =
      other == p && level == inside
      ? s >= reach
      : (other == p ? s : d) * Int64(chain.pointee.front[level]) >= s * (longest(p) - 1) + reach
    if !goesOn { return 0 }
    let outside = UInt16(1) << UInt16(inside + 1) - 1
    if chains[other == p ? r : p].looped & outside == 0 { return 1 }
    // As it begins again, a loop of the other dimension may go on.
    let restarted = isAlone(other) ? leavesNothingShare(other) : 0
    guard other == p, s == 1, d == 1, isAlone(other) else { return restarted }
    let tiles = Int64((context.bounds[p] - 1) / chain.pointee.tile[level] + 1)
    let words = window.pointee.all - Double(window.pointee.filterCount - 1)
    let step = Int64(chain.pointee.longestFront(level, arrayLevel: context.arrayLevel))
    return words > 0 ? max(restarted, 1 - Double(step * tiles) / words) : restarted
  }

  /// By how much a loop, or one outside that goes on along the same dimension, goes on at least.
  private func stepOn(_ dimension: Int) -> Int32 {
    context.isPerfect || isAlone(dimension) ? chains[dimension].front[level] : 1
  }

  /// The share of words along a dimension, at least, in tiles where the level's loop leaves nothing of
  /// its last tile when it begins again.
  private func leavesNothingShare(_ other: Int) -> Double {
    let chain = chains + other
    guard context.isRelevant(other, to: .input), chain.pointee.looped & (1 << UInt16(level)) != 0
    else { return 0 }
    if context.windowNumber(other) == nil {
      return context.isSimple(.input, other) ? 1 - chain.pointee.onePassShare[level] : 0
    }
    guard context.isPerfect else { return chain.pointee.freshShare[level] }
    return context.restartsAfresh(other, level, chains) ? 1 : 0
  }

  /// Whether no other loop outside the flow's tiles runs along the dimension: several would continue
  /// one another.
  private func isAlone(_ dimension: Int) -> Bool {
    let outside = UInt16(1) << UInt16(flow.pointee.level + 1) - 1
    return chains[dimension].looped & outside & ~(1 << UInt16(level)) == 0
  }

  /// Words along the axis of all sweeps, at least.
  ///
  /// - Parameter overlap: words of a sweep's first tile that the one before may have left.
  private func swept(_ window: UnsafePointer<WindowWords>, overlap: Int64) -> Double {
    let child = flow.pointee.level + 1
    let (p, r) = (window.pointee.p, window.pointee.r)
    let outputs = dimension == p ? chains[p].tile[level] : chains[p].tile[child]
    let filters = dimension == r ? chains[r].tile[level] : chains[r].tile[child]
    let pieces = (context.bounds[p] - 1) / outputs + 1
    let words = window.pointee.present(outputs: Int(pieces), longestFilter: filters)
    if overlap == 0 { return words }
    let sweeps = Double(pieces) * Double((context.bounds[r] - 1) / filters + 1)
    return max(0, words - sweeps * Double(overlap))
  }

  /// Words along the axis that the last tile of a sweep and the first one of the next may share, if
  /// steps divide.
  private func overlap(_ window: UnsafePointer<WindowWords>) -> Int64 {
    let child = flow.pointee.level + 1
    let (p, r) = (window.pointee.p, window.pointee.r)
    let length =
      window.pointee.strideOfOutputs * Int64(chains[p].tile[child] - 1)
      + window.pointee.strideOfFilters * Int64(chains[r].tile[child] - 1) + 1
    // Of each other loop along the axis: how far one pass goes, and how far it goes back.
    var steps = SIMD4<Int64>(repeating: 0)
    var backs = SIMD4<Int64>(repeating: 0)
    var count = 0
    for other in [p, r] {
      let stride =
        other == p ? window.pointee.strideOfOutputs : window.pointee.strideOfFilters
      for outer in 0..<child
      where chains[other].looped & (1 << UInt16(outer)) != 0
        && (other != dimension || outer != level)
      {
        if count == Self.mostOthers { return length }
        steps[count] = stride * Int64(chains[other].front[outer])
        backs[count] = stride * Int64(chains[other].tile[outer] - chains[other].front[outer])
        count += 1
      }
    }
    let stride = dimension == p ? window.pointee.strideOfOutputs : window.pointee.strideOfFilters
    let back = stride * Int64(chains[dimension].tile[level] - chains[dimension].front[level])
    // Some of the others go back, and one of the rest may go on.
    var nearest = back
    for set in 0..<(1 << count) {
      var moved = -back
      for other in 0..<count where set & (1 << other) != 0 { moved -= backs[other] }
      nearest = min(nearest, abs(moved))
      for other in 0..<count where set & (1 << other) == 0 {
        nearest = min(nearest, abs(moved + steps[other]))
      }
    }
    return max(0, length - nearest)
  }
}
