import Dataflow
import Ops
import TestSupport
import Testing

/// Every way in which a mapping can be refused.
@Suite("mapping errors")
struct MappingErrorTests {
  /// k 4, c 6 on two memories and four lanes on x.
  private static let hierarchy = Hierarchy(levels: [
    .init(name: "dram", memory: .init()),
    .init(name: "buffer", memory: .init(mustKeep: []), x: .init(size: 4)),
  ])

  private static func counts(
    of levels: [LevelText], on hierarchy: Hierarchy = hierarchy
  ) throws -> AccessCounts {
    try ReuseAnalysis(ReferenceSimulatorTests.linear(k: 4, c: 6), on: hierarchy)
      .accessCounts(under: Mapping(text: levels))
  }

  @Test("a mapping that covers the problem within the hardware is counted")
  func valid() throws {
    let counts = try Self.counts(of: [LevelText("c 2"), LevelText("c 3", x: "k 4")])
    #expect(counts.operations == 24)
    #expect(counts.steps == 6)
  }

  @Test("a mapping has as many levels as the hierarchy")
  func levelCount() {
    #expect(throws: MappingError.wrongLevelCount(expected: 2, found: 1)) {
      try Self.counts(of: [LevelText("c 6, k 4")])
    }
  }

  @Test("passes that leave a part of the tile out, or go beyond its end, are refused")
  func cover() {
    #expect(
      throws: MappingError.passesDoNotCover(
        level: "dram", .c, extent: 6, step: 2, expected: 3, found: 2)
    ) {
      try Self.counts(of: [LevelText("c 2@2, k 4"), LevelText("c 2")])
    }
    #expect(
      throws: MappingError.passesDoNotCover(
        level: "dram", .c, extent: 6, step: 4, expected: 2, found: 3)
    ) {
      try Self.counts(of: [LevelText("c 3@4, k 4"), LevelText("c 4")])
    }
    // The first loop leaves tiles of 4, of which 3 passes of 2 are one too many.
    #expect(
      throws: MappingError.passesDoNotCover(
        level: "buffer", .c, extent: 4, step: 2, expected: 2, found: 3)
    ) {
      try Self.counts(of: [LevelText("c 2@4, k 4"), LevelText("c 3@2, c 2@1")])
    }
  }

  @Test("a step below 1 is refused")
  func step() {
    let mapping = Mapping(levels: [
      LevelMapping(keeps: .all, temporal: [Loop(.c, passes: 6, step: 0)]),
      LevelMapping(keeps: .all),
    ])
    #expect(
      throws: MappingError.passesDoNotCover(
        level: "dram", .c, extent: 6, step: 0, expected: 0, found: 6)
    ) {
      try ReuseAnalysis(ReferenceSimulatorTests.linear(k: 4, c: 6), on: Self.hierarchy)
        .accessCounts(under: mapping)
    }
  }

  @Test("a dimension without loops, or one whose loops end above 1, is refused")
  func exhausted() {
    #expect(throws: MappingError.dimensionNotExhausted(.k, remaining: 4)) {
      try Self.counts(of: [LevelText("c 6"), LevelText()])
    }
    #expect(throws: MappingError.dimensionNotExhausted(.c, remaining: 3)) {
      try Self.counts(of: [LevelText("c 2@3, k 4"), LevelText()])
    }
  }

  @Test("the loops of an axis together need no more than its fan-out")
  func fanout() {
    #expect(throws: MappingError.exceedsFanout(level: "buffer", .x, needed: 8, available: 4)) {
      try Self.counts(of: [LevelText("c 3"), LevelText(x: "k 4, c 2")])
    }
    #expect(throws: MappingError.exceedsFanout(level: "dram", .y, needed: 2, available: 1)) {
      try Self.counts(of: [LevelText(y: "c 2"), LevelText("c 3", x: "k 4")])
    }
  }

  @Test("a level keeps only what its memory may, and all that it must")
  func keeps() {
    var hierarchy = Self.hierarchy
    hierarchy.levels[1].memory?.mayKeep = [.weight, .output]
    hierarchy.levels[1].memory?.mustKeep = .output
    let dram = LevelText("c 2")
    #expect(throws: MappingError.cannotKeep(level: "buffer", .input)) {
      try Self.counts(of: [dram, LevelText("c 3", x: "k 4")], on: hierarchy)
    }
    #expect(throws: MappingError.mustKeep(level: "buffer", .output)) {
      try Self.counts(of: [dram, LevelText("c 3", x: "k 4", keeps: .weight)], on: hierarchy)
    }
    hierarchy.levels[1].memory = nil
    #expect(throws: MappingError.cannotKeep(level: "buffer", .weight)) {
      try Self.counts(of: [dram, LevelText("c 3", x: "k 4", keeps: .weight)], on: hierarchy)
    }
  }

  @Test("the outermost level keeps every tensor of the problem")
  func outermost() {
    #expect(throws: MappingError.outermostBypasses(.input)) {
      try Self.counts(of: [
        LevelText("c 2", keeps: [.weight, .output]), LevelText("c 3", x: "k 4"),
      ])
    }
  }

  @Test("tiles that share a memory fit it together, at their stored widths")
  func sharedCapacity() throws {
    // Tiles: 12 weights and 3 inputs of 8 bits; 4 outputs, partial sums of 24 bits as c is cut
    // outside: 96 + 24 + 96 bits.
    let levels = [LevelText("c 2"), LevelText("c 3", x: "k 4")]
    var hierarchy = Self.hierarchy
    hierarchy.levels[1].memory?.capacity = .shared(216)
    #expect(try Self.counts(of: levels, on: hierarchy).levels[1].traffic.weight.peakWords == 12)
    hierarchy.levels[1].memory?.capacity = .shared(215)
    #expect(
      throws: MappingError.doesNotFit(
        level: "buffer", tensor: nil, neededBits: 216, availableBits: 215)
    ) {
      try Self.counts(of: levels, on: hierarchy)
    }
    // A level with words of its own: 12 + 3 + 4 of 16 bits.
    hierarchy.levels[1].memory?.wordBits = PerTensor(repeating: 16)
    #expect(
      throws: MappingError.doesNotFit(
        level: "buffer", tensor: nil, neededBits: 304, availableBits: 215)
    ) {
      try Self.counts(of: levels, on: hierarchy)
    }
  }

  @Test("each tile fits its own partition, and what bypasses needs none")
  func partitions() throws {
    let levels = [LevelText("c 2"), LevelText("c 3", x: "k 4", keeps: [.weight, .output])]
    var hierarchy = Self.hierarchy
    hierarchy.levels[1].memory?.capacity = .partitions(
      PerTensor(weight: 96, input: nil, output: 96))
    #expect(try Self.counts(of: levels, on: hierarchy).levels[1].traffic.input == Traffic())
    hierarchy.levels[1].memory?.capacity = .partitions(
      PerTensor(weight: 96, input: nil, output: 95))
    #expect(
      throws: MappingError.doesNotFit(
        level: "buffer", tensor: .output, neededBits: 96, availableBits: 95)
    ) {
      try Self.counts(of: levels, on: hierarchy)
    }
  }

  @Test("the largest tile decides, not the last")
  func remainderCapacity() throws {
    // c in tiles of 4 and 2: 4 x 4 weights, 4 inputs of 8 bits; 4 outputs of 24.
    let levels = [LevelText("c 2@4"), LevelText("c 4", x: "k 4")]
    var hierarchy = Self.hierarchy
    hierarchy.levels[1].memory?.capacity = .shared(255)
    #expect(
      throws: MappingError.doesNotFit(
        level: "buffer", tensor: nil, neededBits: 256, availableBits: 255)
    ) {
      try Self.counts(of: levels, on: hierarchy)
    }
  }

  @Test("numbers beyond all sense are refused, not computed with")
  func absurdNumbers() throws {
    let analysis = ReuseAnalysis(
      try ReferenceSimulatorTests.linear(k: 4, c: 6), on: Self.hierarchy)
    var random = SplitMix64(seed: 3)
    let numbers: [Int32] = [.min, -6, -1, 0, 1, 2, 3, 4, 6, .max - 1, .max]
    for _ in 0..<2000 {
      let levels = (0..<2).map { _ in
        let lists = (0..<3).map { _ in
          (0..<random.number(in: 0...2)).map { _ in
            Loop(
              random.pick([.k, .c]), passes: random.pick(numbers), step: random.pick(numbers))
          }
        }
        return LevelMapping(
          keeps: .all, temporal: lists[0], spatialX: lists[1], spatialY: lists[2])
      }
      // Whatever is accepted counts every iteration.
      if let counts = try? analysis.accessCounts(under: Mapping(levels: levels)) {
        #expect(counts.levels[1].wires.output.collections == 24)
      }
    }
  }
}
