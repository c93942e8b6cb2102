import Accelerators
import Dataflow
import Foundation
import HardwareConfigs
import Mapper
import Networks
import Ops
import TestSupport
import Testing

/// How an evaluator's figures differ from those that the counts give; `nil` where they agree.
private func difference(
  _ evaluator: MappingEvaluator, _ problem: Problem, _ array: SpatialArray, _ mapping: Mapping
) throws -> String? {
  guard let compact = CompactMapping(mapping) else { return "no compact form" }
  guard Mapping(compact) == mapping else { return "not the same mapping after a round trip" }
  let figures = evaluator.figures(of: compact)
  // The second time all tables are there.
  guard evaluator.figures(of: compact) == figures else { return "not the same a second time" }
  let analysis = ReuseAnalysis(problem, on: array.hierarchy, switches: array.switches)
  try analysis.checkStructure(of: mapping)
  guard let counts = try? analysis.accessCounts(under: mapping) else {
    return figures.map { "\($0) for tiles that do not fit" }
  }
  let cost = SpatialArrayModel(array).cost(of: problem, under: mapping, counts: counts)
  guard let figures else { return "no figures for \(cost.energyPicojoules) pJ" }
  if figures.cycles != cost.cycles { return "\(figures.cycles) cycles for \(cost.cycles)" }
  // Energies are sums of the same products in another order.
  let error = abs(figures.energyPicojoules - cost.energyPicojoules)
  return error <= 1e-12 * cost.energyPicojoules
    ? nil : "\(figures.energyPicojoules) pJ for \(cost.energyPicojoules)"
}

@Suite("Evaluating one mapping")
struct MappingEvaluatorTests {
  @Test(
    "gives the figures of the counts, whatever the problem, the wires, the prices and the mapping",
    arguments: [UInt64(11), 12, 13, 14])
  func drawn(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var (fitting, homed) = (0, 0)
    for number in 0..<1250 {
      let problems =
        number.isMultiple(of: 3)
        ? SmallProblems(largestProblem: 20000, scale: 3) : SmallProblems()
      let problem = problems.problem(using: &random)
      let first = CountingCase(
        problem, using: &random, hierarchies: SmallHierarchies(mostLanes: 36, mostLevels: 5))
      let drawn = DrawnArrays().array(
        first.hierarchy, switches: first.switches, precision: problem.precision, using: &random)
      let resident = ResidentTensors(
        input: random.chance(1, in: 2) ? .whole : .none, output: random.chance(1, in: 2))
      let array = drawn.homing(resident, of: problem) ?? drawn
      if array.homes != PerTensor(repeating: 0) { homed += 1 }
      let evaluator = MappingEvaluator(problem, on: array)
      for _ in 0..<4 {
        let mapping = mapping(of: problem, on: array, using: &random)
        let difference = try difference(evaluator, problem, array, mapping)
        let one = CountingCase(
          problem: problem, hierarchy: array.hierarchy, switches: array.switches, mapping: mapping)
        #expect(difference == nil, "seed \(seed), number \(number)\n\(one)")
        if let compact = CompactMapping(mapping), evaluator.figures(of: compact) != nil {
          fitting += 1
        }
      }
    }
    // The others are too large for the memories drawn.
    #expect(fitting > 3500)
    #expect(homed > 50)
  }

  /// A mapping that keeps no tile of what lives on chip at its home or further out.
  private func mapping(
    of problem: Problem, on array: SpatialArray, using random: inout SplitMix64
  ) -> Mapping {
    var mapping = SmallMappings().mapping(of: problem, on: array.hierarchy, using: &random)
    for role in TensorRole.allCases {
      for level in mapping.levels.indices.dropFirst() where level <= array.homes[role] {
        mapping.levels[level].keeps.remove(TensorSet(role))
      }
    }
    return mapping
  }

  @Test("gives the same figures when it has to drop its tables")
  func dropping() throws {
    var random = SplitMix64(seed: 15)
    let problem = try convolution(k: 5, c: 6, p: 7, q: 9, r: 3, s: 3, padding: 1)
    let array = eyerissLike(isFree: true)
    let patient = MappingEvaluator(problem, on: array)
    let forgetful = MappingEvaluator(problem, on: array, mostTableNumbers: 500)
    var uneven = 0
    for _ in 0..<500 {
      let mapping = SmallMappings().mapping(of: problem, on: array.hierarchy, using: &random)
      let compact = try #require(CompactMapping(mapping))
      let figures = patient.figures(of: compact)
      #expect(forgetful.figures(of: compact) == figures)
      if figures != nil { uneven += 1 }
    }
    #expect(uneven > 20)
  }

  private static let layers = [
    "conv c=16 k=16 h=32 r=3 pad=1", "conv c=16 k=32 h=32 r=3 stride=2 pad=1",
    "conv c=32 k=32 h=16 r=1", "conv c=3 k=16 h=224 r=3 stride=2 pad=1",
    "depthwise c=96 h=112 r=3 stride=2 pad=1", "depthwise c=192 h=28 r=5 pad=2",
    "conv c=112 k=672 h=14 r=1", "linear c=1984 k=1000",
  ]

  @Test(
    "gives the figures of the counts on the shipped targets",
    arguments: ["eyeriss", "eyeriss-like", "eyeriss-like-free"])
  func shipped(name: String) throws {
    let array = try shippedArray(name)
    var random = SplitMix64(seed: 7)
    var uneven = 0
    for layer in Self.layers where name != "eyeriss-like-free" || layer.contains("h=32") {
      for problem in try LayerText(layer).op.problems(batch: 1, precision: array.precision) {
        let found = try MappingSearch(
          Mapspace(problem, on: array), minimizing: .energyDelayProduct
        ).best().mapping
        let evaluator = MappingEvaluator(problem, on: array)
        #expect(try difference(evaluator, problem, array, found) == nil, "\(name): \(layer)")
        let variants = ImperfectVariants(
          problem: problem, hierarchy: array.hierarchy, mapping: found)
        for _ in 0..<100 {
          let mapping = variants.variant(using: &random)
          #expect(
            try difference(evaluator, problem, array, mapping) == nil,
            "\(name): \(layer)\n\(mapping)")
          if let compact = CompactMapping(mapping), evaluator.figures(of: compact) != nil {
            uneven += 1
          }
        }
      }
    }
    #expect(uneven > 50)
  }

  private func shippedArray(_ name: String) throws -> SpatialArray {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let url = root.appendingPathComponent("hwconfigs/\(name).yaml")
    let text = try String(contentsOf: url, encoding: .utf8)
    return try HardwareConfig(text: text, file: "hwconfigs/\(name).yaml").array
  }
}

@Suite("Compact mappings")
struct CompactMappingTests {
  @Test("hold what fits and refuse more")
  func limits() {
    let level = LevelMapping(keeps: .all)
    #expect(CompactMapping(Mapping(levels: Array(repeating: level, count: 16))) != nil)
    #expect(CompactMapping(Mapping(levels: Array(repeating: level, count: 17))) == nil)
    var full = level
    full.temporal = Array(repeating: Loop(.k, passes: 1, step: 1), count: 64)
    #expect(CompactMapping(Mapping(levels: [full, level])) != nil)
    #expect(CompactMapping(Mapping(levels: [full, full])) == nil)
  }

  @Test("are equal where the mappings are")
  func equality() throws {
    let mapping = { (step: Int32) in
      Mapping(levels: [
        LevelMapping(
          keeps: .all, temporal: [Loop(.k, passes: 2, step: step)],
          spatialX: [Loop(.c, passes: 3, step: 1)]), LevelMapping(keeps: .input),
      ])
    }
    let one = try #require(CompactMapping(mapping(4)))
    #expect(one == CompactMapping(mapping(4)))
    #expect(one != CompactMapping(mapping(5)))
    #expect(one.hashValue == CompactMapping(mapping(4))?.hashValue)
  }

  @Test("built loop by loop are those made of a mapping")
  func building() {
    var built = CompactMapping(levelCount: 2)
    built.keep(.all, atLevel: 0)
    built.keep(.output, atLevel: 1)
    built.append(Loop(.k, passes: 2, step: 4), .temporal, atLevel: 0)
    built.append(Loop(.k, passes: 4, step: 1), .spatialY, atLevel: 0)
    let mapping = Mapping(levels: [
      LevelMapping(
        keeps: .all, temporal: [Loop(.k, passes: 2, step: 4)],
        spatialY: [Loop(.k, passes: 4, step: 1)]), LevelMapping(keeps: .output),
    ])
    #expect(Mapping(built) == mapping)
    #expect(CompactMapping(mapping) == built)
  }
}
