import Accelerators
import Dataflow
import Mapper
import Ops
import TestSupport

/// A problem and an array that have few mappings together, drawn by a seed and a number.
struct SearchCase {
  var seed: UInt64
  var number: Int
  var factors: Factors
  var problem: Problem
  var array: SpatialArray
  var mappings: ArrayMappings
  var mappingCount: Int

  /// More mappings than this are not evaluated.
  static let mostMappings = 60_000

  /// The same case on every machine.
  init(seed: UInt64, number: Int, factors: Factors) throws {
    self.seed = seed
    self.number = number
    self.factors = factors
    var random = SplitMix64(seed: seed &* 1_000_003 &+ UInt64(number))
    // A third has a long dimension, where partial tiles nest in partial tiles.
    let shapes: [Shape] = [.wide, .long, .usual, .deep, .long, .any]
    let shape = shapes[number % shapes.count]
    // Those with few mappings are rarely taken: they prove little.
    let (fewest, most) = random.pick([
      (20, 5000), (200, 20_000), (1000, 20_000), (4000, Self.mostMappings),
    ])
    while true {
      guard let problem = shape.problem(using: &random) else { continue }
      var array = DrawnTargets(
        problem: problem, levelCount: random.pick(shape.levelCounts),
        mostChildren: random.pick([2, 3, 4])
      ).array(using: &random)
      if random.chance(1, in: 3) { array = Self.homed(array, problem, &random) }
      let mappings = ArrayMappings(of: problem, on: array, factors: factors)
      guard let count = mappings.count(atMost: most), count >= fewest else { continue }
      self.problem = problem
      self.array = array
      self.mappings = mappings
      mappingCount = count
      return
    }
  }

  private static func homed(
    _ array: SpatialArray, _ problem: Problem, _ random: inout SplitMix64
  ) -> SpatialArray {
    let resident = ResidentTensors(
      input: random.chance(1, in: 2) ? .whole : .none, output: random.chance(1, in: 2))
    return array.homing(resident, of: problem) ?? array
  }

  var space: Mapspace { Mapspace(problem, on: array, factors: factors) }
}

extension SearchCase {
  /// What the case is like, and what some mappings of it cost.
  func description(of mappings: [(String, Mapping)]) -> String {
    let evaluator = MappingEvaluator(problem, on: array)
    let texts = mappings.map { name, mapping in
      let one = CountingCase(
        problem: problem, hierarchy: array.hierarchy, switches: array.switches, mapping: mapping)
      let figures = CompactMapping(mapping).flatMap { evaluator.figures(of: $0) }
      return "--- \(name): \(figures.map { "\($0)" } ?? "does not fit")\n\(one)"
    }
    return """
      replay(seed: \(seed), case: \(number), factors: .\(factors.rawValue)), \(mappingCount) mappings
      \(array)
      \(texts.joined(separator: "\n"))
      """
  }
}

/// What kinds of problems are drawn, each for arrays of some numbers of levels.
enum Shape: CaseIterable {
  case wide, usual, deep, long, any

  var levelCounts: [Int] {
    switch self {
    case .wide: [2]
    case .usual: [2, 3, 3]
    case .deep: [4]
    case .long: [2, 3, 3, 4]
    case .any: [2, 3, 3, 4]
    }
  }

  /// - Returns: `nil` where what was drawn is no problem.
  func problem(using random: inout SplitMix64) -> Problem? {
    switch self {
    case .wide: convolution(random.number(in: 3...5), 2...5, using: &random)
    case .usual: convolution(random.number(in: 2...3), 2...7, using: &random)
    case .deep: convolution(random.number(in: 1...3), 2...6, using: &random)
    case .long: convolution(random.number(in: 1...2), 7...13, using: &random)
    case .any: SmallProblems(largestProblem: 120).problem(using: &random)
    }
  }

  /// A convolution in which so many dimensions have a bound above 1, the first of them of the range
  /// given.
  private func convolution(
    _ count: Int32, _ bounds: ClosedRange<Int32>, using random: inout SplitMix64
  ) -> Problem? {
    var drawn: [LoopDimension: Int32] = [:]
    // Windows slide more often than dimensions drawn evenly would let them.
    let pairs: [[LoopDimension]] = random.pick([[[.p, .r]], [[.p, .r]], [[.k, .c]], []])
    let order = pairs.flatMap { random.shuffled($0) } + random.shuffled(LoopDimension.allCases)
    for dimension in order where drawn[dimension] == nil && drawn.count < Int(count) {
      let isWindow = dimension == .r || dimension == .s
      let isLong = drawn.isEmpty || self != .long
      let range: ClosedRange<Int32> = isWindow ? 2...3 : isLong ? bounds : 2...4
      drawn[dimension] = random.number(in: range)
    }
    let bounds = Extents(drawn)
    let stride = random.pick([Int32(1), 1, 2, 3])
    let dilation = random.pick([Int32(1), 1, 2])
    let rows = axis(.p, .r, bounds, stride: stride, dilation: dilation, &random)
    let columns = axis(.q, .s, bounds, stride: stride, dilation: dilation, &random)
    let plain = { (dimensions: [LoopDimension]) in
      dimensions.map { AffineAxis($0, extent: bounds[$0]) }
    }
    let precision = random.pick([
      Precision(weightBits: 8, activationBits: 8, accumulatorBits: 16),
      Precision(weightBits: 4, activationBits: 8, accumulatorBits: 24),
      Precision(weightBits: 16, activationBits: 16, accumulatorBits: 16),
    ])
    return try? Problem(
      bounds: bounds,
      projections: PerTensor(
        weight: Projection(plain([.g, .k, .c, .r, .s])),
        input: Projection(plain([.n, .g, .c]) + [rows, columns]),
        output: Projection(plain([.n, .g, .k, .p, .q]))),
      precision: precision)
  }

  /// An input axis under a window, with padding or cropped at times.
  private func axis(
    _ position: LoopDimension, _ filter: LoopDimension, _ bounds: Extents, stride: Int32,
    dilation: Int32, _ random: inout SplitMix64
  ) -> AffineAxis {
    let reach = (bounds[position] - 1) * stride + (bounds[filter] - 1) * dilation + 1
    // A filter of one element can be padded too; then some outputs need no input at all.
    let isPlain = bounds[filter] == 1
    let padding = random.pick(
      isPlain ? [Int32(0), 0, 0, bounds[position] > 2 ? 1 : 0] : [0, 0, 1, 2])
    let cropped = random.pick([Int32(0), 0, 0, 0, 1])
    return AffineAxis(
      [.init(stride, position), .init(dilation, filter)], offset: -padding,
      extent: max(1, reach - 2 * padding - cropped))
  }
}
