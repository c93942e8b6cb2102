internal import Networks
internal import Ops

/// A placed network as stages that hand tokens to each other.
///
/// A layer on an engine of its own is a stage that fires once for each pixel of its output. One whose
/// window is larger than a pixel has a stage before it that reads the input pixel by pixel into the
/// window's buffer. Layers that share an engine are one stage, which fires once: it reads whole images
/// and gives a whole image. The network's input is a stage, and so is its output where the board's
/// memory takes it.
struct StageGraph {
  /// A stage and what it stands for.
  struct Origin {
    /// Layers of the network; empty for the ends of the pipeline.
    var layers: [Int]
    /// The engine; `nil` for the ends of the pipeline and for what is not charged.
    var engine: Int?
    var isBoundByMemory = false
  }

  private(set) var tokens: TokenGraph
  private(set) var origins: [Origin]
  /// By edge, bits of a token.
  private(set) var tokenBits: [Int64] = []
  /// Whether a token is a row rather than a pixel.
  let hasRows: Bool

  private let plan: PipelinePlan
  /// Cycles in which the board's memory moves everything of an image.
  private let memoryCycles: Int64
  /// Reaches that were made, which many layers have in common.
  private var reaches: [Axes: TokenReach] = [:]
  /// By layer, the stage that gives its output and the shape of its tokens; `nil` for zeros.
  private var sources: [Source?] = []

  private struct Source {
    var stage: Int
    /// Rows and columns of the map it gives; those of a stage that fires once are of one token.
    var rows: Int
    var columns: Int
    /// Words of an image.
    var words: Int64
  }

  /// What a reach is made of.
  private struct Axes: Hashable {
    var rows: TokenReach.Axis
    var columns: TokenReach.Axis
  }

  /// The most firings an image has pixel by pixel; beyond, tokens are rows.
  static let mostPixels = 1 << 17

  /// - Throws: `CostError.unsupported` where an engine is shared by layers with others in between.
  init(_ plan: PipelinePlan) throws(CostError) {
    self.plan = plan
    let input = plan.network.input
    hasRows = Self.hasRows(plan.network)
    memoryCycles = plan.memoryCycles
    tokens = TokenGraph(stages: [], edges: [], output: 0)
    origins = []
    let tokensOfInput = Int64(input.height) * Int64(input.width)
    let cycles = plan.design.memory == nil ? tokensOfInput : max(tokensOfInput, memoryCycles)
    add(
      "data", firings: hasRows ? input.height : input.height * input.width, cycles: cycles,
      computing: tokensOfInput, Origin(layers: [], isBoundByMemory: cycles > tokensOfInput))
    let shared = try Self.sharedRuns(of: plan)
    let data = Source(
      stage: 0, rows: input.height, columns: hasRows ? 1 : input.width, words: input.words)
    for index in plan.network.layers.indices {
      let reads = plan.network.layers[index].inputs.map { input -> Source? in
        switch input {
        case .networkInput: data
        case .layer(let other): sources[other]
        }
      }
      sources.append(addStages(of: index, reading: reads, shared: shared[index]))
    }
    guard let last = sources.last, let output = last else { return }
    tokens.output = output.stage
    guard plan.design.memory != nil else { return }
    let firings = tokens.stages[output.stage].firings
    add("result", firings: firings, cycles: memoryCycles, computing: 0, Origin(layers: []))
    connect(output, .oneToOne(rows: firings, columns: 1), depth: nil)
    tokens.output = tokens.stages.count - 1
  }

  /// Whether tokens are rows: a network has too many pixels.
  static func hasRows(_ network: Network) -> Bool {
    var pixels = Int64(network.input.height) * Int64(network.input.width)
    for layer in network.layers {
      for map in layer.op.inputs {
        pixels = pixels.saturatingSum(Int64(map.height) * Int64(map.width))
      }
    }
    return pixels > Int64(mostPixels)
  }

  /// By layer, the run of layers that it shares an engine with; `nil` for an engine of its own.
  private static func sharedRuns(of plan: PipelinePlan) throws(CostError) -> [Range<Int>?] {
    var runs: [Range<Int>?] = plan.layers.map { _ in nil }
    var open: (engine: Int, run: Range<Int>)?
    var closed: Set<Int> = []
    func close() {
      guard let (engine, run) = open else { return }
      closed.insert(engine)
      for layer in run where plan.layers[layer] != nil { runs[layer] = run }
      open = nil
    }
    for (index, placed) in plan.layers.enumerated() {
      guard let placed else { continue }
      guard !placed.configured.isReplicated else {
        close()
        continue
      }
      if let last = open, last.engine == placed.engine {
        open = (last.engine, last.run.lowerBound..<index + 1)
        continue
      }
      close()
      guard !closed.contains(placed.engine) else {
        throw .unsupported(
          layer: plan.network.layers[index].name,
          reason:
            "the engine '\(placed.configured.name)' has other layers before it, with those of "
            + "another engine in between; in a pipeline the layers of a shared engine follow each "
            + "other")
      }
      open = (placed.engine, index..<index + 1)
    }
    close()
    return runs
  }

  private mutating func add(
    _ name: String, firings: Int, cycles: Int64, computing: Int64, _ origin: Origin
  ) {
    tokens.stages.append(
      TokenGraph.Stage(
        name: name, firings: max(1, firings), cycles: cycles, computeCycles: computing))
    origins.append(origin)
  }

  /// Lets the newest stage read a source.
  private mutating func connect(
    _ source: Source, _ reach: TokenReach, depth: Int?, place: String? = nil
  ) {
    let words = source.words.dividedRoundingUp(by: Int64(tokens.stages[source.stage].firings))
    tokenBits.append(words.saturatingProduct(Int64(plan.design.precision.activationBits)))
    tokens.edges.append(
      TokenGraph.Edge(
        producer: source.stage, consumer: tokens.stages.count - 1, reach: reach, depth: depth,
        place: place))
  }
}

// MARK: - The stages of a layer
extension StageGraph {
  /// Whether an op that is not charged and reads one stage needs none of its own.
  static func passesOn(_ op: any TensorOp) -> Bool {
    guard let map = op.inputs.first else { return false }
    return map.height == op.output.height && map.width == op.output.width
  }

  private mutating func addStages(
    of index: Int, reading reads: [Source?], shared: Range<Int>?
  ) -> Source? {
    let layer = plan.network.layers[index]
    let inputs = reads.compactMap { $0 }
    if let shared { return addShared(index, run: shared, reading: inputs) }
    guard let placed = plan.layers[index] else {
      // What is not charged passes its tokens on, in no time.
      guard !inputs.isEmpty else { return nil }
      if inputs.count == 1, Self.passesOn(layer.op) { return inputs[0] }
      return addStage(
        of: index, reading: inputs, cycles: 0, computing: 0, fifos: [],
        Origin(layers: [index]))
    }
    let streams = placed.configured.weightHome == .streamed && placed.memoryBytes > 0
    let cycles = streams ? max(placed.cycles, memoryCycles) : placed.cycles
    return addStage(
      of: index, reading: inputs, cycles: cycles, computing: placed.cycles,
      fifos: placed.fifoDepths,
      Origin(
        layers: [index], engine: placed.engine, isBoundByMemory: cycles > placed.cycles))
  }

  /// A layer on an engine of its own, and before it what reads its window.
  private mutating func addStage(
    of index: Int, reading inputs: [Source], cycles: Int64, computing: Int64, fifos: [Int64],
    _ origin: Origin
  ) -> Source {
    let layer = plan.network.layers[index]
    let output = layer.op.output
    let given = Source(
      stage: 0, rows: output.height, columns: hasRows ? 1 : output.width, words: output.words)
    let window = Window(of: layer.op)
    var sources = inputs
    var isBuffered = false
    if let window, let input = inputs.first, let placed = plan.layers[index],
      window.rows.filter > 1 || window.columns.filter > 1
    {
      let firings = tokens.stages[input.stage].firings
      // A stage that gives whole images is read pixel by pixel all the same.
      let rows = layer.op.inputs[0].height
      let columns = hasRows ? 1 : layer.op.inputs[0].width
      let reading = placed.readingCycles(of: layer.op.inputs[0])
      add(
        layer.name + ".window", firings: rows * columns, cycles: reading, computing: reading,
        Origin(layers: [index], engine: origin.engine))
      let isWhole = firings != rows * columns
      connect(
        input,
        isWhole
          ? .everything(tokens: firings, firings: rows * columns)
          : reach(
            rows: .init(inputs: rows, outputs: rows, window: WindowAxis(filter: 1)),
            columns: .init(inputs: columns, outputs: columns, window: WindowAxis(filter: 1))),
        depth: Self.depth(fifos, input: 0, window: 1), place: fifos.isEmpty ? nil : layer.name)
      sources = [
        Source(
          stage: tokens.stages.count - 1, rows: rows, columns: columns,
          words: layer.op.inputs[0].words)
      ]
      isBuffered = true
    }
    let isOne = layer.op.kind == .linear || layer.op.kind == .globalPool
    let firings = isOne ? 1 : given.rows * given.columns
    add(layer.name, firings: firings, cycles: cycles, computing: computing, origin)
    let stage = tokens.stages.count - 1
    for (operand, source) in sources.enumerated() {
      let reach = reach(
        from: source, of: layer.op, window: window, firings: firings,
        byRows: plan.layers[index]?.configured.windowBuffer == .rows)
      let depth: Int?
      if isBuffered {
        // Rows of the window and of the next stride, as sliding windows in hardware have them.
        let columns = hasRows ? 1 : layer.op.inputs[0].width
        let span = window.map { ($0.rows.filter - 1) * $0.rows.dilation + 1 + $0.rows.stride } ?? 1
        depth = fifos.isEmpty ? nil : min(span * columns, reach.tokens)
      } else {
        depth = fifos.isEmpty ? nil : Self.depth(fifos, input: operand, window: reach.widest)
      }
      connect(source, reach, depth: depth, place: fifos.isEmpty ? nil : layer.name)
    }
    return Source(stage: stage, rows: given.rows, columns: given.columns, words: given.words)
  }

  /// The depth of a buffer that has so many words beside what the window holds.
  private static func depth(_ fifos: [Int64], input: Int, window: Int) -> Int? {
    guard let last = fifos.last else { return nil }
    let words = fifos.indices.contains(input) ? fifos[input] : last
    return Int(words.saturatingSum(Int64(window)))
  }

  private mutating func reach(rows: TokenReach.Axis, columns: TokenReach.Axis) -> TokenReach {
    let axes = Axes(rows: rows, columns: columns)
    if let known = reaches[axes] { return known }
    let reach = TokenReach(rows: rows, columns: columns)
    reaches[axes] = reach
    return reach
  }

  private mutating func reach(
    from source: Source, of op: any TensorOp, window: Window?, firings: Int, byRows: Bool
  ) -> TokenReach {
    let given = tokens.stages[source.stage].firings
    let pixel = WindowAxis(filter: 1)
    let (rows, columns) = (op.output.height, hasRows ? 1 : op.output.width)
    // Factors of a whole channel, and images that come in one piece, are used by all firings.
    let isReused =
      (window?.rows ?? pixel).filter == 1 && (window?.columns ?? pixel).filter == 1
      && (source.rows < rows || source.columns < columns)
    guard firings > 1 || window != nil, given == source.rows * source.columns, !isReused else {
      return .everything(tokens: given, firings: firings)
    }
    return reach(
      rows: .init(inputs: source.rows, outputs: rows, window: window?.rows ?? pixel),
      columns: .init(
        inputs: source.columns, outputs: columns,
        window: hasRows ? pixel : window?.columns ?? pixel,
        isWhole: byRows && window != nil))
  }

  /// A layer of a shared engine: part of the stage of the first one.
  private mutating func addShared(
    _ index: Int, run: Range<Int>, reading inputs: [Source]
  ) -> Source {
    let isFirst = !run.contains { $0 < index && plan.layers[$0] != nil }
    if isFirst {
      let layers = run.filter { plan.layers[$0] != nil }
      let cycles = layers.reduce(Int64(0)) { $0.saturatingSum(plan.layers[$1]?.cycles ?? 0) }
      let moves = layers.contains { (plan.layers[$0]?.memoryBytes ?? 0) > 0 }
      let all = moves ? max(cycles, memoryCycles) : cycles
      let engine = plan.layers[index]?.engine
      let name = engine.map { plan.design.engines[$0].name } ?? plan.network.layers[index].name
      add(
        name, firings: 1, cycles: all, computing: cycles,
        Origin(layers: layers, engine: engine, isBoundByMemory: all > cycles))
    }
    let stage = tokens.stages.count - 1
    for source in inputs where source.stage != stage {
      let isKnown = tokens.edges.contains { $0.producer == source.stage && $0.consumer == stage }
      guard !isKnown else { continue }
      connect(
        source, .everything(tokens: tokens.stages[source.stage].firings, firings: 1), depth: nil)
    }
    return Source(
      stage: stage, rows: 1, columns: 1, words: plan.network.layers[index].op.output.words)
  }
}

extension PipelinePlan.PlacedWork {
  /// Cycles in which the engine reads an image of inputs.
  func readingCycles(of map: FeatureMap) -> Int64 {
    works.first.map { configured.readingCycles(of: map, $0) } ?? 0
  }
}

extension Engine {
  /// Cycles in which it reads an image of inputs, as many channels at once as it multiplies.
  func readingCycles(of map: FeatureMap, _ work: EngineWork) -> Int64 {
    let groups = work[.g].dividedRoundingUp(by: Int64(unroll[.g]))
    let channels = work[.c].dividedRoundingUp(by: Int64(unroll[.c]))
    let pixels = (Int64(map.height) * Int64(map.width))
      .dividedRoundingUp(by: Int64(unroll[.p]) * Int64(unroll[.q]))
    return pixels.saturatingProduct(groups).saturatingProduct(channels)
  }
}

extension PipelinePlan {
  /// Bytes that the board's memory moves for an image: the input, the output, and what engines stream.
  ///
  /// In a pipeline all of it shares the memory, each stream in proportion to what it moves, so that
  /// every stream of an image takes as long as all of them together.
  var memoryBytes: Int64 {
    guard design.memory != nil else { return 0 }
    let output = network.layers.last?.op.output.words ?? 0
    let bits = network.input.words.saturatingSum(output)
      .saturatingProduct(Int64(design.precision.activationBits))
    return layers.reduce(bits.dividedRoundingUp(by: 8)) {
      $0.saturatingSum($1?.memoryBytes ?? 0)
    }
  }

  /// Cycles in which the board's memory moves everything of an image.
  var memoryCycles: Int64 {
    guard let memory = design.memory, design.composition == .pipeline else { return 0 }
    return memory.cycles(moving: memoryBytes, clockMegahertz: design.clockMegahertz)
  }
}
