import Networks
import Ops
import TestSupport
import Testing

/// The shape of a layer in the words of the reference tables.
private func row(_ op: any TensorOp) -> String {
  var window = "1x1 s1 p0 g1"
  var type = op.kind.rawValue
  switch op {
  case let op as Convolution:
    window = text(op.window, groups: op.groups)
  case let op as DepthwiseConvolution:
    type = "dwconv"
    window = text(op.window, groups: op.input.channels)
  case let op as Pooling:
    window = text(op.window, groups: op.input.channels)
  case let op as GlobalPooling:
    type = "avgpool"
    window = "\(op.input.height)x\(op.input.width) s1 p0 g\(op.input.channels)"
  case is Linear: type = "fc"
  case is BatchNormReLU: type = "bn_relu"
  default: break
  }
  return "\(type) \(op.inputs[0]) \(op.output) \(window)"
}

private func text(_ window: Window, groups: Int) -> String {
  "\(window.rows.filter)x\(window.columns.filter) s\(window.rows.stride) p\(window.rows.padding)"
    + " g\(groups)"
}

@Suite("Layer tables")
struct LayerTableTests {
  @Test("the layers of NAS-Bench-201 by hand")
  func byHand() throws {
    let network = try network(
      "|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|avg_pool_3x3~0|none~1|none~2|",
      of: NASBench201(.imageNet16))
    let rows = network.layers.map { "\($0.name): \(row($0.op))" }
    // Stem, 15 cells of three ops, two residual blocks of five layers, three layers of the head.
    #expect(rows.count == 1 + 45 + 10 + 3)
    #expect(
      rows[..<4] == [
        "stem: conv 3x16x16 16x16x16 3x3 s1 p1 g1",
        "cell1.edge0-1: conv 16x16x16 16x16x16 3x3 s1 p1 g1",
        "cell1.edge0-2: conv 16x16x16 16x16x16 1x1 s1 p0 g1",
        "cell1.edge0-3: avgpool 16x16x16 16x16x16 3x3 s1 p1 g16",
      ])
    #expect(
      rows[16..<21] == [
        "res1.conv_a: conv 16x16x16 32x8x8 3x3 s2 p1 g1",
        "res1.conv_b: conv 32x8x8 32x8x8 3x3 s1 p1 g1",
        "res1.pool: avgpool 16x16x16 16x8x8 2x2 s2 p0 g16",
        "res1.conv_down: conv 16x8x8 32x8x8 1x1 s1 p0 g1",
        "res1.add: add 32x8x8 32x8x8 1x1 s1 p0 g1",
      ])
    #expect(
      rows[56...] == [
        "norm: bn_relu 64x4x4 64x4x4 1x1 s1 p0 g1",
        "pool: avgpool 64x4x4 64x1x1 4x4 s1 p0 g64",
        "classifier: fc 64x1x1 120x1x1 1x1 s1 p0 g1",
      ])
    #expect(network.layers[16].inputs == [.layer(15)])
    #expect(network.layers[18].inputs == [.layer(15)])
    #expect(network.layers[20].inputs == [.layer(17), .layer(19)])
  }

  @Test(
    "the layers of NAS-Bench-201 are those of the reference table",
    .enabled(if: Reference.has("nb201_layers.csv"), "needs the reference data (HWCOST_REFERENCE)"),
    arguments: zip(
      [NASBench201.Dataset.cifar10, .cifar100, .imageNet16],
      ["cifar10", "cifar100", "ImageNet16-120"]))
  func nasBench201(dataset: NASBench201.Dataset, name: String) throws {
    // Each op once a cell, and nothing to add.
    let network = try network(
      "|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|avg_pool_3x3~0|none~1|none~2|",
      of: NASBench201(dataset))
    let expected = try Reference.rows("nb201_layers.csv")
      .filter { $0["dataset"] == name && $0["type"] != "identity" }
      .flatMap { line in
        let v = { (key: String) in line[key] ?? "?" }
        let row =
          "\(v("type")) \(v("C_in"))x\(v("H_in"))x\(v("W_in")) "
          + "\(v("C_out(K)"))x\(v("H_out"))x\(v("W_out")) \(v("R"))x\(v("S")) s\(v("stride"))"
          + " p\(v("pad")) g\(v("groups")) \(v("MACs"))"
        return Array(repeating: row, count: Int(v("repeat")) ?? 0)
      }
    let found = network.layers.map { "\(row($0.op)) \($0.op.macs)" }
    #expect(found.count == 59)
    #expect(found.sorted() == expected.sorted())
  }

  @Test(
    "the layers of FBNet are those of the reference table",
    .enabled(if: Reference.has("fbnet_layers.csv"), "needs the reference data (HWCOST_REFERENCE)"),
    arguments: zip([FBNet.Variant.cifar100, .imageNet], ["cifar100", "ImageNet"]))
  func fbnet(variant: FBNet.Variant, name: String) throws {
    let lines = try Reference.rows("fbnet_layers.csv").filter { $0["dataset"] == name }
    #expect(lines.count == 92)
    let space = FBNet(variant)
    for choice in 0..<9 {
      let architecture = try space.architecture(choices: Array(repeating: choice, count: 22))
      let found = space.network(of: architecture).layers
        .filter { $0.op.kind != .add && $0.op.kind != .channelShuffle }
        // The table has no padding.
        .map { row($0.op).split(separator: " ").filter { !$0.hasPrefix("p") } }
        .map { $0.joined(separator: " ") }
      let expected = lines.compactMap { Self.expected($0, choice: choice) }
      #expect(found == expected)
    }
  }

  /// A row of the table for one choice; `nil` where the choice has no such layer.
  private static func expected(_ line: [String: String], choice: Int) -> String? {
    let v = { (key: String) in line[key] ?? "?" }
    let isBlock = Int(v("layer")) != nil
    let isSkip = choice == 8
    if isBlock, isSkip != (v("sub") == "skip") || v("type") == "identity" { return nil }
    let kernel = choice < 4 ? 3 : 5
    let expansion = [1, 1, 3, 6, 1, 1, 3, 6, 1][choice]
    let groups = choice == 1 || choice == 5 ? 2 : 1
    func number(_ key: String) -> Int {
      switch v(key) {
      case "k": kernel
      case "g": groups
      case let text where text.hasSuffix("*e"): (Int(text.dropLast(2)) ?? 0) * expansion
      case let text: Int(text) ?? -1
      }
    }
    let type = v("type") == "conv1x1+BN+ReLU" ? "conv" : v("type")
    return "\(type) \(number("sub_C_in"))x\(number("sub_H_in"))x\(number("sub_H_in"))"
      + " \(number("sub_C_out"))x\(number("sub_H_out"))x\(number("sub_H_out"))"
      + " \(number("R"))x\(number("S")) s\(number("sub_stride")) g\(number("groups"))"
  }
}
