import Networks
import Ops
import Testing

@Suite("Once-for-all's MobileNetV3s")
struct OnceForAllTests {
  func space(_ name: String) throws -> any SearchSpace {
    try #require(SearchSpaces.named(name))
  }

  /// A network by the lists of the authors' code.
  func network(_ name: String, _ settings: String) throws -> Network {
    let space = try space(name)
    return space.network(of: try space.architecture(settings))
  }

  @Test("the authors' network of 595 M multiply-accumulates has them")
  func published595M() throws {
    // once-for-all's README names it flops@595M_top1@80.0_finetune@75; its net.config and run.config
    // (236 pixels, width 1.2) are also in Alibaba-MIIL/ImageNet21K, from where these lists are.
    let network = try network(
      "ofa-mbv3-w1.2-236",
      """
      {"ks": [3,5,3,3, 5,5,3,5, 7,5,3,5, 3,5,7,3, 3,3,5,3],
       "e": [3,4,3,3, 4,4,6,3, 6,6,3,4, 6,6,6,4, 6,6,6,3], "d": [3,4,4,4,4], "r": [236]}
      """)
    #expect((Double(network.macs) / 1e6).rounded() == 595)
    #expect((Double(network.parameters) / 1e5).rounded() == 91)
    // Blocks of its net.config: in, wide and out channels, and the size of their output.
    let depthwise = network.layers.filter { $0.op.kind == .depthwise }.map(\.op.output)
    #expect(
      depthwise.map(\.channels)
        == [24, 72, 128, 96, 128, 192, 288, 144, 288, 576, 288, 384, 576, 816, 816, 544]
        + [816, 1152, 1152, 576])
    #expect(depthwise.last == FeatureMap(channels: 576, height: 8, width: 8))
    let squeezed = network.layers.filter { $0.name.hasSuffix(".reduce") }.map(\.op.output.channels)
    // A quarter of the wide channels, in eights.
    #expect(squeezed == [32, 48, 72, 40, 144, 208, 208, 136, 208, 288, 288, 144])
  }

  @Test(
    "parameters of networks for the Samsung Note8 are those that MMRazor lists",
    arguments: [
      // configs/nas/mmcls/onceforall/README.md: 4.6 M and 4.3 M, of the OFA_SUBNET_NOTE8 files.
      (
        "ofa-mbv3-152", 46.0,
        """
        {'ks': [5,3,3,3,5,5,3,3,3,3,5,3,3,5,7,3,3,3,5,5],
         'e': [3,3,3,3,4,3,3,3,4,4,4,4,4,3,4,3,6,3,3,3], 'd': [2,2,3,3,4]}
        """
      ),
      (
        "ofa-mbv3-140", 43.0,
        """
        {'ks': [3,3,3,3,5,5,3,3,7,3,3,3,5,3,3,3,3,7,3,3],
         'e': [3,3,3,3,3,3,3,3,4,3,3,3,3,4,3,3,6,6,3,6], 'd': [2,2,2,2,2]}
        """
      ),
    ])
  func published(_ name: String, _ parameters: Double, _ settings: String) throws {
    let network = try network(name, settings)
    #expect((Double(network.parameters) / 1e5).rounded() == parameters)
  }

  @Test("layers of a block with squeeze-and-excite, by hand")
  func block() throws {
    let space = try space("ofa-mbv3-224")
    let text = "224 k3e3 k3e3 | k5e4 k3e3 | k3e3 k3e3 | k3e3 k3e3 | k7e6 k3e3"
    let network = space.network(of: try space.architecture(text))
    #expect(network.name == text)
    let layers = network.layers.filter { $0.name.hasPrefix("block4.") }
    #expect(
      layers.map { "\($0.name) \($0.op.key)" } == [
        "block4.expand conv c=24 k=96 h=56 w=56 r=1 s=1 stride=1 pad=0 dilation=1 groups=1",
        "block4.depthwise depthwise c=96 h=56 w=56 r=5 s=5 stride=2 pad=2 dilation=1",
        "block4.squeeze globalpool c=96 h=28 w=28",
        "block4.reduce linear c=96 k=24", "block4.excite linear c=24 k=96",
        "block4.scale scale c=96 h=28 w=28",
        "block4.project conv c=96 k=40 h=28 w=28 r=1 s=1 stride=1 pad=0 dilation=1 groups=1",
      ])
    // Weights and two numbers a channel of batch norm; 24 and 96 numbers of bias.
    // 24 * 96 + 192, 25 * 96 + 192, 96 * 24 + 24, 24 * 96 + 96 and 96 * 40 + 80.
    #expect(layers.map(\.parameters) == [2496, 2592, 0, 2328, 2400, 0, 3920])
    // The network fits together: every layer reads what it says it reads.
    _ = try Network(name: "again", input: network.input, layers: network.layers)
    #expect(network.layers.contains { $0.name == "block5.add" })
    #expect(!network.layers.contains { $0.name == "block4.add" || $0.name.hasPrefix("block6.") })
  }

  @Test("the count of networks is the paper's: more than 10^19 at each image size")
  func size() throws {
    // (9^2 + 9^3 + 9^4)^5 networks of a size.
    #expect(try space("ofa-mbv3-224").size == 7371.0 * 7371 * 7371 * 7371 * 7371)
    #expect(try space("ofa-mbv3").size == 5 * space("ofa-mbv3-w1.2-224").size)
  }

  @Test("a text gives its network again, in any form")
  func text() throws {
    let space = try space("ofa-mbv3")
    let text = "192 k3e3 k5e4 k7e6 | k3e3 k3e3 k3e3 k3e3 | k5e6 k5e6 | k7e3 k7e4 | k3e6 k5e3 k7e4"
    let member = try space.architecture(text)
    #expect(space.text(of: member) == text)
    let settings = """
      {"ks": [3,5,7,7, 3,3,3,3, 5,5,3,3, 7,7,5,5, 3,5,7,3], "d": [3,4,2,2,3], "image_size": 192,
       "e": [3,4,6,6, 3,3,3,3, 6,6,4,4, 3,4,6,6, 6,3,4,4]}
      """
    #expect(try space.architecture(settings) == member)
    #expect(try space.architecture("  \(text.replacing(" ", with: "  "))\n") == member)
  }

  @Test(
    "mistakes of texts are told with their place",
    arguments: [
      (
        "",
        "column 1: the end of the text is no image size (one of 160, 176, 192, 208, 224; "
          + "others are spaces such as ofa-mbv3-236)"
      ),
      (
        "223 k3e3",
        "column 1: '223' is no image size (one of 160, 176, 192, 208, 224; "
          + "others are spaces such as ofa-mbv3-236)"
      ),
      (
        "224 k3e3 k3e5",
        "column 10: 'k3e5' is not a block (k with a kernel of 3, 5 or 7, and e with "
          + "an expansion of 3, 4 or 6, such as k5e4)"
      ),
      (
        "224 k3e3 | k3e3",
        "column 10: found 1 of 2 to 4 blocks in stage 1 of 5 (blocks such as "
          + "k3e4, k5e6 or k7e3; '|' between stages)"
      ),
      (
        "224 k3e3 k3e3 k3e3 k3e3 k3e3",
        "column 25: stage 1 has more than 4 blocks (write '|' where a "
          + "stage ends)"
      ),
      (
        "224 k3e3 k3e3 | k3e3 k3e3",
        "column 26: found 0 of 2 to 4 blocks in stage 3 of 5 (blocks "
          + "such as k3e4, k5e6 or k7e3; '|' between stages)"
      ),
      (#"{"ks": [3, 4]}"#, "column 12: 4 in 'ks' is not possible (one of 3, 5, 7)"),
      (#"{"kernel": [3]}"#, "column 3: unknown setting 'kernel' (the settings are ks, e, d and r)"),
      (
        #"{"r": 224, "image_size": 224}"#,
        "column 13: 'r' and 'image_size' are the same setting (keep one of the two)"
      ),
      (
        #"{"d": [2, 2]}"#,
        "column 14: there is no 'ks' (ks and e have 20 numbers, d has 5, and r has "
          + "one)"
      ),
    ])
  func mistakes(_ text: String, _ message: String) throws {
    let space = try space("ofa-mbv3")
    let error = #expect(throws: TextError.self) { try space.architecture(text) }
    #expect(error?.description == message)
  }

  @Test("names of one image size are spaces, others are not")
  func names() throws {
    #expect(SearchSpaces.named("ofa-mbv3-236")?.name == "ofa-mbv3-236")
    #expect(SearchSpaces.named("ofa-mbv3-w1.2")?.name == "ofa-mbv3-w1.2")
    for name in [
      "ofa-mbv3-225", "ofa-mbv3-", "ofa-mbv3-0", "ofa-mbv3-+224", "ofa-mbv3-0224", "ofa-mbv",
    ] {
      #expect(SearchSpaces.named(name) == nil, "\(name)")
    }
  }

  @Test(
    "a name of an impossible image size is told the nearest that is possible",
    arguments: [
      ("ofa-mbv3-225", "ofa-mbv3-224"), ("ofa-mbv3-0224", "ofa-mbv3-224"),
      ("ofa-mbv3-226", "ofa-mbv3-228"), ("ofa-mbv3-16", "ofa-mbv3-32"),
      ("ofa-mbv3-w1.2-2000", "ofa-mbv3-w1.2-1024"),
      ("ofa-mbv3-99999999999999999999", "ofa-mbv3-1024"),
    ])
  func impossibleSizes(name: String, nearest: String) {
    #expect(SearchSpaces.named(name) == nil)
    #expect(SearchSpaces.named(nearest) != nil)
    #expect(
      SearchSpaces.hint(for: name)
        == "an image size is a multiple of 4 from 32 to 1024, such as \(nearest)")
  }

  @Test("other unknown names are told the nearest name, or all")
  func unknownNames() {
    #expect(SearchSpaces.hint(for: "ofa-mbv3-x") == "did you mean 'ofa-mbv3'?")
    #expect(SearchSpaces.hint(for: "zzz").hasPrefix("known are nasbench201-cifar10, "))
  }

  @Test("a network is the sum of its parts, and its blocks are those of its layers")
  func parts() throws {
    let space = try space("ofa-mbv3")
    let (parts, blocks) = (space.parts, try #require(space.blockShapes))
    #expect(parts.terms.map(\.variables) == blocks.terms.map(\.variables))
    let counts = space.choiceCounts
    for seed in 0..<20 {
      let choices = counts.enumerated().map { (seed * 7 + $0.offset * $0.offset) % $0.element }
      let member = try space.architecture(choices: choices)
      let network = space.network(of: member)
      var found = parts.fixed
      for term in parts.terms {
        let entry = term.variables.reduce(0) { $0 * counts[$1] + choices[$1] }
        found += term.layers[entry]
      }
      #expect(found.map(\.name) == network.layers.map(\.name))
      #expect(found.map(\.identity) == network.layers.map(\.identity))
      let depthwise = network.layers.filter { $0.op.kind == .depthwise }.map(
        \.op.inputs[0].channels)
      let wide = blocks.blocks(of: member, counts: counts).compactMap { block -> Int? in
        guard case .mobileNetV3(_, _, let wide, _, _, _, _) = block else { return nil }
        return wide
      }
      #expect(depthwise == wide)
    }
  }
}
