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

  /// Loops of the same axis that overlaps between sweeps are computed for.
  private static let mostOthers = 3

  /// - Parameter next: the dimension of the loop outside, at the same level.
  @inline(__always)
  func moved(next: Int?) -> Traffic {
    guard
      let window = context.windowOfOutputs[dimension] ?? context.windowOfFilters[dimension]
    else { return flow.pointee.unslid }
    return moved(along: window, next: next)
  }

  private func moved(along window: Int, next: Int?) -> Traffic {
    let isFresh = next.map { beginsAfresh(after: $0) } ?? false
    let words = context.windowTable.baseAddress.unsafelyUnwrapped + window
    let isAlone = isFresh || isAlone
    let isKnownFresh =
      isFresh
      || isAlone
        && words.pointee.restartsAfresh(
          dimension, step: chains[dimension].front[level],
          passes: chains[dimension].leastPasses[level])
    guard let perWord = flow.pointee.perWord else {
      guard isKnownFresh, window < 2 else { return flow.pointee.moving }
      return window == 0 ? flow.pointee.slidAlong.0 : flow.pointee.slidAlong.1
    }
    guard isKnownFresh || context.isPerfect else { return flow.pointee.moving }
    var moved = swept(words, overlap: isKnownFresh ? 0 : overlap(words))
    for other in context.windowTable.indices where other != window {
      moved *= flow.pointee.present[other]
    }
    let traffic = perWord * moved
    return Traffic(
      picojoules: max(traffic.picojoules, flow.pointee.moving.picojoules),
      ports: pointwiseMax(traffic.ports, flow.pointee.moving.ports))
  }

  /// Whether the loop outside changes all words in every tile.
  private func beginsAfresh(after next: Int) -> Bool {
    context.isRelevant(next, to: .input) && !context.isInWindow(next)
      && context.isSimple(.input, next) && chains[next].clean & (1 << UInt16(level)) != 0
  }

  /// Whether no other loop outside the flow's tiles runs along the dimension: several would continue
  /// one another.
  private var isAlone: Bool {
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
