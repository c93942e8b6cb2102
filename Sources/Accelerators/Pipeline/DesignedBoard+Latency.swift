public import Networks

extension DesignedBoard {
  /// The design with the least latency of one image, from the first input to the last output; a tiled one
  /// has finished an image before the next one starts.
  ///
  /// - Throws: `CostError.unsupported` for a network that does not fit the board, or is too large to run
  ///   token by token.
  public func leastLatency(
    for network: Network, limit: Int = 4000
  ) throws(CostError) -> FoundDesign {
    let start = try leastInterval(for: network)
    guard let stream = start.stream else { return start }
    let timing = try StageTiming(start, network)
    do throws(DesignError) {
      let solution = try DesignSearch(stream.placed.problem).leastLatency(limit: limit) {
        timing.latencyCycles(of: $0)
      }
      return found(solution, stream.placed, network)
    } catch {
      throw Self.error(error, stream.placed, network, on: family.board)
    }
  }
}

/// The stages of a design whose paces can be changed.
private struct StageTiming {
  private let tokens: TokenGraph
  /// By stage of the design, the stage of the graph that computes and the one that reads.
  private var computing: [Int] = []
  private var reading: [Int?] = []

  init(_ found: FoundDesign, _ network: Network) throws(CostError) {
    // The memory does not hold back a single image's stages.
    var design = found.design
    design.memory = nil
    let graph = try StageGraph(PipelinePlan(network, on: design))
    tokens = graph.tokens
    for stage in found.stages {
      let stages = graph.origins.indices.filter { graph.origins[$0].layers == [stage.layer] }
      computing.append(stages.last ?? 0)
      reading.append(stages.count > 1 ? stages.first : nil)
    }
  }

  func latencyCycles(of paces: [StagePace]) -> Int64 {
    var tokens = tokens
    for (stage, pace) in paces.enumerated() {
      tokens.stages[computing[stage]].cycles = pace.computeCycles
      tokens.stages[computing[stage]].computeCycles = pace.computeCycles
      guard let reader = reading[stage] else { continue }
      tokens.stages[reader].cycles = pace.readingCycles
      tokens.stages[reader].computeCycles = pace.readingCycles
    }
    // A graph that ran once with unlimited buffers runs with any paces.
    return (try? TokenRecurrence(tokens).timing(showsDepths: false))?.lastOutputs.last ?? .max
  }
}
