import Accelerators
import Ops
import TestSupport
import Testing

@Suite("The least depths of buffers")
struct LeastDepthTests {
  /// Small maps with branches that meet again, so that every depth can be tried.
  private static func drawn(_ random: inout SplitMix64) -> DrawnPipeline? {
    let pipeline = DrawnPipeline(&random)
    let edges = pipeline.stages.reduce(0) { $0 + $1.inputs.count }
    let slowest = pipeline.stages.map(\.cycles).max() ?? 0
    return (2...4).contains(edges) && slowest > 0 ? pipeline : nil
  }

  /// Whether a long run with buffers of some depths comes at an interval in the end.
  ///
  /// Knows nothing of proofs: images come as fast as they are taken, and the last thirty of sixty take
  /// thirty intervals.
  private static func keeps(_ graph: TokenGraph, _ depths: [Int], _ interval: Int64) -> Bool {
    var limited = graph
    for (edge, depth) in depths.enumerated() { limited.edges[edge].depth = depth }
    // All stages have to keep up, also those that the output does not wait for.
    for stage in graph.stages.indices {
      limited.output = stage
      guard let timing = try? TokenRecurrence(limited, images: 60).timing(showsDepths: false)
      else { return false }
      if timing.lastOutputs[59] - timing.lastOutputs[29] > 30 * interval { return false }
    }
    return true
  }

  /// Every list of depths of at most so much each.
  private static func everyList(_ most: [Int]) -> [[Int]] {
    most.reduce([[]]) { lists, most in
      lists.flatMap { list in (1...most).map { list + [$0] } }
    }
  }

  @Test("are those of every list of depths", arguments: 0..<4)
  func bruteForce(part: Int) throws {
    let seed = 0x1EA5_7000 + UInt64(part)
    var random = SplitMix64(seed: seed)
    var (tried, shared) = (0, 0)
    for number in 0..<400 {
      guard let pipeline = Self.drawn(&random) else { continue }
      let graph = pipeline.graph
      let weights = graph.edges.map { _ in Int64(random.number(in: 1...3)) }
      let least = try DepthSearch(graph, weights: weights).least()
      #expect(least.isProven, "seed \(seed), case \(number)")
      let interval = graph.leastIntervalCycles
      #expect(
        Self.keeps(graph, least.depths, interval), "seed \(seed), case \(number): \(least)")
      let total = { (depths: [Int]) in
        zip(depths, weights).reduce(Int64(0)) { $0 + Int64($1.0) * $1.1 }
      }
      #expect(total(least.depths) == least.total, "seed \(seed), case \(number)")
      // No buffer of a smaller sum is deeper than the sum.
      let most = zip(least.depths, weights).map { depth, weight in
        Int((least.total - weights.reduce(0, +)) / weight) + 1
      }
      guard most.reduce(1, *) <= 4000 else { continue }
      tried += 1
      for depths in Self.everyList(most) where total(depths) < least.total {
        #expect(
          !Self.keeps(graph, depths, interval),
          "seed \(seed), case \(number): \(depths) is less than \(least)")
      }
      // Where single buffers do not decide it, one token fewer anywhere is too few.
      if least.depths.filter({ $0 > 1 }).count > 1 { shared += 1 }
    }
    #expect(tried > 30 && shared > 10)
  }

  @Test("run at the interval in a simulation cycle by cycle")
  func simulation() throws {
    var random = SplitMix64(seed: 0x51_4D)
    var runs = 0
    for number in 0..<250 {
      guard var pipeline = Self.drawn(&random) else { continue }
      let least = try DepthSearch(pipeline.graph).least()
      var edge = 0
      for stage in pipeline.stages.indices {
        for input in pipeline.stages[stage].inputs.indices {
          pipeline.stages[stage].inputs[input].depth = least.depths[edge]
          edge += 1
        }
      }
      pipeline.images = 24
      pipeline.pace = 0
      let simulator = TokenSimulator(pipeline)
      #expect(!simulator.isStuck, "case \(number)")
      guard !simulator.isStuck else { continue }
      runs += 1
      let interval = pipeline.graph.leastIntervalCycles
      for (stage, ends) in zip(pipeline.stages, simulator.ends) {
        let (last, middle) = (ends[24 * stage.firings - 1], ends[12 * stage.firings - 1])
        #expect(last - middle <= 12 * interval, "case \(number)")
      }
    }
    #expect(runs > 40)
  }

  /// A source of 6 pixels, a stage that takes 3 cycles a pixel and one that takes none of the others'
  /// time, added to what went past them.
  @Test("of a path past a slow one hold what is on its way")
  func residual() throws {
    let pixels = TokenReach.oneToOne(rows: 1, columns: 6)
    let graph = TokenGraph(
      stages: [
        .init(name: "data", firings: 6, cycles: 6), .init(name: "one", firings: 6, cycles: 18),
        .init(name: "two", firings: 6, cycles: 18), .init(name: "sum", firings: 6, cycles: 6),
      ],
      edges: [
        .init(producer: 0, consumer: 1, reach: pixels),
        .init(producer: 1, consumer: 2, reach: pixels),
        .init(producer: 2, consumer: 3, reach: pixels),
        .init(producer: 0, consumer: 3, reach: pixels),
      ], output: 3)
    let least = try DepthSearch(graph).least()
    // A token each 3 cycles. The slow stages never rest, so that each has the next token waiting while it
    // works on one: 2 between them and before the first. Behind the second the sum has 3 cycles for each
    // token. A token is with the first stage from its end at the source until 6 cycles later at least, and
    // the sum is done with it 1 cycle after: 7 cycles and the cycle in which it was made are 3 tokens.
    #expect(least.isProven)
    #expect(least.depths[1] == 2)
    #expect(least.total == Int64(least.depths.reduce(0, +)))
    #expect(Self.keeps(graph, least.depths, 18))
    for edge in graph.edges.indices where least.depths[edge] > 1 {
      var fewer = least.depths
      fewer[edge] -= 1
      #expect(!Self.keeps(graph, fewer, 18))
    }
  }
}
