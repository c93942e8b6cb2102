/// Why a pipeline does not run.
public enum TokenError: Error, Hashable, Sendable {
  /// Stages that wait for each other for ever, in the order of waiting, and the full buffers among
  /// them: indices of the graph's stages and edges.
  case deadlock(stages: [Int], fullEdges: [Int])
  /// The firings or cycles of the images asked for do not fit the machine.
  case tooLarge
}

/// When each stage of a graph fires.
public struct TokenTiming: Hashable, Sendable {
  /// What a stage does with its time, from its first start to its last end.
  public struct Activity: Hashable, Sendable {
    /// The cycle in which the first firing starts.
    public var firstStart: Int64 = 0
    /// The cycle in which the last firing ends.
    public var lastEnd: Int64 = 0
    /// Cycles of firings that the stage would need with a memory that is never slow.
    public var computing: Int64 = 0
    /// Cycles of firings on top of these, in which the memory is waited for.
    public var waitingForMemory: Int64 = 0
    /// Cycles between firings in which a token was missing.
    public var starved: Int64 = 0
    /// Cycles between firings in which all tokens were there and a buffer was full.
    public var blocked: Int64 = 0
  }

  /// By stage, what it does with its time.
  public var activities: [Activity]
  /// By image, when the output's first token is there.
  public var firstOutputs: [Int64]
  /// By image, when the output's last token is there.
  public var lastOutputs: [Int64]
  /// By edge, the least depth with which nothing would have happened later; empty where nobody asked.
  public var sufficientDepths: [Int]
  /// By stage, the cycles from an image to the next at the end; `nil` where the last images did not
  /// yet follow each other evenly.
  public var periods: [Int64?]

  /// Cycles from an image to the next once the pipeline is full, proven: from here on every firing of
  /// every stage repeats that much later. `nil` where the images run were too few to see it.
  public var intervalCycles: Int64?
}

/// Runs the firings of a graph in an order in which each knows what it waits for.
///
/// For firing n of stage i, with service time τ,
///
///     start(i, n) = max( end(i, n-1), end(j, need(n)) for each input j,
///                        release(e, token - depth) for each output buffer e )
///     end(i, n)   = start(i, n) + τ(n)
///
/// which are the max-plus equations of a marked graph (Baccelli, Cohen, Olsder and Quadrat,
/// Synchronization and Linearity, 1992, section 2.5), with tokens released by the firing that is last
/// to need them.
///
/// - Complexity: O(*images* · *firings* · *edges of a stage*).
public struct TokenRecurrence: Sendable {
  /// The most firings of a run: some hundred megabytes.
  public static let mostFirings = 1 << 24
  /// The most cycles a run may take.
  static let mostCycles: Int64 = 1 << 61

  /// The stages and buffers that run.
  public let graph: TokenGraph
  /// Images that run one behind the other; at least 1.
  public let images: Int
  /// Cycles from the start of an image's first token to the next image's, at least; tokens in between
  /// come evenly. 0 for images that come as fast as they are taken.
  public let pace: Int64

  /// A graph that runs so many images, as fast as it takes them unless a pace in cycles is given.
  public init(_ graph: TokenGraph, images: Int = 1, pace: Int64 = 0) {
    self.graph = graph
    self.images = max(1, images)
    self.pace = max(0, pace)
  }

  /// Runs the images.
  ///
  /// - Parameter showsDepths: Whether the depths that hold nobody back are looked for; about as much work
  ///   as the run.
  /// - Throws: `TokenError` for stages that wait for each other for ever, and for too much to run.
  public func timing(showsDepths: Bool = true) throws(TokenError) -> TokenTiming {
    try run().timing(showsDepths: showsDepths)
  }

  /// The run, finished.
  func run() throws(TokenError) -> TokenRun {
    var (firings, cycles): (Int, Int64) = (0, pace.saturatingProduct(Int64(images)))
    for stage in graph.stages {
      firings = Int(Int64(firings).saturatingSum(Int64(stage.firings)))
      cycles = cycles.saturatingSum(stage.cycles.saturatingProduct(Int64(images)))
    }
    guard Int64(firings).saturatingProduct(Int64(images)) <= Int64(Self.mostFirings),
      cycles < Self.mostCycles
    else { throw .tooLarge }
    var run = TokenRun(graph, images: images, pace: pace)
    var isDone = false
    while !isDone {
      var hasMoved = false
      isDone = true
      for stage in graph.stages.indices {
        if run.advance(stage) { hasMoved = true }
        if !run.isFinished(stage) { isDone = false }
      }
      guard hasMoved || isDone else { throw run.deadlock }
    }
    return run
  }
}
