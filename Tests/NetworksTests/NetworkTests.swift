import Networks
import Ops
import Testing

@Suite("Networks")
struct NetworkTests {
  let map = FeatureMap(channels: 4, height: 8, width: 8)

  func layer(_ text: String, _ inputs: [TensorSource]) throws -> Layer {
    Layer(name: "\(inputs)", op: try LayerText(text).op, inputs: inputs)
  }

  @Test("totals are sums over layers; batch norm and bias are parameters")
  func totals() throws {
    let convolution = try LayerText("conv c=4 k=8 h=8 r=3 pad=1").op
    let network = try Network(
      name: "small", input: map,
      layers: [
        Layer(name: "a", op: convolution, inputs: [.networkInput], hasBatchNorm: true),
        Layer(
          name: "b", op: try LayerText("linear c=512 k=10").op, inputs: [.layer(0)], hasBias: true),
      ])
    #expect(network.macs == 4 * 8 * 9 * 64 + 5120)
    #expect(network.parameters == 288 + 16 + 5120 + 10)
  }

  @Test("a layer that reads what it cannot is refused")
  func refusal() throws {
    #expect(throws: NetworkError.empty) { try Network(name: "", input: map, layers: []) }
    #expect(throws: NetworkError.readsAhead(layer: 0, source: 0)) {
      try Network(name: "", input: map, layers: [layer("skip c=4 h=8", [.layer(0)])])
    }
    #expect(throws: NetworkError.readsAhead(layer: 0, source: -1)) {
      try Network(name: "", input: map, layers: [layer("skip c=4 h=8", [.layer(-1)])])
    }
    let expected = FeatureMap(channels: 5, height: 8, width: 8)
    #expect(
      throws: NetworkError.inputsDoNotFit(
        layer: 1, .wrongShape(index: 0, expected: expected, found: map))
    ) {
      try Network(
        name: "", input: map,
        layers: [layer("skip c=4 h=8", [.networkInput]), layer("skip c=5 h=8", [.layer(0)])])
    }
    #expect(
      throws: NetworkError.inputsDoNotFit(layer: 0, .wrongCount(expected: 2, found: 1))
    ) {
      try Network(name: "", input: map, layers: [layer("add c=4 h=8", [.networkInput])])
    }
    let skip = try layer("skip c=4 h=8", [.networkInput])
    #expect(throws: NetworkError.tooManyLayers(10_001)) {
      try Network(name: "", input: map, layers: Array(repeating: skip, count: 10_001))
    }
  }

  @Test("an addition keeps its live operands when dead nodes are eliminated")
  func addition() throws {
    let network = try Network(
      name: "", input: map,
      layers: [
        layer("zero c=4 h=8", []), layer("conv c=4 k=4 h=8 r=1", [.networkInput]),
        layer("add c=4 h=8 operands=3", [.layer(1), .layer(0), .networkInput]),
      ])
    let folded = network.eliminatingDeadNodes()
    #expect(folded.layers.count == 2)
    #expect(folded.layers[1].inputs == [.layer(0), .networkInput])
    #expect(folded.layers[1].op.key.description == "add c=4 h=8 w=8")
  }

  @Test("a concatenation reads zeros where a constant was")
  func concatenation() throws {
    let network = try Network(
      name: "", input: map,
      layers: [
        layer("zero c=4 h=8", []), layer("conv c=4 k=4 h=8 r=1", [.layer(0)]),
        layer("concat c=8 h=8", [.networkInput, .layer(1)]),
      ])
    let folded = network.eliminatingDeadNodes()
    #expect(folded.layers.map(\.op.kind) == [.zero, .concat])
    #expect(folded.layers[1].inputs == [.networkInput, .layer(0)])
    #expect(folded.parameters == 0)
  }

  @Test("a network whose output is its input is one skip")
  func passedOn() throws {
    let network = try Network(
      name: "", input: map,
      layers: [
        layer("zero c=4 h=8", []), layer("add c=4 h=8", [.layer(0), .networkInput]),
      ])
    #expect(network.eliminatingDeadNodes().layers.map(\.op.kind) == [.skip])
  }

  @Test("layers of one op at two precisions are two groups")
  func groups() throws {
    let op = try LayerText("skip c=4 h=8").op
    let layers = [8, nil, 8].map {
      Layer(
        name: "", op: op, inputs: [.networkInput],
        precision: PrecisionOverride(activationBits: $0))
    }
    let network = try Network(name: "", input: map, layers: layers)
    #expect(network.distinctLayers.map(\.layers) == [[0, 2], [1]])
    let target = Precision(weightBits: 16, activationBits: 16, accumulatorBits: 32)
    #expect(
      network.distinctLayers[0].precision.applied(to: target)
        == Precision(weightBits: 16, activationBits: 8, accumulatorBits: 32))
  }
}
