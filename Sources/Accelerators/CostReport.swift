public import Dataflow
public import Ops

/// What is asked of a target besides the network.
public struct CostOptions: Hashable, Sendable {
  /// What the mapper makes small.
  public var objective: Objective
  /// Whether loops may have a shorter last pass.
  public var factors: Factors
  /// The rules by which words are counted.
  public var counting: CountingRules
  /// Images that run together; at least 1.
  public var batch: Int
  /// Whether the whole front of energy and cycles is asked for, besides the best by the objective.
  public var listsFront: Bool
  /// Seconds a layer's search may take; `nil` for no limit.
  public var timeLimitSeconds: Double?

  /// What is asked unless told otherwise: the least energy-delay product of one image, with steps that
  /// divide.
  public init(
    objective: Objective = .energyDelayProduct, factors: Factors = .perfect,
    counting: CountingRules = .exact, batch: Int = 1, listsFront: Bool = false,
    timeLimitSeconds: Double? = nil
  ) {
    self.objective = objective
    self.factors = factors
    self.counting = counting
    self.batch = batch
    self.listsFront = listsFront
    self.timeLimitSeconds = timeLimitSeconds
  }
}

/// Which steps the loops of a mapping may have.
public enum Factors: String, CaseIterable, Hashable, Sendable {
  /// Any step; the last pass may be shorter.
  case imperfect
  /// Only steps that divide.
  case perfect
}

/// A mapping that no other beats in both energy and cycles.
public struct FrontPoint: Hashable, Sendable {
  /// Energy in picojoules.
  public var energyPicojoules: Double
  /// Clock cycles.
  public var cycles: Int64
  /// How the nest runs.
  public var mapping: Mapping

  /// A point as given.
  public init(energyPicojoules: Double, cycles: Int64, mapping: Mapping) {
    self.energyPicojoules = energyPicojoules
    self.cycles = cycles
    self.mapping = mapping
  }
}

/// One loop nest of a layer: how it runs and what that costs.
public struct MappedNest: Hashable, Sendable {
  /// The loop nest.
  public var problem: Problem
  /// `nil` for a nest that a vector unit runs.
  public var mapping: Mapping?
  /// Its cycles, energy and traffic.
  public var cost: NestCost
  /// What of the nest's activations stays on chip.
  public var resident: ResidentTensors
  /// Whether no mapping of the space is better.
  public var isProvenBest: Bool
  /// Mappings looked at.
  public var evaluations: Int64
  /// What no mapping of the space can be below, in the objective's unit (picojoules, cycles, or their
  /// product); `nil` where nothing is known.
  public var lowerBound: Double?
  /// The front of energy and cycles, in order of cycles; empty unless asked for.
  public var front: [FrontPoint]

  /// A nest as given, with no lower bound and no front unless told otherwise.
  public init(
    problem: Problem, mapping: Mapping?, cost: NestCost, resident: ResidentTensors = .none,
    isProvenBest: Bool, evaluations: Int64, lowerBound: Double? = nil, front: [FrontPoint] = []
  ) {
    self.lowerBound = lowerBound
    self.front = front
    self.problem = problem
    self.mapping = mapping
    self.cost = cost
    self.resident = resident
    self.isProvenBest = isProvenBest
    self.evaluations = evaluations
  }
}

/// What one layer costs on a target.
public struct LayerCost: Hashable, Sendable {
  /// The layer's name in its network.
  public var name: String
  /// The layer text: `conv n=1 c=16 …`.
  public var text: String
  /// Multiply-accumulates of all images together, padding included.
  public var macs: Int64
  /// Clock cycles; `nil` where the target knows only time.
  public var cycles: Int64?
  /// Time in milliseconds, for all images together.
  public var latencyMilliseconds: Double
  /// `nil` where the target does not say.
  public var energyPicojoules: Double?
  /// Bytes to and from the outermost memory; `nil` where the target does not say.
  public var dramBytes: Int64?
  /// The layer's loop nests in the order they run; empty where the target does not map.
  public var nests: [MappedNest]
  /// How sure it is that the layer runs no better; `nil` where nothing was searched.
  public var optimality: Optimality?
  /// The ways to run the layer that no other beats in both energy and cycles, in order of cycles;
  /// empty unless asked for. The layer's own figures are those of the least energy-delay product.
  public var front: [LayerCost] = []

  /// A layer as given, with no nests unless told otherwise.
  public init(
    name: String, text: String, macs: Int64, cycles: Int64?, latencyMilliseconds: Double,
    energyPicojoules: Double?, dramBytes: Int64?, nests: [MappedNest] = [],
    optimality: Optimality? = nil
  ) {
    self.optimality = optimality
    self.name = name
    self.text = text
    self.macs = macs
    self.cycles = cycles
    self.latencyMilliseconds = latencyMilliseconds
    self.energyPicojoules = energyPicojoules
    self.dramBytes = dramBytes
    self.nests = nests
  }
}

extension LayerCost {
  /// The tensors that stayed on chip; of an input of several operands, one of them.
  public var residentTensors: TensorSet {
    nests.reduce(into: []) { $0.formUnion($1.resident.tensors) }
  }

  /// The cost of a layer whose loop nests run one after the other.
  public init(text: String, nests: [MappedNest], clockMegahertz: Double) {
    let cycles = nests.reduce(0) { $0 + $1.cost.cycles }
    self.init(
      name: "", text: text, macs: nests.reduce(0) { $0 + $1.cost.macs }, cycles: cycles,
      latencyMilliseconds: Double(cycles) / (clockMegahertz * 1000),
      energyPicojoules: nests.reduce(0) { $0 + $1.cost.energyPicojoules },
      dramBytes: nests.reduce(0) { $0 + $1.cost.dramBytes }, nests: nests)
  }
}

/// What a network costs on a target.
public struct CostReport: Hashable, Sendable {
  /// The target's own name.
  public var target: String
  /// The network's name, or its architecture's text.
  public var network: String
  /// Multiply-accumulates of all images together, padding included.
  public var macs: Int64
  /// Learned numbers: weights, biases and batch norms.
  public var parameters: Int64
  /// Time in milliseconds, for all images together.
  public var latencyMilliseconds: Double
  /// `nil` where the target does not say.
  public var energyMillijoules: Double?
  /// Bytes to and from the outermost memory; `nil` where the target does not say.
  public var dramBytes: Int64?
  /// How many layers were searched without a proof that none of their mappings is better, and the
  /// largest gap of one; `nil` where no layer was searched.
  public var search: NetworkSearch?
  /// The front of the whole network; `nil` unless asked for. The report's own figures are those of
  /// its least energy-delay product.
  public var front: NetworkFront?
  /// In execution order; empty for a target that knows only whole networks.
  public var layers: [LayerCost]
  /// What the target says besides, where it is a pipeline.
  public var pipeline: PipelineFigures?
  /// Keys of the entries of a measured table that were not measured but interpolated; a key is there
  /// as often as the network has it.
  public var interpolatedEntries: [String] = []

  /// A report with the given totals, for a target whose layers do not add up to them.
  public init(
    target: String, network: String, macs: Int64, parameters: Int64, latencyMilliseconds: Double,
    energyMillijoules: Double?, dramBytes: Int64?, layers: [LayerCost]
  ) {
    self.target = target
    self.network = network
    self.macs = macs
    self.parameters = parameters
    self.latencyMilliseconds = latencyMilliseconds
    self.energyMillijoules = energyMillijoules
    self.dramBytes = dramBytes
    self.layers = layers
  }
}

/// Why a target cannot say what something costs.
public enum CostError: Error, Hashable, Sendable {
  /// No mapping of a layer fits the target; the reason names the level that is too small or the
  /// constraint that leaves nothing.
  /// Each of the changes alone would leave a mapping.
  case unmappable(layer: String, reason: String, changes: [String] = [])
  /// A measured table has no such entry.
  case notMeasured(entry: String, table: String)
  /// A measured device has no table of the networks of a space, or of networks of none; `contents` is
  /// what its tables hold, in words.
  case noTable(device: String, space: String?, contents: String)
  /// The target has no unit that runs the layer.
  case unsupported(layer: String, reason: String)
}
