import Accelerators
import Foundation
import HardwareConfigs
import Networks
import Testing

@Suite("HW-NAS-Bench's FPGA")
struct HWNASBenchTests {
  /// FBNet's blocks in the order of their numbers.
  private static let blocks = [
    "k3_e1", "k3_e1_g2", "k3_e3", "k3_e6", "k5_e1", "k5_e1_g2", "k5_e3", "k5_e6",
  ]

  /// One published latency of a block.
  struct Entry: Sendable {
    var layer: Int
    var block: String
    var milliseconds: Double
  }

  /// What the design says of a network of one block and skips.
  private func report(of entry: Entry) throws -> CostReport {
    let design = try PipelineFiles.design("hwnasbench-fpga").design
    let space = FBNet(.cifar100)
    var choices = Array(repeating: 8, count: 22)
    choices[entry.layer] = try #require(Self.blocks.firstIndex(of: entry.block))
    let network = space.network(of: try space.architecture(choices: choices))
    return try PipelineAccelerator(design).report(for: network, from: nil)
  }

  @Test(
    "blocks of each kind have the published latency, to the last digit",
    arguments: [
      Entry(layer: 0, block: "k3_e1", milliseconds: 0.36864),
      Entry(layer: 0, block: "k5_e6", milliseconds: 2.28864),
      Entry(layer: 1, block: "k3_e1_g2", milliseconds: 0.3072),
      Entry(layer: 2, block: "k3_e6", milliseconds: 3.96288),
      Entry(layer: 5, block: "k5_e1_g2", milliseconds: 0.14304),
      Entry(layer: 8, block: "k5_e3", milliseconds: 0.86016),
    ])
  func block(entry: Entry) throws {
    #expect(try report(of: entry).latencyMilliseconds == entry.milliseconds)
  }

  @Test("the network of 22 first blocks has the published latency and energy")
  func wholeNetwork() throws {
    let design = try PipelineFiles.design("hwnasbench-fpga").design
    let space = FBNet(.cifar100)
    let network = space.network(
      of: try space.architecture(choices: Array(repeating: 0, count: 22)))
    let report = try PipelineAccelerator(design).report(for: network, from: nil)
    #expect(report.latencyMilliseconds == 10.73952)
    // 7.0 W: the published 75.17664 mJ, but for the last bit of a product of decimals.
    #expect(abs(try #require(report.energyMillijoules) - 75.17664) < 1e-12)
  }

  @Test("a network of skips costs nothing: the table charges blocks only")
  func skips() throws {
    let design = try PipelineFiles.design("hwnasbench-fpga").design
    let space = FBNet(.cifar100)
    let network = space.network(
      of: try space.architecture(choices: Array(repeating: 8, count: 22)))
    let report = try PipelineAccelerator(design).report(for: network, from: nil)
    #expect(report.latencyMilliseconds == 0)
  }

  @Test(
    "every entry of the published table is reproduced exactly",
    .enabled(
      if: PipelineFiles.reference != nil,
      "the folder of published figures is not there; name it in HWCOST_REFERENCE"))
  func wholeTable() throws {
    let file = try #require(PipelineFiles.reference)
      .appending(path: "fbnet_cifar100_blocks_layers0to8.csv")
    let rows = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst()
    #expect(rows.count == 72)
    for row in rows {
      let fields = row.split(separator: ",").map(String.init)
      let entry = Entry(
        layer: try #require(Int(fields[0])), block: fields[5],
        milliseconds: try #require(Double(fields[7])))
      #expect(try report(of: entry).latencyMilliseconds == entry.milliseconds, "\(row)")
    }
  }
}
