internal import Networks
internal import Ops

/// The least and the most that something may take of a device.
public struct ResourceRange: Hashable, Sendable {
  /// The least, if the tools pack as tightly as they can.
  public var low: FPGAResources
  /// The most, if they pack nothing.
  public var high: FPGAResources

  /// From the least to the most.
  public init(low: FPGAResources, high: FPGAResources) {
    self.low = low
    self.high = high
  }

  /// So much and no other.
  public init(exactly resources: FPGAResources) { self.init(low: resources, high: resources) }

  /// Nothing of anything.
  public static let none = ResourceRange(exactly: .none)

  /// End by end, the sum.
  public static func + (one: ResourceRange, other: ResourceRange) -> ResourceRange {
    ResourceRange(low: one.low + other.low, high: one.high + other.high)
  }
}

/// What a stage takes of a device, and whose formulas say so.
public struct StageResources: Hashable, Sendable {
  /// The layer, or the engine that layers share.
  public var name: String
  /// What it takes.
  public var range: ResourceRange
}

/// What a design takes of its board.
public struct ResourceReport: Hashable, Sendable {
  /// A resource of which a design takes more than the board has for it.
  public struct Excess: Hashable, Sendable {
    /// The resource that is short.
    public var resource: FPGAResource
    /// How much more, even by the lowest estimate.
    public var amount: Int64
    /// The stage that takes most of it.
    public var stage: String
  }

  /// What each stage takes, in the network's order.
  public var stages: [StageResources]
  /// What all stages take in sum.
  public var total: ResourceRange
  /// What the board has for them.
  public var budget: FPGAResources
  /// Whose formulas these are.
  public var provenance: String
  /// Resources of which the formulas say nothing: they count 0.
  public var unknown: [FPGAResource]

  /// The resources of which even the low end is too much; empty for a design that fits.
  public var excesses: [Excess] {
    FPGAResource.allCases.compactMap { resource in
      let amount = total.low[resource] - budget[resource]
      guard amount > 0 else { return nil }
      let most = stages.max { $0.range.low[resource] < $1.range.low[resource] }
      return Excess(resource: resource, amount: amount, stage: most?.name ?? "")
    }
  }
}

/// What one engine needs for one layer, by a style's formulas.
struct ResourceFormulas {
  let style: ResourceStyle
  let family: Board.Family

  /// Where a style's numbers are from.
  var provenance: String {
    switch style {
    case .hwcost:
      "hwcost: DSPs packed by width or not, block RAM as one memory or in banks, tables and flip-flops "
        + "after FINN-R's form, half to twice as many"
    case .finn: "FINN's estimates of the HLS units (finn 0.10)"
    case .fpgaconvnet: "fpgaConvNet's estimates of multipliers and weights (fpgaconvnet-model)"
    case .dnnbuilder: "DNNBuilder's estimates (AccDNN)"
    }
  }

  /// Resources that a style says nothing about.
  var unknown: [FPGAResource] {
    switch style {
    case .hwcost: []
    case .finn: [.flipFlop]
    case .fpgaconvnet, .dnnbuilder: [.ultraRAM, .lookUpTable, .flipFlop]
    }
  }

  func range(of placed: PipelinePlan.PlacedWork, op: any TensorOp) -> ResourceRange {
    guard let work = placed.works.first else { return .none }
    return range(of: StageShape(placed, work: work, op: op))
  }

  /// - Parameter shared: What the stage takes wherever its weights are, where that is known.
  func range(of stage: StageShape, shared: ResourceRange? = nil) -> ResourceRange {
    switch style {
    case .hwcost: return own(stage, shared: shared)
    case .finn: return ResourceRange(exactly: finn(stage))
    case .fpgaconvnet: return ResourceRange(exactly: fpgaConvNet(stage))
    case .dnnbuilder: return ResourceRange(exactly: dnnBuilder(stage))
    }
  }
}

/// The numbers of a stage that resource formulas are made of.
struct StageShape {
  var engine: Engine
  var work: EngineWork
  var isMAC: Bool
  var isDepthwise: Bool
  var hasWindow: Bool
  var precision: Precision
  var map: FeatureMap
  var output: FeatureMap
  var window: Window?

  init(_ placed: PipelinePlan.PlacedWork, work: EngineWork, op: any TensorOp) {
    engine = placed.configured
    self.work = work
    isMAC = op.kind.isMultiplyAccumulate
    isDepthwise = op.kind == .depthwise
    window = Window(of: op)
    hasWindow = window.map { $0.rows.filter > 1 || $0.columns.filter > 1 } ?? false
    precision = placed.precision
    map = op.inputs.first ?? op.output
    output = op.output
  }

  private func unrolled(_ dimension: LoopDimension) -> Int64 { Int64(engine.unroll[dimension]) }

  var lanes: Int64 { engine.lanes }
  /// Outputs and inputs that are worked on at once.
  var outputLanes: Int64 { unrolled(.g).saturatingProduct(unrolled(.k)) }
  var inputLanes: Int64 {
    unrolled(.c).saturatingProduct(unrolled(.r)).saturatingProduct(unrolled(.s))
  }
  /// Channels that come in at once.
  var channelLanes: Int64 { unrolled(.g).saturatingProduct(unrolled(.c)) }
  /// Weights that are read at once.
  var weightLanes: Int64 { outputLanes.saturatingProduct(inputLanes) }
  var weights: Int64 {
    guard isMAC else { return 0 }
    return work[.g].saturatingProduct(work[.k]).saturatingProduct(work[.c])
      .saturatingProduct(work[.r]).saturatingProduct(work[.s])
  }
  var kernel: Int64 { work[.r].saturatingProduct(work[.s]) }
  var pixels: Int64 { work[.p].saturatingProduct(work[.q]) }
  var weightBits: Int64 { Int64(precision.weightBits) }
  var activationBits: Int64 { Int64(precision.activationBits) }
  /// Whether narrow words make a DSP a waste; six bits together is what a table multiplies.
  var usesDSPs: Bool {
    switch engine.multipliers {
    case .dsp?: true
    case .lookUpTables?: false
    case nil: weightBits + activationBits > 6
    }
  }
}

// MARK: - Published styles
extension ResourceFormulas {
  private func unit(_ stage: StageShape) -> FINNUnit {
    FINNUnit(
      matrixHeight: stage.work[.g].saturatingProduct(stage.work[.k]),
      matrixWidth: stage.work[.c].saturatingProduct(stage.kernel),
      processingElements: stage.outputLanes, simd: stage.inputLanes,
      weightBits: stage.weightBits, inputBits: stage.activationBits, isInputSigned: false,
      accumulatorBits: Int64(stage.precision.accumulatorBits), usesDSPs: stage.usesDSPs)
  }

  private func finn(_ stage: StageShape) -> FPGAResources {
    var found = FPGAResources()
    if stage.isMAC {
      let unit = unit(stage)
      found.dsps = unit.dsps
      found.lookUpTables = unit.lookUpTables(
        weightsInTables: stage.engine.weightMemory == .distributed)
      switch stage.engine.weightMemory {
      case .block: found.blockRAMs18Kb = unit.blockRAMs18Kb
      case .ultra: found.ultraRAMs = unit.ultraRAMs
      case .distributed: break
      }
    }
    if stage.hasWindow, let window = stage.window {
      found.blockRAMs18Kb += FINNUnit.windowBlockRAMs18Kb(
        width: Int64(stage.map.width), channels: Int64(stage.map.channels),
        simd: stage.channelLanes, bits: stage.activationBits, kernel: Int64(window.rows.filter),
        stride: Int64(window.rows.stride))
      found.lookUpTables += 300
    }
    return found
  }

  private func fpgaConvNet(_ stage: StageShape) -> FPGAResources {
    guard stage.isMAC else { return .none }
    let unroll = stage.engine.unroll
    let layer = FPGAConvNetConvolution(
      channels: stage.work.inputChannels, filters: stage.work.outputChannels,
      groups: stage.work[.g], kernelElements: stage.kernel,
      inputPixels: Int64(stage.map.height) * Int64(stage.map.width), outputPixels: stage.pixels,
      coarseIn: Int64(unroll[.c]), coarseOut: Int64(unroll[.k]), coarseGroup: Int64(unroll[.g]),
      fine: Int64(unroll[.r]) * Int64(unroll[.s]), weightBits: stage.weightBits,
      inputBits: stage.activationBits)
    return FPGAResources(dsps: layer.dsps, blockRAMs18Kb: layer.weightBlockRAMs18Kb)
  }

  private func dnnBuilder(_ stage: StageShape) -> FPGAResources {
    guard stage.isMAC else {
      return FPGAResources(dsps: DNNBuilderConvolution.controllerDSPs.other)
    }
    let layer = DNNBuilderConvolution(
      channels: stage.work[.c], filters: stage.work.outputChannels, kernelHeight: stage.work[.r],
      kernelWidth: stage.work[.s], inputHeight: Int64(stage.map.height),
      outputPixels: stage.pixels, stride: Int64(stage.window?.rows.stride ?? 1),
      channelParallelism: stage.inputLanes, kernelParallelism: stage.outputLanes,
      inputParallelism: stage.inputLanes, dataBits: stage.activationBits,
      weightBits: stage.weightBits)
    return FPGAResources(
      dsps: layer.dsps.saturatingSum(DNNBuilderConvolution.controllerDSPs.weighted),
      blockRAMs18Kb: layer.reshapeBlockRAMs18Kb.saturatingSum(layer.weightBlockRAMs18Kb)
        .saturatingSum(layer.biasBlockRAMs18Kb))
  }
}

// MARK: - Our own
extension ResourceFormulas {
  /// What a stage takes wherever its weights are; `nil` where a style does not tell that apart.
  func shared(by stage: StageShape) -> ResourceRange? {
    style == .hwcost ? withoutWeights(stage) : nil
  }

  private func own(_ stage: StageShape, shared: ResourceRange?) -> ResourceRange {
    var range = shared ?? withoutWeights(stage)
    if stage.engine.isReplicated, stage.isMAC { addStreamedWeights(of: stage, to: &range) }
    return range
  }

  private func withoutWeights(_ stage: StageShape) -> ResourceRange {
    var range = ResourceRange.none
    if stage.isMAC {
      let dsps = self.dsps(stage)
      range.low.dsps = dsps.low
      range.high.dsps = dsps.high
    }
    if stage.engine.isReplicated {
      addWindow(of: stage, to: &range)
    } else {
      for memory in tileMemories(stage) { add(memory, to: &range) }
    }
    let tables = tables(stage)
    // Assumption: estimates of this form are off by 2 to 7 in either direction where they were
    // compared with routed designs; half to twice is what is left by one's own coefficients.
    range.low.lookUpTables = range.low.lookUpTables.saturatingSum(tables / 2)
    range.high.lookUpTables = range.high.lookUpTables.saturatingSum(tables.saturatingProduct(2))
    range.low.flipFlops = tables / 2
    range.high.flipFlops = tables.saturatingProduct(3)
    return range
  }

  /// DSPs of a stage's multipliers: packed as tightly as the slices allow, and not at all.
  ///
  /// Two products of at most 8 bits share a slice (Xilinx WP486), four of at most 4 (WP521); wider
  /// words than 18 x 25 bit (DSP48E1, UG479) or 18 x 27 (DSP48E2, UG579) take a grid of slices.
  private func dsps(_ stage: StageShape) -> (low: Int64, high: Int64) {
    if let count = stage.engine.dspsPerMAC {
      let dsps = stage.lanes.saturatingProduct(count)
      return (dsps, dsps)
    }
    guard stage.usesDSPs else { return (0, 0) }
    let narrow = min(stage.weightBits, stage.activationBits)
    let wide = max(stage.weightBits, stage.activationBits)
    let port: Int64 = family == .series7 ? 25 : 27
    let slices = narrow.dividedRoundingUp(by: 18).saturatingProduct(
      wide.dividedRoundingUp(by: port))
    let packed: Int64 = wide <= 4 ? 4 : wide <= 8 ? 2 : 1
    return (
      stage.lanes.saturatingProduct(slices).dividedRoundingUp(by: packed),
      stage.lanes.saturatingProduct(slices)
    )
  }

  /// A memory: words that are read at once, each so wide, so many deep.
  private struct Memory {
    var banks: Int64
    var bits: Int64
    var depth: Int64
    var home: Engine.WeightMemory = .block
  }

  /// Adds the weights of a stage that streams.
  private func addStreamedWeights(of stage: StageShape, to range: inout ResourceRange) {
    let banks = stage.weightLanes
    var depth = stage.weights.dividedRoundingUp(by: banks)
    // Weights that stream in are double buffered, a set of outputs at a time.
    if stage.engine.weightHome == .streamed {
      depth = 2 * depth.dividedRoundingUp(by: stage.work[.k])
    }
    add(
      Memory(
        banks: banks, bits: stage.weightBits, depth: depth, home: stage.engine.weightMemory),
      to: &range)
  }

  /// Adds the window of a stage that streams.
  private func addWindow(of stage: StageShape, to range: inout ResourceRange) {
    guard stage.hasWindow, let window = stage.window else { return }
    let rows = Int64(window.rows.filter - 1) * Int64(window.rows.dilation)
    let words = Int64(stage.map.width)
      .saturatingProduct(Int64(stage.map.channels).dividedRoundingUp(by: stage.channelLanes))
    add(
      Memory(
        banks: max(1, rows).saturatingProduct(stage.channelLanes), bits: stage.activationBits,
        depth: words),
      to: &range)
  }

  /// The double-buffered tiles of an engine that layers share.
  private func tileMemories(_ stage: StageShape) -> [Memory] {
    let tile = { (dimension: LoopDimension) in
      min(stage.engine.tile(dimension, of: stage.work), stage.work[dimension])
    }
    let window = stage.window
    let rows = (tile(.p) - 1).saturatingProduct(Int64(window?.rows.stride ?? 1)) + tile(.r)
    let columns = (tile(.q) - 1).saturatingProduct(Int64(window?.columns.stride ?? 1)) + tile(.s)
    var memories = [
      Memory(
        banks: stage.channelLanes, bits: stage.activationBits,
        depth: 2
          * tile(.g).saturatingProduct(tile(.c)).dividedRoundingUp(by: stage.channelLanes)
          .saturatingProduct(rows).saturatingProduct(columns)),
      Memory(
        banks: stage.outputLanes, bits: stage.activationBits,
        depth: 2
          * tile(.g).saturatingProduct(tile(.k)).dividedRoundingUp(by: stage.outputLanes)
          .saturatingProduct(tile(.p)).saturatingProduct(tile(.q))),
    ]
    if stage.isMAC {
      let words = [.g, .k, .c, .r, .s].reduce(Int64(1)) { $0.saturatingProduct(tile($1)) }
      memories.append(
        Memory(
          banks: stage.weightLanes, bits: stage.weightBits,
          depth: 2 * words.dividedRoundingUp(by: stage.weightLanes),
          home: stage.engine.weightMemory))
    }
    return memories
  }

  /// Adds a memory: at best all banks side by side in one, at worst a memory a bank.
  private func add(_ memory: Memory, to range: inout ResourceRange) {
    let width = memory.banks.saturatingProduct(memory.bits)
    // A table holds 64 bits; below that depth no tool spends a block.
    guard memory.depth > 64, memory.home != .distributed else {
      let tables = width.saturatingProduct(memory.depth.dividedRoundingUp(by: 64))
      range.low.lookUpTables = range.low.lookUpTables.saturatingSum(tables)
      range.high.lookUpTables = range.high.lookUpTables.saturatingSum(tables)
      return
    }
    if memory.home == .ultra {
      let blocks = MemoryBlocks.ultra(depth: memory.depth, width: width)
      range.low.ultraRAMs = range.low.ultraRAMs.saturatingSum(blocks)
      range.high.ultraRAMs = range.high.ultraRAMs.saturatingSum(blocks)
      return
    }
    let together = MemoryBlocks.fewest(depth: memory.depth, width: width)
    let apart = MemoryBlocks.fewest(
      depth: memory.depth, width: memory.bits, roundsDepthUp: family == .series7
    ).saturatingProduct(memory.banks)
    range.low.blockRAMs18Kb = range.low.blockRAMs18Kb.saturatingSum(min(together, apart))
    range.high.blockRAMs18Kb = range.high.blockRAMs18Kb.saturatingSum(max(together, apart))
  }

  /// Look-up tables of logic, by the form of FINN-R's estimate.
  private func tables(_ stage: StageShape) -> Int64 {
    let control: Int64 = stage.hasWindow ? 600 : 300
    guard stage.isMAC else {
      // A comparator or an adder a lane and a bit.
      return control.saturatingSum(
        stage.lanes.saturatingProduct(stage.activationBits).saturatingProduct(2))
    }
    return unit(stage).lookUpTables(weightsInTables: false).saturatingSum(control - 300)
  }
}

extension PipelinePlan {
  /// What the placed network takes of the board, engine by engine.
  ///
  /// An engine that layers share is as large as the largest of them needs.
  var resources: ResourceReport {
    let formulas = ResourceFormulas(style: design.style, family: design.board.family)
    var stages: [StageResources] = []
    var shared: [Int: Int] = [:]
    for placed in layers.compactMap({ $0 }) {
      let layer = network.layers[placed.layer]
      let range = formulas.range(of: placed, op: layer.op)
      guard !placed.configured.isReplicated else {
        stages.append(StageResources(name: layer.name, range: range))
        continue
      }
      guard let known = shared[placed.engine] else {
        shared[placed.engine] = stages.count
        stages.append(
          StageResources(name: design.engines[placed.engine].name, range: range))
        continue
      }
      let low = stages[known].range.low.combined(with: range.low) { max($0, $1) }
      let high = stages[known].range.high.combined(with: range.high) { max($0, $1) }
      stages[known].range = ResourceRange(low: low, high: high)
    }
    return ResourceReport(
      stages: stages, total: stages.reduce(.none) { $0 + $1.range }, budget: design.board.budget,
      provenance: formulas.provenance, unknown: formulas.unknown)
  }
}
