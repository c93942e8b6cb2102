public import Ops

/// How much of a dimension a pass of an engine covers.
public enum TileExtent: Hashable, Sendable {
  /// So many iterations: at least 1.
  case iterations(Int64)
  /// The layer's whole bound.
  case whole
}

/// The loop bounds that an engine runs a layer with.
public struct EngineWork: Hashable, Sendable {
  /// Iterations of each loop, in the order of `LoopDimension.allCases`.
  private var bounds: SIMD8<Int64>

  /// The bounds of a loop nest.
  public init(_ problem: Problem) {
    bounds = SIMD8(repeating: 1)
    for dimension in LoopDimension.allCases { self[dimension] = Int64(problem.bounds[dimension]) }
  }

  /// Iterations of one loop; at least 1.
  public subscript(dimension: LoopDimension) -> Int64 {
    get { bounds[Int(dimension.rawValue)] }
    set { bounds[Int(dimension.rawValue)] = newValue }
  }

  /// Channels of the input, all groups together.
  public var inputChannels: Int64 { self[.g].saturatingProduct(self[.c]) }
  /// Channels of the output, all groups together.
  public var outputChannels: Int64 { self[.g].saturatingProduct(self[.k]) }

  /// Rounds channel counts up as a table says; those that are not in it stay.
  mutating func padChannels(_ padded: [Int64: Int64]) {
    guard !padded.isEmpty else { return }
    let isDepthwise = self[.k] == 1 && self[.c] == 1
    if isDepthwise {
      self[.g] = padded[self[.g]] ?? self[.g]
      return
    }
    let groups = self[.g]
    if let inputs = padded[inputChannels] { self[.c] = inputs.dividedRoundingUp(by: groups) }
    if let outputs = padded[outputChannels] { self[.k] = outputs.dividedRoundingUp(by: groups) }
  }
}

/// A piece of hardware that runs layers pass by pass.
///
/// A pass is a pipelined loop over a tile: it starts a step each `intervalCycles`, each step does
/// `unroll` iterations at once, and filling and emptying the loop costs `overheadCycles`. The loops
/// that the tile does not cover run around it, one pass an iteration.
///
/// The same three numbers describe the published organisations. A streaming stage (FINN's matrix
/// vector unit, fpgaConvNet's and DNNBuilder's) has no tile and no overhead; one tiled engine (Zhang
/// et al., FPGA 2015, equation 2) has the tile `k` and `c` of its unrolling, a map of `p` and `q`, and
/// the whole filter.
public struct Engine: Hashable, Sendable {
  /// Where the pixels that an engine runs over come from.
  public enum Resolution: String, CaseIterable, Hashable, Sendable {
    /// The layer's own output.
    case layer
    /// The output of the layer's group, which is worked on tile by tile through all its layers.
    case group
  }

  /// Where a stage's weights are kept.
  public enum WeightHome: String, CaseIterable, Hashable, Sendable {
    /// In memories of the device, written once.
    case onChip = "on-chip"
    /// In the board's memory: read again for each image.
    case streamed
  }

  /// What a window's buffer hands on.
  public enum WindowBuffer: String, CaseIterable, Hashable, Sendable {
    /// Each window as soon as its last pixel is there.
    case pixels
    /// A row of windows once all of their last row is there.
    case rows
  }

  /// What multiplies.
  public enum Multipliers: String, CaseIterable, Hashable, Sendable {
    /// Multiplier slices.
    case dsp
    /// Look-up tables.
    case lookUpTables = "lut"
  }

  /// What holds weights on the chip.
  public enum WeightMemory: String, CaseIterable, Hashable, Sendable {
    /// Block RAM, in halves of 18 kbit.
    case block
    /// Look-up tables used as memory.
    case distributed
    /// UltraRAM, in blocks of 288 kbit.
    case ultra
  }

  /// The name in files, messages and reports.
  public var name: String
  /// The ops it runs.
  public var ops: Set<OpKind>
  /// Iterations of each dimension that run at once.
  public var unroll: Extents
  /// What a pass covers; a dimension that is not here is covered as far as it is unrolled.
  public var tile: [LoopDimension: TileExtent]
  /// Cycles from the start of a step to the start of the next: at least 1.
  public var intervalCycles: Int64
  /// Cycles to fill and empty the loop of a pass.
  public var overheadCycles: Int64
  /// Passes that move a tile of outputs, a pixel of all unrolled channels each step.
  public var movePasses: Int64
  /// Where the pixels it runs over come from.
  public var resolution: Resolution
  /// Channel counts that the engine rounds up, with what it makes of them.
  public var paddedChannels: [Int64: Int64]
  /// Whether each of its layers has a copy of the engine to itself.
  public var isReplicated: Bool
  /// Where its weights are kept.
  public var weightHome: WeightHome
  /// `nil` for DSPs, but look-up tables for words so narrow that a DSP would be wasted.
  public var multipliers: Multipliers?
  /// What holds the weights that are on the chip.
  public var weightMemory: WeightMemory
  /// What the buffer of a window hands on.
  public var windowBuffer: WindowBuffer
  /// DSPs of one multiply-accumulate, where a design says so; `nil` for as many as the widths need.
  public var dspsPerMAC: Int64?

  /// An engine; unless said otherwise it starts a step in each cycle, and a pass costs nothing
  /// besides.
  public init(
    name: String, ops: Set<OpKind>, unroll: Extents = Extents(),
    tile: [LoopDimension: TileExtent] = [:], intervalCycles: Int64 = 1, overheadCycles: Int64 = 0,
    movePasses: Int64 = 0, resolution: Resolution = .layer, paddedChannels: [Int64: Int64] = [:],
    isReplicated: Bool = false, weightHome: WeightHome = .onChip, multipliers: Multipliers? = nil,
    weightMemory: WeightMemory = .block, windowBuffer: WindowBuffer = .pixels,
    dspsPerMAC: Int64? = nil
  ) {
    self.name = name
    self.ops = ops
    self.unroll = unroll
    self.tile = tile
    self.intervalCycles = intervalCycles
    self.overheadCycles = overheadCycles
    self.movePasses = movePasses
    self.resolution = resolution
    self.paddedChannels = paddedChannels
    self.isReplicated = isReplicated
    self.weightHome = weightHome
    self.multipliers = multipliers
    self.weightMemory = weightMemory
    self.windowBuffer = windowBuffer
    self.dspsPerMAC = dspsPerMAC
  }

  /// Iterations that run at once.
  public var lanes: Int64 {
    unroll.checkedProduct ?? .max
  }
}

// MARK: - Cycles
extension Engine {
  /// What a pass covers of a dimension.
  func tile(_ dimension: LoopDimension, of work: EngineWork) -> Int64 {
    switch tile[dimension] {
    case .iterations(let count)?: count
    case .whole?: work[dimension]
    case nil: Int64(unroll[dimension])
    }
  }

  /// Cycles the engine is busy with a layer.
  ///
  /// `passes` · (`interval` · Π ceil(tile / unroll) + `overhead`), and for each tile of outputs
  /// `movePasses` · (`interval` · the tile's pixels + `overhead`), where `passes` is
  /// Π ceil(bound / tile). With one tile and no overhead it is FINN's `(MH / PE) · (MW / SIMD) ·
  /// pixels`; with the tile of `k`, `c`, the map and the filter it is Zhang et al.'s
  /// `⌈M/Tm⌉⌈N/Tn⌉⌈R/Tr⌉⌈C/Tc⌉ (Tr·Tc·K² + P)`.
  ///
  /// - Parameter work: The bounds; channels are padded here.
  /// - Returns: `nil` where the number leaves 64 bits.
  public func cycles(of work: EngineWork) -> Int64? {
    var work = work
    work.padChannels(paddedChannels)
    var (passes, steps, outputTiles, pixels): (Int64, Int64, Int64, Int64) = (1, 1, 1, 1)
    for dimension in LoopDimension.allCases {
      let tile = tile(dimension, of: work)
      let count = work[dimension].dividedRoundingUp(by: tile)
      passes = passes.saturatingProduct(count)
      steps = steps.saturatingProduct(tile.dividedRoundingUp(by: Int64(unroll[dimension])))
      switch dimension {
      case .n, .g, .k: outputTiles = outputTiles.saturatingProduct(count)
      case .p, .q:
        outputTiles = outputTiles.saturatingProduct(count)
        pixels = pixels.saturatingProduct(tile)
      case .c, .r, .s: break
      }
    }
    let pass = intervalCycles.saturatingProduct(steps).saturatingSum(overheadCycles)
    let move = intervalCycles.saturatingProduct(pixels).saturatingSum(overheadCycles)
    let moves = outputTiles.saturatingProduct(movePasses)
    let cycles = passes.saturatingProduct(pass).saturatingSum(moves.saturatingProduct(move))
    return cycles < Self.mostCycles ? cycles : nil
  }

  /// More than any engine is asked for; sums of these over a network stay inside 64 bits.
  static let mostCycles: Int64 = 1 << 48
}

// MARK: - Words moved
extension Engine {
  /// Words of each tensor that the engine moves to and from the board's memory for a layer.
  ///
  /// Every pass reads the weights and the inputs of its tile; partial sums stay, so that outputs
  /// are written once (Zhang et al., FPGA 2015, section 4.3: trip counts with local promotion). A
  /// tensor of which the engine holds all is moved once.
  ///
  /// - Returns: `nil` where a number leaves 64 bits.
  public func words(of work: EngineWork, window: EngineWindow) -> PerTensor<Int64>? {
    var counts = EngineWork.ones
    var tiles = EngineWork.ones
    for dimension in LoopDimension.allCases {
      let tile = min(tile(dimension, of: work), work[dimension])
      tiles[dimension] = tile
      counts[dimension] = work[dimension].dividedRoundingUp(by: tile)
    }
    func product(_ numbers: EngineWork, _ dimensions: [LoopDimension]) -> Int64 {
      dimensions.reduce(1) { $0.saturatingProduct(numbers[$1]) }
    }
    let outer: [LoopDimension] = [.n, .g, .k, .c, .p, .q, .r, .s]
    let passes = product(counts, outer)
    let weightTile = product(tiles, [.g, .k, .c, .r, .s])
    let weights = product(work, [.g, .k, .c, .r, .s])
    let rows = window.inputs(along: .rows, outputs: tiles[.p], filter: tiles[.r])
    let columns = window.inputs(along: .columns, outputs: tiles[.q], filter: tiles[.s])
    let inputTile = product(tiles, [.n, .g, .c]).saturatingProduct(rows)
      .saturatingProduct(columns)
    // Weights stay where a pass covers all of them, inputs where it covers the whole map.
    let holdsWeights = weightTile == weights
    let moved = PerTensor(
      weight: window.hasWeights
        ? (holdsWeights ? weights : passes.saturatingProduct(weightTile)) : 0,
      input: product(counts, [.k, .c, .n, .g, .p, .q, .r, .s]).saturatingProduct(inputTile),
      output: product(work, [.n, .g, .k, .p, .q]))
    guard max(moved.weight, moved.input, moved.output) < Self.mostCycles else { return nil }
    return moved
  }
}

extension EngineWork {
  /// One iteration of everything.
  static let ones = EngineWork()

  private init() { bounds = SIMD8(repeating: 1) }
}

/// How a layer's window slides over its input.
public struct EngineWindow: Hashable, Sendable {
  enum Axis { case rows, columns }

  var rowStride: Int64
  var rowDilation: Int64
  var columnStride: Int64
  var columnDilation: Int64
  var hasWeights: Bool

  /// The window of an op; of one that has none, an element at a time.
  public init(_ op: any TensorOp) {
    let window = Window(of: op)
    rowStride = Int64(window?.rows.stride ?? 1)
    rowDilation = Int64(window?.rows.dilation ?? 1)
    columnStride = Int64(window?.columns.stride ?? 1)
    columnDilation = Int64(window?.columns.dilation ?? 1)
    hasWeights = op.weights > 0
  }

  /// Input rows or columns under a tile of outputs and filter elements.
  func inputs(along axis: Axis, outputs: Int64, filter: Int64) -> Int64 {
    let (stride, dilation) =
      axis == .rows ? (rowStride, rowDilation) : (columnStride, columnDilation)
    return (outputs - 1).saturatingProduct(stride)
      .saturatingSum((filter - 1).saturatingProduct(dilation)).saturatingSum(1)
  }
}

extension Window {
  /// The sliding window of a convolution or a pooling; `nil` for ops without one.
  init?(of op: any TensorOp) {
    switch op {
    case let op as Convolution: self = op.window
    case let op as DepthwiseConvolution: self = op.window
    case let op as Pooling: self = op.window
    default: return nil
    }
  }
}
