internal import Dataflow
internal import Ops

/// A piece of the iteration space: for each dimension where it starts and how long it is.
struct IterationBox {
  var starts: SIMD8<Int32>
  var lengths: SIMD8<Int32>

  init(of problem: Problem) {
    starts = SIMD8(repeating: 0)
    lengths = SIMD8(repeating: 1)
    for dimension in LoopDimension.allCases {
      lengths[Int(dimension.rawValue)] = problem.bounds[dimension]
    }
  }

  var isEmpty: Bool { lengths.min() <= 0 }

  /// Goes to one pass of a loop; a pass beyond the end of the piece is empty.
  mutating func enter(_ loop: Loop, pass: Int32) {
    let dimension = Int(loop.dimension.rawValue)
    let begin = pass * loop.step
    guard begin < lengths[dimension] else {
      lengths[dimension] = 0
      return
    }
    starts[dimension] += begin
    lengths[dimension] = min(loop.step, lengths[dimension] - begin)
  }
}

/// A mapping's loops as one nest over time and the instances that its spatial loops make.
///
/// The last entry of what is given a level is the multiply-accumulate lanes. An instance of a
/// level is numbered by all spatial indices outside the level, the outermost loop slowest, so
/// that the instances of one parent follow each other.
struct SimulatedNest {
  struct SpatialLoop {
    var level: Int
    var axis: ArrayAxis
    var loop: Loop
  }

  let levelCount: Int
  /// All temporal loops, outermost first, with the level of each.
  let temporal: [(level: Int, loop: Loop)]
  /// The spatial loops of a level: those of x, then those of y.
  let spatial: [[SpatialLoop]]
  /// By level, then lanes.
  let instanceCounts: [Int]
  /// For a level, for each of its children, the indices of its spatial loops.
  private let childIndices: [[[Int32]]]

  init(_ mapping: Mapping) {
    levelCount = mapping.levels.count
    temporal = mapping.levels.enumerated().flatMap { level, part in
      part.temporal.map { (level, $0) }
    }
    spatial = mapping.levels.enumerated().map { level, part in
      ArrayAxis.allCases.flatMap { axis in
        part.spatial(axis).map { SpatialLoop(level: level, axis: axis, loop: $0) }
      }
    }
    childIndices = spatial.map { loops in
      loops.reduce([[]]) { prefixes, loop in
        prefixes.flatMap { prefix in (0..<loop.loop.passes).map { prefix + [$0] } }
      }
    }
    instanceCounts = childIndices.reduce(into: [1]) { $0.append(($0.last ?? 1) * $1.count) }
  }

  /// Calls `body` once a step, with the first level whose tiles are not those of the step before
  /// and the tiles by level and instance.
  func forEachStep(of problem: Problem, _ body: (Int, [[IterationBox]]) -> Void) {
    var indices = [Int32](repeating: 0, count: temporal.count)
    var last: [Int32]?
    var boxes = instanceCounts.map { Array(repeating: IterationBox(of: problem), count: $0) }
    repeat {
      guard exists(indices, in: problem) else { continue }
      let firstChanged = last.map { firstChangedLevel(from: $0, to: indices) } ?? 0
      for level in max(firstChanged, 1)...levelCount {
        divide(boxes[level - 1], ofLevel: level - 1, at: indices, into: &boxes[level])
      }
      body(firstChanged, boxes)
      last = indices
    } while advance(&indices)
  }

  /// A step exists if the pieces are not empty when all spatial indices are 0.
  private func exists(_ indices: [Int32], in problem: Problem) -> Bool {
    var box = IterationBox(of: problem)
    var next = 0
    for level in 0..<levelCount {
      while next < temporal.count, temporal[next].level == level {
        box.enter(temporal[next].loop, pass: indices[next])
        next += 1
      }
      for loop in spatial[level] { box.enter(loop.loop, pass: 0) }
    }
    return !box.isEmpty
  }

  /// Tiles of a level depend on the loops of the levels outside it.
  private func firstChangedLevel(from old: [Int32], to new: [Int32]) -> Int {
    for index in temporal.indices where old[index] != new[index] {
      return temporal[index].level + 1
    }
    return levelCount
  }

  private func divide(
    _ parents: [IterationBox], ofLevel level: Int, at indices: [Int32],
    into children: inout [IterationBox]
  ) {
    var child = 0
    for parent in parents {
      var tile = parent
      for (index, entry) in temporal.enumerated() where entry.level == level {
        tile.enter(entry.loop, pass: indices[index])
      }
      for choice in childIndices[level] {
        var box = tile
        for (loop, index) in zip(spatial[level], choice) { box.enter(loop.loop, pass: index) }
        children[child] = box
        child += 1
      }
    }
  }

  private func advance(_ indices: inout [Int32]) -> Bool {
    for index in indices.indices.reversed() {
      indices[index] += 1
      if indices[index] < temporal[index].loop.passes { return true }
      indices[index] = 0
    }
    return false
  }
}
