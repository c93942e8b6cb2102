import Foundation
import Testing

@Suite("Activations that stay on chip, on the command line")
struct ResidencyCommandTests {
  private static let target = ["--target", "eyeriss", "--set", "activations=resident"]

  private func report(_ target: [String]) throws -> [String: Any] {
    let run = try Program.run(
      ["cost"] + target + [
        "--network", "alexnet", "--per-layer", "--factors", "perfect", "--format", "json",
      ])
    try #require(run.status == 0, "\(run.errors)")
    return try #require((run.object()["reports"] as? [[String: Any]])?.first)
  }

  @Test("a network moves fewer bytes, and its report says what stayed")
  func network() throws {
    let resident = try report(Self.target)
    let spilled = try report(["--target", "eyeriss"])
    #expect(resident["activations"] as? String == "resident")
    #expect(spilled["activations"] as? String == "spill")
    #expect(
      try ReportTests.number(resident, "dram_bytes") < ReportTests.number(spilled, "dram_bytes"))
    let stays = try #require(resident["layers"] as? [[String: Any]]).map { layer in
      (name: layer["name"] as? String, tensors: layer["resident"] as? [String])
    }
    // Of the buffer's 102,400 bytes the last convolution's output takes 256 x 13 x 13 x 2, 86,528;
    // the pooling's 18,432 do not fit beside it. The linear layers' 8192 bytes each do.
    #expect(stays.suffix(5).map(\.name) == ["conv5", "pool5", "fc6", "fc7", "fc8"])
    #expect(
      stays.suffix(5).map(\.tensors)
        == [["output"], ["input"], ["output"], ["input", "output"], ["input"]])
    let none = try #require(spilled["layers"] as? [[String: Any]])
    #expect(none.allSatisfy { ($0["resident"] as? [String])?.isEmpty == true })
  }

  @Test("tables and rows of layers say what stayed")
  func tables() throws {
    let arguments =
      ["cost"] + Self.target + ["--network", "alexnet", "--per-layer", "--factors", "perfect"]
    let table = try Program.run(arguments).output
    #expect(table.contains("stayed on chip"))
    #expect(table.contains("  input, output   linear c=4096 k=4096\n"))
    #expect(table.contains("activations resident, set activations=resident\n"))
    let rows = try Program.run(arguments + ["--format", "csv"]).output.split(separator: "\n")
    #expect(rows[0].contains(",resident,") && rows[0].contains(",activations,"))
    #expect(rows.last?.contains(",input,") == true)
    #expect(rows.contains { $0.contains(",input output,") })
  }

  @Test("the same call gives the same bytes with any number of threads")
  func threads() throws {
    let outputs = try ["1", "4"].map { jobs in
      try Program.run(
        ["cost"] + Self.target + [
          "--space", "nasbench201-cifar10", "--index", "17", "4711", "--per-layer", "--format",
          "json", "--jobs", jobs,
        ]
      ).output
    }
    #expect(outputs[0].contains("\"resident\": [\"input\", \"output\"]"))
    #expect(outputs[0] == outputs[1])
  }

  @Test("a layer alone has nothing on chip, and says so")
  func alone() throws {
    let arguments = ["map"] + Self.target + ["--layer", "linear c=16 k=16"]
    let table = try Program.run(arguments).output
    #expect(table.contains("on chip  nothing stays for a layer alone, without neighbours\n"))
    let object = try Program.run(arguments + ["--format", "json"]).object()
    #expect(object["activations"] as? String == "resident")
    #expect((object["resident"] as? [String])?.isEmpty == true)
  }

  @Test("describe names the level that holds them")
  func describe() throws {
    let text = try Program.run(["describe"] + Self.target.dropFirst()).output
    #expect(
      text.contains("activations between layers: resident in buffer where they fit\n"))
    let spilled = try Program.run("describe", "eyeriss").output
    #expect(spilled.contains("activations between layers: spill\n"))
  }
}
