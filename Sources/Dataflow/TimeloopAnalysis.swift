public import Ops

/// Counts the words a mapping moves as Timeloop does, to the word Timeloop prints.
///
/// The rules are in `Documentation/Model.md`, section 7. They are Timeloop's shortcuts: tiles are
/// boxes, padding is data, identical tiles are always multicast, neighbours always may pass on a
/// whole tile, and every figure is an average over the instances of a level. What the wires of the
/// hierarchy can do (multicast, forward, reduce, diagonal) is not asked, since Timeloop does not
/// ask. Totals are Timeloop's figure of one instance times the instances it calls utilized.
///
/// Timeloop: NVlabs/timeloop, version 4 (commit 4cf6d4cd), nest analysis on boxes; A. Parashar et
/// al., "Timeloop: A Systematic Approach to DNN Accelerator Evaluation", ISPASS 2019.
public struct TimeloopAnalysis: Sendable {
  /// The loop nest whose words are counted.
  public let problem: Problem
  /// Where they move.
  public let hierarchy: Hierarchy
  /// Facts of the hardware that change what is counted.
  public let switches: CountingSwitches

  /// - Parameter switches: Padding counts as data whatever they say.
  public init(
    _ problem: Problem, on hierarchy: Hierarchy, switches: CountingSwitches = CountingSwitches()
  ) {
    self.problem = problem
    self.hierarchy = hierarchy
    self.switches = switches
  }

  /// The words moved under rule set `timeloop`.
  ///
  /// `busiest` holds the figures of one instance, `drains` and `firstTile` are 0: Timeloop knows
  /// neither.
  ///
  /// - Throws: `MappingError` when the mapping does not fit the problem or the hierarchy, its
  ///   capacities included; `imperfectFactor` also where a remainder is not at the end of its
  ///   dimension, which Timeloop has no notation for.
  /// - Complexity: O(2^k) steps for k temporal loops outside of the innermost level.
  public func accessCounts(under mapping: Mapping) throws(MappingError) -> AccessCounts {
    let checks = ReuseAnalysis(problem, on: hierarchy, switches: switches)
    try checks.checkStructure(of: mapping)
    let nest = try TimeloopNest(mapping, of: problem, on: hierarchy)
    var walk = TimeloopWalk(problem, on: hierarchy, nest: nest)
    walk.run()
    let counts = counts(of: walk, nest, mapping)
    try checks.checkCapacities(of: counts, under: mapping)
    return counts
  }

  private func counts(
    of walk: TimeloopWalk, _ nest: TimeloopNest, _ mapping: Mapping
  ) -> AccessCounts {
    let averages = nest.averageInstances()
    let utilized = averages.map { Self.integer($0) }
    var levels = hierarchy.levels.indices.map { index in
      var level = AccessCounts.Level()
      level.utilizedInstances = utilized[index]
      return level
    }
    for (tensor, shape) in walk.tensors.enumerated() {
      let collapse = collapse(walk, nest, mapping, tensor: tensor)
      for index in levels.indices {
        let found = collapse.levels[index]
        var one = Traffic()
        one.reads = Self.integer(found.reads)
        one.fills = Self.integer(found.fills)
        one.updates = Self.integer(found.updates)
        one.forwards = Self.integer(found.peerWords)
        one.peakWords = min(Self.integer(found.tile), Traffic.largestTile)
        levels[index].busiest[shape.role] = one
        levels[index].traffic[shape.role] = one.times(utilized[index])
        levels[index].wires[shape.role] = Self.wires(
          collapse.wires[index], instances: averages[index], isOutput: shape.role == .output)
      }
    }
    let lanes = nest.levels.count
    let isLaneLoop = nest.levels.last.map { !$0.spatial.isEmpty } ?? false
    let walkedLanes = averages[isLaneLoop ? lanes - 1 : lanes]
    return AccessCounts(
      levels: levels, operations: Self.integer(walk.computes * walkedLanes), steps: nest.steps,
      utilizedLanes: nest.mostInstances(ofLevel: lanes))
  }

  private func collapse(
    _ walk: TimeloopWalk, _ nest: TimeloopNest, _ mapping: Mapping, tensor: Int
  ) -> TimeloopCollapse {
    let role = walk.tensors[tensor].role
    let levels = nest.levels.indices.map { index in
      TimeloopCollapse.Level(
        tile: walk.largestTiles(ofLevel: index)[tensor], accesses: walk.accesses[index][tensor],
        linkTransfers: walk.linkTransfers[index][tensor],
        fanout: Double(nest.fanout(ofLevel: index)), union: walk.largestUnion[index][tensor],
        instances: Double(nest.mostInstances(ofLevel: index)))
    }
    return TimeloopCollapse(
      levels, isKept: mapping.levels.map { $0.keeps.contains(role) }, isOutput: role == .output,
      readsFirstPartialSum: switches.readsFirstPartialSum)
  }

  private static func wires(
    _ found: (accesses: Double, delivered: Double, returned: Double), instances: Double,
    isOutput: Bool
  ) -> WireTraffic {
    var wires = WireTraffic()
    guard isOutput else {
      wires.deliveries = integer(found.delivered * instances)
      return wires
    }
    wires.deliveries = integer(found.returned * instances)
    wires.collections = integer(found.delivered * instances)
    wires.additions = integer((found.delivered - found.accesses) * instances)
    return wires
  }

  /// The nearest whole number.
  ///
  /// Counts are exact up to 2^53; only boxes that are mostly gaps have more, and end at a limit
  /// whose bits can still be added up.
  private static func integer(_ count: Double) -> Int64 {
    Int64(exactly: min(count.rounded(), Double(Traffic.largestCount))) ?? 0
  }
}

extension Traffic {
  /// More than any count that is not mostly gaps of a stride.
  fileprivate static let largestCount: Int64 = 1 << 54
  /// The same for a tile, of which 1024 bits a word still have to be counted.
  fileprivate static let largestTile: Int64 = 1 << 50

  /// The traffic of a number of instances; what one instance holds stays.
  fileprivate func times(_ instances: Int64) -> Traffic {
    let product = { (count: Int64) -> Int64 in
      let (result, overflow) = count.multipliedReportingOverflow(by: instances)
      return overflow ? Self.largestCount : min(result, Self.largestCount)
    }
    var all = self
    all.reads = product(reads)
    all.fills = product(fills)
    all.updates = product(updates)
    all.forwards = product(forwards)
    return all
  }
}

extension ReuseAnalysis {
  /// The words moved under either rule set.
  ///
  /// - Throws: `MappingError` when the mapping does not fit the problem or the hierarchy.
  public func accessCounts(
    under mapping: Mapping, by rules: CountingRules
  ) throws(MappingError) -> AccessCounts {
    switch rules {
    case .exact: try accessCounts(under: mapping)
    case .timeloop:
      try TimeloopAnalysis(problem, on: hierarchy, switches: switches).accessCounts(under: mapping)
    }
  }
}
