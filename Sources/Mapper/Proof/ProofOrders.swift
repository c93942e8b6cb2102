internal import Ops

/// The orders of a level's loops in time that can differ in what moves.
///
/// From the inside out an order matters to a tensor until a loop moves it in every tile; to the input,
/// which slides, until a loop moves all of its words or comes back to where nothing is held any more.
/// What lies outside of that for every tensor may be in any order.
struct ProofOrders {
  let context: ProofContext
  let level: Int
  /// Of each dimension, how it is cut.
  let chains: [CutChain]
  private(set) var all: [[Int]] = []

  init(_ context: ProofContext, level: Int, chains: [CutChain]) {
    self.context = context
    self.level = level
    self.chains = chains
    let fixed = context.space.levels[level].order ?? []
    let looped = chains.indices.filter { chains[$0].looped & (1 << UInt16(level)) != 0 }
    let inner = fixed.filter { looped.contains($0) }
    let rest = looped.filter { !inner.contains($0) }
    var open: UInt8 = 7
    for dimension in inner.reversed() { settle(dimension, &open) }
    arrange(rest, open: open, inner: inner)
  }

  private func settle(_ dimension: Int, _ open: inout UInt8) {
    guard chains[dimension].clean & (1 << UInt16(level)) != 0 else { return }
    if context.isRelevant(dimension, to: .weight) { open &= ~1 }
    if context.isRelevant(dimension, to: .output) { open &= ~4 }
    if context.isRelevant(dimension, to: .input), restartsAfresh(dimension) { open &= ~2 }
  }

  /// Whether nothing of an input tile is left when a loop begins again.
  private func restartsAfresh(_ dimension: Int) -> Bool {
    guard
      let window = context.windowOfOutputs[dimension] ?? context.windowOfFilters[dimension]
    else { return true }
    let chain = chains[dimension]
    return context.windows[window].restartsAfresh(
      dimension, step: chain.front[level], passes: chain.leastPasses[level])
  }

  private mutating func arrange(_ members: [Int], open: UInt8, inner: [Int]) {
    if open == 0 || members.count <= 1 {
      append(members + inner)
      return
    }
    let areClean = members.allSatisfy { chains[$0].clean & (1 << UInt16(level)) != 0 }
    // A loop that only the weights still ask about and that leaves them in place is best inside.
    if open == 1, areClean {
      let still = members.filter { !context.isRelevant($0, to: .weight) }
      append(members.filter { !still.contains($0) } + still + inner)
      return
    }
    for dimension in members {
      var left = open
      settle(dimension, &left)
      arrange(members.filter { $0 != dimension }, open: left, inner: [dimension] + inner)
    }
  }

  private mutating func append(_ order: [Int]) {
    if !all.contains(order) { all.append(order) }
  }
}

extension WindowWords {
  /// Whether nothing of a tile is left when a loop begins again, wherever the other dimension is.
  func restartsAfresh(_ dimension: Int, step: Int32, passes: Int32) -> Bool {
    let (own, other, otherBound) =
      dimension == p
      ? (strideOfOutputs, strideOfFilters, filterCount)
      : (strideOfFilters, strideOfOutputs, outputCount)
    let span = own * Int64(step - 1) + other * Int64(otherBound - 1) + 1
    return Int64(passes - 1) * own * Int64(step) >= span
  }
}
