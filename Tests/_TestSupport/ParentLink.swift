internal import Dataflow
internal import Ops

/// A level that keeps a tensor, the next one that does (or the lanes), and the wires between them.
struct ParentLink {
  let parent: Int
  /// A level, or the number of levels for the lanes.
  let child: Int
  /// How many children one parent instance has.
  let childrenPerParent: Int
  /// For each child of a parent, the group that shares one read or adds up one update.
  let groups: [Int]
  /// For the fan-out of each level from `parent` to the one outside `child`, the groups when all
  /// loops down to this fan-out agree.
  let groupsThroughFanout: [[Int]]
  /// How far apart in number the children are whose index of the forwarding loop differs by 1, and
  /// the passes of that loop.
  let forwarding: (distance: Int, passes: Int)?

  init(
    from parent: Int, to child: Int, of role: TensorRole, in nest: SimulatedNest,
    hierarchy: Hierarchy, projection: Projection
  ) {
    self.parent = parent
    self.child = child
    let loops = nest.spatial[parent..<child].flatMap { $0 }
    let children = Self.indices(of: loops)
    childrenPerParent = children.count
    let make = { (agreeing: Int) in
      Self.groups(
        of: children, loops, allAgreeThrough: agreeing, role, hierarchy, projection)
    }
    groups = make(parent - 1)
    groupsThroughFanout = (parent..<child).map(make)
    forwarding =
      role == .output || child == nest.levelCount
      ? nil : Self.forwarding(loops, role, hierarchy, levels: parent..<child)
  }

  private static func indices(of loops: [SimulatedNest.SpatialLoop]) -> [[Int]] {
    loops.reduce([[]]) { prefixes, loop in
      prefixes.flatMap { prefix in (0..<Int(loop.loop.passes)).map { prefix + [$0] } }
    }
  }

  /// Numbers the groups of children that agree on every loop of the fan-outs down to a level, and
  /// further in on the loops whose wires do not join what is equal.
  private static func groups(
    of children: [[Int]], _ loops: [SimulatedNest.SpatialLoop], allAgreeThrough level: Int,
    _ role: TensorRole, _ hierarchy: Hierarchy, _ projection: Projection
  ) -> [Int] {
    let diagonals =
      role == .output
      ? []
      : Set(loops.map(\.level)).sorted().filter { $0 > level }.compactMap {
        diagonal(ofLevel: $0, loops, role, hierarchy, projection)
      }
    var numbers: [[Int]: Int] = [:]
    return children.map { indices in
      var key = indices
      for (position, loop) in loops.enumerated() where loop.level > level {
        let wires = hierarchy.levels[loop.level].wires(loop.axis)
        let joins = role == .output ? wires.reduce : wires.multicast
        if joins.contains(role) { key[position] = 0 }
      }
      for (x, y) in diagonals {
        key[x] = indices[x] + indices[y]
        key[y] = 0
      }
      let number = numbers[key] ?? numbers.count
      numbers[key] = number
      return number
    }
  }

  /// The positions of the two loops along whose diagonals a level's wires serve a tensor.
  private static func diagonal(
    ofLevel level: Int, _ loops: [SimulatedNest.SpatialLoop], _ role: TensorRole,
    _ hierarchy: Hierarchy, _ projection: Projection
  ) -> (x: Int, y: Int)? {
    let wires = hierarchy.levels[level]
    guard wires.diagonal.contains(role), !wires.x.multicast.contains(role),
      !wires.y.multicast.contains(role),
      let x = innermost(loops, level, .x), let y = innermost(loops, level, .y)
    else { return nil }
    let pair: Set = [loops[x].loop.dimension, loops[y].loop.dimension]
    let isOneAxis = projection.axes.contains {
      $0.terms.count == 2 && Set($0.terms.map(\.dimension)) == pair
    }
    return isOneAxis ? (x, y) : nil
  }

  private static func forwarding(
    _ loops: [SimulatedNest.SpatialLoop], _ role: TensorRole, _ hierarchy: Hierarchy,
    levels: Range<Int>
  ) -> (distance: Int, passes: Int)? {
    for level in levels.reversed() {
      for axis in [ArrayAxis.y, .x] {
        guard hierarchy.levels[level].wires(axis).forward.contains(role),
          let position = innermost(loops, level, axis)
        else { continue }
        let distance = loops[(position + 1)...].reduce(1) { $0 * Int($1.loop.passes) }
        return (distance, Int(loops[position].loop.passes))
      }
    }
    return nil
  }

  /// The position of the innermost loop with more than one pass on an axis of a level.
  private static func innermost(
    _ loops: [SimulatedNest.SpatialLoop], _ level: Int, _ axis: ArrayAxis
  ) -> Int? {
    loops.lastIndex { $0.level == level && $0.axis == axis && $0.loop.passes > 1 }
  }

  /// The children one index of the forwarding loop away.
  func neighbours(of child: Int) -> [Int] {
    guard let (distance, passes) = forwarding else { return [] }
    let index = child / distance % passes
    return (index > 0 ? [child - distance] : []) + (index + 1 < passes ? [child + distance] : [])
  }
}
