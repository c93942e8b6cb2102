import Accelerators
import Dataflow
import Foundation
import HardwareConfigs
import Mapper
import Networks
import Ops
import Testing

/// Every distinct layer of both search spaces that runs on the multiply-accumulate array.
private func layers() throws -> [LayerIdentity] {
  var networks: [Network] = []
  for dataset in NASBench201.Dataset.allCases {
    let space = NASBench201(dataset)
    for op in ["nor_conv_3x3", "nor_conv_1x1"] {
      let text = "|\(op)~0|+|\(op)~0|\(op)~1|+|\(op)~0|\(op)~1|\(op)~2|"
      networks.append(space.network(of: try space.architecture(text)))
    }
  }
  for variant in [FBNet.Variant.cifar100, .imageNet, .imageNetFacebook] {
    let space = FBNet(variant)
    for choice in 0..<9 {
      networks.append(
        space.network(of: try space.architecture(choices: Array(repeating: choice, count: 22))))
    }
  }
  var known: Set<LayerIdentity> = []
  return networks.flatMap(\.layers).map(\.identity)
    .filter { $0.op.kind.isMultiplyAccumulate && known.insert($0).inserted }
}

private func shippedArray(_ name: String) throws -> SpatialArray {
  let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  let url = root.appendingPathComponent("hwconfigs/\(name).yaml")
  let text = try String(contentsOf: url, encoding: .utf8)
  return try HardwareConfig(text: text, file: "hwconfigs/\(name).yaml").array
}

@Suite("Conservation on the shipped targets")
struct ConservationTests {
  /// On a free target a search takes seconds, so that only some of the layers get one.
  @Test(
    "operations are conserved, tensors move at least once and parts add up",
    arguments: [
      ("eyeriss", 1), ("eyeriss-like", 1), ("eyeriss-like-free", 80), ("accelforge-eyeriss", 80),
    ])
  func conservation(name: String, every: Int) throws {
    let array = try shippedArray(name)
    let layers = try layers()
    #expect(layers.count > 200)
    for layer in layers.enumerated().filter({ $0.offset % every == 0 }).map(\.element) {
      for problem in try layer.op.problems(batch: 1, precision: array.precision) {
        let search = MappingSearch(Mapspace(problem, on: array), minimizing: .energyDelayProduct)
        let result = try search.best()
        check(result, problem, array, name: "\(name): \(layer.op.key)")
      }
    }
  }

  private func check(
    _ result: SearchResult, _ problem: Problem, _ array: SpatialArray, name: String
  ) {
    let cost = result.cost
    #expect(cost.macs == problem.iterations, "\(name)")
    let words = PerTensor(weight: .weight, input: .input, output: .output).map {
      (role: TensorRole) in problem.compulsoryWords(of: role, storesPadding: false)
    }
    let outermost = cost.levels[0].traffic
    #expect(outermost.weight.reads >= words.weight, "\(name)")
    #expect(outermost.input.reads >= words.input, "\(name)")
    #expect(outermost.output.updates >= words.output, "\(name)")
    #expect(outermost.output.reads == outermost.output.updates - words.output, "\(name)")
    #expect(cost.cycles * array.laneCount >= cost.macs, "\(name)")
    #expect(cost.cycles >= cost.levels.map(\.cycles).max() ?? 0, "\(name)")
    let parts =
      cost.levels.reduce(0) { $0 + $1.accessPicojoules + $1.wirePicojoules }
      + cost.compute.energyPicojoules + cost.staticPicojoules
    #expect(abs(parts - cost.energyPicojoules) <= 1e-9 * parts, "\(name)")
    for (role, bits) in [
      (TensorRole.weight, problem.precision.weightBits),
      (.input, problem.precision.activationBits), (.output, problem.precision.activationBits),
    ] {
      #expect(cost.dramBytes * 8 >= words[role] * Int64(bits), "\(name)")
    }
  }
}
