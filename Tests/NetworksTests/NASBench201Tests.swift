import Networks
import Ops
import TestSupport
import Testing

let cifar10 = NASBench201(.cifar10)

func cell(_ op: String) -> String {
  "|\(op)~0|+|\(op)~0|\(op)~1|+|\(op)~0|\(op)~1|\(op)~2|"
}

func network(_ text: String, of space: some SearchSpace = cifar10) throws -> Network {
  space.network(of: try space.architecture(text))
}

/// NAS-Bench-201 publishes 7.78305 M to 220.11969 M FLOPs and 0.073306 M to 1.531546 M
/// parameters. Its FLOPs are multiply-accumulates and the classifier's 10 bias additions.
private let published: [(String, Int64, Int64)] = [
  (cell("none"), 7_783_050 - 10, 73_306),
  (cell("nor_conv_3x3"), 220_119_690 - 10, 1_531_546),
  // NATS-Bench issue 36: 113.95137 M FLOPs, 0.802426 M parameters.
  (
    "|skip_connect~0|+|none~0|nor_conv_3x3~1|+|avg_pool_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|",
    113_951_370 - 10, 802_426
  ),
  // Index 0 has two 1x1 convolutions: 7,783,040 + 2 * 3,932,160 MACs; each has
  // 5 * (C * C + 2 * C) parameters at C = 16, 32, 64: 5 * (288 + 1088 + 4224) = 28,000.
  (
    "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|"
      + "skip_connect~2|", 15_647_360, 129_306
  ),
]

private let form = "the form is |op~0|+|op~0|op~1|+|op~0|op~1|op~2|"

@Suite("NAS-Bench-201")
struct NASBench201Tests {
  @Test(
    "known architectures have the published multiply-accumulates and parameters",
    arguments: published)
  func knownAnswers(text: String, macs: Int64, parameters: Int64) throws {
    let network = try network(text)
    #expect(network.macs == macs)
    #expect(network.parameters == parameters)
  }

  @Test(
    "indices are HW-NAS-Bench's",
    arguments: [
      (
        0,
        "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|"
          + "skip_connect~2|"
      ),
      (3, "|avg_pool_3x3~0|+|skip_connect~0|none~1|+|none~0|none~1|skip_connect~2|"),
      (10, "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|none~0|none~1|none~2|"),
      (
        13,
        "|none~0|+|avg_pool_3x3~0|skip_connect~1|+|nor_conv_3x3~0|nor_conv_1x1~1|nor_conv_1x1~2|"
      ),
    ])
  func indices(index: Int, text: String) throws {
    let architecture = try #require(cifar10.architecture(at: index))
    #expect(cifar10.text(of: architecture) == text)
    #expect(try cifar10.architecture(text) == architecture)
    #expect(cifar10.index(of: architecture) == index)
  }

  @Test("every index is one architecture, and no other index is any")
  func bijection() throws {
    var seen: Set<Architecture> = []
    for index in 0..<15_625 {
      let architecture = try #require(cifar10.architecture(at: index))
      #expect(cifar10.index(of: architecture) == index)
      seen.insert(architecture)
    }
    #expect(seen.count == 15_625)
    #expect(cifar10.architecture(at: -1) == nil)
    #expect(cifar10.architecture(at: 15_625) == nil)
    #expect(cifar10.size == 15_625)
  }

  @Test(
    "all 15,625 strings have the index of the published table",
    .enabled(
      if: Reference.has("nasbench201_cifar10.csv"), "needs the reference data (HWCOST_REFERENCE)"))
  func publishedOrder() throws {
    let rows = try Reference.rows("nasbench201_cifar10.csv")
    #expect(rows.count == 15_625)
    let equal = rows.enumerated().filter { position, row in
      guard row["index"] == "\(position)", let text = row["arch"],
        let architecture = cifar10.architecture(at: position)
      else { return false }
      return cifar10.text(of: architecture) == text
    }
    #expect(equal.count == 15_625)
  }

  @Test("341 architectures have no live path")
  func deadArchitectures() throws {
    var dead = 0
    for index in 0..<15_625 {
      let architecture = try #require(cifar10.architecture(at: index))
      let network = cifar10.network(of: architecture).eliminatingDeadNodes()
      if network.macs == 0 {
        dead += 1
        #expect(network.layers.map(\.op.kind) == [.zero])
      }
    }
    #expect(dead == 341)
  }

  @Test("every layer of every network reads tensors of its shape")
  func validity() throws {
    for index in stride(from: 0, to: 15_625, by: 25) {
      let architecture = try #require(cifar10.architecture(at: index))
      for network in [
        cifar10.network(of: architecture),
        cifar10.network(of: architecture).eliminatingDeadNodes(),
      ] {
        let checked = try Network(
          name: network.name, input: network.input, layers: network.layers)
        #expect(checked == network)
      }
    }
  }

  @Test("a node adds its edges but for none edges; a skip edge is the tensor itself")
  func nodeSemantics() throws {
    // Node 1 is the 1x1 convolution of node 0, node 2 is node 1, node 3 adds nodes 0 and 2.
    let network = try network(
      "|nor_conv_1x1~0|+|none~0|skip_connect~1|+|skip_connect~0|none~1|skip_connect~2|")
    #expect(
      network.layers[..<4].map(\.name) == [
        "stem", "cell1.edge0-1", "cell1.node3", "cell2.edge0-1",
      ])
    #expect(network.layers[2].op.key.description == "add c=16 h=32 w=32")
    #expect(network.layers[2].inputs == [.layer(0), .layer(1)])
    #expect(network.layers[3].inputs == [.layer(2)])
  }

  @Test("an addition of three operands is two additions")
  func threeOperands() throws {
    let network = try network(cell("skip_connect"))
    // Node 2 adds two tensors, node 3 three: three additions a cell, and two in the residual
    // blocks. Maps have 16,384, 8,192 and 4,096 words.
    let adds = network.layers.filter { $0.op.kind == .add }.reduce(0) { $0 + $1.op.otherOperations }
    #expect(adds == 15 * (16_384 + 8_192 + 4_096) + 8_192 + 4_096)
  }

  @Test("ops that zeros feed are charged until dead nodes are eliminated")
  func deadNodes() throws {
    // Node 1 is zeros; the 3x3 convolution of it is added to the skip of node 0.
    let text = "|none~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|skip_connect~2|"
    let kept = try network(text)
    #expect(kept.layers[1].name == "cell1.node1")
    #expect(kept.layers[1].op.kind == .zero)
    #expect(kept.macs == 7_783_040 + 35_389_440)
    #expect(kept.layers.filter { $0.op.kind == .add }.count == 17)
    let folded = kept.eliminatingDeadNodes()
    #expect(folded.macs == 7_783_040)
    #expect(folded.parameters == 73_306)
    // Only the residual blocks still add.
    #expect(folded.layers.filter { $0.op.kind == .add }.count == 2)
  }

  @Test("an op whose result nothing reads is dropped with the dead nodes")
  func unread() throws {
    let text = "|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|none~0|skip_connect~1|none~2|"
    let kept = try network(text)
    #expect(kept.macs == 7_783_040 + 35_389_440 + 3_932_160)
    #expect(kept.eliminatingDeadNodes().macs == 7_783_040 + 35_389_440)
  }

  @Test("equal layers are one group")
  func groups() throws {
    let network = try network(cell("nor_conv_3x3"))
    let groups = network.distinctLayers
    #expect(groups.reduce(0) { $0 + $1.layers.count } == network.layers.count)
    // The stem; in three stages a convolution and additions of two and three; in the two residual
    // blocks two more convolutions (conv_b is the stage's), a pooling and an addition that the
    // stage has too; the norm, the pooling and the classifier.
    #expect(groups.count == 1 + 3 * 3 + 2 * 3 + 3)
    #expect(groups[1].layers.count == 30)
  }

  @Test("choices that are not the space's are refused")
  func choices() throws {
    #expect(throws: ChoicesError.wrongCount(expected: 6, found: 2)) {
      try cifar10.architecture(choices: [0, 1])
    }
    #expect(throws: ChoicesError.outOfRange(position: 5, value: 5, count: 5)) {
      try cifar10.architecture(choices: [0, 1, 2, 3, 4, 5])
    }
    #expect(
      cifar10.text(of: try cifar10.architecture(choices: [0, 1, 2, 3, 4, 0]))
        == "|none~0|+|skip_connect~0|nor_conv_1x1~1|+|nor_conv_3x3~0|avg_pool_3x3~1|none~2|")
  }

  @Test(
    "a mistake in an architecture is named with its column and a hint",
    arguments: [
      (
        "", 1, "expected '|' where node 1 starts, found the end of the text",
        "the form is |op~0|+|op~0|op~1|+|op~0|op~1|op~2|"
      ),
      ("|nor_conv_3x4~0|", 2, "unknown op 'nor_conv_3x4'", "did you mean 'nor_conv_3x3'?"),
      (
        "|max~0|", 2, "unknown op 'max'",
        "one of none, skip_connect, nor_conv_1x1, nor_conv_3x3, avg_pool_3x3"
      ),
      ("|none|", 6, "expected '~' after 'none', found '|'", form),
      ("|none~0|none~0|", 9, "expected '+' between nodes, found 'n'", form),
      (
        "|none~0|+|none~0|none~0|", 23, "expected source 1 of node 2, found '0'",
        "write 'none~1'"
      ),
      (
        "|none~0|+|none~0|+|", 18, "expected an op of node 2, found '+'",
        "one of none, skip_connect, nor_conv_1x1, nor_conv_3x3, avg_pool_3x3"
      ),
      (cell("none") + "+", 48, "the text goes on after node 3: '+'", form),
    ])
  func mistakes(text: String, column: Int, message: String, hint: String) {
    #expect(throws: TextError(text: text, column: column, message: message, hint: hint)) {
      try cifar10.architecture(text)
    }
  }

  @Test("space around an architecture is no part of it")
  func surroundingSpace() throws {
    #expect(try cifar10.architecture(" \(cell("none"))\n").choices == [0, 0, 0, 0, 0, 0])
  }
}
