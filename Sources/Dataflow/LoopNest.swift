internal import Ops

/// A mapping rearranged by dimension: for each, the chain of loops that cut its range.
///
/// Loops of one pass cut nothing and are left out.
struct LoopNest: Sendable {
  /// One loop of a dimension's chain.
  struct ChainLoop: Sendable {
    var level: Int
    /// Position in the global temporal nest, outermost first; `nil` for a spatial loop.
    var order: Int?
    /// The axis of a spatial loop.
    var axis: ArrayAxis?
    var passes: Int32
    var step: Int32
  }

  /// One temporal loop of the global nest.
  struct TemporalLoop: Sendable {
    var level: Int
    var dimension: LoopDimension
    var passes: Int64
  }

  /// A spatial loop named by its place.
  struct SpatialLoop: Hashable, Sendable {
    var level: Int
    var axis: ArrayAxis
    var dimension: LoopDimension
    /// Index of the loop in its dimension's chain.
    var chainIndex: Int
  }

  let bounds: Extents
  let levelCount: Int
  /// Indexed by the dimension's raw value; outermost loop first.
  private(set) var chains: [[ChainLoop]]
  /// All temporal loops, outermost first.
  private(set) var temporal: [TemporalLoop]
  /// All spatial loops; those of one level and axis in the order written.
  private(set) var spatial: [SpatialLoop]
  /// Indexed by the dimension's raw value.
  private var evenChains: [Bool]

  init(_ mapping: Mapping, of problem: Problem) {
    bounds = problem.bounds
    levelCount = mapping.levels.count
    chains = Array(repeating: [], count: LoopDimension.allCases.count)
    temporal = []
    spatial = []
    evenChains = []
    for (index, level) in mapping.levels.enumerated() {
      for loop in level.temporal where loop.passes > 1 {
        append(
          loop,
          ChainLoop(
            level: index, order: temporal.count, axis: nil, passes: loop.passes, step: loop.step))
        temporal.append(
          TemporalLoop(
            level: index, dimension: loop.dimension, passes: Int64(loop.passes)))
      }
      for axis in ArrayAxis.allCases {
        for loop in level.spatial(axis) where loop.passes > 1 {
          let chainIndex = chains[Int(loop.dimension.rawValue)].count
          append(
            loop,
            ChainLoop(
              level: index, order: nil, axis: axis, passes: loop.passes, step: loop.step))
          spatial.append(
            SpatialLoop(
              level: index, axis: axis, dimension: loop.dimension, chainIndex: chainIndex))
        }
      }
    }
    evenChains = LoopDimension.allCases.map { dimension in
      var extent = problem.bounds[dimension]
      for loop in chain(dimension) {
        guard extent % loop.step == 0 else { return false }
        extent = loop.step
      }
      return true
    }
  }

  private mutating func append(_ loop: Loop, _ chainLoop: ChainLoop) {
    chains[Int(loop.dimension.rawValue)].append(chainLoop)
  }

  /// The loops of one dimension, outermost first.
  func chain(_ dimension: LoopDimension) -> [ChainLoop] { chains[Int(dimension.rawValue)] }

  /// The innermost spatial loop along one axis below a level, if any has more than one pass.
  func innermostSpatialLoop(below level: Int, along axis: ArrayAxis) -> SpatialLoop? {
    spatial.last { $0.level == level && $0.axis == axis }
  }

  /// Whether every loop of a dimension divides the tile it cuts.
  func divides(_ dimension: LoopDimension) -> Bool { evenChains[Int(dimension.rawValue)] }

  /// How many temporal loops lie at the levels outside `depth`.
  func temporalCount(outside depth: Int) -> Int {
    temporal.prefix { $0.level < depth }.count
  }
}
