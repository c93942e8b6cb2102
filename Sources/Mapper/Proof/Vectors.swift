/// The larger of each two numbers, in vector instructions.
@inline(__always)
func larger<Vector: SIMD>(_ left: Vector, _ right: Vector) -> Vector
where Vector.Scalar: Comparable {
  left.replacing(with: right, where: left .< right)
}

/// The smaller of each two numbers, in vector instructions.
@inline(__always)
func smaller<Vector: SIMD>(_ left: Vector, _ right: Vector) -> Vector
where Vector.Scalar: Comparable {
  left.replacing(with: right, where: right .< left)
}
