import Accelerators
import Dataflow
import Mapper
import Ops
import TestSupport

/// What the mappings of a case cost: those that no other beats in both energy and cycles.
struct EvaluatedFront {
  struct Point {
    var energyPicojoules: Double
    var cycles: Int64
    var mapping: Mapping
  }

  /// In order of cycles, so that energies fall.
  private(set) var points: [Point] = []
  /// How many mappings fit.
  private(set) var fittingCount = 0

  /// Energies are sums of the same products in another order, and so are their bounds.
  static let tolerance = 1e-10

  /// Evaluates every mapping.
  ///
  /// - Parameter simulates: whether the counts come from the step by step execution.
  init(of one: SearchCase, simulates: Bool) {
    if simulates {
      let simulation = Simulation(one.problem, on: one.array)
      one.mappings.forEach { add(simulation.figures(of: Mapping($0)), $0) }
    } else {
      let evaluator = MappingEvaluator(one.problem, on: one.array)
      one.mappings.forEach { add(evaluator.figures(of: $0), $0) }
    }
  }

  init(_ points: [FrontPoint]) {
    self.points = points.map {
      Point(energyPicojoules: $0.energyPicojoules, cycles: $0.cycles, mapping: $0.mapping)
    }
  }

  private mutating func add(_ figures: MappingEvaluator.Figures?, _ mapping: CompactMapping) {
    guard let figures else { return }
    fittingCount += 1
    let (energy, cycles) = (figures.energyPicojoules, figures.cycles)
    let position = points.firstIndex { $0.cycles > cycles } ?? points.count
    if position > 0, points[position - 1].energyPicojoules <= energy { return }
    let begin = position > 0 && points[position - 1].cycles == cycles ? position - 1 : position
    let end = points[begin...].firstIndex { $0.energyPicojoules < energy } ?? points.count
    points.replaceSubrange(
      begin..<end,
      with: [Point(energyPicojoules: energy, cycles: cycles, mapping: Mapping(mapping))])
  }

  /// The point that an objective prefers, ties broken.
  func best(minimizing objective: Objective) -> Point? {
    points.min { objective.rank($0) < objective.rank($1) }
  }

  /// Without points that only rounding keeps from being beaten.
  var distinct: [Point] {
    points.reduce(into: []) { kept, point in
      if let last = kept.last,
        point.energyPicojoules >= last.energyPicojoules * (1 - Self.tolerance)
      {
        return
      }
      kept.append(point)
    }
  }
}

extension Objective {
  /// What is compared: the figure the objective names, then the other one.
  func rank(_ point: EvaluatedFront.Point) -> (Double, Double) {
    rank(point.energyPicojoules, point.cycles)
  }

  func rank(_ energyPicojoules: Double, _ cycles: Int64) -> (Double, Double) {
    switch self {
    case .energyDelayProduct: (energyPicojoules * Double(cycles), energyPicojoules)
    case .energy: (energyPicojoules, Double(cycles))
    case .latency: (Double(cycles), energyPicojoules)
    }
  }
}

/// The cost of mappings whose words are counted step by step.
struct Simulation {
  private let problem: Problem
  private let array: SpatialArray
  private let simulator: ReferenceSimulator
  private let analysis: ReuseAnalysis

  init(_ problem: Problem, on array: SpatialArray) {
    self.problem = problem
    self.array = array
    simulator = ReferenceSimulator(problem, on: array.hierarchy, switches: array.switches)
    analysis = ReuseAnalysis(problem, on: array.hierarchy, switches: array.switches)
  }

  /// `nil` where a tile does not fit its memory.
  func figures(of mapping: Mapping) -> MappingEvaluator.Figures? {
    let counts = simulator.accessCounts(under: mapping)
    guard (try? analysis.checkCapacities(of: counts, under: mapping)) != nil else { return nil }
    let cost = SpatialArrayModel(array).cost(of: problem, under: mapping, counts: counts)
    return MappingEvaluator.Figures(
      energyPicojoules: cost.energyPicojoules, cycles: cost.cycles)
  }
}
