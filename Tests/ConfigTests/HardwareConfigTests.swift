import Accelerators
import CostDiagnostics
import CostYAML
import Dataflow
import HardwareConfigs
import Ops
import Testing

@Suite("Decoding hardware files")
struct HardwareConfigTests {
  /// A file with one level besides the outermost, and what a test adds.
  private func array(
    levels: String = "", top: String = "", overriding overrides: [String: String] = [:],
    dataflows: (String) -> InputText? = { _ in nil }
  ) throws -> SpatialArray {
    let text = """
      schema: 1
      kind: spatial-array
      name: mine
      sources: {memo: "a memo", other: "another"}
      clock: 200 MHz
      precision: {weight: 8 bit, activation: 8 bit, accumulator: 24 bit}
      compute: {energy: 1 pJ}
      \(top)
      levels:
        - name: dram
          energy: {read: 4 pJ/bit, write: 5 pJ/bit}
      \(levels)
      """
    let config = try HardwareConfig(
      text: text, file: "mine.yaml", overriding: overrides, dataflows: dataflows)
    // Whatever decodes is written and read back to the same value.
    let again = try HardwareConfig(text: ConfigWriter(config.array).yaml, file: "written.yaml")
    #expect(again.array == config.array)
    return config.array
  }

  /// The level after the outermost, with the keys given.
  private func level(_ keys: String) throws -> ArrayLevel {
    try array(levels: "  - {name: inner, \(keys)}").levels[1]
  }

  private let energy = "energy: {read: 1 pJ/bit, write: 2 pJ/bit}"

  @Test("what a file leaves out has its documented default")
  func defaults() throws {
    let array = try array()
    #expect(array.linkClockMegahertz == nil)
    #expect(array.nodeNanometers == nil)
    #expect(array.voltage == nil)
    #expect(array.staticMilliwatts == 0)
    #expect(array.vectorUnits == [])
    #expect(array.switches == CountingSwitches())
    #expect(array.residency == .spill)
    #expect(array.dataflow == .free(levelCount: 1))
    #expect(array.compute == ComputeUnit(operationPicojoules: 1))
    let dram = try #require(array.levels[0].memory)
    #expect(dram.storage == .shared(capacityBytes: nil))
    #expect(dram.mayKeep == .all)
    #expect(dram.mustKeep == .all)
    #expect(dram.buffering == .streamed)
    #expect(dram.ports == [])
    #expect(array.levels[0].fanout == Fanout())
  }

  @Test("a level without memory keys is only a fan-out")
  func cluster() throws {
    let cluster = try level("fanout: {y: {size: 3, forward: [input]}, diagonal: [weight]}")
    #expect(cluster.memory == nil)
    #expect(cluster.fanout.y == Hierarchy.Wires(size: 3, forward: .input))
    #expect(cluster.fanout.diagonal == .weight)
  }

  @Test("drains cost what reads do unless given; write stands for fill and update")
  func energies() throws {
    let perBit = { AccessEnergy.perBit(picojoules: $0) }
    let plain = try level("capacity: 1 KiB, \(energy)").memory
    #expect(
      plain?.energy.input
        == PerAccess(reads: perBit(1), fills: perBit(2), updates: perBit(2), drains: perBit(1)))
    let apart = try level(
      "capacity: 1 KiB, energy: {read: 1 pJ/bit, fill: 2 pJ/bit, update: 3 pJ/bit, drain: 4 pJ/bit}"
    ).memory
    #expect(
      apart?.energy.output
        == PerAccess(reads: perBit(1), fills: perBit(2), updates: perBit(3), drains: perBit(4)))
  }

  @Test("an access is as wide as `access` says, else as the word")
  func accessWidth() throws {
    let wide = try level(
      "capacity: 1 KiB, energy: {read: 8 pJ/access, write: 0 pJ/bit, access: 8 B, partial_access: fraction}"
    ).memory
    let expected = AccessEnergy.perAccess(picojoules: 8, accessBits: 64, partial: .fraction)
    #expect(wide?.energy.weight.reads == expected)
    #expect(wide?.energy.weight.fills == .perBit(picojoules: 0))
    let word = try level(
      "capacity: 1 KiB, word: 16 bit, energy: {read: 8 pJ/access, write: 8 pJ/access}"
    ).memory
    let whole = AccessEnergy.perAccess(picojoules: 8, accessBits: 16, partial: .whole)
    #expect(word?.energy.weight.reads == whole)
    #expect(word?.wordBits == PerTensor(repeating: 16))
    let mixed = try level(
      """
      capacity: 1 KiB, energy: {read: {value: 8 pJ/access, access: 64 bit}, \
      write: {value: 8 pJ/access, access: 32 bit, source: memo}}
      """
    ).memory
    let narrow = AccessEnergy.perAccess(picojoules: 8, accessBits: 32, partial: .whole)
    #expect(mixed?.energy.weight.updates == narrow)
  }

  @Test("partitions have their own capacities, words, energies and ports")
  func partitions() throws {
    let memory = try #require(
      try level(
        """
        partitions: {weight: {capacity: 448 B, word: 16 bit, \(energy), \
        ports: [{name: w, bandwidth: 2 words/cycle, carries: [reads, fills]}]}, \
        output: {capacity: 48 B, energy: {read: 3 pJ/bit, write: 3 pJ/bit}}}
        """
      ).memory)
    #expect(memory.storage == .partitions(PerTensor(weight: 448, input: nil, output: 48)))
    #expect(memory.mayKeep == [.weight, .output])
    #expect(memory.mustKeep == [.weight, .output])
    #expect(memory.wordBits == PerTensor(weight: 16, input: nil, output: nil))
    #expect(memory.energy.output.reads == .perBit(picojoules: 3))
    let streams = [AccessStream(.weight, .reads), AccessStream(.weight, .fills)]
    #expect(memory.ports == [Port(name: "w", rate: .wordsPerCycle(2), carries: streams)])
  }

  @Test("what is kept is what must be, with what may be besides")
  func keeps() throws {
    let both = try level("capacity: 1 KiB, \(energy), keeps: [input], may_keep: [output]").memory
    #expect(both?.mustKeep == .input)
    #expect(both?.mayKeep == [.input, .output])
    let may = try level("capacity: 1 KiB, \(energy), may_keep: [weight]").memory
    #expect(may?.mustKeep == [])
    #expect(may?.mayKeep == .weight)
  }

  @Test("bandwidths in bytes a second or of the link count in the array's cycles")
  func rates() throws {
    let ports = """
      ports: [{name: a, bandwidth: 0.48 GB/s, carries: [input.reads]}, \
      {name: b, bandwidth: 8 B/cycle, clock: link, carries: [output.reads]}]
      """
    let array = try array(
      levels: "  - {name: inner, capacity: 1 KiB, \(energy), \(ports)}", top: "link_clock: 60 MHz")
    // 480 MB/s over 200 M cycles a second, and 8 bytes in 60 of 200 cycles.
    #expect(
      array.levels[1].memory?.ports.map(\.rate) == [.bytesPerCycle(2.4), .bytesPerCycle(2.4)])
  }

  @Test("a number's source is its own, else its mapping's, else the file's")
  func provenance() throws {
    let array = try array(
      levels:
        "  - {name: inner, capacity: {value: 1 KiB, assumed: why not}, \(energy), source: other}",
      top: "source: memo\nnode: 65 nm")
    #expect(array.provenance["clock"] == .source("memo"))
    #expect(array.provenance["precision.weight"] == .source("memo"))
    #expect(array.provenance["node"] == .source("memo"))
    #expect(array.provenance["levels[1].capacity"] == .assumed("why not"))
    #expect(array.provenance["levels[1].energy.write"] == .source("other"))
  }

  @Test("numbers without a source are listed")
  func unsourced() throws {
    let config = try HardwareConfig(
      text: """
        {schema: 1, kind: spatial-array, name: a, clock: {value: 1 MHz, assumed: so}, source: m,
         sources: {m: x}, precision: {weight: 1 bit, activation: 1 bit, accumulator: 1 bit},
         compute: {energy: 1 pJ}, levels: [{name: d, energy: {read: 1 pJ/bit, write: 1 pJ/bit}}]}
        """, file: "f")
    #expect(config.unsourcedNumbers == [])
    let bare = try HardwareConfig(
      text: """
        {schema: 1, kind: spatial-array, name: a, clock: 1 MHz,
         precision: {weight: 1 bit, activation: 1 bit, accumulator: 1 bit},
         compute: {energy: 1 pJ}, levels: [{name: d, energy: {read: 1 pJ/bit, write: 1 pJ/bit}}]}
        """, file: "f")
    #expect(
      bare.unsourcedNumbers == [
        "clock", "precision.weight", "precision.activation", "precision.accumulator",
        "compute.energy", "levels[0].energy.read", "levels[0].energy.write",
      ])
  }

  @Test("overrides replace values before decoding, and their old source no longer counts")
  func overrides() throws {
    let array = try array(
      levels: "  - {name: inner, capacity: 1 KiB, \(energy), fanout: {x: {size: 2}}, source: memo}",
      overriding: ["levels[1].capacity": "64 KiB", "levels[inner].fanout.x.size": "8"])
    #expect(array.levels[1].memory?.storage == .shared(capacityBytes: 65_536))
    #expect(array.levels[1].fanout.x.size == 8)
    #expect(array.provenance["levels[1].capacity"] == .assumed("set from outside the file"))
    #expect(array.provenance["levels[1].energy.read"] == .source("memo"))
  }

  @Test(
    "an override of what is not in the file is an error with the nearest path",
    arguments: [
      (
        "levels[1].capcity", "'levels[1].capcity' names nothing in the file",
        "did you mean 'levels[1].capacity'?"
      ),
      (
        "inner.capacity", "'inner' names nothing in the file", "did you mean 'levels[inner]'?"
      ),
      (
        "levels[7].capacity", "'levels[7]' names nothing in the file",
        "the last element is 'levels[1]'"
      ),
      (
        "levels[iner].capacity", "'levels[iner]' names nothing in the file",
        "did you mean 'levels[inner]'?"
      ),
      ("clock.value", "'clock' is no mapping", nil),
      (
        "levels[", "'levels[' is not a key path",
        "write keys and indices, as in 'levels[1].capacity'"
      ),
    ])
  func unknownOverride(_ path: String, _ message: String, _ hint: String?) throws {
    let error = #expect(throws: InputError.self) {
      try array(
        levels: "  - {name: inner, capacity: 1 KiB, \(energy)}", overriding: [path: "1 KiB"])
    }
    #expect(error?.diagnostics.map(\.message) == [message])
    #expect(error?.diagnostics.first?.hint == hint)
  }

  @Test("a wrong override is shown at the override, not in the file")
  func wrongOverride() throws {
    let error = #expect(throws: InputError.self) { try array(overriding: ["clock": "5 KiB"]) }
    let rendered = DiagnosticRenderer(sources: [:]).render(try #require(error))
    #expect(
      rendered == """
        clock=5 KiB:1:1: error: clock: '5 KiB' is an amount of data, expected a frequency
        hint: the units are MHz, GHz, kHz, Hz

        """)
  }

  @Test("a dataflow written out constrains the levels it names")
  func dataflow() throws {
    let array = try array(
      top: """
        dataflow:
          name: mine
          factors: perfect
          levels:
            dram: {temporal: [q, k], order: [k, q], spatial_x: [], temporal_passes: {q: [1, 4], k: 2},
                   spatial_passes: {c: 3}}
        """)
    #expect(array.dataflow.name == "mine")
    #expect(!array.dataflow.allowsImperfectFactors)
    let level = array.dataflow.levels[0]
    #expect(level.temporal == [DimensionSet(.q), DimensionSet(.k)])
    #expect(level.order == [.k, .q])
    #expect(level.spatialX == [])
    #expect(level.spatialY == nil)
    #expect(level.temporalPasses == [.q: 1...4, .k: 2...2])
    #expect(level.spatialPasses == [.c: 3...3])
  }

  @Test("a preset constrains the array and the memories inside it")
  func preset() throws {
    let array = try array(
      levels: """
          - {name: buffer, capacity: 1 KiB, \(energy), fanout: {x: {size: 4}, y: {size: 3}}}
          - {name: spad, capacity: 1 KiB, \(energy)}
        """, top: "dataflow: row-stationary")
    #expect(array.dataflow.name == "row-stationary")
    #expect(array.dataflow.levels[0] == .init())
    #expect(array.dataflow.levels[1].spatialX?.members == [.g, .k, .q])
    #expect(array.dataflow.levels[1].spatialY?.members == [.g, .k, .c, .s])
    #expect(array.dataflow.levels[2].temporal?.members == [.k, .c, .r])
  }

  @Test("a dataflow can come from a file of its own, whose mistakes carry its name")
  func dataflowFile() throws {
    let good = "schema: 1\nkind: dataflow\nname: ours\nlevels: {dram: {order: [k]}}\n"
    let array = try array(
      top: "dataflow: ours", dataflows: { InputText(text: good, file: "\($0).yaml") })
    #expect(array.dataflow.levels[0].order == [.k])
    let error = #expect(throws: InputError.self) {
      try self.array(
        top: "dataflow: ours",
        dataflows: { InputText(text: good.replacing("dram", with: "drum"), file: "\($0).yaml") })
    }
    #expect(error?.diagnostics.map(\.message) == ["there is no level 'drum'"])
    #expect(error?.diagnostics.first?.location.file == "ours.yaml")
  }

  @Test("any number of ports and keys is read or refused in no time")
  func tooMany() throws {
    let ports = (0..<5000).map { "{name: p\($0), bandwidth: 1 B/cycle, carries: [input.reads]}" }
    let crowded = #expect(throws: InputError.self) {
      try level("capacity: 1 KiB, \(energy), ports: [\(ports.joined(separator: ", "))]")
    }
    #expect(crowded?.diagnostics.map(\.message) == ["there are 5000 ports, expected at most 64"])
    let keys = (0..<20_000).map { "k\($0): 1\n" }.joined()
    let unknown = #expect(throws: InputError.self) { try array(top: keys) }
    #expect(unknown?.diagnostics.count == 20_000)
    let rendered = DiagnosticRenderer(sources: [:]).render(try #require(unknown))
    #expect(rendered.hasSuffix("\nand 19900 more mistakes\n"))
  }

  @Test("switches, residency and units are read")
  func rest() throws {
    let array = try array(
      top: """
        padding: stored
        first_partial_sum: read
        activations: spill
        static: 30 mW
        units: {pool: {lanes: 4, energy: 2 pJ, ops: [maxpool, avgpool], at: dram}}
        """)
    #expect(array.switches == CountingSwitches(storesPadding: true, readsFirstPartialSum: true))
    #expect(array.residency == .spill)
    #expect(array.staticMilliwatts == 30)
    #expect(
      array.vectorUnits == [
        VectorUnit(
          name: "pool", level: 0, lanes: 4, operationPicojoules: 2, ops: [.maxPool, .averagePool])
      ])
  }

  @Test("activations may stay on chip where a level can hold them")
  func residentActivations() throws {
    let levels = "  - {name: inner, capacity: 1 KiB, \(energy)}"
    let array = try array(levels: levels, top: "activations: resident")
    #expect(array.residency == .resident)
    #expect(array.residentLevel == 1)
    let replaced = try self.array(
      levels: levels, top: "activations: spill", overriding: ["activations": "resident"])
    #expect(replaced.residency == .resident)
  }

  @Test("text and names of any kind survive writing and reading")
  func awkwardText() throws {
    var array = try array()
    array.name = "null"
    array.sources = ["a": "quote \" backslash \\ line\nbreak tab\t colon: # é \u{2028}"]
    array.sources["b: {c} #"] = "an odd key"
    array.provenance = [
      "clock": .assumed("yes: [no] \"maybe\""), "compute.energy": .source("b: {c} #"),
    ]
    let again = try HardwareConfig(text: ConfigWriter(array).yaml, file: "f").array
    #expect(again == array)
  }
}
