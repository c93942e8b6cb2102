import Accelerators
import CostDiagnostics
import MeasuredTables
import Networks
import Ops
import Testing

@Suite("Keys of measured tables")
struct TableKeyTests {
  static let zeros = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"

  @Test(
    "a network is found by its choices, however the list is written",
    arguments: ["\"(0, 0, 0, 0, 0, 0)\"", "0_0_0_0_0_0", "[0 0 0 0 0 0]"])
  func opIndices(key: String) throws {
    let device = try MeasuredFixtures.device(
      "ops,ms,mj\n\(key),3,4\n",
      manifest: MeasuredFixtures.manifest(
        "granularity: network\nspace: nasbench201-cifar10\nkey: op-indices"))
    let report = try MeasuredFixtures.report(device, Self.zeros, of: NASBench201(.cifar10))
    #expect(report.latencyMilliseconds == 3)
  }

  @Test("choices that the space has not are reported with their place")
  func badOpIndices() throws {
    let messages = try MeasuredFixtures.messages {
      _ = try MeasuredFixtures.device(
        "ops,ms,mj\n0_0_0_0_0_5,3,4\n0_0,1,1\n0_x,1,1\n",
        manifest: MeasuredFixtures.manifest(
          "granularity: network\nspace: nasbench201-cifar10\nkey: op-indices"))
    }
    #expect(
      messages == """
        t.csv:2:1: error: choice 5 is 5, expected 0 to 4
        t.csv:3:1: error: 2 choices are given, the space has 6
        t.csv:4:1: error: '0_x' is no list of whole numbers
        hint: write one number a choice, such as '(3, 1, 0)'

        """)
  }

  @Test("every block of FBNet reads back from both forms of its key")
  func blockKeys() throws {
    for variant in [FBNet.Variant.cifar100, .imageNet] {
      let blocks = try #require(FBNet(variant).blockShapes).distinct
      // 96 inverted residuals, 12 skips, the stem, the head, the pool and the classifier.
      #expect(blocks.count == 112)
      for block in blocks {
        #expect(try BlockShape(hwNASBenchKey: block.hwNASBenchKey) == block)
        #expect(try BlockShape(onceForAllKey: block.onceForAllKey) == block)
      }
    }
    #expect(FBNet(.imageNetFacebook).blockShapes == nil)
  }

  @Test("every block of Once-for-all's MobileNetV3s reads back, and has the key its authors query")
  func mobileNetV3Keys() throws {
    let space = try #require(SearchSpaces.named("ofa-mbv3-224"))
    let blocks = try #require(space.blockShapes).distinct
    // Nine blocks at two places of each stage; the stem, the first block and four of the head.
    #expect(blocks.count == 96)
    for block in blocks {
      #expect(try BlockShape(hwNASBenchKey: block.hwNASBenchKey) == block)
      #expect(try BlockShape(onceForAllKey: block.onceForAllKey) == block)
    }
    // As MBv3LatencyTable of once-for-all, latency_lookup_table.py, puts them together.
    let keys = Set(blocks.map(\.onceForAllKey))
    for key in [
      "Conv-input:224x224x3-output:112x112x16",
      "expanded_conv-input:112x112x16-output:112x112x16-expand:16-kernel:3-stride:1-idskip:1-se:0-hs:0",
      "expanded_conv-input:56x56x24-output:28x28x40-expand:144-kernel:7-stride:2-idskip:0-se:1-hs:0",
      "expanded_conv-input:7x7x160-output:7x7x160-expand:640-kernel:5-stride:1-idskip:1-se:1-hs:1",
      "Conv_1-input:7x7x160-output:7x7x960", "AvgPool2D-input:7x7x960-output:1x1x960",
      "Conv_2-input:1x1x960-output:1x1x1280", "Logits-input:1x1x1280-output:1000",
    ] {
      #expect(keys.contains(key), "\(key)")
    }
  }

  @Test("keys are those that HW-NAS-Bench and Once-for-all publish")
  func publishedKeys() throws {
    let block = try BlockShape(
      onceForAllKey:
        "expanded_conv-input:7x7x192-output:7x7x320-expand:6-kernel:5-stride:1-idskip:0")
    #expect(
      block
        == .invertedResidual(
          input: FeatureMap(channels: 192, height: 7, width: 7), outputChannels: 320, expansion: 6,
          kernel: 5, stride: 1, groups: 1))
    #expect(
      block.hwNASBenchKey == "ConvBlock_H7_W7_Cin192_Cout320_exp6_kernel5_stride1_group1")
  }

  @Test(
    "a key that is none says where it goes wrong",
    arguments: [
      ("ConvBlok_H7", 1), ("FC_Cin7_Out3", 9), ("FC_Cin0_Cout3", 7), ("FC_Cin3", 8),
      ("FC_Cin3_Cout4_W1", 15), ("", 1), ("Skip_H99999999999999999999_W1", 7),
    ])
  func badKeys(key: String, column: Int) {
    let error = #expect(throws: TextError.self) { try BlockShape(hwNASBenchKey: key) }
    #expect(error?.column == column)
  }

  @Test("a layer is found by its text and by its attributes in columns")
  func layers() throws {
    let manifest = MeasuredFixtures.manifest("granularity: layer\nkey: layer\nadditive: true")
    let byText = try MeasuredFixtures.device(
      "layer,ms,mj\nconv c=3 k=16 h=32 r=3 pad=1,2,5\n", manifest: manifest)
    let byAttributes = try MeasuredFixtures.device(
      "op,c,k,h,r,pad,ms,mj\nconv,3,16,32,3,1,2,5\n",
      manifest: manifest.replacing("key: layer", with: "key: attributes"))
    let layer = NASBench201(.cifar10).parts.fixed[0]
    #expect(layer.name == "stem")
    for device in [byText, byAttributes] {
      let answer = try #require(device.tables[0].layer(layer.op))
      #expect(answer.latencyMilliseconds == 2)
      #expect(answer.energyMillijoules == 5)
    }
  }

  @Test("keys, units, batches and sums that do not go together are mistakes")
  func badManifests() throws {
    func messages(_ lines: String, _ table: String = "block,ms,mj\n") throws -> String {
      try MeasuredFixtures.messages {
        _ = try MeasuredFixtures.device(table, manifest: MeasuredFixtures.manifest(lines))
      }
    }
    let blocks = "granularity: block\nspace: fbnet-cifar100\nkey: hw-nas-bench"
    #expect(try messages(blocks).contains("has to say whether costs add up"))
    #expect(
      try messages(blocks + "\nadditive: false").contains("say nothing of a network"))
    #expect(
      try messages("granularity: network\nspace: fbnet-cifar100\nkey: ofa")
        .contains("'ofa' names no network"))
    #expect(
      try messages(
        "granularity: network\nspace: fbnet-cifar100\nkey: architecture\nmissing: interpolate"
      ).contains("nothing to interpolate along"))
    #expect(
      try messages(
        blocks.replacing("cifar100", with: "imagenet-facebook") + "\nadditive: true"
      ).contains("not made of blocks that have keys"))
    let rows = "block,ms,mj,batch\nFC_Cin3_Cout4,1 us,2,1\nFC_Cin3_Cout5,1,2,8\n"
    #expect(
      try messages(blocks + "\nadditive: true", rows) == """
        t.csv:2:15: error: '1 us' is in us, the column is in ms
        hint: write plain numbers in ms, the unit that the manifest says
        t.csv:3:19: error: the row is of batch '8', the manifest of 1
        hint: a table holds one batch; put the others into devices of their own

        """)
    let unit = MeasuredFixtures.manifest(blocks + "\nadditive: true")
      .replacing("{name: ms, unit: ms}", with: "{name: latency_us, unit: ms}")
    #expect(
      try MeasuredFixtures.messages { _ = try MeasuredFixtures.device("a\n", manifest: unit) }
        .contains("the column 'latency_us' says us, its unit here is ms"))
  }
}
