import CostDiagnostics
import CostYAML
import Dataflow
import HardwareConfigs
import Ops
import Testing

@Suite("Mapping files")
struct MappingFileTests {
  /// A memory for all, one for activations with a fan-out, and lanes' scratchpads.
  private let hierarchy = Hierarchy(levels: [
    .init(name: "dram", memory: .init()),
    .init(
      name: "buffer", memory: .init(mayKeep: [.input, .output], mustKeep: [.input, .output]),
      x: .init(size: 14), y: .init(size: 12)),
    .init(name: "cluster"),
    .init(name: "spad", memory: .init()),
  ])

  private func decode(_ text: String, _ bounds: [LoopDimension: Int32]) throws -> Mapping {
    let mapping = try MappingFile.decode(
      text: text, file: "m.yaml", hierarchy: hierarchy, bounds: Extents(bounds))
    let written = MappingFile.yaml(for: mapping, on: hierarchy)
    let again = try MappingFile.decode(
      text: written, file: "w", hierarchy: hierarchy, bounds: Extents(bounds))
    #expect(again == mapping)
    return mapping
  }

  /// `line:column keypath: message [hint]` of everything wrong.
  private func mistakes(_ text: String, _ bounds: [LoopDimension: Int32] = [:]) -> [String] {
    do throws(InputError) {
      _ = try MappingFile.decode(
        text: text, file: "m.yaml", hierarchy: hierarchy, bounds: Extents(bounds))
      return []
    } catch {
      return error.diagnostics.map {
        "\($0.location.line):\($0.location.column) \($0.keyPath): \($0.message)"
          + ($0.hint.map { " [\($0)]" } ?? "")
      }
    }
  }

  @Test("steps are the products of the passes inside")
  func impliedSteps() throws {
    let mapping = try decode(
      """
      levels:
        - {level: dram, temporal: [c 2, k 4]}
        - {level: buffer, temporal: [q 8, p 2], spatial_x: [q 4], spatial_y: [r 3]}
        - {level: spad, keeps: [weight, output], temporal: [s 3, c 8]}
      """, [.c: 16, .k: 4, .q: 32, .p: 2, .r: 3, .s: 3])
    #expect(
      mapping.levels[0]
        == LevelMapping(
          keeps: .all, temporal: [Loop(.c, passes: 2, step: 8), Loop(.k, passes: 4, step: 1)]))
    #expect(
      mapping.levels[1]
        == LevelMapping(
          keeps: [.input, .output],
          temporal: [Loop(.q, passes: 8, step: 4), Loop(.p, passes: 2, step: 1)],
          spatialX: [Loop(.q, passes: 4, step: 1)], spatialY: [Loop(.r, passes: 3, step: 1)]))
    #expect(mapping.levels[2] == LevelMapping(keeps: []))
    #expect(mapping.levels[3].keeps == [.weight, .output])
  }

  @Test("a step that is written makes the last pass shorter")
  func writtenSteps() throws {
    // 32 in steps of 14: 3 passes, the last of 4; 14 across the columns.
    let mapping = try decode(
      """
      levels:
        - {level: dram, temporal: [q 3@14]}
        - {level: buffer, spatial_x: [q 7@2], temporal: [p 2@2]}
        - {level: spad, temporal: [q 2, p 2]}
      """, [.q: 32, .p: 3])
    #expect(mapping.levels[0].temporal == [Loop(.q, passes: 3, step: 14)])
    #expect(mapping.levels[1].spatialX == [Loop(.q, passes: 7, step: 2)])
    #expect(mapping.levels[1].temporal == [Loop(.p, passes: 2, step: 2)])
  }

  @Test("a mapping is written in one canonical form")
  func writing() throws {
    let mapping = try decode(
      "levels: [{level: dram, temporal: [q 3@14]}, {level: buffer, spatial_x: [q 14]}]", [.q: 32])
    #expect(
      MappingFile.yaml(for: mapping, on: hierarchy) == """
        levels:
          - {level: dram, keeps: [weight, input, output], temporal: [q 3]}
          - {level: buffer, keeps: [input, output], spatial_x: [q 14]}
          - {level: cluster}
          - {level: spad, keeps: [weight, input, output]}

        """)
    let odd = try decode(
      "levels: [{level: dram, temporal: [q 3@15]}, {level: buffer, spatial_x: [q 8@2], temporal: []}, {level: spad, temporal: [q 2]}]",
      [.q: 32])
    #expect(MappingFile.yaml(for: odd, on: hierarchy).contains("temporal: [q 3@15]"))
  }

  @Test("passes that do not cover their tile are named with the right number")
  func doesNotCover() {
    #expect(
      mistakes("levels: [{level: dram, temporal: [q 2@14, q 14]}]", [.q: 32]) == [
        "1:35 levels[0].temporal[0]: 32 of q in steps of 14 take 3 passes, not 2 [write 'q 3@14']"
      ])
    #expect(
      mistakes("levels: [{level: dram, temporal: [q 1@40, q 40]}]", [.q: 32]).first
        == "1:35 levels[0].temporal[0]: a step of 40 is more than the 32 of q that are left")
  }

  @Test("one pass is a pass")
  func onePass() {
    #expect(
      mistakes("levels: [{level: dram, temporal: [q 8@8]}]", [.q: 8]).first
        == "1:35 levels[0].temporal[0]: 8 of q in steps of 8 take 1 pass, not 8 [write 'q 1@8']")
  }

  @Test(
    "what is wrong with a mapping as a whole has a place in its file",
    arguments: [
      (
        MappingError.exceedsFanout(level: "buffer", .x, needed: 20, available: 14),
        "5:16 levels[1].spatial_x: buffer: 20 children along x, 14 are there"
      ),
      (.mustKeep(level: "buffer", .output), "4:12 levels[1].keeps: buffer must keep output"),
      (
        .doesNotFit(level: "spad", tensor: .weight, neededBits: 9, availableBits: 8),
        "6:5 levels[2]: spad: weight needs 9 bit, 8 are there"
      ),
      // A level that the file leaves out, and a key that its level leaves out.
      (.breaksConstraint(level: "cluster", constraint: "no"), "2:3 levels: cluster: no"),
      (
        .exceedsFanout(level: "spad", .y, needed: 2, available: 1),
        "6:5 levels[2]: spad: 2 children along y, 1 are there"
      ),
      (.outermostBypasses(.weight), "2:5 levels[0]: the outermost level must keep weight"),
    ] as [(MappingError, String)])
  func places(error: MappingError, expected: String) throws {
    let document = try YAMLDocument(
      parsing: """
        levels:
          - {level: dram}
          - level: buffer
            keeps: [input]
            spatial_x: [q 20]
          - {level: spad}
        """, file: "m.yaml")
    let found = MappingFile.diagnostic(for: error, in: document)
    #expect(
      "\(found.location.line):\(found.location.column) \(found.keyPath): \(found.message)"
        == expected)
  }

  @Test("a dimension that is left over is named")
  func leftOver() {
    #expect(
      mistakes("levels: [{level: dram, temporal: [q 8@4]}]", [.q: 32, .k: 2]) == [
        "1:9 levels: no loop covers k, whose bound is 2 [add a loop 'k 2' inside]"
      ])
    #expect(
      mistakes("levels: [{level: dram, temporal: [q 8@4]}]", [.q: 32]) == [
        "1:9 levels: the innermost loop of q has a step of 4, not 1 [add a loop 'q 4' inside]"
      ])
  }

  @Test("levels are known, in order, and once")
  func levelNames() {
    #expect(
      mistakes("levels: [{level: bufer}]") == [
        "1:18 levels[0].level: there is no level 'bufer' [did you mean 'buffer'?]"
      ])
    #expect(
      mistakes("levels: [{level: buffer}, {level: dram}]") == [
        "1:35 levels[1].level: the level 'dram' is out of order [the order is dram, buffer, cluster, spad]"
      ])
    #expect(
      mistakes("levels: [{level: dram}, {level: dram}]") == [
        "1:33 levels[1].level: the level 'dram' is here twice [the order is dram, buffer, cluster, spad]"
      ])
    #expect(
      mistakes("levels: [{level: cluster, keeps: [input]}]") == [
        "1:34 levels[0].keeps: the level 'cluster' has no memory"
      ])
  }

  @Test(
    "a loop is a dimension and its passes", arguments: ["q", "q x", "q 1@", "q 1@2@3", "q 1 2"])
  func malformedLoop(_ loop: String) {
    #expect(
      mistakes("levels: [{level: dram, temporal: [\(loop)]}]") == [
        "1:35 levels[0].temporal[0]: '\(loop)' is no loop "
          + "[write a dimension and its passes, 'q 3', or with a step 'q 3@14']"
      ])
  }

  @Test("numbers of any size are errors, not crashes")
  func hugeNumbers() {
    #expect(
      mistakes("levels: [{level: dram, temporal: [q 99999999]}]") == [
        "1:35 levels[0].temporal[0]: 'q 99999999' is out of range [write numbers from 1 to 16777216]"
      ])
    #expect(mistakes("levels: [{level: dram, temporal: [q 0]}]").count == 1)
    #expect(mistakes("levels: [{level: dram, temporal: [q -3]}]").count == 1)
    #expect(mistakes("levels: [{level: dram, temporal: [z 3]}]").count == 1)
    let many = Array(repeating: "q 16000000", count: 40).joined(separator: ", ")
    #expect(!mistakes("levels: [{level: dram, temporal: [\(many)]}]", [.q: 16_000_000]).isEmpty)
  }
}
