import Accelerators
import Benchmark
import CostAPI
import Networks

/// FPGA pipelines: the best design of a network for a board, from a process that knows nothing yet and
/// from one that has met its layers, and the time of an image by the token recurrence.
let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .cpuTotal], warmupIterations: 1, maxDuration: .seconds(10),
    maxIterations: 200)

  for (network, board) in [("vgg16", "zc706"), ("vgg16", "zcu102"), ("resnet18", "zcu102")] {
    Benchmark("design of \(network) for \(board), cold") { _ in
      let network = try catalog().network(network)
      blackHole(try designed(board).leastInterval(for: network))
    }
  }

  Benchmark("design of an FBNet for zcu102, cold") { benchmark in
    let reader = try MemberReader(spaceName: "fbnet-cifar100")
    let text = Array(repeating: "3", count: 22).joined(separator: " ")
    let network = reader.space.network(of: try reader.architecture(text))
    benchmark.startMeasurement()
    blackHole(try designed("zcu102").leastInterval(for: network))
    benchmark.stopMeasurement()
  }

  Benchmark("design of one network of NAS-Bench-201 for zc706, its layers known") { benchmark in
    let reader = try MemberReader(spaceName: "nasbench201-cifar10")
    let network = reader.space.network(of: try reader.architecture(at: 1462))
    let board = try designed("zc706")
    blackHole(try board.leastInterval(for: network))
    benchmark.startMeasurement()
    blackHole(try board.leastInterval(for: network))
    benchmark.stopMeasurement()
  }

  Benchmark(
    "designs of all 15,625 networks for zc706", configuration: .init(maxIterations: 2)
  ) { _ in
    let reader = try MemberReader(spaceName: "nasbench201-cifar10")
    let subjects = try reader.everyArchitecture().map { CostSubject($0, of: reader.space) }
    blackHole(try CostEstimator(try designed("zc706"), threads: 2).reports(for: subjects))
  }

  Benchmark("an image of CNV-W1A1 by the token recurrence") { benchmark in
    let target = try catalog().target("bnn-pynq-cnv-w1a1").hardwareTarget(CostOptions())
    let network = try catalog().network("cnv")
    benchmark.startMeasurement()
    blackHole(try target.report(for: network, from: nil))
    benchmark.stopMeasurement()
  }
}

private func catalog() -> TargetCatalog {
  let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
  return TargetCatalog(SearchPath(folders: [root.joined(separator: "/")]))
}

private func designed(_ board: String) throws -> DesignedBoard {
  DesignedBoard(try catalog().target(board).board())
}
