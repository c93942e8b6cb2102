internal import Dataflow
internal import Ops

extension CountingCase {
  /// A smaller case that still fails: loops, bounds, wires and switches are dropped one at a time.
  package func shrunk(while fails: (CountingCase) -> Bool) -> CountingCase {
    var smallest = self
    var budget = 3000
    var isProgressing = true
    while isProgressing {
      isProgressing = false
      for candidate in smallest.simplifications() where candidate != smallest {
        budget -= 1
        guard budget > 0 else { return smallest }
        if fails(candidate) {
          smallest = candidate
          isProgressing = true
          break
        }
      }
    }
    return smallest
  }

  private func simplifications() -> [CountingCase] {
    withoutLevels() + withSmallerBounds() + withoutLoops() + withSimplerAxes()
      + withSimplerHardware()
  }

  private func withoutLevels() -> [CountingCase] {
    guard mapping.levels.count > 2 else { return [] }
    return (1..<mapping.levels.count).map { index in
      var result = self
      let removed = result.mapping.levels.remove(at: index)
      result.hierarchy.levels.remove(at: index)
      // Its loops over time go to the neighbour; those over space are dropped.
      if index < result.mapping.levels.count {
        result.mapping.levels[index].temporal.insert(contentsOf: removed.temporal, at: 0)
      } else {
        result.mapping.levels[index - 1].temporal += removed.temporal
      }
      return result.repaired()
    }
  }

  private func withSmallerBounds() -> [CountingCase] {
    LoopDimension.allCases.flatMap { dimension -> [CountingCase] in
      let bound = problem.bounds[dimension]
      return Set([1, bound / 2, bound - 1]).sorted().filter { $0 >= 1 && $0 < bound }
        .compactMap { smaller in
          var bounds = problem.bounds
          bounds[dimension] = smaller
          return with(bounds: bounds, projections: problem.projections)
        }
    }
  }

  private func withSimplerAxes() -> [CountingCase] {
    TensorRole.allCases.flatMap { role -> [CountingCase] in
      guard let projection = problem.projections[role] else { return [] }
      var results: [CountingCase] = []
      func add(_ changed: Projection?) {
        var projections = problem.projections
        projections[role] = changed
        if let result = with(bounds: problem.bounds, projections: projections) {
          results.append(result)
        }
      }
      if role != .output { add(nil) }
      for index in projection.axes.indices {
        let axis = projection.axes[index]
        if projection.axes.count > 1, axis.terms.allSatisfy({ problem.bounds[$0.dimension] == 1 }) {
          var changed = projection
          changed.axes.remove(at: index)
          add(changed)
        }
        if axis.offset != 0 {
          var changed = projection
          changed.axes[index].offset = 0
          changed.axes[index].extent += -axis.offset
          add(changed)
        }
        for term in axis.terms.indices where role == .input && axis.terms[term].coefficient > 1 {
          var changed = projection
          changed.axes[index].terms[term].coefficient -= 1
          add(changed)
        }
      }
      return results
    }
  }

  private func with(bounds: Extents, projections: PerTensor<Projection?>) -> CountingCase? {
    guard
      let changed = try? Problem(
        bounds: bounds, projections: projections, precision: problem.precision,
        body: problem.body)
    else { return nil }
    var result = self
    result.problem = changed
    return result.repaired()
  }

  private func withoutLoops() -> [CountingCase] {
    mapping.levels.indices.flatMap { index -> [CountingCase] in
      let lists: [WritableKeyPath<LevelMapping, [Loop]>] = [\.temporal, \.spatialX, \.spatialY]
      return lists.flatMap { list in
        mapping.levels[index][keyPath: list].indices.map { position in
          var result = self
          result.mapping.levels[index][keyPath: list].remove(at: position)
          return result.repaired()
        }
      }
    }
  }

  private func withSimplerHardware() -> [CountingCase] {
    var results: [CountingCase] = []
    func add(_ change: (inout CountingCase) -> Void) {
      var result = self
      change(&result)
      results.append(result)
    }
    add { $0.switches.storesPadding = false }
    add { $0.switches.readsFirstPartialSum = false }
    for index in hierarchy.levels.indices {
      add { $0.hierarchy.levels[index].diagonal = [] }
      for axis: WritableKeyPath<Hierarchy.Level, Hierarchy.Wires> in [\.x, \.y] {
        for set: WritableKeyPath<Hierarchy.Wires, TensorSet> in [
          \.multicast, \.forward, \.reduce,
        ] {
          add { $0.hierarchy.levels[index][keyPath: axis][keyPath: set] = [] }
        }
      }
      for role in TensorRole.allCases where index > 0 {
        add { $0.mapping.levels[index].keeps.remove(TensorSet(role)) }
      }
    }
    return results
  }

  /// The same loops over the bounds and steps as they now are; fan-outs grow where they must.
  private func repaired() -> CountingCase {
    var result = self
    var extents = problem.bounds
    for role in TensorRole.allCases where problem.projections[role] == nil {
      for index in result.mapping.levels.indices {
        result.mapping.levels[index].keeps.remove(TensorSet(role))
      }
    }
    func recut(_ loops: [Loop]) -> [Loop] {
      loops.compactMap { loop in
        let extent = extents[loop.dimension]
        let step = min(loop.step, extent)
        extents[loop.dimension] = step
        let passes = (extent + step - 1) / step
        return passes > 1 ? Loop(loop.dimension, passes: passes, step: step) : nil
      }
    }
    for index in result.mapping.levels.indices {
      result.hierarchy.levels[index].name = "L\(index)"
      result.mapping.levels[index].temporal = recut(mapping.levels[index].temporal)
      result.mapping.levels[index].spatialX = recut(mapping.levels[index].spatialX)
      result.mapping.levels[index].spatialY = recut(mapping.levels[index].spatialY)
      if index == result.mapping.levels.count - 1 {
        for dimension in LoopDimension.allCases where extents[dimension] > 1 {
          result.exhaust(dimension, from: extents[dimension])
        }
      }
      result.fitFanout(ofLevel: index)
    }
    return result
  }

  /// Gives a chain that ends above step 1 its last loop, over time, before the lanes' loops.
  private mutating func exhaust(_ dimension: LoopDimension, from extent: Int32) {
    let last = mapping.levels.count - 1
    let level = mapping.levels[last]
    // After spatial loops of the dimension no loop over time can follow: they take it all.
    if let position = level.spatialY.lastIndex(where: { $0.dimension == dimension }) {
      mapping.levels[last].spatialY[position].step = 1
      mapping.levels[last].spatialY[position].passes = passes(to: position, \.spatialY)
    } else if let position = level.spatialX.lastIndex(where: { $0.dimension == dimension }) {
      mapping.levels[last].spatialX[position].step = 1
      mapping.levels[last].spatialX[position].passes = passes(to: position, \.spatialX)
    } else {
      mapping.levels[last].temporal.append(Loop(dimension, passes: extent, step: 1))
    }
  }

  /// The passes that a loop of the last level needs over the tile of the loops before it.
  private func passes(to position: Int, _ list: KeyPath<LevelMapping, [Loop]>) -> Int32 {
    let last = mapping.levels.count - 1
    let loop = mapping.levels[last][keyPath: list][position]
    var extent = problem.bounds[loop.dimension]
    var before = mapping.levels[..<last].flatMap { $0.temporal + $0.spatialX + $0.spatialY }
    before += mapping.levels[last].temporal
    if list == \.spatialY { before += mapping.levels[last].spatialX }
    before += mapping.levels[last][keyPath: list][..<position]
    for other in before where other.dimension == loop.dimension { extent = other.step }
    return (extent + loop.step - 1) / loop.step
  }

  private mutating func fitFanout(ofLevel index: Int) {
    let level = mapping.levels[index]
    let x = level.spatialX.reduce(1) { $0 * $1.passes }
    let y = level.spatialY.reduce(1) { $0 * $1.passes }
    hierarchy.levels[index].x.size = max(hierarchy.levels[index].x.size, x)
    hierarchy.levels[index].y.size = max(hierarchy.levels[index].y.size, y)
  }
}
