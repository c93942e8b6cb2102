import Accelerators
import Dataflow
import Ops
import Testing

/// Two levels: an unbounded outer memory and a small one, with round numbers for hand work.
private func smallArray(buffering: Buffering = .streamed, hop: Double = 0) -> SpatialArray {
  let outer = StorageLevel(
    storage: .shared(capacityBytes: nil),
    energy: PerTensor(repeating: PerAccess(repeating: .perBit(picojoules: 1))),
    ports: [
      Port(
        name: "link", rate: .bytesPerCycle(2),
        carries: [
          AccessStream(.weight, .reads), AccessStream(.input, .reads),
          AccessStream(.output, .updates), AccessStream(.output, .reads),
        ])
    ])
  let inner = StorageLevel(
    storage: .shared(capacityBytes: 64), buffering: buffering,
    energy: PerTensor(
      repeating: PerAccess(
        repeating: .perAccess(picojoules: 10, accessBits: 16, partial: .fraction))),
    ports: [
      Port(
        name: "in", rate: .wordsPerCycle(1),
        carries: [AccessStream(.weight, .fills), AccessStream(.input, .fills)])
    ], leakPicojoulesPerCycle: 0.5)
  return SpatialArray(
    name: "small", clockMegahertz: 100,
    precision: Precision(weightBits: 8, activationBits: 8, accumulatorBits: 32),
    levels: [
      ArrayLevel(
        name: "dram", memory: outer,
        fanout: Fanout(x: .init(size: 2, multicast: .all, reduce: .all), hopPicojoulesPerBit: hop)),
      ArrayLevel(name: "buffer", memory: inner),
    ], compute: ComputeUnit(operationPicojoules: 3, leakPicojoulesPerCycle: 0.25),
    vectorUnits: [
      VectorUnit(name: "vector", level: 1, lanes: 4, operationPicojoules: 2, ops: [.averagePool])
    ], staticMilliwatts: 2)
}

/// `output[k] += weight[k, c] * input[c]` with k = 4, c = 6.
private func matrixVector() throws -> Problem {
  try Problem(
    bounds: Extents([.k: 4, .c: 6]),
    projections: PerTensor(
      weight: Projection([AffineAxis(.k, extent: 4), AffineAxis(.c, extent: 6)]),
      input: Projection([AffineAxis(.c, extent: 6)]),
      output: Projection([AffineAxis(.k, extent: 4)])),
    precision: Precision(weightBits: 8, activationBits: 8, accumulatorBits: 32))
}

/// k over the two buffers, everything else inside them.
private let keepRows = Mapping(levels: [
  LevelMapping(keeps: .all, spatialX: [Loop(.k, passes: 2, step: 2)]),
  LevelMapping(
    keeps: .all, temporal: [Loop(.k, passes: 2, step: 1), Loop(.c, passes: 6, step: 1)]),
])

/// The counts of `keepRows`: each word once, inputs to both buffers, lanes read every step.
private func keepRowsCounts() -> AccessCounts {
  var outer = AccessCounts.Level()
  outer.traffic.weight.reads = 24
  outer.traffic.input.reads = 6
  outer.traffic.output.updates = 4
  outer.busiest = outer.traffic
  outer.wires.weight.deliveries = 24
  outer.wires.input.deliveries = 12
  outer.wires.output.collections = 4
  var inner = AccessCounts.Level()
  inner.traffic.weight.fills = 24
  inner.traffic.weight.reads = 24
  inner.traffic.input.fills = 12
  inner.traffic.input.reads = 24
  inner.traffic.output.updates = 24
  inner.traffic.output.reads = 20
  inner.traffic.output.drains = 4
  inner.busiest.weight.fills = 12
  inner.busiest.input.fills = 6
  inner.firstTile.weight.childWords = 12
  inner.firstTile.weight.parentWords = 24
  inner.firstTile.input.childWords = 6
  inner.firstTile.input.parentWords = 6
  inner.firstTile.output.childWords = 2
  inner.firstTile.output.parentWords = 4
  inner.utilizedInstances = 2
  return AccessCounts(levels: [outer, inner], operations: 24, steps: 12, utilizedLanes: 2)
}

@Suite("Cycles and energy of a spatial array")
struct SpatialArrayModelTests {
  @Test("energy is words times energy a word, plus wires, leakage and static power")
  func energy() throws {
    let model = SpatialArrayModel(smallArray(hop: 0.5))
    let cost = model.cost(
      of: try matrixVector(), under: keepRows, counts: keepRowsCounts())
    // steps 12; fill: 18 words of one buffer at 1 a cycle, 30 bytes at 2 a cycle: 18; drain: 4 final
    // bytes at 2 a cycle: 2.
    #expect(cost.cycles == 32)
    // dram: 24 + 6 + 4 bytes, 8 bits each, 1 pJ a bit.
    #expect(cost.levels[0].accessPicojoules == 272)
    // wires: 24 + 12 + 4 words of 8 bits at 0.5 pJ.
    #expect(cost.levels[0].wirePicojoules == 160)
    // buffer: 24 + 24 + 12 + 24 bytes at 5 pJ, 44 partial sums of 32 bits at 20 pJ, 4 final bytes at
    // 5 pJ, leakage 2 * 32 * 0.5.
    #expect(cost.levels[1].accessPicojoules == 420 + 880 + 20 + 32)
    // 24 MACs at 3 pJ and two lanes leaking 0.25 pJ for 32 cycles.
    #expect(cost.compute.energyPicojoules == 72 + 16)
    // 2 mW for 0.32 us.
    #expect(abs(cost.staticPicojoules - 640) < 1e-9)
    #expect(abs(cost.energyPicojoules - (272 + 160 + 1352 + 88 + 640)) < 1e-9)
    #expect(cost.dramBytes == 34)
    #expect(cost.macs == 24)
    #expect(cost.utilization == 24.0 / (2 * 32))
  }

  @Test("a single buffer adds all its transfers to the steps")
  func singleBuffer() throws {
    let model = SpatialArrayModel(smallArray(buffering: .single))
    let cost = model.cost(of: try matrixVector(), under: keepRows, counts: keepRowsCounts())
    // 12 steps and 12 + 6 words at 1 a cycle; drains have no port of their own in the buffer.
    #expect(cost.cycles == 30)
  }

  @Test("a port slower than compute decides the cycles")
  func slowPort() throws {
    var counts = keepRowsCounts()
    counts.levels[0].busiest.weight.reads = 1000
    let cost = SpatialArrayModel(smallArray()).cost(
      of: try matrixVector(), under: keepRows, counts: counts)
    // 1000 + 6 bytes read and 4 written, 2 a cycle.
    #expect(cost.cycles == 505)
    #expect(cost.levels[0].cycles == 505)
  }

  @Test("an average pooling moves each word once and is as slow as its slowest part")
  func vectorUnit() throws {
    // 3x3 windows over 4x4 with padding 1: 16 positions; 100 of the 144 elements are no padding.
    let rows = AffineAxis([.init(1, .p), .init(1, .r)], offset: -1, extent: 4)
    let columns = AffineAxis([.init(1, .q), .init(1, .s)], offset: -1, extent: 4)
    let problem = try Problem(
      bounds: Extents([.p: 4, .q: 4, .r: 3, .s: 3]),
      projections: PerTensor(
        weight: nil, input: Projection([rows, columns]),
        output: Projection([AffineAxis(.p, extent: 4), AffineAxis(.q, extent: 4)])),
      precision: Precision(weightBits: 8, activationBits: 8, accumulatorBits: 32),
      body: .other(.averagePool))
    let array = smallArray()
    let unit = try #require(array.vectorUnit(for: .averagePool))
    #expect(array.vectorUnit(for: .maxPool) == nil)
    let cost = SpatialArrayModel(array).cost(of: problem, on: unit, operations: 100)
    // 100 operations on 4 lanes: 25 cycles; 32 bytes through the link: 16; 8 words a buffer: 8.
    #expect(cost.cycles == 25)
    #expect(cost.levels[0].traffic.input.reads == 16)
    #expect(cost.levels[0].traffic.output.updates == 16)
    #expect(cost.levels[1].traffic.input.fills == 16)
    #expect(cost.levels[1].traffic.input.reads == 16)
    #expect(cost.levels[1].traffic.output.updates == 16)
    #expect(cost.levels[1].traffic.output.drains == 16)
    // dram 32 bytes at 8 pJ; buffer 64 bytes at 5 pJ and leakage 2 * 25 * 0.5; 100 operations at 2 pJ
    // and lanes' leakage 2 * 25 * 0.25; 2 mW for 0.25 us.
    let expected = 256.0 + (320 + 25) + (200 + 12.5) + 500
    #expect(abs(cost.energyPicojoules - expected) < 1e-9)
    #expect(cost.macs == 0)
    #expect(cost.otherOperations == 100)
    #expect(cost.dramBytes == 32)
  }

  @Test(
    "touched elements are counted one by one",
    arguments: [(1, 1, 0), (2, 1, -1), (4, 1, 0), (3, 2, -2), (1, 3, -3), (4, 6, -5)])
  func touched(stride: Int32, dilation: Int32, offset: Int32) throws {
    for extent in Int32(1)...20 {
      for (outputs, filter) in [(1, 1), (5, 3), (2, 7), (6, 2)] as [(Int32, Int32)] {
        let axis = AffineAxis(
          [.init(stride, .p), .init(dilation, .r)], offset: offset, extent: extent)
        let problem = try Problem(
          bounds: Extents([.p: outputs, .r: filter]),
          projections: PerTensor(
            weight: nil, input: Projection([axis]),
            output: Projection([AffineAxis(.p, extent: outputs)])),
          precision: Precision(weightBits: 8, activationBits: 8, accumulatorBits: 8))
        var reached: Set<Int32> = []
        for p in 0..<outputs {
          for r in 0..<filter { reached.insert(stride * p + dilation * r + offset) }
        }
        #expect(
          problem.compulsoryWords(of: .input, storesPadding: true) == Int64(reached.count))
        let inside = reached.filter { $0 >= 0 && $0 < extent }.count
        #expect(problem.compulsoryWords(of: .input, storesPadding: false) == Int64(inside))
      }
    }
  }
}

@Suite("What a nest costs at least")
struct CompulsoryCostTests {
  @Test("every word once, every iteration on all lanes, leakage and static power over those cycles")
  func byHand() throws {
    let cost = try #require(SpatialArrayModel(smallArray()).compulsoryCost(of: matrixVector()))
    // 24 iterations on 2 lanes.
    #expect(cost.computeCycles == 12)
    // 24 weights, 6 inputs and 4 outputs of 8 bit, 2 bytes a cycle.
    #expect(cost.portCycles == [.init(port: "link", cycles: 17)])
    #expect(cost.cycles == 17)
    // 34 words of 8 bit at 1 pJ.
    #expect(cost.outermostPicojoules == 272)
    #expect(cost.computePicojoules == 72)
    // In 17 cycles 2 lanes leak 0.25 pJ each, 2 buffers 0.5 pJ; 2 mW are 20 pJ a cycle at 100 MHz.
    #expect(cost.staticPicojoules == 17 * (0.5 + 1 + 20))
    #expect(cost.value(of: .energyDelayProduct) == cost.energyPicojoules * 17)
  }

  @Test("nothing is claimed under Timeloop's rules")
  func timeloop() throws {
    let model = SpatialArrayModel(smallArray(), rules: .timeloop)
    #expect(model.compulsoryCost(of: try matrixVector()) == nil)
  }
}

@Suite("Bottlenecks")
struct BottleneckTests {
  private func cost(cycles: Int64, ports: [Int64], compute: Int64) -> NestCost {
    NestCost(
      macs: 1, otherOperations: 0, cycles: cycles,
      levels: ports.enumerated().map { index, cycles in
        LevelCost(
          name: "level\(index)", instances: 1, cycles: cycles, accessPicojoules: 0,
          wirePicojoules: 0, traffic: PerTensor(repeating: Traffic()),
          wires: PerTensor(repeating: WireTraffic()))
      },
      compute: ComputeCost(
        name: "mac", instances: 1, operations: 1, cycles: compute, energyPicojoules: 0),
      staticPicojoules: 0, dramBytes: 0, utilization: 0)
  }

  @Test("compute, the outermost of the slowest ports, or what nothing hides")
  func kinds() {
    #expect(cost(cycles: 10, ports: [10, 4], compute: 10).bottleneck == .compute)
    #expect(cost(cycles: 10, ports: [4, 10], compute: 9).bottleneck == .port(level: 1))
    #expect(cost(cycles: 10, ports: [10, 10], compute: 9).bottleneck == .port(level: 0))
    #expect(
      cost(cycles: 10, ports: [4, 9], compute: 8).bottleneck == .computeAndExposedTransfers)
  }

  @Test("the slowest port of a level has its name")
  func portName() throws {
    let counts = try ReuseAnalysis(matrixVector(), on: smallArray().hierarchy)
      .accessCounts(under: keepRows)
    let cost = SpatialArrayModel(smallArray()).cost(
      of: try matrixVector(), under: keepRows, counts: counts)
    #expect(cost.levels.map(\.slowestPort) == ["link", "in"])
  }
}
