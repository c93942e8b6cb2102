import Accelerators
import Dataflow
import HardwareConfigs
import Mapper
import Networks
import Ops
import Testing

/// The buffer takes four of the six input channels of a weight tile at most, so that the tile at the
/// border has one pass of the loop over channels where the first one has two. There the input stays
/// over the output channels: 7.28 nJ instead of the 7.408 nJ of the best mapping whose steps divide.
@Test("in a tile at the border a tensor may stay over a loop that moves it in the others")
func staysInTheBorder() throws {
  let array = try HardwareConfig(text: text, file: "border.yaml").array
  let layer = try LayerText("conv c=6 k=2 h=2 r=1")
  let problem = try #require(
    try layer.op.problems(batch: 1, precision: layer.precision.applied(to: array.precision)).first)
  let dividing = try MappingSearch(
    Mapspace(problem, on: array, factors: .perfect), minimizing: .energy
  ).best()
  #expect(dividing.isProvenBest)
  #expect(abs(dividing.cost.energyPicojoules - 7408) < 1e-6)
  let best = try MappingSearch(
    Mapspace(problem, on: array, factors: .imperfect), minimizing: .energy
  ).best()
  #expect(best.isProvenBest)
  #expect(abs(best.cost.energyPicojoules - 7280) < 1e-6)
}

private let text = """
  schema: 1
  kind: spatial-array
  name: border
  clock: {value: 1 GHz, assumed: "x"}
  node: {value: 32 nm, assumed: "x"}
  precision: {weight: 8 bit, activation: 8 bit, accumulator: 8 bit, assumed: "x"}
  compute: {energy: 1 pJ, assumed: "x"}
  levels:
    - name: dram
      energy: {read: 1 pJ/bit, write: 1 pJ/bit, assumed: "x"}
    - name: buffer
      partitions:
        weight: {capacity: 10 B, assumed: "x"}
        input: {capacity: 1 KiB, assumed: "x"}
        output: {capacity: 1 KiB, word: 32 bit, assumed: "x"}
      energy: {read: 1 pJ/bit, write: 1 pJ/bit, assumed: "x"}
      fanout:
        x: {size: 2, multicast: [weight], assumed: "x"}
        hop: {value: 0 pJ/bit, assumed: "x"}
    - name: spads
      partitions:
        weight: {capacity: 2 B, assumed: "x"}
        input: {capacity: 2 B, assumed: "x"}
        output: {capacity: 4 B, word: 32 bit, assumed: "x"}
      energy: {read: 1 pJ/bit, write: 1 pJ/bit, assumed: "x"}
  activations: spill
  dataflow:
    name: d
    levels:
      dram: {temporal: [c]}
      buffer: {temporal: [p, k, c], spatial_x: [q]}
      spads: {temporal: [c]}
  """
