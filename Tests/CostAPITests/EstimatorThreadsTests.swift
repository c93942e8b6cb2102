import Accelerators
import CostAPI
import Networks
import Ops
import Testing

/// A target that costs a layer by its multiply-accumulates, and counts how often it is asked.
private final class CountingTarget: LayerwiseTarget {
  let name = "counting"
  let asked = Guarded<[LayerIdentity: Int]>([:])
  /// Layers of this kind have no cost.
  let refused: OpKind?

  init(refusing refused: OpKind? = nil) { self.refused = refused }

  func cost(of placed: PlacedLayer) throws(CostError) -> LayerCost {
    let layer = placed.identity
    asked.withLock { $0[layer, default: 0] += 1 }
    if layer.op.kind == refused { throw .unsupported(layer: "\(layer.op.key)", reason: "refused") }
    return LayerCost(
      name: "", text: "\(layer.op.key)", macs: layer.op.macs, cycles: layer.op.macs,
      latencyMilliseconds: Double(layer.op.macs) * 0.1, energyPicojoules: 1, dramBytes: 2)
  }
}

@Suite("Threads of an estimator")
struct EstimatorThreadsTests {
  static let subjects: [CostSubject] = {
    let space = NASBench201(.cifar10)
    return (0..<300).compactMap { space.architecture(at: $0) }.map { CostSubject($0, of: space) }
  }()

  @Test("reports are the same with any number of threads", arguments: [2, 3, 8])
  func sameReports(threads: Int) throws {
    let one = try CostEstimator(CountingTarget(), threads: 1, listsLayers: true)
      .reports(for: Self.subjects)
    let many = try CostEstimator(CountingTarget(), threads: threads, listsLayers: true)
      .reports(for: Self.subjects)
    #expect(one.count == 300)
    #expect(
      one
        == (try CostEstimator(CountingTarget(), threads: 0, listsLayers: true)
          .reports(for: Self.subjects)))
    #expect(one == many)
  }

  @Test("a layer that many networks share is costed once")
  func sharedLayers() throws {
    let target = CountingTarget()
    _ = try CostEstimator(target, threads: 4).reports(for: Self.subjects)
    #expect(target.asked.withLock { $0.values.allSatisfy { $0 == 1 } })
    #expect(target.asked.withLock { $0.count } < 60)
  }

  @Test("the totals are the sums of the layers, named as in the network")
  func totals() throws {
    let subject = Self.subjects[7]
    let report = try CostEstimator(CountingTarget(), threads: 2, listsLayers: true)
      .reports(for: [subject])[0]
    let network = subject.network
    #expect(report.layers.map(\.name) == network.layers.map(\.name))
    #expect(report.macs == network.macs)
    #expect(report.parameters == network.parameters)
    #expect(report.dramBytes == Int64(2 * network.layers.count))
  }

  @Test("the error is that of the first layer without a cost", arguments: [1, 4])
  func firstError(threads: Int) throws {
    let target = CountingTarget(refusing: .globalPool)
    #expect(
      throws: CostError.unsupported(layer: "globalpool c=64 h=8 w=8", reason: "refused")
    ) { try CostEstimator(target, threads: threads).reports(for: Self.subjects) }
  }

  @Test("progress is told of every layer", arguments: [1, 4])
  func progress(threads: Int) throws {
    let told = Guarded<Set<Int>>([])
    let all = Guarded(0)
    _ = try CostEstimator(
      CountingTarget(), threads: threads,
      progress: { done, count in
        told.withLock { _ = $0.insert(done) }
        all.withLock { $0 = count }
      }
    ).reports(for: Self.subjects)
    #expect(told.withLock { $0.count } == all.withLock { $0 })
  }
}
