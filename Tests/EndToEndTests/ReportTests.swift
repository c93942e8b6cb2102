import Foundation
import Testing

@Suite("Reports")
struct ReportTests {
  static let layer = "conv c=16 k=16 h=32 r=3 pad=1"
  static let cell =
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|"
    + "+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|"

  static func number(_ object: [String: Any], _ key: String) throws -> Double {
    try #require(object[key] as? NSNumber, "\(key)").doubleValue
  }

  /// The keys that the contract of the command line lists.
  @Test("map prints one object with the contract's keys, whose parts add up")
  func mapReport() throws {
    let object = try Program.json("map", "--target", "eyeriss", "--layer", Self.layer)
    for key in [
      "schema", "target", "layer", "objective", "factors", "counting", "latency_model", "macs",
      "cycles", "latency_ms", "energy_pj", "edp_pj_cycles", "utilization", "proven_best",
      "evaluations", "search_seconds", "area_mm2", "time_limit_seconds",
      "lower_bound_edp_pj_cycles", "optimality_gap", "bound_by", "compulsory", "levels", "compute",
      "mapping", "mapping_yaml",
      "hwcost", "model", "config_sha256",
    ] {
      #expect(object[key] != nil, "\(key)")
    }
    // 16 x 16 channels, 32 x 32 outputs, 3 x 3 filters.
    #expect(object["macs"] as? Int == 2_359_296)
    #expect(object["factors"] as? String == "imperfect")
    #expect(object["latency_model"] as? String == "separable")
    let levels = try #require(object["levels"] as? [[String: Any]])
    #expect(levels.map { $0["name"] as? String } == ["dram", "buffer", "scratchpads"])
    for level in levels {
      for tensor in ["weight", "input", "output"] {
        let counts = try #require(level[tensor] as? [String: Any])
        for key in ["reads", "fills", "updates", "drains"] { #expect(counts[key] is Int) }
      }
    }
    let compute = try #require(object["compute"] as? [String: Any])
    let constant = try #require(object["static"] as? [String: Any])
    let parts =
      try levels.reduce(0) { $0 + (try Self.number($1, "energy_pj")) }
      + Self.number(compute, "energy_pj") + Self.number(constant, "energy_pj")
    let energy = try Self.number(object, "energy_pj")
    // Each of six numbers is printed to 12 digits.
    #expect(abs(parts - energy) <= 6e-12 * energy)
    #expect(
      try Self.number(object, "latency_ms") == Self.number(object, "cycles") / 200_000)
  }

  @Test("evaluate gives a printed mapping the cost that map gave it")
  func mapThenEvaluate() throws {
    let best = try Program.json("map", "--target", "eyeriss", "--layer", Self.layer)
    let folder = try TemporaryFolder()
    let path = try folder.write(
      try #require(best["mapping_yaml"] as? String), to: "mapping.yaml")
    let again = try Program.json(
      "evaluate", "--target", "eyeriss", "--layer", Self.layer, "--mapping", path)
    for key in ["cycles", "energy_pj", "macs", "dram_bytes"] {
      #expect(try Self.number(best, key) == Self.number(again, key), "\(key)")
    }
    #expect(again["mapping"] as? String == best["mapping"] as? String)
  }

  @Test("a mapping by hand moves the words that a hand counts")
  func mappingByHand() throws {
    let folder = try TemporaryFolder()
    // A matrix times a vector, 4 x 8: all weights and inputs stay in the buffer, one lane works.
    let path = try folder.write(
      """
      levels:
        - level: dram
          keeps: [weight, input, output]
        - level: buffer
          keeps: [input, output]
        - level: scratchpads
          keeps: [weight, input, output]
          temporal: [k 4, c 8]
      """, to: "mapping.yaml")
    let object = try Program.json(
      "evaluate", "--target", "eyeriss", "--layer", "linear c=8 k=4", "--mapping", path)
    let levels = try #require(object["levels"] as? [[String: Any]])
    let dram = try #require(levels.first)
    #expect((dram["weight"] as? [String: Any])?["reads"] as? Int == 32)
    #expect((dram["input"] as? [String: Any])?["reads"] as? Int == 8)
    #expect((dram["output"] as? [String: Any])?["updates"] as? Int == 4)
    // 44 words of 16 bit.
    #expect(object["dram_bytes"] as? Int == 88)
    #expect(object["proven_best"] is NSNull)
  }

  @Test("the layers of a network add up to its report, and repeat what was in force")
  func costReport() throws {
    let object = try Program.json(
      "cost", "--target", "eyeriss", "--space", "nasbench201-cifar10", "--arch", Self.cell,
      "--per-layer")
    let reports = try #require(object["reports"] as? [[String: Any]])
    let report = try #require(reports.first)
    #expect(object["schema"] as? Int == 1)
    #expect(reports.count == 1)
    #expect(report["target"] as? String == "eyeriss")
    #expect(report["space"] as? String == "nasbench201-cifar10")
    #expect(report["arch"] as? String == Self.cell)
    // NAS-Bench-201's API: 220.12 M multiply-accumulates and 1.531546 M parameters.
    #expect(abs(try Self.number(report, "macs") - 220.12e6) < 0.005e6)
    #expect(report["params"] as? Int == 1_531_546)
    #expect(report["objective"] as? String == "edp")
    let layers = try #require(report["layers"] as? [[String: Any]])
    for (total, part, unit) in [
      ("latency_ms", "latency_ms", 1.0), ("energy_mj", "energy_pj", 1e-9), ("macs", "macs", 1),
      ("dram_bytes", "dram_bytes", 1),
    ] {
      let sum = try layers.reduce(0) {
        $0 + (try Self.number($1, part)) * (try Self.number($1, "repeats")) * unit
      }
      let whole = try Self.number(report, total)
      #expect(abs(sum - whole) <= 1e-9 * whole, "\(total)")
    }
  }

  @Test("csv and jsonl have one line a report, and the same numbers as json")
  func formats() throws {
    let arguments = [
      "cost", "--target", "eyeriss", "--space", "nasbench201-cifar10", "--index", "0", "1651",
    ]
    let json = try Program.run(arguments + ["--format", "json"]).object()
    let reports = try #require(json["reports"] as? [[String: Any]])
    let lines = try Program.run(arguments + ["--format", "jsonl"]).output.split(separator: "\n")
    #expect(lines.count == 2)
    let first = try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any]
    #expect(first?["energy_mj"] as? Double == reports[0]["energy_mj"] as? Double)
    let csv = try Program.run(arguments + ["--format", "csv"]).output.split(separator: "\n")
    #expect(csv.count == 3)
    #expect(
      csv[0].hasPrefix("target,space,arch,index,macs,params,latency_ms,energy_mj,dram_bytes"))
    let fields = csv[2].split(separator: ",", omittingEmptySubsequences: false)
    #expect(fields[3] == "1651")
    #expect(Double(fields[7]) == reports[1]["energy_mj"] as? Double)
  }

  @Test("many targets and kinds of networks in one call give a report each")
  func manyTargets() throws {
    let object = try Program.json(
      "cost", "--target", "eyeriss", "example", "--space", "nasbench201-cifar10", "--arch",
      "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|")
    let reports = try #require(object["reports"] as? [[String: Any]])
    #expect(reports.map { $0["target"] as? String } == ["eyeriss", "example"])
    #expect(reports[1]["latency_ms"] as? Double == 2)
    #expect(reports[1]["energy_mj"] as? Double == 4)
    #expect(reports[1]["dram_bytes"] is NSNull)
    #expect(reports[1]["objective"] is NSNull)
    #expect(reports[1]["latency_model"] as? String == "measured")
  }

  @Test("dropping dead nodes leaves a network without live cells only its frame")
  func deadNodes() throws {
    let arguments = [
      "cost", "--target", "eyeriss", "--space", "nasbench201-cifar10", "--arch",
      "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|", "--format", "json",
    ]
    let kept = try Program.run(arguments).object()
    let dropped = try Program.run(arguments + ["--eliminate-dead-nodes"]).object()
    let energy = { (object: [String: Any]) throws -> Double in
      let reports = try #require(object["reports"] as? [[String: Any]])
      return try Self.number(reports[0], "energy_mj")
    }
    #expect(try energy(dropped) < energy(kept))
    for (object, isEliminated) in [(kept, false), (dropped, true)] {
      let reports = try #require(object["reports"] as? [[String: Any]])
      #expect(reports[0]["eliminate_dead_nodes"] as? Bool == isEliminated)
    }
    let table = try Program.run(Array(arguments.dropLast(2)) + ["--eliminate-dead-nodes"]).output
    #expect(table.contains(", dead nodes eliminated\n"))
  }

  @Test("a network's report says that its objective is that of each layer, in every format")
  func objectiveScope() throws {
    let arguments =
      ["cost", "--target", "eyeriss", "example", "--index", "1651"] + [
        "--space", "nasbench201-cifar10",
      ]
    let table = try Program.run(arguments).output
    #expect(table.contains("objective edp of each layer by itself, imperfect factors"))
    let json = try Program.run(arguments + ["--format", "json"]).object()
    let reports = try #require(json["reports"] as? [[String: Any]])
    #expect(reports[0]["objective_scope"] as? String == "per layer")
    #expect(reports[1]["objective_scope"] is NSNull)
    let csv = try Program.run(arguments + ["--format", "csv"]).output.split(separator: "\n")
    let columns = csv[0].split(separator: ",").map(String.init)
    let column = try #require(columns.firstIndex(of: "objective_scope"))
    let values = csv[1].split(separator: ",", omittingEmptySubsequences: false)
    #expect(values[column] == "per layer")
  }

  @Test("csv with layers has a row a layer, with the numbers of json")
  func layerRows() throws {
    let arguments = [
      "cost", "--target", "eyeriss", "--network", "alexnet", "--per-layer", "--factors", "perfect",
    ]
    let json = try Program.run(arguments + ["--format", "json"]).object()
    let report = try #require((json["reports"] as? [[String: Any]])?.first)
    let layers = try #require(report["layers"] as? [[String: Any]])
    let csv = try Program.run(arguments + ["--format", "csv"]).output.split(separator: "\n")
    #expect(
      csv[0].hasPrefix(
        "target,space,arch,index,name,layer,macs,cycles,latency_ms,energy_pj,dram_bytes,repeats,"))
    #expect(csv.count == layers.count + 1)
    for (row, layer) in zip(csv.dropFirst(), layers) {
      let fields = row.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      #expect(fields[4] == layer["name"] as? String)
      #expect(Double(fields[9]) == layer["energy_pj"] as? Double)
    }
    let measured = try Program.run(
      "cost", "--target", "example", "--space", "nasbench201-cifar10", "--index", "1651",
      "--per-layer", "--format", "csv")
    #expect(measured.status == 1)
    #expect(measured.errors.contains("'example' is measured: it has no layers to write as rows"))
  }

  @Test("options that a measured device cannot use are said to be ignored")
  func ignoredOptions() throws {
    let arguments = [
      "cost", "--target", "example", "--space", "nasbench201-cifar10", "--index", "1651",
    ]
    let plain = try Program.run(arguments)
    #expect(plain.errors.isEmpty)
    let run = try Program.run(
      arguments + ["--objective", "energy", "--counting", "exact", "--eliminate-dead-nodes"])
    #expect(run.output == plain.output)
    #expect(
      run.errors == "remark: 'example' is measured: --objective, --counting, "
        + "--eliminate-dead-nodes are ignored\n")
  }

  @Test("the command that a report suggests runs as pasted and shows the same layer")
  func suggestedCommand() throws {
    let folder = try TemporaryFolder()
    let text = try String(
      contentsOf: Program.root.appendingPathComponent("hwconfigs/eyeriss.yaml"), encoding: .utf8)
    _ = try folder.write(text, to: "mine.yaml")
    let shown = try Program.run(
      "cost", "--target", "mine", "--config", folder.path, "--objective", "energy", "--counting",
      "timeloop", "--batch", "2", "--network", "alexnet", "--per-layer")
    let lines = shown.output.split(separator: "\n").map(String.init)
    let prefix = "see why: hwcost "
    let command = try #require(lines.first { $0.hasPrefix(prefix) }).dropFirst(prefix.count)
    let costliest = try #require(lines.first { $0.hasPrefix("costliest: ") }).dropFirst(11)
    #expect(
      command
        == "map --target mine --config '\(folder.path)' --objective energy --counting timeloop "
        + "--layer '\(costliest)'")
    // Words in quotes stand between every other pair of them.
    let words = command.split(separator: "'", omittingEmptySubsequences: false).enumerated()
      .flatMap { index, piece in
        index % 2 == 1 ? [String(piece)] : piece.split(separator: " ").map(String.init)
      }
    let map = try Program.run(words + ["--format", "json"]).object()
    let cost = try Program.json(
      "cost", "--target", "mine", "--config", folder.path, "--objective", "energy", "--counting",
      "timeloop", "--batch", "2", "--network", "alexnet", "--per-layer")
    let report = try #require((cost["reports"] as? [[String: Any]])?.first)
    let layers = try #require(report["layers"] as? [[String: Any]])
    let layer = try #require(
      layers.first { $0["layer"] as? String == map["layer"] as? String })
    #expect(layer["energy_pj"] as? Double == map["energy_pj"] as? Double)
    #expect(layer["cycles"] as? Int == map["cycles"] as? Int)
    #expect(map["batch"] as? Int == 2)
  }

  @Test("a joined file adds its columns by index")
  func join() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("index,accuracy,note\n1651,10.5,\"a, b\"\n", to: "accuracy.csv")
    let run = try Program.run(
      "cost", "--target", "example", "--space", "nasbench201-cifar10", "--index", "1651", "--join",
      path, "--format", "json")
    let reports = try #require(try run.object()["reports"] as? [[String: Any]])
    #expect(reports[0]["accuracy"] as? Double == 10.5)
    #expect(reports[0]["note"] as? String == "a, b")
  }

  @Test("the same call gives the same bytes with any number of threads")
  func deterministic() throws {
    let arguments = [
      "cost", "--target", "eyeriss", "--space", "nasbench201-cifar10", "--index", "0", "7", "99",
      "--per-layer", "--format", "json", "--jobs",
    ]
    let one = try Program.run(arguments + ["1"])
    let four = try Program.run(arguments + ["4"])
    #expect(one.status == 0)
    #expect(one.output == four.output)
    let mapped = ["map", "--target", "eyeriss", "--layer", Self.layer, "--format", "json"]
    let first = try Program.run(mapped + ["--no-timing"])
    #expect(first.output == (try Program.run(mapped + ["--no-timing"]).output))
    #expect(try first.object()["search_seconds"] == nil)
  }

  @Test("the networks that are shipped are costed by name", arguments: ["alexnet", "mobilenet-v2"])
  func networks(name: String) throws {
    let object = try Program.json(
      "cost", "--target", "eyeriss", "--network", name, "--factors", "perfect")
    let reports = try #require(object["reports"] as? [[String: Any]])
    #expect(reports[0]["arch"] as? String == name)
    #expect(reports[0]["space"] is NSNull)
    #expect(try Self.number(reports[0], "energy_mj") > 0)
  }
}
