public import Ops

/// The energy of moving words in or out of a memory.
public enum AccessEnergy: Hashable, Sendable {
  /// What an access that moves fewer bits than the memory's access width costs.
  public enum PartialAccess: String, CaseIterable, Hashable, Sendable {
    /// The whole access: every word pays for at least one.
    case whole
    /// The share of its bits: words that are neighbours fill one access.
    case fraction
  }

  /// Picojoules of each bit moved.
  case perBit(picojoules: Double)
  /// Picojoules of each access of so many bits, and what one costs that moves fewer.
  case perAccess(picojoules: Double, accessBits: Int, partial: PartialAccess)

  /// No energy.
  public static let zero = AccessEnergy.perBit(picojoules: 0)

  /// Picojoules of one word of the given width.
  public func picojoulesPerWord(bits: Int) -> Double {
    switch self {
    case .perBit(let picojoules):
      picojoules * Double(bits)
    case .perAccess(let picojoules, let accessBits, .fraction):
      picojoules * Double(bits) / Double(accessBits)
    case .perAccess(let picojoules, let accessBits, .whole):
      picojoules * Double((bits + accessBits - 1) / accessBits)
    }
  }
}

/// What can happen to a word of a tensor at a level.
public enum AccessKind: String, CaseIterable, Hashable, Sendable {
  /// Read towards the children.
  case reads
  /// Written from the parent.
  case fills
  /// Written from the children.
  case updates
  /// Read towards the parent.
  case drains
}

/// One value for each kind of access.
public struct PerAccess<Value> {
  /// Of words read towards the children.
  public var reads: Value
  /// Of words written from the parent.
  public var fills: Value
  /// Of words written from the children.
  public var updates: Value
  /// Of words read towards the parent.
  public var drains: Value

  /// Four values, one a kind.
  public init(reads: Value, fills: Value, updates: Value, drains: Value) {
    self.reads = reads
    self.fills = fills
    self.updates = updates
    self.drains = drains
  }

  /// The same value for every kind.
  public init(repeating value: Value) {
    self.init(reads: value, fills: value, updates: value, drains: value)
  }

  /// The value of a kind.
  public subscript(kind: AccessKind) -> Value {
    get {
      switch kind {
      case .reads: reads
      case .fills: fills
      case .updates: updates
      case .drains: drains
      }
    }
    set {
      switch kind {
      case .reads: reads = newValue
      case .fills: fills = newValue
      case .updates: updates = newValue
      case .drains: drains = newValue
      }
    }
  }
}

extension PerAccess: Equatable where Value: Equatable {}
extension PerAccess: Hashable where Value: Hashable {}
extension PerAccess: Sendable where Value: Sendable {}

/// A tensor's kind of access, as a port carries it: `input.reads`.
public struct AccessStream: Hashable, Sendable {
  /// The tensor that is moved.
  public var tensor: TensorRole
  /// How it is moved.
  public var kind: AccessKind

  /// A kind of access of a tensor.
  public init(_ tensor: TensorRole, _ kind: AccessKind) {
    self.tensor = tensor
    self.kind = kind
  }

  /// The text form used in hardware files: `input.reads`.
  public var name: String { "\(tensor.name).\(kind.rawValue)" }
}

/// A connection of a memory that moves a limited number of words or bits a cycle.
public struct Port: Hashable, Sendable {
  /// How fast a port is, in cycles of the array's clock.
  public enum Rate: Hashable, Sendable {
    /// Words, however wide they are.
    case wordsPerCycle(Double)
    /// Bytes, so that wide words take longer.
    case bytesPerCycle(Double)
  }

  /// What reports call the port.
  public var name: String
  /// How many words or bytes it moves a cycle.
  public var rate: Rate
  /// Streams that share the port.
  public var carries: [AccessStream]

  /// A port as given; a stream that no port carries is not limited.
  public init(name: String, rate: Rate, carries: [AccessStream]) {
    self.name = name
    self.rate = rate
    self.carries = carries
  }
}

/// How a memory is filled while its children work.
public enum Buffering: String, CaseIterable, Hashable, Sendable {
  /// The whole capacity holds the tile; words are replaced as they die, transfers overlap compute.
  case streamed
  /// Two halves, one filled while the other is used.
  case double = "2"
  /// The whole capacity holds the tile, and transfers stop the children.
  case single = "1"
}

/// How a memory's capacity is divided.
public enum Storage: Hashable, Sendable {
  /// Capacity in bytes that all kept tensors share; `nil` is unbounded.
  case shared(capacityBytes: Int64?)
  /// Capacity in bytes a tensor; `nil` for a tensor without a partition.
  case partitions(PerTensor<Int64?>)
}

/// The memory of a level: what it holds, what its accesses cost, how fast they are.
public struct StorageLevel: Hashable, Sendable {
  /// How much it holds, and how that is divided.
  public var storage: Storage
  /// The tensors the level may keep, and of those the ones it must.
  public var mayKeep: TensorSet
  /// Of `mayKeep` the tensors that may not bypass the level.
  public var mustKeep: TensorSet
  /// Whether it is filled while its children work.
  public var buffering: Buffering
  /// Width of a stored word where the level fixes it, else the layer's precision.
  public var wordBits: PerTensor<Int?>
  /// Energy of each kind of access, a tensor.
  public var energy: PerTensor<PerAccess<AccessEnergy>>
  /// What limits its words a cycle; streams that none carries are not limited.
  public var ports: [Port]
  /// Leakage of one instance in each cycle of the layer.
  public var leakPicojoulesPerCycle: Double

  /// A memory that keeps all tensors, streams and is limited by no port, unless told otherwise.
  public init(
    storage: Storage, mayKeep: TensorSet = .all, mustKeep: TensorSet = .all,
    buffering: Buffering = .streamed, wordBits: PerTensor<Int?> = PerTensor(repeating: nil),
    energy: PerTensor<PerAccess<AccessEnergy>>, ports: [Port] = [],
    leakPicojoulesPerCycle: Double = 0
  ) {
    self.storage = storage
    self.mayKeep = mayKeep
    self.mustKeep = mustKeep
    self.buffering = buffering
    self.wordBits = wordBits
    self.energy = energy
    self.ports = ports
    self.leakPicojoulesPerCycle = leakPicojoulesPerCycle
  }
}
