import Accelerators
import Dataflow
import Mapper
import Ops
import Testing

/// An input axis that is too long for tables of its words: nothing is known of what its tiles share, so
/// that no order of loops may be left out because one along it were to find nothing.
@Suite("Axes that are too long to be looked at")
struct LongAxisTests {
  /// More places of outputs and filter rows than are looked at, and few enough for tables.
  @Test(
    "no order of loops around a sliding axis is below the proven best", arguments: [10_002, 998])
  func longAxis(_ outputs: Int32) throws {
    let problem = try Self.problem(outputs: outputs)
    let search = MappingSearch(
      Mapspace(problem, on: Self.array(problem, outputs: outputs), factors: .perfect),
      minimizing: .energy)
    let best = try search.best()
    #expect(best.isProvenBest)
    var mapping = best.mapping
    mapping.levels[1].temporal = [
      Loop(.p, passes: outputs / 2, step: 1), Loop(.r, passes: 2, step: 1),
    ]
    let outside = [
      Loop(.c, passes: 2, step: 1), Loop(.k, passes: 2, step: 1),
      Loop(.p, passes: 2, step: outputs / 2),
    ]
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
      mapping.levels[0].temporal = order.map { outside[$0] }
      let cost = try search.cost(of: mapping)
      #expect(best.cost.energyPicojoules <= cost.energyPicojoules * (1 + 1e-12))
    }
  }

  /// Two filters of two rows over two channels.
  private static func problem(outputs: Int32) throws -> Problem {
    let extents = Extents([.k: 2, .c: 2, .p: outputs, .r: 2])
    let plain = { (dimensions: [LoopDimension]) in
      dimensions.map { AffineAxis($0, extent: extents[$0]) }
    }
    let rows = AffineAxis([.init(1, .p), .init(1, .r)], offset: 0, extent: outputs + 1)
    return try Problem(
      bounds: extents,
      projections: PerTensor(
        weight: Projection(plain([.k, .c, .r])), input: Projection(plain([.c]) + [rows]),
        output: Projection(plain([.k, .p]))),
      precision: Precision(weightBits: 8, activationBits: 8, accumulatorBits: 16))
  }

  /// A buffer for one weight and half of the rows under a memory whose weights are dear, so that what the
  /// input shares between its halves decides between orders.
  private static func array(_ problem: Problem, outputs: Int32) -> SpatialArray {
    let energy = { (picojoules: Double) in
      PerAccess<AccessEnergy>(repeating: .perBit(picojoules: picojoules))
    }
    let memory = {
      (storage: Storage, keeps: TensorSet, energy: PerTensor<PerAccess<AccessEnergy>>)
      in
      StorageLevel(
        storage: storage, mayKeep: keeps, mustKeep: keeps, buffering: .streamed,
        wordBits: PerTensor(weight: nil, input: nil, output: nil), energy: energy, ports: [],
        leakPicojoulesPerCycle: 0)
    }
    let dear: PerTensor<PerAccess<AccessEnergy>> = PerTensor(
      weight: energy(4000), input: energy(1), output: energy(0.001))
    let cheap: PerTensor<PerAccess<AccessEnergy>> = PerTensor(repeating: energy(0.01))
    let rows = PerTensor<Int64?>(weight: 2, input: Int64(outputs / 2 + 1), output: nil)
    let dram = memory(.shared(capacityBytes: nil), .all, dear)
    let buffer = memory(.partitions(rows), [.weight, .input], cheap)
    let levels = [
      ArrayLevel(name: "dram", memory: dram, fanout: Fanout()),
      ArrayLevel(name: "buffer", memory: buffer, fanout: Fanout()),
    ]
    var array = SpatialArray(
      name: "long", clockMegahertz: 100, precision: problem.precision, levels: levels,
      compute: ComputeUnit(operationPicojoules: 0, leakPicojoulesPerCycle: 0),
      switches: CountingSwitches(storesPadding: false, readsFirstPartialSum: false),
      staticMilliwatts: 0)
    var inner = DataflowConstraints.Level()
    inner.temporal = DimensionSet([LoopDimension.p, .r].map { DimensionSet($0) })
    array.dataflow = DataflowConstraints(
      name: "rows", levels: [DataflowConstraints.Level(), inner], allowsImperfectFactors: true)
    return array
  }
}
