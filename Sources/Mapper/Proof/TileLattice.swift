internal import Ops

/// What the search asks of tile shapes over and over, as flat tables by a tile's number.
///
/// All counts are of a whole run, over all instances. A tensor's words that move into tiles of a
/// shape are a product over dimensions: one that moves the tensor contributes each of its indices
/// once, whatever the tile; another contributes the number of tiles along it, unless the tensor
/// stays in place over it.
final class TileLattice: Sendable {
  let tiles: TileTables
  /// How many dimensions tiles have.
  let dimensionCount: Int
  /// Of each tile, its extents and their indices.
  let extents: [SIMD8<Int32>]
  let digits: [SIMD8<UInt8>]
  let relevant: SIMD4<UInt8>
  let bounds: [Int32]
  /// Of each tensor and tile, the number of tiles along the dimensions that do not move the tensor.
  let copies: PerTensor<[Double]>
  /// Words of weights and outputs when each is moved once.
  let distinct: PerTensor<Double>
  /// Input words in all places of a tile, each place once.
  let inputWords: [Double]
  /// Iterations of a tile.
  let iterations: [Double]
  /// Of each dimension and pair of indices, the index of the product of the extents; 255 if it is
  /// no tile's.
  let products: [[UInt8]]
  /// Of each tile, one bit a dimension's extent; and the extents that divide its own.
  let marks: [SIMD4<UInt64>]
  let divisorMarks: [SIMD4<UInt64>]

  init(_ problem: Problem, tiles: TileTables) {
    self.tiles = tiles
    dimensionCount = tiles.dimensions.count
    extents = tiles.extents
    digits = tiles.digits
    relevant = SIMD4(tiles.relevant.weight, tiles.relevant.input, tiles.relevant.output, 0)
    let count = tiles.count
    let dimensions = tiles.dimensions.count
    let bounds = tiles.divisors.map { $0.last ?? 1 }
    self.bounds = bounds
    var iterations = [Double](repeating: 1, count: count)
    var copies = PerTensor(repeating: [Double](repeating: 1, count: count))
    var inputWords = tiles.words.input
    for tile in 0..<count {
      for dimension in 0..<dimensions {
        let extent = tiles.extents[tile][dimension]
        let places = Double(bounds[dimension] / extent)
        let bit = UInt8(1) << UInt8(dimension)
        iterations[tile] *= Double(extent)
        if tiles.relevant.weight & bit == 0 { copies.weight[tile] *= places }
        if tiles.relevant.output & bit == 0 { copies.output[tile] *= places }
        if tiles.relevant.input & bit == 0 {
          copies.input[tile] *= places
        } else {
          inputWords[tile] *= places
        }
      }
    }
    self.iterations = iterations
    self.copies = copies
    self.inputWords = inputWords
    distinct = PerTensor(weight: TensorRole.weight, input: .input, output: .output).map { role in
      problem.projections[role] == nil
        ? 0
        : (0..<dimensions).reduce(1.0) {
          tiles.relevant[role] & (1 << UInt8($1)) != 0 ? $0 * Double(bounds[$1]) : $0
        }
    }
    products = tiles.divisors.map { list in
      var table = [UInt8](repeating: 255, count: list.count * list.count)
      for (i, a) in list.enumerated() {
        for (j, b) in list.enumerated() {
          if let index = list.firstIndex(of: a.multipliedReportingOverflow(by: b).partialValue) {
            table[i * list.count + j] = UInt8(index)
          }
        }
      }
      return table
    }
    (marks, divisorMarks) = Self.marks(tiles)
  }

  /// Up to 256 different extents have a bit of their own; others share one, and are looked at.
  private static func marks(
    _ tiles: TileTables
  ) -> (marks: [SIMD4<UInt64>], divisors: [SIMD4<UInt64>]) {
    var base = 0
    var own: [[SIMD4<UInt64>]] = []
    var allowed: [[SIMD4<UInt64>]] = []
    for list in tiles.divisors {
      let bits = list.indices.map { index -> SIMD4<UInt64> in
        var mark = SIMD4<UInt64>(repeating: 0)
        let bit = base + index
        if bit < 256 { mark[bit / 64] = 1 << UInt64(bit % 64) }
        return mark
      }
      own.append(bits)
      allowed.append(
        list.indices.map { whole in
          list.indices.reduce(SIMD4(repeating: 0)) {
            list[whole] % list[$1] == 0 ? $0 | bits[$1] : $0
          }
        })
      base += list.count
    }
    var marks: [SIMD4<UInt64>] = []
    var divisors: [SIMD4<UInt64>] = []
    marks.reserveCapacity(tiles.count)
    divisors.reserveCapacity(tiles.count)
    for digit in tiles.digits {
      var mark = SIMD4<UInt64>(repeating: 0)
      var divisor = mark
      for dimension in tiles.divisors.indices {
        mark |= own[dimension][Int(digit[dimension])]
        divisor |= allowed[dimension][Int(digit[dimension])]
      }
      marks.append(mark)
      divisors.append(divisor)
    }
    return (marks, divisors)
  }

  /// Whether the extents of one tile all divide those of another.
  @inline(__always)
  func divides(_ part: Int, _ whole: Int) -> Bool {
    (marks[part] & ~divisorMarks[whole]) == SIMD4(repeating: 0)
  }

  /// The index of the passes that cut one tile to another along a dimension.
  @inline(__always)
  func quotient(_ whole: Int, _ part: Int, _ dimension: Int) -> UInt8 {
    let list = tiles.divisors[dimension]
    let row = Int(digits[part][dimension]) * list.count
    let wanted = digits[whole][dimension]
    for index in list.indices where products[dimension][row + index] == wanted {
      return UInt8(index)
    }
    return 0
  }

  /// The tile whose extents are products, if it is one.
  @inline(__always)
  func product(_ tile: Int, _ passes: SIMD8<UInt8>) -> Int? {
    let digit = tiles.digits[tile]
    var result = 0
    for dimension in tiles.strides.indices {
      let index = products[dimension][
        Int(digit[dimension]) * tiles.divisors[dimension].count + Int(passes[dimension])]
      if index == 255 { return nil }
      result += Int(index) * tiles.strides[dimension]
    }
    return result
  }

  /// Gives every tile the least value of any tile that differs from it by divisors of some
  /// dimensions (bits) only.
  func spreadLeast(_ values: inout [Double], over dimensions: UInt8) {
    for (dimension, list) in tiles.divisors.enumerated()
    where dimensions & (1 << UInt8(dimension)) != 0 {
      let stride = tiles.strides[dimension]
      for tile in values.indices {
        let digit = tile / stride % list.count
        var least = values[tile]
        for part in 0..<digit where list[digit] % list[part] == 0 {
          least = min(least, values[tile - (digit - part) * stride])
        }
        values[tile] = least
      }
    }
  }
}
