import Networks
import Ops
import Testing

@Suite("Tensors handed from a layer to the next")
struct HandoverTests {
  private func handovers(_ texts: [(String, [Int])]) throws -> [[Int]] {
    let network = try Network(
      name: "", input: FeatureMap(channels: 4, height: 8, width: 8),
      layers: texts.map { text, inputs in
        Layer(
          name: "", op: try LayerText(text).op,
          inputs: inputs.map { $0 < 0 ? .networkInput : .layer($0) })
      })
    return network.handovers.map { [$0.producer, $0.consumer, $0.operand] }
  }

  private let conv = "conv c=4 k=4 h=8 r=1"

  @Test("a chain hands on every output but the last")
  func chain() throws {
    #expect(
      try handovers([(conv, [-1]), (conv, [0]), (conv, [1])]) == [[0, 1, 0], [1, 2, 0]])
  }

  @Test("an output that another layer reads too, or the same layer twice, is not handed on")
  func severalReaders() throws {
    #expect(
      try handovers([(conv, [-1]), (conv, [0]), ("add c=4 h=8", [0, 1])]) == [[1, 2, 1]])
    #expect(try handovers([(conv, [-1]), ("add c=4 h=8", [0, 0])]) == [])
  }

  @Test("a layer that runs in between keeps an output from being handed on")
  func between() throws {
    #expect(
      try handovers([(conv, [-1]), (conv, [-1]), ("add c=4 h=8", [0, 1])]) == [[1, 2, 1]])
  }

  @Test("a skip passes an output on, zeros are nobody's output, and neither runs")
  func skipsAndZeros() throws {
    let (skip, zero) = ("skip c=4 h=8", "zero c=4 h=8")
    #expect(try handovers([(conv, [-1]), (skip, [0]), (conv, [1])]) == [[0, 2, 0]])
    #expect(
      try handovers([(conv, [-1]), (zero, []), ("add c=4 h=8", [1, 0])]) == [[0, 2, 1]])
    #expect(try handovers([(zero, []), (conv, [0])]) == [])
    // A skip that nobody reads reads nothing; one that leads on is a second reader.
    #expect(try handovers([(conv, [-1]), (skip, [0]), (conv, [0])]) == [[0, 2, 0]])
    #expect(
      try handovers([(conv, [-1]), (skip, [0]), (conv, [0]), ("add c=4 h=8", [1, 2])])
        == [[2, 3, 1]])
  }

  @Test("the network's output is read from outside as well")
  func networkOutput() throws {
    #expect(try handovers([(conv, [-1]), (conv, [0]), ("skip c=4 h=8", [0])]) == [])
  }
}
