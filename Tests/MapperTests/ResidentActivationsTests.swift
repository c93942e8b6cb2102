import Accelerators
import Dataflow
import Mapper
import Networks
import Ops
import Testing

/// An unbounded outer memory, a buffer for inputs and outputs, and one lane. A bit costs 10 pJ
/// outside and 1 pJ in the buffer; weights come from outside one by one.
private func array(
  bufferBytes: Int64?, residency: ActivationResidency = .resident, unitLevel: Int = 1
) -> SpatialArray {
  let energy = { (picojoules: Double) in
    PerTensor(repeating: PerAccess(repeating: AccessEnergy.perBit(picojoules: picojoules)))
  }
  let streams = [
    AccessStream(.weight, .reads), AccessStream(.input, .reads), AccessStream(.output, .reads),
    AccessStream(.output, .updates),
  ]
  return SpatialArray(
    name: "two-level", clockMegahertz: 100,
    precision: Precision(weightBits: 8, activationBits: 8, accumulatorBits: 16),
    levels: [
      ArrayLevel(
        name: "dram",
        memory: StorageLevel(
          storage: .shared(capacityBytes: nil), energy: energy(10),
          ports: [Port(name: "link", rate: .bytesPerCycle(1), carries: streams)])),
      ArrayLevel(
        name: "buffer",
        memory: StorageLevel(
          storage: .shared(capacityBytes: bufferBytes), mayKeep: [.input, .output],
          mustKeep: [.input, .output], energy: energy(1),
          ports: [
            Port(
              name: "port", rate: .wordsPerCycle(2),
              carries: [AccessStream(.output, .reads), AccessStream(.output, .updates)])
          ])),
    ], compute: ComputeUnit(operationPicojoules: 1),
    vectorUnits: [
      VectorUnit(
        name: "vector", level: unitLevel, lanes: 1, operationPicojoules: 2,
        ops: [.add, .concat, .averagePool])
    ], residency: residency)
}

/// Layers that read what their numbers say; a negative number is the network's input.
private func network(_ texts: [(String, [Int])], input: FeatureMap) throws -> Network {
  try Network(
    name: "small", input: input,
    layers: texts.enumerated().map { index, text in
      Layer(
        name: "layer\(index)", op: try LayerText(text.0).op,
        inputs: text.1.map { $0 < 0 ? .networkInput : .layer($0) })
    })
}

/// Four numbers to six, six to two.
private func twoLayers() throws -> Network {
  try network(
    [("linear c=4 k=6", [-1]), ("linear c=6 k=2", [0])],
    input: FeatureMap(channels: 4, height: 1, width: 1))
}

private func report(_ network: Network, on array: SpatialArray) throws -> CostReport {
  try MappedArray(array, options: CostOptions(objective: .energy)).report(for: network, from: nil)
}

private func energy(_ report: CostReport) -> Double {
  report.layers.reduce(0) { $0 + ($1.energyPicojoules ?? 0) }
}

@Suite("Activations that stay on chip")
struct ResidentActivationsTests {
  @Test("two layers cost what a hand works out, whether the tensor between them stays or not")
  func twoLayersByHand() throws {
    // Spilled, first layer: 24 weights, 4 inputs and 6 outputs of a byte cross the link, 80 pJ
    // each: 2720 pJ. Buffer: 4 inputs filled and 24 read at 8 pJ; 24 sums written and 18 read (each
    // output's first is no sum yet) of 16 bits at 16 pJ; 6 final outputs drained at 8 pJ: 944 pJ.
    // 24 operations: 24 pJ. Second: 12 weights, 6 inputs, 2 outputs: 1600 pJ; buffer 6 + 12 inputs,
    // 12 + 10 sums, 2 drained: 512 pJ; 12 pJ.
    let spilled = try report(twoLayers(), on: array(bufferBytes: 20, residency: .spill))
    #expect(spilled.layers.map(\.dramBytes) == [34, 20])
    #expect(spilled.layers.map(\.energyPicojoules) == [3688, 2124])
    // 24 steps, 4 cycles for the inputs to come and 6 for the outputs to go; 12 + 6 + 2.
    #expect(spilled.layers.map(\.cycles) == [34, 20])
    #expect(spilled.layers.map(\.residentTensors) == [[], []])

    // Resident: the six numbers are written by the lane into the buffer and read from there: no
    // output and no input crosses the link, none is drained and none filled: 2240 + 896 + 24 pJ and
    // 1120 + 464 + 12.
    let resident = try report(twoLayers(), on: array(bufferBytes: 20))
    #expect(resident.layers.map(\.dramBytes) == [28, 14])
    #expect(resident.layers.map(\.energyPicojoules) == [3160, 1596])
    // 24 steps and 4 for the inputs; the link takes 24 + 4. 12 steps and 2; the link takes 12 + 2.
    #expect(resident.layers.map(\.cycles) == [28, 14])
    #expect(resident.layers.map(\.residentTensors) == [.output, .input])
    #expect(resident.dramBytes == 42)
    // What stays is neither written nor read outside: 12 bytes less.
    #expect(spilled.dramBytes == 54)
    let traffic = try #require(resident.layers[0].nests.first?.cost.levels.map(\.traffic.output))
    #expect(traffic[0] == Traffic())
    #expect(traffic[1].updates == 24)
    #expect(traffic[1].reads == 18)
    #expect(traffic[1].drains == 0)
  }

  @Test(
    "a tensor stays where all of it fits beside the smallest tiles of the rest",
    arguments: [(11, false), (12, false), (13, true), (14, true)])
  func fits(bytes: Int64, stays: Bool) throws {
    // Six sums of 16 bits are 12 bytes, and the first layer needs a byte for an input besides.
    let resident = try report(twoLayers(), on: array(bufferBytes: bytes))
    #expect(resident.layers.map(\.residentTensors) == (stays ? [.output, .input] : [[], []]))
    let spilled = try report(twoLayers(), on: array(bufferBytes: bytes, residency: .spill))
    #expect((energy(resident) == energy(spilled)) == !stays)
    #expect((resident.dramBytes == spilled.dramBytes) == !stays)
  }

  @Test("of two tensors that do not fit together the first one stays")
  func greedy() throws {
    // 4, 6, 2 and 5 numbers: six stay as 12 bytes of sums, then as 6 of inputs with the two's 4
    // beside them.
    let three = try network(
      [("linear c=4 k=6", [-1]), ("linear c=6 k=2", [0]), ("linear c=2 k=5", [1])],
      input: FeatureMap(channels: 4, height: 1, width: 1))
    let all: [TensorSet] = [.output, [.input, .output], .input]
    #expect(try report(three, on: array(bufferBytes: 20)).layers.map(\.residentTensors) == all)
    #expect(
      try report(three, on: array(bufferBytes: nil)).layers.map(\.residentTensors) == all)
    // 4, 2, 6 and 6 numbers: two stay as 4 bytes of sums, then 2 bytes beside 12 of sums, so that
    // 13 bytes hold the two but not the six with them, which would fit alone.
    let other = try network(
      [("linear c=4 k=2", [-1]), ("linear c=2 k=6", [0]), ("linear c=6 k=6", [1])],
      input: FeatureMap(channels: 4, height: 1, width: 1))
    #expect(
      try report(other, on: array(bufferBytes: 13)).layers.map(\.residentTensors)
        == [.output, .input, []])
    #expect(
      try report(other, on: array(bufferBytes: 14)).layers.map(\.residentTensors)
        == [.output, [.input, .output], .input])
  }

  @Test("a tensor that two layers read goes out")
  func twoConsumers() throws {
    let map = FeatureMap(channels: 6, height: 1, width: 1)
    let network = try network(
      [("linear c=6 k=6", [-1]), ("linear c=6 k=6", [0]), ("add c=6 h=1", [1, 0])], input: map)
    let resident = try report(network, on: array(bufferBytes: nil))
    // The second layer's output is read once, by the addition after it.
    #expect(resident.layers.map(\.residentTensors) == [[], .output, .input])
  }

  @Test("a vector unit reads an operand from the buffer and the other one from outside")
  func addition() throws {
    let map = FeatureMap(channels: 6, height: 1, width: 1)
    let network = try network(
      [("linear c=6 k=6", [-1]), ("add c=6 h=1", [-1, 0]), ("linear c=6 k=1", [1])], input: map)
    let resident = try report(network, on: array(bufferBytes: 100))
    let addition = resident.layers[1]
    #expect(addition.residentTensors == [.input, .output])
    // Six words come from outside; spilled, twelve come and six go.
    #expect(addition.dramBytes == 6)
    let levels = try #require(addition.nests.first?.cost.levels)
    #expect(levels[0].traffic.input.reads == 6)
    #expect(levels[0].traffic.output.updates == 0)
    #expect(levels[1].traffic.input.fills == 6)
    #expect(levels[1].traffic.input.reads == 12)
    #expect(levels[1].traffic.output.updates == 6)
    #expect(levels[1].traffic.output.drains == 0)
    // 6 bytes outside, 6 + 12 + 6 in the buffer, 6 operations of 2 pJ: 480 + 192 + 12 pJ.
    #expect(addition.energyPicojoules == 684)
    // The link takes six cycles, as do six operations on one lane.
    #expect(addition.cycles == 6)
    let spilled = try report(network, on: array(bufferBytes: 100, residency: .spill)).layers[1]
    #expect(spilled.dramBytes == 18)
    // 18 bytes outside, 12 + 12 + 6 + 6 in the buffer: 1440 + 288 + 12 pJ.
    #expect(spilled.energyPicojoules == 1740)
  }

  @Test("of an addition of three the first nest reads what stays, the last one leaves its sum")
  func threeOperands() throws {
    let map = FeatureMap(channels: 6, height: 1, width: 1)
    let network = try network(
      [
        ("linear c=6 k=6", [-1]), ("add c=6 h=1 operands=3", [-1, -1, 0]),
        ("linear c=6 k=1", [1]),
      ], input: map)
    let nests = try report(network, on: array(bufferBytes: 100)).layers[1].nests
    #expect(nests.map(\.resident.tensors) == [.input, .output])
    #expect(nests.map(\.cost.dramBytes) == [12, 12])
  }

  @Test("a concatenation finds the words of the one part that stays, for all images")
  func concatenation() throws {
    let map = FeatureMap(channels: 6, height: 1, width: 1)
    let network = try network(
      [("linear c=6 k=2", [-1]), ("concat c=8 h=1", [-1, 0])], input: map)
    let target = MappedArray(array(bufferBytes: 100), options: CostOptions(batch: 3))
    let layer = try target.report(for: network, from: nil).layers[1]
    // 3 images: of 8 words each 6 come from outside, and 8 go.
    #expect(layer.dramBytes == 42)
  }

  @Test("a unit outside of the buffer reaches nothing in it")
  func outerUnit() throws {
    let map = FeatureMap(channels: 6, height: 1, width: 1)
    let network = try network(
      [("linear c=6 k=6", [-1]), ("add c=6 h=1", [-1, 0])], input: map)
    let resident = try report(network, on: array(bufferBytes: 100, unitLevel: 0))
    #expect(resident.layers.map(\.residentTensors) == [[], []])
  }

  @Test("a layer alone has nothing on chip")
  func alone() throws {
    let layer = LayerIdentity(op: try LayerText("linear c=4 k=6").op)
    let options = CostOptions(objective: .energy)
    let resident = try MappedArray(array(bufferBytes: 20), options: options).cost(of: layer)
    let spilled = try MappedArray(array(bufferBytes: 20, residency: .spill), options: options)
      .cost(of: layer)
    #expect(resident == spilled)
  }
}
