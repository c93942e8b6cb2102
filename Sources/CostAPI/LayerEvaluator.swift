public import Accelerators
internal import CostDiagnostics
internal import Dataflow
internal import HardwareConfigs
public import Mapper
public import Networks
internal import Ops

/// Costs single layers on a spatial array.
public struct LayerEvaluator: Sendable {
  /// The array that runs the layers.
  public let array: SpatialArray
  /// What is asked for.
  public let options: CostOptions
  /// What the mapper knows already.
  public let cache: MappingCache

  /// Layers on an array.
  ///
  /// - Parameter cache: What the mapper knows already, and where it keeps what it finds.
  public init(
    _ array: SpatialArray, options: CostOptions, cache: MappingCache = MappingCache()
  ) {
    self.array = array
    self.options = options
    self.cache = cache
  }

  /// The layer of a text.
  ///
  /// - Parameter batch: The batch asked for besides the text, which must not say another.
  /// - Throws: `CostAPIError.text` for the first mistake of the text.
  public static func layer(_ text: String, batch: Int?) throws(CostAPIError) -> LayerText {
    var layer: LayerText
    do throws(TextError) { layer = try LayerText(text) } catch { throw .text(error) }
    if let batch {
      guard layer.batch == nil || layer.batch == batch else {
        throw .request(
          "the layer says n=\(layer.batch ?? 1), 'batch' says \(batch)",
          hint: "leave one of the two out")
      }
      layer.batch = batch
    }
    return layer
  }

  /// What a layer costs under the best mapping found, at the batch of the options.
  ///
  /// - Throws: `CostAPIError.cost` for a layer that cannot run on the array.
  public func bestCost(of layer: LayerText) throws(CostAPIError) -> LayerCost {
    try bestCost(of: layer, options)
  }

  private func bestCost(
    of layer: LayerText, _ options: CostOptions
  ) throws(CostAPIError) -> LayerCost {
    do throws(CostError) {
      return try MappedArray(array, options: options, cache: cache).cost(
        of: LayerIdentity(op: layer.op, precision: layer.precision))
    } catch {
      throw .cost(error)
    }
  }

  /// A way to run a layer that takes far fewer cycles than the one of the least energy, for hardly
  /// more energy; `nil` where there is none or none was looked for.
  ///
  /// - Parameter best: what ``bestCost(of:)`` said, by energy or with the front.
  public func fasterWay(than best: LayerCost, of layer: LayerText) -> FasterWay? {
    if let least = best.front.last { return FasterWay(among: best.front, than: least) }
    guard options.objective == .energy, best.optimality != nil else { return nil }
    var options = options
    options.objective = .energyDelayProduct
    guard let balanced = try? bestCost(of: layer, options) else { return nil }
    return FasterWay(among: [balanced], than: best)
  }

  /// What a layer costs under a mapping of the user's own.
  ///
  /// - Parameter path: A mapping file, as `hwcost map` prints them.
  /// - Throws: `CostAPIError` for a mapping that does not cover the layer, does not fit the array,
  ///   or a layer that is not mapped at all.
  public func cost(of layer: LayerText, mappedBy path: String) throws(CostAPIError) -> LayerCost {
    let problem = try problem(of: layer)
    let file = try YAMLFile(path)
    let mapping = try file.decode { document throws(InputError) in
      try MappingFile.decode(document, hierarchy: array.hierarchy, bounds: problem.bounds)
    }
    do throws(MappingError) {
      let cost = try SpatialArrayModel(array, rules: options.counting).cost(
        of: problem, under: mapping,
        counts: ReuseAnalysis(problem, on: array.hierarchy, switches: array.switches)
          .accessCounts(under: mapping, by: options.counting))
      let nest = MappedNest(
        problem: problem, mapping: mapping, cost: cost, isProvenBest: false, evaluations: 1)
      return LayerCost(text: layer.canonical, nests: [nest], clockMegahertz: array.clockMegahertz)
    } catch {
      let diagnostic = MappingFile.diagnostic(for: error, in: file.document)
      throw .input(InputError([diagnostic]), sources: [path: file.text])
    }
  }

  /// The one loop nest of a layer of multiply-accumulates.
  private func problem(of layer: LayerText) throws(CostAPIError) -> Problem {
    guard layer.op.kind.isMultiplyAccumulate else {
      throw .request(
        "'\(layer.op.kind.rawValue)' is no multiply-accumulate: a vector unit runs it without a "
          + "mapping", hint: "see its cost with 'hwcost map'")
    }
    let problems: [Problem]
    do throws(ProblemError) {
      problems = try layer.op.problems(
        batch: layer.batch ?? 1, precision: layer.precision.applied(to: array.precision))
    } catch {
      throw .request("'\(layer.canonical)': \(error.message)", hint: nil)
    }
    guard let problem = problems.first else {
      throw .request("'\(layer.canonical)' computes nothing", hint: nil)
    }
    return problem
  }
}

/// Why the least energy alone is a poor choice: a way to run a layer that is far faster for hardly
/// more energy.
public struct FasterWay: Hashable, Sendable {
  /// What the layer costs that way.
  public var cost: LayerCost
  /// Cycles of the way of the least energy, over those of this one.
  public var speedup: Double
  /// The share by which this way's energy is higher.
  public var energyShare: Double

  /// More energy than this share is not hardly more, and less speed is not far more.
  public static let (largestShare, leastSpeedup) = (0.01, 2.0)

  /// The fastest of some ways, if it is enough faster than the one of the least energy.
  init?(among ways: [LayerCost], than least: LayerCost) {
    guard let leastEnergy = least.energyPicojoules, leastEnergy > 0, let cycles = least.cycles
    else {
      return nil
    }
    let near = ways.filter { way in
      way.energyPicojoules.map { $0 < leastEnergy * (1 + Self.largestShare) } ?? false
    }
    let fastest = near.min { ($0.cycles ?? .max) < ($1.cycles ?? .max) }
    guard let fastest, let energy = fastest.energyPicojoules, let fewest = fastest.cycles,
      fewest > 0
    else { return nil }
    cost = fastest
    speedup = Double(cycles) / Double(fewest)
    energyShare = energy / leastEnergy - 1
    guard speedup >= Self.leastSpeedup else { return nil }
  }
}
