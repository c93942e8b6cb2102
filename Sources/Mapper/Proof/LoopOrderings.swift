internal import Ops

/// The orders of a level's loops in time that can differ in what moves.
///
/// From the inside out an order matters to a tensor until a loop moves it; to the input, which
/// slides, until a loop moves all of its words or comes back to where nothing is held any more. What
/// lies outside of that for every tensor may be in any order.
struct LoopOrderings {
  struct Order: Sendable {
    var dimensions: SIMD8<UInt8>
    var count: Int
  }

  private let context: ProofContext
  /// Positions in a fixed order; others go outside of them.
  private let fixed: [Int]
  private var known: [UInt16: [Order]] = [:]

  init(_ context: ProofContext, level: Int) {
    self.context = context
    fixed = context.space.levels[level].order ?? []
  }

  /// The orders of some loops, outermost first.
  ///
  /// - Parameter afresh: loops (bits) that hold nothing of the input when they begin again.
  mutating func orders(of active: UInt8, afresh: UInt8) -> [Order] {
    let key = UInt16(active) << 8 | UInt16(afresh & active)
    if let orders = known[key] { return orders }
    var orders: [Order] = []
    let named = fixed.filter { active & (1 << UInt8($0)) != 0 }
    var rest = active
    for dimension in named { rest &= ~(1 << UInt8(dimension)) }
    var open: UInt8 = 7
    for dimension in named.reversed() { settle(dimension, afresh: afresh, &open) }
    arrange(rest, open: open, afresh: afresh, inner: named, &orders)
    known[key] = orders
    return orders
  }

  private func settle(_ dimension: Int, afresh: UInt8, _ open: inout UInt8) {
    let bit = UInt8(1) << UInt8(dimension)
    let relevant = context.space.tiles.relevant
    if relevant.weight & bit != 0 { open &= ~1 }
    if relevant.output & bit != 0 { open &= ~4 }
    if relevant.input & bit != 0,
      !context.inputSlides.slides(along: dimension) || afresh & bit != 0
    {
      open &= ~2
    }
  }

  private func arrange(
    _ rest: UInt8, open: UInt8, afresh: UInt8, inner: [Int], _ orders: inout [Order]
  ) {
    let members = (0..<8).filter { rest & (1 << UInt8($0)) != 0 }
    let relevant = context.space.tiles.relevant
    if open == 0 || members.count <= 1 {
      append(members + inner, &orders)
      return
    }
    // A loop that only the weights still ask about and that leaves them in place is best inside.
    if open == 1 {
      let still = members.filter { relevant.weight & (1 << UInt8($0)) == 0 }
      append(members.filter { !still.contains($0) } + still + inner, &orders)
      return
    }
    for dimension in members {
      var left = open
      settle(dimension, afresh: afresh, &left)
      arrange(
        rest & ~(1 << UInt8(dimension)), open: left, afresh: afresh, inner: [dimension] + inner,
        &orders)
    }
  }

  private func append(_ dimensions: [Int], _ orders: inout [Order]) {
    var packed = SIMD8<UInt8>(repeating: 0)
    for (index, dimension) in dimensions.enumerated() { packed[index] = UInt8(dimension) }
    if orders.contains(where: { $0.dimensions == packed }) { return }
    orders.append(Order(dimensions: packed, count: dimensions.count))
  }
}
