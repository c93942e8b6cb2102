public import Networks
public import Ops

/// How many pieces of a dimension a stage may work on at once.
public enum Foldings: String, CaseIterable, Hashable, Sendable {
  /// As many as divide it.
  case divisors
  /// Any number; the last step may be partly idle.
  case any
}

/// What is asked of a design besides being the best one.
public struct DesignOptions: Hashable, Sendable {
  /// Which end of the resource estimates has to fit the board.
  public enum Estimate: String, CaseIterable, Hashable, Sendable { case low, high }

  public var clockMegahertz: Double
  public var precision: Precision
  public var style: ResourceStyle
  public var foldings: Foldings
  public var matching: StreamMatching
  public var estimate: Estimate

  public init(
    clockMegahertz: Double, precision: Precision, style: ResourceStyle = .hwcost,
    foldings: Foldings = .divisors, matching: StreamMatching = .any, estimate: Estimate = .low
  ) {
    self.clockMegahertz = clockMegahertz
    self.precision = precision
    self.style = style
    self.foldings = foldings
    self.matching = matching
    self.estimate = estimate
  }

  /// Words of 8 bits with sums of 32 at the board's usual clock.
  public init(for board: Board) {
    self.init(
      clockMegahertz: board.clockMegahertz,
      precision: Precision(weightBits: 8, activationBits: 8, accumulatorBits: 32))
  }
}

/// The family of streaming designs of a board: an engine for each layer, folded in one of many ways,
/// with its weights in one of several memories.
///
/// A stage unrolls output channels by k, input channels by c and, once all of these are unrolled, the
/// filter's columns and then all of it; a depthwise one or a pooling unrolls channels by g. Weights are
/// in block RAM, in look-up tables, in UltraRAM where there is any, or stream in from the board's
/// memory.
public struct StreamFamily: Sendable {
  public let board: Board
  public let options: DesignOptions

  public init(_ board: Board, _ options: DesignOptions) {
    self.board = board
    self.options = options
  }

  /// How a stage is built.
  public struct Build: Hashable, Sendable {
    public var unroll: Extents
    public var weightMemory: Engine.WeightMemory
    public var weightHome: Engine.WeightHome
  }

  /// The ways to build a layer's stage that no other beats.
  public struct Ways: Hashable, Sendable {
    public var options: [StageOption]
    /// By option.
    public var builds: [Build]
    /// A number of the options, by which kinds of stages have an order that depends on no network.
    let fingerprint: UInt64

    init(options: [StageOption], builds: [Build]) {
      self.options = options
      self.builds = builds
      // Fowler, Noll and Vo's hash: the same in every run.
      fingerprint = options.reduce(0xCBF2_9CE4_8422_2325) { hash, option in
        let costs = option.costs
        let numbers =
          [option.computeCycles, option.readingCycles] + costs.indices.map { costs[$0] }
        return numbers.reduce(hash) {
          ($0 ^ UInt64(bitPattern: $1)) &* 0x100_0000_01B3
        }
      }
    }
  }

  /// A network's stages in the family.
  public struct Placed: Sendable {
    public var problem: DesignProblem
    /// By stage, the layer.
    public var layers: [Int]
    /// By kind, how each option is built.
    public var builds: [[Build]]
  }
}

// MARK: - The ways to build a stage
extension StreamFamily {
  /// - Throws: `CostError.unsupported` for a layer whose numbers are out of range.
  /// - Complexity: O(*foldings* of the layer, times the front of them).
  public func ways(_ identity: LayerIdentity) throws(CostError) -> Ways {
    let op = identity.op
    let precision = identity.precision.applied(to: options.precision)
    let problems: [Problem]
    do throws(ProblemError) {
      problems = try op.problems(batch: 1, precision: precision)
    } catch {
      throw .unsupported(layer: op.key.description, reason: error.message)
    }
    guard let problem = problems.first else { return Ways(options: [], builds: []) }
    let work = EngineWork(problem)
    let formulas = ResourceFormulas(style: options.style, family: board.family)
    var placed = PipelinePlan.PlacedWork(
      layer: 0, engine: 0,
      configured: Engine(name: "", ops: [op.kind], isReplicated: true), works: [work],
      precision: precision, computeCycles: 0, memoryBytes: 0, cycles: 0, fifoDepths: [])
    var stage = StageShape(placed, work: work, op: op)
    let weightBytes = work.streamedWeights.saturatingProduct(Int64(precision.weightBits))
      .dividedRoundingUp(by: 8)
    var all: [(option: StageOption, build: Build)] = []
    for unroll in unrollings(of: work, isMAC: op.kind.isMultiplyAccumulate) {
      placed.configured.unroll = unroll
      // A sum of three tensors is two additions, one after the other.
      guard let each = placed.configured.cycles(of: work) else { continue }
      let cycles = each.saturatingProduct(Int64(problems.count))
      let reading =
        stage.hasWindow ? op.inputs.first.map { placed.readingCycles(of: $0) } ?? 0 : 0
      for (memory, home) in homes(of: op) {
        placed.configured.weightMemory = memory
        placed.configured.weightHome = home
        stage.engine = placed.configured
        let range = formulas.range(of: stage)
        let width = { (dimension: LoopDimension) in
          Int64(unroll[.g]) * (stage.isMAC ? Int64(unroll[dimension]) : 1)
        }
        all.append(
          (
            StageOption(
              cycles: max(cycles, reading), computeCycles: cycles, readingCycles: reading,
              resources: options.estimate == .low ? range.low : range.high,
              memoryBytes: home == .streamed ? weightBytes : 0, inputWidth: width(.c),
              outputWidth: width(.k)),
            Build(unroll: unroll, weightMemory: memory, weightHome: home)
          ))
      }
    }
    guard !all.isEmpty else {
      throw .unsupported(
        layer: op.key.description, reason: "it keeps any engine busy for too long")
    }
    return front(all)
  }

  /// Where a layer's weights can be.
  private func homes(of op: any TensorOp) -> [(Engine.WeightMemory, Engine.WeightHome)] {
    guard op.weights > 0 else { return [(.block, .onChip)] }
    var homes: [(Engine.WeightMemory, Engine.WeightHome)] = [
      (.block, .onChip), (.distributed, .onChip), (.block, .streamed),
    ]
    if board.resources.ultraRAMs > 0 { homes.append((.ultra, .onChip)) }
    return homes
  }

  /// Every unrolling of a layer.
  private func unrollings(of work: EngineWork, isMAC: Bool) -> [Extents] {
    var unrollings: [Extents] = []
    func add(_ values: KeyValuePairs<LoopDimension, Int64>) {
      var unroll = Extents()
      for (dimension, value) in values {
        unroll[dimension] = Int32(clamping: value)
      }
      unrollings.append(unroll)
    }
    let (channels, filters) = (work[.c], work[.k])
    guard isMAC, channels > 1 || filters > 1 else {
      // Depthwise, pooling, and what works on each element by itself; an adder reads all operands.
      for groups in steps(of: work[.g]) { add([.g: groups, .c: channels]) }
      if work[.s] > 1 { add([.g: work[.g], .c: channels, .s: work[.s]]) }
      if work[.r] > 1 { add([.g: work[.g], .c: channels, .r: work[.r], .s: work[.s]]) }
      return unrollings
    }
    for k in steps(of: filters) {
      for c in steps(of: channels) { add([.k: k, .c: c]) }
      if work[.s] > 1 { add([.k: k, .c: channels, .s: work[.s]]) }
      if work[.r] > 1 { add([.k: k, .c: channels, .r: work[.r], .s: work[.s]]) }
    }
    // Groups beside each other, once one group is wholly unrolled.
    if work[.g] > 1 {
      for g in steps(of: work[.g]) where g > 1 { add([.g: g, .k: filters, .c: channels]) }
    }
    return unrollings
  }

  /// The numbers of a dimension's iterations that may run at once; of those with equally many steps
  /// only the least.
  private func steps(of bound: Int64) -> [Int64] {
    var steps: [Int64] = []
    var size: Int64 = 1
    while size <= bound {
      if options.foldings == .any || bound % size == 0 { steps.append(size) }
      guard options.foldings == .any else {
        size += 1
        continue
      }
      // The next size that takes fewer steps.
      let count = bound.dividedRoundingUp(by: size)
      guard count > 1 else { break }
      size = bound.dividedRoundingUp(by: count - 1)
    }
    return steps
  }

  /// The options that no other beats; where streams have to match, of those of the same widths.
  private func front(_ all: [(option: StageOption, build: Build)]) -> Ways {
    let order = all.indices.sorted { one, other in
      (all[one].option.cycles, one) < (all[other].option.cycles, other)
    }
    var (options, builds): ([StageOption], [Build]) = ([], [])
    var costs: [CostVector] = []
    for place in order {
      let way = all[place]
      let cost = way.option.costs
      let isBeaten = costs.indices.contains { index in
        costs[index].isWithin(cost)
          && options[index].computeCycles <= way.option.computeCycles
          && options[index].readingCycles <= way.option.readingCycles
          && (self.options.matching == .any
            || options[index].inputWidth == way.option.inputWidth
              && options[index].outputWidth == way.option.outputWidth)
      }
      guard !isBeaten else { continue }
      options.append(way.option)
      builds.append(way.build)
      costs.append(cost)
    }
    return Ways(options: options, builds: builds)
  }
}

// MARK: - Networks
extension StreamFamily {
  /// A network as stages with all ways to build each.
  ///
  /// - Parameter ways: The ways of a layer, which a caller may know already.
  /// - Throws: `CostError.unsupported` for a layer whose numbers are out of range.
  public func placed(
    _ network: Network, ways: (LayerIdentity) throws(CostError) -> Ways
  ) throws(CostError) -> Placed {
    var kinds: [LayerIdentity: Int] = [:]
    var found: [Ways] = []
    var placed = Placed(
      problem: DesignProblem(kinds: [], stages: [], budget: board.budget), layers: [], builds: [])
    // By layer, the stages whose streams it hands on.
    var givers: [[Int]] = []
    for (index, layer) in network.layers.enumerated() {
      let read = layer.inputs.flatMap { input -> [Int] in
        if case .layer(let other) = input { givers[other] } else { [] }
      }
      guard layer.op.kind != .skip, layer.op.kind != .zero else {
        givers.append(read)
        continue
      }
      let kind: Int
      if let known = kinds[layer.identity] {
        kind = known
      } else {
        kind = found.count
        kinds[layer.identity] = kind
        found.append(try ways(layer.identity))
      }
      let stage = placed.layers.count
      for producer in read {
        placed.problem.streams.append(
          DesignProblem.Stream(producer: producer, consumer: stage))
      }
      placed.problem.stages.append(kind)
      placed.layers.append(index)
      givers.append([stage])
    }
    // In an order of their own: what is found depends on which stages there are and not on their order.
    let order = found.indices.sorted { one, other in
      (found[one].fingerprint, one) < (found[other].fingerprint, other)
    }
    placed.problem.kinds = order.map { found[$0].options }
    placed.builds = order.map { found[$0].builds }
    var places = order
    for (place, kind) in order.enumerated() { places[kind] = place }
    for stage in placed.problem.stages.indices {
      placed.problem.stages[stage] = places[placed.problem.stages[stage]]
    }
    let input = network.input
    placed.problem.leastIntervalCycles = max(1, Int64(input.height) * Int64(input.width))
    placed.problem.bytesPerCycle = board.memoryBytesPerCycle(
      clockMegahertz: options.clockMegahertz)
    let words = input.words.saturatingSum(network.layers.last?.op.output.words ?? 0)
    placed.problem.fixedBytes = words.saturatingProduct(Int64(options.precision.activationBits))
      .dividedRoundingUp(by: 8)
    placed.problem.matching = options.matching
    return placed
  }

  /// The design of a choice.
  public func design(
    of choice: [Int], _ placed: Placed, network: Network, name: String
  ) -> PipelineDesign {
    var engines: [Engine] = []
    var assignments: [Assignment] = []
    let ops = Set(OpKind.allCases.filter { $0 != .skip && $0 != .zero })
    for (stage, option) in choice.enumerated() {
      let build = placed.builds[placed.problem.stages[stage]][option]
      let title =
        build.weightHome == .streamed ? "streamed" : build.weightMemory.rawValue
      let index: Int
      if let known = engines.firstIndex(where: { $0.name == title }) {
        index = known
      } else {
        index = engines.count
        engines.append(
          Engine(
            name: title, ops: ops, isReplicated: true, weightHome: build.weightHome,
            weightMemory: build.weightMemory))
      }
      assignments.append(
        Assignment(
          layers: [network.layers[placed.layers[stage]].name], engine: index,
          unroll: build.unroll))
    }
    return PipelineDesign(
      name: name, board: board, clockMegahertz: options.clockMegahertz,
      precision: options.precision, style: options.style, engines: engines,
      assignments: assignments, composition: .pipeline,
      memory: MemoryPort(
        bytesPerSecond: board.memoryBytesPerSecond * board.memoryEfficiency, isOverlapped: true),
      power: board.power)
  }
}
