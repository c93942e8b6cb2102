public import Ops

/// How many bits a word of each tensor has on either side of each level under one mapping.
///
/// Weights and inputs have their width everywhere. An output word is as wide as the accumulator
/// while loops over reduction dimensions remain outside of where it is, and as wide as an
/// activation once none does. A level's own `wordBits` replaces both.
public struct WordWidths: Hashable, Sendable {
  private let hierarchy: Hierarchy
  private let precision: Precision
  /// Outermost level with a loop of more than one pass over a reduction dimension.
  private let outermostReduction: Int?

  /// Reads a mapping's loops once; the questions below are then simple comparisons.
  ///
  /// - Complexity: O(*loops*).
  public init(_ problem: Problem, on hierarchy: Hierarchy, under mapping: Mapping) {
    let reduction = problem.reductionDimensions
    self.init(
      problem, on: hierarchy,
      outermostReductionLevel: mapping.levels.firstIndex { $0.hasPasses(over: reduction) })
  }

  /// The widths where the outermost level with a reduction loop of more than one pass is known;
  /// `nil` where no dimension is reduced.
  public init(_ problem: Problem, on hierarchy: Hierarchy, outermostReductionLevel: Int?) {
    self.hierarchy = hierarchy
    precision = problem.precision
    outermostReduction = outermostReductionLevel
  }

  /// Bits of a word as a level stores it and exchanges it with its children (reads, updates).
  public func storedBits(_ role: TensorRole, atLevel level: Int) -> Int {
    override(role, atLevel: level) ?? wireBits(role, belowLevel: level)
  }

  /// Bits of a word as a level exchanges it with its parent (fills, drains).
  public func parentSideBits(_ role: TensorRole, atLevel level: Int) -> Int {
    override(role, atLevel: level) ?? wireBits(role, belowLevel: level - 1)
  }

  /// Bits of a word on the wires between a level and its children, whatever the level stores.
  public func wireBits(_ role: TensorRole, belowLevel level: Int) -> Int {
    switch role {
    case .weight: precision.weightBits
    case .input: precision.activationBits
    case .output:
      isPartial(belowLevel: level) ? precision.accumulatorBits : precision.activationBits
    }
  }

  private func isPartial(belowLevel level: Int) -> Bool {
    guard let outermostReduction else { return false }
    return outermostReduction <= level
  }

  private func override(_ role: TensorRole, atLevel level: Int) -> Int? {
    guard hierarchy.levels.indices.contains(level) else { return nil }
    return hierarchy.levels[level].memory?.wordBits[role]
  }
}

extension LevelMapping {
  /// Whether a loop over one of the dimensions has more than one pass.
  fileprivate func hasPasses(over dimensions: DimensionSet) -> Bool {
    for loops in [temporal, spatialX, spatialY] {
      for loop in loops where loop.passes > 1 && dimensions.contains(loop.dimension) {
        return true
      }
    }
    return false
  }
}
