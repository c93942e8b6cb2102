internal import Dataflow
internal import Ops

/// One way to unroll a tile over a level's children, with what the wires share.
struct Unrolling: Sendable {
  /// Of each dimension, the index of its passes among the extents: on both axes, on x and on y.
  var passes = SIMD8<UInt8>(repeating: 0)
  var x = SIMD8<UInt8>(repeating: 0)
  var y = SIMD8<UInt8>(repeating: 0)
  /// The dimension unrolled innermost on each axis, where that matters; -1 elsewhere.
  var innermostX: Int8 = -1
  var innermostY: Int8 = -1
  /// Children that work.
  var lanes = 1.0
  /// Of each tensor, children that hold the same words of it, and of those the ones that no wire
  /// serves together.
  var copies = SIMD4<Double>(repeating: 1)
  var apart = SIMD4<Double>(repeating: 1)
  /// Of each dimension, the index of the children along which one read of the input reaches.
  var reach = SIMD8<UInt8>(repeating: 0)
  /// Whether one read of the input reaches over all children along which it slides.
  var reachesAll = true
}

/// The ways to unroll over one level's children; of ways that cost the same, one.
struct Unrollings: Sendable {
  private(set) var all: [Unrolling] = []
  /// Whether ways were left out because there are too many.
  private(set) var isThinned = false
  private let tiles: TileTables
  private let rules: Mapspace.LevelRules
  private let level: Hierarchy.Level
  /// Whether the innermost loop of an axis matters: neighbours pass words on, or diagonals share.
  private let ordersMatter: Bool

  /// More ways than this are not listed.
  static let largestCount = 200_000

  init(tiles: TileTables, rules: Mapspace.LevelRules, level: Hierarchy.Level) {
    self.tiles = tiles
    self.rules = rules
    self.level = level
    ordersMatter =
      !level.x.forward.isEmpty || !level.y.forward.isEmpty || !level.diagonal.isEmpty
    for most in [8, 3, 2, 1] {
      all.removeAll()
      var way = Unrolling()
      if unroll(0, 1, 1, most, most, &way) { break }
      isThinned = true
    }
    var known: Set<Key> = []
    all = all.filter { known.insert(Key($0)).inserted }
  }

  private struct Key: Hashable {
    var passes: SIMD8<UInt8>
    var apart: SIMD4<Double>
    var reach: SIMD8<UInt8>
    var x: SIMD8<UInt8>
    var y: SIMD8<UInt8>
    var innermost: SIMD2<Int8>

    init(_ way: Unrolling) {
      let matters = way.innermostX >= 0 || way.innermostY >= 0
      passes = way.passes
      apart = way.apart
      reach = way.reach
      x = matters ? way.x : SIMD8(repeating: 0)
      y = matters ? way.y : SIMD8(repeating: 0)
      innermost = SIMD2(way.innermostX, way.innermostY)
    }
  }

  /// Lists the ways to unroll the dimensions from one on; `false` where there are too many.
  private mutating func unroll(
    _ dimension: Int, _ productX: Int32, _ productY: Int32, _ mostX: Int, _ mostY: Int,
    _ way: inout Unrolling
  ) -> Bool {
    guard dimension < tiles.dimensions.count else {
      describe(way)
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
        way.passes[dimension] = UInt8(passes)
        way.x[dimension] = UInt8(x)
        way.y[dimension] = UInt8(y)
        let goesOn = unroll(
          dimension + 1, productX * list[x], productY * list[y], mostX - (x > 0 ? 1 : 0),
          mostY - (y > 0 ? 1 : 0), &way)
        way.passes[dimension] = 0
        way.x[dimension] = 0
        way.y[dimension] = 0
        if !goesOn { return false }
      }
    }
    return true
  }

  private mutating func describe(_ passes: Unrolling) {
    var way = passes
    for dimension in tiles.dimensions.indices where way.passes[dimension] != 0 {
      let list = tiles.divisors[dimension]
      way.lanes *= Double(list[Int(way.passes[dimension])])
      share(list[Int(way.x[dimension])], of: dimension, over: level.x, &way)
      share(list[Int(way.y[dimension])], of: dimension, over: level.y, &way)
      if tiles.slides[dimension] != nil, way.x[dimension] != 0, way.y[dimension] != 0,
        way.reach[dimension] != 0
      {
        // Children that share along one axis only may lie apart; all of them share no less.
        way.reach[dimension] = way.passes[dimension]
      }
      if tiles.slides[dimension] != nil && way.reach[dimension] != way.passes[dimension] {
        way.reachesAll = false
      }
    }
    guard ordersMatter else {
      all.append(way)
      return
    }
    let tiles = tiles
    let candidates = { (digits: SIMD8<UInt8>) -> [Int8] in
      let active = tiles.dimensions.indices.filter { digits[$0] != 0 }.map { Int8($0) }
      return active.isEmpty ? [-1] : active
    }
    for x in candidates(way.x) {
      for y in candidates(way.y) {
        way.innermostX = x
        way.innermostY = y
        all.append(way)
      }
    }
  }

  /// What the wires of an axis share of a dimension's passes.
  ///
  /// Forwarding and diagonals count as if one read served all along the axis, which is never more
  /// than they move.
  private func share(
    _ passes: Int32, of dimension: Int, over wires: Hierarchy.Wires, _ way: inout Unrolling
  ) {
    guard passes > 1 else { return }
    let bit = UInt8(1) << UInt8(dimension)
    for role in TensorRole.allCases {
      let index = Int(role.rawValue)
      let shares = role == .output ? wires.reduce : wires.multicast
      if tiles.relevant[role] & bit == 0 {
        way.copies[index] *= Double(passes)
        if !shares.contains(role) { way.apart[index] *= Double(passes) }
      } else if role == .input, tiles.slides[dimension] != nil,
        shares.contains(role) || wires.forward.contains(role) || level.diagonal.contains(role)
      {
        let list = tiles.divisors[dimension]
        let reach = list[Int(way.reach[dimension])] * passes
        way.reach[dimension] = UInt8(list.firstIndex(of: reach) ?? 0)
      }
    }
  }

  /// The loops of an axis, outermost first, each in its dimension's bound.
  func order(_ digits: SIMD8<UInt8>, innermost: Int8) -> [Int] {
    let active = tiles.dimensions.indices.filter { digits[$0] != 0 }
    if innermost >= 0 {
      return active.filter { $0 != Int(innermost) } + active.filter { $0 == Int(innermost) }
    }
    return active.filter { tiles.slides[$0] == nil } + active.filter { tiles.slides[$0] != nil }
  }
}
