internal import Networks
internal import Ops

/// What a stage of a pipeline does with its time.
public struct StageFigures: Hashable, Sendable {
  /// The layer, with what part of it the stage is; or an end of the pipeline.
  public var name: String
  /// Cycles of an image.
  public var cycles: Int64
  /// Of these, those in which the board's memory is waited for.
  public var memoryCycles: Int64
  /// Cycles between firings, of all images together, in which a token was missing.
  public var starvedCycles: Int64
  /// Cycles between firings, of all images together, in which a buffer behind it was full.
  public var blockedCycles: Int64
}

extension TokenTiming {
  /// Whether it is sure that all images to come follow each other evenly, with an interval if given.
  fileprivate func isProven(_ interval: Int64?) -> Bool {
    guard let intervalCycles else { return false }
    return interval == nil || interval == intervalCycles
  }
}

extension StageGraph {
  /// The figures of a pipeline that runs so many images.
  ///
  /// - Throws: `CostError.unsupported` for a pipeline that stops because a buffer is too small, and
  ///   for one that is too large to run.
  func figures(
    of plan: PipelinePlan, images: Int
  ) throws(CostError) -> PipelineFigures {
    let isOpen = tokens.edges.allSatisfy { $0.depth == nil }
    let least = tokens.leastIntervalCycles
    var count = isOpen ? min(images, Self.fewImages) : max(min(images, Self.mostImages), 4)
    var timing = try run(images: count, plan)
    // More images are run until it is sure how those that follow come, or all have been run.
    while !timing.isProven(isOpen ? least : nil), count < images || !isOpen,
      count < Self.mostImages
    {
      count = min(Self.mostImages, count * 2)
      do throws(CostError) { timing = try run(images: count, plan) } catch { break }
    }
    let interval = isOpen ? least : timing.intervalCycles
    let run = timing.lastOutputs.count
    let measured = run > 1 ? timing.lastOutputs[run - 1] - timing.lastOutputs[run - 2] : 0
    let period = interval ?? max(measured, least)
    let isExact = run >= images || timing.isProven(isOpen ? least : nil)
    let last =
      run >= images
      ? timing.lastOutputs[images - 1]
      : timing.lastOutputs[run - 1].saturatingSum(period.saturatingProduct(Int64(images - run)))
    var figures = PipelineFigures(
      clockMegahertz: plan.design.clockMegahertz, intervalCycles: period, latencyCycles: last,
      boundBy: boundBy)
    figures.isIntervalProven = interval != nil && isExact
    figures.firstOutputCycles = timing.firstOutputs[0]
    figures.tokens = hasRows ? .rows : .pixels
    figures.stages = tokens.stages.indices.map { index in
      StageFigures(
        name: tokens.stages[index].name, cycles: tokens.stages[index].cycles,
        memoryCycles: tokens.stages[index].cycles - tokens.stages[index].computeCycles,
        starvedCycles: timing.activities[index].starved,
        blockedCycles: timing.activities[index].blocked)
    }
    figures.buffers = PipelineBuffers(graph: tokens, images: run, tokenBits: tokenBits)
    return figures
  }

  /// Images that are run where nothing limits the buffers; more follow evenly.
  private static let fewImages = 3
  /// Images that are run to find an interval.
  private static let mostImages = 64

  /// What sets the interval: a stage, or the memory that makes it wait.
  private var boundBy: String {
    guard let slowest = tokens.slowestStage else { return "" }
    return origins[slowest].isBoundByMemory ? "memory" : tokens.stages[slowest].name
  }

  private func run(images: Int, _ plan: PipelinePlan) throws(CostError) -> TokenTiming {
    do throws(TokenError) {
      return try TokenRecurrence(tokens, images: images).timing(showsDepths: false)
    } catch {
      switch error {
      case .deadlock(let stages, let edges): throw deadlock(stages, edges)
      case .tooLarge:
        throw .unsupported(
          layer: plan.network.name,
          reason: "its maps are too large to run through a pipeline token by token")
      }
    }
  }

  /// The error that names the buffers in which a pipeline is stuck, and what would do.
  private func deadlock(_ stages: [Int], _ edges: [Int]) -> CostError {
    var free = tokens
    for index in edges { free.edges[index].depth = nil }
    let depths = try? TokenRecurrence(free).timing().sufficientDepths
    let names = edges.map { index -> String in
      let edge = tokens.edges[index]
      let enough = depths.map { ", \($0[index]) would do" } ?? ""
      return "the buffer from '\(tokens.stages[edge.producer].name)' to "
        + "'\(tokens.stages[edge.consumer].name)' holds \(edge.depth ?? 0)\(enough)"
    }
    let cycle = stages.map { "'\(tokens.stages[$0].name)'" }
    let stuck = edges.first.map { tokens.stages[tokens.edges[$0].consumer].name }
    return .unsupported(
      layer: stuck ?? "",
      reason: "the pipeline stops for ever: \(cycle.joined(separator: " waits for ")) "
        + "waits for the first; \(names.joined(separator: ", ")) (the 'fifo' of its assignment)")
  }
}
