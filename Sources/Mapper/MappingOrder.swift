internal import Dataflow
internal import Ops

extension Mapping {
  /// A total order on mappings, so that of equally good ones every search takes the same.
  ///
  /// Compares level by level, outermost first: what is kept, then the loops in time, across x and
  /// across y, each by dimension and step.
  func precedes(_ other: Mapping) -> Bool {
    key.lexicographicallyPrecedes(other.key)
  }

  private var key: [Int32] {
    var key: [Int32] = []
    for level in levels {
      key.append(Int32(level.keeps.rawValue))
      for loops in [level.temporal, level.spatialX, level.spatialY] {
        key.append(Int32(loops.count))
        for loop in loops {
          key.append(Int32(loop.dimension.rawValue))
          key.append(loop.step)
        }
      }
    }
    return key
  }
}
