import Foundation
import Testing

@Suite("What reports say of a search")
struct SearchReportTests {
  private static let layer = "conv c=16 k=16 h=32 r=3 pad=1"

  private func map(_ options: String...) throws -> [String: Any] {
    let run = try Program.run(
      ["map", "--target", "eyeriss", "--layer", Self.layer, "--factors", "perfect"] + options
        + ["--format", "json"])
    try #require(run.status == 0, "\(run.errors)")
    return try run.object()
  }

  @Test(
    "a proven best is its own lower bound, in the unit of the objective",
    arguments: [
      ("edp", "lower_bound_edp_pj_cycles", "edp_pj_cycles"),
      ("energy", "lower_bound_energy_pj", "energy_pj"),
      ("latency", "lower_bound_cycles", "cycles"),
    ])
  func proven(objective: String, bound: String, value: String) throws {
    let object = try map("--objective", objective)
    #expect(object["proven_best"] as? Bool == true)
    #expect(try ReportTests.number(object, bound) == ReportTests.number(object, value))
    #expect(object["optimality_gap"] as? Double == 0)
    #expect(object["time_limit_seconds"] is NSNull)
  }

  @Test("without a bound the gap is not known, and the table says so")
  func unknownGap() throws {
    let object = try map("--counting", "timeloop")
    #expect(object["proven_best"] as? Bool == false)
    #expect(object["lower_bound_edp_pj_cycles"] is NSNull)
    #expect(object["optimality_gap"] is NSNull)
    #expect(object["compulsory"] is NSNull)
    let table = try Program.run(
      "map", "--target", "eyeriss", "--layer", Self.layer, "--counting", "timeloop"
    ).output
    let line = try #require(table.split(separator: "\n").first { $0.hasPrefix("mapping  ") })
    #expect(line.hasPrefix("mapping  best of "))
    #expect(line.hasSuffix(" found; how far the optimum is below is not known"))
  }

  @Test("a time limit is in force in every report that has one")
  func timeLimit() throws {
    #expect(try map("--time-limit", "30.5")["time_limit_seconds"] as? Double == 30.5)
    let arguments = [
      "cost", "--target", "eyeriss", "--space", "nasbench201-cifar10", "--index", "1651",
      "--time-limit", "30", "--factors", "perfect",
    ]
    let table = try Program.run(arguments).output
    #expect(table.contains(", activations spill, time limit 30 s a layer\n"))
    let csv = try Program.run(arguments + ["--format", "csv"]).output.split(separator: "\n")
    #expect(csv[0].contains(",time_limit_seconds,"))
    #expect(csv[0].contains(",unproven_layers,largest_optimality_gap,"))
  }

  @Test("a network counts the layers without a proof")
  func unprovenLayers() throws {
    let arguments = [
      "cost", "--target", "eyeriss", "--network", "alexnet", "--counting", "timeloop",
    ]
    let object = try Program.run(arguments + ["--format", "json"]).object()
    let report = try #require((object["reports"] as? [[String: Any]])?.first)
    // Five convolutions and three linear layers; the three poolings are not searched.
    #expect(report["unproven_layers"] as? Int == 8)
    #expect(report["largest_optimality_gap"] is NSNull)
    let table = try Program.run(arguments).output
    #expect(table.contains("not proven: 8 layers; how far their optima are below is not known\n"))
  }

  @Test("a layer's least cost is worked out by hand, and what bounds it is named")
  func least() throws {
    let object = try map()
    let least = try #require(object["compulsory"] as? [String: Any])
    // 2,359,296 multiply-accumulates on 168 lanes.
    #expect(least["compute_cycles"] as? Int == 14_044)
    // 2304 weights, 16,384 inputs and as many outputs of 16 bit over a link of 2.4 bytes a cycle.
    let ports = try #require(least["port_cycles"] as? [String: Int])
    #expect(ports == ["link": 29_227])
    #expect(least["cycles"] as? Int == 29_227)
    #expect(object["bound_by"] as? String == "port link of dram")
    let levels = try #require(object["levels"] as? [[String: Any]])
    #expect(levels.map { $0["bound_by"] as? String } == ["port link", "compute", "compute"])
    let parts = try ["outermost_energy_pj", "compute_energy_pj", "static_energy_pj"].reduce(0) {
      $0 + (try ReportTests.number(least, $1))
    }
    let energy = try ReportTests.number(least, "energy_pj")
    #expect(abs(parts / energy - 1) < 1e-11)
    #expect(try energy < ReportTests.number(object, "energy_pj"))
    let table = try Program.run(
      "map", "--target", "eyeriss", "--layer", Self.layer, "--factors", "perfect", "--explain"
    ).output
    #expect(
      table.contains(
        "\nlimits   port link of dram; any mapping takes at least 29,227 cycles (1.00 x)"))
    #expect(table.contains("\nwhat the layer costs at least, whatever its mapping\nbound  "))
    #expect(table.contains("\ncompute on all lanes     14,044 cycles  29,227 cycles   2.08\n"))
  }

  @Test("a layer that fits nowhere says what rejects it, and what would let it fit")
  func unmappable() throws {
    let run = try Program.run(
      "map", "--target", "eyeriss-like", "--layer", "linear c=4 k=4", "--set",
      "levels[psum_spad].capacity=1 B")
    #expect(run.status == 1)
    #expect(
      run.errors == """
        error: 'linear n=1 c=4 k=4' cannot be mapped: the smallest tiles of level 'psum_spad' need \
        16 bits, and 8 are available
        hint: it could be mapped with 2 B for 'psum_spad', or output bypassing 'psum_spad'

        """)
  }
}
