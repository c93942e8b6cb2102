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

  /// The clock of all stages.
  public var clockMegahertz: Double
  /// The widths of words, where a layer sets none of its own.
  public var precision: Precision
  /// Whose formulas say what a stage takes.
  public var style: ResourceStyle
  /// How far stages may be unrolled.
  public var foldings: Foldings
  /// How the widths of neighbouring streams have to go together.
  public var matching: StreamMatching
  /// Which end of the estimates has to fit.
  public var estimate: Estimate

  /// What is asked at a clock and of words so wide; divisors only, any widths of streams, and the
  /// low end of estimates unless said otherwise.
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
  /// What designs are built on.
  public let board: Board
  /// What is asked of them besides.
  public let options: DesignOptions

  /// The streaming designs of a board.
  public init(_ board: Board, _ options: DesignOptions) {
    self.board = board
    self.options = options
  }

  /// How a stage is built.
  public struct Build: Hashable, Sendable {
    /// Iterations of each loop that run at once.
    public var unroll: Extents
    /// What holds weights that are on the chip.
    public var weightMemory: Engine.WeightMemory
    /// Where weights are kept.
    public var weightHome: Engine.WeightHome
  }

  /// One of the ways.
  private struct Way {
    var option: StageOption
    var build: Build
  }

  /// The ways to build a layer's stage that no other beats.
  public struct Ways: Hashable, Sendable {
    /// What each way takes, the fastest first.
    public var options: [StageOption]
    /// By option.
    public var builds: [Build]
    /// A number of the options, by which kinds of stages have an order that depends on no network.
    let fingerprint: UInt64

    init(options: [StageOption], builds: [Build]) {
      self.options = options
      self.builds = builds
      // Fowler, Noll and Vo's hash: the same in every run.
      var hash: UInt64 = 0xCBF2_9CE4_8422_2325
      func add(_ number: Int64) {
        hash = (hash ^ UInt64(bitPattern: number)) &* 0x100_0000_01B3
      }
      for option in options {
        add(option.computeCycles)
        add(option.readingCycles)
        let costs = option.costs
        for index in costs.indices { add(costs[index]) }
      }
      fingerprint = hash
    }
  }

  /// A network's stages in the family.
  public struct Placed: Sendable {
    /// The stages with all options of each.
    public var problem: DesignProblem
    /// By stage, the layer.
    public var layers: [Int]
    /// By kind, how each option is built.
    public var builds: [[Build]]
    /// By kind, the layer that is built.
    var identities: [LayerIdentity] = []
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
    let placed = PipelinePlan.PlacedWork(
      layer: 0, engine: 0,
      configured: Engine(name: "", ops: [op.kind], isReplicated: true), works: [work],
      precision: precision, computeCycles: 0, memoryBytes: 0, cycles: 0, fifoDepths: [])
    var stage = StageShape(placed, work: work, op: op)
    let weightBytes = work.streamedWeights.saturatingProduct(Int64(precision.weightBits))
      .dividedRoundingUp(by: 8)
    let homes = homes(of: op)
    let window = stage.hasWindow ? op.inputs.first : nil
    let unrollings = unrollings(of: work, isMAC: op.kind.isMultiplyAccumulate)
    var all: [Way] = []
    all.reserveCapacity(unrollings.count * homes.count)
    for unroll in unrollings {
      // Changed in place: copying an engine counts references to its name and tables.
      stage.engine.unroll = unroll
      // A sum of three tensors is two additions, one after the other.
      guard let each = stage.engine.cycles(of: work) else { continue }
      let cycles = each.saturatingProduct(Int64(problems.count))
      let reading = window.map { stage.engine.readingCycles(of: $0, work) } ?? 0
      let inputs = Int64(unroll[.g]) * (stage.isMAC ? Int64(unroll[.c]) : 1)
      let outputs = Int64(unroll[.g]) * (stage.isMAC ? Int64(unroll[.k]) : 1)
      let shared = formulas.shared(by: stage)
      for (memory, home) in homes {
        stage.engine.weightMemory = memory
        stage.engine.weightHome = home
        let range = formulas.range(of: stage, shared: shared)
        all.append(
          Way(
            option: StageOption(
              cycles: max(cycles, reading), computeCycles: cycles, readingCycles: reading,
              resources: options.estimate == .low ? range.low : range.high,
              memoryBytes: home == .streamed ? weightBytes : 0, inputWidth: inputs,
              outputWidth: outputs),
            build: Build(unroll: unroll, weightMemory: memory, weightHome: home)))
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

  /// The numbers of a dimension's iterations that may run at once, ascending; of those with equally many
  /// steps only the least.
  ///
  /// - Complexity: O(√*bound*).
  private func steps(of bound: Int64) -> [Int64] {
    guard options.foldings == .divisors else { return TiledSearch.steps(of: bound) }
    var (small, large): ([Int64], [Int64]) = ([], [])
    var size: Int64 = 1
    while size <= bound / size {
      if bound % size == 0 {
        small.append(size)
        if size < bound / size { large.append(bound / size) }
      }
      size += 1
    }
    return small + large.reversed()
  }

  /// The options that no other beats; where streams have to match, of those of the same widths.
  private func front(_ all: [Way]) -> Ways {
    let order = all.enumerated().map { (cycles: $1.option.cycles, place: $0) }.sorted { $0 < $1 }
    var (options, builds): ([StageOption], [Build]) = ([], [])
    // By option, everything that counts: what it takes, and its cycles in the two places that are left.
    var costs: [CostVector] = []
    // By widths, where they matter, the options that are kept.
    var kept: [SIMD2<Int64>: [Int]] = [:]
    // What beat the last one beats its neighbours often.
    var beater = 0
    for (_, place) in order {
      let option = all[place].option
      var cost = option.costs
      cost[CostVector.kinds] = option.computeCycles
      cost[CostVector.kinds + 1] = option.readingCycles
      let isAny = self.options.matching == .any
      if isAny {
        if beater < costs.count, costs[beater].isWithin(cost) { continue }
        if let index = costs.indices.first(where: { costs[$0].isWithin(cost) }) {
          beater = index
          continue
        }
      } else {
        let widths = option.widths
        if kept[widths, default: []].contains(where: { costs[$0].isWithin(cost) }) { continue }
        kept[widths, default: []].append(costs.count)
      }
      options.append(option)
      builds.append(all[place].build)
      costs.append(cost)
    }
    return Ways(options: options, builds: builds)
  }
}
