public import Ops

extension DataflowConstraints {
  /// Checks that a mapping keeps to the dataflow.
  ///
  /// - Precondition: the mapping's structure fits the problem (`ReuseAnalysis.checkStructure`).
  /// - Throws: the first broken constraint, outermost level first, or `imperfectFactor`.
  public func check(
    _ mapping: Mapping, of problem: Problem, on hierarchy: Hierarchy
  ) throws(MappingError) {
    var extents = problem.bounds
    for (index, level) in mapping.levels.enumerated() {
      let name = hierarchy.levels[index].name
      if !allowsImperfectFactors {
        try Self.checkFactors(of: level, name: name, &extents)
      }
      guard index < levels.count else { continue }
      if let broken = levels[index].broken(by: level) {
        throw .breaksConstraint(level: name, constraint: broken)
      }
    }
  }

  private static func checkFactors(
    of level: LevelMapping, name: String, _ extents: inout Extents
  ) throws(MappingError) {
    for loop in level.temporal + level.spatialX + level.spatialY {
      let extent = extents[loop.dimension]
      guard loop.step >= 1, extent % loop.step == 0 else {
        throw .imperfectFactor(
          level: name, loop.dimension, extent: Int64(extent), step: Int64(loop.step))
      }
      extents[loop.dimension] = loop.step
    }
  }
}

extension DataflowConstraints.Level {
  /// The constraint that a level's mapping breaks, as a file would say it; `nil` if it keeps all.
  func broken(by level: LevelMapping) -> String? {
    for (dimensions, loops, key) in [
      (temporal, level.temporal, "temporal"), (spatialX, level.spatialX, "spatial_x"),
      (spatialY, level.spatialY, "spatial_y"),
    ] {
      guard let dimensions else { continue }
      for loop in loops where loop.passes > 1 && !dimensions.contains(loop.dimension) {
        let names = dimensions.members.map(\.name).joined(separator: " ")
        return "\(key) allows [\(names)], and \(loop.dimension.name) has \(loop.passes) passes"
      }
    }
    for dimension in LoopDimension.allCases {
      for (ranges, loops, key) in [
        (temporalPasses, level.temporal, "temporal"),
        (spatialPasses, level.spatialX + level.spatialY, "spatial"),
      ] {
        guard let range = ranges[dimension] else { continue }
        let passes = loops.reduce(Int64(1)) {
          $1.dimension == dimension
            ? $0.multipliedReportingOverflow(by: Int64($1.passes)).partialValue : $0
        }
        let isInRange = passes >= Int64(range.lowerBound) && passes <= Int64(range.upperBound)
        if !isInRange {
          return "\(key) passes of \(dimension.name) must be \(range.lowerBound) to "
            + "\(range.upperBound), and are \(passes)"
        }
      }
    }
    return brokenOrder(by: level)
  }

  /// Named dimensions must be in the given order, inside all others.
  private func brokenOrder(by level: LevelMapping) -> String? {
    guard let order else { return nil }
    var innermost = -1
    for loop in level.temporal where loop.passes > 1 {
      let position = order.firstIndex(of: loop.dimension)
      if let position, position >= innermost {
        innermost = position
        continue
      }
      if position == nil && innermost < 0 { continue }
      let names = order.map(\.name).joined(separator: " ")
      return "order is [\(names)], and \(loop.dimension.name) is out of it"
    }
    return nil
  }
}
