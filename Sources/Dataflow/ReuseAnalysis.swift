public import Ops

/// Counts every word a mapping moves, in closed form.
///
/// The rules and their derivation are in `Documentation/Model.md`; `ReferenceSimulator` in the
/// tests runs the same nest step by step and agrees exactly.
public struct ReuseAnalysis: Sendable {
  /// The loop nest whose words are counted.
  public let problem: Problem
  /// Where they move.
  public let hierarchy: Hierarchy
  /// Facts of the hardware that change what is counted.
  public let switches: CountingSwitches

  /// An analysis of one problem on one hierarchy, for any number of mappings.
  public init(
    _ problem: Problem, on hierarchy: Hierarchy, switches: CountingSwitches = CountingSwitches()
  ) {
    self.problem = problem
    self.hierarchy = hierarchy
    self.switches = switches
  }

  /// The words moved under rule set `exact`.
  ///
  /// - Throws: `MappingError` when the mapping does not fit the problem or the hierarchy, its
  ///   capacities included; constraints of a dataflow are not looked at.
  /// - Complexity: for each level and tensor O(*temporal loops* × *shapes of tiles* × *words along
  ///   one axis of a tile*); the number of passes of a loop does not matter.
  public func accessCounts(under mapping: Mapping) throws(MappingError) -> AccessCounts {
    try checkStructure(of: mapping)
    let counting = ExactCounting(problem, on: hierarchy, switches: switches, under: mapping)
    let counts = counting.counts()
    try checkCapacities(of: counts, under: mapping)
    return counts
  }
}
