import Accelerators
import Benchmark
import CostAPI
import Dataflow
import Mapper
import Ops

/// One given mapping evaluated again and again, with all tables made: a 3x3 layer of NAS-Bench-201
/// on arrays of three and of five levels, with steps that divide and with steps that do not.
///
/// The five levels of eyeriss-like have ports at every scratchpad, so that the busiest of 168
/// elements is looked for as well.
let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock], timeUnits: .nanoseconds, warmupIterations: 10,
    scalingFactor: .kilo, maxDuration: .seconds(5), maxIterations: 2000)

  for nest in Nest.all {
    Benchmark("\(nest.target), \(nest.factors)") { benchmark in
      let (evaluator, mapping) = try nest.prepared()
      benchmark.startMeasurement()
      for _ in benchmark.scaledIterations { blackHole(evaluator.figures(of: mapping)) }
      benchmark.stopMeasurement()
    }
  }
}

/// Why a benchmark cannot run.
private struct WrongNest: Error {}

/// A mapping of the layer, list by list: temporal, along x, along y.
private struct Nest {
  var target: String
  var factors: String
  var keeps: [TensorSet]
  var levels: [[[Loop]]]

  static let all = [
    Nest(
      target: "eyeriss", factors: "perfect", keeps: chip,
      levels: [
        [[loop(.p, 2, 16), loop(.k, 2, 8)]],
        [
          [loop(.c, 8, 2), loop(.q, 32, 1)], [loop(.k, 2, 4), loop(.p, 4, 4)],
          [loop(.r, 3, 1), loop(.p, 4, 1)],
        ],
        [[loop(.s, 3, 1), loop(.c, 2, 1), loop(.k, 4, 1)]],
      ]),
    Nest(
      target: "eyeriss", factors: "imperfect", keeps: chip,
      levels: [
        [[loop(.p, 3, 13), loop(.k, 3, 6)]],
        [
          [loop(.c, 6, 3), loop(.q, 5, 7), loop(.q, 7, 1)], [loop(.p, 13, 1)],
          [loop(.r, 3, 1), loop(.c, 3, 1)],
        ],
        [[loop(.s, 3, 1), loop(.k, 6, 1)]],
      ]),
    Nest(
      target: "eyeriss-like", factors: "perfect", keeps: spads,
      levels: [
        [[loop(.p, 2, 16), loop(.k, 2, 8)]],
        [
          [loop(.c, 4, 4), loop(.p, 16, 1), loop(.q, 2, 16)], [loop(.q, 8, 2)],
          [loop(.s, 3, 1), loop(.c, 2, 2)],
        ],
        [],
        [[loop(.r, 3, 1), loop(.c, 2, 1)]],
        [[loop(.k, 8, 1), loop(.q, 2, 1)]],
      ]),
    Nest(
      target: "eyeriss-like", factors: "imperfect", keeps: spads,
      levels: [
        [[loop(.p, 3, 13), loop(.k, 3, 6)]],
        [
          [loop(.c, 6, 3), loop(.q, 3, 14), loop(.p, 13, 1)], [loop(.q, 14, 1)],
          [loop(.s, 3, 1), loop(.c, 3, 1)],
        ],
        [],
        [[loop(.r, 3, 1)]],
        [[loop(.k, 6, 1)]],
      ]),
  ]

  private static let chip: [TensorSet] = [.all, [.input, .output], .all]
  private static let spads: [TensorSet] = [.all, [.input, .output], .input, .weight, .output]

  private static func loop(_ dimension: LoopDimension, _ passes: Int32, _ step: Int32) -> Loop {
    Loop(dimension, passes: passes, step: step)
  }

  /// The evaluator with its tables, and the mapping.
  ///
  /// - Throws: where the mapping does not fit the layer or the target.
  func prepared() throws -> (MappingEvaluator, CompactMapping) {
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
    let path = SearchPath(folders: [root.joined(separator: "/")])
    let array = try TargetCatalog(path).target(target).spatialArray()
    let layer = try LayerEvaluator.layer("conv c=16 k=16 h=32 r=3 pad=1", batch: nil)
    let problems = try layer.op.problems(batch: 1, precision: array.precision)
    let mapping = Mapping(
      levels: zip(keeps, levels).map { keeps, lists in
        let list = { (index: Int) in lists.indices.contains(index) ? lists[index] : [] }
        return LevelMapping(
          keeps: keeps, temporal: list(0), spatialX: list(1), spatialY: list(2))
      })
    guard let problem = problems.first, let compact = CompactMapping(mapping) else {
      throw WrongNest()
    }
    try ReuseAnalysis(problem, on: array.hierarchy).checkStructure(of: mapping)
    let evaluator = MappingEvaluator(problem, on: array)
    guard evaluator.figures(of: compact) != nil else { throw WrongNest() }
    return (evaluator, compact)
  }
}
