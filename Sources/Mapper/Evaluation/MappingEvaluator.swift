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
    /// Energy of the whole problem, with leakage.
    public var energyPicojoules: Double
    /// Cycles from the first word in to the last word out.
    public var cycles: Int64

    /// Figures known beforehand, such as those to compare with.
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
  /// The level each tensor lives in.
  let homes: UnsafeBufferPointer<Int>
  let wires: UnsafeBufferPointer<EvaluatedNest.Wires>
  /// Of each level, the tensors that its diagonal wires carry.
  let diagonals: UnsafeBufferPointer<UInt8>
  /// Tensors that any wires forward, or any diagonal wires carry.
  let forwarded: UInt8
  let diagonal: UInt8
  let tables: FactorTables
  let state: UnsafeMutablePointer<EvaluationState>

  /// - Precondition: the array has at most ``CompactMapping/mostLevels`` levels.
  public convenience init(_ problem: Problem, on array: SpatialArray) {
    self.init(problem, on: array, mostTableNumbers: 3 << 20)
  }

  /// - Parameter mostTableNumbers: Numbers of eight bytes that tables may hold before the next
  ///   mapping starts anew.
  package init(_ problem: Problem, on array: SpatialArray, mostTableNumbers: Int) {
    tables = FactorTables(mostNumbers: mostTableNumbers)
    levelCount = array.levels.count
    precondition(
      levelCount <= CompactMapping.mostLevels, "an evaluated array has at most 16 levels")
    prices = ArrayPrices(problem, on: array)
    switches = array.switches
    reduction = problem.reductionDimensions.rawValue
    bounds = UnsafeBufferPointer(copying: LoopDimension.allCases.map { Int(problem.bounds[$0]) })
    homes = UnsafeBufferPointer(copying: TensorRole.allCases.map { array.homes[$0] })
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
    state.initialize(
      to: EvaluationState(
        levelCount: levelCount, portCount: prices.divisors.count, bounds: bounds))
  }

  deinit {
    state.pointee.deallocate()
    state.deallocate()
    prices.deallocate()
    for plan in tensors { plan.axes.deallocate() }
    tensors.deallocate()
    bounds.deallocate()
    homes.deallocate()
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
    begin(&state)
    if tensors[0].isPresent { countOperand(0, &state, mapping) }
    if tensors[1].isPresent { countOperand(1, &state, mapping) }
    if tensors[2].isPresent { countOutput(&state, mapping) }
    for level in 0..<levelCount where state.tileBits[level] > prices.levels[level].sharedBits {
      return nil
    }
    guard state.fits else { return nil }
    let cycles = self.cycles(&state)
    return Figures(
      energyPicojoules: prices.constantPicojoules + state.picojoules
        + Double(cycles) * prices.picojoulesPerCycle,
      cycles: cycles)
  }

  /// Clears what the tensors add up, and finds the loops of each factor.
  @inline(__always)
  private func begin(_ state: inout EvaluationState) {
    state.picojoules = 0
    state.fits = true
    for index in state.portLoads.indices { state.portLoads[index] = 0 }
    for index in state.tileLoads.indices { state.tileLoads[index] = 0 }
    for index in state.tileBits.indices { state.tileBits[index] = 0 }
    let uneven = state.nest.uneven
    state.unevenLoops = state.nest.loops(of: uneven)
    for tensor in 0..<3 {
      let plan = tensors.baseAddress.unsafelyUnwrapped + tensor
      state.single[tensor] = state.nest.loops(of: plan.pointee.single & ~uneven)
      state.idle[tensor] = state.nest.loops(of: plan.pointee.idle & ~uneven)
      for axis in plan.pointee.axes.indices {
        let number = 8 &* tensor &+ axis
        let shape = plan.pointee.axes.baseAddress.unsafelyUnwrapped + axis
        let loops = state.nest.loops(of: shape.pointee.dimensionSet)
        state.axes[number] = loops
        state.axisChains[number] = chainRecord(
          FactorKeys.chain(axis: shape.pointee.key), loops,
          second: shape.pointee.secondDimension, &state)
      }
    }
    var rest = uneven
    while rest != 0 {
      let dimension = rest.trailingZeroBitCount
      rest &= rest &- 1
      state.chains[dimension] = chainRecord(
        FactorKeys.chain(bound: bounds[dimension]), state.nest.loops[dimension], second: .max,
        &state)
    }
    let reducing = state.nest.loops(of: reduction)
    let outermost =
      reducing == 0 ? levelCount : Int(state.nest.levels[reducing.trailingZeroBitCount])
    for level in 0..<levelCount {
      let reduction = outermost < level ? 2 : outermost == level ? 1 : 0
      state.reductions[level] = reduction
      state.priceRows[level] = ArrayPrices.streamCount &* (3 &* level &+ reduction)
    }
  }
}

/// What one evaluation fills in.
struct EvaluationState {
  var nest: EvaluatedNest
  var picojoules = 0.0
  var fits = true
  /// Loops of the dimensions of which some loop does not divide.
  var unevenLoops: UInt64 = 0
  /// Of each tensor, the loops of its single indices and of the dimensions that do not move it, but
  /// for uneven dimensions.
  let single: UnsafeMutableBufferPointer<UInt64>
  let idle: UnsafeMutableBufferPointer<UInt64>
  /// The loops of each axis: eight a tensor.
  let axes: UnsafeMutableBufferPointer<UInt64>
  /// Where the record of each uneven dimension is, and that of each axis.
  let chains: UnsafeMutableBufferPointer<Int>
  let axisChains: UnsafeMutableBufferPointer<Int>
  /// Where the outermost reduction loop is, seen from each level: a variant of its prices, and where
  /// the energies of that start.
  let reductions: UnsafeMutableBufferPointer<Int>
  let priceRows: UnsafeMutableBufferPointer<Int>
  /// What each port moves at its busiest instance.
  let portLoads: UnsafeMutableBufferPointer<Double>
  /// What each port moves of the tiles of a level that nothing hides: by level and part.
  let tileLoads: UnsafeMutableBufferPointer<Double>
  /// Bits of the tiles of all tensors, by level.
  let tileBits: UnsafeMutableBufferPointer<Double>
  /// The tables that join in the count under way.
  let active: UnsafeMutableBufferPointer<ActiveTable>

  init(levelCount: Int, portCount: Int, bounds: UnsafeBufferPointer<Int>) {
    nest = EvaluatedNest(levelCount: levelCount)
    for (index, bound) in bounds.enumerated() { nest.extents[index] = Int32(bound) }
    single = .filled(with: 0, count: 3)
    idle = .filled(with: 0, count: 3)
    axes = .filled(with: 0, count: 24)
    chains = .filled(with: 0, count: 8)
    axisChains = .filled(with: 0, count: 24)
    reductions = .filled(with: 0, count: levelCount)
    priceRows = .filled(with: 0, count: levelCount)
    portLoads = .filled(with: 0, count: portCount)
    tileLoads = .filled(with: 0, count: 2 * levelCount * portCount)
    tileBits = .filled(with: 0, count: levelCount)
    active = .filled(with: ActiveTable(), count: 16)
  }

  func deallocate() {
    nest.deallocate()
    single.deallocate()
    idle.deallocate()
    axes.deallocate()
    chains.deallocate()
    axisChains.deallocate()
    reductions.deallocate()
    priceRows.deallocate()
    portLoads.deallocate()
    tileLoads.deallocate()
    tileBits.deallocate()
    active.deallocate()
  }
}

extension UnsafeMutableBufferPointer {
  static func filled(with element: Element, count: Int) -> UnsafeMutableBufferPointer {
    let buffer = UnsafeMutableBufferPointer.allocate(capacity: count)
    buffer.initialize(repeating: element)
    return buffer
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
  static func single(bound: Int) -> UInt64 { UInt64(truncatingIfNeeded: bound) &<< 8 }
  static func idle(bound: Int, isLeaving: Bool) -> UInt64 {
    UInt64(truncatingIfNeeded: bound) &<< 8 | (isLeaving ? 2 : 1)
  }

  /// The chain of an uneven dimension.
  static func chain(bound: Int) -> UInt64 {
    UInt64(truncatingIfNeeded: bound) &<< 8 | 4
  }
  /// The chain of an axis with the given key.
  static func chain(axis: UInt64) -> UInt64 { axis | 1 << 7 }
  /// Roles of the loops of a chain outside a depth.
  @inline(__always)
  static func roles(record: Int, depth: Int, part: Int) -> UInt64 {
    UInt64(truncatingIfNeeded: record &<< 16 | depth &<< 10 | part &<< 8 | 5)
  }
  static func axis(number: Int) -> UInt64 { UInt64(number) << 8 | 3 }
}
