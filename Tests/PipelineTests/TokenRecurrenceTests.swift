import Accelerators
import Ops
import TestSupport
import Testing

@Suite("The token recurrence")
struct TokenRecurrenceTests {
  @Test("equals a simulation cycle by cycle on drawn chains and graphs", arguments: 0..<8)
  func equalsSimulation(part: Int) throws {
    let seed = 0x70_6B_65_6E + UInt64(part)
    var random = SplitMix64(seed: seed)
    var (deadlocks, runs) = (0, 0)
    for number in 0..<500 {
      let pipeline = DrawnPipeline(&random)
      let simulator = TokenSimulator(pipeline)
      let recurrence = TokenRecurrence(
        pipeline.graph, images: pipeline.images, pace: pipeline.pace)
      do throws(TokenError) {
        let timing = try recurrence.timing()
        runs += 1
        #expect(!simulator.isStuck, "seed \(seed), case \(number)")
        guard !simulator.isStuck else { return }
        let firings = pipeline.stages[pipeline.output].firings
        let ends = simulator.ends[pipeline.output]
        #expect(
          timing.firstOutputs == (0..<pipeline.images).map { ends[$0 * firings] },
          "seed \(seed), case \(number)")
        #expect(
          timing.lastOutputs == (0..<pipeline.images).map { ends[($0 + 1) * firings - 1] },
          "seed \(seed), case \(number)")
        #expect(
          timing.activities.map(\.firstStart) == simulator.starts.map { $0[0] },
          "seed \(seed), case \(number)")
        #expect(
          timing.activities.map(\.lastEnd) == simulator.ends.map { $0[$0.count - 1] },
          "seed \(seed), case \(number)")
        #expect(
          timing.activities.map(\.starved) == simulator.starved, "seed \(seed), case \(number)")
        #expect(
          timing.activities.map(\.blocked) == simulator.blocked, "seed \(seed), case \(number)")
      } catch {
        deadlocks += 1
        #expect(simulator.isStuck, "seed \(seed), case \(number)")
      }
    }
    // Both kinds were seen.
    #expect(deadlocks > 20 && runs > 100)
  }

  @Test("a proven interval is what more images show", arguments: 0..<4)
  func provenInterval(part: Int) throws {
    var random = SplitMix64(seed: 0x1A_7E + UInt64(part))
    var proven = 0
    for number in 0..<300 {
      let drawn = DrawnPipeline(&random)
      guard let timing = try? TokenRecurrence(drawn.graph, images: 5).timing(),
        let interval = timing.intervalCycles
      else { continue }
      proven += 1
      let longer = try TokenRecurrence(drawn.graph, images: 12).timing()
      for image in 5..<12 {
        #expect(
          longer.lastOutputs[image] - longer.lastOutputs[image - 1] == interval, "case \(number)")
      }
    }
    #expect(proven > 50)
  }

  @Test("sufficient depths hold nobody back", arguments: 0..<4)
  func sufficientDepths(part: Int) throws {
    var random = SplitMix64(seed: 0xDE_F7 + UInt64(part))
    for number in 0..<300 {
      var drawn = DrawnPipeline(&random)
      for stage in drawn.stages.indices {
        for input in drawn.stages[stage].inputs.indices {
          drawn.stages[stage].inputs[input].depth = nil
        }
      }
      var graph = drawn.graph
      let free = try TokenRecurrence(graph, images: 3).timing()
      for edge in graph.edges.indices { graph.edges[edge].depth = free.sufficientDepths[edge] }
      let bound = try TokenRecurrence(graph, images: 3).timing()
      #expect(bound.lastOutputs == free.lastOutputs, "case \(number)")
      #expect(bound.activities == free.activities, "case \(number)")
    }
  }

  /// A map of 4 x 1 that goes through a 3 x 1 window with padding (stage 1) and is added to itself
  /// (stage 2): the sum's first firing needs tokens 0 and 1 of the source.
  private func residual(skipDepth: Int) -> TokenGraph {
    TokenGraph(
      stages: [
        .init(name: "data", firings: 4, cycles: 4), .init(name: "conv", firings: 4, cycles: 8),
        .init(name: "sum", firings: 4, cycles: 4),
      ],
      edges: [
        .init(
          producer: 0, consumer: 1,
          reach: TokenReach(
            rows: .init(inputs: 4, outputs: 4, window: WindowAxis(filter: 3, padding: 1)),
            columns: .init(inputs: 1, outputs: 1, window: WindowAxis(filter: 1)))),
        .init(producer: 1, consumer: 2, reach: .oneToOne(rows: 4, columns: 1)),
        .init(
          producer: 0, consumer: 2, reach: .oneToOne(rows: 4, columns: 1), depth: skipDepth),
      ], output: 2)
  }

  @Test("a buffer too small on a path that meets another is a deadlock, and is named")
  func deadlock() throws {
    // The window's first firing needs two tokens, and the sum takes none before it is done: the
    // source is stuck with its second token, the window waits for it, the sum for the window.
    #expect(throws: TokenError.deadlock(stages: [0, 2, 1], fullEdges: [2])) {
      _ = try TokenRecurrence(residual(skipDepth: 1)).timing()
    }
    let timing = try TokenRecurrence(residual(skipDepth: 2)).timing()
    // Worked by hand. Source ends 1 2 and then waits for the sum. Window: 2-4, sum 4-5 releases token
    // 0, so source token 2 is at 6; window 6-8, sum 8-9, source 10, window 10-12, then the last
    // needs nothing more: 12-14; sum 12-13 and 14-15.
    #expect(timing.lastOutputs == [15])
    #expect(timing.firstOutputs == [5])
    #expect(timing.activities[0].blocked == 6)
    #expect(timing.activities[1].starved == 4)
  }

  @Test("the interval of unlimited buffers is the slowest stage's")
  func slowestStage() throws {
    var graph = residual(skipDepth: 4)
    graph.edges[2].depth = nil
    let timing = try TokenRecurrence(graph, images: 6).timing()
    #expect(graph.leastIntervalCycles == 8)
    #expect(timing.intervalCycles == 8)
  }

  @Test("more firings than fit are refused, not run")
  func tooLarge() {
    let graph = TokenGraph(
      stages: [.init(name: "data", firings: 1 << 24, cycles: 1)], edges: [], output: 0)
    #expect(throws: TokenError.tooLarge) { _ = try TokenRecurrence(graph, images: 2).timing() }
    let slow = TokenGraph(
      stages: [.init(name: "data", firings: 1, cycles: .max)], edges: [], output: 0)
    #expect(throws: TokenError.tooLarge) { _ = try TokenRecurrence(slow).timing() }
  }
}
