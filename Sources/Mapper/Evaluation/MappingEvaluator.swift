public import Accelerators
internal import Dataflow
public import Ops

/// Energy and cycles of given mappings of one problem on one array, under rule set `exact`.
///
/// The figures are those of `SpatialArrayModel` with the counts of `ReuseAnalysis`, without the
/// counts themselves: only what costs energy or takes a port's time is counted. What a mapping's
/// chains of loops say about sliding and uneven dimensions is kept in tables for the next mappings,
/// so that the evaluator is fast for many mappings of a problem, and allocates nothing for chains
/// it knows.
///
/// A class, since it is its tables; it is used by one thread at a time.
public final class MappingEvaluator {
  /// What a mapping costs.
  public struct Figures: Hashable, Sendable {
    public var energyPicojoules: Double
    public var cycles: Int64

    public init(energyPicojoules: Double, cycles: Int64) {
      self.energyPicojoules = energyPicojoules
      self.cycles = cycles
    }
  }

  let levelCount: Int
  let prices: ArrayPrices
  let tensors: UnsafeBufferPointer<TensorPlan>
  let switches: CountingSwitches
  /// Dimensions that output words do not depend on.
  let reduction: UInt8
  let bounds: UnsafeBufferPointer<Int>
  let wires: UnsafeBufferPointer<EvaluatedNest.Wires>
  /// Of each level, the tensors that its diagonal wires carry.
  let diagonals: UnsafeBufferPointer<UInt8>
  /// Tensors that any wires forward, or any diagonal wires carry.
  let forwarded: UInt8
  let diagonal: UInt8
  let tables = FactorTables()
  let state: UnsafeMutablePointer<EvaluationState>

  /// - Precondition: the array has at most ``CompactMapping/mostLevels`` levels.
  public init(_ problem: Problem, on array: SpatialArray) {
    levelCount = array.levels.count
    precondition(
      levelCount <= CompactMapping.mostLevels, "an evaluated array has at most 16 levels")
    prices = ArrayPrices(problem, on: array)
    switches = array.switches
    reduction = problem.reductionDimensions.rawValue
    bounds = UnsafeBufferPointer(copying: LoopDimension.allCases.map { Int(problem.bounds[$0]) })
    var axes: [TensorPlan.Axis] = []
    tensors = UnsafeBufferPointer(
      copying: TensorRole.allCases.map {
        TensorPlan(
          problem.projections[$0], of: problem, storesPadding: array.switches.storesPadding,
          knownAxes: &axes)
      })
    let operands = TensorSet([.weight, .input])
    let wires = array.levels.flatMap { level in
      [level.fanout.x, level.fanout.y].map { wires in
        EvaluatedNest.Wires(
          shares: wires.multicast.intersection(operands)
            .union(wires.reduce.intersection(.output)).rawValue,
          forwards: wires.forward.intersection(operands).rawValue)
      }
    }
    self.wires = UnsafeBufferPointer(copying: wires)
    diagonals = UnsafeBufferPointer(
      copying: array.levels.map { $0.fanout.diagonal.intersection(operands).rawValue })
    forwarded = wires.reduce(0) { $0 | $1.forwards }
    diagonal = diagonals.reduce(0, |)
    state = .allocate(capacity: 1)
    state.initialize(to: EvaluationState(levelCount: levelCount, bounds: bounds))
  }

  deinit {
    state.pointee.deallocate()
    state.deallocate()
    prices.deallocate()
    for plan in tensors { plan.axes.deallocate() }
    tensors.deallocate()
    bounds.deallocate()
    wires.deallocate()
    diagonals.deallocate()
  }

  /// The energy and cycles of a mapping; `nil` where a tile does not fit its memory.
  ///
  /// - Precondition: `ReuseAnalysis.checkStructure(of:)` passes; what it checks is not looked at
  ///   again.
  /// - Complexity: O(*levels* × *loops*) for chains of loops met before.
  public func figures(of mapping: borrowing CompactMapping) -> Figures? {
    let mappedLevels = mapping.levelCount
    precondition(mappedLevels == levelCount, "the mapping has the array's levels")
    tables.makeRoom()
    return run(&state.pointee, mapping)
  }

  @inline(__always)
  private func run(
    _ state: inout EvaluationState, _ mapping: borrowing CompactMapping
  ) -> Figures? {
    state.nest.read(mapping, wires: wires)
    begin(&state, mapping)
    for tensor in 0..<3 where tensors[tensor].isPresent {
      if tensor == 2 {
        countOutput(&state, mapping)
      } else {
        countOperand(tensor, &state, mapping)
      }
    }
    for level in 0..<levelCount where prices.levels[level].limitsTiles {
      guard state.tileBits[level] <= prices.levels[level].sharedBits else { return nil }
    }
    guard state.fits else { return nil }
    let cycles = self.cycles(&state, mapping)
    return Figures(
      energyPicojoules: prices.constantPicojoules + state.picojoules
        + Double(cycles) * prices.picojoulesPerCycle,
      cycles: cycles)
  }

  /// Clears what the tensors add up.
  private func begin(_ state: inout EvaluationState, _ mapping: borrowing CompactMapping) {
    state.picojoules = 0
    state.fits = true
    for index in state.busiest.indices { state.busiest[index] = 0 }
    for index in state.firstTiles.indices { state.firstTiles[index] = 0 }
    for index in state.tileBits.indices { state.tileBits[index] = 0 }
    let reducing = state.nest.loops(of: reduction)
    var outermost = levelCount
    if reducing != 0 {
      let first = reducing & (0 &- reducing)
      outermost = 0
      while state.nest.outside[outermost + 1] & first == 0 { outermost += 1 }
    }
    state.outermostReduction = outermost
  }
}

/// What one evaluation fills in.
struct EvaluationState {
  var nest: EvaluatedNest
  var picojoules = 0.0
  var fits = true
  /// The outermost level with a loop over a reduction dimension, or the number of levels.
  var outermostReduction = 0
  /// Words of the busiest instance, by level and stream; zero where no port carries them.
  let busiest: UnsafeMutableBufferPointer<Double>
  /// Words of the first tile (outputs: the last), by level, tensor, and side: the level's own, and
  /// the one of its parent.
  let firstTiles: UnsafeMutableBufferPointer<Double>
  /// Bits of the tiles of all tensors, by level.
  let tileBits: UnsafeMutableBufferPointer<Double>
  /// The tables that join in the count under way.
  let active: UnsafeMutableBufferPointer<ActiveTable>

  init(levelCount: Int, bounds: UnsafeBufferPointer<Int>) {
    nest = EvaluatedNest(levelCount: levelCount)
    for (index, bound) in bounds.enumerated() { nest.extents[index] = Int32(bound) }
    busiest = .allocate(capacity: ArrayPrices.streamCount * levelCount)
    firstTiles = .allocate(capacity: 6 * levelCount)
    tileBits = .allocate(capacity: levelCount)
    active = .allocate(capacity: 16)
    busiest.initialize(repeating: 0)
    firstTiles.initialize(repeating: 0)
    tileBits.initialize(repeating: 0)
    active.initialize(repeating: ActiveTable())
  }

  func deallocate() {
    nest.deallocate()
    busiest.deallocate()
    firstTiles.deallocate()
    tileBits.deallocate()
    active.deallocate()
  }

  /// Where the outermost reduction loop is, seen from a level.
  @inline(__always)
  func reduction(_ level: Int) -> ArrayPrices.Reduction {
    outermostReduction < level ? .outside : outermostReduction == level ? .here : .inside
  }
}

/// A factor whose counts come from a table.
struct ActiveTable {
  /// Start of the table's column, in the tables' values.
  var column = 0
  /// Start of the table.
  var table = 0
  /// The factor's loops.
  var loops: UInt64 = 0
  /// Which entry of the column's kept words is due.
  var kept = 0
}

/// First words of tables' keys: equal factors share their tables.
enum FactorKeys {
  static func single(bound: Int) -> UInt64 { UInt64(bound) << 8 }
  static func idle(bound: Int, isLeaving: Bool) -> UInt64 {
    UInt64(bound) << 8 | (isLeaving ? 2 : 1)
  }

  static func axis(number: Int) -> UInt64 { UInt64(number) << 8 | 3 }
}
