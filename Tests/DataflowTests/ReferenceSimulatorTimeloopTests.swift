import Dataflow
import Ops
import TestSupport
import Testing

/// Cases that were also counted, element by element, by a program that shares no code with this
/// one; its numbers stand beside each.
///
/// The shapes and mappings are those that validate the `timeloop` rules: rows of 16 outputs and a
/// window of 3, convolutions of 8 x 8 outputs, 8 channels and 3 x 3 windows, and matrix products.
@Suite("reference simulator on Timeloop's cases")
struct ReferenceSimulatorTimeloopTests {
  typealias Base = ReferenceSimulatorTests

  @Test("a row of outputs with everything in the buffer moves every word once")
  func g01a() throws {
    let counts = Base.run(
      try Base.row(p: 16, r: 3), on: Base.memories(2), [LevelText(), LevelText("r 3, p 16")])
    #expect(counts.levels[1].traffic.weight.fills == 3)
    #expect(counts.levels[1].traffic.input.fills == 18)
    #expect(counts.levels[1].traffic.output.fills == 0)
    #expect(counts.levels[0].traffic.output.updates == 16)
  }

  @Test("filter rows outside of output rows spill partial sums")
  func g01c() throws {
    let counts = Base.run(
      try Base.row(p: 16, r: 3), on: Base.memories(2), [LevelText("r 3, p 4"), LevelText("p 4")])
    #expect(counts.levels[1].traffic.weight.fills == 3)
    // 4 rows at each of 12 steps, none shared: 0-3, 4-7, 8-11, 12-15, then 1-4.
    #expect(counts.levels[1].traffic.input.fills == 48)
    // 16 partial sums come back twice; all go up three times.
    #expect(counts.levels[1].traffic.output.fills == 32)
    #expect(counts.levels[0].traffic.output.updates == 48)
  }

  @Test("a window slides on where the output tile changes")
  func g01d() throws {
    let counts = Base.run(
      try Base.row(p: 16, r: 3), on: Base.memories(2), [LevelText("p 4, r 3"), LevelText("p 4")])
    #expect(counts.levels[1].traffic.weight.fills == 12)
    // Rows 0-3, 1-4, 2-5, then 4-7: two new where Timeloop counts four.
    #expect(counts.levels[1].traffic.input.fills == 18)
    #expect(counts.levels[0].traffic.output.updates == 16)
  }

  @Test(
    "words in the gaps of a stride do not move",
    arguments: [
      // (16 - 1) x 2 + 3 rows; 3 rows for each of 16 outputs; 16 + 2 x 2.
      (stride: 2, dilation: 1, words: 33), (4, 1, 48), (1, 2, 20),
    ] as [(stride: Int32, dilation: Int32, words: Int64)])
  func strideAndDilation(stride: Int32, dilation: Int32, words: Int64) throws {
    let problem = try Base.row(p: 16, r: 3, stride: stride, dilation: dilation)
    let counts = Base.run(
      problem, on: Base.memories(2), [LevelText("p 4"), LevelText("p 4, r 3")])
    #expect(counts.levels[1].traffic.input.fills == words)
  }

  /// A 3 x 3 convolution of 8 x 8 outputs without padding.
  private func convolution(g: Int32, k: Int32, c: Int32) throws -> Problem {
    let window = { (output: LoopDimension, filter: LoopDimension) in
      AffineAxis([.init(1, output), .init(1, filter)], extent: 10)
    }
    return try Problem(
      bounds: Extents([.g: g, .k: k, .c: c, .p: 8, .q: 8, .r: 3, .s: 3]),
      projections: PerTensor(
        weight: Projection([
          AffineAxis(.g, extent: g), AffineAxis(.k, extent: k), AffineAxis(.c, extent: c),
          AffineAxis(.r, extent: 3), AffineAxis(.s, extent: 3),
        ]),
        input: Projection([
          AffineAxis(.g, extent: g), AffineAxis(.c, extent: c), window(.p, .r), window(.q, .s),
        ]),
        output: Projection([
          AffineAxis(.g, extent: g), AffineAxis(.k, extent: k), AffineAxis(.p, extent: 8),
          AffineAxis(.q, extent: 8),
        ])),
      precision: Base.precision)
  }

  /// DRAM, a buffer over a 4 x 4 array, register files.
  private static let array: Hierarchy = {
    let wires = Hierarchy.Wires(size: 4, multicast: [.weight, .input], reduce: .output)
    return Hierarchy(levels: [
      .init(name: "dram", memory: .init()),
      .init(name: "glb", memory: .init(), x: wires, y: wires),
      .init(name: "rf", memory: .init()),
    ])
  }()

  @Test("output channels on x share inputs, input channels on y are added")
  func g02a() throws {
    let counts = Base.run(
      try convolution(g: 1, k: 8, c: 8), on: Self.array,
      [
        LevelText(), LevelText("q 8, p 8, k 2, c 2", x: "k 4", y: "c 4"), LevelText("s 3, r 3"),
      ])
    #expect(counts.levels[1].traffic.weight.fills == 576)
    #expect(counts.levels[1].traffic.input.fills == 800)
    #expect(counts.levels[2].traffic.weight.fills == 36864)
    #expect(counts.levels[1].traffic.weight.reads == 36864)
    #expect(counts.levels[2].traffic.input.fills == 36864)
    #expect(counts.levels[1].traffic.input.reads == 9216)
    #expect(counts.levels[2].traffic.output.fills == 0)
    #expect(counts.levels[1].traffic.output.updates == 512)
    // Each update adds up four collected words.
    #expect(counts.levels[1].wires.output.collections == 2048)
    #expect(counts.levels[1].wires.output.additions == 1536)
    // 8 x 8 x 2 x 2 x 9.
    #expect(counts.steps == 2304)
  }

  @Test("partial sums spill to the outermost level")
  func g02b() throws {
    let counts = Base.run(
      try convolution(g: 1, k: 8, c: 8), on: Self.array,
      [
        LevelText("c 2, k 2, q 2, p 8"), LevelText("q 4", x: "k 4", y: "c 4"),
        LevelText("s 3, r 3"),
      ])
    #expect(counts.levels[1].traffic.weight.fills == 576)
    #expect(counts.levels[1].traffic.input.fills == 1920)
    #expect(counts.levels[2].traffic.weight.fills == 576)
    #expect(counts.levels[2].traffic.input.fills == 18432)
    #expect(counts.levels[1].traffic.input.reads == 4608)
    #expect(counts.levels[1].traffic.output.fills == 512)
    #expect(counts.levels[0].traffic.output.updates == 1024)
    #expect(counts.levels[1].traffic.output.updates == 1024)
    // The other program refills all four children of the reduction (2,048); here one gets it.
    #expect(counts.levels[2].traffic.output.fills == 512)
  }

  @Test(
    "rows on x and filter rows on y share along diagonals, by wires for them or by multicast",
    arguments: [true, false])
  func g04(hasDiagonalWires: Bool) throws {
    var hierarchy = Self.array
    if hasDiagonalWires {
      hierarchy.levels[1].x.multicast = .weight
      hierarchy.levels[1].y.multicast = .weight
      hierarchy.levels[1].diagonal = .input
    }
    let counts = Base.run(
      try convolution(g: 1, k: 8, c: 8), on: hierarchy,
      [LevelText(), LevelText("p 2, k 8, c 8, q 8", x: "p 4", y: "r 3"), LevelText("s 3")])
    #expect(counts.levels[2].traffic.weight.fills == 4608)
    #expect(counts.levels[1].traffic.weight.reads == 1152)
    #expect(counts.levels[2].traffic.input.fills == 15360)
    // 12 children hold 6 diagonals.
    #expect(counts.levels[1].traffic.input.reads == 7680)
    #expect(counts.levels[1].traffic.output.updates == 4096)
    // 512 of the 4,096 are first; the other program refills three children each.
    #expect(counts.levels[2].traffic.output.fills == 3584)
  }

  @Test("a depthwise halo between columns is one read")
  func g06() throws {
    let counts = Base.run(
      try convolution(g: 16, k: 1, c: 1), on: Self.array,
      [
        LevelText("g 2"), LevelText("q 2, p 8", x: "g 4", y: "q 4"), LevelText("g 2, s 3, r 3"),
      ])
    #expect(counts.levels[1].traffic.weight.fills == 144)
    #expect(counts.levels[2].traffic.weight.fills == 576)
    #expect(counts.levels[1].traffic.weight.reads == 144)
    #expect(counts.levels[1].traffic.input.fills == 1600)
    #expect(counts.levels[2].traffic.input.fills == 3840)
    // Timeloop counts 3,840: it shares only tiles that are equal.
    #expect(counts.levels[1].traffic.input.reads == 1920)
    #expect(counts.levels[1].traffic.output.updates == 1024)
  }

  @Test("a tensor that bypasses a level comes from the next one outside")
  func g07() throws {
    let counts = Base.run(
      try convolution(g: 1, k: 8, c: 8), on: Self.array,
      [
        LevelText("k 2"),
        LevelText("q 8, p 8, c 2", x: "k 4", y: "c 4", keeps: [.input, .output]),
        LevelText("s 3, r 3", keeps: [.weight, .output]),
      ])
    #expect(counts.levels[2].traffic.weight.fills == 36864)
    #expect(counts.levels[0].traffic.weight.reads == 36864)
    #expect(counts.levels[1].traffic.weight == Traffic())
    #expect(counts.levels[1].traffic.input.fills == 800)
    #expect(counts.levels[2].traffic.input == Traffic())
    #expect(counts.levels[1].traffic.output.updates == 512)
  }

  @Test("a matrix product with outputs that stay")
  func g09() throws {
    let counts = Base.run(
      try Base.linear(n: 16, k: 16, c: 32), on: Self.array,
      [LevelText("n 2, k 2"), LevelText("n 2, k 2, c 32", x: "k 4", y: "n 4"), LevelText()])
    #expect(counts.levels[1].traffic.weight.fills == 1024)
    #expect(counts.levels[2].traffic.weight.fills == 8192)
    #expect(counts.levels[1].traffic.weight.reads == 2048)
    #expect(counts.levels[1].traffic.input.fills == 512)
    #expect(counts.levels[1].traffic.input.reads == 2048)
    #expect(counts.levels[0].traffic.output.updates == 256)
  }

  @Test("a matrix product with weights that stay")
  func g10() throws {
    let counts = Base.run(
      try Base.linear(n: 16, k: 16, c: 32), on: Self.array,
      [LevelText("c 8, k 4"), LevelText("n 16", x: "k 4", y: "c 4"), LevelText()])
    #expect(counts.levels[2].traffic.weight.fills == 512)
    #expect(counts.levels[2].traffic.input.fills == 8192)
    #expect(counts.levels[1].traffic.input.reads == 2048)
    // 256 outputs over 8 tiles of c: 7 returns to the buffer.
    #expect(counts.levels[1].traffic.output.fills == 1792)
    #expect(counts.levels[0].traffic.output.updates == 2048)
    #expect(counts.levels[1].traffic.output.updates == 2048)
    #expect(counts.levels[2].traffic.output.fills == 1792)
  }
}
