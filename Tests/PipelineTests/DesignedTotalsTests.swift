import Accelerators
import HardwareConfigs
import Networks
import TestSupport
import Testing

@Suite("Totals of networks on boards")
struct DesignedTotalsTests {
  private static let ops = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]

  /// A cell of random operations, and the same with its two inner nodes exchanged, which do not read
  /// each other.
  private static func pair(_ random: inout SplitMix64) -> [String] {
    let (a, b, c, d, e) = (
      random.pick(ops), random.pick(ops), random.pick(ops), random.pick(ops), random.pick(ops)
    )
    return [
      "|\(a)~0|+|\(b)~0|none~1|+|\(c)~0|\(d)~1|\(e)~2|",
      "|\(b)~0|+|\(a)~0|none~1|+|\(c)~0|\(e)~1|\(d)~2|",
    ]
  }

  /// What a report says in sum.
  private static func sums(of report: CostReport) -> CostReport {
    var report = report
    report.layers = []
    report.pipeline?.stages = []
    report.pipeline?.buffers = nil
    report.pipeline?.resources?.stages = []
    return report
  }

  @Test(
    "are those of whole reports, also of networks that differ in order only",
    arguments: ["zc706", "pynq-z1"], [1, 5])
  func equal(board: String, batch: Int) throws {
    let space = NASBench201(.cifar10)
    let board = try PipelineFiles.board(board).board
    let designed = DesignedBoard(board, batch: batch)
    let alone = DesignedBoard(board, batch: batch)
    var random = SplitMix64(seed: 0x707A)
    var costs = 0
    for _ in 0..<12 {
      for text in Self.pair(&random) {
        let network = space.network(of: try space.architecture(text))
        let whole = Result { () throws(CostError) in
          Self.sums(of: try alone.report(for: network, from: nil))
        }
        let totals = Result { () throws(CostError) in
          try designed.totals(for: network, from: nil)
        }
        #expect(totals == whole, "\(text)")
        if case .success = whole { costs += 1 }
      }
    }
    #expect(costs > 0)
  }
}
