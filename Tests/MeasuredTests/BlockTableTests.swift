import Accelerators
import CostDiagnostics
import MeasuredTables
import Networks
import Ops
import Testing

@Suite("Tables of blocks")
struct BlockTableTests {
  static let space = FBNet(.cifar100)
  static let manifest = MeasuredFixtures.manifest(
    "granularity: block\nspace: fbnet-cifar100\nkey: hw-nas-bench\nadditive: true")

  /// A table with a different number for each block: its place in the list of all, times 1 ms.
  static func table(leavingOut isLeftOut: (Int) -> Bool = { _ in false }) throws -> String {
    let blocks = try #require(space.blockShapes).distinct
    let rows = blocks.enumerated().filter { !isLeftOut($0.offset) }.map {
      "\($0.element.hwNASBenchKey),\($0.offset),\(2 * $0.offset)\n"
    }
    return "block,ms,mj\n" + rows.joined()
  }

  @Test("a network costs the sum of its blocks, each listed")
  func sum() throws {
    let device = try MeasuredFixtures.device(try Self.table(), manifest: Self.manifest)
    let text = Array(repeating: "0", count: 22).joined(separator: " ")
    let report = try MeasuredFixtures.report(device, text, of: Self.space)
    #expect(report.layers.count == 26)
    // The fixed blocks are numbers 0 to 3. The nine of the first position are 4 to 12. Each stage
    // after it has a first position and, three times, one of the stage's own shape: 18 numbers, from
    // 13 on; the last stage has a first position only. The first choice is the first of nine.
    let firsts = (0..<5).map { 13 + 18 * $0 }
    let expected = 0 + 1 + 2 + 3 + 4 + firsts.reduce(0) { $0 + $1 + 3 * ($1 + 9) } + (13 + 18 * 5)
    #expect(report.latencyMilliseconds == Double(expected))
    #expect(report.energyMillijoules == Double(2 * expected))
    #expect(report.interpolatedEntries.isEmpty)
  }

  @Test("a block that is missing is an error that names it, and is counted")
  func missing() throws {
    let device = try MeasuredFixtures.device(
      try Self.table { $0 == 4 }, manifest: Self.manifest)
    let zeros = Array(repeating: "0", count: 22).joined(separator: " ")
    let key = "ConvBlock_H32_W32_Cin16_Cout16_exp1_kernel3_stride1_group1"
    #expect(throws: CostError.notMeasured(entry: key, table: "t.csv")) {
      try MeasuredFixtures.report(device, zeros, of: Self.space)
    }
    let coverage = try #require(device.tables[0].coverage())
    #expect(coverage.needed == 112)
    #expect(coverage.missing == [key])
    // What does not need the block is answered.
    let others = Array(repeating: "1", count: 22).joined(separator: " ")
    #expect(throws: Never.self) { try MeasuredFixtures.report(device, others, of: Self.space) }
  }

  @Test("a missing block lies on the line between its neighbours, and the report says so")
  func interpolation() throws {
    // Two blocks of one family around one that is missing: 1x1 convolutions of 16 channels at 4x4.
    func key(_ outputs: Int) -> String {
      "ConvNorm_H4_W4_Cin16_Cout\(outputs)_kernel1_stride1_group1"
    }
    let manifest = Self.manifest.replacing(
      "additive: true", with: "additive: true\nmissing: interpolate")
    let device = try MeasuredFixtures.device(
      "block,ms,mj\n\(key(10)),1,10\n\(key(20)),5,30\n", manifest: manifest)
    let table = device.tables[0]
    // Work is proportional to the outputs: 12 lies a fifth of the way from 10 to 20.
    let answer = try #require(table.block(try BlockShape(hwNASBenchKey: key(12))))
    #expect(abs(answer.latencyMilliseconds - 1.8) < 1e-12)
    #expect(abs(try #require(answer.energyMillijoules) - 14) < 1e-12)
    #expect(answer.isInterpolated)
    #expect(table.block(try BlockShape(hwNASBenchKey: key(10)))?.isInterpolated == false)
    // Nothing is told of what lies outside of what was measured, or in another family.
    #expect(table.block(try BlockShape(hwNASBenchKey: key(21))) == nil)
    #expect(table.block(try BlockShape(hwNASBenchKey: key(9))) == nil)
    let other = "ConvNorm_H4_W4_Cin16_Cout12_kernel3_stride1_group1"
    #expect(table.block(try BlockShape(hwNASBenchKey: other)) == nil)
    // The coverage counts it, and a report lists it.
    let whole = try MeasuredFixtures.device(
      try Self.table { $0 == 6 }, manifest: manifest)
    let twos = Array(repeating: "2", count: 22).joined(separator: " ")
    let report = try MeasuredFixtures.report(whole, twos, of: Self.space)
    #expect(
      report.interpolatedEntries == ["ConvBlock_H32_W32_Cin16_Cout16_exp3_kernel3_stride1_group1"])
    #expect(whole.tables[0].coverage()?.interpolated == 1)
  }

  @Test("ops that a runtime makes part of others are free where the manifest says so")
  func freeOps() throws {
    let space = NASBench201(.cifar10)
    let architecture = try space.architecture(
      "|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|none~0|none~1|skip_connect~2|")
    let network = space.network(of: architecture)
    let kinds = Set(network.layers.map(\.op.kind)).subtracting([.convolution, .linear])
    var seen: Set<OpKey> = []
    let rows = network.layers.map(\.op).filter { !kinds.contains($0.kind) }
      .filter { seen.insert($0.key).inserted }.map { "\($0.key.description),1,1\n" }
    let lines =
      "granularity: layer\nkey: layer\nadditive: true\nfree: ["
      + kinds.map(\.rawValue).sorted().joined(separator: ", ") + "]"
    let device = try MeasuredFixtures.device(
      "layer,ms,mj\n" + rows.joined(), manifest: MeasuredFixtures.manifest(lines))
    let report = try device.report(for: network, from: nil)
    // 1 ms for each convolution and the classifier: the stem, six of two residual blocks, two edges
    // of fifteen cells, and the classifier.
    #expect(report.latencyMilliseconds == 38)
    #expect(report.layers.count == network.layers.count)
  }
}
