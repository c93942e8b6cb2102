import Accelerators
import CostAPI
import Networks
import Ops
import Testing

/// A target on which every handed-over tensor stays unless it was refused, and which cannot run
/// some placements: a layer costs one, and one more for each tensor that does not stay.
private struct FussyTarget: LayerwiseTarget {
  let name = "fussy"

  func placements(of network: Network, refusing refused: Set<PlacedLayer>) -> [PlacedLayer] {
    var placed = network.layers.map { PlacedLayer($0.identity) }
    for handover in network.handovers {
      var (producer, consumer) = (placed[handover.producer], placed[handover.consumer])
      producer.resident.output = true
      consumer.resident.input = .whole
      guard !refused.contains(producer), !refused.contains(consumer) else { continue }
      placed[handover.producer] = producer
      placed[handover.consumer] = consumer
    }
    return placed
  }

  func cost(of layer: PlacedLayer) throws(CostError) -> LayerCost {
    let (kind, resident) = (layer.identity.op.kind, layer.resident)
    let isRefused =
      switch kind {
      case .averagePool: resident != .none
      case .convolution: resident.output && resident.input != .none
      default: false
      }
    if isRefused { throw .unmappable(layer: "\(layer.identity.op.key)", reason: "refused") }
    let cost = 3 - Int64(resident.tensors.members.count)
    return LayerCost(
      name: "", text: "\(layer.identity.op.key)", macs: 0, cycles: cost,
      latencyMilliseconds: Double(cost), energyPicojoules: Double(cost), dramBytes: cost)
  }
}

@Suite("Placements that are refused")
struct PlacementThreadsTests {
  static let subjects: [CostSubject] = {
    let space = NASBench201(.cifar10)
    return stride(from: 0, to: 15_625, by: 100).compactMap { space.architecture(at: $0) }
      .map { CostSubject($0, of: space) }
  }()

  @Test("are given up, the same for one network as for many, with any number of threads")
  func sameReports() throws {
    let one = try CostEstimator(FussyTarget(), threads: 1, listsLayers: true)
      .reports(for: Self.subjects)
    for threads in [2, 3, 8] {
      let many = try CostEstimator(FussyTarget(), threads: threads, listsLayers: true)
        .reports(for: Self.subjects)
      #expect(one == many)
    }
    for (subject, report) in zip(Self.subjects, one) {
      #expect(try FussyTarget().report(for: subject.network, from: nil) == report)
    }
    // Some tensors stay, and no network has as many as it hands over.
    let costs = one.flatMap(\.layers).map(\.cycles)
    #expect(costs.contains(2) && costs.contains(3))
  }

  @Test("leave a chain its first tensors")
  func chain() throws {
    let conv = LayerIdentity(op: try LayerText("conv c=4 k=4 h=8 r=1").op)
    let pool = LayerIdentity(op: try LayerText("avgpool c=4 h=8 r=1").op)
    let network = try Network(
      name: "chain", input: FeatureMap(channels: 4, height: 8, width: 8),
      layers: [conv, conv, conv, conv, pool, conv, conv].enumerated().map { index, identity in
        Layer(
          name: "\(index)", op: identity.op,
          inputs: [index == 0 ? .networkInput : .layer(index - 1)])
      })
    let report = try CostEstimator(FussyTarget(), listsLayers: true)
      .reports(for: [CostSubject(network)])[0]
    // A convolution has one tensor on chip, a pooling none: 0-1, 2-3 and 5-6 hand theirs over.
    #expect(report.layers.map(\.dramBytes) == [2, 2, 2, 2, 3, 2, 2].map { Int64($0) })
  }
}
