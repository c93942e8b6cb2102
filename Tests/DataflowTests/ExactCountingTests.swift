import Dataflow
import Foundation
import Ops
import TestSupport
import Testing

/// The closed form against the step by step execution.
@Suite("exact counting")
struct ExactCountingTests {
  /// Another seed draws other cases: `HWCOST_SEED=7 swift test …`.
  static let seed =
    ProcessInfo.processInfo.environment["HWCOST_SEED"].flatMap { UInt64($0) } ?? 20_260_101
  static let casesOfAPart = 6000

  private static func differences(_ one: CountingCase) -> [String] {
    do {
      let closedForm = try ReuseAnalysis(one.problem, on: one.hierarchy, switches: one.switches)
        .accessCounts(under: one.mapping)
      return CountingCase.differences(simulated: one.simulated, closedForm: closedForm)
    } catch {
      return ["refused: \(error)"]
    }
  }

  /// Whether the closed form counts a case and counts it otherwise.
  private static func disagrees(_ one: CountingCase) -> Bool {
    let differences = differences(one)
    return !differences.isEmpty && differences.first?.hasPrefix("refused") != true
  }

  /// The case and the smallest case like it, with the numbers that differ.
  private static func report(_ one: CountingCase) -> Comment {
    let smallest = disagrees(one) ? one.shrunk(while: disagrees) : one
    return """
      \(smallest)
      \(differences(smallest).joined(separator: "\n"))
      """
  }

  @Test(
    "the closed form counts drawn mappings as the step by step execution does", arguments: 0..<4)
  func drawn(part: UInt64) {
    print("ExactCountingTests: HWCOST_SEED=\(Self.seed), part \(part)")
    var random = SplitMix64(seed: Self.seed &+ part &* 0x1_0000_0000)
    var failures = 0
    for number in 0..<Self.casesOfAPart where failures < 3 {
      let one = CountingCase(using: &random)
      if !Self.differences(one).isEmpty {
        failures += 1
        Issue.record("HWCOST_SEED=\(Self.seed) part \(part) case \(number)\n\(Self.report(one))")
      }
    }
  }

  @Test("long dimensions, cut many times, are counted as well")
  func longChains() {
    var random = SplitMix64(seed: Self.seed &+ 101)
    let problems = SmallProblems(largestProblem: 3000, scale: 5)
    let hierarchies = SmallHierarchies(mostLanes: 24, mostLevels: 5)
    for _ in 0..<600 {
      let one = CountingCase(using: &random, problems: problems, hierarchies: hierarchies)
      let differences = Self.differences(one)
      #expect(differences.isEmpty, "HWCOST_SEED=\(Self.seed)\n\(Self.report(one))")
    }
  }

  /// Ops as networks have them, but small.
  private static func ops() throws -> [any TensorOp] {
    let map = FeatureMap(channels: 4, height: 5, width: 3)
    return [
      try Convolution(input: map, outputChannels: 2, window: Window(square: 3, padding: 1)),
      try Convolution(
        input: map, outputChannels: 6, window: Window(square: 3, stride: 2, padding: 1), groups: 2),
      try Convolution(input: map, outputChannels: 8, window: Window(square: 1, stride: 2)),
      try Convolution(
        input: map, outputChannels: 2, window: Window(square: 2, padding: 1, dilation: 2)),
      try DepthwiseConvolution(input: map, window: Window(square: 3, stride: 1, padding: 1)),
      try Pooling(.average, input: map, window: Window(square: 3, padding: 1)),
      try Pooling(.maximum, input: map, window: Window(square: 2, stride: 2)),
      try GlobalPooling(input: map),
      try Linear(inputFeatures: 12, outputFeatures: 10),
      try ElementwiseAdd(map), try Concat(output: map), try ChannelShuffle(map, groups: 2),
    ]
  }

  @Test("the nests of ops are counted as the step by step execution does")
  func opNests() throws {
    let precision = Precision(weightBits: 8, activationBits: 8, accumulatorBits: 24)
    var random = SplitMix64(seed: Self.seed &+ 102)
    for op in try Self.ops() {
      for problem in try op.problems(batch: 2, precision: precision) {
        for _ in 0..<100 {
          let one = CountingCase(problem, using: &random)
          let differences = Self.differences(one)
          #expect(differences.isEmpty, "HWCOST_SEED=\(Self.seed) \(op.kind)\n\(Self.report(one))")
        }
      }
    }
  }

  /// Tiny problems of which every mapping is tried.
  enum Shape: String, CaseIterable {
    case product = "k 3, c 3"
    case channels = "k 2, c 5"
    case window = "p 4, r 3"
    case stridedWindow = "p 4, r 2, stride 2"
    case paddedWindow = "p 5, r 2, padding 1"
    case windowOverChannels = "c 2, p 3, r 2"

    func problem() throws -> Problem {
      typealias Base = ReferenceSimulatorTests
      switch self {
      case .product: return try Base.linear(k: 3, c: 3)
      case .channels: return try Base.linear(k: 2, c: 5)
      case .window: return try Base.row(p: 4, r: 3)
      case .stridedWindow: return try Base.row(p: 4, r: 2, stride: 2)
      case .paddedWindow: return try Base.row(p: 5, r: 2, padding: 1)
      case .windowOverChannels: return try Base.row(c: 2, p: 3, r: 2)
      }
    }
  }

  @Test("the closed form counts every mapping of tiny problems", arguments: Shape.allCases)
  func exhaustive(shape: Shape) throws {
    let problem = try shape.problem()
    let x = Hierarchy.Wires(size: 2, multicast: .weight, forward: .input, reduce: .output)
    let y = Hierarchy.Wires(size: 2, multicast: [.weight, .input])
    let lanes = Hierarchy.Wires(size: 2, multicast: .input, reduce: .output)
    let hierarchy = Hierarchy(levels: [
      .init(name: "L0", memory: .init(mustKeep: []), x: x, y: y, diagonal: .input),
      .init(name: "L1", memory: .init(mustKeep: []), x: lanes),
    ])
    var (count, failures) = (0, 0)
    EveryMapping(of: problem, on: hierarchy).forEach { mapping in
      guard failures < 3 else { return }
      count += 1
      let one = CountingCase(
        problem: problem, hierarchy: hierarchy,
        switches: CountingSwitches(
          storesPadding: count.isMultiple(of: 2), readsFirstPartialSum: count.isMultiple(of: 5)),
        mapping: mapping)
      if !Self.differences(one).isEmpty {
        failures += 1
        Issue.record("mapping \(count)\n\(Self.report(one))")
      }
    }
    print("ExactCountingTests: \(shape.rawValue): \(count) mappings")
    #expect(count > 100)
  }
}
