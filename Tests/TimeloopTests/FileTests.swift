import Accelerators
import CostDiagnostics
import CostYAML
import Dataflow
import HardwareConfigs
import Ops
import Testing
import TimeloopFiles

@Suite("Timeloop's files")
struct FileTests {
  private func document(_ text: String, _ file: String) throws -> YAMLDocument {
    try YAMLDocument(parsing: text, file: file)
  }

  private func read(
    _ architecture: String = TimeloopText.architecture, _ problem: String = TimeloopText.problem,
    _ mapping: String = TimeloopText.mapping
  ) throws -> TimeloopCase {
    try TimeloopCase(
      architecture: document(architecture, "arch.yaml"),
      problem: document(problem, "problem.yaml"),
      mapping: document(mapping, "mapping.yaml"), name: "chip")
  }

  @Test("an architecture becomes levels, fan-outs, energies and ports")
  func architectureIsRead() throws {
    let array = try read().array
    #expect(array.levels.map(\.name) == ["dram", "buffer"])
    #expect(array.levels[0].fanout.x.size == 2)
    #expect(array.levels[1].fanout.x.size == 2)
    #expect(array.levels[1].fanout.y.size == 2)
    let dram = try #require(array.levels[0].memory)
    #expect(dram.storage == .shared(capacityBytes: nil))
    // 32 bit wide, 8 bit a word: four words an access; an update costs a write.
    #expect(
      dram.energy.output
        == PerAccess(
          reads: .perAccess(picojoules: 100, accessBits: 32, partial: .fraction),
          fills: .perAccess(picojoules: 120, accessBits: 32, partial: .fraction),
          updates: .perAccess(picojoules: 120, accessBits: 32, partial: .fraction),
          drains: .perAccess(picojoules: 100, accessBits: 32, partial: .fraction)))
    let buffer = try #require(array.levels[1].memory)
    // 1 KB is 1024 × 8 / 16 = 512 words of 2 bytes, half of them for each of two buffers.
    #expect(buffer.storage == .shared(capacityBytes: 1024))
    #expect(buffer.buffering == .double)
    #expect(buffer.leakPicojoulesPerCycle == 0.5)
    #expect(buffer.ports.map(\.name) == ["read", "shared"])
    #expect(array.compute.operationPicojoules == 1)
    #expect(array.sources == ["timeloop": "imported from arch.yaml"])
  }

  @Test("dimensions without a name of their own take free ones in order")
  func dimensionsAreAssigned() throws {
    let found = try read()
    // M is k; X and Y take n and g, the first that are free.
    #expect(found.problem.bounds == Extents([.k: 4, .n: 6, .g: 2]))
    #expect(found.tensorNames == PerTensor(weight: "A", input: "B", output: "Z"))
    #expect(found.problem.relevantDimensions(of: .weight).members == [.g, .k])
  }

  @Test("a mapping's factors, permutations and splits become loops")
  func mappingIsRead() throws {
    let found = try read().mapping
    #expect(
      found.levels[0]
        == LevelMapping(
          keeps: .all, temporal: [Loop(.g, passes: 2, step: 1), Loop(.n, passes: 3, step: 2)],
          spatialX: [Loop(.k, passes: 2, step: 2)]))
    // Y, M, X with a split after the first: M lies along y.
    #expect(
      found.levels[1]
        == LevelMapping(
          keeps: [.input, .output], temporal: [Loop(.n, passes: 2, step: 1)],
          spatialY: [Loop(.k, passes: 2, step: 1)]))
  }

  @Test("accesses are whole vectors, and memories leak where they work")
  func costs() throws {
    let (counts, cost) = try read().cost()
    // Nest: g 2, n 3 outside, k 2 on cores; n 2, k 2 on lanes inside: 12 steps, 48 operations.
    #expect(counts.steps == 12)
    #expect(counts.operations == 48)
    #expect(cost.compute.energyPicojoules == 48)
    // B[y, x]: both cores need the same 2 words in each of 6 steps: 12 words of DRAM, 3 accesses;
    // A is read for each lane and each step, 2 + 2 lanes each with a word of its own: 48 words,
    // 12 accesses. Z: 2 × 2 words of each of 2 cores a step, none leaves twice: y is outermost,
    // so 6 × 4 = 24 sums come back in the second half: 48 updates, 24 reads.
    #expect(counts.levels[0].traffic.input.reads == 12)
    #expect(counts.levels[0].traffic.weight.reads == 48)
    #expect(counts.levels[0].traffic.output.updates == 48)
    #expect(counts.levels[0].traffic.output.reads == 24)
    #expect(cost.levels[0].energyPicojoules == (3 + 12 + 6) * 100.0 + 12 * 120.0)
    // A core: B is filled with 12 words (6 vectors), read for both lanes at once 12 times (6); Z
    // gets 24 updates (12), of which 12 find a sum: 12 reads (6) and 12 fills (6).
    let fills = (6 + 6) * 3.0
    let reads = (6 + 6) * 2.5
    let core = fills + reads + 12 * 4.0
    let leak = 0.5 * 12
    #expect(cost.levels[1].energyPicojoules == 2 * (core + leak))
    // Read demand 24 words in 12 cycles, all 12 + 12 + 24 + 24 = 60 words at 6: below both.
    #expect(cost.cycles == 12)
  }

  @Test("a port that is too narrow slows everything in proportion")
  func throttling() throws {
    let narrow = TimeloopText.architecture.replacing(
      "read_bandwidth: 4", with: "read_bandwidth: 1.5")
    let (_, cost) = try read(narrow).cost()
    // 24 words at 1.5 a cycle.
    #expect(cost.cycles == 16)
    #expect(cost.levels[1].cycles == 16)
    #expect(cost.levels[0].cycles == 12)
  }

  @Test("a remainder is written after a comma")
  func remainder() throws {
    let problem = TimeloopText.problem.replacing("M: 4", with: "M: 3")
    let mapping = TimeloopText.mapping.replacing(
      "factors: M=2, perm", with: "factors: 'M=2,1', perm")
    let found = try read(TimeloopText.architecture, problem, mapping)
    #expect(found.mapping.levels[1].spatialY == [Loop(.k, passes: 2, step: 1)])
    #expect(try found.cost().counts.steps == 12)
  }

  @Test("what cannot be read is said with its place", arguments: Mistake.all)
  func mistakes(_ mistake: Mistake) throws {
    let error = try #require(throws: InputError.self) {
      try read(
        TimeloopText.architecture.replacing(mistake.old, with: mistake.new),
        TimeloopText.problem.replacing(mistake.old, with: mistake.new),
        TimeloopText.mapping.replacing(mistake.old, with: mistake.new))
    }
    let found = error.diagnostics.map { "\($0.location.file):\($0.location.line): \($0.message)" }
    #expect(found == mistake.messages)
  }

  @Test("an imported architecture is a hardware file whose numbers all have a source")
  func hardwareFile() throws {
    let text = TimeloopText.architecture.replacing("shared_bandwidth: 6, ", with: "")
    let imported = try TimeloopArchitecture(reading: document(text, "arch.yaml"), name: "chip")
    let config = try HardwareConfig(text: imported.hardwareFile(), file: "imported.yaml")
    #expect(config.array == imported.array)
    #expect(config.unsourcedNumbers.isEmpty)
    #expect(imported.array.provenance["compute.energy"] == .source("timeloop"))
  }

  @Test("a bandwidth shared with others that have their own has no form as a hardware file")
  func sharedBandwidth() throws {
    let imported = try TimeloopArchitecture(
      reading: document(TimeloopText.architecture, "arch.yaml"), name: "chip")
    #expect(throws: InputError.self) { try imported.hardwareFile() }
  }

  @Test("every line of an architecture may be missing without a crash")
  func missingLines() throws {
    for text in [TimeloopText.architecture, TimeloopText.problem, TimeloopText.mapping] {
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      for gap in lines.indices {
        let rest = (lines[..<gap] + lines[(gap + 1)...]).joined(separator: "\n")
        let files = [TimeloopText.architecture, TimeloopText.problem, TimeloopText.mapping]
          .map { $0 == text ? rest : $0 }
        let outcome = Result { try read(files[0], files[1], files[2]).cost() }
        switch outcome {
        case .success(let found): #expect(found.counts.operations > 0)
        case .failure(let error): #expect(error is InputError || error is MappingError)
        }
      }
    }
  }
}
