public import Accelerators
internal import Dataflow
public import Networks
internal import Ops

/// A spatial array whose layers are mapped one by one, each in the best way found.
public struct MappedArray: LayerwiseTarget {
  /// The array that layers are mapped onto.
  public let array: SpatialArray
  /// Batch, objective, factors and what else a search is asked for.
  public let options: CostOptions
  /// What is known already of this array and of others.
  public let cache: MappingCache

  /// An array; those that share a cache search nothing twice.
  public init(
    _ array: SpatialArray, options: CostOptions = CostOptions(),
    cache: MappingCache = MappingCache()
  ) {
    self.array = array
    self.options = options
    self.cache = cache
  }

  /// The array's name.
  public var name: String { array.name }

  /// The layers of a network, each with what of its activations stays on chip.
  public func placements(
    of network: Network, refusing refused: Set<PlacedLayer>
  ) -> [PlacedLayer] {
    array.placements(of: network, batch: options.batch, refusing: refused)
  }

  /// The best cost found of a layer.
  ///
  /// - Throws: `CostError` for a layer that fits no mapping, has no unit, or is out of range.
  public func cost(of layer: PlacedLayer) throws(CostError) -> LayerCost {
    let (op, precision) = (layer.identity.op, layer.identity.precision)
    let text = LayerText(op: op, batch: options.batch, precision: precision).canonical
    let problems: [Problem]
    do throws(ProblemError) {
      problems = try op.problems(
        batch: options.batch, precision: precision.applied(to: array.precision))
    } catch {
      throw .unsupported(layer: text, reason: error.message)
    }
    let operations = op.otherOperations * Int64(options.batch) / Int64(max(1, problems.count))
    var fronts: [[MappedNest]] = []
    for (index, problem) in problems.enumerated() {
      let resident = layer.resident.ofNest(index, of: problems.count)
      fronts.append(try ways(to: problem, resident: resident, operations: operations, of: text))
    }
    guard options.listsFront else { return layerCost(fronts.compactMap(\.first), of: text) }
    let ways = combined(fronts, of: text)
    guard let best = ways.leastProductIndex else {
      preconditionFailure("nests have at least one way to run, and so has a layer of none")
    }
    var cost = ways[best].payload
    cost.front = ways.map(\.payload)
    return cost
  }

  /// The ways to run a layer whose nests run one after the other, each in any of its ways.
  private func combined(_ fronts: [[MappedNest]], of text: String) -> ParetoFront<LayerCost> {
    var sums = ParetoFront<[MappedNest]>()
    sums.insert(energyPicojoules: 0, cycles: 0, [])
    for ways in fronts {
      var front = ParetoFront<MappedNest>()
      for way in ways {
        front.insert(
          energyPicojoules: way.cost.energyPicojoules, cycles: Double(way.cost.cycles), way)
      }
      let before = sums
      sums = before.sums(with: front) { before[$0].payload + [front[$1].payload] }
    }
    var costs = ParetoFront<LayerCost>()
    for sum in sums {
      costs.insert(
        energyPicojoules: sum.energyPicojoules, cycles: sum.cycles,
        layerCost(sum.payload, of: text))
    }
    return costs
  }

  private func layerCost(_ nests: [MappedNest], of text: String) -> LayerCost {
    var cost = LayerCost(text: text, nests: nests, clockMegahertz: array.clockMegahertz)
    if nests.contains(where: { $0.mapping != nil }) {
      cost.optimality = Optimality(of: nests, minimizing: options.objective)
    }
    return cost
  }

  /// The best way found to run a nest, or where fronts are asked for, all ways on its front.
  private func ways(
    to problem: Problem, resident: ResidentTensors, operations: Int64, of text: String
  ) throws(CostError) -> [MappedNest] {
    guard array.hasRoom(for: resident, of: problem),
      let homed = array.homing(resident, of: problem)
    else { throw .unmappable(layer: text, reason: "its activations do not fit on chip") }
    switch problem.body {
    case .multiplyAccumulate:
      return try mapped(problem, on: homed, resident: resident, of: text)
    case .other(let kind):
      guard let unit = array.vectorUnit(for: kind) else {
        throw .unsupported(layer: text, reason: "\(array.name) has no unit for '\(kind.rawValue)'")
      }
      let cost = SpatialArrayModel(array, rules: options.counting).cost(
        of: problem, on: unit, operations: operations, resident: resident)
      let nest = MappedNest(
        problem: problem, mapping: nil, cost: cost, resident: resident, isProvenBest: true,
        evaluations: 1)
      return [nest]
    }
  }

  private func mapped(
    _ problem: Problem, on homed: SpatialArray, resident: ResidentTensors, of text: String
  ) throws(CostError) -> [MappedNest] {
    let request = MappingRequest(
      problem, on: homed, goal: options.listsFront ? .front : .best(options.objective),
      options: options)
    do throws(UnmappableError) {
      let answer = try cache.answer(to: request, limitSeconds: options.timeLimitSeconds)
      let front = answer.front.map { point in
        FrontPoint(
          energyPicojoules: point.cost.energyPicojoules, cycles: point.cost.cycles,
          mapping: point.mapping)
      }
      let least = SpatialArrayModel(homed, rules: options.counting).compulsoryCost(of: problem)?
        .value(of: options.objective)
      let found = answer.front.isEmpty ? [answer.best] : answer.front
      return found.map { found in
        MappedNest(
          problem: problem, mapping: found.mapping, cost: found.cost, resident: resident,
          isProvenBest: found.isProvenBest, evaluations: answer.best.evaluations,
          lowerBound: greatest(answer.best.lowerBound, least), front: front)
      }
    } catch {
      // A placement that is refused is tried again with less on chip: nobody is told why.
      guard resident == .none else { throw .unmappable(layer: text, reason: error.reason) }
      let space = Mapspace(
        problem, on: homed, rules: options.counting, factors: options.factors)
      let rejection = error.cause == nil ? space.rejection() : nil
      throw .unmappable(
        layer: text, reason: rejection ?? error.reason,
        changes: space.relaxations().map { $0.text(on: array) })
    }
  }

  /// The larger of two bounds that both hold.
  private func greatest(_ one: Double?, _ two: Double?) -> Double? {
    [one, two].compactMap { $0 }.max()
  }
}
