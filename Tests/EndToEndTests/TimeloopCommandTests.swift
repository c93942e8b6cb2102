import Foundation
import Testing

@Suite("Timeloop's files on the command line")
struct TimeloopCommandTests {
  @Test("a file that is not there is status 1 and named")
  func missing() throws {
    let run = try Program.run("evaluate", "--timeloop", "no-a.yaml", "no-p.yaml", "no-m.yaml")
    #expect(run.status == 1)
    #expect(run.errors == "error: cannot read 'no-a.yaml': no such file or directory\n")
  }

  /// The reference cases beside the package, where they are there.
  static var cases: [URL] {
    let given = ProcessInfo.processInfo.environment["HWCOST_REFERENCE"]
    let reference =
      given.map { URL(fileURLWithPath: $0) }
      ?? Program.root.deletingLastPathComponent().appendingPathComponent("shared/reference")
    let folder = reference.appendingPathComponent("timeloop")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().map { folder.appendingPathComponent($0) }.filter {
      FileManager.default.fileExists(atPath: $0.appendingPathComponent("arch.yaml").path)
    }
  }

  @Test(
    "a mapping that needs more children than there are is an error at its directive",
    .enabled(if: !cases.isEmpty, "the folder shared/reference/timeloop is not there"))
  func tooWide() throws {
    let url = try #require(Self.cases.first { $0.lastPathComponent == "g07_bypass" })
    let folder = try TemporaryFolder()
    let text = try String(contentsOf: url.appendingPathComponent("mapping.yaml"), encoding: .utf8)
    let path = try folder.write(
      text.replacingOccurrences(of: "C=1,M=2,R=1", with: "C=1,M=1,R=1")
        .replacingOccurrences(of: "M=4,C=4", with: "M=8,C=4"), to: "mapping.yaml")
    let file = { (name: String) in url.appendingPathComponent(name).path }
    let run = try Program.run(
      "evaluate", "--timeloop", file("arch.yaml"), file("problem.yaml"), path)
    #expect(run.status == 1)
    #expect(
      run.errors.hasPrefix("\(path):4:3: error: mapping: glb: 8 children along x, 4 are there\n"))
  }

  @Test(
    "a reference case is evaluated, and its architecture imports as a hardware file",
    .enabled(if: !cases.isEmpty, "the folder shared/reference/timeloop is not there"))
  func referenceCases() throws {
    let folder = try TemporaryFolder()
    for url in Self.cases.prefix(3) {
      let path = { (name: String) in url.appendingPathComponent(name).path }
      let run = try Program.run(
        "evaluate", "--timeloop", path("arch.yaml"), path("problem.yaml"), path("mapping.yaml"),
        "--format", "json", "--quiet")
      try #require(run.status == 0, "\(url.lastPathComponent): \(run.errors)")
      #expect(try run.object()["counting"] as? String == "timeloop")
      let file = folder.url(url.lastPathComponent + ".yaml").path
      let imported = try Program.run(
        "import-timeloop", path("arch.yaml"), "--output", file, "--quiet")
      try #require(imported.status == 0, "\(imported.errors)")
      #expect(try Program.run("check", file).status == 0)
    }
  }
}
