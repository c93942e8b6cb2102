internal import Ops

/// The words along an axis of the input that a tile reaches: s·i + d·j for i and j of two extents.
///
/// Without gaps they are a range. With gaps they are marked one by one, unless there are very many:
/// then what tiles have in common is bounded from above.
struct AxisTile {
  let length: Int64
  let elements: Int64
  let isSolid: Bool
  private var marks: [Bool] = []

  /// Words that two places of the tile have in common, by where the first place is cut.
  struct Overlap {
    fileprivate var shift: Int64
    /// How many common words are in front of each index; empty for a range or a bound.
    fileprivate var before: [Int32] = []
  }

  private static let mostMarks: Int64 = 1 << 14

  init(_ extent: Int64, _ s: Int64, _ other: Int64, _ d: Int64) {
    length = s * (extent - 1) + d * (other - 1) + 1
    elements = Int64(
      TileTables.elements(Double(extent), Double(s), Double(other), Double(d), false))
    isSolid = elements == length
    guard !isSolid, length <= Self.mostMarks else { return }
    marks = Array(repeating: false, count: Int(length))
    for i in 0..<extent {
      for j in 0..<other { marks[Int(s * i + d * j)] = true }
    }
  }

  /// What the tile has in common with the tile a distance further on.
  func overlap(_ shift: Int64) -> Overlap {
    var overlap = Overlap(shift: shift)
    guard !marks.isEmpty else { return overlap }
    overlap.before.reserveCapacity(marks.count + 1)
    overlap.before.append(0)
    var count: Int32 = 0
    for index in marks.indices {
      let old = index - Int(clamping: shift)
      if marks[index] && marks.indices.contains(old) && marks[old] { count += 1 }
      overlap.before.append(count)
    }
    return overlap
  }

  /// The most words the tile has in common with itself moved by some multiple of a distance.
  ///
  /// Without gaps that is one time the distance; with gaps it may be any.
  func mostCommon(stride: Int64, upTo count: Int64) -> Int64 {
    var most: Int64 = 0
    for times in 1...max(1, isSolid ? 1 : count) {
      if times > 1 && stride * (times - 1) >= length { break }
      most = max(most, words(at: 0, overlap(stride * times), clippedTo: nil))
    }
    return most
  }

  /// Common words of the tile at a place with the tile of the overlap, padding left out.
  @inline(__always)
  func words(at low: Int64, _ overlap: Overlap, clippedTo extent: Int64?) -> Int64 {
    var first = max(0, overlap.shift)
    var last = min(length, length + overlap.shift)
    if let extent {
      first = max(first, -low)
      last = min(last, extent - low)
    }
    if last <= first { return 0 }
    if isSolid { return last - first }
    guard !overlap.before.isEmpty else {
      return overlap.shift == 0
        ? max(0, elements - (length - (last - first))) : min(elements, last - first)
    }
    return Int64(overlap.before[Int(last)] - overlap.before[Int(first)])
  }
}
