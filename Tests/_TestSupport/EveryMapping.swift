package import Dataflow
package import Ops

/// Enumerates the mappings of a tiny problem: every chain of tiles, every order, every bypass.
///
/// Loops of one pass are left out, and a dimension has at most one loop in each list of a level.
package struct EveryMapping {
  private let problem: Problem
  private let hierarchy: Hierarchy
  /// The lists of loops from the outside in.
  private let slots: [Slot]

  private struct Slot {
    var level: Int
    var list: WritableKeyPath<LevelMapping, [Loop]>
    var mostPasses: Int32
  }

  package init(of problem: Problem, on hierarchy: Hierarchy) {
    self.problem = problem
    self.hierarchy = hierarchy
    slots = hierarchy.levels.enumerated().flatMap { index, level in
      [
        Slot(level: index, list: \.temporal, mostPasses: .max),
        Slot(level: index, list: \.spatialX, mostPasses: level.x.size),
        Slot(level: index, list: \.spatialY, mostPasses: level.y.size),
      ]
    }
  }

  package func forEach(_ body: (Mapping) -> Void) {
    for keeps in everyKeeping() {
      let empty = Mapping(levels: keeps.map { LevelMapping(keeps: $0) })
      fill(slot: 0, of: empty, extents: problem.bounds, body)
    }
  }

  private func everyKeeping() -> [[TensorSet]] {
    let present = TensorRole.allCases.reduce(into: TensorSet()) { set, role in
      if problem.projections[role] != nil { set.insert(TensorSet(role)) }
    }
    let subsets = (0...TensorSet.all.rawValue).map { TensorSet(rawValue: $0) }
      .filter { present.isSuperset(of: $0) }
    return hierarchy.levels.indices.dropFirst().reduce([[present]]) { prefixes, index in
      let choices = hierarchy.levels[index].memory == nil ? [TensorSet()] : subsets
      return prefixes.flatMap { prefix in choices.map { prefix + [$0] } }
    }
  }

  private func fill(slot: Int, of mapping: Mapping, extents: Extents, _ body: (Mapping) -> Void) {
    guard slot < slots.count else {
      if LoopDimension.allCases.allSatisfy({ extents[$0] == 1 }) { body(mapping) }
      return
    }
    fill(slot: slot + 1, of: mapping, extents: extents, body)
    add(to: slot, of: mapping, extents: extents, used: [], body)
  }

  /// Every way to append one or more loops to a list.
  private func add(
    to slot: Int, of mapping: Mapping, extents: Extents, used: DimensionSet,
    _ body: (Mapping) -> Void
  ) {
    let (level, list) = (slots[slot].level, slots[slot].list)
    for dimension in LoopDimension.allCases
    where extents[dimension] > 1 && !used.contains(dimension) {
      for step in 1..<extents[dimension] {
        let passes = (extents[dimension] + step - 1) / step
        var next = mapping
        next.levels[level][keyPath: list].append(Loop(dimension, passes: passes, step: step))
        let total = next.levels[level][keyPath: list].reduce(1) { $0 * Int64($1.passes) }
        guard total <= slots[slot].mostPasses else { continue }
        var left = extents
        left[dimension] = step
        fill(slot: slot + 1, of: next, extents: left, body)
        add(
          to: slot, of: next, extents: left, used: used.union(DimensionSet(dimension)), body)
      }
    }
  }
}
