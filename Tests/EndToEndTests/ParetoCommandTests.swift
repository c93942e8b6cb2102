import Foundation
import Testing

@Suite("Fronts on the command line")
struct ParetoCommandTests {
  private static let layer = "conv c=16 k=16 h=16 r=3 pad=1"

  private static let options = ["--objective", "pareto", "--factors", "perfect", "--no-timing"]

  private func front(of layer: String) throws -> [String: Any] {
    let run = try Program.run(
      ["map", "--target", "eyeriss", "--layer", layer] + Self.options + ["--format", "json"])
    try #require(run.status == 0, "\(run.errors)")
    return try run.object()
  }

  @Test("map lists the front, and its main figures are those of the best product")
  func map() throws {
    let object = try front(of: Self.layer)
    let points = try #require(object["front"] as? [[String: Any]])
    #expect(object["objective"] as? String == "pareto")
    #expect(object["front_points"] as? Int == points.count)
    #expect(object["front_exact"] as? Bool == true)
    #expect(points.count > 1)
    let cycles = try points.map { try ReportTests.number($0, "cycles") }
    let energies = try points.map { try ReportTests.number($0, "energy_pj") }
    #expect(zip(cycles, cycles.dropFirst()).allSatisfy { $0 < $1 })
    #expect(zip(energies, energies.dropFirst()).allSatisfy { $0 > $1 })
    let products = zip(cycles, energies).map { $0 * $1 }
    let least = try #require(products.indices.min { products[$0] < products[$1] })
    #expect(try ReportTests.number(object, "cycles") == cycles[least])
    #expect(try ReportTests.number(object, "energy_pj") == energies[least])
    #expect(object["mapping_yaml"] as? String == points[least]["mapping_yaml"] as? String)
  }

  @Test("the ends of the front are the optima by latency and by energy, and one point the best EDP")
  func ends() throws {
    let points = try #require(try front(of: Self.layer)["front"] as? [[String: Any]])
    for (objective, key, point) in [
      ("latency", "cycles", points.first), ("energy", "energy_pj", points.last),
    ] {
      let best = try Program.json(
        "map", "--target", "eyeriss", "--layer", Self.layer, "--objective", objective, "--factors",
        "perfect")
      #expect(try ReportTests.number(#require(point), key) == ReportTests.number(best, key))
      #expect(best["front"] == nil)
    }
  }

  @Test("a front without a proof is no worse than what each objective finds")
  func unproven() throws {
    let arguments = [
      "map", "--target", "eyeriss-like", "--layer", "conv c=8 k=8 h=8 r=3", "--counting",
      "timeloop",
      "--format", "json",
    ]
    let front = try Program.run(arguments + ["--objective", "pareto"]).object()
    let edp = try Program.run(arguments).object()
    #expect(front["front_exact"] as? Bool == false)
    #expect(front["proven_best"] as? Bool == false)
    #expect(
      try ReportTests.number(front, "edp_pj_cycles") <= ReportTests.number(edp, "edp_pj_cycles"))
  }

  @Test("evaluate gives the mapping of each point the point's cost")
  func evaluate() throws {
    let folder = try TemporaryFolder()
    for point in try #require(try front(of: Self.layer)["front"] as? [[String: Any]]) {
      let path = try folder.write(
        try #require(point["mapping_yaml"] as? String), to: "mapping.yaml")
      let again = try Program.json(
        "evaluate", "--target", "eyeriss", "--layer", Self.layer, "--mapping", path)
      for key in ["cycles", "energy_pj", "latency_ms", "dram_bytes"] {
        #expect(try ReportTests.number(point, key) == ReportTests.number(again, key), "\(key)")
      }
    }
  }

  @Test("csv has a row a point, and the table says how each compares to the ends")
  func formats() throws {
    let arguments = ["map", "--target", "eyeriss", "--layer", Self.layer] + Self.options
    let points = try #require(try front(of: Self.layer)["front"] as? [[String: Any]])
    let csv = try Program.run(arguments + ["--format", "csv"]).output
    let rows = csv.split(separator: "\n").filter { $0.hasPrefix("1,eyeriss,") }
    #expect(rows.count == points.count)
    let table = try Program.run(arguments).output
    #expect(table.contains("\nfront\ncycles  latency [ms]  energy [uJ]  EDP [uJ ms]  latency / "))
    #expect(table.contains("mapping  no point is missing (proven)\n"))
    #expect(table.contains("  1.0000  shown\n"))
    #expect(table.contains("objective pareto, perfect factors"))
  }

  /// Two layers, one of them twice.
  private static let network = """
    name: small
    input: [16, 16, 16]
    layers:
      - {name: a, layer: 'conv c=16 k=16 h=16 r=3 pad=1', inputs: [data]}
      - {name: b, layer: 'conv c=16 k=16 h=16 r=3 pad=1', inputs: [a]}
      - {name: c, layer: 'conv c=16 k=8 h=16 r=1', inputs: [b]}
    """

  private static func points(_ object: [String: Any]) throws -> [(cycles: Double, energy: Double)] {
    try #require(object["front"] as? [[String: Any]]).map {
      (try ReportTests.number($0, "cycles"), try ReportTests.number($0, "energy_pj"))
    }
  }

  @Test("a network's front is that of the sums of its layers' points")
  func cost() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Self.network, to: "small.yaml")
    let (one, two) = (
      try Self.points(front(of: Self.layer)), try Self.points(front(of: "conv c=16 k=8 h=16 r=1"))
    )
    let sums = one.flatMap { a in
      one.flatMap { b in
        two.map {
          (cycles: a.cycles + b.cycles + $0.cycles, energy: a.energy + b.energy + $0.energy)
        }
      }
    }
    // Not beaten by another: nothing is strictly better in one and no worse in the other.
    let expected = sums.filter { point in
      !sums.contains {
        $0.cycles <= point.cycles && $0.energy <= point.energy
          && ($0.cycles < point.cycles || $0.energy < point.energy * (1 - 1e-9))
      }
    }
    let arguments = ["cost", "--target", "eyeriss", "--network", path] + Self.options
    let run = try Program.run(arguments + ["--format", "json", "--per-layer"])
    let report = try #require((try run.object()["reports"] as? [[String: Any]])?.first)
    let found = try #require(report["front"] as? [[String: Any]])
    #expect(Set(found.map { $0["latency_ms"] as? Double }).count == found.count)
    #expect(found.count == Set(expected.map(\.cycles)).count)
    for point in found {
      let cycles = try ReportTests.number(point, "latency_ms") * 200_000
      let energy = try ReportTests.number(point, "energy_mj") * 1e9
      #expect(
        expected.contains { abs($0.cycles - cycles) < 0.5 && abs($0.energy / energy - 1) < 1e-9 })
    }
    #expect(report["front_points"] as? Int == found.count)
    #expect(report["front_exact"] as? Bool == true)
    #expect(report["front_tolerance"] as? Double == 0)
    #expect(report["objective_scope"] as? String == "network")
    #expect(report["unproven_layers"] as? Int == 0)
    let best = try #require(expected.map { $0.cycles * $0.energy }.min())
    let product =
      try ReportTests.number(report, "latency_ms") * ReportTests.number(report, "energy_mj")
    #expect(abs(product * 200_000 * 1e9 / best - 1) < 1e-9)
    let layers = try #require(report["layers"] as? [[String: Any]])
    let energies = try layers.map { try ReportTests.number($0, "energy_pj") }
    let total = try ReportTests.number(report, "energy_mj") * 1e9
    #expect(abs(energies.reduce(0, +) / total - 1) < 1e-9)
    let csv = try Program.run(arguments + ["--format", "csv"]).output.split(separator: "\n")
    #expect(csv.count == found.count + 1)
    #expect(
      csv[0].hasPrefix("target,space,arch,index,macs,params,latency_ms,energy_mj,dram_bytes,"))
    #expect(csv[0].contains(",front_point,front_points,"))
    let table = try Program.run(arguments).output
    #expect(table.contains("\neyeriss: front of small\n"))
    #expect(table.contains("\n\(found.count) points, none is missing\n"))
    #expect(table.contains("objective pareto of the whole network, perfect factors"))
  }

  @Test("the least energy that takes many times the cycles for hardly less is told")
  func poorObjective() throws {
    let arguments = [
      "map", "--target", "eyeriss-like-free", "--layer", "linear c=8 k=16", "--factors", "perfect",
    ]
    let energy = try Program.run(arguments + ["--objective", "energy", "--format", "json"]).object()
    let edp = try Program.run(arguments + ["--format", "json"]).object()
    let way = try #require(energy["faster_way"] as? [String: Any])
    #expect(way["cycles"] as? Int == edp["cycles"] as? Int)
    #expect(way["energy_pj"] as? Double == edp["energy_pj"] as? Double)
    let speedup = try ReportTests.number(energy, "cycles") / ReportTests.number(edp, "cycles")
    #expect(speedup >= 2)
    #expect(try abs(ReportTests.number(way, "speedup") / speedup - 1) < 1e-9)
    #expect(edp["faster_way"] == nil)
    for objective in ["energy", "pareto"] {
      let table = try Program.run(arguments + ["--objective", objective]).output
      #expect(table.contains("remark   energy alone is a poor objective here: the least takes "))
    }
  }
}
