public import Ops

/// Words moved at one level for one tensor, summed over the level's instances.
public struct Traffic: Hashable, Sendable {
  /// Words read out towards the children; a word sent to many children at once counts once.
  public var reads: Int64 = 0
  /// Words written in from the parent; for outputs, partial sums that return.
  public var fills: Int64 = 0
  /// Partial sums written in from the children, after spatial reduction.
  public var updates: Int64 = 0
  /// Partial or final sums read out to the parent.
  public var drains: Int64 = 0
  /// Words an instance got from its neighbour instead of its parent; part of `fills`.
  public var forwards: Int64 = 0
  /// The most words one instance holds at a step.
  public var peakWords: Int64 = 0

  /// Nothing moves.
  public init() {}
}

/// What crosses the wires below one level for one tensor, summed over the level's instances.
public struct WireTraffic: Hashable, Sendable {
  /// Words handed to children, each receiver counted, neighbours' hand-overs included.
  public var deliveries: Int64 = 0
  /// Partial sums sent up by children, before any are added.
  public var collections: Int64 = 0
  /// Two-input additions of partial sums on the way up.
  public var additions: Int64 = 0

  /// Nothing moves.
  public init() {}
}

/// Every word a mapping moves.
public struct AccessCounts: Hashable, Sendable {
  /// One level of the hierarchy.
  public struct Level: Hashable, Sendable {
    /// What moves into and out of the level's memory.
    public var traffic: PerTensor<Traffic> = PerTensor(repeating: Traffic())
    /// What crosses the wires to the level's children.
    public var wires: PerTensor<WireTraffic> = PerTensor(repeating: WireTraffic())
    /// The most that any one instance has of each count; for outputs, instance 0's counts
    /// (`peakWords` as in `traffic`).
    public var busiest: PerTensor<Traffic> = PerTensor(repeating: Traffic())
    /// The most instances that work at the same step.
    public var utilizedInstances: Int64 = 1
    /// Words each instance of the level gets before the first step, and what its parent reads for
    /// them; and the last output tile on its way back.
    public var firstTile: PerTensor<TileTransfer> = PerTensor(repeating: TileTransfer())

    /// Nothing moves.
    public init() {}
  }

  /// The words of one tile on their way between a level and its parent.
  public struct TileTransfer: Hashable, Sendable {
    /// Words that instance 0 of the level takes in (weights, inputs) or gives back (outputs).
    public var childWords: Int64 = 0
    /// Words that instance 0 of the parent reads for them (weights, inputs) or takes (outputs).
    public var parentWords: Int64 = 0

    /// Nothing moves.
    public init() {}
  }

  /// Outermost level first, as in the hierarchy.
  public var levels: [Level]
  /// Iterations of the problem.
  public var operations: Int64
  /// Steps of the temporal nest: compute cycles when nothing stalls.
  public var steps: Int64
  /// The most multiply-accumulate lanes that work at the same step.
  public var utilizedLanes: Int64

  /// Counts as given.
  public init(levels: [Level], operations: Int64, steps: Int64, utilizedLanes: Int64) {
    self.levels = levels
    self.operations = operations
    self.steps = steps
    self.utilizedLanes = utilizedLanes
  }
}
