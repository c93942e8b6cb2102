import CostAPI
import Dataflow
import Ops
import Testing

@Suite("Loop nests as text")
struct LoopNestTextTests {
  @Test("a tensor that lives on chip stands at its home, whatever the mapping keeps there")
  func resident() throws {
    let problem = try Problem(
      bounds: Extents([.k: 4, .c: 3]),
      projections: PerTensor(
        weight: Projection([AffineAxis(.k, extent: 4), AffineAxis(.c, extent: 3)]),
        input: Projection([AffineAxis(.c, extent: 3)]),
        output: Projection([AffineAxis(.k, extent: 4)])),
      precision: Precision(weightBits: 8, activationBits: 8, accumulatorBits: 8))
    let mapping = Mapping(levels: [
      LevelMapping(keeps: .all, temporal: [Loop(.k, passes: 4, step: 1)]),
      LevelMapping(keeps: .output, temporal: [Loop(.c, passes: 3, step: 1)]),
    ])
    let names = ["dram", "buffer"]
    #expect(
      LoopNestText(mapping, of: problem, levelNames: names).text == """
        dram: weight, input, output
        for k in 0..<4
          buffer: output
          for c in 0..<3
            compute

        """)
    #expect(
      LoopNestText(
        mapping, of: problem, levelNames: names, resident: .input, residentLevel: 1
      ).text == """
        dram: weight, output
        for k in 0..<4
          buffer: input (resident), output
          for c in 0..<3
            compute

        """)
  }
}
