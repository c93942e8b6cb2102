/// One way to build a stage.
public struct StageOption: Hashable, Sendable {
  /// Cycles of an image: the larger one of the two below.
  public var cycles: Int64
  /// Cycles in which it computes, and in which what reads its window reads.
  public var computeCycles: Int64
  /// Cycles of an image in which what reads its window reads; 0 where it has none.
  public var readingCycles: Int64
  /// What the stage takes of the device.
  public var resources: FPGAResources
  /// Bytes the stage moves to and from the board's memory for an image.
  public var memoryBytes: Int64
  /// Channels that come in and go out at once.
  public var inputWidth: Int64
  /// Channels that go out at once.
  public var outputWidth: Int64

  /// A way to build a stage; it computes in all of its cycles unless said otherwise.
  public init(
    cycles: Int64, computeCycles: Int64? = nil, readingCycles: Int64 = 0,
    resources: FPGAResources, memoryBytes: Int64 = 0, inputWidth: Int64 = 1,
    outputWidth: Int64 = 1
  ) {
    self.cycles = cycles
    self.computeCycles = computeCycles ?? cycles
    self.readingCycles = readingCycles
    self.resources = resources
    self.memoryBytes = memoryBytes
    self.inputWidth = inputWidth
    self.outputWidth = outputWidth
  }

  /// The widths of what comes in and of what goes out.
  var widths: SIMD2<Int64> { SIMD2(inputWidth, outputWidth) }

  /// What the stage takes of everything that is limited, the memory's bytes last.
  var costs: CostVector {
    CostVector(
      resources.dsps, resources.blockRAMs18Kb, resources.ultraRAMs, resources.lookUpTables,
      resources.flipFlops, memoryBytes, 0, 0)
  }
}

/// Amounts of the five resources and of bytes; the last two places are 0 unless somebody says otherwise.
typealias CostVector = SIMD8<Int64>

extension CostVector {
  /// Index of the bytes.
  static let bytes = 5
  /// How many of the amounts mean something.
  static let kinds = 6

  /// Whether no amount is larger than the other's.
  ///
  /// One after the other, what tells options apart most often first: 64-bit lanes are compared with many
  /// instructions where nothing newer than SSE2 may be used, and the first comparison is mostly enough.
  @inline(__always) func isWithin(_ other: CostVector) -> Bool {
    self[0] <= other[0] && self[3] <= other[3] && self[1] <= other[1] && self[5] <= other[5]
      && self[4] <= other[4] && self[2] <= other[2] && self[6] <= other[6] && self[7] <= other[7]
  }
}

/// How the widths of streams of neighbouring stages have to go together.
public enum StreamMatching: String, CaseIterable, Hashable, Sendable {
  /// Any: a converter of widths stands between them, and costs nothing here.
  case any
  /// One has to divide the other.
  case divides
  /// Both are of the same width.
  case equal

  func allows(_ one: Int64, _ other: Int64) -> Bool {
    switch self {
    case .any: true
    case .divides: one % other == 0 || other % one == 0
    case .equal: one == other
    }
  }
}

/// Stages with the ways to build each, and what all of them together may take.
public struct DesignProblem: Hashable, Sendable {
  /// The ways to build each kind of stage.
  public var kinds: [[StageOption]]
  /// By stage, its kind; stages in an order in which each comes after those it reads.
  public var stages: [Int]
  /// Producer and consumer of each stream.
  public var streams: [Stream]
  /// What all stages together may take.
  public var budget: FPGAResources
  /// Bytes that the board's memory moves in a cycle; `nil` for a memory that limits nothing.
  public var bytesPerCycle: Double?
  /// Bytes of an image that are moved whatever is built.
  public var fixedBytes: Int64
  /// The least interval that anything outside of the stages allows.
  public var leastIntervalCycles: Int64
  /// How the widths of neighbouring stages go together.
  public var matching: StreamMatching

  /// A stream from stage to stage.
  public struct Stream: Hashable, Sendable {
    /// The number of the stage that gives.
    public var producer: Int
    /// The number of the stage that reads.
    public var consumer: Int

    /// A stream between stages by their numbers.
    public init(producer: Int, consumer: Int) {
      self.producer = producer
      self.consumer = consumer
    }
  }

  /// Stages under limits; the memory limits nothing unless a rate is given, in bytes a cycle.
  public init(
    kinds: [[StageOption]], stages: [Int], streams: [Stream] = [], budget: FPGAResources,
    bytesPerCycle: Double? = nil, fixedBytes: Int64 = 0, leastIntervalCycles: Int64 = 1,
    matching: StreamMatching = .any
  ) {
    self.kinds = kinds
    self.stages = stages
    self.streams = streams
    self.budget = budget
    self.bytesPerCycle = bytesPerCycle
    self.fixedBytes = fixedBytes
    self.leastIntervalCycles = max(1, leastIntervalCycles)
    self.matching = matching
  }

  /// What may be taken where an image takes so many cycles.
  func limits(interval: Int64, budget: FPGAResources) -> CostVector {
    var bytes = Int64.max
    if let bytesPerCycle {
      let moved = (Double(interval) * bytesPerCycle).rounded(.down)
      bytes = moved < 9e18 ? Int64(moved) - fixedBytes : .max
    }
    return CostVector(
      budget.dsps, budget.blockRAMs18Kb, budget.ultraRAMs, budget.lookUpTables, budget.flipFlops,
      bytes, .max, .max)
  }

  /// The interval of a choice of an option for each stage.
  public func intervalCycles(of choice: [Int]) -> Int64 {
    choice.enumerated().reduce(max(leastIntervalCycles, transferCycles(of: choice))) {
      max($0, kinds[stages[$1.offset]][$1.element].cycles)
    }
  }

  /// Cycles in which the memory moves what a choice moves for an image; 0 where it limits nothing.
  func transferCycles(of choice: [Int]) -> Int64 {
    guard let bytesPerCycle else { return 0 }
    let bytes = choice.enumerated().reduce(fixedBytes) {
      $0.saturatingSum(kinds[stages[$1.offset]][$1.element].memoryBytes)
    }
    let transfer = (Double(bytes) / bytesPerCycle).rounded(.up)
    return transfer < 9e18 ? Int64(transfer) : .max
  }

  /// What a choice of an option for each stage takes.
  public func resources(of choice: [Int]) -> FPGAResources {
    choice.enumerated().reduce(.none) { $0 + kinds[stages[$1.offset]][$1.element].resources }
  }

  /// Whether the streams of a choice go together.
  public func matches(_ choice: [Int]) -> Bool {
    streams.allSatisfy { stream in
      matching.allows(
        kinds[stages[stream.producer]][choice[stream.producer]].outputWidth,
        kinds[stages[stream.consumer]][choice[stream.consumer]].inputWidth)
    }
  }
}

/// Whether stages can be built within limits.
enum Feasibility {
  /// An option for each stage that does it; whether all others that do move no fewer bytes.
  case feasible([Int], isLeast: Bool)
  case infeasible(Obstacle)
  /// The search gave up.
  case unknown
}

/// Why an interval cannot be had.
public enum Obstacle: Hashable, Sendable {
  /// No option of a stage is as fast.
  case stage(Int)
  /// The input comes no faster than an image in so many cycles.
  case input(leastCycles: Int64)
  /// Even the least each stage can take of a resource is too much in sum.
  case resource(FPGAResource, needed: Int64, available: Int64)
  /// Even the least bytes that stages can move take longer.
  case memory(neededBytes: Int64, availableBytes: Int64)
  /// Weighted as given, the stages take more than there is: no combination fits. The first resource is
  /// the one that weighs most.
  case combination(FPGAResource?)
  /// Every combination was ruled out.
  case exhausted
}
