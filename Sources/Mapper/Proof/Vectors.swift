// For known types, since the operators of vectors of any type take numbers one by one.

/// The larger of each two numbers.
@inline(__always)
func larger(_ left: SIMD4<Double>, _ right: SIMD4<Double>) -> SIMD4<Double> {
  left.replacing(with: right, where: left .< right)
}

/// The smaller of each two numbers.
@inline(__always)
func smaller(_ left: SIMD4<Double>, _ right: SIMD4<Double>) -> SIMD4<Double> {
  left.replacing(with: right, where: right .< left)
}

/// The larger of each two numbers.
@inline(__always)
func larger(_ left: SIMD8<Double>, _ right: SIMD8<Double>) -> SIMD8<Double> {
  left.replacing(with: right, where: left .< right)
}

/// The smaller of each two numbers.
@inline(__always)
func smaller(_ left: SIMD8<Double>, _ right: SIMD8<Double>) -> SIMD8<Double> {
  left.replacing(with: right, where: right .< left)
}

/// The larger of each two numbers.
@inline(__always)
func larger(_ left: SIMD16<Double>, _ right: SIMD16<Double>) -> SIMD16<Double> {
  left.replacing(with: right, where: left .< right)
}

/// The smaller of each two numbers.
@inline(__always)
func smaller(_ left: SIMD16<Double>, _ right: SIMD16<Double>) -> SIMD16<Double> {
  left.replacing(with: right, where: right .< left)
}

/// The smaller of each two numbers.
@inline(__always)
func smaller(_ left: SIMD4<Int32>, _ right: SIMD4<Int32>) -> SIMD4<Int32> {
  left.replacing(with: right, where: right .< left)
}

/// The smaller of each two numbers.
@inline(__always)
func smaller(_ left: SIMD8<Int32>, _ right: SIMD8<Int32>) -> SIMD8<Int32> {
  left.replacing(with: right, where: right .< left)
}

// Halves are taken together, as long as that goes: one number after the other takes several times as long.

extension SIMD4<Double> {
  /// The sum of all numbers.
  @inline(__always)
  var total: Double {
    let half = lowHalf + highHalf
    return half[0] + half[1]
  }

  /// The largest number.
  @inline(__always)
  var largest: Double { Swift.max(Swift.max(self[0], self[1]), Swift.max(self[2], self[3])) }

  /// The least of the first three.
  @inline(__always)
  var min3: Double { Swift.min(self[0], self[1], self[2]) }
}

extension SIMD8<Double> {
  /// The sum of all numbers.
  @inline(__always)
  var total: Double { (lowHalf + highHalf).total }

  /// The largest number.
  @inline(__always)
  var largest: Double { larger(lowHalf, highHalf).largest }
}

extension SIMD16<Double> {
  /// The sum of all numbers.
  @inline(__always)
  var total: Double { (lowHalf + highHalf).total }

  /// The largest number.
  @inline(__always)
  var largest: Double { larger(lowHalf, highHalf).largest }
}
