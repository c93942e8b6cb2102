import Foundation
import Testing

@Suite("FPGAs on the command line")
struct PipelineCommandTests {
  private static let firstBlocks = Array(repeating: "0", count: 22).joined(separator: " ")

  @Test("HW-NAS-Bench's FPGA is a target like any other")
  func hwNASBench() throws {
    let object = try Program.json(
      "cost", "--target", "hwnasbench-fpga", "--space", "fbnet-cifar100", "--arch",
      Self.firstBlocks)
    let report = try #require((object["reports"] as? [[String: Any]])?.first)
    #expect(report["latency_ms"] as? Double == 10.73952)
    #expect(report["energy_mj"] as? Double == 75.17664)
    let pipeline = try #require(report["pipeline"] as? [String: Any])
    #expect(pipeline["interval_cycles"] as? Int == 2_147_904)
  }

  @Test("targets lists boards and designs, and describe shows both with their sources")
  func listing() throws {
    let targets = try Program.run("targets")
    let kinds = targets.output.split(separator: "\n").map { $0.split(separator: " ").prefix(2) }
    #expect(kinds.contains(["bnn-pynq-cnv-w1a1", "pipeline"]))
    #expect(kinds.contains(["zc706", "fpga-board"]))
    let board = try Program.run("describe", "zc706")
    #expect(board.status == 0)
    #expect(board.output.contains("memory.bandwidth: 4.2 GB/s, the processing system memory (qiu)"))
    let design = try Program.run("describe", "zhang15-alexnet")
    #expect(design.status == 0)
    #expect(design.output.contains("engines[0].overhead: total"))
    for name in ["zc706", "zhang15-alexnet"] {
      let object = try Program.json("describe", name)
      #expect((object["unsourced"] as? [String])?.isEmpty == true)
    }
  }

  @Test("a board costs a network in the design found for it, and design shows that design")
  func board() throws {
    let object = try Program.json(
      "design", "--target", "zcu104", "--network", "cnv", "--no-timing")
    let design = try #require((object["designs"] as? [[String: Any]])?.first)
    #expect(design["proven_best"] as? Bool == true)
    #expect((design["prices"] as? [Any])?.count == 5)
    #expect(design["search_seconds"] == nil)
    let costs = try Program.json("cost", "--target", "zcu104", "--network", "cnv")
    let report = try #require((costs["reports"] as? [[String: Any]])?.first)
    #expect(report["latency_ms"] as? Double == design["latency_ms"] as? Double)
    let pipeline = try #require(report["pipeline"] as? [String: Any])
    #expect(pipeline["interval_cycles"] as? Int == design["interval_cycles"] as? Int)
  }

  @Test("a design that is written is a target of the same cost", arguments: ["stream", "tiled"])
  func written(family: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.url("mine.yaml").path
    let object = try Program.json(
      "design", "--target", "zcu104", "--network", "cnv", "--family", family, "--write-design",
      path)
    let design = try #require((object["designs"] as? [[String: Any]])?.first)
    let check = try Program.run("check", path)
    #expect(check.status == 0, "\(check.errors)")
    let costs = try Program.json("cost", "--target", path, "--network", "cnv")
    let report = try #require((costs["reports"] as? [[String: Any]])?.first)
    #expect(report["latency_ms"] as? Double == design["latency_ms"] as? Double)
  }

  /// ResNet18 on the ZCU102, where DSPs, block RAM, tables and the memory bind at once.
  private static func resnet(_ options: String...) throws -> (proven: Bool, cycles: Int, bound: Int)
  {
    let run = try Program.run(
      ["design", "--target", "zcu102", "--network", "resnet50", "--format", "json"] + options)
    let design = try #require((run.object()["designs"] as? [[String: Any]])?.first)
    return (
      try #require(design["proven_best"] as? Bool),
      try #require(design["interval_cycles"] as? Int), try #require(design["lower_bound"] as? Int)
    )
  }

  @Test("a proof goes as far as it may, and what it leaves open lies above the lower bound")
  func proofNodes() throws {
    let full = try Self.resnet()
    #expect(full.proven)
    #expect(full.bound == full.cycles)
    // A branch and bound by weights alone had found 2,649,133 cycles and shown that nothing is below
    // 2,629,590.
    #expect((2_629_590...2_649_133).contains(full.cycles))
    let short = try Self.resnet("--proof-nodes", "1")
    #expect(!short.proven)
    #expect(short.bound < short.cycles)
    #expect(short.bound <= full.cycles && full.cycles <= short.cycles)
    let none = try Program.run(
      "design", "--target", "zcu102", "--network", "resnet18", "--proof-nodes", "0")
    #expect(none.status == 2)
    #expect(none.errors.contains("--proof-nodes has to be above 0"))
  }

  @Test("the smallest buffers are asked for, and hold no more than those that sufficed")
  func leastBuffers() throws {
    let object = try Program.json(
      "design", "--target", "zcu104", "--network", "resnet18", "--least-buffers", "--no-timing")
    let design = try #require((object["designs"] as? [[String: Any]])?.first)
    let pipeline = try #require(design["pipeline"] as? [String: Any])
    let bits = try #require(pipeline["least_buffer_bits"] as? Int)
    let bound = try #require(pipeline["least_buffer_bits_lower_bound"] as? Int)
    #expect(bound <= bits)
    let buffers = try #require(pipeline["buffers"] as? [[String: Any]])
    let sum = buffers.reduce(0) { sum, buffer in
      sum + (buffer["least_depth"] as? Int ?? 0) * (buffer["token_bits"] as? Int ?? 0)
    }
    #expect(sum == bits)
  }

  @Test(
    "options that a design has no use for are refused",
    arguments: [
      (["design", "--target", "zcu104", "--family", "tiled", "--least-buffers"], "streaming"),
      (["design", "--target", "zcu104", "--family", "stream", "--overhead", "5"], "--overhead"),
      (["design", "--target", "zcu104", "--dsps-per-mac", "5"], "--dsps-per-mac"),
      (["cost", "--target", "eyeriss", "--least-buffers"], "'eyeriss' is no streaming pipeline"),
    ])
  func uselessOptions(arguments: [String], said: String) throws {
    let run = try Program.run(arguments + ["--network", "cnv"])
    #expect(run.status == 1)
    #expect(run.errors.contains(said))
    #expect(run.errors.contains("hint:"))
  }

  @Test("the least share at a rate is asked for with the rate")
  func resources() throws {
    let object = try Program.json(
      "design", "--target", "zc706", "--network", "cnv", "--goal", "resources",
      "--images-per-second", "500")
    let design = try #require((object["designs"] as? [[String: Any]])?.first)
    let rate = try #require(design["images_per_second"] as? Double)
    #expect(rate >= 500)
    let missing = try Program.run(
      "design", "--target", "zc706", "--network", "cnv", "--goal", "resources")
    #expect(missing.status == 2)
    let impossible = try Program.run(
      "design", "--target", "zc706", "--network", "cnv", "--goal", "resources",
      "--images-per-second", "1e9")
    #expect(impossible.status == 1)
    #expect(impossible.errors.contains("the network's input comes pixel by pixel"))
  }

  @Test("what is no board has no design found for it")
  func noBoard() throws {
    let design = try Program.run("design", "--target", "hwnasbench-fpga", "--network", "cnv")
    #expect(design.status == 1)
    #expect(design.errors.contains("is a design already"))
    let array = try Program.run("design", "--target", "eyeriss", "--network", "cnv")
    #expect(array.status == 1)
    #expect(array.errors.contains("'eyeriss' is no FPGA board"))
    let map = try Program.run("map", "--target", "zc706", "--layer", "linear c=4 k=4")
    #expect(map.status == 1)
    #expect(map.errors.contains("'zc706' is an FPGA"))
  }

  @Test("a network that does not fit a board says what is too much")
  func tooLarge() throws {
    let run = try Program.run(
      "design", "--target", "pynq-z1", "--set", "resources.lut=1000", "--network", "cnv")
    #expect(run.status == 1)
    #expect(run.errors.contains("lut are needed"))
  }

  @Test("the same bytes with any number of threads")
  func threads() throws {
    let arguments = [
      "cost", "--target", "zcu104", "--space", "nasbench201-cifar10", "--index", "0", "5", "77",
      "1462", "--format", "json",
    ]
    let one = try Program.run(arguments + ["--jobs", "1"])
    let two = try Program.run(arguments + ["--jobs", "2"])
    #expect(one.status == 0)
    #expect(one.output == two.output)
  }
}
