public import Ops

/// Which layers run on which engine of a design.
public struct Assignment: Hashable, Sendable {
  /// Patterns of layer names, where `*` stands for any text; empty for every name.
  public var layers: [String]
  /// The ops it is about; `nil` for all.
  public var ops: Set<OpKind>?
  /// Index of the engine; `nil` for layers that the design does not charge.
  public var engine: Int?
  /// What these layers' engine unrolls, instead of what the engine says.
  public var unroll: Extents?
  /// What its passes cover, dimension by dimension instead of what the engine says.
  public var tile: [LoopDimension: TileExtent]
  /// Its overhead, instead of the engine's.
  public var overheadCycles: Int64?
  /// Words between these layers and what they read, for each input in order, beside what the window
  /// holds; the last number serves the inputs that follow. Empty for as many as are needed.
  public var fifoDepths: [Int64]

  /// Layers whose names match a pattern and whose op is one of those given, on an engine.
  public init(
    layers: [String] = [], ops: Set<OpKind>? = nil, engine: Int?, unroll: Extents? = nil,
    tile: [LoopDimension: TileExtent] = [:], overheadCycles: Int64? = nil,
    fifoDepths: [Int64] = []
  ) {
    self.layers = layers
    self.ops = ops
    self.engine = engine
    self.unroll = unroll
    self.tile = tile
    self.overheadCycles = overheadCycles
    self.fifoDepths = fifoDepths
  }

  /// Whether a layer of a name and an op is one of these.
  public func matches(_ name: String, _ op: OpKind) -> Bool {
    if let ops, !ops.contains(op) { return false }
    return layers.isEmpty || layers.contains { Self.matches(name, pattern: $0) }
  }

  /// Whether a name is what a pattern says; `*` stands for any text, the empty one too.
  ///
  /// - Complexity: O(*name* · *pattern*).
  package static func matches(_ name: String, pattern: String) -> Bool {
    let (name, pattern) = (Array(name.utf8), Array(pattern.utf8))
    // The last star seen, and how far it has been let stand for text.
    var (i, j): (Int, Int) = (0, 0)
    var star: (pattern: Int, name: Int)?
    while i < name.count {
      if j < pattern.count, pattern[j] == UInt8(ascii: "*") {
        star = (j, i)
        j += 1
      } else if j < pattern.count, pattern[j] == name[i] {
        (i, j) = (i + 1, j + 1)
      } else if let last = star {
        star = (last.pattern, last.name + 1)
        (i, j) = (last.name + 1, last.pattern + 1)
      } else {
        return false
      }
    }
    return pattern[j...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}

/// How the engines of a design work together.
public enum Composition: String, CaseIterable, Hashable, Sendable {
  /// One layer after the other.
  case sequential
  /// Group after group of layers; in a group the engines run at once, and the slowest one counts.
  case concurrent
  /// All at once, each on another image's or another row's data.
  case pipeline
}

/// What makes layers a group.
public enum LayerGrouping: String, CaseIterable, Hashable, Sendable {
  /// Each layer is one.
  case none
  /// Layers that follow each other and have the same name up to the last dot.
  case prefix
}

/// The board's memory as a design uses it.
public struct MemoryPort: Hashable, Sendable {
  /// The rate that is reached.
  public var bytesPerSecond: Double
  /// Whether transfers run beside the passes; otherwise passes wait for them.
  public var isOverlapped: Bool

  /// A memory that moves so many bytes in a second.
  public init(bytesPerSecond: Double, isOverlapped: Bool) {
    self.bytesPerSecond = bytesPerSecond
    self.isOverlapped = isOverlapped
  }
}

/// Whose formulas say what a stage takes of the device.
public enum ResourceStyle: String, CaseIterable, Hashable, Sendable {
  /// Our own, as an interval.
  case hwcost
  /// Those of `FINNUnit`.
  case finn
  /// Those of `FPGAConvNetConvolution`.
  case fpgaconvnet
  /// Those of `DNNBuilderConvolution`.
  case dnnbuilder
}

/// Engines on a board, what runs on them, and how they work together.
public struct PipelineDesign: Hashable, Sendable {
  /// The name in reports and on the command line.
  public var name: String
  /// What it is built on.
  public var board: Board
  /// The clock of all engines.
  public var clockMegahertz: Double
  /// The widths of words, where a layer sets none of its own.
  public var precision: Precision
  /// Whose formulas say what its stages take of the board.
  public var style: ResourceStyle
  /// In the order in which layers that no assignment names look for one that runs them.
  public var engines: [Engine]
  /// The first that matches a layer decides.
  public var assignments: [Assignment]
  /// How the engines work together.
  public var composition: Composition
  /// What makes layers a group.
  public var grouping: LayerGrouping
  /// `nil` for a design whose transfers are not modelled: they cost no time and are not reported.
  public var memory: MemoryPort?
  /// `nil` where neither the design nor its board says.
  public var power: PipelinePower?
  /// Citations by short name.
  public var sources: [String: String]
  /// Where each number comes from, by key path.
  public var provenance: [String: Provenance]

  /// A design; its transfers cost nothing and its energy is not known unless said otherwise.
  public init(
    name: String, board: Board, clockMegahertz: Double, precision: Precision,
    style: ResourceStyle = .hwcost, engines: [Engine], assignments: [Assignment] = [],
    composition: Composition, grouping: LayerGrouping = .none, memory: MemoryPort? = nil,
    power: PipelinePower? = nil, sources: [String: String] = [:],
    provenance: [String: Provenance] = [:]
  ) {
    self.name = name
    self.board = board
    self.clockMegahertz = clockMegahertz
    self.precision = precision
    self.style = style
    self.engines = engines
    self.assignments = assignments
    self.composition = composition
    self.grouping = grouping
    self.memory = memory
    self.power = power
    self.sources = sources
    self.provenance = provenance
  }
}
