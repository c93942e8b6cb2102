/// A buffer between two stages.
public struct BufferFigures: Hashable, Sendable {
  /// The stage that gives tokens.
  public var from: String
  /// The stage that takes them.
  public var to: String
  /// Bits of a token.
  public var tokenBits: Int64
  /// Tokens it holds; `nil` where the design leaves it open.
  public var depth: Int?
  /// Tokens with which it would have held nobody back in the run of the report.
  public var sufficientDepth: Int
}

/// The buffers of a pipeline, which are looked into only where somebody asks.
public struct PipelineBuffers: Hashable, Sendable {
  let graph: TokenGraph
  /// Images of the run that the report is of.
  let images: Int
  /// By buffer.
  let tokenBits: [Int64]

  /// Each buffer, with the depth that would have held nobody back.
  ///
  /// - Complexity: that of running the images again.
  public var figures: [BufferFigures] {
    let sufficient = (try? TokenRecurrence(graph, images: images).timing())?.sufficientDepths
    return graph.edges.indices.map { index in
      let edge = graph.edges[index]
      return BufferFigures(
        from: graph.stages[edge.producer].name, to: graph.stages[edge.consumer].name,
        tokenBits: tokenBits[index], depth: edge.depth, sufficientDepth: sufficient?[index] ?? 0)
    }
  }

  /// The fewest bits with which the pipeline keeps the interval of its slowest stage; `nil` for one that
  /// is too large to run.
  ///
  /// - Complexity: some runs of a few images for each buffer; `DepthSearch` says more.
  public func least() -> LeastDepths? {
    try? DepthSearch(graph, weights: tokenBits).least()
  }
}
