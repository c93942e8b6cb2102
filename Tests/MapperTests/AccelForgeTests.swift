import Accelerators
import Dataflow
import Foundation
import HardwareConfigs
import Mapper
import Networks
import Ops
import Testing

@Suite("The array of AccelForge's example")
struct AccelForgeTests {
  private func array() throws -> SpatialArray {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let url = root.appendingPathComponent("hwconfigs/accelforge-eyeriss.yaml")
    let text = try String(contentsOf: url, encoding: .utf8)
    return try HardwareConfig(text: text, file: "hwconfigs/accelforge-eyeriss.yaml").array
  }

  private func best(
    _ layer: String, on array: SpatialArray, minimizing objective: Objective, _ factors: Factors
  ) throws -> SearchResult {
    let problems = try LayerText(layer).op.problems(batch: 1, precision: array.precision)
    let problem = try #require(problems.first)
    return try MappingSearch(
      Mapspace(problem, on: array, factors: factors), minimizing: objective
    ).best()
  }

  /// What AccelForge 1.0.467 found in minimising energy, in microjoules. Its
  /// space is part of ours: its example asks for mappings that fill the array best.
  @Test(
    "has a mapping of at most the energy that AccelForge finds",
    arguments: [
      ("conv c=64 k=64 h=8 r=1", 1.745), ("conv c=32 k=32 h=16 r=1", 1.938),
      ("conv c=16 k=16 h=32 r=1", 2.943), ("conv c=16 k=16 h=32 r=3 pad=1", 10.26),
      ("depthwise c=144 h=28 r=5 pad=2", 34.09),
    ])
  func energy(layer: String, microjoules: Double) throws {
    let array = try array()
    let cost = try best(layer, on: array, minimizing: .energy, .perfect).cost
    #expect(cost.energyPicojoules <= microjoules * 1e6)
  }

  @Test("reads the padding and unrolls by its rules")
  func mapping() throws {
    let array = try array()
    for factors in [Factors.perfect, .imperfect] {
      let result = try best(
        "conv c=16 k=16 h=32 r=3 pad=1", on: array, minimizing: .energyDelayProduct, factors)
      // 34 x 34 x 16 words, not 32 x 32 x 16, and 50 Mi transfers of 8 bytes a second.
      let traffic = result.cost.levels[0].traffic
      #expect(traffic.input.reads >= 18_496 && traffic.weight.reads >= 2_304)
      #expect(traffic.output.updates >= 16_384)
      #expect(Double(result.cost.cycles) >= Double(result.cost.dramBytes) / 2.097152)
      let elements = result.mapping.levels[1]
      let x = Set(elements.spatialX.map(\.dimension)), y = Set(elements.spatialY.map(\.dimension))
      #expect(!x.isEmpty && x.isSubset(of: [.n, .p, .q]))
      #expect(!y.isEmpty && y.isSubset(of: [.c, .r, .s]))
    }
  }
}
