internal import Ops

/// The orders of one level's temporal loops that can differ in cost, for each set of loops.
///
/// Every dimension of a convolution is irrelevant to at most one tensor, so the innermost loop
/// leaves at most one tensor in place: an order is told apart by the tensor whose irrelevant loops
/// are innermost, and by the innermost loop that moves the input, along which it may slide.
struct LoopOrders: Sendable {
  /// Of each set of dimensions, the range of its orders.
  private(set) var ranges: [Range<Int>] = []
  /// Positions of dimensions, outermost first; as many as the set has.
  private(set) var orders: [SIMD8<UInt8>] = []

  /// - Parameter fixed: positions in a fixed order; others go outside of them.
  init(tiles: TileTables, fixed: [Int]?) {
    let irrelevant = [tiles.relevant.weight, tiles.relevant.output, tiles.relevant.input].map {
      ~$0
    }
    let sliding = tiles.slides.indices.reduce(UInt8(0)) {
      tiles.slides[$1] == nil ? $0 : $0 | (1 << UInt8($1))
    }
    let setCount = 1 << tiles.dimensions.count
    for set in 0..<setCount {
      let start = orders.count
      let active = UInt8(set)
      let named = (fixed ?? []).filter { active & (1 << UInt8($0)) != 0 }
      let namedBits = named.reduce(UInt8(0)) { $0 | (1 << UInt8($1)) }
      let free = active & ~namedBits
      var found: [[Int]] = []
      for block in irrelevant {
        let inner = free & block
        guard inner != 0 else { continue }
        let outer = Self.members(free & ~inner)
        let innerMembers = Self.members(inner)
        if inner & sliding != 0 {
          for last in Self.members(inner & sliding) {
            found.append(outer + innerMembers.filter { $0 != last } + [last])
          }
        } else if free & ~inner & sliding != 0, inner & tiles.relevant.input == 0 {
          for last in Self.members(free & ~inner & sliding) {
            found.append(outer.filter { $0 != last } + [last] + innerMembers)
          }
        } else {
          found.append(outer + innerMembers)
        }
      }
      // Loops that move every tensor, alone: only what slides innermost matters.
      if found.isEmpty { found.append(Self.members(free)) }
      for order in found {
        let whole = order + named
        var packed = SIMD8<UInt8>(repeating: 0)
        for (index, dimension) in whole.enumerated() { packed[index] = UInt8(dimension) }
        if !orders[start...].contains(packed) { orders.append(packed) }
      }
      ranges.append(start..<orders.count)
    }
  }

  private static func members(_ set: UInt8) -> [Int] {
    (0..<8).filter { set & (1 << UInt8($0)) != 0 }
  }
}
