/// A seeded random number generator: the same seed gives the same numbers on every machine.
///
/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, figure 17.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number of the range, each about equally likely.
  package mutating func number(in range: ClosedRange<Int32>) -> Int32 {
    let width = UInt64(Int64(range.upperBound) - Int64(range.lowerBound) + 1)
    return range.lowerBound + Int32(truncatingIfNeeded: next() % width)
  }

  /// True once in `denominator` draws, or `numerator` times.
  package mutating func chance(_ numerator: UInt64, in denominator: UInt64) -> Bool {
    next() % denominator < numerator
  }

  /// One of the elements of a collection that is not empty.
  package mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int(next() % UInt64(elements.count))]
  }

  /// The elements in a random order.
  package mutating func shuffled<Element>(_ elements: [Element]) -> [Element] {
    var result = elements
    for index in result.indices.reversed() where index > 0 {
      result.swapAt(index, Int(next() % UInt64(index + 1)))
    }
    return result
  }

  /// A random subset of a set of tensors.
  package mutating func bits(of raw: UInt8) -> UInt8 { raw & UInt8(truncatingIfNeeded: next()) }
}
