public import Dataflow
public import Ops

/// The wires from a level to its children.
public struct Fanout: Hashable, Sendable {
  public var x: Hierarchy.Wires
  public var y: Hierarchy.Wires
  /// Tensors one read of which serves all children with equal x + y.
  public var diagonal: TensorSet
  /// Energy of handing one bit to one child, or taking one from it.
  public var hopPicojoulesPerBit: Double
  /// Energy of one two-input addition of partial sums on the way up.
  public var additionPicojoules: Double

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
  public var name: String
  public var memory: StorageLevel?
  public var fanout: Fanout

  public init(name: String, memory: StorageLevel?, fanout: Fanout = Fanout()) {
    self.name = name
    self.memory = memory
    self.fanout = fanout
  }
}

/// The multiply-accumulate lanes below the last level.
public struct ComputeUnit: Hashable, Sendable {
  public var name: String
  /// Energy of one multiply-accumulate.
  public var operationPicojoules: Double
  /// Leakage of one lane in each cycle of the layer.
  public var leakPicojoulesPerCycle: Double

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
  public var name: String
  /// Index of the level the unit reads from and writes to.
  public var level: Int
  /// Operations a cycle.
  public var lanes: Int64
  public var operationPicojoules: Double
  public var ops: Set<OpKind>

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
  public var name: String
  public var clockMegahertz: Double
  public var linkClockMegahertz: Double?
  public var nodeNanometers: Double?
  public var voltage: Double?
  public var precision: Precision
  /// Outermost (DRAM) first.
  public var levels: [ArrayLevel]
  public var compute: ComputeUnit
  public var vectorUnits: [VectorUnit]
  public var switches: CountingSwitches
  public var residency: ActivationResidency
  /// Index of the level each tensor lives in from the first step to the last: the outermost,
  /// unless ``homing(_:of:)`` put the tensor on chip.
  public internal(set) var homes = PerTensor(repeating: 0)
  /// Power of the whole chip that does not depend on what it does.
  public var staticMilliwatts: Double
  public var dataflow: DataflowConstraints
  /// Citations by short name.
  public var sources: [String: String]
  /// Where numbers come from, by key path of the hardware file.
  public var provenance: [String: Provenance]

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
