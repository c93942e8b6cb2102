public import Accelerators
public import Dataflow
public import Ops

/// Every mapping of a problem onto an array that its dataflow, fan-outs and capacities allow, with
/// steps that divide.
///
/// Temporal loops are at levels with a memory only: at a mere fan-out they would be the innermost
/// loops of the memory above.
public struct Mapspace: Sendable {
  /// What is mapped.
  public let problem: Problem
  /// What it is mapped onto, with its dataflow.
  public let array: SpatialArray
  /// How words are counted, and so which searches there are.
  public let rules: CountingRules
  /// Steps that loops may have, as far as the dataflow allows.
  public private(set) var factors: Factors
  let hierarchy: Hierarchy
  /// The dimensions with a bound above 1, at most eight, in canonical order; and their bounds.
  let dimensions: [LoopDimension]
  let bounds: [Int32]
  /// Of each tensor, the dimensions (bits by position) that move it.
  let relevant: PerTensor<UInt8>
  private(set) var levels: [LevelRules]

  /// What the mapping of one level may be; dimensions are bits by their position in the tiles.
  struct LevelRules: Sendable {
    var hasMemory: Bool
    /// Dimensions with temporal loops, and of each dimension the passes allowed.
    var temporal: UInt8
    var temporalPasses: [ClosedRange<Int32>]
    /// Dimensions on each axis, and of each dimension the passes allowed on both together.
    var spatialX: UInt8
    var spatialY: UInt8
    var spatialPasses: [ClosedRange<Int32>]
    var sizeX: Int32
    var sizeY: Int32
    /// Dimensions named by a fixed order, outermost first.
    var order: [Int]?
    /// Dimensions that the level or one inside it can cut, and those that its children can.
    var cuttable: UInt8 = 0
    var cuttableBelow: UInt8 = 0
    var mustKeep: TensorSet
    var mayKeep: TensorSet
  }

  /// - Parameter factors: steps loops may have; perfect ones alone where the dataflow allows no others.
  public init(
    _ problem: Problem, on array: SpatialArray, rules: CountingRules = .exact,
    factors: Factors = .perfect
  ) {
    self.factors = array.dataflow.allowsImperfectFactors ? factors : .perfect
    self.problem = problem
    self.array = array
    self.rules = rules
    hierarchy = array.hierarchy
    let dimensions = LoopDimension.allCases.filter { problem.bounds[$0] > 1 }
    self.dimensions = dimensions
    bounds = dimensions.map { problem.bounds[$0] }
    relevant = PerTensor(weight: .weight, input: .input, output: .output).map { role in
      problem.relevantDimensions(of: role).members.compactMap { dimensions.firstIndex(of: $0) }
        .reduce(UInt8(0)) { $0 | (1 << UInt8($1)) }
    }
    levels = Self.levelRules(
      of: problem, on: array, hierarchy: hierarchy, dimensions: dimensions)
  }

  /// The tables of tiles whose extents divide, for searches that list them; made anew at each use.
  var tiles: TileTables {
    TileTables(
      problem, countsRectangles: rules == .timeloop,
      storesPadding: array.switches.storesPadding || rules == .timeloop)
  }

  private static func levelRules(
    of problem: Problem, on array: SpatialArray, hierarchy: Hierarchy, dimensions: [LoopDimension]
  ) -> [LevelRules] {
    let present = TensorRole.allCases.reduce(into: TensorSet()) { set, role in
      if problem.projections[role] != nil { set.insert(TensorSet(role)) }
    }
    let all = UInt8(truncatingIfNeeded: (1 << dimensions.count) - 1)
    let bits = { (set: DimensionSet?) -> UInt8 in
      guard let set else { return all }
      return dimensions.indices.reduce(0) {
        set.contains(dimensions[$1]) ? $0 | (1 << UInt8($1)) : $0
      }
    }
    let free = Int32(1)...Int32.max
    var levels = hierarchy.levels.enumerated().map { index, level -> LevelRules in
      let constraints =
        index < array.dataflow.levels.count
        ? array.dataflow.levels[index] : DataflowConstraints.Level()
      let hasMemory = level.memory != nil
      return LevelRules(
        hasMemory: hasMemory, temporal: hasMemory ? bits(constraints.temporal) : 0,
        temporalPasses: dimensions.map { constraints.temporalPasses[$0] ?? free },
        spatialX: level.x.size > 1 ? bits(constraints.spatialX) : 0,
        spatialY: level.y.size > 1 ? bits(constraints.spatialY) : 0,
        spatialPasses: dimensions.map { constraints.spatialPasses[$0] ?? free },
        sizeX: level.x.size, sizeY: level.y.size,
        order: constraints.order.map { $0.compactMap { dimensions.firstIndex(of: $0) } },
        mustKeep: index == 0 ? present : present.intersection(level.memory?.mustKeep ?? []),
        mayKeep: index == 0 ? present : present.intersection(level.memory?.mayKeep ?? []))
    }
    var below: UInt8 = 0
    for index in levels.indices.reversed() {
      for dimension in dimensions.indices {
        let bit = UInt8(1) << UInt8(dimension)
        if levels[index].temporalPasses[dimension].upperBound <= 1 {
          levels[index].temporal &= ~bit
        }
        if levels[index].spatialPasses[dimension].upperBound <= 1 {
          levels[index].spatialX &= ~bit
          levels[index].spatialY &= ~bit
        }
      }
      levels[index].cuttableBelow = below
      below |= levels[index].temporal | levels[index].spatialX | levels[index].spatialY
      levels[index].cuttable = below
    }
    return levels
  }

  /// The part of the space whose steps divide.
  var dividing: Mapspace {
    var space = self
    space.factors = .perfect
    return space
  }

  /// The part of the space in which each level keeps exactly the given tensors.
  func keeping(_ scheme: [TensorSet]) -> Mapspace {
    var space = self
    for (level, keeps) in scheme.enumerated() {
      space.levels[level].mustKeep = keeps
      space.levels[level].mayKeep = keeps
    }
    return space
  }

  /// Every choice of what each level keeps.
  var schemes: [[TensorSet]] {
    levels.reduce([[]]) { schemes, level in
      schemes.flatMap { scheme in
        TensorSet.between(level.mustKeep, level.mayKeep).map { scheme + [$0] }
      }
    }
  }

  /// Whether a tile that enters a level can be cut to fit every memory at or inside the level that
  /// must keep something; `false` is certain.
  func admits(_ tile: Int, enteringLevel first: Int, of tiles: TileTables) -> Bool {
    var cut: UInt8 = 0
    let digits = tiles.digits[tile]
    // The lanes take in single iterations only.
    if first == levels.count { return tile == 0 }
    for level in first..<levels.count {
      let rules = levels[level]
      if !rules.mustKeep.isEmpty {
        var smallest = digits
        for dimension in tiles.dimensions.indices where cut & (1 << UInt8(dimension)) != 0 {
          smallest[dimension] = 0
        }
        let overflow = overflow(
          atLevel: level, tile: tiles.tile(smallest), keeps: rules.mustKeep,
          outermostReduction: nil, of: tiles)
        if overflow != nil { return false }
      }
      cut |= rules.temporal | rules.spatialX | rules.spatialY
    }
    for dimension in tiles.dimensions.indices
    where digits[dimension] != 0 && cut & (1 << UInt8(dimension)) == 0 {
      return false
    }
    return true
  }

  /// Bits that tiles of the given words take at a level, or `nil` where they fit.
  ///
  /// - Parameter outermostReduction: the outermost level known to cut a reduction dimension.
  func overflow(
    atLevel level: Int, tile: Int, keeps: TensorSet, outermostReduction: Int?, of tiles: TileTables
  ) -> MappingError? {
    guard let memory = hierarchy.levels[level].memory else { return nil }
    let needed = { (role: TensorRole) -> Int64 in
      guard keeps.contains(role) else { return 0 }
      let bits = widthBits(role, level: level, outermostReduction: outermostReduction)
      return Int64(tiles.largestWords[role][tile]) * Int64(bits)
    }
    let name = hierarchy.levels[level].name
    switch memory.capacity {
    case .unbounded: return nil
    case .shared(let available):
      let bits = TensorRole.allCases.reduce(0) { $0 + needed($1) }
      if bits <= available { return nil }
      return .doesNotFit(level: name, tensor: nil, neededBits: bits, availableBits: available)
    case .partitions(let available):
      for role in TensorRole.allCases where keeps.contains(role) {
        let bits = needed(role)
        if bits > available[role] ?? 0 {
          return .doesNotFit(
            level: name, tensor: role, neededBits: bits, availableBits: available[role] ?? 0)
        }
      }
      return nil
    }
  }

  /// Width of a stored word when the outermost reduction is at the given level.
  func widthBits(_ role: TensorRole, level: Int, outermostReduction: Int?) -> Int {
    if let bits = hierarchy.levels[level].memory?.wordBits[role] { return bits }
    switch role {
    case .weight: return problem.precision.weightBits
    case .input: return problem.precision.activationBits
    case .output:
      let isPartial = outermostReduction.map { $0 <= level } ?? false
      return isPartial ? problem.precision.accumulatorBits : problem.precision.activationBits
    }
  }
}

extension TensorSet {
  /// All sets between two sets, the larger ones first.
  static func between(_ least: TensorSet, _ most: TensorSet) -> [TensorSet] {
    (UInt8(0)..<8).reversed().map(TensorSet.init(rawValue:))
      .filter { $0.isSuperset(of: least) && $0.isSubset(of: most) }
  }
}
