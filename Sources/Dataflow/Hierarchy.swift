public import Ops

/// The part of an accelerator that decides reuse: levels, fan-outs and what the wires can do.
///
/// Levels are outermost first. A level is a memory, or only a fan-out, or both; the children of
/// the last level are the multiply-accumulate lanes.
public struct Hierarchy: Hashable, Sendable {
  /// How much a memory holds.
  public enum Capacity: Hashable, Sendable {
    /// Whatever it is given.
    case unbounded
    /// Bits that all tensors share.
    case shared(Int64)
    /// Bits a tensor; `nil` for a tensor the level cannot keep.
    case partitions(PerTensor<Int64?>)
  }

  /// The memory of a level.
  public struct Memory: Hashable, Sendable {
    /// Bits available to one instance's tiles (already halved for a double buffer).
    public var capacity: Capacity
    /// The tensors the level may keep.
    public var mayKeep: TensorSet
    /// The tensors the level must keep; the others of `mayKeep` may bypass it.
    public var mustKeep: TensorSet
    /// Width of a stored word where the level fixes it, else the problem's.
    public var wordBits: PerTensor<Int?>

    /// A memory that holds anything of all tensors, unless told otherwise.
    public init(
      capacity: Capacity = .unbounded, mayKeep: TensorSet = .all, mustKeep: TensorSet = .all,
      wordBits: PerTensor<Int?> = PerTensor(repeating: nil)
    ) {
      self.capacity = capacity
      self.mayKeep = mayKeep
      self.mustKeep = mustKeep
      self.wordBits = wordBits
    }
  }

  /// The wires along one axis of a level's children.
  public struct Wires: Hashable, Sendable {
    /// How many children lie along the axis.
    public var size: Int32
    /// Tensors one read can deliver to every child along the axis.
    public var multicast: TensorSet
    /// Tensors a child can pass to its neighbour along the axis.
    public var forward: TensorSet
    /// Tensors whose partial sums are added along the axis on the way up.
    public var reduce: TensorSet

    /// Wires that do nothing but carry, to one child unless told otherwise.
    public init(
      size: Int32 = 1, multicast: TensorSet = [], forward: TensorSet = [], reduce: TensorSet = []
    ) {
      self.size = size
      self.multicast = multicast
      self.forward = forward
      self.reduce = reduce
    }
  }

  /// One level and the wires to its children.
  public struct Level: Hashable, Sendable {
    /// What reports call the level.
    public var name: String
    /// `nil` for a level that is only a fan-out.
    public var memory: Memory?
    /// The wires to children along x.
    public var x: Wires
    /// The wires to children along y.
    public var y: Wires
    /// Tensors one read of which serves all children with equal x + y.
    public var diagonal: TensorSet

    /// A level as given; without a memory it is only a fan-out.
    public init(
      name: String, memory: Memory? = nil, x: Wires = Wires(), y: Wires = Wires(),
      diagonal: TensorSet = []
    ) {
      self.name = name
      self.memory = memory
      self.x = x
      self.y = y
      self.diagonal = diagonal
    }

    /// The wires along one axis.
    public func wires(_ axis: ArrayAxis) -> Wires { axis == .x ? x : y }
  }

  /// Outermost first.
  public var levels: [Level]

  /// A hierarchy as given.
  public init(levels: [Level]) { self.levels = levels }

  /// How many instances of a level there are: the product of the fan-outs above it.
  ///
  /// The index one past the last level gives the number of multiply-accumulate lanes.
  public func instances(ofLevel index: Int) -> Int64 {
    levels.prefix(index).reduce(1) { $0 * Int64($1.x.size) * Int64($1.y.size) }
  }
}

/// Facts of the hardware that change what is counted, the same under either rule set.
public struct CountingSwitches: Hashable, Sendable {
  /// The zeros of the padding are stored and moved like data.
  public var storesPadding: Bool
  /// A level reads a partial sum from its parent also the first time, when it is zero.
  public var readsFirstPartialSum: Bool

  /// Switches as given; both are off unless the hardware says so.
  public init(storesPadding: Bool = false, readsFirstPartialSum: Bool = false) {
    self.storesPadding = storesPadding
    self.readsFirstPartialSum = readsFirstPartialSum
  }
}

/// How words are counted.
public enum CountingRules: String, CaseIterable, Hashable, Sendable {
  /// What a step by step execution on sets of words counts.
  case exact
  /// Timeloop's documented shortcuts.
  case timeloop
}
