import Dataflow
import Ops
import TestSupport

/// Draws mappings like a given one, with other steps.
struct ImperfectVariants {
  let problem: Problem
  let hierarchy: Hierarchy
  let mapping: Mapping

  /// A mapping with the same loops in the same order, unless a step leaves one of them a single
  /// pass; the steps of each dimension divide or not.
  func variant(using random: inout SplitMix64) -> Mapping {
    while true {
      if let drawn = drawn(using: &random) { return drawn }
    }
  }

  /// - Returns: `nil` where the steps drawn do not cover the problem within the fan-outs.
  private func drawn(using random: inout SplitMix64) -> Mapping? {
    var result = mapping
    var extents = problem.bounds
    var left = mapping.levels.flatMap { $0.temporal + $0.spatialX + $0.spatialY }
      .map(\.dimension)[...]
    for level in result.levels.indices {
      let lists: [WritableKeyPath<LevelMapping, [Loop]>] = [
        \.temporal, \.spatialX, \.spatialY,
      ]
      for list in lists {
        for index in result.levels[level][keyPath: list].indices {
          let loop = result.levels[level][keyPath: list][index]
          left.removeFirst()
          let extent = extents[loop.dimension]
          var step = loop.step
          if !left.contains(loop.dimension) {
            step = 1
          } else if list != \.temporal {
            step = max(1, (extent + loop.passes - 1) / loop.passes)
          } else if random.chance(1, in: 2) {
            step = random.number(in: max(1, step / 2)...2 * step)
          }
          step = min(step, extent)
          result.levels[level][keyPath: list][index] = Loop(
            loop.dimension, passes: (extent + step - 1) / step, step: step)
          extents[loop.dimension] = step
        }
      }
    }
    let analysis = ReuseAnalysis(problem, on: hierarchy)
    return (try? analysis.checkStructure(of: result)) == nil ? nil : result
  }
}
