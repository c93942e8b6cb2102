/// Sets of words along one axis, one bit a word.
struct AxisWords {
  /// A piece of each of the axis's dimensions.
  typealias Box = (IndexRange, IndexRange)

  private var axis = AxisGeometry()
  private var seen: [UInt64] = []
  private var held: [UInt64] = []
  private var needed: [UInt64] = []
  /// The part of `seen` and `needed` that is in use.
  private var used = (from: Int.max, to: -1)

  /// Starts an axis.
  mutating func begin(_ shape: FactorShape) {
    axis = AxisGeometry(
      coefficients: shape.coefficients, base: shape.base, wordCount: shape.wordCount)
    let count = (axis.wordCount + 63) / 64
    if seen.count < count {
      seen = Array(repeating: 0, count: count)
      held = seen
      needed = seen
    }
  }

  /// Words of a box, or of those the ones that another box has too.
  mutating func count(_ box: Box, heldBy other: Box?) -> Int {
    guard box.0.extent > 0, box.1.extent > 0 else { return 0 }
    if let range = axis.range(of: box) {
      guard let other else { return range.count }
      if other.0.extent == 0 || other.1.extent == 0 { return 0 }
      if let otherRange = axis.range(of: other) { return range.clamped(to: otherRange).count }
    }
    beginGroup()
    see(box)
    if let other {
      beginMember()
      hold(other)
      need(box)
    }
    return kept
  }

  /// Starts a group: nothing seen, nothing needed.
  mutating func beginGroup() {
    guard used.to >= used.from else { return }
    for index in used.from...used.to {
      seen[index] = 0
      needed[index] = 0
    }
    used = (Int.max, -1)
  }

  /// Starts a member: nothing held.
  mutating func beginMember() {
    guard used.to >= used.from else { return }
    for index in used.from...used.to { held[index] = 0 }
  }

  mutating func see(_ box: Box) {
    let axis = axis
    axis.visit(box) { index, mask in
      seen[index] |= mask
      used.from = min(used.from, index)
      used.to = max(used.to, index)
    }
  }

  /// Holds what is in use of a box.
  mutating func hold(_ box: Box) {
    let axis = axis
    axis.visit(box) { index, mask in held[index] |= mask }
  }

  /// Needs the words of a box that are not held.
  mutating func need(_ box: Box) {
    let axis = axis
    axis.visit(box) { index, mask in needed[index] |= mask & ~held[index] }
  }

  /// Words seen and not needed.
  var kept: Int {
    guard used.to >= used.from else { return 0 }
    return (used.from...used.to).reduce(0) { $0 + (seen[$1] & ~needed[$1]).nonzeroBitCount }
  }
}

/// Which words of an axis the indices of two dimensions reach.
private struct AxisGeometry {
  var coefficients = (1, 1)
  var base = 0
  var wordCount = 0

  /// The words of a box where they have no gaps.
  func range(of box: AxisWords.Box) -> Range<Int>? {
    let (a, b) = (Int(box.0.extent), Int(box.1.extent))
    let (s, d) = coefficients
    guard
      s == 1 && (b == 1 || a >= d) || d == 1 && (a == 1 || b >= s) || a == 1 && b == 1
    else { return nil }
    let from = s * Int(box.0.start) + d * Int(box.1.start) + base
    let to = from + s * (a - 1) + d * (b - 1) + 1
    return max(from, 0)..<max(max(from, 0), min(to, wordCount))
  }

  /// Gives the words of a box, up to 64 at a time.
  @inline(__always)
  func visit(_ box: AxisWords.Box, _ body: (Int, UInt64) -> Void) {
    guard box.0.extent > 0, box.1.extent > 0 else { return }
    if let range = range(of: box) { return visit(range, body) }
    for i in Int(box.0.start)..<Int(box.0.start + box.0.extent) {
      for j in Int(box.1.start)..<Int(box.1.start + box.1.extent) {
        let word = coefficients.0 * i + coefficients.1 * j + base
        if (0..<wordCount).contains(word) { body(word >> 6, 1 << UInt64(word & 63)) }
      }
    }
  }

  @inline(__always)
  private func visit(_ range: Range<Int>, _ body: (Int, UInt64) -> Void) {
    guard !range.isEmpty else { return }
    let (from, to) = (range.lowerBound, range.upperBound - 1)
    let low = ~UInt64(0) << UInt64(from & 63)
    let high = ~UInt64(0) >> UInt64(63 - to & 63)
    if from >> 6 == to >> 6 { return body(from >> 6, low & high) }
    body(from >> 6, low)
    var index = from >> 6 + 1
    while index < to >> 6 {
      body(index, ~0)
      index += 1
    }
    body(to >> 6, high)
  }
}
