internal import Ops

/// Outer parts with the most promising first, and which of them can be joined with an inner part.
///
/// A class, since it remembers which parts have tiles that a tile of an inner part can be cut from.
final class RankedOuterParts {
  /// What is read of each part most often.
  struct Key {
    var score: Double
    var energy: Double
    var cycles: Double
    /// The part's place in the list.
    var index: Int
  }

  let parts: [OuterPart]
  let keys: [Key]
  let least: (energy: Double, cycles: Double)
  /// Parts (bits in the order of the keys) that fit the inner part last asked about.
  private(set) var fitting: [UInt64]
  private let context: ProofContext
  /// By dimension and an inner part's shortest tile in front of the array level's children.
  private var known: [Int: [UInt64]] = [:]

  init(_ parts: [OuterPart], _ context: ProofContext) {
    self.parts = parts
    self.context = context
    keys = parts.indices.map {
      Key(score: parts[$0].score, energy: parts[$0].energy, cycles: parts[$0].cycles, index: $0)
    }.sorted { ($0.score, $0.index) < ($1.score, $1.index) }
    least = (
      keys.reduce(.infinity) { min($0, $1.energy) }, keys.reduce(.infinity) { min($0, $1.cycles) }
    )
    fitting = Array(repeating: 0, count: (keys.count + 63) / 64)
  }

  /// Finds the parts that an inner one can be joined with, as far as each dimension by itself shows.
  func fit(_ inner: UnsafePointer<InnerPart>) {
    for word in fitting.indices { fitting[word] = .max }
    if keys.count % 64 != 0 { fitting[fitting.count - 1] = (1 << UInt64(keys.count % 64)) - 1 }
    for dimension in 0..<context.dimensionCount where inner.pointee.leastFront[dimension] > 1 {
      let bits = fitting(dimension, inner.pointee.leastFront[dimension])
      for word in fitting.indices { fitting[word] &= bits[word] }
    }
  }

  private func fitting(_ dimension: Int, _ front: Int32) -> [UInt64] {
    let key = dimension << 32 | Int(front)
    if let bits = known[key] { return bits }
    var bits = [UInt64](repeating: 0, count: fitting.count)
    for (number, key) in keys.enumerated() {
      let (least, most) = (parts[key.index].least[dimension], parts[key.index].most[dimension])
      if front <= most, !context.isPerfect || least % front == 0 {
        bits[number / 64] |= 1 << UInt64(number % 64)
      }
    }
    known[key] = bits
    return bits
  }
}
