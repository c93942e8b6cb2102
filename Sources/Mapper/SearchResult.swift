public import Accelerators
public import Dataflow

/// The mapping a search chose and how sure it is of it.
public struct SearchResult: Hashable, Sendable {
  public var mapping: Mapping
  public var cost: NestCost
  /// Parts of mappings and mappings looked at.
  public var evaluations: Int64
  /// Whether every mapping of the space was evaluated, so that none is better.
  public var isProvenBest: Bool

  public init(mapping: Mapping, cost: NestCost, evaluations: Int64, isProvenBest: Bool) {
    self.mapping = mapping
    self.cost = cost
    self.evaluations = evaluations
    self.isProvenBest = isProvenBest
  }
}

/// Why a problem cannot be mapped onto an array.
public struct UnmappableError: Error, Hashable, Sendable {
  /// The limit met, where one explains it.
  public var cause: MappingError?
  /// What is wrong, in one sentence.
  public var reason: String

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
