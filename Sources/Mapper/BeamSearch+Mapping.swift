internal import Dataflow
internal import Ops

extension BeamSearch {
  /// The mapping that a finished label stands for.
  func mapping(_ finished: Finished) -> Mapping {
    var levels: [LevelMapping] = []
    var label = finished.label
    for level in space.levels.indices.reversed() {
      // What the children got, the level's loops in time, and the tile it got itself.
      let (x, y) = (label.x, label.y)
      let cut = history[Int(label.previous)]
      let entered = history[Int(cut.previous)]
      levels.append(
        LevelMapping(
          keeps: TensorSet(rawValue: entered.keeps),
          temporal: temporal(cut, entered: entered, level: level),
          spatialX: spatial(x, cut: cut, outer: SIMD8(repeating: 0), level: level),
          spatialY: spatial(y, cut: cut, outer: x, level: level)))
      label = entered
    }
    return Mapping(levels: levels.reversed())
  }

  private func temporal(_ cut: SearchLabel, entered: SearchLabel, level: Int) -> [Loop] {
    let whole = tiles.extents[Int(entered.tile)]
    let part = tiles.extents[Int(cut.tile)]
    var active: UInt8 = 0
    for dimension in tiles.dimensions.indices where whole[dimension] != part[dimension] {
      active |= 1 << UInt8(dimension)
    }
    guard active != 0 else { return [] }
    let order = orders(level, Int(cut.order))
    return (0..<active.nonzeroBitCount).map { index in
      let dimension = Int(order[index])
      return Loop(
        tiles.dimensions[dimension], passes: whole[dimension] / part[dimension],
        step: part[dimension])
    }
  }

  private func spatial(
    _ passes: SIMD8<UInt8>, cut: SearchLabel, outer: SIMD8<UInt8>, level: Int
  ) -> [Loop] {
    let extents = tiles.extents[Int(cut.tile)]
    return spatialOrder(passes, level: level).map { dimension in
      let list = tiles.divisors[dimension]
      let count = list[Int(passes[dimension])]
      return Loop(
        tiles.dimensions[dimension], passes: count,
        step: extents[dimension] / list[Int(outer[dimension])] / count)
    }
  }
}
