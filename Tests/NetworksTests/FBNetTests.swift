import Networks
import Ops
import Testing

@Suite("FBNet")
struct FBNetTests {
  static let fbnetA = "8 2 0 8 8 7 2 4 2 7 6 5 7 3 5 6 1 7 7 6 7 7"

  /// FBNet-A is published with 244.5 M MACs and 4.3 M parameters (mobile-vision's model zoo).
  @Test(
    "FBNet-A has the known multiply-accumulates and parameters in both dialects",
    arguments: [
      (FBNet.Variant.imageNetFacebook, 244_452_664, 4_304_584),
      (.imageNet, 258_680_888, 4_971_384),
    ])
  func knownAnswers(variant: FBNet.Variant, macs: Int64, parameters: Int64) throws {
    let network = try network(Self.fbnetA, of: FBNet(variant))
    #expect(network.macs == macs)
    #expect(network.parameters == parameters)
    _ = try Network(name: network.name, input: network.input, layers: network.layers)
  }

  @Test("every block fits its place in every variant", arguments: FBNet.Variant.allCases)
  func validity(variant: FBNet.Variant) throws {
    let space = FBNet(variant)
    for choice in 0..<9 {
      let architecture = try space.architecture(choices: Array(repeating: choice, count: 22))
      let network = space.network(of: architecture)
      let checked = try Network(name: network.name, input: network.input, layers: network.layers)
      #expect(checked == network)
    }
  }

  @Test("a block of groups has a channel shuffle after its first convolution")
  func shuffle() throws {
    let text = "0 1" + String(repeating: " 8", count: 20)
    let network = try network(text, of: FBNet(.cifar100))
    #expect(
      network.layers[..<9].map(\.name) == [
        "stem", "block0.expand", "block0.depthwise", "block0.project", "block0.add",
        "block1.expand", "block1.shuffle", "block1.depthwise", "block1.project",
      ])
    #expect(network.layers[4].inputs == [.layer(3), .layer(0)])
    #expect(
      try LayerText("conv c=16 k=16 h=32 r=1 groups=2").op.key == network.layers[5].op.key)
    // Blocks 2, 3 and 4 keep their shape, so they are the tensor itself; block 5 does not.
    #expect(network.layers[9].name == "block5.skip")
    #expect(
      try LayerText("conv c=24 k=32 h=32 r=1 stride=2").op.key == network.layers[9].op.key)
  }

  @Test("Facebook's dialect leaves out the first convolution at expansion 1 only")
  func dialect() throws {
    let text = "1 2" + String(repeating: " 8", count: 20)
    let network = try network(text, of: FBNet(.imageNetFacebook))
    #expect(
      network.layers[..<8].map(\.name) == [
        "stem", "block0.shuffle", "block0.depthwise", "block0.project", "block0.add",
        "block1.expand", "block1.depthwise", "block1.project",
      ])
  }

  @Test(
    "numbers may stand apart by spaces, commas or underscores",
    arguments: [
      "[0, 3, 8, 0, 3, 8, 0, 3, 8, 0, 3, 8, 0, 3, 8, 0, 3, 8, 0, 3, 8, 0]",
      "0_3_8_0_3_8_0_3_8_0_3_8_0_3_8_0_3_8_0_3_8_0",
      " 0 3 8 0 3 8 0 3 8 0 3 8 0 3 8 0 3 8 0 3 8 0 ",
      "(0, 3, 8, 0, 3, 8, 0, 3, 8, 0, 3, 8, 0, 3, 8, 0, 3, 8, 0, 3, 8, 0)",
      // Forms that are read with care: tabs, lines, a space of another kind, more digits, a sign.
      "0\t3\n8 0 3 8 0 3 8 0 3 8 0 3 8 0 3 8 0 3 8 0",
      "0\u{A0}3 8 0 3 8 0 3 8 0 3 8 0 3 8 0 3 8 0 3 8 0",
      "00 03 8 0 3 8 0 3 8 0 3 8 0 3 8 0 3 8 0 3 +8 0",
    ])
  func separators(text: String) throws {
    let space = FBNet(.cifar100)
    let architecture = try space.architecture(text)
    #expect(space.text(of: architecture) == "0 3 8 0 3 8 0 3 8 0 3 8 0 3 8 0 3 8 0 3 8 0")
    #expect(space.index(of: architecture) == nil)
  }

  @Test(
    "a mistake in an architecture is named with its column",
    arguments: [
      ("", 1, "found 0 of 22 numbers", "one number from 0 to 8 a block, such as '0 3 8 …'"),
      ("0 1", 4, "found 2 of 22 numbers", "one number from 0 to 8 a block, such as '0 3 8 …'"),
      (
        "0, 9", 4, "'9' is not a block",
        "a whole number from 0 to 8: k3_e1, k3_e1_g2, k3_e3, k3_e6, k5_e1, k5_e1_g2, k5_e3, "
          + "k5_e6, skip"
      ),
      (
        "0 1 2 3 4 5 6 7 8 0 1 2 3 4 5 6 7 8 0 1 2", 42, "found 21 of 22 numbers",
        "one number from 0 to 8 a block, such as '0 3 8 …'"
      ),
      (
        "0 1 2 3 4 5 6 7 8 0 1 2 3 4 5 6 7 8 0 1 2 33", 43, "'33' is not a block",
        "a whole number from 0 to 8: k3_e1, k3_e1_g2, k3_e3, k3_e6, k5_e1, k5_e1_g2, k5_e3, "
          + "k5_e6, skip"
      ),
      (
        "0 1 2 3 4 5 6 7 8 0 1 2 3 4 5 6 7 8 0 1 2 3 4", 45, "more than 22 numbers", nil
      ),
    ] as [(String, Int, String, String?)])
  func mistakes(text: String, column: Int, message: String, hint: String?) {
    #expect(throws: TextError(text: text, column: column, message: message, hint: hint)) {
      try FBNet(.imageNet).architecture(text)
    }
  }

  @Test("spaces are found by name")
  func names() throws {
    #expect(
      SearchSpaces.names == [
        "nasbench201-cifar10", "nasbench201-cifar100", "nasbench201-imagenet16-120",
        "fbnet-cifar100", "fbnet-imagenet", "fbnet-imagenet-facebook", "ofa-mbv3", "ofa-mbv3-w1.2",
      ])
    #expect(SearchSpaces.all.map(\.name) == SearchSpaces.names)
    for name in SearchSpaces.names { #expect(SearchSpaces.named(name)?.name == name) }
    #expect(SearchSpaces.named("fbnet") == nil)
    // 9^22 = 984,770,902,183,611,232,881, to the precision of a Double.
    #expect(abs(FBNet(.imageNet).size / 9.847709021836112e20 - 1) < 1e-15)
  }
}
