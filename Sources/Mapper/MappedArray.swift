public import Accelerators
internal import Dataflow
public import Networks
internal import Ops

/// A spatial array whose layers are mapped one by one, each in the best way found.
public struct MappedArray: LayerwiseTarget {
  public let array: SpatialArray
  public let options: CostOptions

  public init(_ array: SpatialArray, options: CostOptions = CostOptions()) {
    self.array = array
    self.options = options
  }

  public var name: String { array.name }

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
    // Nests of one layer that are the same are mapped once.
    var nests: [MappedNest] = []
    for (index, problem) in problems.enumerated() {
      let resident = layer.resident.ofNest(index, of: problems.count)
      if let same = nests.first(where: { $0.problem == problem && $0.resident == resident }) {
        nests.append(same)
      } else {
        nests.append(
          try nest(problem, resident: resident, operations: operations, of: text))
      }
    }
    return LayerCost(text: text, nests: nests, clockMegahertz: array.clockMegahertz)
  }

  private func nest(
    _ problem: Problem, resident: ResidentTensors, operations: Int64, of text: String
  ) throws(CostError) -> MappedNest {
    guard array.hasRoom(for: resident, of: problem),
      let homed = array.homing(resident, of: problem)
    else { throw .unmappable(layer: text, reason: "its activations do not fit on chip") }
    switch problem.body {
    case .multiplyAccumulate:
      do throws(UnmappableError) {
        let space = Mapspace(problem, on: homed, rules: options.counting)
        let best = try MappingSearch(space, minimizing: options.objective).best()
        return MappedNest(
          problem: problem, mapping: best.mapping, cost: best.cost, resident: resident,
          isProvenBest: best.isProvenBest, evaluations: best.evaluations)
      } catch {
        throw .unmappable(layer: text, reason: error.reason)
      }
    case .other(let kind):
      guard let unit = array.vectorUnit(for: kind) else {
        throw .unsupported(layer: text, reason: "\(array.name) has no unit for '\(kind.rawValue)'")
      }
      let cost = SpatialArrayModel(array, rules: options.counting).cost(
        of: problem, on: unit, operations: operations, resident: resident)
      return MappedNest(
        problem: problem, mapping: nil, cost: cost, resident: resident, isProvenBest: true,
        evaluations: 1)
    }
  }
}
