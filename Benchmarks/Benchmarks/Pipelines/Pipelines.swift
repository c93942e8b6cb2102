import Accelerators
import CostAPI
import Glibc
import Networks

/// How long the best streaming design of a network for a board takes to find and to prove, how long all
/// networks of a search space take, and how long an image takes to run by the token recurrence.
///
///     swift run -c release --package-path Benchmarks Pipelines
///
/// Prints each figure beside its threshold, and ends with status 1 if any is above its own. Designs are
/// found by a process that knows nothing of the board yet, unless it says so; times are CPU time, of one
/// run for all networks of a space, else the median of some.
@main
struct Pipelines {
  static func main() throws {
    var isWithin = true
    for set in try DesignSet.all() { isWithin = try measure(set) && isWithin }
    isWithin = try measureKnownLayers() && isWithin
    isWithin = try measureRecurrence() && isWithin
    isWithin = try measureSpace() && isWithin
    if !isWithin { exit(1) }
  }

  /// Measures the designs of networks for a board; `false` where one takes longer than its threshold.
  private static func measure(_ set: DesignSet) throws -> Bool {
    let board = try catalog.target(set.board).board()
    var times: [(milliseconds: Double, name: String)] = []
    var (proven, refused) = (0, 0)
    for network in set.networks {
      var found: Result<FoundDesign, CostError>?
      let time = median(of: set.runs) {
        found = Result { () throws(CostError) in
          try DesignedBoard(board).leastInterval(for: network)
        }
      }
      times.append((time, network.name))
      switch found {
      case .success(let design) where design.certificate.isProven: proven += 1
      case .failure: refused += 1
      default: break
      }
    }
    times.sort { $0.milliseconds < $1.milliseconds }
    guard let slowest = times.last else { return true }
    let middle = times[times.count / 2].milliseconds
    let many = times.count > 1 ? "\(times.count) designs, median \(text(middle)), slowest " : ""
    return report(
      "\(set.name) on \(set.board)", slowest.milliseconds, below: set.milliseconds,
      before: many,
      after: ", \(proven) of \(times.count) proven"
        + (refused > 0 ? ", \(refused) refused" : ""))
  }

  /// A network on a board that has met its layers, but not in these numbers.
  private static func measureKnownLayers() throws -> Bool {
    let space = NASBench201(.cifar10)
    let board = try catalog.target("zc706").board()
    let networks = [0, 1462, 7777, 15_624].compactMap { space.architecture(at: $0) }
      .map { space.network(of: $0) }
    // Every op at every edge: all layers that any network of the space has.
    let others = (0..<5).compactMap { space.architecture(at: $0 * 3906) }
      .map { space.network(of: $0) }
    var slowest = 0.0
    for network in networks {
      var times: [Double] = []
      for _ in 0..<9 {
        let designed = DesignedBoard(board)
        for other in others { _ = try? designed.placed(other) }
        times.append(try milliseconds { _ = try designed.leastInterval(for: network) })
      }
      slowest = max(slowest, times.sorted()[times.count / 2])
    }
    return report("a NAS-Bench-201 network on zc706, its layers known", slowest, below: 1)
  }

  /// A published design runs an image.
  private static func measureRecurrence() throws -> Bool {
    let target = try catalog.target("bnn-pynq-cnv-w1a1").hardwareTarget(CostOptions())
    let network = try catalog.network("cnv")
    let time = try median(of: 21) { _ = try target.report(for: network, from: nil) }
    return report("an image of CNV-W1A1 by the token recurrence", time, below: 1)
  }

  /// All networks of NAS-Bench-201 on a board, on two threads.
  private static func measureSpace() throws -> Bool {
    let reader = try MemberReader(spaceName: "nasbench201-cifar10")
    let subjects = try reader.everyArchitecture().map { CostSubject($0, of: reader.space) }
    let estimator = CostEstimator(
      DesignedBoard(try catalog.target("zc706").board()), threads: 2)
    let start = wallSeconds()
    let processor = try milliseconds { _ = try estimator.reports(for: subjects) }
    // Ten seconds of each of two cores: what passes on the wall depends on what else runs.
    return report(
      "all \(subjects.count) NAS-Bench-201 networks on zc706, two threads", processor,
      below: 20_000, after: ", \(text((wallSeconds() - start) * 1000)) on the wall")
  }
}

// MARK: - Measuring
extension Pipelines {
  fileprivate static let catalog: TargetCatalog = {
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
    return TargetCatalog(SearchPath(folders: [root.joined(separator: "/")]))
  }()

  private static func milliseconds(_ work: () throws -> Void) rethrows -> Double {
    let start = clock()
    try work()
    return Double(clock() - start) * 1000 / Double(CLOCKS_PER_SEC)
  }

  private static func median(of runs: Int, _ work: () throws -> Void) rethrows -> Double {
    var times: [Double] = []
    for _ in 0..<runs { times.append(try milliseconds(work)) }
    return times.sorted()[runs / 2]
  }

  private static func wallSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  private static func text(_ milliseconds: Double) -> String {
    let hundredths = Int((milliseconds * 100).rounded())
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) ms"
  }

  private static func report(
    _ name: String, _ time: Double, below threshold: Double, before: String = "",
    after: String = ""
  ) -> Bool {
    let isWithin = time < threshold
    print(
      "\(isWithin ? "  " : "! ")\(name): \(before)\(text(time)) of \(text(threshold))\(after)")
    return isWithin
  }
}

/// Networks that are designed for one board.
private struct DesignSet {
  var name: String
  var board: String
  var networks: [Network]
  /// Milliseconds each may take.
  var milliseconds: Double
  var runs = 9

  static func all() throws -> [DesignSet] {
    var blocks: [Network] = []
    for variant in FBNet.Variant.allCases {
      let space = FBNet(variant)
      // Each of the nine blocks at all of the 22 places.
      for block in 0..<9 {
        let text = Array(repeating: String(block), count: 22).joined(separator: " ")
        blocks.append(space.network(of: try space.architecture(text)))
      }
    }
    // Ten of each space, drawn by a linear congruential generator (Knuth's MMIX).
    var drawn: [Network] = []
    var state: UInt64 = 12345
    for variant in FBNet.Variant.allCases {
      let space = FBNet(variant)
      for _ in 0..<10 {
        let blocks = (0..<22).map { _ in
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          return String((state >> 33) % 9)
        }
        drawn.append(space.network(of: try space.architecture(blocks.joined(separator: " "))))
      }
    }
    let space = NASBench201(.cifar10)
    let cells = (0..<16).compactMap { space.architecture(at: $0 * 1041) }
      .map { space.network(of: $0) }
    var sets: [DesignSet] = []
    for board in ["zc706", "zcu102"] {
      sets.append(DesignSet(name: "FBNet", board: board, networks: blocks, milliseconds: 10))
      sets.append(
        DesignSet(name: "NAS-Bench-201", board: board, networks: cells, milliseconds: 2))
    }
    // Where several limits bind at once options have to be added up.
    for (name, board, milliseconds) in [
      ("vgg16", "zc706", 10.0), ("vgg16", "zcu102", 15), ("resnet18", "zc706", 10),
      ("resnet18", "zcu102", 15), ("resnet50", "zc706", 200), ("resnet50", "zcu102", 200),
    ] {
      sets.append(
        DesignSet(
          name: name, board: board, networks: [try Pipelines.catalog.network(name)],
          milliseconds: milliseconds))
    }
    sets.append(
      DesignSet(
        name: "FBNet", board: "pynq-z1", networks: blocks + drawn, milliseconds: 100, runs: 3))
    return sets
  }
}
