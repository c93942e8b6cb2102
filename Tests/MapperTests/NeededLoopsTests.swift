import Accelerators
import Dataflow
import HardwareConfigs
import Mapper
import Networks
import Ops
import Testing

/// Targets on which a loop may not be left out although another level could take it over: mappings worked
/// out by hand that a search without it misses.
@Suite("Loops that no other level can take over")
struct NeededLoopsTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var name: String
    var layer: String
    var factors: Factors
    /// Levels below the compute unit of the target's file.
    var levels: String
    /// The loops of each level in time, along x and along y.
    var loops: [(temporal: [Loop], x: [Loop], y: [Loop])]
    /// Tensors that levels keep, as bits.
    var keeps: [UInt8]

    var testDescription: String { name }
  }

  @Test("the proven best is no worse than a mapping with the loop", arguments: cases)
  func noWorse(_ one: Case) throws {
    let array = try HardwareConfig(text: Self.head + one.levels, file: "\(one.name).yaml").array
    let problem = try #require(
      try LayerText(one.layer).op.problems(batch: 1, precision: array.precision).first)
    let search = MappingSearch(
      Mapspace(problem, on: array, factors: one.factors), minimizing: .energyDelayProduct)
    let best = try search.best()
    #expect(best.isProvenBest)
    let mapping = Mapping(
      levels: zip(one.loops, one.keeps).map { loops, keeps in
        LevelMapping(
          keeps: TensorSet(rawValue: keeps), temporal: loops.temporal, spatialX: loops.x,
          spatialY: loops.y)
      })
    let cost = try search.cost(of: mapping)
    #expect(
      best.cost.energyPicojoules * Double(best.cost.cycles)
        <= cost.energyPicojoules * Double(cost.cycles) * (1 + 1e-12))
  }

  static let cases = [
    // Two rows of children share a remainder of two evenly, each served by one access.
    Case(
      name: "children that share a remainder", layer: "linear c=1 k=6", factors: .imperfect,
      levels: """
        levels:
          - name: dram
            energy:
              weight: {read: 0.001 pJ/bit, write: 0.001 pJ/bit, assumed: drawn}
              input: {read: 10 pJ/bit, write: 10 pJ/bit, assumed: drawn}
              output: {read: 0.001 pJ/bit, write: 0.001 pJ/bit, assumed: drawn}
            fanout:
              x: {size: 2, multicast: [input], assumed: drawn}
              y: {size: 2, assumed: drawn}
              hop: {value: 0 pJ/bit, assumed: drawn}
              adder: {value: 0 pJ, assumed: drawn}

        """ + child,
      loops: [
        ([], [Loop(.k, passes: 2, step: 3)], [Loop(.k, passes: 2, step: 2)]),
        ([Loop(.k, passes: 2, step: 1)], [], []),
      ], keeps: [7, 0]),
    // More updates mean fewer additions, which are dear, and the port sets the cycles.
    Case(
      name: "additions on the way", layer: "linear c=9 k=1", factors: .imperfect,
      levels: """
        levels:
          - name: dram
            energy: {read: 0.001 pJ/bit, write: 0.001 pJ/bit, assumed: drawn}
            ports:
              - {name: port, bandwidth: 2.5 B/cycle, carries: [weight.reads], assumed: drawn}
            fanout:
              x: {size: 3, reduce: [output], assumed: drawn}
              hop: {value: 0 pJ/bit, assumed: drawn}
              adder: {value: 10 pJ, assumed: drawn}

        """ + child,
      loops: [
        ([Loop(.c, passes: 2, step: 5)], [Loop(.c, passes: 3, step: 2)], []),
        ([Loop(.c, passes: 2, step: 1)], [], []),
      ], keeps: [7, 0]),
    // An axis of the input that is too long for tables slides all the same.
    Case(
      name: "a long axis", layer: "conv c=2 k=2 h=300 w=1 r=101 s=1", factors: .perfect,
      levels: """
        levels:
          - name: dram
            energy:
              weight: {read: 1 pJ/bit, write: 1 pJ/bit, assumed: drawn}
              input: {read: 2.3 pJ/bit, write: 2.3 pJ/bit, assumed: drawn}
              output: {read: 0.001 pJ/bit, write: 0.001 pJ/bit, assumed: drawn}
            ports:
              - {name: inputs, bandwidth: 0.016666 B/cycle, carries: [input.reads], assumed: drawn}
              - {name: weights, bandwidth: 0.013466 B/cycle, carries: [weight.reads], assumed: drawn}
            fanout:
              x: {size: 2, reduce: [output], assumed: drawn}
              hop: {value: 0 pJ/bit, assumed: drawn}
              adder: {value: 0 pJ, assumed: drawn}
          - name: outer
            capacity: {value: 1 B, assumed: drawn}
            may_keep: [output]
            energy: {read: 1000 pJ/bit, write: 1000 pJ/bit, assumed: drawn}
            leak: {value: 0 pJ/cycle, assumed: drawn}
          - name: inner
            capacity: {value: 1 B, assumed: drawn}
            may_keep: [output]
            energy: {read: 1000 pJ/bit, write: 1000 pJ/bit, assumed: drawn}
            leak: {value: 0 pJ/cycle, assumed: drawn}
          - name: registers
            partitions:
              input: {capacity: 150 B, energy: {read: 0 pJ/bit, write: 0 pJ/bit, assumed: drawn}, assumed: drawn}
              weight: {capacity: 101 B, energy: {read: 0 pJ/bit, write: 0 pJ/bit, assumed: drawn}, assumed: drawn}
            keeps: [weight, input]
            leak: {value: 0 pJ/cycle, assumed: drawn}
        dataflow:
          name: fixed
          factors: perfect
          levels:
            dram: {temporal: [], spatial_x: [c]}
            outer: {temporal: [k, p]}
            inner: {temporal: [k, p]}
            registers: {temporal: [p, r]}

        """,
      loops: [
        ([], [Loop(.c, passes: 2, step: 1)], []),
        ([Loop(.p, passes: 2, step: 100), Loop(.k, passes: 2, step: 1)], [], []),
        ([Loop(.p, passes: 2, step: 50)], [], []),
        ([Loop(.p, passes: 50, step: 1), Loop(.r, passes: 101, step: 1)], [], []),
      ], keeps: [7, 0, 0, 3]),
  ]

  /// Children that may keep anything, though nothing is worth it.
  private static let child = """
      - name: child
        capacity: {value: 64 B, assumed: drawn}
        may_keep: [weight, input, output]
        energy: {read: 1000 pJ/bit, write: 1000 pJ/bit, assumed: drawn}
        leak: {value: 0 pJ/cycle, assumed: drawn}

    """

  private static let head = """
    schema: 1
    kind: spatial-array
    name: drawn
    clock: {value: 200 MHz, assumed: drawn}
    node: {value: 65 nm, assumed: drawn}
    precision: {weight: 8 bit, activation: 8 bit, accumulator: 8 bit, assumed: drawn}
    compute: {energy: 0 pJ, leak: 0 pJ/cycle, assumed: drawn}

    """
}
