import Accelerators
import CostAPI
import Glibc
import Mapper
import Networks
import Ops

/// How long the best mapping of every distinct layer takes to find and to prove, on one core.
///
///     swift run -c release --package-path Benchmarks Layers [TARGET...]
///         [--factors perfect|imperfect] [--set NAME]
///
/// Prints for each set of layers, or for the one named, the median and the slowest. On `eyeriss` and
/// `eyeriss-like`, which are measured if none is named, a set has a threshold, and the status is 1 if
/// any layer is above its own; on others, such as `eyeriss-like-free` and `accelforge-eyeriss`,
/// times are only reported. They are CPU time of the one thread.
@main
struct Layers {
  static func main() throws {
    var targets = Array(CommandLine.arguments.dropFirst())
    let factors = option("--factors", from: &targets).flatMap(Factors.init) ?? .perfect
    let onlySet = option("--set", from: &targets)
    if targets.isEmpty { targets = LayerSet.targetsWithThresholds }
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
    let catalog = TargetCatalog(SearchPath(folders: [root.joined(separator: "/")]))
    var isWithin = true
    for name in targets {
      let array = try catalog.target(name).spatialArray()
      print("\(name), \(factors.rawValue) factors, milliseconds of CPU")
      for set in try LayerSet.all(catalog) where onlySet == nil || set.name == onlySet {
        isWithin = try measure(set, on: array, factors) && isWithin
      }
    }
    if !isWithin { exit(1) }
  }

  /// Takes an option and its value out of the arguments.
  private static func option(_ name: String, from arguments: inout [String]) -> String? {
    guard let index = arguments.firstIndex(of: name), index + 1 < arguments.count else {
      return nil
    }
    defer { arguments.removeSubrange(index...index + 1) }
    return arguments[index + 1]
  }

  /// Measures a set; `false` where a layer takes longer than the set's threshold on this target.
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
    let proven = times.filter(\.isProven).count
    let text = { (milliseconds: Double) in
      let tenths = Int((milliseconds * 10).rounded())
      return "\(tenths / 10).\(tenths % 10)"
    }
    var line =
      "  \(set.name): \(times.count) layers, median \(text(times[times.count / 2].milliseconds)), "
      + "slowest \(text(slowest.milliseconds)) (\(slowest.layer)), \(proven) proven"
    guard let threshold = set.milliseconds(factors, on: array.name) else {
      print(line)
      return true
    }
    let within = times.filter { $0.milliseconds <= threshold }.count
    line += ", \(within) within \(text(threshold))"
    print(line)
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

  static let targetsWithThresholds = ["eyeriss", "eyeriss-like"]

  /// What a layer may take on a target; `nil` where there is no threshold.
  func milliseconds(_ factors: Factors, on target: String) -> Double? {
    guard Self.targetsWithThresholds.contains(target) else { return nil }
    return factors == .perfect ? perfect : imperfect
  }

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
