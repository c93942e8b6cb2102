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

  /// The best cost found of a layer.
  ///
  /// - Throws: `CostError` for a layer that fits no mapping, has no unit, or is out of range.
  public func cost(of layer: LayerIdentity) throws(CostError) -> LayerCost {
    let text = LayerText(op: layer.op, batch: options.batch, precision: layer.precision).canonical
    let problems: [Problem]
    do throws(ProblemError) {
      problems = try layer.op.problems(
        batch: options.batch, precision: layer.precision.applied(to: array.precision))
    } catch {
      throw .unsupported(layer: text, reason: error.message)
    }
    // Nests of one layer that are the same are mapped once.
    var known: [Problem: MappedNest] = [:]
    var nests: [MappedNest] = []
    for problem in problems {
      let nest: MappedNest
      if let same = known[problem] {
        nest = same
      } else {
        let operations = layer.op.otherOperations * Int64(options.batch) / Int64(problems.count)
        nest = try self.nest(problem, operations: operations, of: text)
      }
      known[problem] = nest
      nests.append(nest)
    }
    return LayerCost(text: text, nests: nests, clockMegahertz: array.clockMegahertz)
  }

  private func nest(
    _ problem: Problem, operations: Int64, of text: String
  ) throws(CostError) -> MappedNest {
    switch problem.body {
    case .multiplyAccumulate:
      do throws(UnmappableError) {
        let space = Mapspace(problem, on: array, rules: options.counting)
        let best = try MappingSearch(space, minimizing: options.objective).best()
        return MappedNest(
          problem: problem, mapping: best.mapping, cost: best.cost,
          isProvenBest: best.isProvenBest, evaluations: best.evaluations)
      } catch {
        throw .unmappable(layer: text, reason: error.reason)
      }
    case .other(let kind):
      guard let unit = array.vectorUnit(for: kind) else {
        throw .unsupported(layer: text, reason: "\(array.name) has no unit for '\(kind.rawValue)'")
      }
      let cost = SpatialArrayModel(array, rules: options.counting).cost(
        of: problem, on: unit, operations: operations)
      return MappedNest(
        problem: problem, mapping: nil, cost: cost, isProvenBest: true, evaluations: 1)
    }
  }
}
