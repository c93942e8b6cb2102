import Accelerators
import CostAPI
import CountedAllocations
import Dataflow
import Glibc
import Mapper
import Ops

/// How long one given mapping takes to evaluate again and again, with all tables made, and how often
/// that asks for memory: a 3x3 layer of NAS-Bench-201 on arrays of three and of five levels, with
/// steps that divide and with steps that do not.
///
///     swift run -c release --package-path Benchmarks Evaluation
///
/// Prints each figure, those that have a threshold beside it, and ends with status 1 if one is above its
/// own or if any evaluation asks for memory. Times are CPU time of the thread, the best of some runs:
/// other work on the machine counts little.
///
/// The five levels of eyeriss-like have ports at every scratchpad, so that the busiest of 168
/// elements is looked for as well.
@main
struct Evaluation {
  private static let evaluations = 100_000
  private static let runs = 15

  static func main() throws {
    var isWithin = true
    for nest in Nest.all { isWithin = try measure(nest) && isWithin }
    if !isWithin { exit(1) }
  }

  /// Measures a mapping; `false` where it takes longer than its threshold or asks for memory.
  private static func measure(_ nest: Nest) throws -> Bool {
    let before = counted_allocations()
    let (evaluator, mapping) = try nest.prepared()
    // Tables are on the heap: a count that misses them would miss all.
    guard counted_allocations() > before else { throw WrongNest() }
    var best = Double.infinity
    var allocations: UInt = 0
    var cycles: Int64 = 0
    for _ in 0..<runs {
      let (start, allocated) = (clock(), counted_allocations())
      for _ in 0..<evaluations { cycles &+= evaluator.figures(of: mapping)?.cycles ?? 0 }
      let time = Double(clock() - start) / Double(CLOCKS_PER_SEC)
      allocations += counted_allocations() - allocated
      best = min(best, time / Double(evaluations) * 1e9)
    }
    guard cycles > 0 else { throw WrongNest() }
    let isWithin = best < nest.nanoseconds ?? .infinity && allocations == 0
    let threshold = nest.nanoseconds.map { " of \(Int($0))" } ?? ""
    print(
      "\(isWithin ? "  " : "! ")\(nest.target), \(nest.factors): \(Int(best.rounded()))\(threshold) ns, "
        + "\(allocations) allocations in \(runs * evaluations) evaluations")
    return isWithin
  }
}

/// Why a benchmark cannot run.
private struct WrongNest: Error {}

/// A mapping of the layer, list by list: temporal, along x, along y.
private struct Nest {
  var target: String
  var factors: String
  /// Nanoseconds one evaluation may take; `nil` where there is no threshold.
  var nanoseconds: Double?
  var keeps: [TensorSet]
  var levels: [[[Loop]]]

  static let all = [
    Nest(
      target: "eyeriss", factors: "perfect", nanoseconds: 1000, keeps: chip,
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
