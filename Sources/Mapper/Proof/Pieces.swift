/// The extents of the pieces of one dimension, and how many there are of each.
struct Pieces {
  private var all: [(extent: Int32, count: Double)] = []
  private var last: [(extent: Int32, count: Double)] = []

  mutating func begin(_ extent: Int32) {
    all.removeAll(keepingCapacity: true)
    all.append((extent, 1))
  }

  /// Cuts all pieces by a step.
  mutating func cut(_ step: Int32) {
    swap(&all, &last)
    all.removeAll(keepingCapacity: true)
    for piece in last {
      add(step, piece.count * Double(piece.extent / step))
      add(piece.extent % step, piece.count)
    }
  }

  private mutating func add(_ extent: Int32, _ count: Double) {
    if extent == 0 || count == 0 { return }
    for index in all.indices where all[index].extent == extent {
      all[index].count += count
      return
    }
    all.append((extent, count))
  }

  /// The fewest and the most passes of a loop over a piece, and the indices in pieces of one pass and of
  /// less than a few.
  func passes(
    _ step: Int32, few: Int32
  ) -> (least: Int32, most: Int32, inOne: Double, inFew: Double) {
    var (least, most, inOne, inFew) = (Int32.max, Int32(1), 0.0, 0.0)
    for piece in all {
      let passes = (piece.extent - 1) / step + 1
      (least, most) = (min(least, passes), max(most, passes))
      let indices = Double(piece.extent) * piece.count
      if passes == 1 { inOne += indices }
      if passes < few { inFew += indices }
    }
    return (least, most, inOne, inFew)
  }

  /// Of all passes of a loop, those that begin it again after a last pass that left a child without any
  /// index that the first pass gives it.
  ///
  /// - Parameters:
  ///   - step: of the loop; `x` and `y` those of the children.
  func idleShare(_ step: Int32, x: Int32, y: Int32) -> Double {
    let most = Self.busy(step, x: x, y: y)
    var (passes, idle, endsIdle) = (0.0, 0.0, true)
    for piece in all {
      let own = (piece.extent - 1) / step + 1
      passes += Double(own) * piece.count
      if Self.busy(piece.extent - (own - 1) * step, x: x, y: y) == most {
        endsIdle = false
      } else if own > 1 {
        idle += piece.count
      }
    }
    // After a piece that ends with all children at work, they still hold what they held.
    if !endsIdle { idle -= 1 }
    return max(0, idle / passes)
  }

  /// Over all passes of a loop, children at work that no access serves together, by the axes (1 for x, 2
  /// for y) along which accesses serve all.
  ///
  /// - Parameters:
  ///   - step: of the loop; `x` and `y` those of the children.
  func groups(_ step: Int32, x: Int32, y: Int32) -> SIMD4<Double> {
    var groups = SIMD4<Double>(repeating: 0)
    for piece in all {
      groups += Self.groups(in: step, x: x, y: y) * (piece.count * Double(piece.extent / step))
      let rest = piece.extent % step
      if rest > 0 { groups += Self.groups(in: rest, x: x, y: y) * piece.count }
    }
    return groups
  }

  /// The same of the first pass in each piece alone.
  func firstGroups(_ step: Int32, x: Int32, y: Int32) -> SIMD4<Double> {
    all.reduce(SIMD4(repeating: 0)) {
      $0 + Self.groups(in: min(step, $1.extent), x: x, y: y) * $1.count
    }
  }

  private static func groups(in extent: Int32, x: Int32, y: Int32) -> SIMD4<Double> {
    SIMD4(
      Double(busy(extent, x: x, y: y)), Double((min(extent, x) - 1) / y + 1),
      Double((extent - 1) / x + 1), 1)
  }

  /// Children that have any of so many indices.
  private static func busy(_ extent: Int32, x: Int32, y: Int32) -> Int32 {
    extent / x * ((x - 1) / y + 1) + (extent % x == 0 ? 0 : (extent % x - 1) / y + 1)
  }
}
