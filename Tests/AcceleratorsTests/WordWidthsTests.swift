import Dataflow
import Ops
import Testing

@Suite("Widths of words")
struct WordWidthsTests {
  private let precision = Precision(weightBits: 4, activationBits: 8, accumulatorBits: 24)

  private func problem() throws -> Problem {
    try Problem(
      bounds: Extents([.k: 4, .c: 4]),
      projections: PerTensor(
        weight: Projection([AffineAxis(.k, extent: 4), AffineAxis(.c, extent: 4)]),
        input: Projection([AffineAxis(.c, extent: 4)]),
        output: Projection([AffineAxis(.k, extent: 4)])), precision: precision)
  }

  private func widths(_ levels: [LevelMapping], wordBits: Int? = nil) throws -> WordWidths {
    var memory = Hierarchy.Memory()
    memory.wordBits.output = wordBits
    let hierarchy = Hierarchy(levels: [
      Hierarchy.Level(name: "a", memory: Hierarchy.Memory()),
      Hierarchy.Level(name: "b", memory: memory), Hierarchy.Level(name: "c", memory: memory),
    ])
    return WordWidths(try problem(), on: hierarchy, under: Mapping(levels: levels))
  }

  @Test("output words are wide from the outermost reduction loop on inwards")
  func reductionInTheMiddle() throws {
    let widths = try widths([
      LevelMapping(keeps: .all, temporal: [Loop(.k, passes: 4, step: 1)]),
      LevelMapping(keeps: .all, temporal: [Loop(.c, passes: 4, step: 1)]),
      LevelMapping(keeps: .all),
    ])
    #expect((0..<3).map { widths.storedBits(.output, atLevel: $0) } == [8, 24, 24])
    #expect((0..<4).map { widths.parentSideBits(.output, atLevel: $0) } == [8, 8, 24, 24])
    #expect((0..<3).map { widths.wireBits(.output, belowLevel: $0) } == [8, 24, 24])
    #expect(widths.storedBits(.weight, atLevel: 1) == 4)
    #expect(widths.parentSideBits(.input, atLevel: 2) == 8)
  }

  @Test("a spatial reduction makes words wide below it, and a single pass does not")
  func spatialReduction() throws {
    let widths = try widths([
      LevelMapping(keeps: .all, temporal: [Loop(.c, passes: 1, step: 4)]),
      LevelMapping(keeps: .all, spatialX: [Loop(.c, passes: 4, step: 1)]),
      LevelMapping(keeps: .all, temporal: [Loop(.k, passes: 4, step: 1)]),
    ])
    #expect((0..<3).map { widths.storedBits(.output, atLevel: $0) } == [8, 24, 24])
    #expect(widths.parentSideBits(.output, atLevel: 1) == 8)
    #expect(widths.parentSideBits(.output, atLevel: 2) == 24)
  }

  @Test("a level's own width replaces both")
  func ownWidth() throws {
    let widths = try widths(
      [
        LevelMapping(keeps: .all),
        LevelMapping(keeps: .all, temporal: [Loop(.c, passes: 4, step: 1)]),
        LevelMapping(keeps: .all, temporal: [Loop(.k, passes: 4, step: 1)]),
      ], wordBits: 16)
    #expect(widths.storedBits(.output, atLevel: 1) == 16)
    #expect(widths.parentSideBits(.output, atLevel: 1) == 16)
    #expect(widths.wireBits(.output, belowLevel: 1) == 24)
  }
}
