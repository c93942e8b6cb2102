public import Accelerators
public import Dataflow

/// The mapping a search chose and how sure it is of it.
public struct SearchResult: Hashable, Sendable {
  /// The best mapping found.
  public var mapping: Mapping
  /// What it costs, counted by the rules of the space.
  public var cost: NestCost
  /// Parts of mappings and mappings looked at.
  public var evaluations: Int64
  /// Whether every mapping of the space was evaluated, so that none is better.
  public var isProvenBest: Bool
  /// What no mapping of the space can be below, in the objective's unit (picojoules, cycles, or their
  /// product); `nil` where nothing is known.
  public var lowerBound: Double?

  /// A result; without a lower bound where nothing is known of the rest of the space.
  public init(
    mapping: Mapping, cost: NestCost, evaluations: Int64, isProvenBest: Bool,
    lowerBound: Double? = nil
  ) {
    self.lowerBound = lowerBound
    self.mapping = mapping
    self.cost = cost
    self.evaluations = evaluations
    self.isProvenBest = isProvenBest
  }
}

/// Every mapping found that no other beats in both energy and cycles.
public struct FrontResult: Hashable, Sendable {
  /// In order of cycles, so that energies fall.
  public var points: [FrontPoint]
  /// Parts of mappings and mappings looked at.
  public var evaluations: Int64
  /// Whether every mapping of the space was evaluated or ruled out, so that no point is missing.
  public var isProven: Bool

  /// A front, its points in order of cycles.
  public init(points: [FrontPoint], evaluations: Int64, isProven: Bool) {
    self.points = points
    self.evaluations = evaluations
    self.isProven = isProven
  }
}

/// What a search may take.
public struct SearchBudget: Hashable, Sendable {
  /// Seconds; `nil` for no limit. A search that is cut short returns the best it has found.
  public var seconds: Double?

  /// A limit in seconds, or none.
  public init(seconds: Double? = nil) { self.seconds = seconds }
}

/// Why a problem cannot be mapped onto an array.
public struct UnmappableError: Error, Hashable, Sendable {
  /// The limit met, where one explains it.
  public var cause: MappingError?
  /// What is wrong, in one sentence.
  public var reason: String

  /// A reason in one sentence, and the limit that explains it if one does.
  public init(cause: MappingError?, reason: String) {
    self.cause = cause
    self.reason = reason
  }
}

/// What is compared between two mappings: the figure the objective names, then the other one.
struct Rank: Hashable, Comparable, Sendable {
  var first: Double
  var second: Double

  init(_ cost: NestCost, minimizing objective: Objective) {
    let (energy, cycles) = (cost.energyPicojoules, Double(cost.cycles))
    switch objective {
    case .energyDelayProduct: (first, second) = (energy * cycles, energy)
    case .energy: (first, second) = (energy, cycles)
    case .latency: (first, second) = (cycles, energy)
    }
  }

  static func < (left: Rank, right: Rank) -> Bool {
    (left.first, left.second) < (right.first, right.second)
  }
}
