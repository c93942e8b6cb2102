import Accelerators
import Dataflow
import Ops
import Testing

private let keepsActivations: TensorSet = [.input, .output]

private func memory(
  bytes: Int64? = nil, keeps: TensorSet = .all, picojoules: Double, ports: [Port] = [],
  buffering: Buffering = .streamed
) -> StorageLevel {
  StorageLevel(
    storage: .shared(capacityBytes: bytes), mayKeep: keeps, mustKeep: keeps, buffering: buffering,
    energy: PerTensor(repeating: PerAccess(repeating: .perBit(picojoules: picojoules))),
    ports: ports)
}

/// Outside, a buffer, and a register file of 4 words for inputs under it.
private func threeLevels(bufferBytes: Int64? = 100, buffering: Buffering = .streamed)
  -> SpatialArray
{
  SpatialArray(
    name: "three", clockMegahertz: 100,
    precision: Precision(weightBits: 8, activationBits: 8, accumulatorBits: 32),
    levels: [
      ArrayLevel(
        name: "dram", memory: memory(picojoules: 10),
        fanout: Fanout(hopPicojoulesPerBit: 0.5)),
      ArrayLevel(
        name: "buffer",
        memory: memory(
          bytes: bufferBytes, keeps: keepsActivations, picojoules: 1,
          ports: [Port(name: "out", rate: .wordsPerCycle(0.5), carries: [.init(.input, .reads)])],
          buffering: buffering),
        fanout: Fanout(hopPicojoulesPerBit: 0.25)),
      ArrayLevel(name: "registers", memory: memory(bytes: 4, keeps: .input, picojoules: 0)),
    ], compute: ComputeUnit(operationPicojoules: 0))
}

/// `output[k] += weight[k, c] * input[c]` with k = 3, c = 4.
private func matrixVector() throws -> Problem {
  try Problem(
    bounds: Extents([.k: 3, .c: 4]),
    projections: PerTensor(
      weight: Projection([AffineAxis(.k, extent: 3), AffineAxis(.c, extent: 4)]),
      input: Projection([AffineAxis(.c, extent: 4)]),
      output: Projection([AffineAxis(.k, extent: 3)])),
    precision: Precision(weightBits: 8, activationBits: 8, accumulatorBits: 32))
}

@Suite("Homes of tensors")
struct ResidencyTests {
  @Test("the resident level is the outermost with one instance that keeps inputs and outputs")
  func residentLevel() {
    var array = threeLevels()
    #expect(array.residentLevel == 1)
    array.levels[1].memory?.mayKeep = .input
    #expect(array.residentLevel == nil)
    array.levels[2].memory?.mayKeep = keepsActivations
    #expect(array.residentLevel == 2)
    array.levels[1].fanout.x.size = 2
    #expect(array.residentLevel == nil)
    array = threeLevels()
    array.levels[0].fanout.y.size = 2
    #expect(array.residentLevel == nil)
  }

  @Test("a tensor is as large as its final words or its sums, padding only where it is stored")
  func sizes() throws {
    let problem = try matrixVector()
    let output = ResidentTensors(output: true)
    let both = ResidentTensors(input: .whole, output: true)
    // 3 sums of 32 bits; 4 inputs of 8 bits.
    #expect(threeLevels(bufferBytes: 11).homing(output, of: problem) == nil)
    #expect(threeLevels(bufferBytes: 12).homing(output, of: problem) != nil)
    #expect(threeLevels(bufferBytes: 15).homing(both, of: problem) == nil)
    let homed = try #require(threeLevels(bufferBytes: 17).homing(both, of: problem))
    #expect(homed.levels[1].memory?.storage == .shared(capacityBytes: 1))
    #expect(homed.levels[1].memory?.mayKeep == [])
    #expect(homed.levels[2].memory?.mayKeep == .input)
    #expect(homed.homes == PerTensor(weight: 0, input: 1, output: 1))
    // The level's own width replaces the sums'.
    var narrow = threeLevels(bufferBytes: 3)
    narrow.levels[1].memory?.wordBits.output = 8
    #expect(narrow.homing(output, of: problem) != nil)
    // What a double buffer holds from the first step to the last is there once.
    let double = try #require(
      threeLevels(bufferBytes: 20, buffering: .double).homing(output, of: problem))
    #expect(double.hierarchy.levels[1].memory?.capacity == .shared(32))
  }

  @Test("an input's words count whether the layer reads them or not")
  func untouchedWords() throws {
    // A 1x1 window at stride 2 reads 2 of 4 rows; with stored padding the axis has 6.
    let problem = { (padding: Int32, taps: Int32) in
      try Problem(
        bounds: Extents([.p: 2, .r: taps]),
        projections: PerTensor(
          weight: nil,
          input: Projection([AffineAxis([.init(2, .p), .init(1, .r)], offset: -padding, extent: 4)]
          ), output: Projection([AffineAxis(.p, extent: 2)])),
        precision: Precision(weightBits: 8, activationBits: 8, accumulatorBits: 32))
    }
    let input = ResidentTensors(input: .whole)
    #expect(threeLevels(bufferBytes: 3).homing(input, of: try problem(0, 1)) == nil)
    #expect(threeLevels(bufferBytes: 4).homing(input, of: try problem(0, 1)) != nil)
    // p = 0, 1 and r = 0 ... 3 at padding 1 reach rows -1 ... 4.
    var padded = threeLevels(bufferBytes: 5)
    padded.switches.storesPadding = true
    #expect(padded.homing(input, of: try problem(1, 4)) == nil)
    padded.switches.storesPadding = false
    #expect(padded.homing(input, of: try problem(1, 4)) != nil)
  }

  @Test("partitions hold the tensor that is theirs")
  func partitions() throws {
    var array = threeLevels()
    array.levels[1].memory?.storage = .partitions(PerTensor(weight: nil, input: 6, output: 11))
    let problem = try matrixVector()
    #expect(array.homing(ResidentTensors(output: true), of: problem) == nil)
    let homed = try #require(array.homing(ResidentTensors(input: .whole), of: problem))
    #expect(
      homed.levels[1].memory?.storage
        == .partitions(PerTensor(weight: nil, input: 2, output: 11)))
  }

  @Test("a homed tensor uses its home's energies, ports and wires, and nothing outside of it")
  func attribution() throws {
    let problem = try matrixVector()
    let array = try #require(
      threeLevels().homing(ResidentTensors(input: .whole, output: true), of: problem))
    // The registers hold one input while k runs.
    let mapping = Mapping(levels: [
      LevelMapping(keeps: .all),
      LevelMapping(
        keeps: [], temporal: [Loop(.c, passes: 4, step: 1), Loop(.k, passes: 3, step: 1)]),
      LevelMapping(keeps: .input),
    ])
    let counts = try ReuseAnalysis(problem, on: array.hierarchy).accessCounts(under: mapping)
    let cost = SpatialArrayModel(array).cost(of: problem, under: mapping, counts: counts)
    // Only the 12 weights come from outside.
    #expect(cost.dramBytes == 12)
    #expect(cost.levels[0].accessPicojoules == 960)
    #expect(cost.levels[0].wirePicojoules == 48)
    // The buffer reads 4 inputs; 12 sums of 32 bits are written and 9 come back: 32 + 672 pJ.
    #expect(cost.levels[1].traffic.input.reads == 4)
    #expect(cost.levels[1].accessPicojoules == 704)
    // Its wires carry those bits, and the weights' 96 on their way to the lane, at 0.25 pJ.
    #expect(cost.levels[1].wirePicojoules == 200)
    // 12 steps after the first input has come at half a word a cycle.
    #expect(cost.cycles == 14)
    #expect(cost.levels[1].cycles == 8)
  }

  @Test("under the same mapping the outermost level moves less by what has another home")
  func conservation() throws {
    let problem = try matrixVector()
    let spilling = threeLevels()
    let loops = [Loop(.c, passes: 2, step: 2), Loop(.k, passes: 3, step: 1)]
    let registers = LevelMapping(keeps: .input, temporal: [Loop(.c, passes: 2, step: 1)])
    for tensors in [ResidentTensors(input: .whole), .init(output: true)] {
      let homed = try #require(spilling.homing(tensors, of: problem))
      let kept = keepsActivations.subtracting(tensors.tensors)
      var costs: [NestCost] = []
      for (array, keeps) in [(spilling, keepsActivations), (homed, kept)] {
        let mapping = Mapping(levels: [
          LevelMapping(keeps: .all), LevelMapping(keeps: keeps, temporal: loops), registers,
        ])
        let counts = try ReuseAnalysis(problem, on: array.hierarchy).accessCounts(under: mapping)
        costs.append(SpatialArrayModel(array).cost(of: problem, under: mapping, counts: counts))
      }
      // The whole tensor fits the buffer, so it crosses once: 4 inputs or 3 outputs of a byte.
      #expect(costs[0].dramBytes - costs[1].dramBytes == (tensors.output ? 3 : 4))
      #expect(costs[0].macs == costs[1].macs)
      for role in [TensorRole.weight, .input, .output] {
        let inner = costs.map { $0.levels[1].traffic[role] }
        #expect(inner[0].reads == inner[1].reads && inner[0].updates == inner[1].updates)
      }
    }
  }
}
