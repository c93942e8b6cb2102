import Accelerators
import CostAPI
import Networks
import Ops
import Testing

/// A device described by code: it costs layers by their work.
private struct WorkCounter: LayerwiseTarget {
  let name = "work"
  /// Whether anything stays on chip.
  var keepsActivations = false

  func cost(of layer: PlacedLayer) throws(CostError) -> LayerCost {
    let op = layer.identity.op
    return LayerCost(
      name: "", text: op.key.description, macs: op.macs, cycles: nil,
      latencyMilliseconds: Double(op.macs + 3 * op.otherOperations) / 1024,
      energyPicojoules: Double(op.output.words) * 512, dramBytes: op.output.words)
  }

  func placements(
    of network: Network, refusing refused: Set<PlacedLayer>
  ) -> [PlacedLayer] {
    network.layers.map { layer in
      var placed = PlacedLayer(layer.identity)
      if keepsActivations { placed.resident = ResidentTensors(input: .whole, output: false) }
      return placed
    }
  }
}

/// A device that knows whole networks only.
private struct Whole: HardwareTarget {
  let name = "whole"

  func report(
    for network: Network, from origin: ArchitectureOrigin?
  ) throws(CostError) -> CostReport {
    CostReport(target: name, network: network.name, parameters: 0, layers: [])
  }
}

@Suite("Tables of targets")
struct TargetTableTests {
  @Test("a table costs networks as the target does", arguments: SearchSpaces.names)
  func sameAsReports(name: String) throws {
    let space = try #require(SearchSpaces.named(name))
    let target = WorkCounter()
    let table = try CostTable(of: space, on: target)
    #expect(table.columnNames == ["latency_ms", "energy_mj", "dram_bytes", "macs", "params"])
    for seed in 0..<30 as Range<UInt64> {
      let counts = space.choiceCounts
      let choices = zip(SmallTable.numbers(counts.count, seed: seed), counts).map {
        Int($0 * 8) % $1
      }
      let member = try space.architecture(choices: choices)
      let report = try target.report(for: space.network(of: member), from: nil)
      let costs = try table.costs(of: [choices])[0]
      // Sums of multiples of 1/1024 are exact; energies carry a factor of 10^-9 each.
      #expect(costs[0] == report.latencyMilliseconds)
      let energy = try #require(report.energyMillijoules)
      #expect(abs(costs[1] - energy) <= 1e-12 * energy)
      #expect(costs[2] == Double(try #require(report.dramBytes)))
      #expect(costs[3] == Double(report.macs))
      #expect(costs[4] == Double(report.parameters))
      #expect(try table.costs(ofText: space.text(of: member)) == costs)
    }
  }

  @Test("a target whose costs do not add up has no table")
  func notAdditive() {
    #expect(throws: CostAPIError.self) {
      try CostTable(of: FBNet(.cifar100), on: WorkCounter(keepsActivations: true))
    }
    #expect(throws: CostAPIError.self) { try CostTable(of: FBNet(.cifar100), on: Whole()) }
  }
}
