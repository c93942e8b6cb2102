import Foundation
import Testing

@Suite("Joined columns, and mappings outside a dataflow")
struct RemarkTests {
  /// Writes a file that is gone after the test.
  static func withFile(_ name: String, _ text: String, _ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("hwcost-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent(name).path
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    try body(path)
  }

  static let network = [
    "cost", "--target", "eyeriss", "--space", "nasbench201-cifar10", "--index", "0", "--format",
    "csv",
  ]

  @Test("a joined column cannot be called like a key of the report")
  func collidingColumn() throws {
    try Self.withFile("join.csv", "index,energy_mj\n0,85.5\n") { path in
      let run = try Program.run(Self.network + ["--join", path])
      #expect(run.status == 1)
      #expect(run.errors.contains("the column 'energy_mj' is called like a key of the report"))
    }
  }

  @Test("a table with arch and index joins by the first, and adds neither again")
  func bothKeys() throws {
    try Self.withFile("join.csv", "index,arch,accuracy\n0,anything,85.5\n") { path in
      let run = try Program.run(Self.network + ["--join", path])
      #expect(run.status == 0)
      let lines = run.output.split(separator: "\n")
      #expect(lines[0].split(separator: ",").filter { $0 == "arch" || $0 == "index" }.count == 2)
      #expect(lines[0].contains("accuracy"))
      #expect(lines[1].contains(",85.5,"))
    }
  }

  @Test("a file without an architecture is an error")
  func emptyFile() throws {
    try Self.withFile("archs.txt", "# none yet\n") { path in
      let run = try Program.run([
        "cost", "--target", "eyeriss", "--space", "nasbench201-cifar10", "--arch-file", path,
      ])
      #expect(run.status == 1)
      #expect(run.errors.contains("names no architecture"))
    }
  }

  /// Output channels on x and input channels too: the dataflow of eyeriss-like has no c on x. Seven
  /// output channels in steps of two have a shorter last pass.
  static let mapping = """
    levels:
      - {level: dram, keeps: [weight, input, output], temporal: [k 4@2]}
      - {level: buffer, keeps: [input, output], temporal: [q 16, p 16], spatial_x: [c 4]}
      - {level: ifmap_spad, keeps: [input]}
      - {level: weight_spad, keeps: [weight], temporal: [s 3, r 3]}
      - {level: psum_spad, keeps: [output], temporal: [k 2]}
    """

  @Test("a mapping outside the dataflow is costed with a remark, and its shorter passes are told")
  func remark() throws {
    try Self.withFile("mapping.yaml", Self.mapping) { path in
      let run = try Program.run([
        "evaluate", "--target", "eyeriss-like", "--layer", "conv c=4 k=7 h=16 r=3 pad=1",
        "--mapping", path, "--format", "json",
      ])
      #expect(run.status == 0)
      #expect(run.errors.contains("outside of the target's dataflow: buffer: spatial_x allows"))
      #expect(run.output.contains("\"factors\": \"imperfect\""))
    }
  }
}
