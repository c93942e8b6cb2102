import Accelerators
import Dataflow
import Mapper
import Ops
import TestSupport

/// What is wrong with the answers to one case; `nil` where all are those of every mapping.
///
/// A failed case says how to call this: a test of one line is enough to look into it.
func replay(seed: UInt64, case number: Int, factors: Factors) throws -> String? {
  let one = try SearchCase(seed: seed, number: number, factors: factors)
  return one.complaint(about: EvaluatedFront(of: one, simulates: one.isSimulated))
}

extension SearchCase {
  /// Whether the words of every mapping are counted step by step.
  var isSimulated: Bool { mappingCount <= 250 && problem.iterations <= 80 }

  /// What is wrong with what the searches answer, every objective and the front.
  ///
  /// - Parameter every: what every mapping costs.
  func complaint(about every: EvaluatedFront) -> String? {
    for objective in Objective.allCases {
      if let complaint = complaint(objective, every) {
        return "\(objective.rawValue): \(complaint)"
      }
    }
    return complaintAboutFront(every).map { "front: \($0)" }
  }

  private func complaint(_ objective: Objective, _ every: EvaluatedFront) -> String? {
    let result: SearchResult
    do throws(UnmappableError) {
      result = try MappingSearch(space, minimizing: objective).best()
    } catch {
      guard let best = every.best(minimizing: objective) else { return nil }
      return "no mapping (\(error.reason))\n" + description(of: [("best", best.mapping)])
    }
    guard let best = every.best(minimizing: objective) else {
      return "a mapping where none fits\n" + description(of: [("found", result.mapping)])
    }
    let text = { (complaint: String) in
      complaint + "\n" + description(of: [("found", result.mapping), ("best", best.mapping)])
    }
    let cost = (result.cost.energyPicojoules, result.cost.cycles)
    let (found, least) = (objective.rank(cost.0, cost.1), objective.rank(best))
    let tolerance = EvaluatedFront.tolerance
    if abs(found.0 - least.0) > tolerance * least.0 {
      return text("\(found.0 / least.0) times the best")
    }
    if found.1 > least.1 * (1 + tolerance) {
      return text("a tie lost: \(found.1 / least.1) times the best of those as good")
    }
    if !result.isProvenBest { return text("not proven") }
    if let bound = result.lowerBound, abs(bound - found.0) > 1e-9 * found.0 {
      return text("a lower bound of \(bound) for \(found.0)")
    }
    return complaint(about: result.mapping, costing: cost).map(text)
  }

  private func complaintAboutFront(_ every: EvaluatedFront) -> String? {
    let result: FrontResult
    do throws(UnmappableError) {
      result = try MappingSearch(space, minimizing: .energyDelayProduct).front()
    } catch {
      guard let first = every.points.first else { return nil }
      return "no mapping (\(error.reason))\n" + description(of: [("first", first.mapping)])
    }
    let (found, expected) = (EvaluatedFront(result.points).distinct, every.distinct)
    for index in 0..<max(found.count, expected.count) {
      let pair = [("found", found), ("expected", expected)].compactMap { name, points in
        index < points.count ? (name, points[index].mapping) : nil
      }
      guard pair.count == 2, found[index].isSame(as: expected[index]) else {
        return "\(found.count) points for \(expected.count), and number \(index) differs\n"
          + description(of: pair)
      }
    }
    if !result.isProven { return "not proven\n" + description(of: []) }
    for (point, next) in zip(result.points, result.points.dropFirst())
    where point.cycles >= next.cycles || point.energyPicojoules <= next.energyPicojoules {
      return "points out of order\n"
        + description(of: [("first", point.mapping), ("second", next.mapping)])
    }
    for point in result.points {
      let cost = (point.energyPicojoules, point.cycles)
      if let complaint = complaint(about: point.mapping, costing: cost) {
        return complaint + "\n" + description(of: [("found", point.mapping)])
      }
    }
    return nil
  }

  /// What keeps a mapping out of the space, or its figures from being right.
  private func complaint(about mapping: Mapping, costing cost: (Double, Int64)) -> String? {
    do throws(MappingError) {
      try ReuseAnalysis(problem, on: array.hierarchy).checkStructure(of: mapping)
      var dataflow = array.dataflow
      if factors == .perfect { dataflow.allowsImperfectFactors = false }
      try dataflow.check(mapping, of: problem, on: array.hierarchy)
    } catch {
      return "a mapping that is none: \(error.message)"
    }
    guard let compact = CompactMapping(mapping),
      let figures = MappingEvaluator(problem, on: array).figures(of: compact)
    else { return "a mapping that does not fit" }
    let (energy, cycles) = (figures.energyPicojoules, figures.cycles)
    guard cycles == cost.1, abs(energy - cost.0) <= EvaluatedFront.tolerance * energy else {
      return "\(cost) for what the evaluator says are \((energy, cycles))"
    }
    return nil
  }
}

extension EvaluatedFront.Point {
  /// Whether two points are at the same place.
  func isSame(as other: EvaluatedFront.Point) -> Bool {
    let difference = abs(energyPicojoules - other.energyPicojoules)
    return cycles == other.cycles
      && difference <= EvaluatedFront.tolerance * other.energyPicojoules
  }
}
