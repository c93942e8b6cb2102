internal import Ops

extension ReuseAnalysis {
  /// Checks that a mapping covers the problem once, within the fan-outs, and keeps tensors only
  /// where they may be.
  ///
  /// - Throws: the first `MappingError` found, outermost level first.
  public func checkStructure(of mapping: Mapping) throws(MappingError) {
    guard mapping.levels.count == hierarchy.levels.count else {
      throw .wrongLevelCount(expected: hierarchy.levels.count, found: mapping.levels.count)
    }
    try checkKeeps(of: mapping)
    try checkFanouts(of: mapping)
    try checkCover(of: mapping)
  }

  /// Checks that the tiles of a mapping fit the memories.
  ///
  /// - Parameter counts: The mapping's own counts, whose peaks are the tiles' sizes.
  /// - Throws: `MappingError.doesNotFit` for the outermost level that is too small.
  public func checkCapacities(
    of counts: AccessCounts, under mapping: Mapping
  ) throws(MappingError) {
    let widths = WordWidths(problem, on: hierarchy, under: mapping)
    for (index, level) in hierarchy.levels.enumerated() {
      guard let memory = level.memory else { continue }
      let needed = { (role: TensorRole) -> Int64 in
        let words = counts.levels[index].traffic[role].peakWords
        let bits = Int64(widths.storedBits(role, atLevel: index))
        // A third of the range, so that three tensors add up.
        let (product, overflow) = words.multipliedReportingOverflow(by: bits)
        return overflow ? .max / 3 : min(product, .max / 3)
      }
      switch memory.capacity {
      case .unbounded:
        continue
      case .shared(let available):
        let bits = TensorRole.allCases.reduce(0) { $0 + needed($1) }
        guard bits <= available else {
          throw .doesNotFit(
            level: level.name, tensor: nil, neededBits: bits, availableBits: available)
        }
      case .partitions(let available):
        for role in TensorRole.allCases {
          guard needed(role) <= available[role] ?? 0 else {
            throw .doesNotFit(
              level: level.name, tensor: role, neededBits: needed(role),
              availableBits: available[role] ?? 0)
          }
        }
      }
    }
  }

  private func checkKeeps(of mapping: Mapping) throws(MappingError) {
    let present = TensorRole.allCases.filter { problem.projections[$0] != nil }
    for (index, level) in hierarchy.levels.enumerated() {
      let keeps = mapping.levels[index].keeps
      for role in present {
        if keeps.contains(role) {
          guard level.memory?.mayKeep.contains(role) ?? false else {
            throw .cannotKeep(level: level.name, role)
          }
        } else if index == 0 {
          throw .outermostBypasses(role)
        } else if level.memory?.mustKeep.contains(role) ?? false {
          throw .mustKeep(level: level.name, role)
        }
      }
    }
  }

  private func checkFanouts(of mapping: Mapping) throws(MappingError) {
    for (index, level) in hierarchy.levels.enumerated() {
      for axis in ArrayAxis.allCases {
        var needed: Int64 = 1
        for loop in mapping.levels[index].spatial(axis) {
          let (product, overflow) = needed.multipliedReportingOverflow(by: Int64(loop.passes))
          needed = overflow ? .max : product
        }
        let available = Int64(level.wires(axis).size)
        guard needed <= available else {
          throw .exceedsFanout(level: level.name, axis, needed: needed, available: available)
        }
      }
    }
  }

  private func checkCover(of mapping: Mapping) throws(MappingError) {
    var extents = LoopDimension.allCases.map { Int64(problem.bounds[$0]) }
    for (index, level) in mapping.levels.enumerated() {
      for loop in level.temporal + level.spatialX + level.spatialY {
        let dimension = Int(loop.dimension.rawValue)
        let extent = extents[dimension]
        let step = Int64(loop.step)
        let expected = step < 1 ? 0 : (extent + step - 1) / step
        guard step >= 1, Int64(loop.passes) == expected else {
          throw .passesDoNotCover(
            level: hierarchy.levels[index].name, loop.dimension, extent: extent, step: step,
            expected: expected, found: Int64(loop.passes))
        }
        extents[dimension] = min(step, extent)
      }
    }
    for dimension in LoopDimension.allCases where extents[Int(dimension.rawValue)] != 1 {
      throw .dimensionNotExhausted(dimension, remaining: extents[Int(dimension.rawValue)])
    }
  }
}
