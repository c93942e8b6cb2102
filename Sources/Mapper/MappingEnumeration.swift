package import Dataflow
internal import Ops

/// Lists every mapping of a space: all factors that divide, all orders of temporal loops, all
/// choices of what is kept, and all orders of an axis's loops where its wires tell them apart.
package struct MappingEnumeration {
  private let space: Mapspace
  private let tiles: TileTables
  private let options: [SpatialOptions]

  package init(_ space: Mapspace) {
    self.space = space
    let tiles = space.tiles
    self.tiles = tiles
    options = space.levels.indices.map {
      SpatialOptions(
        tiles: tiles, rules: space.levels[$0], level: space.hierarchy.levels[$0],
        counting: space.rules)
    }
  }

  /// All mappings, in no particular order, or `nil` where there are more than a limit. Tiles that
  /// do not fit are left to the evaluation.
  package func mappings(atMost limit: Int) -> [Mapping]? {
    if tiles.isThinned || leastCount > Double(limit) { return nil }
    if options.contains(where: \.isThinned) { return nil }
    var walk = Walk(limit: limit, levels: [])
    enter(0, digits: tiles.digits[tiles.count - 1], &walk)
    return walk.found.count > limit ? nil : walk.found
  }

  private struct Walk {
    let limit: Int
    var levels: [LevelMapping]
    var found: [Mapping] = []
    var isFull: Bool { found.count > limit }
  }

  /// Ways to split every dimension over the levels' loops in time alone: never more than the
  /// mappings where each level may have any, and 1 otherwise.
  private var leastCount: Double {
    let free = space.levels.filter { level in
      level.hasMemory && level.temporal.nonzeroBitCount == tiles.dimensions.count
        && level.temporalPasses.allSatisfy { $0 == 1...Int32.max }
    }
    guard space.levels.last?.temporal.nonzeroBitCount == tiles.dimensions.count, free.count > 1
    else { return 1 }
    return tiles.divisors.reduce(1) { count, list in
      // Splits of the bound into as many factors as there are free levels, at least.
      count * Double(free.count == 2 ? list.count : list.count * (list.count + 1) / 2)
    }
  }

  private func enter(_ level: Int, digits: SIMD8<UInt8>, _ walk: inout Walk) {
    guard level < space.levels.count else {
      if digits == SIMD8(repeating: 0) { walk.found.append(Mapping(levels: walk.levels)) }
      return
    }
    let rules = space.levels[level]
    for keeps in TensorSet.between(rules.mustKeep, rules.mayKeep) {
      var chosen = [UInt8](repeating: 0, count: tiles.dimensions.count)
      cut(0, level: level, digits: digits, keeps: keeps, &chosen, &walk)
    }
  }

  private func cut(
    _ dimension: Int, level: Int, digits: SIMD8<UInt8>, keeps: TensorSet,
    _ chosen: inout [UInt8], _ walk: inout Walk
  ) {
    if walk.isFull { return }
    guard dimension < tiles.dimensions.count else {
      unroll(level: level, whole: digits, chosen: chosen, keeps: keeps, &walk)
      return
    }
    let list = tiles.divisors[dimension]
    let rules = space.levels[level]
    let bit = UInt8(1) << UInt8(dimension)
    let mayRemain = (rules.spatialX | rules.spatialY | rules.cuttableBelow) & bit != 0
    let whole = list[Int(digits[dimension])]
    for part in list.indices where whole % list[part] == 0 && (part == 0 || mayRemain) {
      let passes = whole / list[part]
      guard passes == 1 || rules.temporal & bit != 0,
        rules.temporalPasses[dimension].contains(passes)
      else { continue }
      chosen[dimension] = UInt8(part)
      cut(dimension + 1, level: level, digits: digits, keeps: keeps, &chosen, &walk)
    }
  }

  private func unroll(
    level: Int, whole: SIMD8<UInt8>, chosen: [UInt8], keeps: TensorSet, _ walk: inout Walk
  ) {
    var cut = SIMD8<UInt8>(repeating: 0)
    for (dimension, digit) in chosen.enumerated() { cut[dimension] = digit }
    let active = tiles.dimensions.indices.filter { whole[$0] != cut[$0] }
    for option in options[level].all {
      guard let rest = tiles.tile(tiles.tile(cut), dividedBy: option.passes) else { continue }
      for order in orders(of: active, fixed: space.levels[level].order) {
        for (x, y) in axisOrders(option, level: level) {
          if walk.isFull { return }
          walk.levels.append(
            LevelMapping(
              keeps: keeps,
              temporal: order.map { dimension in
                let list = tiles.divisors[dimension]
                let step = list[Int(cut[dimension])]
                return Loop(
                  tiles.dimensions[dimension], passes: list[Int(whole[dimension])] / step,
                  step: step)
              },
              spatialX: spatial(x, option.x, cut: cut, outer: SIMD8(repeating: 0)),
              spatialY: spatial(y, option.y, cut: cut, outer: option.x)))
          enter(level + 1, digits: tiles.digits[rest], &walk)
          walk.levels.removeLast()
        }
      }
    }
  }

  /// The orders of the loops along x and y.
  private func axisOrders(_ option: SpatialOption, level: Int) -> [(x: [Int], y: [Int])] {
    let wires = space.hierarchy.levels[level]
    let (x, y) = (options[level].order(option.x), options[level].order(option.y))
    if wires.x.forward.isEmpty && wires.y.forward.isEmpty && wires.diagonal.isEmpty {
      return [(x, y)]
    }
    return permutations(x).flatMap { x in permutations(y).map { (x, $0) } }
  }

  private func spatial(
    _ order: [Int], _ passes: SIMD8<UInt8>, cut: SIMD8<UInt8>, outer: SIMD8<UInt8>
  ) -> [Loop] {
    order.map { dimension in
      let list = tiles.divisors[dimension]
      let count = list[Int(passes[dimension])]
      return Loop(
        tiles.dimensions[dimension], passes: count,
        step: list[Int(cut[dimension])] / list[Int(outer[dimension])] / count)
    }
  }

  private func orders(of active: [Int], fixed: [Int]?) -> [[Int]] {
    let named = (fixed ?? []).filter { active.contains($0) }
    return permutations(active.filter { !named.contains($0) }).map { $0 + named }
  }

  private func permutations(_ items: [Int]) -> [[Int]] {
    guard items.count > 1 else { return [items] }
    return items.flatMap { first in
      permutations(items.filter { $0 != first }).map { [first] + $0 }
    }
  }
}
