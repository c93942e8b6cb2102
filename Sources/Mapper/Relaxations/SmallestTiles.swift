internal import Accelerators
internal import Dataflow
internal import Ops

/// The ways to cut one dimension over the levels, of which none is worse than another in all: in the
/// extents of the tiles that enter the levels and in the children used along their axes.
///
/// They answer whether a mapping exists at all, and what it needs: whoever has room for any mapping
/// has room for one of small tiles. Of very many ways the smallest are kept.
struct DimensionCuts {
  /// How one level cuts a dimension.
  struct Step: Hashable, Sendable {
    var entering: Int32
    var afterTemporal: Int32
    var afterX: Int32
    var afterY: Int32

    /// Children used along an axis.
    func children(_ axis: ArrayAxis) -> Int32 {
      axis == .x ? ceiling(afterTemporal, afterX) : ceiling(afterX, afterY)
    }

    var temporalPasses: Int32 { ceiling(entering, afterTemporal) }
    /// Passes on both axes.
    var spatialPasses: Int64 { Int64(children(.x)) * Int64(children(.y)) }
  }

  let dimension: LoopDimension
  let levels: [TileRules.Level]
  let isPerfect: Bool
  /// The outermost level that may cut the dimension.
  let firstCut: Int
  /// The bound's divisors, in ascending order.
  private let divisors: [Int32]
  private var known: [Key: [[Step]]] = [:]

  /// More ways than this to cut a tile are not followed.
  private static let mostWays = 12
  /// All steps up to this are tried, and beyond it those of few passes.
  private static let smallSteps: Int32 = 64

  private struct Key: Hashable {
    var level: Int
    var size: Int32
  }

  init(_ dimension: LoopDimension, bound: Int32, rules: TileRules, firstCut: Int) {
    self.dimension = dimension
    self.firstCut = firstCut
    levels = rules.levels
    isPerfect = rules.isPerfect
    divisors = Self.divisors(of: bound)
  }

  /// The ways to cut a tile that enters a level, one step a level from there on.
  mutating func ways(of size: Int32, from level: Int = 0) -> [[Step]] {
    guard level < levels.count else { return size == 1 ? [[]] : [] }
    let key = Key(level: level, size: size)
    if let ways = known[key] { return ways }
    var found: [[Step]] = []
    for part in temporalParts(of: size, at: level) {
      for (x, y) in spatialParts(of: part, at: level) {
        let step = Step(entering: size, afterTemporal: part, afterX: x, afterY: y)
        for rest in ways(of: y, from: level + 1) { Self.add([step] + rest, to: &found) }
      }
      // Larger steps leave larger tiles, which is of use only to spare children.
      if found.contains(where: { $0.allSatisfy { $0.spatialPasses == 1 } }) { break }
    }
    known[key] = found
    return found
  }

  /// The steps that a level's loops over time may have, the smallest first.
  private func temporalParts(of size: Int32, at level: Int) -> [Int32] {
    let rules = levels[level]
    let range = rules.temporalPasses[dimension] ?? 1...Int32.max
    guard rules.temporal.contains(dimension), level >= firstCut else {
      return range.contains(1) ? [size] : []
    }
    return steps(of: size).filter { range.contains(ceiling(size, $0)) }
  }

  /// The tiles after the loops along x, and along y.
  private func spatialParts(of size: Int32, at level: Int) -> [(x: Int32, y: Int32)] {
    let rules = levels[level]
    let range = rules.spatialPasses[dimension] ?? 1...Int32.max
    let mayCut = level >= firstCut
    var parts: [(x: Int32, y: Int32)] = []
    let xs = mayCut && rules.spatialX.contains(dimension) ? split(size, rules.sizeX) : [size]
    for x in xs {
      let ys = mayCut && rules.spatialY.contains(dimension) ? split(x, rules.sizeY) : [x]
      for y in ys {
        let passes = Int64(ceiling(size, x)) * Int64(ceiling(x, y))
        if passes <= Int64(Int32.max), range.contains(Int32(passes)) { parts.append((x, y)) }
      }
    }
    return parts
  }

  /// The steps of at most so many passes, the whole tile first.
  private func split(_ size: Int32, _ most: Int32) -> [Int32] {
    if isPerfect {
      return divisors.filter { size % $0 == 0 && size / $0 <= most }.reversed()
    }
    var parts: [Int32] = []
    for passes in stride(from: Int32(1), through: min(size, most), by: 1) {
      let part = ceiling(size, passes)
      if parts.last != part { parts.append(part) }
    }
    return parts
  }

  private func steps(of size: Int32) -> [Int32] {
    if isPerfect { return divisors.filter { size % $0 == 0 } }
    var steps = Set(1...min(size, Self.smallSteps))
    for passes in 1...Self.smallSteps where passes <= size { steps.insert(ceiling(size, passes)) }
    for divisor in divisors where divisor <= size { steps.insert(divisor) }
    return steps.sorted()
  }

  /// Adds a way unless one is there that is no worse in anything, and removes those it beats.
  private static func add(_ way: [Step], to ways: inout [[Step]]) {
    if ways.contains(where: { isNoWorse($0, than: way) }) { return }
    ways.removeAll { isNoWorse(way, than: $0) }
    ways.append(way)
    guard ways.count > mostWays else { return }
    // What uses most children goes.
    let children = ways.map { way in way.reduce(1.0) { $0 * Double($1.spatialPasses) } }
    if let most = children.indices.max(by: { children[$0] < children[$1] }) {
      ways.remove(at: most)
    }
  }

  private static func isNoWorse(_ one: [Step], than other: [Step]) -> Bool {
    zip(one, other).allSatisfy { one, other in
      one.entering <= other.entering && one.children(.x) <= other.children(.x)
        && one.children(.y) <= other.children(.y)
    }
  }

  private static func divisors(of bound: Int32) -> [Int32] {
    var divisors: [Int32] = []
    var candidate: Int32 = 1
    while Int64(candidate) * Int64(candidate) <= Int64(bound) {
      if bound % candidate == 0 {
        divisors.append(candidate)
        if candidate != bound / candidate { divisors.append(bound / candidate) }
      }
      candidate += 1
    }
    return divisors.sorted()
  }
}

/// Passes of a step over a tile.
private func ceiling(_ size: Int32, _ step: Int32) -> Int32 { (size + step - 1) / step }

/// What an array lets the loops of a mapping do, as plain sets.
struct TileRules: Sendable {
  struct Level: Sendable {
    /// Dimensions that may have loops over time, and along each axis.
    var temporal: DimensionSet
    var spatialX: DimensionSet
    var spatialY: DimensionSet
    var temporalPasses: [LoopDimension: ClosedRange<Int32>]
    var spatialPasses: [LoopDimension: ClosedRange<Int32>]
    var order: [LoopDimension]
    var sizeX: Int32
    var sizeY: Int32
    /// The tensors that have to be kept.
    var keeps: TensorSet
  }

  var levels: [Level]
  var isPerfect: Bool

  init(_ problem: Problem, on array: SpatialArray, factors: Factors) {
    isPerfect = factors == .perfect || !array.dataflow.allowsImperfectFactors
    let present = TensorRole.allCases.reduce(into: TensorSet()) { set, role in
      if problem.projections[role] != nil { set.insert(TensorSet(role)) }
    }
    let all = LoopDimension.allCases.reduce(into: DimensionSet()) { $0.insert(DimensionSet($1)) }
    levels = array.levels.enumerated().map { index, level in
      let rules =
        index < array.dataflow.levels.count
        ? array.dataflow.levels[index] : DataflowConstraints.Level()
      return Level(
        temporal: level.memory == nil ? [] : rules.temporal ?? all,
        spatialX: level.fanout.x.size > 1 ? rules.spatialX ?? all : [],
        spatialY: level.fanout.y.size > 1 ? rules.spatialY ?? all : [],
        temporalPasses: rules.temporalPasses, spatialPasses: rules.spatialPasses,
        order: rules.order ?? [], sizeX: level.fanout.x.size, sizeY: level.fanout.y.size,
        keeps: index == 0 ? present : present.intersection(level.memory?.mustKeep ?? []))
    }
  }
}

/// The mappings of small tiles that an array's structure allows, whatever its memories hold.
struct SmallestTiles {
  private let problem: Problem
  private let hierarchy: Hierarchy
  private let switches: CountingSwitches
  private let counting: CountingRules
  let rules: TileRules
  /// More mappings than this are not looked at.
  private static let mostMappings = 64

  init(
    _ problem: Problem, on array: SpatialArray, rules: TileRules, counting: CountingRules
  ) {
    self.problem = problem
    self.rules = rules
    self.counting = counting
    switches = array.switches
    var hierarchy = array.hierarchy
    for index in hierarchy.levels.indices {
      hierarchy.levels[index].memory?.capacity = .unbounded
      // Fan-outs are checked before, against the rules, which may be wider.
      hierarchy.levels[index].x.size = rules.levels[index].sizeX
      hierarchy.levels[index].y.size = rules.levels[index].sizeY
      hierarchy.levels[index].memory?.mustKeep = rules.levels[index].keeps
    }
    self.hierarchy = hierarchy
  }

  /// A mapping and the bits that its tiles take of each tensor at each level.
  struct Candidate {
    var cuts: [LoopDimension: [DimensionCuts.Step]]
    var needs: [PerTensor<Int64>]

    /// Children used along an axis of a level.
    func children(_ axis: ArrayAxis, ofLevel level: Int) -> Int64 {
      cuts.values.reduce(1) { $0 * Int64($1[level].children(axis)) }
    }
  }

  /// The candidates, those that sum up outermost first.
  ///
  /// Where loops over reduced dimensions are outside of a level, its output words are partial sums,
  /// which may be wider: so they are also cut from each level inwards only.
  func candidates() -> [Candidate] {
    let isWider = problem.precision.accumulatorBits > problem.precision.activationBits
    var found: [Candidate] = []
    for firstReduction in 0..<(isWider ? rules.levels.count : 1) {
      found += candidates(firstReduction: firstReduction)
    }
    return found
  }

  private func candidates(firstReduction: Int) -> [Candidate] {
    var lists: [(LoopDimension, [[DimensionCuts.Step]])] = []
    // A dimension of bound 1 has no loops, and no passes are asked of it.
    for dimension in LoopDimension.allCases where problem.bounds[dimension] > 1 {
      let isReduced = problem.reductionDimensions.contains(DimensionSet(dimension))
      var cuts = DimensionCuts(
        dimension, bound: problem.bounds[dimension], rules: rules,
        firstCut: isReduced ? firstReduction : 0)
      let ways = cuts.ways(of: problem.bounds[dimension])
      if ways.isEmpty { return [] }
      lists.append((dimension, ways))
    }
    var chosen: [LoopDimension: [DimensionCuts.Step]] = [:]
    var found: [Candidate] = []
    combine(lists[...], &chosen, &found)
    return found
  }

  private func combine(
    _ lists: ArraySlice<(LoopDimension, [[DimensionCuts.Step]])>,
    _ chosen: inout [LoopDimension: [DimensionCuts.Step]], _ found: inout [Candidate]
  ) {
    guard found.count < Self.mostMappings else { return }
    guard let (dimension, ways) = lists.first else {
      if let needs = needs(of: mapping(chosen)) {
        found.append(Candidate(cuts: chosen, needs: needs))
      }
      return
    }
    for way in ways {
      chosen[dimension] = way
      if fansOut(chosen) { combine(lists.dropFirst(), &chosen, &found) }
      chosen[dimension] = nil
    }
  }

  /// Whether no level uses more children than there are.
  private func fansOut(_ cuts: [LoopDimension: [DimensionCuts.Step]]) -> Bool {
    rules.levels.indices.allSatisfy { level in
      let used = { (axis: ArrayAxis) in
        cuts.values.reduce(Int64(1)) { product, steps in
          min(product, 1 << 31) * Int64(steps[level].children(axis))
        }
      }
      return used(.x) <= Int64(rules.levels[level].sizeX)
        && used(.y) <= Int64(rules.levels[level].sizeY)
    }
  }

  private func mapping(_ cuts: [LoopDimension: [DimensionCuts.Step]]) -> Mapping {
    Mapping(
      levels: rules.levels.enumerated().map { index, level in
        let free = LoopDimension.allCases.filter { !level.order.contains($0) }
        var mapping = LevelMapping(keeps: level.keeps)
        for dimension in free + level.order {
          guard let step = cuts[dimension]?[index] else { continue }
          let loop = { (size: Int32, part: Int32) -> [Loop] in
            size == part ? [] : [Loop(dimension, passes: ceiling(size, part), step: part)]
          }
          mapping.temporal += loop(step.entering, step.afterTemporal)
          mapping.spatialX += loop(step.afterTemporal, step.afterX)
          mapping.spatialY += loop(step.afterX, step.afterY)
        }
        return mapping
      })
  }

  /// Bits of each tensor's tiles at each level; `nil` for a mapping that cannot be counted.
  private func needs(of mapping: Mapping) -> [PerTensor<Int64>]? {
    let analysis = ReuseAnalysis(problem, on: hierarchy, switches: switches)
    guard let counts = try? analysis.accessCounts(under: mapping, by: counting) else { return nil }
    let widths = WordWidths(problem, on: hierarchy, under: mapping)
    return counts.levels.enumerated().map { index, level in
      TensorRole.allCases.reduce(into: PerTensor(repeating: Int64(0))) { bits, role in
        let words = level.traffic[role].peakWords
        let width = Int64(widths.storedBits(role, atLevel: index))
        let (product, overflow) = words.multipliedReportingOverflow(by: width)
        bits[role] = overflow ? .max / 3 : min(product, .max / 3)
      }
    }
  }
}
