import Accelerators
import CostAPI
import Glibc
import Networks

/// How fast tables answer: many networks at once, and one by its text, on one thread.
///
///     swift run -c release --package-path Benchmarks CostTables
///
/// Prints each figure beside its bar, and ends with status 1 if one is missed. Times are CPU time of
/// the thread, the best of some runs: other work on the machine counts little.
@main
struct CostTables {
  static func main() throws {
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
    let catalog = TargetCatalog(SearchPath(folders: [root.joined(separator: "/")]))
    let tables = Tables(catalog: catalog)
    var isWithin = true

    let fbnet = try tables.table(of: "fbnet-cifar100", on: ["eyeriss-like", "eyeriss"])
    let random = randomRows(1_000_000, fbnet.choiceCounts)
    for (count, bar) in [(1, 30.0), (4, 0), (8, 10)] {
      let table = try fbnet.selecting(Array([0, 1, 2, 3, 5, 6, 7, 8].prefix(count)))
      let seconds = try batch(random, table)
      let rate = Double(random.count / table.choiceCounts.count) / seconds / 1e6
      isWithin =
        tell("FBNet, \(count) metrics", rate, "M networks/s", atLeast: bar) && isWithin
    }

    let nasbench = try tables.table(of: "nasbench201-cifar10", on: ["eyeriss-like", "eyeriss"])
    let space = NASBench201(.cifar10)
    var members: [Int32] = []
    var texts: [String] = []
    for index in 0..<(space.indexedCount ?? 0) {
      guard let member = space.architecture(at: index) else { continue }
      members += member.choices.map { Int32($0) }
      texts.append(space.text(of: member))
    }
    let all = try batch(members, nasbench) * 1e3
    isWithin =
      tell(
        "NAS-Bench-201, all \(texts.count) x \(nasbench.columns.count) metrics", all, "ms",
        atMost: 2)
      && isWithin
    let one =
      best { for text in texts { _ = try? nasbench.costs(ofText: text) } } / Double(texts.count)
      * 1e6
    isWithin = tell("NAS-Bench-201, one query by text", one, "us", atMost: 5) && isWithin
    let words = (0..<1000).map { row in
      random[row * 22..<row * 22 + 22].map { String($0) }.joined(separator: " ")
    }
    let fb = best { for text in words { _ = try? fbnet.costs(ofText: text) } } / 1000 * 1e6
    isWithin = tell("FBNet, one query by text", fb, "us", atMost: 5) && isWithin
    if !isWithin { exit(1) }
  }

  /// Seconds to cost rows of choices.
  private static func batch(_ choices: [Int32], _ table: CostTable) throws -> Double {
    let rows = choices.count / table.choiceCounts.count
    var costs = Array(repeating: 0.0, count: rows * table.columns.count)
    var span = costs.mutableSpan
    try table.costs(of: choices.span, into: &span)
    var least = Double.infinity
    for _ in 0..<15 {
      let start = seconds()
      try table.costs(of: choices.span, into: &span)
      least = min(least, seconds() - start)
    }
    return least
  }

  private static func best(_ body: () -> Void) -> Double {
    (0..<15).reduce(Double.infinity) { least, _ in
      let start = seconds()
      body()
      return min(least, seconds() - start)
    }
  }

  /// CPU time of the thread.
  private static func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  private static func randomRows(_ rows: Int, _ counts: [Int]) -> [Int32] {
    var state: UInt64 = 1
    return (0..<rows * counts.count).map { place in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int32(Int(state >> 33) % counts[place % counts.count])
    }
  }

  private static func tell(
    _ name: String, _ value: Double, _ unit: String, atLeast lower: Double = 0,
    atMost upper: Double = .infinity
  ) -> Bool {
    let bar = lower > 0 ? ", bar \(lower)" : upper < .infinity ? ", bar \(upper)" : ""
    let holds = value >= lower && value <= upper
    print("\(name): \(Double(Int(value * 1000)) / 1000) \(unit)\(bar)\(holds ? "" : " MISSED")")
    return holds
  }
}

/// Tables of shipped targets.
private struct Tables {
  let catalog: TargetCatalog

  func table(of name: String, on targets: [String]) throws -> CostTable {
    let space = try MemberReader(spaceName: name).space
    let tables = try targets.map { target in
      return try CostTable(
        of: space, on: try catalog.target(target).hardwareTarget(CostOptions(factors: .perfect)),
        named: target, threads: 2)
    }
    return try tables.dropFirst().reduce(tables[0]) { try $0.joined(with: $1) }
  }
}
