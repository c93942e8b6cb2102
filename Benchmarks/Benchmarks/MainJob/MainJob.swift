import Accelerators
import Benchmark
import CostAPI
import Networks

/// The main job: networks of NAS-Bench-201 on Eyeriss, from a process that knows nothing yet.
let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .cpuTotal, .peakMemoryResident], warmupIterations: 0,
    maxDuration: .seconds(30), maxIterations: 5)

  Benchmark("one network on eyeriss, cold") { _ in
    blackHole(try reports(threads: 1) { [try $0.architecture(at: 0)] })
  }

  Benchmark("all 15,625 networks on eyeriss, cold") { _ in
    blackHole(try reports(threads: 2) { try $0.everyArchitecture() })
  }

  Benchmark("one layer mapped") { _ in
    let evaluator = LayerEvaluator(try eyeriss().spatialArray(), options: CostOptions())
    let layer = try LayerEvaluator.layer("conv c=16 k=16 h=32 r=3 pad=1", batch: nil)
    blackHole(try evaluator.bestCost(of: layer))
  }
}

/// The chip's file, read anew.
private func eyeriss() throws -> LoadedTarget {
  let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
  let path = SearchPath(folders: [root.joined(separator: "/")])
  return try TargetCatalog(path).target("eyeriss")
}

private func reports(
  threads: Int, _ choose: (MemberReader) throws -> [Architecture]
) throws -> [CostReport] {
  let reader = try MemberReader(spaceName: "nasbench201-cifar10")
  let subjects = try choose(reader).map { CostSubject($0, of: reader.space) }
  let target = try eyeriss().hardwareTarget(CostOptions())
  return try CostEstimator(target, threads: threads).reports(for: subjects)
}
