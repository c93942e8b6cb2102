public import Ops

/// What a dataflow fixes; everything left `nil` or absent is the mapper's choice.
public struct DataflowConstraints: Hashable, Sendable {
  /// The constraints of one level.
  public struct Level: Hashable, Sendable {
    /// The product of a dimension's temporal passes at the level.
    public var temporalPasses: [LoopDimension: ClosedRange<Int32>] = [:]
    /// The product of a dimension's spatial passes below the level, on both axes together.
    public var spatialPasses: [LoopDimension: ClosedRange<Int32>] = [:]
    /// Dimensions that may have temporal loops of more than one pass at the level.
    public var temporal: DimensionSet?
    /// Temporal loops from the outside in; dimensions not named may go anywhere outside of them.
    public var order: [LoopDimension]?
    /// Dimensions that may be unrolled along x.
    public var spatialX: DimensionSet?
    /// Dimensions that may be unrolled along y.
    public var spatialY: DimensionSet?

    /// Everything is the mapper's choice.
    public init() {}
  }

  /// What the dataflow is called in files and messages.
  public var name: String
  /// Outermost first, one a level of the hierarchy.
  public var levels: [Level]
  /// Whether steps that do not divide are allowed.
  public var allowsImperfectFactors: Bool

  /// Constraints as given, a level's for each of the hierarchy.
  public init(name: String, levels: [Level], allowsImperfectFactors: Bool = true) {
    self.name = name
    self.levels = levels
    self.allowsImperfectFactors = allowsImperfectFactors
  }

  /// No constraint on any of the given number of levels.
  public static func free(levelCount: Int) -> DataflowConstraints {
    DataflowConstraints(name: "free", levels: Array(repeating: Level(), count: levelCount))
  }
}
