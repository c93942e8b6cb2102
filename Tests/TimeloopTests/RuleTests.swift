import Dataflow
import Ops
import Testing

/// Small nests whose counts follow from one rule of `Documentation/Model.md`, section 7.
@Suite("Timeloop's rules, one at a time")
struct RuleTests {
  private func analyse(
    _ problem: Problem, _ levels: [Hierarchy.Level],
    _ loops: [(keeps: TensorSet, temporal: [Passes], x: [Passes], y: [Passes])],
    switches: CountingSwitches = .init()
  ) throws -> AccessCounts {
    try TimeloopAnalysis(problem, on: Hierarchy(levels: levels), switches: switches)
      .accessCounts(under: loopNest(of: problem, loops))
  }

  private func plain(_ counts: AccessCounts) -> [PerTensor<Traffic>] {
    counts.levels.map { WrittenCase.plain($0.traffic) }
  }

  @Test(
    "a tensor that bypasses two levels is read from the third as its innermost keeper is filled")
  func bypassChain() throws {
    let problem = try convolution(p: 4, r: 3)
    let found = try analyse(
      problem, [buffer("dram"), buffer("l2"), buffer("l1"), buffer("rf")],
      [
        level(),
        level(keeps: [.input, .output], [(.p, 2)]),
        level(keeps: [.input, .output], [(.p, 2)]),
        level([(.r, 3)]),
      ])
    // The three weights stay in rf for all four p; the window of 3 slides by 1: 3 + 3 × 1 words.
    #expect(
      plain(found) == [
        counts(weight: (3, 0, 0), input: (6, 0, 0), output: (0, 0, 4)),
        counts(weight: nil, input: (6, 6, 0), output: (0, 0, 4)),
        counts(weight: nil, input: (6, 6, 0), output: (0, 0, 4)),
        counts(weight: (12, 3, 0), input: (12, 6, 0), output: (8, 0, 12)),
      ])
  }

  @Test("a bypassed innermost level makes its parent serve every multiply-accumulate")
  func innermostBypass() throws {
    let problem = try convolution(p: 4, r: 3)
    let found = try analyse(
      problem, [buffer("dram"), buffer("buf"), buffer("rf")],
      [level(), level([(.p, 4)]), level(keeps: [.weight, .output], [(.r, 3)])])
    #expect(found.levels[1].traffic.input.reads == 12)
    #expect(found.levels[1].traffic.input.fills == 6)
    #expect(found.levels[2].traffic.input == Traffic())
  }

  @Test("a matrix product with stationary outputs reads each operand once a row or column")
  func outputStationaryProduct() throws {
    let problem = try convolution(n: 2, k: 2, c: 3)
    let found = try analyse(
      problem, [buffer("dram"), buffer("buf", x: 2, y: 2), buffer("rf", words: 3)],
      [level(), level([(.c, 3)], x: [(.k, 2)], y: [(.n, 2)]), level()])
    // Each step two weights go to two rows, two inputs to two columns; four sums stay.
    #expect(
      plain(found) == [
        counts(weight: (6, 0, 0), input: (6, 0, 0), output: (0, 0, 4)),
        counts(weight: (6, 6, 0), input: (6, 6, 0), output: (0, 0, 4)),
        counts(weight: (12, 12, 0), input: (12, 12, 0), output: (8, 0, 12)),
      ])
    #expect(found.levels[2].utilizedInstances == 4)
    #expect(found.steps == 3)
  }

  private func spilledSums(_ switches: CountingSwitches) throws -> PerTensor<Traffic> {
    let problem = try convolution(c: 4, p: 2)
    let found = try analyse(
      problem, [buffer("dram"), buffer("buf", y: 2), buffer("rf")],
      [level(), level([(.c, 2), (.p, 2)], y: [(.c, 2)]), level()], switches: switches)
    #expect(found.levels[1].traffic.output.updates == 4)
    #expect(found.levels[1].wires.output.collections == 8)
    #expect(found.levels[1].wires.output.additions == 4)
    return plain(found)[2]
  }

  @Test("a returning partial sum is filled into every child of a reduction")
  func returningSums() throws {
    // p0 p1 p0 p1: each of two children lets go of 4 sums and gets 2 back.
    let found = try spilledSums(.init())
    #expect(found.output == counts(weight: nil, input: nil, output: (4, 4, 8)).output)
  }

  @Test("where first partial sums are read, nothing is left out")
  func firstPartialSums() throws {
    let found = try spilledSums(.init(readsFirstPartialSum: true))
    #expect(found.output == counts(weight: nil, input: nil, output: (8, 8, 8)).output)
  }

  @Test("a child takes a whole tile from a neighbour that had it in the step before")
  func linkTransfers() throws {
    let problem = try convolution(p: 4, r: 3)
    let found = try analyse(
      problem, [buffer("dram"), buffer("buf", x: 3), buffer("rf")],
      [level(), level([(.p, 4)], x: [(.r, 3)]), level()])
    // Child r needs word p + r: at each of the three later steps the last child alone asks the
    // buffer, the two others their neighbour. 3 + 3 words read, 2 × 3 passed on.
    #expect(found.levels[1].traffic.input.reads == 6)
    #expect(found.levels[2].traffic.input.fills == 12)
    #expect(found.levels[2].traffic.input.reads == 12 + 6)
    #expect(found.levels[2].traffic.input.forwards == 6)
  }

  @Test("words wider apart than one are a box all the same")
  func strideAndDilation() throws {
    let problem = try convolution(p: 4, r: 2, stride: 2, dilation: 3)
    let found = try analyse(
      problem, [buffer("dram"), buffer("buf")], [level([(.p, 2)]), level([(.r, 2), (.p, 2)])])
    // 2p + 3r over p 0…1, r 0…1 is 0…5, of which 0, 2, 3 and 5 are words; the next box is 4…9.
    #expect(found.levels[1].traffic.input.peakWords == 6)
    #expect(found.levels[1].traffic.input.fills == 6 + 4)
  }

  @Test("three fan-outs in a row, one of them without memory")
  func threeFanouts() throws {
    let problem = try convolution(k: 2, c: 2, p: 2, r: 2)
    let found = try analyse(
      problem, [buffer("dram", x: 2), buffer("mid", x: 2), fanout("column", y: 2), buffer("rf")],
      [
        level(x: [(.k, 2)]), level(x: [(.c, 2)]), level(keeps: [], y: [(.p, 2)]),
        level([(.r, 2)]),
      ])
    // Weights: 8 in all, 4 a mid, 2 a column, both its rows the same. Inputs: both mids the same 6;
    // a column's rows need words 0 1 and 1 2, which are two boxes, so that a mid reads 8.
    // Outputs: the columns of a mid are added, each row's sum is alone.
    #expect(
      plain(found) == [
        counts(weight: (8, 0, 0), input: (6, 0, 0), output: (0, 0, 4)),
        counts(weight: (8, 8, 0), input: (16, 12, 0), output: (0, 0, 4)),
        counts(weight: nil, input: nil, output: nil),
        counts(weight: (16, 16, 0), input: (16, 16, 0), output: (8, 0, 16)),
      ])
    #expect(found.levels.map(\.utilizedInstances) == [1, 2, 4, 8])
  }

  @Test("a tile that did not move keeps its reuse; one that jumps back is fetched anew")
  func translations() throws {
    let problem = try convolution(k: 2, p: 4, r: 3)
    let levels = [buffer("dram"), buffer("buf")]
    let inner = level([(.r, 3), (.p, 2)])
    let outerP = try analyse(problem, levels, [level([(.p, 2), (.k, 2)]), inner])
    // 4 words, the same again, then 2 new ones, the same again.
    #expect(outerP.levels[1].traffic.input.fills == 6)
    let outerK = try analyse(problem, levels, [level([(.k, 2), (.p, 2)]), inner])
    // 4, 2, then back by 2: 4, 2.
    #expect(outerK.levels[1].traffic.input.fills == 12)
  }

  @Test("a slide by another vector than the last counts the whole tile")
  func changedVector() throws {
    let problem = try convolution(p: 4, r: 4)
    let found = try analyse(
      problem, [buffer("dram"), buffer("buf")],
      [level([(.p, 2), (.r, 2)]), level([(.r, 2), (.p, 2)])])
    // Boxes 0…2, 2…4 (r), 2…4 (p: did not move), 4…6 (r, by 2 again): 3 + 2 + 0 + 2.
    #expect(found.levels[1].traffic.input.fills == 7)
    let strided = try convolution(p: 4, r: 4, stride: 2)
    let other = try analyse(
      strided, [buffer("dram"), buffer("buf")],
      [level([(.p, 2), (.r, 2)]), level([(.r, 2), (.p, 2)])])
    // Boxes 0…3, 2…5 (by 2), 4…7 (by 2), 6…9 (by 2): 4 + 2 + 2 + 2.
    #expect(other.levels[1].traffic.input.fills == 10)
    let wide = try convolution(p: 4, r: 4, stride: 3)
    let jumps = try analyse(
      wide, [buffer("dram"), buffer("buf")],
      [level([(.p, 2), (.r, 2)]), level([(.r, 2), (.p, 2)])])
    // Boxes 0…4, 2…6 (by 2), 6…10 (by 4: whole), 8…12 (by 2, nothing remembered): 5 + 2 + 5 + 2.
    #expect(jumps.levels[1].traffic.input.fills == 14)
  }

  @Test("a dimension on both axes spreads the same tiles as on one")
  func bothAxes() throws {
    let problem = try convolution(k: 6, c: 2)
    let rest = [level([(.c, 2)])]
    let both = try analyse(
      problem, [buffer("dram", x: 2, y: 3), buffer("rf")],
      [level(x: [(.k, 2)], y: [(.k, 3)])] + rest)
    let one = try analyse(
      problem, [buffer("dram", x: 6), buffer("rf")], [level(x: [(.k, 6)])] + rest)
    #expect(both.levels.map(\.traffic) == one.levels.map(\.traffic))
  }

  @Test("idle lanes of a remainder are spread over the run")
  func remainder() throws {
    let problem = try convolution(k: 7, c: 2)
    let found = try analyse(
      problem, [buffer("dram", x: 4), buffer("rf")],
      [level([(.k, 2)], x: [(.k, 4)]), level([(.c, 2)])])
    // 4 + 3 children in two passes: 3.5 of 4, printed as 4; each reads 2 words a pass, and the
    // parent sends (4 + 3) × 2 words, of which each of 4 children is said to get 3.5.
    #expect(found.operations == 14)
    #expect(found.steps == 4)
    #expect(found.utilizedLanes == 4)
    #expect(found.levels[0].traffic.weight.reads == 14)
    #expect(found.levels[1].busiest.weight.reads == 4)
    #expect(found.levels[1].busiest.weight.fills == 4)
  }

  @Test("lanes below the innermost memory read it once for all that need the same word")
  func lanes() throws {
    let problem = try convolution(k: 2, c: 4)
    let found = try analyse(
      problem, [buffer("dram"), buffer("buf", x: 4)],
      [level(), level([(.k, 2)], x: [(.c, 4)])])
    #expect(found.levels[1].traffic.weight.reads == 8)
    // The four inputs are read again for the second k: the lanes keep nothing, but each lane's own
    // word is no neighbour's.
    #expect(found.levels[1].traffic.input.reads == 8)
    #expect(found.levels[1].traffic.output.updates == 2)
    #expect(found.levels[1].traffic.output.reads == 0)
    #expect(found.operations == 8)
  }

  @Test("a full tile cut into unequal parts is refused")
  func unequalParts() throws {
    let problem = try convolution(p: 10)
    let hierarchy = Hierarchy(levels: [buffer("dram"), buffer("buf")])
    let mapping = Mapping(levels: [
      LevelMapping(keeps: .all, temporal: [Loop(.p, passes: 3, step: 4)]),
      LevelMapping(
        keeps: .all, temporal: [Loop(.p, passes: 2, step: 3), Loop(.p, passes: 3, step: 1)]),
    ])
    #expect(throws: MappingError.imperfectFactor(level: "buf", .p, extent: 4, step: 3)) {
      try TimeloopAnalysis(problem, on: hierarchy).accessCounts(under: mapping)
    }
  }

  @Test("padding counts, and the rule set is chosen by name")
  func padding() throws {
    // Four outputs of a window of 3 over a row of 4 words, one padded at each end.
    let row = AffineAxis([.init(1, .p), .init(1, .r)], offset: -1, extent: 4)
    let problem = try Problem(
      bounds: Extents([.p: 4, .r: 3]),
      projections: PerTensor(
        weight: Projection([AffineAxis(.r, extent: 3)]), input: Projection([row]),
        output: Projection([AffineAxis(.p, extent: 4)])),
      precision: Precision(weightBits: 8, activationBits: 8, accumulatorBits: 8))
    let analysis = ReuseAnalysis(problem, on: Hierarchy(levels: [buffer("dram"), buffer("buf")]))
    let mapping = loopNest(of: problem, [level([(.p, 4)]), level([(.r, 3)])])
    let exact = try analysis.accessCounts(under: mapping, by: .exact)
    let timeloop = try analysis.accessCounts(under: mapping, by: .timeloop)
    #expect(exact.levels[1].traffic.input.fills == 4)
    #expect(timeloop.levels[1].traffic.input.fills == 6)
  }

  @Test("a nest that would be visited for ever is refused")
  func tooManyVisits() throws {
    // 27 temporal loops of two passes each.
    let problem = try convolution(k: 512, c: 512, p: 512)
    let twice = Array(repeating: 2 as Int32, count: 9)
    let loops = level(twice.map { (.k, $0) } + twice.map { (.c, $0) } + twice.map { (.p, $0) })
    #expect(throws: MappingError.tooManyVisits(limit: 1 << 24)) {
      try analyse(problem, [buffer("dram")], [loops])
    }
  }
}
