import Accelerators
import HardwareConfigs
import Testing

@Suite("The shipped boards and designs")
struct ShippedPipelineTests {
  @Test("the boards that people have are there")
  func boardsArePresent() {
    let names = [
      "kv260", "pynq-z1", "u250", "u280", "ultra96", "vc707", "vc709", "zc706", "zcu102", "zcu104",
    ]
    #expect(PipelineFiles.boards == names)
  }

  @Test(
    "each board loads, is named like its file, and says where its numbers are from",
    arguments: PipelineFiles.boards)
  func board(name: String) throws {
    let decoded = try PipelineFiles.board(name)
    #expect(decoded.board.name == name)
    #expect(decoded.unsourcedNumbers == [])
    let said = Set(decoded.board.disagreements.map(\.source))
    #expect(Set(decoded.board.sources.keys) == Self.cited(decoded.board.provenance).union(said))
  }

  @Test(
    "each design loads, is named like its file, and says where its numbers are from",
    arguments: PipelineFiles.designs)
  func design(name: String) throws {
    let decoded = try PipelineFiles.design(name)
    #expect(decoded.design.name == name)
    #expect(decoded.unsourcedNumbers == [])
    #expect(!decoded.design.sources.isEmpty)
  }

  private static func cited(_ provenance: [String: Provenance]) -> Set<String> {
    Set(
      provenance.values.compactMap { if case .source(let name) = $0 { name } else { nil } })
  }

  @Test("where sources disagree on a board's memory, the file says so")
  func disagreements() throws {
    let said = try PipelineFiles.board("zc706").board.disagreements
    #expect(said.filter { $0.of == "memory.bandwidth" }.count == 4)
    #expect(try PipelineFiles.board("vc707").board.resources.blockRAMs18Kb == 2060)
  }

  @Test("a design may use what the board leaves it")
  func budget() throws {
    // 0.9 of 900, 1090, 0, 218600 and 437200, rounded down.
    #expect(
      try PipelineFiles.board("zc706").board.budget
        == FPGAResources(
          dsps: 810, blockRAMs18Kb: 981, ultraRAMs: 0, lookUpTables: 196_740,
          flipFlops: 393_480))
  }
}
