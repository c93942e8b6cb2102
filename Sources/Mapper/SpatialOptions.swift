internal import Dataflow
internal import Ops

/// One way to unroll a tile over a level's children.
struct SpatialOption: Sendable {
  /// Of each dimension, the index of its passes among the divisors: on both axes, on x and on y.
  var passes = SIMD8<UInt8>(repeating: 0)
  var x = SIMD8<UInt8>(repeating: 0)
  var y = SIMD8<UInt8>(repeating: 0)
  /// Children that work.
  var lanes: Double = 1
  /// Reads that one parent's step needs of each tensor, for each child's tile.
  var groups = SIMD4<Double>(repeating: 1)
  /// Children whose output words differ.
  var outputChildren: Double = 1
  /// Extents by which one read of the input reaches over neighbouring children.
  var reach = SIMD8<Int32>(repeating: 1)
}

/// The ways to unroll over one level's children.
struct SpatialOptions: Sendable {
  /// Those with most children first; of ways that cost the same, one.
  private(set) var merged: [SpatialOption] = []
  /// All of them.
  private(set) var all: [SpatialOption] = []
  /// Whether ways were left out because there are too many.
  private(set) var isThinned = false
  private let tiles: TileTables
  private let rules: Mapspace.LevelRules
  private let level: Hierarchy.Level
  private let counting: CountingRules

  /// More ways than this are not listed.
  static let largestCount = 100_000

  init(
    tiles: TileTables, rules: Mapspace.LevelRules, level: Hierarchy.Level, counting: CountingRules
  ) {
    self.tiles = tiles
    self.rules = rules
    self.level = level
    self.counting = counting
    // Fewer dimensions an axis where there are too many ways.
    for most in [8, 3, 2, 1] {
      all.removeAll()
      var option = SpatialOption()
      if unroll(0, 1, 1, most, most, &option) { break }
      isThinned = true
    }
    var known: Set<Key> = []
    let distinct = all.filter {
      known.insert(Key(passes: $0.passes, groups: $0.groups, reach: $0.reach)).inserted
    }
    merged = distinct.indices
      .sorted { (-distinct[$0].lanes, $0) < (-distinct[$1].lanes, $1) }.map { distinct[$0] }
  }

  private struct Key: Hashable {
    var passes: SIMD8<UInt8>
    var groups: SIMD4<Double>
    var reach: SIMD8<Int32>
  }

  /// Lists the ways to unroll the dimensions from one on; `false` where there are too many.
  private mutating func unroll(
    _ dimension: Int, _ productX: Int32, _ productY: Int32, _ mostX: Int, _ mostY: Int,
    _ option: inout SpatialOption
  ) -> Bool {
    guard dimension < tiles.dimensions.count else {
      all.append(describe(option))
      return all.count <= Self.largestCount
    }
    let list = tiles.divisors[dimension]
    let bit = UInt8(1) << UInt8(dimension)
    for x in list.indices {
      if list[x] > 1 && (rules.spatialX & bit == 0 || mostX == 0) { continue }
      if list[x] > rules.sizeX / productX { break }
      for y in list.indices {
        if list[y] > 1 && (rules.spatialY & bit == 0 || mostY == 0) { continue }
        if list[y] > rules.sizeY / productY { break }
        let both = Int64(list[x]) * Int64(list[y])
        guard both <= Int64(list.last ?? 1), let passes = list.firstIndex(of: Int32(both)),
          rules.spatialPasses[dimension].contains(Int32(both))
        else { continue }
        option.passes[dimension] = UInt8(passes)
        option.x[dimension] = UInt8(x)
        option.y[dimension] = UInt8(y)
        let goesOn = unroll(
          dimension + 1, productX * list[x], productY * list[y], mostX - (x > 0 ? 1 : 0),
          mostY - (y > 0 ? 1 : 0), &option)
        option.passes[dimension] = 0
        option.x[dimension] = 0
        option.y[dimension] = 0
        if !goesOn { return false }
      }
    }
    return true
  }

  private func describe(_ passes: SpatialOption) -> SpatialOption {
    var option = passes
    for dimension in tiles.dimensions.indices where option.passes[dimension] != 0 {
      let list = tiles.divisors[dimension]
      let both = Double(list[Int(option.passes[dimension])])
      option.lanes *= both
      if tiles.relevant.output & (1 << UInt8(dimension)) != 0 { option.outputChildren *= both }
      share(list[Int(option.x[dimension])], of: dimension, over: level.x, &option)
      share(list[Int(option.y[dimension])], of: dimension, over: level.y, &option)
    }
    applyDiagonal(to: &option)
    return option
  }

  /// What the wires of an axis share of a dimension's passes.
  private func share(
    _ passes: Int32, of dimension: Int, over wires: Hierarchy.Wires, _ option: inout SpatialOption
  ) {
    guard passes > 1 else { return }
    let bit = UInt8(1) << UInt8(dimension)
    for role in TensorRole.allCases {
      let index = Int(role.rawValue)
      let shares = role == .output ? wires.reduce : wires.multicast
      if !shares.contains(role) && counting == .exact {
        option.groups[index] *= Double(passes)
      } else if tiles.relevant[role] & bit != 0 {
        if role == .input, tiles.slides[dimension] != nil, counting == .exact {
          option.reach[dimension] *= passes
        } else {
          option.groups[index] *= Double(passes)
        }
      }
    }
  }

  /// One read serves the children with equal x + y, where x and y run along one input axis.
  private func applyDiagonal(to option: inout SpatialOption) {
    guard counting == .exact, level.diagonal.contains(.input),
      !level.x.multicast.contains(.input), !level.y.multicast.contains(.input),
      let x = order(option.x).last, let y = order(option.y).last, tiles.slides[x]?.other == y
    else { return }
    let passesX = Double(tiles.divisors[x][Int(option.x[x])])
    let passesY = Double(tiles.divisors[y][Int(option.y[y])])
    option.groups[1] *= (passesX + passesY - 1) / (passesX * passesY)
  }

  /// Dimensions with more than one pass on an axis, outermost first: those the input slides along
  /// are innermost, so that neighbours hold overlapping rows.
  func order(_ passes: SIMD8<UInt8>) -> [Int] {
    let active = tiles.dimensions.indices.filter { passes[$0] != 0 }
    return active.filter { tiles.slides[$0] == nil } + active.filter { tiles.slides[$0] != nil }
  }
}
