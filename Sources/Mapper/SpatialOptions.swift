internal import Dataflow
internal import Ops

/// One way to unroll a tile over a level's children.
struct SpatialOption: Sendable {
  /// The children's tile.
  var tile: Int32
  /// Indices of the passes on each axis among each dimension's divisors.
  var x: SIMD8<UInt8>
  var y: SIMD8<UInt8>
  /// Children that work.
  var lanes: Double
  /// Reads that one parent's step needs of each tensor, for each child's tile.
  var groups: SIMD4<Double>
  /// Children whose output words differ.
  var outputChildren: Double
  /// Extents by which one read of the input reaches over neighbouring children.
  var reach: SIMD8<Int32>
}

/// Lists the ways to unroll tiles over one level's children.
struct SpatialOptions: Sendable {
  let tiles: TileTables
  let rules: Mapspace.LevelRules
  let level: Hierarchy.Level
  let counting: CountingRules
  /// Passes that may be chosen on an axis, by dimension and index of the tile's extent.
  private var choices: [[[Choice]]] = []

  private struct Choice: Sendable {
    var x: UInt8
    var y: UInt8
    var passesX: Int32
    var passesY: Int32
    var rest: UInt8
  }

  init(tiles: TileTables, rules: Mapspace.LevelRules, level: Hierarchy.Level, counting: CountingRules)
  {
    self.tiles = tiles
    self.rules = rules
    self.level = level
    self.counting = counting
    choices = tiles.divisors.indices.map { dimension in
      tiles.divisors[dimension].indices.map { choices(of: dimension, extent: $0) }
    }
  }

  private func choices(of dimension: Int, extent: Int) -> [Choice] {
    let list = tiles.divisors[dimension]
    let bit = UInt8(1) << UInt8(dimension)
    var found: [Choice] = []
    for x in list.indices {
      if list[x] > 1 && rules.spatialX & bit == 0 || list[x] > rules.sizeX { continue }
      let afterX = tiles.quotients[dimension][extent * list.count + x]
      if afterX == 255 { continue }
      for y in list.indices {
        if list[y] > 1 && rules.spatialY & bit == 0 || list[y] > rules.sizeY { continue }
        let rest = tiles.quotients[dimension][Int(afterX) * list.count + y]
        if rest == 255 { continue }
        guard rules.spatialPasses[dimension].contains(list[x] * list[y]) else { continue }
        found.append(
          Choice(x: UInt8(x), y: UInt8(y), passesX: list[x], passesY: list[y], rest: rest))
      }
    }
    return found
  }

  /// The most children that can work on a tile, whatever they can hold.
  func mostChildren(of tile: Int) -> Double {
    let sizeY = Int(rules.sizeY)
    var reached = [Bool](repeating: false, count: (Int(rules.sizeX) + 1) * (sizeY + 1))
    reached[1 * (sizeY + 1) + 1] = true
    for dimension in choices.indices {
      let list = choices[dimension][Int(tiles.digits[tile][dimension])]
      var next = [Bool](repeating: false, count: reached.count)
      for x in 1...Int(rules.sizeX) {
        for y in 1...sizeY where reached[x * (sizeY + 1) + y] {
          for choice in list {
            let (newX, newY) = (x * Int(choice.passesX), y * Int(choice.passesY))
            if newX <= Int(rules.sizeX), newY <= sizeY { next[newX * (sizeY + 1) + newY] = true }
          }
        }
      }
      reached = next
    }
    var most = 0
    for x in 1...Int(rules.sizeX) {
      for y in 1...sizeY where reached[x * (sizeY + 1) + y] { most = max(most, x * y) }
    }
    return Double(most)
  }

  /// Every way to unroll a tile.
  ///
  /// - Parameter merging: whether of ways that cost the same only one is listed.
  func options(of tile: Int, merging: Bool = true) -> [SpatialOption] {
    var found: [SpatialOption] = []
    var known: Set<Key> = []
    var x = SIMD8<UInt8>(repeating: 0)
    var y = x
    var rest = x
    func choose(_ dimension: Int, _ productX: Int32, _ productY: Int32) {
      if dimension == choices.count {
        let option = describe(x: x, y: y, rest: rest)
        let key = Key(tile: option.tile, groups: option.groups, reach: option.reach)
        if !merging || known.insert(key).inserted { found.append(option) }
        return
      }
      for choice in choices[dimension][Int(tiles.digits[tile][dimension])] {
        let (nextX, nextY) = (productX * choice.passesX, productY * choice.passesY)
        guard nextX <= rules.sizeX, nextY <= rules.sizeY else { continue }
        x[dimension] = choice.x
        y[dimension] = choice.y
        rest[dimension] = choice.rest
        choose(dimension + 1, nextX, nextY)
      }
    }
    choose(0, 1, 1)
    return found
  }

  private struct Key: Hashable {
    var tile: Int32
    var groups: SIMD4<Double>
    var reach: SIMD8<Int32>
  }

  private func describe(x: SIMD8<UInt8>, y: SIMD8<UInt8>, rest: SIMD8<UInt8>) -> SpatialOption {
    var option = SpatialOption(
      tile: Int32(tiles.tile(rest)), x: x, y: y, lanes: 1, groups: SIMD4(repeating: 1),
      outputChildren: 1, reach: SIMD8(repeating: 1))
    for dimension in tiles.dimensions.indices {
      let passesX = tiles.divisors[dimension][Int(x[dimension])]
      let passesY = tiles.divisors[dimension][Int(y[dimension])]
      if passesX == 1 && passesY == 1 { continue }
      let both = Double(passesX) * Double(passesY)
      option.lanes *= both
      let bit = UInt8(1) << UInt8(dimension)
      if tiles.relevant.output & bit != 0 { option.outputChildren *= both }
      for role in TensorRole.allCases {
        let index = Int(role.rawValue)
        let moves = tiles.relevant[role] & bit != 0
        for (passes, wires) in [(passesX, level.x), (passesY, level.y)] where passes > 1 {
          let shares = role == .output ? wires.reduce : wires.multicast
          if !shares.contains(role) && counting == .exact {
            option.groups[index] *= Double(passes)
          } else if moves {
            if role == .input, tiles.slides[dimension] != nil, counting == .exact {
              option.reach[dimension] *= passes
            } else {
              option.groups[index] *= Double(passes)
            }
          }
        }
      }
    }
    applyDiagonal(to: &option)
    return option
  }

  /// One read serves the children with equal x + y, where x and y run along one input axis.
  private func applyDiagonal(to option: inout SpatialOption) {
    guard counting == .exact, level.diagonal.contains(.input),
      !level.x.multicast.contains(.input), !level.y.multicast.contains(.input),
      let x = innermost(option.x), let y = innermost(option.y),
      tiles.slides[x]?.other == y
    else { return }
    let passesX = Double(tiles.divisors[x][Int(option.x[x])])
    let passesY = Double(tiles.divisors[y][Int(option.y[y])])
    option.groups[1] *= (passesX + passesY - 1) / (passesX * passesY)
  }

  /// The dimension whose loop is innermost on an axis: see `order(_:)`.
  private func innermost(_ passes: SIMD8<UInt8>) -> Int? { order(passes).last }

  /// Dimensions with more than one pass on an axis, outermost first: those the input slides along
  /// are innermost, so that neighbours hold overlapping rows.
  func order(_ passes: SIMD8<UInt8>) -> [Int] {
    let active = tiles.dimensions.indices.filter { passes[$0] != 0 }
    return active.filter { tiles.slides[$0] == nil } + active.filter { tiles.slides[$0] != nil }
  }
}
