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
    // Twice the layers take four times as long: nothing adds up.
    let layers = Double(network.layers.count)
    return CostReport(
      target: name, network: network.name, macs: 0, parameters: network.parameters,
      latencyMilliseconds: layers * layers, energyMillijoules: nil, dramBytes: 7, layers: [])
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

  @Test("a target whose costs do not add up is asked for every network of a space that is listed")
  func wholeNetworks() throws {
    let space = NASBench201(.cifar10)
    let table = try CostTable(of: space, on: Whole(), threads: 2)
    #expect(table.columnNames == ["latency_ms", "dram_bytes", "macs", "params"])
    for index in [0, 1, 8008, 15624] {
      let member = try #require(space.architecture(at: index))
      let network = space.network(of: member)
      let costs = try table.costs(ofText: space.text(of: member))
      let layers = Double(network.layers.count)
      #expect(costs == [layers * layers, 7, 0, Double(network.parameters)])
    }
    // A target that keeps activations on chip is one of those.
    let target = WorkCounter(keepsActivations: true)
    let whole = try CostTable(of: space, on: target)
    let member = try #require(space.architecture(at: 8008))
    let report = try target.report(for: space.network(of: member), from: nil)
    #expect(try whole.costs(ofText: space.text(of: member))[0] == report.latencyMilliseconds)
  }

  @Test("a target whose costs do not add up has no table of a space too large to list")
  func notAdditive() {
    #expect(throws: CostAPIError.self) {
      try CostTable(of: FBNet(.cifar100), on: WorkCounter(keepsActivations: true))
    }
    #expect(throws: CostAPIError.self) { try CostTable(of: FBNet(.cifar100), on: Whole()) }
  }
}
