import Dataflow
import Ops
import TestSupport
import Testing

/// Cases of Documentation/Model.md worked by hand.
@Suite("reference simulator")
struct ReferenceSimulatorTests {
  static let precision = Precision(weightBits: 8, activationBits: 8, accumulatorBits: 24)

  /// One row of a convolution: `k`, `c`, `p` outputs and a window of `r`.
  static func row(
    k: Int32 = 1, c: Int32 = 1, p: Int32, r: Int32, stride: Int32 = 1, dilation: Int32 = 1,
    padding: Int32 = 0
  ) throws -> Problem {
    let extent = (p - 1) * stride + (r - 1) * dilation + 1 - 2 * padding
    return try Problem(
      bounds: Extents([.k: k, .c: c, .p: p, .r: r]),
      projections: PerTensor(
        weight: Projection([
          AffineAxis(.k, extent: k), AffineAxis(.c, extent: c), AffineAxis(.r, extent: r),
        ]),
        input: Projection([
          AffineAxis(.c, extent: c),
          AffineAxis([.init(stride, .p), .init(dilation, .r)], offset: -padding, extent: extent),
        ]),
        output: Projection([AffineAxis(.k, extent: k), AffineAxis(.p, extent: p)])),
      precision: precision)
  }

  static func linear(n: Int32 = 1, k: Int32, c: Int32) throws -> Problem {
    try Problem(
      bounds: Extents([.n: n, .k: k, .c: c]),
      projections: PerTensor(
        weight: Projection([AffineAxis(.k, extent: k), AffineAxis(.c, extent: c)]),
        input: Projection([AffineAxis(.n, extent: n), AffineAxis(.c, extent: c)]),
        output: Projection([AffineAxis(.n, extent: n), AffineAxis(.k, extent: k)])),
      precision: precision)
  }

  static func memories(_ count: Int) -> Hierarchy {
    Hierarchy(levels: (0..<count).map { .init(name: "L\($0)", memory: .init()) })
  }

  static func run(
    _ problem: Problem, on hierarchy: Hierarchy, switches: CountingSwitches = .init(),
    _ levels: [LevelText]
  ) -> AccessCounts {
    ReferenceSimulator(problem, on: hierarchy, switches: switches)
      .accessCounts(under: Mapping(text: levels))
  }

  @Test("a window slides on through an outer loop when the channel is outside of it")
  func slidingInsideChannel() throws {
    let problem = try Self.row(c: 2, p: 16, r: 3)
    let counts = Self.run(
      problem, on: Self.memories(2), [LevelText("c 2, p 4"), LevelText("p 4, r 3")])
    // A channel has 16 + 2 rows; the window slides over each once: 2 x 18.
    #expect(counts.levels[1].traffic.input.fills == 36)
    #expect(counts.levels[0].traffic.input.reads == 36)
    // A tile is 4 + 2 rows of one channel.
    #expect(counts.levels[1].traffic.input.peakWords == 6)
  }

  @Test("a channel loop inside the window's outer loop breaks the slide")
  func channelInsideSliding() throws {
    let problem = try Self.row(c: 2, p: 16, r: 3)
    let counts = Self.run(
      problem, on: Self.memories(2), [LevelText("p 4, c 2"), LevelText("p 4, r 3")])
    // Each of the 4 x 2 tiles is of another channel than the one before: 8 x 6 words.
    #expect(counts.levels[1].traffic.input.fills == 48)
    #expect(counts.levels[0].traffic.input.reads == 48)
  }

  @Test("what is stationary over the single pass of a shorter tile stays")
  func stationaryInShorterTile() throws {
    let problem = try Self.linear(n: 2, k: 5, c: 1)
    let counts = Self.run(
      problem, on: Self.memories(3),
      [LevelText("k 2@3"), LevelText("n 2, k 2@2"), LevelText("k 2@1")])
    // Outer tile k 0..2: passes {0, 1}, {2} for either n: 2 x (2 + 1). Outer tile k 3..4: one pass
    // {3, 4}, which stays when n moves: 2.
    #expect(counts.levels[2].traffic.weight.fills == 8)
    #expect(counts.levels[1].traffic.weight.fills == 5)
    // Steps: 2 n x (2 + 1) and 2 n x 2.
    #expect(counts.steps == 10)
    #expect(counts.operations == 10)
  }

  @Test("the padding is no words, unless the target stores it")
  func padding() throws {
    // Rows -1 ... 4 of a tensor of 4.
    let problem = try Self.row(p: 4, r: 3, padding: 1)
    let levels = [LevelText("p 2"), LevelText("p 2, r 3")]
    let clipped = Self.run(problem, on: Self.memories(2), levels)
    #expect(clipped.levels[1].traffic.input.fills == 4)
    // Tiles are rows -1 ... 2 and 1 ... 4: three words each.
    #expect(clipped.levels[1].traffic.input.peakWords == 3)
    // Every p has 3 operands but the first and the last, which have 2.
    #expect(clipped.levels[1].traffic.input.reads == 10)
    let stored = Self.run(
      problem, on: Self.memories(2), switches: CountingSwitches(storesPadding: true), levels)
    #expect(stored.levels[1].traffic.input.fills == 6)
    #expect(stored.levels[1].traffic.input.peakWords == 4)
    #expect(stored.levels[1].traffic.input.reads == 12)
  }

  @Test("partial sums return but for the first time")
  func partialSums() throws {
    let problem = try Self.linear(k: 2, c: 4)
    let levels = [LevelText("c 2, k 2"), LevelText("c 2")]
    let counts = Self.run(problem, on: Self.memories(2), levels)
    // Each of the 2 x 2 tiles holds one output and sends it up.
    #expect(counts.levels[1].traffic.output.drains == 4)
    #expect(counts.levels[0].traffic.output.updates == 4)
    // In the second half of c the two partial sums come back.
    #expect(counts.levels[0].traffic.output.reads == 2)
    #expect(counts.levels[1].traffic.output.fills == 2)
    // The lane updates 8 times. It finds a partial sum at every step but the first of each output.
    #expect(counts.levels[1].traffic.output.updates == 8)
    #expect(counts.levels[1].traffic.output.reads == 6)
    let readsFirst = Self.run(
      problem, on: Self.memories(2), switches: CountingSwitches(readsFirstPartialSum: true),
      levels)
    #expect(readsFirst.levels[0].traffic.output.reads == 4)
    #expect(readsFirst.levels[1].traffic.output.reads == 8)
  }

  @Test("sums that stay in the children are added once, at the end")
  func reduction() throws {
    let problem = try Self.linear(k: 1, c: 12)
    // Three lanes along y, each with its own memory, over c.
    let hierarchy = Hierarchy(levels: [
      .init(name: "L0", memory: .init()),
      .init(name: "L1", memory: .init(), y: .init(size: 3, reduce: .output)),
      .init(name: "L2", memory: .init()),
    ])
    let counts = Self.run(
      problem, on: hierarchy,
      [
        LevelText("c 2"), LevelText(y: "c 3", keeps: [.weight, .input]), LevelText("c 2"),
      ])
    // The output stays in the three memories for all steps: it leaves at the end, as one update of
    // three collected words, two additions.
    #expect(counts.levels[0].traffic.output.updates == 1)
    #expect(counts.levels[0].traffic.output.reads == 0)
    #expect(counts.levels[2].traffic.output.drains == 3)
    #expect(counts.levels[1].wires.output.collections == 3)
    #expect(counts.levels[1].wires.output.additions == 2)
    #expect(counts.levels[0].wires.output.collections == 1)
    #expect(counts.levels[0].wires.output.additions == 0)
    #expect(counts.levels[2].traffic.output.updates == 12)
    // 4 steps a lane; the first starts at zero.
    #expect(counts.levels[2].traffic.output.reads == 9)
    #expect(counts.levels[2].busiest.output.updates == 4)
    #expect(counts.levels[2].firstTile.output.childWords == 1)
    #expect(counts.levels[2].firstTile.output.parentWords == 1)
  }

  @Test("a partial sum that comes back to a reduction is read and delivered once")
  func returningReduction() throws {
    let problem = try Self.linear(k: 2, c: 6)
    let hierarchy = Hierarchy(levels: [
      .init(name: "L0", memory: .init(), x: .init(size: 3, reduce: .output)),
      .init(name: "L1", memory: .init()),
    ])
    let counts = Self.run(
      problem, on: hierarchy, [LevelText("c 2, k 2", x: "c 3"), LevelText()])
    // Steps (c, k): 00 01 10 11. At the last two the partial sum of the first two returns.
    #expect(counts.steps == 4)
    #expect(counts.levels[0].traffic.output.updates == 4)
    #expect(counts.levels[0].traffic.output.reads == 2)
    #expect(counts.levels[1].traffic.output.fills == 2)
    #expect(counts.levels[1].busiest.output.fills == 2)
    #expect(counts.levels[1].traffic.output.drains == 12)
    #expect(counts.levels[0].wires.output.deliveries == 2)
    // At each step three words become one.
    #expect(counts.levels[0].wires.output.additions == 8)
    // Only the child that got the partial sum reads it for its lane.
    #expect(counts.levels[1].traffic.output.reads == 2)
  }

  @Test("idle instances hold nothing, so a remainder sends its partial sums up and back")
  func idleReduction() throws {
    let problem = try Problem(
      bounds: Extents([.c: 5, .r: 2]),
      projections: PerTensor(
        weight: nil, input: Projection([AffineAxis(.c, extent: 5), AffineAxis(.r, extent: 2)]),
        output: Projection([AffineAxis(.n, extent: 1)])),
      precision: Self.precision)
    let hierarchy = Hierarchy(levels: [
      .init(name: "L0", memory: .init(), x: .init(size: 3, reduce: .output)),
      .init(name: "L1", memory: .init()),
    ])
    let counts = Self.run(
      problem, on: hierarchy,
      [
        LevelText("r 2, c 2@3", x: "c 3", keeps: [.input, .output]),
        LevelText(keeps: [.input, .output]),
      ])
    // Steps (r, c): 3, 2, 3, 2 lanes. Lane 2 drops the word at the second step, takes it again at
    // the third (its partial sum now lives in L0), drops it at the fourth; the others at the end.
    #expect(counts.levels[1].traffic.output.drains == 4)
    #expect(counts.levels[0].traffic.output.updates == 3)
    #expect(counts.levels[0].traffic.output.reads == 1)
    #expect(counts.levels[1].traffic.output.fills == 1)
    // Instance 0 keeps its word throughout.
    #expect(counts.levels[1].busiest.output.fills == 0)
    #expect(counts.levels[1].busiest.output.drains == 1)
    #expect(counts.utilizedLanes == 3)
    #expect(counts.levels[1].utilizedInstances == 3)
    // Of 10 lane steps the first ones of lanes 0, 1 and 2 find no sum; lane 2's second does.
    #expect(counts.levels[1].traffic.output.reads == 7)
  }

  @Test("multicast reads once what neighbours share")
  func multicast() throws {
    let problem = try Self.row(p: 8, r: 3)
    let levels = [LevelText("p 2", x: "p 4"), LevelText("r 3")]
    var hierarchy = Self.memories(2)
    hierarchy.levels[0].x = Hierarchy.Wires(size: 4, multicast: .input)
    let shared = Self.run(problem, on: hierarchy, levels)
    // Step 1: children hold rows p ... p + 2 for p = 0 ... 3: 12 words, 6 of them distinct.
    // Step 2: rows 4 ... 6 to 7 ... 9, each 4 rows on, so all new: 12 words, 6 distinct.
    #expect(shared.levels[1].traffic.input.fills == 24)
    #expect(shared.levels[0].traffic.input.reads == 12)
    #expect(shared.levels[0].wires.input.deliveries == 24)
    #expect(shared.levels[1].firstTile.input.childWords == 3)
    #expect(shared.levels[1].firstTile.input.parentWords == 6)
    // No multicast of weights: each child reads its own three at the first step.
    #expect(shared.levels[0].traffic.weight.reads == 12)
    hierarchy.levels[0].x.multicast = []
    let alone = Self.run(problem, on: hierarchy, levels)
    #expect(alone.levels[0].traffic.input.reads == 24)
  }

  @Test("a neighbour passes on what it held at the step before")
  func forwarding() throws {
    let problem = try Self.row(p: 6, r: 3)
    var hierarchy = Self.memories(2)
    hierarchy.levels[0].x = Hierarchy.Wires(size: 3, forward: .input)
    let counts = Self.run(problem, on: hierarchy, [LevelText("p 2, r 3", x: "p 3"), LevelText()])
    // Child x needs row 3i + x + r at step (i, r): (0 1 2), (1 2 3), (2 3 4), then (3 4 5),
    // (4 5 6), (5 6 7). From one r to the next children 0 and 1 need what their right neighbour
    // held: 2 words at each of 4 such steps; child 2 reads. From (2 3 4) to (3 4 5) as well.
    #expect(counts.levels[1].traffic.input.fills == 18)
    #expect(counts.levels[1].traffic.input.forwards == 10)
    #expect(counts.levels[0].traffic.input.reads == 8)
    #expect(counts.levels[0].wires.input.deliveries == 18)
    #expect(counts.levels[1].busiest.input.forwards == 5)
    // All children have the same weight, another at each step; without multicast each reads it.
    #expect(counts.levels[0].traffic.weight.reads == 18)
  }

  @Test("a fan-out inside another without multicast sends its copies over the outer wires too")
  func nestedFanouts() throws {
    let problem = try Self.linear(n: 6, k: 1, c: 2)
    // 2 clusters, each of 3 memories; n does not move the weight. The outer fan-out multicasts.
    let hierarchy = Hierarchy(levels: [
      .init(name: "L0", memory: .init(), x: .init(size: 2, multicast: .weight)),
      .init(name: "L1", x: .init(size: 3)),
      .init(name: "L2", memory: .init()),
    ])
    let counts = Self.run(
      problem, on: hierarchy,
      [LevelText("c 2", x: "n 2"), LevelText(x: "n 3", keeps: []), LevelText()])
    // 2 weights; three groups (one for each inner index), each of two members, read each.
    #expect(counts.levels[0].traffic.weight.reads == 6)
    #expect(counts.levels[2].traffic.weight.fills == 12)
    // Each of the six reads goes to both clusters; each cluster hands three copies on.
    #expect(counts.levels[0].wires.weight.deliveries == 12)
    #expect(counts.levels[1].wires.weight.deliveries == 12)
    var shared = hierarchy
    shared.levels[1].x.multicast = .weight
    let multicast = Self.run(
      problem, on: shared,
      [LevelText("c 2", x: "n 2"), LevelText(x: "n 3", keeps: []), LevelText()])
    #expect(multicast.levels[0].traffic.weight.reads == 2)
    #expect(multicast.levels[0].wires.weight.deliveries == 4)
    #expect(multicast.levels[1].wires.weight.deliveries == 12)
  }

  @Test("a lane reads its operands at every step")
  func lanes() throws {
    let problem = try Self.linear(n: 2, k: 3, c: 2)
    var hierarchy = Self.memories(2)
    hierarchy.levels[1].x = Hierarchy.Wires(size: 3, multicast: .input)
    let counts = Self.run(
      problem, on: hierarchy, [LevelText(), LevelText("n 2, c 2", x: "k 3")])
    // 4 steps: three weights each, one input for all three lanes.
    #expect(counts.levels[1].traffic.weight.reads == 12)
    #expect(counts.levels[1].traffic.input.reads == 4)
    #expect(counts.levels[1].wires.input.deliveries == 12)
    #expect(counts.levels[1].traffic.output.updates == 12)
    // Each of the 6 outputs starts at zero once.
    #expect(counts.levels[1].traffic.output.reads == 6)
    #expect(counts.utilizedLanes == 3)
    #expect(counts.levels[1].traffic.weight.peakWords == 6)
  }
}
