package import Dataflow
package import Ops

/// Draws valid mappings: every integer chain of tiles, any order, any bypass.
package struct SmallMappings: Sendable {
  package init() {}

  package func mapping(
    of problem: Problem, on hierarchy: Hierarchy, using random: inout SplitMix64
  ) -> Mapping {
    var chain = Chain(problem, isPerfect: random.chance(1, in: 3))
    let present = TensorRole.allCases.reduce(into: TensorSet()) { set, role in
      if problem.projections[role] != nil { set.insert(TensorSet(role)) }
    }
    let levels = hierarchy.levels.enumerated().map { index, level in
      var keeps = index == 0 ? present : TensorSet()
      if index > 0, level.memory != nil {
        keeps = TensorSet(
          rawValue: random.chance(1, in: 2)
            ? present.rawValue : random.bits(of: present.rawValue))
      }
      var mapping = LevelMapping(keeps: keeps)
      let isLast = index == hierarchy.levels.count - 1
      if isLast {
        finish(&mapping, level, &chain, &random)
      } else {
        mapping.temporal = temporal(&chain, &random)
        mapping.spatialX = spatial(level.x.size, &chain, &random)
        mapping.spatialY = spatial(level.y.size, &chain, &random)
      }
      return mapping
    }
    return Mapping(levels: levels)
  }

  /// What is left to cut of each dimension.
  private struct Chain {
    var extents: Extents
    let isPerfect: Bool

    init(_ problem: Problem, isPerfect: Bool) {
      extents = problem.bounds
      self.isPerfect = isPerfect
    }

    var open: [LoopDimension] { LoopDimension.allCases.filter { extents[$0] > 1 } }

    /// The steps that need at most some number of passes.
    func steps(of dimension: LoopDimension, mostPasses: Int32) -> [Int32] {
      let extent = extents[dimension]
      return (1...extent).filter { step in
        (extent + step - 1) / step <= mostPasses && (!isPerfect || extent % step == 0)
      }
    }

    mutating func cut(_ dimension: LoopDimension, to step: Int32) -> Loop {
      let passes = (extents[dimension] + step - 1) / step
      extents[dimension] = step
      return Loop(dimension, passes: passes, step: step)
    }
  }

  private func temporal(_ chain: inout Chain, _ random: inout SplitMix64) -> [Loop] {
    var loops: [Loop] = []
    // Most levels cut a dimension at most once; some cut it twice, with other loops between.
    for _ in 0..<(random.chance(1, in: 6) ? 2 : 1) {
      for dimension in random.shuffled(chain.open) where random.chance(1, in: 2) {
        let step = random.pick(chain.steps(of: dimension, mostPasses: .max))
        // A loop of one pass changes nothing and may be written.
        guard step < chain.extents[dimension] || random.chance(1, in: 4) else { continue }
        loops.append(chain.cut(dimension, to: step))
      }
    }
    return loops
  }

  private func spatial(
    _ size: Int32, _ chain: inout Chain, _ random: inout SplitMix64
  ) -> [Loop] {
    var (loops, left): ([Loop], Int32) = ([], size)
    for dimension in random.shuffled(chain.open) where left > 1 && random.chance(2, in: 3) {
      let step = random.pick(chain.steps(of: dimension, mostPasses: left))
      guard step < chain.extents[dimension] || random.chance(1, in: 8) else { continue }
      let loop = chain.cut(dimension, to: step)
      left /= loop.passes
      loops.append(loop)
    }
    return loops
  }

  /// The last level's loops end every chain at step 1.
  private func finish(
    _ mapping: inout LevelMapping, _ level: Hierarchy.Level, _ chain: inout Chain,
    _ random: inout SplitMix64
  ) {
    // The lanes' loops are drawn first, backwards: what they cover in one pass of what is before.
    var lanes: [ArrayAxis: [(LoopDimension, Int32)]] = [:]
    var inner = Extents(repeating: 1)
    for axis in [ArrayAxis.y, .x] {
      var left = level.wires(axis).size
      for dimension in random.shuffled(chain.open) where left > 1 && random.chance(2, in: 3) {
        let covered = inner[dimension]
        let most = min(left, (chain.extents[dimension] + covered - 1) / covered)
        guard most > 1 else { continue }
        let passes = random.number(in: 2...most)
        let outer = min(passes * covered, chain.extents[dimension])
        guard !chain.isPerfect || chain.extents[dimension] % outer == 0 else { continue }
        lanes[axis, default: []].append((dimension, covered))
        inner[dimension] = outer
        left /= passes
      }
    }
    if random.chance(1, in: 3) {
      for dimension in random.shuffled(chain.open) where random.chance(1, in: 2) {
        let steps = chain.steps(of: dimension, mostPasses: .max).filter {
          $0 >= inner[dimension] && (!chain.isPerfect || $0 % inner[dimension] == 0)
        }
        guard !steps.isEmpty else { continue }
        mapping.temporal.append(chain.cut(dimension, to: random.pick(steps)))
      }
    }
    for dimension in random.shuffled(chain.open)
    where chain.extents[dimension] > inner[dimension] {
      mapping.temporal.append(chain.cut(dimension, to: inner[dimension]))
    }
    for axis in ArrayAxis.allCases {
      // Drawn from the inside out.
      let loops = (lanes[axis] ?? []).reversed().map { dimension, step in
        chain.cut(dimension, to: step)
      }
      if axis == .x { mapping.spatialX = loops } else { mapping.spatialY = loops }
    }
  }
}
