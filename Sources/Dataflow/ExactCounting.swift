internal import Ops

/// Counts under rule set `exact`, as `Documentation/Model.md` section 2 defines them.
struct ExactCounting {
  let problem: Problem
  let hierarchy: Hierarchy
  let switches: CountingSwitches
  let mapping: Mapping
  let nest: LoopNest

  init(
    _ problem: Problem, on hierarchy: Hierarchy, switches: CountingSwitches, under mapping: Mapping
  ) {
    self.problem = problem
    self.hierarchy = hierarchy
    self.switches = switches
    self.mapping = mapping
    nest = LoopNest(mapping, of: problem)
  }

  /// The number of levels, which also stands for the lanes below the last.
  private var lanes: Int { hierarchy.levels.count }

  func counts() -> AccessCounts {
    var levels = Array(repeating: AccessCounts.Level(), count: lanes)
    for level in levels.indices { levels[level].utilizedInstances = utilized(depth: level) }
    for role in TensorRole.allCases {
      guard let projection = problem.projections[role] else { continue }
      var counter = TensorCounter(projection, nest: nest, storesPadding: switches.storesPadding)
      let keepers = mapping.levels.indices.filter { mapping.levels[$0].keeps.contains(role) }
      for level in keepers {
        let peak = counter.peakWords(depth: level)
        levels[level].traffic[role].peakWords = peak
        levels[level].busiest[role].peakWords = peak
      }
      for (parent, child) in zip(keepers, keepers.dropFirst() + [lanes]) {
        let edge = Edge(role: role, parent: parent, child: child)
        if role == .output {
          countOutput(edge, &counter, &levels)
        } else {
          countOperand(edge, &counter, &levels)
        }
      }
    }
    return AccessCounts(
      levels: levels, operations: problem.iterations, steps: steps(),
      utilizedLanes: utilized(depth: lanes))
  }

  /// A tensor's level and the next one that keeps it, or the lanes.
  private struct Edge {
    var role: TensorRole
    var parent: Int
    var child: Int
  }

  // MARK: - Weights and inputs

  private func countOperand(
    _ edge: Edge, _ counter: inout TensorCounter, _ levels: inout [AccessCounts.Level]
  ) {
    let role = edge.role
    var reading = scope(edge, apart: edge.parent)
    guard edge.child < lanes else {
      levels[edge.parent].traffic[role].reads = counter.presentAtAllSteps(in: reading).sum
      for fanout in edge.parent..<edge.child {
        levels[fanout].wires[role].deliveries =
          counter.presentAtAllSteps(in: scope(edge, apart: fanout + 1)).sum
      }
      reading.separate(nest, outside: edge.parent)
      levels[edge.parent].busiest[role].reads = counter.presentAtAllSteps(in: reading).largest
      return
    }
    var filling = scope(edge, apart: edge.child)
    filling.separate(nest, outside: edge.child)
    let fills = counter.moved(in: filling)
    levels[edge.child].traffic[role].fills = fills.sum
    levels[edge.child].busiest[role].fills = fills.largest
    levels[edge.child].firstTile[role].childWords = counter.movedAtEdge(in: filling)[0]
    for fanout in edge.parent..<edge.child {
      levels[fanout].wires[role].deliveries =
        fanout == edge.child - 1
        ? fills.sum : counter.moved(in: scope(edge, apart: fanout + 1)).sum
    }
    if let loop = forwardingLoop(edge) {
      filling.forwarding = loop
      let rest = counter.moved(in: filling)
      let forwards = zip(fills, rest).map { $0 - $1 }
      levels[edge.child].traffic[role].forwards = forwards.sum
      levels[edge.child].busiest[role].forwards = forwards.largest
      reading.forwarding = loop
    }
    levels[edge.parent].traffic[role].reads = counter.moved(in: reading).sum
    reading.separate(nest, outside: edge.parent)
    levels[edge.parent].busiest[role].reads = counter.moved(in: reading).largest
    levels[edge.child].firstTile[role].parentWords = counter.movedAtEdge(in: reading)[0]
  }

  /// Counts of children that share what the wires let them share, with the loops of levels outside
  /// `apart` counting one by one.
  private func scope(_ edge: Edge, apart: Int) -> CountingScope {
    let roles = nest.spatial.map { loop -> SpatialRole in
      guard loop.level >= apart else { return .summed }
      let wires = hierarchy.levels[loop.level].wires(loop.axis)
      return wires.multicast.contains(edge.role) ? .united : .summed
    }
    var scope = CountingScope(depth: edge.child, roles: roles)
    for level in max(edge.parent, apart)..<max(edge.child, apart) {
      if let diagonal = diagonal(edge.role, below: level) { scope.diagonals.append(diagonal) }
    }
    return scope
  }

  /// The loops on x and y that diagonal wires join for a tensor, if they move one of its axes.
  private func diagonal(_ role: TensorRole, below level: Int) -> CountingScope.Diagonal? {
    let wires = hierarchy.levels[level]
    guard wires.diagonal.contains(role), !wires.x.multicast.contains(role),
      !wires.y.multicast.contains(role),
      let x = nest.innermostSpatialLoop(below: level, along: .x),
      let y = nest.innermostSpatialLoop(below: level, along: .y),
      x.dimension != y.dimension,
      let axes = problem.projections[role]?.axes,
      axes.contains(where: { axis in
        let dimensions = axis.terms.map(\.dimension)
        return dimensions.contains(x.dimension) && dimensions.contains(y.dimension)
      })
    else { return nil }
    return CountingScope.Diagonal(x: x, y: y)
  }

  /// The loop along which children pass words on: of the innermost fan-out that forwards, y before x.
  private func forwardingLoop(_ edge: Edge) -> LoopNest.SpatialLoop? {
    for level in (edge.parent..<edge.child).reversed() {
      for axis in [ArrayAxis.y, .x]
      where hierarchy.levels[level].wires(axis).forward.contains(edge.role) {
        if let loop = nest.innermostSpatialLoop(below: level, along: axis) { return loop }
      }
    }
    return nil
  }

  // MARK: - Outputs

  private func countOutput(
    _ edge: Edge, _ counter: inout TensorCounter, _ levels: inout [AccessCounts.Level]
  ) {
    let toLanes = edge.child == lanes
    func all(_ scope: CountingScope, _ direction: FactorCounter.Direction) -> [Int64] {
      toLanes ? counter.presentAtAllSteps(in: scope) : counter.moved(in: scope, direction)
    }
    countReturns(edge, &counter, &levels)

    for fanout in edge.parent..<edge.child {
      let before = all(collecting(edge, apart: fanout + 1), .leaving).sum
      let after = all(collecting(edge, apart: fanout), .leaving).sum
      levels[fanout].wires[.output].collections = before
      levels[fanout].wires[.output].additions = before - after
    }
    var updating = collecting(edge, apart: edge.parent)
    updating.separate(nest, outside: edge.parent)
    let updates = all(updating, .leaving)
    levels[edge.parent].traffic[.output].updates = updates.sum
    levels[edge.parent].busiest[.output].updates = updates[0]
    guard !toLanes else { return }
    var draining = collecting(edge, apart: edge.child)
    draining.separate(nest, outside: edge.child)
    let drains = counter.moved(in: draining, .leaving)
    levels[edge.child].traffic[.output].drains = drains.sum
    levels[edge.child].busiest[.output].drains = drains[0]
    levels[edge.child].firstTile[.output].childWords =
      counter.movedAtEdge(in: draining, .leaving)[0]
    levels[edge.child].firstTile[.output].parentWords =
      counter.movedAtEdge(in: updating, .leaving)[0]
  }

  /// Partial sums that go back to a child.
  ///
  /// Of the words that enter children (one a step, whichever child), those whose partial sum does
  /// not live in the parent instance do not return: the first of each stay of a word in the parent
  /// to which no partial sum was delivered. For instance 0 these are its distinct words, because
  /// it gets every partial sum but the first.
  private func countReturns(
    _ edge: Edge, _ counter: inout TensorCounter, _ levels: inout [AccessCounts.Level]
  ) {
    let toLanes = edge.child == lanes
    let relevant = problem.relevantDimensions(of: .output)
    var returning = CountingScope(
      depth: edge.child,
      roles: nest.spatial.map {
        $0.level >= edge.parent && !relevant.contains($0.dimension) ? .united : .summed
      })
    returning.separate(nest, outside: edge.parent)
    let entering =
      toLanes ? counter.presentAtAllSteps(in: returning) : counter.moved(in: returning)
    var reads = entering.sum
    var firstReads = entering[0]
    var firstFills: Int64 = 0
    if !toLanes {
      var own = collecting(edge, apart: edge.child)
      own.separate(nest, outside: edge.child)
      firstFills = counter.moved(in: own)[0]
    }
    if !switches.readsFirstPartialSum {
      let stays = staysWithoutDelivery(in: edge.parent, &counter, levels)
      reads -= stays
      firstReads -= counter.distinctWordsOfFirstInstance(depth: edge.parent)
      if !toLanes { firstFills -= counter.distinctWordsOfFirstInstance(depth: edge.child) }
    }
    levels[edge.parent].traffic[.output].reads = reads
    levels[edge.parent].busiest[.output].reads = firstReads
    for fanout in edge.parent..<edge.child {
      levels[fanout].wires[.output].deliveries = reads
    }
    guard !toLanes else { return }
    levels[edge.child].traffic[.output].fills = reads
    levels[edge.child].busiest[.output].fills = firstFills
  }

  /// Stays of output words in a level's instances that began without a partial sum from outside.
  private func staysWithoutDelivery(
    in level: Int, _ counter: inout TensorCounter, _ levels: [AccessCounts.Level]
  ) -> Int64 {
    guard level > 0 else { return counter.distinctWordsOfFirstInstance(depth: 0) }
    let each = CountingScope(
      depth: level, roles: Array(repeating: .summed, count: nest.spatial.count))
    return counter.moved(in: each).sum - levels[level].traffic[.output].fills
  }

  /// Counts of partial sums that are added where the wires add, with the loops of levels outside
  /// `apart` counting one by one.
  private func collecting(_ edge: Edge, apart: Int) -> CountingScope {
    let roles = nest.spatial.map { loop -> SpatialRole in
      guard loop.level >= apart else { return .summed }
      let wires = hierarchy.levels[loop.level].wires(loop.axis)
      return wires.reduce.contains(.output) ? .united : .summed
    }
    return CountingScope(depth: edge.child, roles: roles)
  }

  // MARK: - Steps

  private func steps() -> Int64 {
    var steps: Int64 = 1
    for dimension in LoopDimension.allCases {
      let classes = nest.pieceClasses(
        of: dimension, depth: lanes, cut: .all, interior: .everywhere)
      steps *= classes.reduce(0) { $0 + $1.multiplicity }
    }
    return steps
  }

  /// Instances of a level that work at the first step, which are the most at any step.
  private func utilized(depth: Int) -> Int64 {
    var instances: Int64 = 1
    for dimension in LoopDimension.allCases {
      let classes = nest.pieceClasses(
        of: dimension, depth: depth, cut: .start, interior: .everywhere)
      instances *= Int64(classes[0].new.count { $0.extent > 0 })
    }
    return instances
  }
}

extension CountingScope {
  /// Gives each instance of level `outside` a count of its own.
  fileprivate mutating func separate(_ nest: LoopNest, outside: Int) {
    for (index, loop) in nest.spatial.enumerated() where loop.level < outside {
      roles[index] = .separate
    }
  }
}

extension [Int64] {
  fileprivate var sum: Int64 { reduce(0, +) }
  fileprivate var largest: Int64 { self.max() ?? 0 }
}
