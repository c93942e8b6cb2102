internal import Ops

/// Counts the input words that move into tiles under given loops in time, for steps that divide.
///
/// At the step at which a loop advances, the loops inside it begin again; so along each axis of the
/// input the tile moves by the same distance at all such steps, and the words it held before are an
/// overlap of two ranges. The words that move are, over all loops, products over the axes of the words
/// present less products of the words held (`Documentation/Model.md`, "Why counts are products").
struct InputMoves {
  /// A loop in time.
  struct Loop: Sendable {
    var dimension: UInt8
    /// Index of the extent of one pass, and of the number of passes among the divisors.
    var step: UInt8
    var passes: UInt8
    var count: Double
  }

  /// An axis whose places look different: two dimensions reach it, or padding clips it.
  private struct Axis {
    var first: Int
    /// -1 where only one dimension has more than one index.
    var second: Int
    var coefficients: (Int64, Int64)
    var offset: Int64
    var extent: Int64
    var clips: Bool
  }

  /// Words present and words held along an axis.
  private struct Pair {
    var present: Double
    var held: Double
  }

  private let lattice: TileLattice
  private var axes: [Axis] = []
  /// Dimensions (bits) that move all of the input, and those that move none of it.
  private var plain: UInt8 = 0
  private var still: UInt8 = 0
  private var axisOfDimension: [Int]
  /// Where the table of a chain of loops begins: the first step, then for each loop of the axis the
  /// steps at which it advances, then those of other loops that lie inside some of its loops.
  private var known: [SIMD2<UInt64>: Int] = [:]
  private var pairs: [Pair] = []

  init(_ problem: Problem, lattice: TileLattice, storesPadding: Bool) {
    self.lattice = lattice
    let dimensions = lattice.tiles.dimensions
    axisOfDimension = Array(repeating: -1, count: dimensions.count)
    let relevant = lattice.relevant[1]
    for index in dimensions.indices where relevant & (1 << UInt8(index)) == 0 {
      still |= 1 << UInt8(index)
    }
    for axis in problem.projections.input?.axes ?? [] {
      let terms = axis.terms.compactMap { term in
        dimensions.firstIndex(of: term.dimension).map { ($0, Int64(term.coefficient)) }
      }
      guard let first = terms.first else { continue }
      let reach = axis.terms.reduce(Int64(axis.offset)) {
        $0 + Int64($1.coefficient) * Int64(problem.bounds[$1.dimension] - 1)
      }
      let clips = !storesPadding && (axis.offset < 0 || reach >= Int64(axis.extent))
      if terms.count == 1 && !clips {
        plain |= 1 << UInt8(first.0)
        continue
      }
      for term in terms { axisOfDimension[term.0] = axes.count }
      axes.append(
        Axis(
          first: first.0, second: terms.count > 1 ? terms[1].0 : -1,
          coefficients: (first.1, terms.count > 1 ? terms[1].1 : 1), offset: Int64(axis.offset),
          extent: Int64(axis.extent), clips: clips))
    }
  }

  /// Words that move into all instances' tiles over the whole run.
  mutating func words(into tile: Int, under loops: [Loop]) -> Double {
    let extents = lattice.extents[tile]
    // Of the dimensions that no axis looks at: words and instances at one step.
    var base = 1.0
    for dimension in 0..<lattice.dimensionCount where axisOfDimension[dimension] < 0 {
      let bit = UInt8(1) << UInt8(dimension)
      base *= Double(lattice.bounds[dimension])
      if still & bit != 0 { base /= Double(extents[dimension]) }
    }
    for loop in loops where axisOfDimension[Int(loop.dimension)] < 0 { base /= loop.count }
    var tables = SIMD8<Int>(repeating: 0)
    for axis in axes.indices { tables[axis] = table(of: axis, tile: tile, loops) }
    var total = 1.0
    for axis in axes.indices { total *= pairs[tables[axis]].present }
    // From the inside out: which loops are inside, of each axis.
    var inside = SIMD8<Int>(repeating: 0)
    var counts = SIMD8<Int>(repeating: 0)
    for loop in loops {
      let axis = axisOfDimension[Int(loop.dimension)]
      if axis >= 0 { counts[axis] += 1 }
    }
    var holds = true
    var outer = 1.0
    for loop in loops where axisOfDimension[Int(loop.dimension)] < 0 { outer *= loop.count }
    var index = loops.count - 1
    while index >= 0 {
      let loop = loops[index]
      let own = axisOfDimension[Int(loop.dimension)]
      var places = outer
      if own < 0 {
        places = outer / loop.count * (loop.count - 1)
        outer /= loop.count
        if plain & (1 << loop.dimension) != 0 { holds = false }
      }
      var present = places
      var held = holds ? places : 0
      for axis in axes.indices {
        let position = counts[axis] - inside[axis]
        // Tables: first; advances 1...n from the outside in; still at 0...n loops outside.
        let entry =
          axis == own ? tables[axis] + position : tables[axis] + counts[axis] + 1 + position
        present *= pairs[entry].present
        held *= pairs[entry].held
      }
      total += present - held
      if own >= 0 { inside[own] += 1 }
      index -= 1
    }
    return total * base
  }

  private mutating func table(of number: Int, tile: Int, _ loops: [Loop]) -> Int {
    let axis = axes[number]
    let digits = lattice.digits[tile]
    var key = SIMD2<UInt64>(UInt64(number), UInt64(digits[axis.first]))
    if axis.second >= 0 { key[1] = key[1] << 8 | UInt64(digits[axis.second]) }
    var count = 0
    for loop in loops
    where Int(loop.dimension) == axis.first || Int(loop.dimension) == axis.second {
      let mark =
        UInt64(loop.step) << 9 | UInt64(loop.passes) << 1
        | (Int(loop.dimension) == axis.first ? 0 : 1)
      // Five loops fill a number; more than that go on in the other, which keeps eight bits a tile.
      if count < 3 { key[0] = key[0] << 17 | mark } else { key[1] = key[1] << 17 | mark }
      count += 1
    }
    key[0] |= UInt64(count) << 60
    if count <= 5, let start = known[key] { return start }
    let start = pairs.count
    fill(axis, tile: tile, loops.filter { axisOfDimension[Int($0.dimension)] == number })
    if count <= 5 { known[key] = start }
    return start
  }

  /// Appends the table of a chain.
  private mutating func fill(_ axis: Axis, tile: Int, _ chain: [Loop]) {
    let (s, d) = axis.coefficients
    let extents = lattice.extents[tile]
    let extent = Int64(extents[axis.first])
    let other = axis.second >= 0 ? Int64(extents[axis.second]) : 1
    let bound = Int64(lattice.bounds[axis.first])
    let otherBound = axis.second >= 0 ? Int64(lattice.bounds[axis.second]) : 1
    let shape = AxisTile(extent, s, other, d)
    let clip = axis.clips ? axis.extent : nil
    // How far the tile moves where a loop makes a step, and where it begins again.
    let steps = chain.map { loop -> Int64 in
      let isFirst = Int(loop.dimension) == axis.first
      let step = lattice.tiles.divisors[Int(loop.dimension)][Int(loop.step)]
      return (isFirst ? s : d) * Int64(step)
    }
    let passes = chain.map { Int64($0.count) }
    let count = chain.count
    let first = pairs.count
    pairs.append(contentsOf: repeatElement(Pair(present: 0, held: 0), count: 2 * count + 2))
    // The way back of all loops inside the i-th: positive, as it leads to the tile before.
    var back = [Int64](repeating: 0, count: count + 1)
    for index in (0..<count).reversed() {
      back[index] = back[index + 1] + (passes[index] - 1) * steps[index]
    }
    let whole = shape.overlap(0)
    let returns = back.map { shape.overlap($0) }
    let advances = chain.indices.map { shape.overlap(back[$0 + 1] - steps[$0]) }
    let stepSizes = chain.map {
      Int64(lattice.tiles.divisors[Int($0.dimension)][Int($0.step)])
    }
    for start in Swift.stride(from: 0, to: bound, by: Int64.Stride(extent)) {
      for otherStart in Swift.stride(from: 0, to: otherBound, by: Int64.Stride(other)) {
        let low = s * start + d * otherStart + axis.offset
        let words = Double(shape.words(at: low, whole, clippedTo: clip))
        // Inner loops at their first pass, from the inside out, as far as that goes.
        var index = count
        while true {
          pairs[first + count + 1 + index].present += words
          pairs[first + count + 1 + index].held +=
            index == count
            ? words : Double(shape.words(at: low, returns[index], clippedTo: clip))
          if index == 0 { break }
          let loop = chain[index - 1]
          let position = Int(loop.dimension) == axis.first ? start : otherStart
          let pass = position / stepSizes[index - 1] % passes[index - 1]
          if pass > 0 {
            pairs[first + index].present += words
            pairs[first + index].held += Double(
              shape.words(at: low, advances[index - 1], clippedTo: clip))
            break
          }
          index -= 1
        }
        if index == 0 { pairs[first].present += words }
      }
    }
  }
}
