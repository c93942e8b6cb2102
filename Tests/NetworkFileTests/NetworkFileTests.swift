import CostDiagnostics
import Foundation
import HardwareConfigs
import Networks
import Ops
import Testing

private let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()
private let fixtures = package.appendingPathComponent("Tests/NetworkFileTests/Fixtures")

private func yamlFiles(in folder: URL) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: folder.path)
    .filter { $0.hasSuffix(".yaml") }.sorted()
}

private func read(_ file: URL) throws -> Network {
  try NetworkFile.decode(
    text: String(contentsOf: file, encoding: .utf8), file: file.lastPathComponent)
}

@Suite("Network files")
struct NetworkFileTests {
  @Test(
    "shipped networks have their published multiply-accumulates and parameters",
    arguments: [
      // Caffe's AlexNet: 666 M MACs in its convolutions (Y.-H. Chen et al., JSSC 2017) and
      // 58.6 M in its linear layers, 61.0 M parameters.
      ("alexnet", 724_406_816, 60_965_224),
      // Torchvision's tables: 15.47 G and 138,357,544; 1.814 G and 11,689,512; 0.301 G and
      // 3,504,872. MobileNet's own: 568.7 M and 4.232 M.
      ("vgg16", 15_470_264_320, 138_357_544),
      ("resnet18", 1_814_073_344, 11_689_512),
      ("mobilenet-v1", 568_740_352, 4_231_976),
      ("mobilenet-v2", 300_774_272, 3_504_872),
      // Torchvision's parameters: 143,667,240; 25,557,032; 6,624,904 of GoogLeNet; 23,834,568 of
      // Inception-v3 without its auxiliary head; timm's 42,679,816 of Inception-v4.
      ("vgg19", 19_632_062_464, 143_667_240),
      ("resnet50", 4_089_184_256, 25_557_032),
      ("inception-v1", 1_498_376_192, 6_624_904),
      ("inception-v3", 5_713_216_096, 23_834_568),
      ("inception-v4", 12_253_974_624, 42_679_816),
    ] as [(String, Int64, Int64)])
  func shipped(name: String, macs: Int64, parameters: Int64) throws {
    let network = try read(package.appendingPathComponent("networks/\(name).yaml"))
    #expect(network.name == name)
    #expect(network.macs == macs)
    #expect(network.parameters == parameters)
    #expect(
      network.layers.last?.op.output == FeatureMap(channels: 1000, height: 1, width: 1))
  }

  /// The counts are printed in names of the zoo as `6.97G`: two operations a multiply-accumulate, some
  /// with those of biases and normalisation.
  @Test(
    "networks of Vitis AI's zoo have the operations that it prints, to 1 %",
    arguments: [
      ("vgg16", 30.96), ("vgg19", 39.28), ("resnet18", 3.63), ("resnet50", 8.2),
      ("resnet50-v1", 7.76), ("resnet50-v1-slim", 6.97), ("resnet101-v1-slim", 14.4),
      ("resnet152-v1-slim", 21.83), ("resnet50-v2-slim-299", 13.1),
      ("resnet101-v2-slim-299", 26.78), ("resnet152-v2-slim-299", 40.47), ("mobilenet-v1", 1.14),
      ("mobilenet-v1-0.25-128", 0.02715), ("mobilenet-v2", 0.602), ("mobilenet-v2-1.4", 1.16),
      ("inception-v1", 3), ("inception-v3", 11.45), ("inception-v4", 24.55),
    ])
  func zoo(name: String, gigaoperations: Double) throws {
    let network = try read(package.appendingPathComponent("networks/\(name).yaml"))
    let found = Double(2 * network.macs) * 1e-9
    #expect(abs(found / gigaoperations - 1) < 0.01, "\(found)")
  }

  @Test("the convolutions of AlexNet are those of Eyeriss's publications")
  func alexNet() throws {
    let network = try read(package.appendingPathComponent("networks/alexnet.yaml"))
    let macs = network.layers.filter { $0.op.kind == .convolution }.map(\.op.macs)
    // 55 * 55 * 96 * 363, 27 * 27 * 256 * 1200, 13 * 13 * 384 * 2304, ... * 1728, 256 * 1728.
    let published: [Int64] = [105_415_200, 223_948_800, 149_520_384, 112_140_288, 74_760_192]
    #expect(macs == published)
  }

  @Test("what inputs determine may be left out, and a layer reads the one before it")
  func inference() throws {
    let network = try read(fixtures.appendingPathComponent("good.yaml"))
    #expect(network.input == FeatureMap(channels: 3, height: 8, width: 8))
    #expect(
      network.layers.map { LayerText(op: $0.op, precision: $0.precision).canonical } == [
        "conv n=1 c=3 k=16 h=8 w=8 r=3 s=3 stride=2 pad=1 dilation=1 groups=1 wbits=4",
        "maxpool n=1 c=16 h=4 w=4 r=3 s=3 stride=1 pad=1",
        "conv n=1 c=16 k=16 h=4 w=4 r=1 s=1 stride=1 pad=0 dilation=1 groups=1",
        "zero n=1 c=16 h=4 w=4", "add n=1 c=16 h=4 w=4 operands=3", "concat n=1 c=32 h=4 w=4",
        "globalpool n=1 c=32 h=4 w=4", "linear n=1 c=32 k=10",
      ])
    #expect(network.layers[0].inputs == [.networkInput])
    #expect(network.layers[1].inputs == [.layer(0)])
    #expect(network.layers[3].inputs == [])
    #expect(network.layers[4].inputs == [.layer(1), .layer(2), .layer(3)])
    // 3 * 16 * 9 and batch norm, 16 * 16 and bias, 32 * 10 and bias.
    let parameters: [Int64] = [464, 0, 272, 0, 0, 0, 0, 330]
    #expect(network.layers.map(\.parameters) == parameters)
  }

  @Test(
    "every mistake of a file is reported with its place",
    arguments: try yamlFiles(in: fixtures.appendingPathComponent("bad")))
  func mistakes(file: String) throws {
    let url = fixtures.appendingPathComponent("bad/\(file)")
    let text = try String(contentsOf: url, encoding: .utf8)
    let expected = try String(
      contentsOf: url.deletingPathExtension().appendingPathExtension("txt"), encoding: .utf8)
    let error = #expect(throws: InputError.self) {
      try NetworkFile.decode(text: text, file: file)
    }
    let renderer = DiagnosticRenderer(file: file, text: text)
    #expect(error.map(renderer.render) == expected)
  }

  @Test("there are bad files to read, and each says what is wrong with it")
  func badFiles() throws {
    #expect(try yamlFiles(in: fixtures.appendingPathComponent("bad")).count == 10)
  }
}
