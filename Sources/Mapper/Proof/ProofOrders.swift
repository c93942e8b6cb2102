internal import Ops

/// The dimensions of a level's loops in time in order, four bits each.
struct LoopOrder: Hashable, Sendable {
  /// One more than each dimension, the innermost in the lowest bits.
  private var bits: UInt32 = 0

  init() {}

  /// The same with a loop inside of all others.
  func inside(_ dimension: Int) -> LoopOrder {
    var order = self
    order.bits = bits << 4 | UInt32(dimension + 1)
    return order
  }

  /// The same with the loops of another order inside.
  func enclosing(_ inner: LoopOrder) -> LoopOrder {
    var order = self
    var rest = inner.count
    while rest > 0 {
      rest -= 1
      order = order.inside(inner[rest])
    }
    return order
  }

  /// So many innermost loops.
  @inline(__always)
  func innermost(_ count: Int) -> LoopOrder {
    var order = self
    order.bits &= UInt32(truncatingIfNeeded: (UInt64(1) << UInt64(4 * count)) - 1)
    return order
  }

  /// Whether so many innermost loops are the same.
  @inline(__always)
  func hasSame(innermost count: Int, as other: LoopOrder) -> Bool {
    (bits ^ other.bits) << UInt32(32 - 4 * count) == 0
  }

  var count: Int { (32 - bits.leadingZeroBitCount + 3) / 4 }

  /// The dimension of a loop, counted from the innermost one.
  @inline(__always)
  subscript(index: Int) -> Int { Int(bits >> UInt32(4 * index) & 15) - 1 }
}

/// How a level's loops in time run, by dimension (bits).
struct LoopedDimensions: Sendable {
  /// More than one pass in some tile, and in every tile.
  var looped: UInt8 = 0
  var clean: UInt8 = 0
  /// The loop, when it begins again, finds no words of the input that it left.
  var afresh: UInt8 = 0
  /// Tensors (bits) kept inside the level, to which the order matters.
  var kept: UInt8 = 0
}

/// Orders found before, by level and how the loops run.
final class OrderMemo {
  private let context: ProofContext
  private var known: [UInt64: UnsafeBufferPointer<LoopOrder>] = [:]

  init(_ context: ProofContext) { self.context = context }

  deinit { for list in known.values { list.deallocate() } }

  /// The orders of a level's loops, for as long as this object is there.
  func orders(_ level: Int, _ loops: LoopedDimensions) -> UnsafeBufferPointer<LoopOrder> {
    let key =
      UInt64(level) << 32 | UInt64(loops.looped) << 24 | UInt64(loops.clean) << 16
      | UInt64(loops.afresh) << 8 | UInt64(loops.kept)
    if let list = known[key] { return list }
    let list = UnsafeBufferPointer(copying: ProofOrders(context, level: level, loops).all)
    known[key] = list
    return list
  }
}

/// The orders of a level's loops in time that can differ in what moves.
///
/// From the inside out an order matters to a tensor until a loop moves it in every tile; to the input,
/// which slides, until a loop moves all of its words or comes back to where nothing is held any more.
/// What lies outside of that for every tensor may be in any order; and so may all loops, if no level
/// inside keeps anything.
struct ProofOrders {
  private let context: ProofContext
  private let loops: LoopedDimensions
  private(set) var all: [LoopOrder] = []

  init(_ context: ProofContext, level: Int, _ loops: LoopedDimensions) {
    self.context = context
    self.loops = loops
    let isLooped = { (dimension: Int) in loops.looped & (1 << UInt8(dimension)) != 0 }
    let inner = (context.space.levels[level].order ?? []).filter(isLooped)
    let rest = (0..<context.dimensionCount).filter { isLooped($0) && !inner.contains($0) }
    var open = loops.kept
    for dimension in inner.reversed() { settle(dimension, &open) }
    arrange(rest, open: open, inner: inner.reduce(LoopOrder()) { $0.inside($1) })
  }

  private func settle(_ dimension: Int, _ open: inout UInt8) {
    let bit = UInt8(1) << UInt8(dimension)
    guard loops.clean & bit != 0 else { return }
    if context.isRelevant(dimension, to: .weight) { open &= ~1 }
    if context.isRelevant(dimension, to: .output) { open &= ~4 }
    if context.isRelevant(dimension, to: .input), loops.afresh & bit != 0 { open &= ~2 }
  }

  private mutating func arrange(_ members: [Int], open: UInt8, inner: LoopOrder) {
    if open == 0 || members.count <= 1 {
      append(members, inner)
      return
    }
    let areClean = members.allSatisfy { loops.clean & (1 << UInt8($0)) != 0 }
    // A loop that only the weights still ask about and that leaves them in place is best inside. Of
    // several such loops the order matters: they may leave children without work in their last pass.
    if open == 1, areClean {
      let still = members.filter { !context.isRelevant($0, to: .weight) }
      let moving = members.filter { !still.contains($0) }
      for order in Self.permutations(still) { append(moving + order, inner) }
      return
    }
    for dimension in members {
      var left = open
      settle(dimension, &left)
      arrange(
        members.filter { $0 != dimension }, open: left,
        inner: LoopOrder().inside(dimension).enclosing(inner))
    }
  }

  private static func permutations(_ members: [Int]) -> [[Int]] {
    guard members.count > 1 else { return [members] }
    return members.flatMap { last in
      permutations(members.filter { $0 != last }).map { $0 + [last] }
    }
  }

  private mutating func append(_ outer: [Int], _ inner: LoopOrder) {
    let order = outer.reduce(LoopOrder()) { $0.inside($1) }.enclosing(inner)
    if !all.contains(order) { all.append(order) }
  }
}

extension WindowWords {
  /// Whether nothing of a tile is left when a loop begins again, wherever the other dimension is.
  @inline(__always)
  func restartsAfresh(_ dimension: Int, step: Int32, passes: Int32) -> Bool {
    passes >= passesToRestartAfresh(dimension, step: step)
  }

  /// The fewest passes of a loop that leave nothing of its last tile when it begins again, wherever the
  /// other dimension is.
  @inline(__always)
  func passesToRestartAfresh(_ dimension: Int, step: Int32) -> Int32 {
    let own = stride(dimension)
    let span = own * Int64(step - 1) + wordsOfOne(dimension)
    return Int32(clamping: (span - 1) / (own * Int64(step)) + 2)
  }

  /// Words along the axis, with those between, of so many outputs and filter rows.
  @inline(__always)
  func span(outputs: Int32, filters: Int32) -> Int32 {
    Int32(
      clamping: strideOfOutputs * Int64(outputs - 1) + strideOfFilters * Int64(filters - 1) + 1)
  }

  /// Words along the axis from one index of a dimension to the next.
  @inline(__always)
  func stride(_ dimension: Int) -> Int64 {
    dimension == p ? strideOfOutputs : strideOfFilters
  }

  /// The most words along the axis that two tiles share which a loop of a dimension goes on or begins again
  /// between, if all indices of the other one are in each.
  func mostOverlap(_ dimension: Int) -> Double {
    Double(max(0, wordsOfOne(dimension) - stride(dimension)))
  }

  /// The other of the two dimensions.
  @inline(__always)
  func partner(_ dimension: Int) -> Int { dimension == p ? r : p }

  /// The fewest passes of a loop that leave nothing of its last tile when it begins again, by children if
  /// that much is known of them.
  ///
  /// - Parameters:
  ///   - step: of the loop.
  ///   - spanOfChild: words along the axis that a child reaches; 0 if it has no indices of the other
  ///     dimension of its own that stay.
  @inline(__always)
  func passesToRestartAfresh(_ dimension: Int, step: Int32, spanOfChild: Int32) -> Int32 {
    spanOfChild > 0
      ? Int32(clamping: Int64(spanOfChild - 1) / (stride(dimension) * Int64(step)) + 2)
      : passesToRestartAfresh(dimension, step: step)
  }

  /// Words along the axis that one index of a dimension reaches together with all of the other.
  @inline(__always)
  func wordsOfOne(_ dimension: Int) -> Int64 {
    dimension == p
      ? strideOfFilters * Int64(filterCount - 1) + 1
      : strideOfOutputs * Int64(outputCount - 1) + 1
  }
}
