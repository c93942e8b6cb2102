public import Accelerators
public import CostDiagnostics
public import CostYAML
public import Dataflow
public import Ops

/// An architecture, a problem and a mapping from Timeloop's own files, ready to be counted.
public struct TimeloopCase: Hashable, Sendable {
  /// What runs the layer.
  public let array: SpatialArray
  /// The layer as a loop nest.
  public let problem: Problem
  /// How it runs.
  public let mapping: Mapping
  /// The problem file's names.
  public let tensorNames: PerTensor<String?>
  /// What the files say that changes nothing here.
  public let warnings: [Diagnostic]

  /// - Parameter name: name of the array.
  /// - Throws: `InputError` with everything wrong in the first file that has something wrong.
  public init(
    architecture: YAMLDocument, problem: YAMLDocument, mapping: YAMLDocument, name: String
  ) throws(InputError) {
    let hardware = try TimeloopArchitecture(reading: architecture, name: name)
    let shape = try TimeloopProblem(reading: problem, precision: hardware.array.precision)
    let loops = try TimeloopMapping(reading: mapping, for: shape, on: hardware.array)
    array = hardware.array
    self.problem = shape.problem
    self.mapping = loops.mapping
    tensorNames = shape.tensorNames
    warnings = hardware.warnings + shape.warnings + loops.warnings
  }

  /// Counts and cost of the case under Timeloop's rules.
  ///
  /// - Throws: `MappingError` where the mapping does not fit the architecture.
  public func cost() throws(MappingError) -> (counts: AccessCounts, cost: NestCost) {
    let counts = try TimeloopAnalysis(problem, on: array.hierarchy, switches: array.switches)
      .accessCounts(under: mapping)
    let model = SpatialArrayModel(array, rules: .timeloop)
    return (counts, model.cost(of: problem, under: mapping, counts: counts))
  }
}
