import Accelerators
import Dataflow
import Foundation
import Ops
import Testing
import TimeloopFiles

@Suite("Timeloop's own results")
struct ReferenceTests {
  @Test(
    "each case of the reference folder is reproduced to the printed digit",
    .enabled(
      if: !ReferenceFolders.cases.isEmpty, "no reference/timeloop folder; set HWCOST_REFERENCE"),
    arguments: ReferenceFolders.cases)
  func reproduces(_ folder: String) throws {
    let read = try ReferenceFolders.read(folder)
    let digest = try ReferenceFolders.digest(folder)
    let (counts, cost) = try read.cost()
    #expect(counts.operations == digest.computes)
    #expect(cost.cycles == digest.cycles)
    #expect(printed(cost.utilization * 100) == printed(digest.utilization))
    let macs = Double(digest.computes)
    for (index, level) in read.array.levels.enumerated() {
      let expected = try #require(digest.levels[level.name])
      #expect(cost.levels[index].cycles == Int64(expected.cycles), "\(level.name)")
      compare(counts.levels[index], expected, level.name)
      let femtojoules = cost.levels[index].energyPicojoules * 1000 / macs
      let printedEnergy = try #require(digest.femtojoulesPerCompute[level.name])
      #expect(printed(femtojoules) == printed(printedEnergy), "\(level.name) energy")
    }
    let total = try #require(digest.femtojoulesPerCompute["Total"])
    #expect(printed(cost.energyPicojoules * 1000 / macs) == printed(total))
    #expect(printed(cost.energyPicojoules / 1e6) == printed(digest.microjoules))
  }

  private func compare(
    _ level: AccessCounts.Level, _ expected: Digest.Level, _ name: String
  ) {
    for role in TensorRole.allCases {
      let found = level.traffic[role]
      guard let tensor = expected.tensor(role) else {
        #expect(found == Traffic(), "\(name) \(role)")
        continue
      }
      #expect(Double(level.utilizedInstances) == tensor.instances, "\(name) \(role)")
      #expect(Double(found.reads) == tensor.reads * tensor.instances, "\(name) \(role) reads")
      #expect(Double(found.fills) == tensor.fills * tensor.instances, "\(name) \(role) fills")
      #expect(
        Double(found.updates) == tensor.updates * tensor.instances, "\(name) \(role) updates")
      #expect(Double(found.peakWords) == tensor.capacity, "\(name) \(role) tile")
    }
  }

  /// Two decimals, as Timeloop prints.
  private func printed(_ value: Double) -> String { String(format: "%.2f", value) }
}
