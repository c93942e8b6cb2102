import Accelerators
import Dataflow
import Mapper
import Ops
import Testing

@Suite("Mapping search")
struct MappingSearchTests {
  @Test(
    "finds the proven optima of Timeloop's rules for eyeriss-like",
    arguments: [
      // Layer, and cycles and pJ of the least product of both over all row-stationary mappings,
      // by an independent branch and bound whose optima timeloop-model confirmed.
      (16, 16, 32, 3, 1, 24576, 6.70339e6), (32, 32, 16, 1, 1, 4096, 1.61391e6),
      (32, 16, 16, 3, 2, 12288, 4.11752e6), (32, 16, 16, 1, 1, 2048, 1.0681e6),
      (96, 16, 112, 1, 1, 114688, 1.25952e8),
    ] as [(Int32, Int32, Int32, Int32, Int32, Int64, Double)])
  func timeloopOptima(
    k: Int32, c: Int32, p: Int32, r: Int32, stride: Int32, cycles: Int64, picojoules: Double
  ) throws {
    let problem = try convolution(k: k, c: c, p: p, q: p, r: r, s: r, stride: stride)
    let result = try MappingSearch(
      Mapspace(problem, on: eyerissLike(), rules: .timeloop), minimizing: .energyDelayProduct
    ).best()
    // 0.1 %: whether the multiply-accumulate unit leaks differs between the two.
    #expect(result.cost.edpPicojouleCycles <= picojoules * Double(cycles) * 1.001)
    #expect(result.cost.macs == problem.iterations)
  }
}
