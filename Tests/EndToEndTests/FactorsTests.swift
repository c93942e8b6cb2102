import Foundation
import Testing

@Suite("Factors on the command line")
struct FactorsTests {
  private static let layer = ["--layer", "linear c=12 k=10"]

  /// eyeriss-like, whose dataflow allows perfect factors only.
  private func perfectOnly(_ folder: TemporaryFolder) throws -> String {
    let text = try String(
      contentsOf: Program.root.appendingPathComponent("hwconfigs/eyeriss-like.yaml"),
      encoding: .utf8)
    return try folder.write(
      text.replacingOccurrences(
        of: "  name: row-stationary\n", with: "  name: row-stationary\n  factors: perfect\n"),
      to: "mine.yaml")
  }

  private func factors(_ arguments: [String]) throws -> String? {
    try Program.run(["map"] + arguments + Self.layer + ["--format", "json"]).object()["factors"]
      as? String
  }

  @Test("are imperfect unless the target, the counting or the user wants perfect ones")
  func inForce() throws {
    let folder = try TemporaryFolder()
    let path = try perfectOnly(folder)
    #expect(try factors(["--target", "eyeriss-like"]) == "imperfect")
    #expect(try factors(["--target", "eyeriss-like", "--factors", "perfect"]) == "perfect")
    #expect(try factors(["--target", "eyeriss-like", "--factors", "imperfect"]) == "imperfect")
    #expect(try factors(["--target", "eyeriss-like", "--counting", "timeloop"]) == "perfect")
    #expect(try factors(["--target", path]) == "perfect")
    let cost = try Program.run(
      "cost", "--target", "eyeriss", path, "--space", "nasbench201-cifar10", "--arch",
      "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|", "--format", "json")
    let reports = try #require(try cost.object()["reports"] as? [[String: Any]])
    #expect(reports.map { $0["factors"] as? String } == ["imperfect", "perfect"])
  }

  @Test("that a target's dataflow forbids are refused")
  func forbidden() throws {
    let folder = try TemporaryFolder()
    let path = try perfectOnly(folder)
    let run = try Program.run(
      ["map", "--target", path, "--factors", "imperfect"] + Self.layer)
    #expect(run.status == 1)
    #expect(
      run.errors == """
        error: '\(path)' allows perfect factors only: its dataflow 'row-stationary' says so
        hint: leave 'factors' out, or write 'factors: imperfect' in its dataflow

        """)
  }

  @Test("that Timeloop's rules refuse are refused")
  func timeloop() throws {
    let run = try Program.run(
      ["map", "--target", "eyeriss-like", "--factors", "imperfect", "--counting", "timeloop"]
        + Self.layer)
    #expect(run.status == 1)
    #expect(
      run.errors == """
        error: imperfect factors cannot be searched by Timeloop's rules, which refuse some of them
        hint: leave 'factors' out, or the counting 'timeloop'

        """)
  }
}
