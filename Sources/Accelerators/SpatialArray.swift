public import Dataflow
public import Ops

/// The wires from a level to its children.
public struct Fanout: Hashable, Sendable {
  /// The wires to children along x.
  public var x: Hierarchy.Wires
  /// The wires to children along y.
  public var y: Hierarchy.Wires
  /// Tensors one read of which serves all children with equal x + y.
  public var diagonal: TensorSet
  /// Energy of handing one bit to one child, or taking one from it.
  public var hopPicojoulesPerBit: Double
  /// Energy of one two-input addition of partial sums on the way up.
  public var additionPicojoules: Double

  /// Wires to one child, at no energy, unless told otherwise.
  public init(
    x: Hierarchy.Wires = .init(), y: Hierarchy.Wires = .init(), diagonal: TensorSet = [],
    hopPicojoulesPerBit: Double = 0, additionPicojoules: Double = 0
  ) {
    self.x = x
    self.y = y
    self.diagonal = diagonal
    self.hopPicojoulesPerBit = hopPicojoulesPerBit
    self.additionPicojoules = additionPicojoules
  }
}

/// One level of a spatial array: a memory, a fan-out, or both.
public struct ArrayLevel: Hashable, Sendable {
  /// What reports call it.
  public var name: String
  /// `nil` for a level that is only a fan-out.
  public var memory: StorageLevel?
  /// The wires to its children.
  public var fanout: Fanout

  /// A level as given, with one child unless told otherwise.
  public init(name: String, memory: StorageLevel?, fanout: Fanout = Fanout()) {
    self.name = name
    self.memory = memory
    self.fanout = fanout
  }
}

/// The multiply-accumulate lanes below the last level.
public struct ComputeUnit: Hashable, Sendable {
  /// What reports call it.
  public var name: String
  /// Energy of one multiply-accumulate.
  public var operationPicojoules: Double
  /// Leakage of one lane in each cycle of the layer.
  public var leakPicojoulesPerCycle: Double

  /// Lanes with the given energies.
  public init(
    name: String = "mac", operationPicojoules: Double, leakPicojoulesPerCycle: Double = 0
  ) {
    self.name = name
    self.operationPicojoules = operationPicojoules
    self.leakPicojoulesPerCycle = leakPicojoulesPerCycle
  }
}

/// A unit for ops that are no multiply-accumulates.
public struct VectorUnit: Hashable, Sendable {
  /// What reports call it.
  public var name: String
  /// Index of the level the unit reads from and writes to.
  public var level: Int
  /// Operations a cycle.
  public var lanes: Int64
  /// Energy of one operation.
  public var operationPicojoules: Double
  /// The ops it runs.
  public var ops: Set<OpKind>

  /// A unit as given; ops that no unit runs cannot be costed.
  public init(name: String, level: Int, lanes: Int64, operationPicojoules: Double, ops: Set<OpKind>)
  {
    self.name = name
    self.level = level
    self.lanes = lanes
    self.operationPicojoules = operationPicojoules
    self.ops = ops
  }
}

/// Where a number of a hardware file comes from.
public enum Provenance: Hashable, Sendable {
  /// Key of an entry of the file's `sources`.
  case source(String)
  /// Assumed, for the reason given.
  case assumed(String)
}

/// Whether a layer's output may stay on chip for the next layer.
public enum ActivationResidency: String, CaseIterable, Hashable, Sendable {
  /// Every layer reads its input from the outermost level and writes its output there.
  case spill
  /// A layer's output stays in the array's resident level for the next layer when both fit.
  case resident
}

/// An array of processing elements under a storage hierarchy: Eyeriss, a TPU, ShiDianNao.
public struct SpatialArray: Hashable, Sendable {
  /// What reports call it.
  public var name: String
  /// Clock of all cycles, in megahertz.
  public var clockMegahertz: Double
  /// Clock of the link to the outermost level, in megahertz, where the file tells it; port rates are in
  /// cycles of the array already.
  public var linkClockMegahertz: Double?
  /// Technology node, in nanometres; for people, no number follows from it.
  public var nodeNanometers: Double?
  /// Supply, in volts; for people, no number follows from it.
  public var voltage: Double?
  /// Bit widths of layers that set none for themselves.
  public var precision: Precision
  /// Outermost (DRAM) first.
  public var levels: [ArrayLevel]
  /// The multiply-accumulate lanes.
  public var compute: ComputeUnit
  /// Units for the other ops; the first that runs an op takes it.
  public var vectorUnits: [VectorUnit]
  /// Facts that change which words are counted.
  public var switches: CountingSwitches
  /// Whether outputs may stay on chip for the next layer.
  public var residency: ActivationResidency
  /// Index of the level each tensor lives in from the first step to the last: the outermost,
  /// unless ``homing(_:of:)`` put the tensor on chip.
  public internal(set) var homes = PerTensor(repeating: 0)
  /// Power of the whole chip that does not depend on what it does.
  public var staticMilliwatts: Double
  /// What the mapper may not choose.
  public var dataflow: DataflowConstraints
  /// Citations by short name.
  public var sources: [String: String]
  /// Where numbers come from, by key path of the hardware file.
  public var provenance: [String: Provenance]

  /// An array as given; without a dataflow the mapper chooses everything.
  public init(
    name: String, clockMegahertz: Double, linkClockMegahertz: Double? = nil,
    nodeNanometers: Double? = nil, voltage: Double? = nil, precision: Precision,
    levels: [ArrayLevel], compute: ComputeUnit, vectorUnits: [VectorUnit] = [],
    switches: CountingSwitches = .init(), residency: ActivationResidency = .spill,
    staticMilliwatts: Double = 0, dataflow: DataflowConstraints? = nil,
    sources: [String: String] = [:], provenance: [String: Provenance] = [:]
  ) {
    self.name = name
    self.clockMegahertz = clockMegahertz
    self.linkClockMegahertz = linkClockMegahertz
    self.nodeNanometers = nodeNanometers
    self.voltage = voltage
    self.precision = precision
    self.levels = levels
    self.compute = compute
    self.vectorUnits = vectorUnits
    self.switches = switches
    self.residency = residency
    self.staticMilliwatts = staticMilliwatts
    self.dataflow = dataflow ?? .free(levelCount: levels.count)
    self.sources = sources
    self.provenance = provenance
  }
}

extension SpatialArray {
  /// What decides reuse: computed from the configuration, so that there is one truth.
  public var hierarchy: Hierarchy {
    Hierarchy(levels: levels.map(\.hierarchyLevel))
  }

  /// How many multiply-accumulate lanes the array has.
  public var laneCount: Int64 { hierarchy.instances(ofLevel: levels.count) }
}

extension ArrayLevel {
  fileprivate var hierarchyLevel: Hierarchy.Level {
    Hierarchy.Level(
      name: name, memory: memory.map(\.hierarchyMemory), x: fanout.x, y: fanout.y,
      diagonal: fanout.diagonal)
  }
}

extension StorageLevel {
  /// Bits available to tiles: half of each capacity for a double buffer.
  fileprivate var hierarchyMemory: Hierarchy.Memory {
    let share: Int64 = buffering == .double ? 2 : 1
    let capacity: Hierarchy.Capacity =
      switch storage {
      case .shared(let bytes): bytes.map { .shared($0 * 8 / share) } ?? .unbounded
      case .partitions(let bytes): .partitions(bytes.map { $0.map { $0 * 8 / share } })
      }
    return Hierarchy.Memory(
      capacity: capacity, mayKeep: mayKeep, mustKeep: mustKeep, wordBits: wordBits)
  }
}
