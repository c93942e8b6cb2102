import Accelerators
import CostAPI
import Glibc
import Mapper
import Networks
import Ops

/// How long the best mapping of every distinct layer takes to find and to prove, on one core.
///
///     swift run -c release --package-path Benchmarks Layers [TARGET...] [--factors perfect|imperfect]
///
/// Prints for each set of layers the median and the slowest, beside the threshold, and ends with
/// status 1 if any layer is above its own. Times are CPU time of the one thread.
@main
struct Layers {
  static func main() throws {
    var targets = Array(CommandLine.arguments.dropFirst())
    var factors = Factors.perfect
    if let index = targets.firstIndex(of: "--factors"), index + 1 < targets.count {
      factors = Factors(rawValue: targets[index + 1]) ?? .perfect
      targets.removeSubrange(index...index + 1)
    }
    if targets.isEmpty { targets = ["eyeriss", "eyeriss-like"] }
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
    let catalog = TargetCatalog(SearchPath(folders: [root.joined(separator: "/")]))
    var isWithin = true
    for name in targets {
      let array = try catalog.target(name).spatialArray()
      print("\(name), \(factors.rawValue) factors, milliseconds of CPU")
      for set in try LayerSet.all(catalog) {
        isWithin = try measure(set, on: array, factors) && isWithin
      }
    }
    if !isWithin { exit(1) }
  }

  /// Measures a set; `false` where a layer takes longer than the set's threshold.
  private static func measure(
    _ set: LayerSet, on array: SpatialArray, _ factors: Factors
  ) throws -> Bool {
    var known: Set<Problem> = []
    var times: [(milliseconds: Double, layer: String, isProven: Bool)] = []
    for layer in set.layers {
      let problems = try layer.op.problems(
        batch: 1, precision: layer.precision.applied(to: array.precision))
      for problem in problems
      where problem.body == .multiplyAccumulate && known.insert(problem).inserted {
        let start = clock()
        let space = Mapspace(problem, on: array, factors: factors)
        guard let result = try? MappingSearch(space, minimizing: .energyDelayProduct).best()
        else { continue }
        times.append(
          (Double(clock() - start) * 1000 / Double(CLOCKS_PER_SEC), layer.name, result.isProvenBest)
        )
      }
    }
    times.sort { $0.milliseconds < $1.milliseconds }
    guard let slowest = times.last else { return true }
    let threshold = set.milliseconds(factors)
    let within = times.filter { $0.milliseconds <= threshold }.count
    let proven = times.filter(\.isProven).count
    let text = { (milliseconds: Double) in
      let tenths = Int((milliseconds * 10).rounded())
      return "\(tenths / 10).\(tenths % 10)"
    }
    print(
      "  \(set.name): \(times.count) layers, median \(text(times[times.count / 2].milliseconds)), "
        + "slowest \(text(slowest.milliseconds)) (\(slowest.layer)), "
        + "\(within) within \(text(threshold)), \(proven) proven")
    return within == times.count
  }
}

/// Layers measured together.
private struct LayerSet {
  var name: String
  var layers: [Layer]
  /// Milliseconds a layer may take, with steps that divide and with any steps.
  var perfect: Double
  var imperfect: Double

  func milliseconds(_ factors: Factors) -> Double { factors == .perfect ? perfect : imperfect }

  static func all(_ catalog: TargetCatalog) throws -> [LayerSet] {
    var sets: [LayerSet] = []
    var layers: [Layer] = []
    for space in [NASBench201(.cifar10), NASBench201(.imageNet16)] {
      // Every op at every edge, in each of the three stages.
      for index in 0..<15_625 where index % 3906 == 0 {
        guard let architecture = space.architecture(at: index) else { continue }
        layers += space.network(of: architecture).layers
      }
    }
    sets.append(LayerSet(name: "NAS-Bench-201", layers: layers, perfect: 5, imperfect: 50))
    layers = []
    for variant in FBNet.Variant.allCases {
      let space = FBNet(variant)
      // Each of the nine blocks at all of the 22 places.
      for block in 0..<9 {
        let text = Array(repeating: String(block), count: 22).joined(separator: " ")
        layers += space.network(of: try space.architecture(text)).layers
      }
    }
    sets.append(LayerSet(name: "FBNet", layers: layers, perfect: 5, imperfect: 50))
    for name in ["alexnet", "vgg16", "resnet18", "mobilenet-v1", "mobilenet-v2"] {
      sets.append(
        LayerSet(
          name: name, layers: try catalog.network(name).layers, perfect: 30, imperfect: 1000))
    }
    return sets
  }
}
