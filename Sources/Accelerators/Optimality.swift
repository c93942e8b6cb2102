/// How far what a search found is from the best there can be.
public struct Optimality: Hashable, Sendable {
  /// Whether every mapping was evaluated or ruled out, so that none is better.
  public var isProven: Bool
  /// What no mapping can be below, in the objective's unit: picojoules times cycles, picojoules, or
  /// cycles; `nil` where nothing is known.
  public var lowerBound: Double?
  /// By what share the value found is above the bound: 0 where it is proven, `nil` where no bound is
  /// known.
  public var gap: Double?

  /// - Parameters:
  ///   - value: what was found, in the objective's unit.
  ///   - lowerBound: what no mapping can be below; the value itself where that is proven.
  public init(ofValue value: Double, isProven: Bool, lowerBound: Double?) {
    self.isProven = isProven
    if isProven {
      self.lowerBound = value
      gap = 0
    } else {
      self.lowerBound = lowerBound
      gap = lowerBound.flatMap { $0 > 0 ? max(0, value / $0 - 1) : nil }
    }
  }
}

extension Optimality {
  /// The optimality of loop nests that run one after the other, each with a bound of its own.
  ///
  /// Energies and cycles of the nests add up, and so do their bounds. For products, the product of
  /// the sums is, by Cauchy and Schwarz, at least the square of the sum of the products' roots.
  public init(of nests: [MappedNest], minimizing objective: Objective) {
    let energy = nests.reduce(0) { $0 + $1.cost.energyPicojoules }
    let cycles = nests.reduce(0) { $0 + Double($1.cost.cycles) }
    let bounds = nests.map { nest in
      nest.isProvenBest ? nest.cost.value(of: objective) : nest.lowerBound
    }
    var bound: Double? = 0
    for nest in bounds {
      guard let sum = bound, let nest else {
        bound = nil
        break
      }
      bound = sum + (objective == .energyDelayProduct ? nest.squareRoot() : nest)
    }
    if objective == .energyDelayProduct { bound = bound.map { $0 * $0 } }
    self.init(
      ofValue: objective.value(energyPicojoules: energy, cycles: cycles),
      isProven: nests.allSatisfy(\.isProvenBest), lowerBound: bound)
  }
}

extension NestCost {
  /// The figure that an objective makes small.
  public func value(of objective: Objective) -> Double {
    objective.value(energyPicojoules: energyPicojoules, cycles: Double(cycles))
  }
}

/// How sure it is that a network's layers run no better.
public struct NetworkSearch: Hashable, Sendable {
  /// Layers of which a better mapping is not ruled out.
  public var unprovenLayers = 0
  /// The largest gap of a layer to its lower bound; `nil` where one is not known.
  public var largestGap: Double? = 0

  /// A network of which no layer is counted in yet.
  public init() {}

  /// Counts a layer in.
  public mutating func add(_ layer: Optimality) {
    if !layer.isProven { unprovenLayers += 1 }
    guard let largest = largestGap, let gap = layer.gap else {
      largestGap = nil
      return
    }
    largestGap = max(largest, gap)
  }
}
