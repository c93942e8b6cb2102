internal import Ops

/// A mapping as Timeloop nests it: one list of loops, unit loops left out.
///
/// A level's loops are its temporal ones, then those along y, then those along x, each outermost
/// first; a level without temporal loops gets one of a single pass. (`Mapping` nests x outside of
/// y, which matters only to a dimension unrolled along both: the tiles are the same, their places
/// are not.)
struct TimeloopNest: Sendable {
  /// What a loop runs over.
  enum Kind: Hashable, Sendable {
    case temporal
    case spatial(ArrayAxis)
  }

  /// One loop.
  struct Entry: Sendable {
    var dimension: LoopDimension
    var kind: Kind
    /// Passes of the loop, and in the last tile of the dimension.
    var end: Int64
    var residualEnd: Int64
    /// Extent of one full pass.
    var stride: Int64 = 1
    /// Last iteration of a tile of the loop, counted from the tile's first, by dimension; and the
    /// same for the last tile of the dimension.
    var lastIteration: SIMD8<Int64> = .zero
    var residualLastIteration: SIMD8<Int64> = .zero

    var isSpatial: Bool { kind != .temporal }
  }

  /// Where one level's loops are.
  struct LevelLoops: Sendable {
    /// The outermost loop of the level, which bounds the tile the level holds.
    var boundary: Int
    /// The innermost temporal loop.
    var innermostTemporal: Int
    /// Spatial loops, empty where the level does not fan out.
    var spatial: Range<Int>
  }

  /// Outermost first.
  var entries: [Entry] = []
  /// Outermost first.
  var levels: [LevelLoops] = []
  /// Whether some dimension has a shorter last tile.
  var hasRemainders = false

  /// - Throws: `MappingError.imperfectFactor` where a full tile is not cut into equal parts:
  ///   Timeloop knows remainders only at the end of a dimension.
  init(_ mapping: Mapping, of problem: Problem, on hierarchy: Hierarchy) throws(MappingError) {
    try Self.checkSteps(of: mapping, hierarchy)
    for level in mapping.levels {
      let boundary = entries.count
      append(level.temporal, .temporal)
      if entries.count == boundary {
        entries.append(Entry(dimension: .n, kind: .temporal, end: 1, residualEnd: 1))
      }
      let innermostTemporal = entries.count - 1
      append(level.spatialY, .spatial(.y))
      append(level.spatialX, .spatial(.x))
      levels.append(
        LevelLoops(
          boundary: boundary, innermostTemporal: innermostTemporal,
          spatial: innermostTemporal + 1..<entries.count))
    }
    setResiduals(bounds: problem.bounds)
    setTiles()
    try checkSize(hierarchy)
  }

  /// Most visits of the nest, and most children of a level, that are counted.
  private static let largestSize: Int64 = 1 << 24

  /// A walk visits each temporal loop twice, with remainders up to four times, inside each visit
  /// of the loop around it; and it looks at each child of a level.
  private func checkSize(_ hierarchy: Hierarchy) throws(MappingError) {
    var visits: Int64 = 1
    for entry in entries where !entry.isSpatial {
      visits *= min(entry.end, hasRemainders ? 4 : 2)
      guard visits <= Self.largestSize else { throw .tooManyVisits(limit: Self.largestSize) }
    }
    for (index, level) in levels.enumerated() {
      var children: Int64 = 1
      for entry in entries[level.spatial] {
        children *= entry.end
        guard children <= Self.largestSize else {
          throw .exceedsFanout(
            level: hierarchy.levels[index].name, .x, needed: children,
            available: Self.largestSize)
        }
      }
    }
  }

  private mutating func append(_ loops: [Loop], _ kind: Kind) {
    for loop in loops where loop.passes > 1 {
      let passes = Int64(loop.passes)
      entries.append(
        Entry(dimension: loop.dimension, kind: kind, end: passes, residualEnd: passes))
    }
  }

  /// Every loop's step times its passes is the step of the loop around it.
  private static func checkSteps(
    of mapping: Mapping, _ hierarchy: Hierarchy
  ) throws(MappingError) {
    var enclosing: [LoopDimension: Int64] = [:]
    for (index, level) in mapping.levels.enumerated() {
      for loop in level.temporal + level.spatialX + level.spatialY where loop.passes > 1 {
        let step = Int64(loop.step)
        if let extent = enclosing[loop.dimension], extent != step * Int64(loop.passes) {
          throw .imperfectFactor(
            level: hierarchy.levels[index].name, loop.dimension, extent: extent, step: step)
        }
        enclosing[loop.dimension] = step
      }
    }
  }

  /// Writes each bound, less one, in the mixed base of its dimension's passes: the digits, plus
  /// one, are the passes in the last tile.
  private mutating func setResiduals(bounds: Extents) {
    for dimension in LoopDimension.allCases {
      var rest = Int64(bounds[dimension]) - 1
      var stride: Int64 = 1
      for index in entries.indices.reversed() where entries[index].dimension == dimension {
        let end = entries[index].end
        entries[index].stride = stride
        entries[index].residualEnd = rest % end + 1
        rest /= end
        stride *= end
        if entries[index].residualEnd != end { hasRemainders = true }
      }
    }
  }

  private mutating func setTiles() {
    var last = SIMD8<Int64>.zero
    var residualLast = SIMD8<Int64>.zero
    for index in entries.indices.reversed() {
      let entry = entries[index]
      let dimension = Int(entry.dimension.rawValue)
      last[dimension] += (entry.end - 1) * entry.stride
      residualLast[dimension] += (entry.residualEnd - 1) * entry.stride
      entries[index].lastIteration = last
      entries[index].residualLastIteration = residualLast
    }
  }

  /// How many instances of each level work on average over the run, outermost level first, and one
  /// past the last level the lanes.
  ///
  /// A remainder idles lanes in the last passes only; Timeloop spreads it over the run.
  func averageInstances() -> [Double] {
    var tiles: [LoopDimension: Double] = [:]
    var product = 1.0
    var result: [Double] = []
    for level in levels {
      result.append(product)
      for index in level.boundary..<level.spatial.upperBound {
        let entry = entries[index]
        let outside = tiles[entry.dimension] ?? 1
        let inside = (outside - 1) * Double(entry.end) + Double(entry.residualEnd)
        tiles[entry.dimension] = inside
        if entry.isSpatial { product *= inside / outside }
      }
    }
    return result + [product]
  }

  /// The most instances of a level that work at once.
  func mostInstances(ofLevel index: Int) -> Int64 {
    entries.prefix(index < levels.count ? levels[index].boundary : entries.count)
      .reduce(1) { $0 * ($1.isSpatial ? $1.end : 1) }
  }

  /// How many children the loops of one level spread over.
  func fanout(ofLevel index: Int) -> Int64 {
    entries[levels[index].spatial].reduce(1) { $0 * $1.end }
  }

  /// Passes of all temporal loops: compute cycles when nothing stalls.
  var steps: Int64 {
    entries.reduce(1) { $0 * ($1.isSpatial ? 1 : $1.end) }
  }
}
