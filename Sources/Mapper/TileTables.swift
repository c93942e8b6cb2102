internal import Ops

/// The tile shapes of a problem whose extents all divide, numbered, with what they hold.
///
/// Dimensions of bound 1 are dropped. A tile's number is mixed-radix: the sum over dimensions of
/// the index of its extent among the bound's divisors times the dimension's stride.
struct TileTables: Sendable {
  /// At most eight, in canonical order.
  let dimensions: [LoopDimension]
  /// Of each dimension, the extents a tile may have, in ascending order from 1 to the bound.
  let divisors: [[Int32]]
  let strides: [Int]
  let count: Int
  /// Of each tile, the indices of its extents.
  let digits: [SIMD8<UInt8>]
  /// Of each tile, its extents; 1 beyond the last dimension.
  let extents: [SIMD8<Int32>]
  /// Of each tensor, the dimensions (bits) that move it.
  let relevant: PerTensor<UInt8>
  /// Of each tensor and tile, its words: the mean over all places of the tile, padding left out.
  let words: PerTensor<[Double]>
  /// Of each tensor and tile, the most words at any place.
  let largestWords: PerTensor<[Double]>
  /// Whether divisors were left out to keep the tables small.
  let isThinned: Bool
  /// Of each dimension, how the input slides along it.
  let slides: [Slide?]
  /// Of each dimension (256 x 256 entries) and pair of indices, the index of the quotient's extent;
  /// 255 if none.
  private let quotients: [UInt8]

  /// An input axis of two terms, seen from one of them.
  struct Slide: Sendable {
    /// This dimension and the other of the axis.
    var dimension: Int
    var other: Int
    var coefficient: Double
    var otherCoefficient: Double
    /// Whether gaps between the elements of a stride count as words.
    var countsGaps: Bool
  }

  /// More tiles than this are thinned out.
  static let largestCount = 1 << 18

  init(_ problem: Problem, countsRectangles: Bool, storesPadding: Bool) {
    let dimensions = LoopDimension.allCases.filter { problem.bounds[$0] > 1 }
    self.dimensions = dimensions
    var lists = dimensions.map { Self.divisors(of: problem.bounds[$0]) }
    isThinned = Self.thin(&lists)
    divisors = lists
    var strides: [Int] = []
    var count = 1
    for list in lists {
      strides.append(count)
      count *= list.count
    }
    self.strides = strides
    self.count = count
    var digits: [SIMD8<UInt8>] = []
    var extents: [SIMD8<Int32>] = []
    digits.reserveCapacity(count)
    extents.reserveCapacity(count)
    for tile in 0..<count {
      var digit = SIMD8<UInt8>(repeating: 0)
      var extent = SIMD8<Int32>(repeating: 1)
      for (index, list) in lists.enumerated() {
        let value = tile / strides[index] % list.count
        digit[index] = UInt8(value)
        extent[index] = list[value]
      }
      digits.append(digit)
      extents.append(extent)
    }
    self.digits = digits
    self.extents = extents
    let position = { (dimension: LoopDimension) in dimensions.firstIndex(of: dimension) }
    relevant = PerTensor(weight: .weight, input: .input, output: .output).map { role in
      problem.relevantDimensions(of: role).members.compactMap(position)
        .reduce(UInt8(0)) { $0 | (1 << UInt8($1)) }
    }
    let sizes = PerTensor(weight: .weight, input: .input, output: .output).map {
      (role: TensorRole) -> (mean: [Double], most: [Double]) in
      Self.words(
        of: problem.projections[role], digits: digits, lists: lists, position: position,
        countsRectangles: countsRectangles, storesPadding: storesPadding)
    }
    words = sizes.map(\.mean)
    largestWords = sizes.map(\.most)
    slides = Self.slides(
      of: problem.projections.input, dimensions: dimensions, countsGaps: countsRectangles)
    var quotients = [UInt8](repeating: 255, count: lists.count << 16)
    for (dimension, list) in lists.enumerated() {
      for (i, whole) in list.enumerated() {
        for (j, part) in list.enumerated() where whole % part == 0 {
          if let index = list.firstIndex(of: whole / part) {
            quotients[dimension << 16 | i << 8 | j] = UInt8(index)
          }
        }
      }
    }
    self.quotients = quotients
  }

  /// The tile left of one when each dimension is divided by a divisor of the given index, if all
  /// divide.
  func tile(_ tile: Int, dividedBy passes: SIMD8<UInt8>) -> Int? {
    let digit = digits[tile]
    var result = 0
    for dimension in strides.indices {
      let index =
        quotients[dimension << 16 | Int(digit[dimension]) << 8 | Int(passes[dimension])]
      if index == 255 { return nil }
      result += Int(index) * strides[dimension]
    }
    return result
  }

  /// The tile of the given indices.
  func tile(_ digit: SIMD8<UInt8>) -> Int {
    var tile = 0
    for index in strides.indices { tile += Int(digit[index]) * strides[index] }
    return tile
  }

  /// Gives every tile the largest value of any tile whose extents divide its own.
  func spread(_ values: inout [Double]) {
    for (dimension, list) in divisors.enumerated() {
      for tile in 0..<count {
        let digit = Int(digits[tile][dimension])
        for part in 0..<digit where list[digit] % list[part] == 0 {
          values[tile] = max(values[tile], values[tile - (digit - part) * strides[dimension]])
        }
      }
    }
  }

  /// Words of the input that are new when a tile moves by `step` along a dimension.
  func slideWords(ofTile tile: Int, along slide: Slide, step: Double) -> Double {
    let extent = extents[tile]
    let length = Double(extent[slide.dimension])
    let otherLength = Double(extent[slide.other])
    let size = Self.elements(
      length, slide.coefficient, otherLength, slide.otherCoefficient, slide.countsGaps)
    let span =
      slide.coefficient * (length - 1) + slide.otherCoefficient * (otherLength - 1) + 1
    let overlap: Double
    if size == span {
      overlap = max(0, size - slide.coefficient * step)
    } else if step < length {
      overlap = Self.elements(
        length - step, slide.coefficient, otherLength, slide.otherCoefficient, slide.countsGaps)
    } else {
      overlap = 0
    }
    return words.input[tile] * (size - overlap) / size
  }

  private static func divisors(of bound: Int32) -> [Int32] {
    var small: [Int32] = []
    var large: [Int32] = []
    var candidate: Int32 = 1
    while Int64(candidate) * Int64(candidate) <= Int64(bound) {
      if bound % candidate == 0 {
        small.append(candidate)
        if candidate != bound / candidate { large.append(bound / candidate) }
      }
      candidate += 1
    }
    return small + large.reversed()
  }

  /// Leaves out every other inner divisor of the longest list until the tables are small enough.
  private static func thin(_ lists: inout [[Int32]]) -> Bool {
    var thinned = false
    while true {
      let count = lists.reduce(1) { $0.multipliedReportingOverflow(by: $1.count).partialValue }
      let longest = lists.indices.max { lists[$0].count < lists[$1].count }
      guard let longest, count > largestCount || lists[longest].count > 200 else { return thinned }
      let list = lists[longest]
      lists[longest] = list.indices
        .filter { $0 == 0 || $0 == list.count - 1 || $0 % 2 == 0 }.map { list[$0] }
      thinned = true
    }
  }
}

// MARK: Sizes of tensors

extension TileTables {
  /// Elements of an axis that a tile of the given extents reaches.
  ///
  /// Distinct values of s·p + d·r are P·R − max(0, P − d/g)·max(0, R − s/g), g the greatest common
  /// divisor of s and d (two pairs give one value exactly if they differ by a multiple of
  /// (d/g, −s/g)).
  static func elements(
    _ p: Double, _ s: Double, _ r: Double, _ d: Double, _ countsGaps: Bool
  ) -> Double {
    if countsGaps { return s * (p - 1) + d * (r - 1) + 1 }
    let g = greatestCommonDivisor(s, d)
    return p * r - max(0, p - d / g) * max(0, r - s / g)
  }

  private static func greatestCommonDivisor(_ a: Double, _ b: Double) -> Double {
    if a == 1 || b == 1 { return 1 }
    var (a, b) = (a, b)
    while b > 0 { (a, b) = (b, a.truncatingRemainder(dividingBy: b)) }
    return a
  }

  private static func words(
    of projection: Projection?, digits: [SIMD8<UInt8>], lists: [[Int32]],
    position: (LoopDimension) -> Int?, countsRectangles: Bool, storesPadding: Bool
  ) -> (mean: [Double], most: [Double]) {
    guard let projection else {
      let none = [Double](repeating: 0, count: digits.count)
      return (none, none)
    }
    var mean = [Double](repeating: 1, count: digits.count)
    var most = mean
    for axis in projection.axes {
      let first = axis.terms.first.flatMap { position($0.dimension) }
      let second = axis.terms.dropFirst().first.flatMap { position($0.dimension) }
      let table = AxisTable(
        axis, first: first.map { lists[$0] } ?? [1], second: second.map { lists[$0] } ?? [1],
        countsRectangles: countsRectangles, storesPadding: storesPadding)
      for tile in digits.indices {
        let i = first.map { Int(digits[tile][$0]) } ?? 0
        let j = second.map { Int(digits[tile][$0]) } ?? 0
        let entry = i * table.columns + j
        mean[tile] *= table.mean[entry]
        most[tile] *= table.most[entry]
      }
    }
    return (mean, most)
  }

  private static func slides(
    of projection: Projection?, dimensions: [LoopDimension], countsGaps: Bool
  ) -> [Slide?] {
    var slides = [Slide?](repeating: nil, count: dimensions.count)
    for axis in projection?.axes ?? [] {
      let known = axis.terms.compactMap { term in
        dimensions.firstIndex(of: term.dimension).map { ($0, Double(term.coefficient)) }
      }
      guard known.count == 2 else { continue }
      for (this, other) in [(known[0], known[1]), (known[1], known[0])] {
        slides[this.0] = Slide(
          dimension: this.0, other: other.0, coefficient: this.1, otherCoefficient: other.1,
          countsGaps: countsGaps)
      }
    }
    return slides
  }
}

/// Elements along one axis for each pair of tile extents of its dimensions.
private struct AxisTable {
  var mean: [Double] = []
  var most: [Double] = []
  let columns: Int

  /// More iterations than this along an axis are not walked, and padding counts there.
  static let longestWalk = 20_000

  init(
    _ axis: AffineAxis, first: [Int32], second: [Int32], countsRectangles: Bool,
    storesPadding: Bool
  ) {
    columns = second.count
    let s = axis.terms.first?.coefficient ?? 1
    let d = axis.terms.dropFirst().first?.coefficient ?? 1
    let (bound, otherBound) = (first.last ?? 1, second.last ?? 1)
    let reach =
      Int64(axis.offset) + Int64(s) * Int64(bound - 1) + Int64(d) * Int64(otherBound - 1)
    let clips =
      !storesPadding && !countsRectangles
      && (axis.offset < 0 || reach >= Int64(axis.extent))
    let walks = clips && Int64(bound) * Int64(otherBound) <= Int64(Self.longestWalk)
    for p in first {
      for r in second {
        let whole = TileTables.elements(
          Double(p), Double(s), Double(r), Double(d), countsRectangles)
        guard walks else {
          let size = clips ? min(whole, Double(axis.extent)) : whole
          mean.append(size)
          most.append(size)
          continue
        }
        let (total, largest) = Self.walk(axis, s, d, p, r, bound, otherBound)
        mean.append(Double(total) / Double((bound / p) * (otherBound / r)))
        most.append(Double(largest))
      }
    }
  }

  /// The elements inside the tensor of every place of a tile: their sum and the largest.
  private static func walk(
    _ axis: AffineAxis, _ s: Int32, _ d: Int32, _ p: Int32, _ r: Int32, _ bound: Int32,
    _ otherBound: Int32
  ) -> (total: Int64, largest: Int64) {
    var total: Int64 = 0
    var largest: Int64 = 0
    for start in stride(from: Int32(0), to: bound, by: Int(p)) {
      for otherStart in stride(from: Int32(0), to: otherBound, by: Int(r)) {
        var inside: Int64 = 0
        // Walks the other term's progressions; an element belongs to the first that reaches it.
        for other in otherStart..<otherStart + r {
          for index in start..<start + p {
            let element = s * index + d * other + axis.offset
            guard element >= 0, element < axis.extent else { continue }
            var known = false
            var earlier = otherStart
            while earlier < other && !known {
              let rest = element - axis.offset - d * earlier
              if rest % s == 0 {
                let match = rest / s
                known = match >= start && match < start + p
              }
              earlier += 1
            }
            if !known { inside += 1 }
          }
        }
        total += inside
        largest = max(largest, inside)
      }
    }
    return (total, largest)
  }
}
