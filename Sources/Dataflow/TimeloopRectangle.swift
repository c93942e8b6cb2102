internal import Ops

/// Timeloop's idea of a set of words: a box of indices, gaps of a stride included.
///
/// Axes a tensor does not have are `0 ..< 1`.
struct TimeloopRectangle: Hashable, Sendable {
  /// First index of each axis.
  var low: SIMD8<Int64>
  /// One past the last index of each axis.
  var high: SIMD8<Int64>

  /// No words.
  static let empty = TimeloopRectangle(low: .zero, high: .zero)

  /// How many words the box has; exact up to 2^53.
  var size: Double {
    var product = 1.0
    for axis in low.indices { product *= Double(high[axis] - low[axis]) }
    return product
  }

  var isEmpty: Bool { any(low .>= high) }

  /// The box moved by a vector.
  func translated(by vector: SIMD8<Int64>) -> TimeloopRectangle {
    TimeloopRectangle(low: low &+ vector, high: high &+ vector)
  }

  /// Whether the other box can be had by moving this one.
  func hasShape(of other: TimeloopRectangle) -> Bool {
    high &- low == other.high &- other.low
  }

  /// What is new against an earlier box, where that is again a box; else the whole box.
  ///
  /// The difference is a box only if the two differ along one axis, where they overlap.
  func subtracting(_ earlier: TimeloopRectangle) -> TimeloopRectangle {
    if isEmpty || earlier.isEmpty { return self }
    if self == earlier { return .empty }
    for axis in low.indices where earlier.high[axis] <= low[axis] || earlier.low[axis] >= high[axis]
    {
      return self
    }
    var difference = self
    var found = false
    for axis in low.indices
    where low[axis] != earlier.low[axis] || high[axis] != earlier.high[axis] {
      if found { return self }
      found = true
      if earlier.low[axis] <= low[axis] {
        if earlier.high[axis] >= high[axis] { return .empty }
        difference.low[axis] = earlier.high[axis]
      } else {
        if earlier.high[axis] < high[axis] { return self }
        difference.high[axis] = earlier.low[axis]
      }
    }
    return difference
  }
}

/// A tensor's projection as Timeloop uses it: linear, without the padding's offset or any border.
struct TimeloopTensor: Sendable {
  let role: TensorRole
  /// Which axis a dimension moves, with its coefficient; dimensions that move none are left out.
  private let terms: [(dimension: Int, axis: Int, coefficient: Int64)]

  init(_ role: TensorRole, _ projection: Projection) {
    self.role = role
    terms = projection.axes.enumerated().flatMap { axis, sum in
      sum.terms.map { (Int($0.dimension.rawValue), axis, Int64($0.coefficient)) }
    }
  }

  /// The corners of a box of iterations, given by its first and last iteration, projected.
  func rectangle(first: SIMD8<Int64>, last: SIMD8<Int64>) -> TimeloopRectangle {
    var rectangle = TimeloopRectangle(low: .zero, high: SIMD8(repeating: 1))
    for term in terms {
      rectangle.low[term.axis] += term.coefficient * first[term.dimension]
      rectangle.high[term.axis] += term.coefficient * last[term.dimension]
    }
    return rectangle
  }

  /// How the tensor's words move when iterations move by a vector.
  func displacement(of vector: SIMD8<Int64>) -> SIMD8<Int64> {
    rectangle(first: vector, last: vector).low
  }
}
