public import Dataflow
public import Ops

/// What one level costs for one layer.
public struct LevelCost: Hashable, Sendable {
  /// What reports call it.
  public var name: String
  /// Physical instances.
  public var instances: Int64
  /// Cycles of the level's slowest port; 0 where no port limits it.
  public var cycles: Int64
  /// Name of that port; `nil` where none is the slowest.
  public var slowestPort: String?
  /// Energy of the level's accesses and leakage.
  public var accessPicojoules: Double
  /// Energy of the wires and adders below the level.
  public var wirePicojoules: Double
  /// Words into and out of the memory, over all instances.
  public var traffic: PerTensor<Traffic>
  /// Words on the wires to the children, over all instances.
  public var wires: PerTensor<WireTraffic>

  /// Costs as given.
  public init(
    name: String, instances: Int64, cycles: Int64, slowestPort: String? = nil,
    accessPicojoules: Double, wirePicojoules: Double, traffic: PerTensor<Traffic>,
    wires: PerTensor<WireTraffic>
  ) {
    self.name = name
    self.instances = instances
    self.cycles = cycles
    self.slowestPort = slowestPort
    self.accessPicojoules = accessPicojoules
    self.wirePicojoules = wirePicojoules
    self.traffic = traffic
    self.wires = wires
  }

  /// All energy of the level.
  public var energyPicojoules: Double { accessPicojoules + wirePicojoules }
}

/// What the unit that does a layer's arithmetic costs.
public struct ComputeCost: Hashable, Sendable {
  /// What reports call it.
  public var name: String
  /// Physical lanes.
  public var instances: Int64
  /// What it computes: multiply-accumulates, or the other operations of an op that has none.
  public var operations: Int64
  /// Clock cycles.
  public var cycles: Int64
  /// Energy in picojoules.
  public var energyPicojoules: Double

  /// Costs as given.
  public init(
    name: String, instances: Int64, operations: Int64, cycles: Int64, energyPicojoules: Double
  ) {
    self.name = name
    self.instances = instances
    self.operations = operations
    self.cycles = cycles
    self.energyPicojoules = energyPicojoules
  }
}

/// What a loop nest costs on an array; its energy is the sum of its parts.
public struct NestCost: Hashable, Sendable {
  /// Multiply-accumulates, padding included.
  public var macs: Int64
  /// Operations that are no multiply-accumulates.
  public var otherOperations: Int64
  /// Clock cycles.
  public var cycles: Int64
  /// Outermost first.
  public var levels: [LevelCost]
  /// The unit that does the arithmetic.
  public var compute: ComputeCost
  /// Energy of the chip's static power over the layer's cycles.
  public var staticPicojoules: Double
  /// Bytes moved to and from the outermost level.
  public var dramBytes: Int64
  /// Multiply-accumulates over lanes times cycles; 0 for other ops.
  public var utilization: Double
  /// Energy in picojoules.
  public var energyPicojoules: Double

  /// A nest of the given parts; its energy is their sum.
  public init(
    macs: Int64, otherOperations: Int64, cycles: Int64, levels: [LevelCost], compute: ComputeCost,
    staticPicojoules: Double, dramBytes: Int64, utilization: Double
  ) {
    self.macs = macs
    self.otherOperations = otherOperations
    self.cycles = cycles
    self.levels = levels
    self.compute = compute
    self.staticPicojoules = staticPicojoules
    self.dramBytes = dramBytes
    self.utilization = utilization
    energyPicojoules =
      levels.reduce(0) { $0 + $1.energyPicojoules } + compute.energyPicojoules + staticPicojoules
  }

  /// Energy-delay product in picojoules times cycles.
  public var edpPicojouleCycles: Double { energyPicojoules * Double(cycles) }
}

/// What a nest's cycles are bound by.
public enum Bottleneck: Hashable, Sendable {
  /// Steps on the lanes at work; no transfer takes longer.
  case compute
  /// Compute, together with the transfers that nothing hides: first tiles on their way in, last ones
  /// on their way out, and all of a single buffer's.
  case computeAndExposedTransfers
  /// The slowest port of a level, by the level's index.
  case port(level: Int)
}

extension NestCost {
  /// What the nest would have to have more of to be faster; of equally slow ones the outermost port.
  public var bottleneck: Bottleneck {
    if compute.cycles >= cycles { return .compute }
    let slowest = levels.indices.first { levels[$0].cycles >= cycles }
    return slowest.map { .port(level: $0) } ?? .computeAndExposedTransfers
  }
}

/// What the mapper makes small.
public enum Objective: String, CaseIterable, Hashable, Sendable {
  /// Energy times cycles, in picojoules times cycles.
  case energyDelayProduct = "edp"
  /// Picojoules.
  case energy
  /// Cycles.
  case latency
}

extension Objective {
  /// The figure of a cost that is made small: picojoules times cycles, picojoules, or cycles.
  public func value(energyPicojoules: Double, cycles: Double) -> Double {
    switch self {
    case .energyDelayProduct: energyPicojoules * cycles
    case .energy: energyPicojoules
    case .latency: cycles
    }
  }
}
