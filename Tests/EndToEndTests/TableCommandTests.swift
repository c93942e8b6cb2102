import Foundation
import Testing

@Suite("Tables on the command line")
struct TableCommandTests {
  static let zeros = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"
  static let model = ["--target", "eyeriss-like", "--factors", "perfect"]

  @Test("a table that lacks networks of its space says how many, with status 1")
  func check() throws {
    let run = try Program.run("table", "check", "example")
    #expect(run.status == 1)
    #expect(run.errors.isEmpty)
    #expect(run.output.contains("5 networks of 15,625 in nasbench201-cifar10, 15,620 missing"))
  }

  @Test("a device that waits for its numbers is no mistake, and says how to get them")
  func notImported() throws {
    let check = try Program.run("check", "hwconfigs/measured")
    #expect(check.status == 0, "\(check.errors)")
    let folder = try TemporaryFolder()
    let manifest = try String(
      contentsOf: Program.root.appendingPathComponent("hwconfigs/measured/pixel-3/device.yaml"),
      encoding: .utf8)
    let path = try folder.write(manifest, to: "pixel-3/device.yaml")
    let run = try Program.run(
      "cost", "--target", path, "--space", "nasbench201-cifar10", "--index", "0")
    #expect(run.status == 1)
    #expect(run.errors.contains("'pixel-3' has no numbers yet"))
    #expect(run.errors.contains("hint: fill it from the published file with 'hwcost table import"))
  }

  @Test("a table of blocks costs networks, lists blocks and marks what it interpolates")
  func blocks() throws {
    let folder = try TemporaryFolder()
    let export = try Program.run(
      ["table", "export", "--space", "fbnet-cifar100", "--as", "hwnasbench"] + Self.model)
    #expect(export.status == 0, "\(export.errors)")
    let tables = try #require(try export.object()["latency_ms"] as? [String: Double])
    #expect(tables.count == 112)
    let left = "ConvBlock_H16_W16_Cin32_Cout32_exp3_kernel3_stride1_group1"
    let rows = tables.sorted { $0.key < $1.key }.filter { $0.key != left }
      .map { "\($0.key),\($0.value)\n" }
    _ = try folder.write("block,ms\n" + rows.joined(), to: "board/t.csv")
    let path = try folder.write(
      """
      schema: 1
      kind: measured
      name: board
      granularity: block
      space: fbnet-cifar100
      table: t.csv
      key: hw-nas-bench
      additive: true
      missing: interpolate
      columns: {latency: {name: ms, unit: ms}}
      measurement: {device: board, license: none}
      """, to: "board/device.yaml")
    func report(_ choice: Int, _ target: [String]) throws -> [String: Any] {
      let architecture = Array(repeating: String(choice), count: 22).joined(separator: " ")
      let run = try Program.run(
        ["cost", "--space", "fbnet-cifar100", "--arch", architecture, "--format", "json"] + target)
      try #require(run.status == 0, "\(run.errors)")
      return try #require((try run.object()["reports"] as? [[String: Any]])?.first)
    }
    // What was exported costs what the target costs.
    let (table, model) = (try report(7, ["--target", path]), try report(7, Self.model))
    let one = try #require(table["latency_ms"] as? Double)
    let two = try #require(model["latency_ms"] as? Double)
    #expect(abs(one - two) < 1e-9)
    #expect(table["interpolated"] as? Int == 0)
    let other = try report(2, ["--target", path])
    #expect(other["interpolated"] as? Int == 3)
    #expect(other["interpolated_entries"] as? [String] == [left, left, left])
    let layers = try Program.json(
      "cost", "--target", path, "--space", "fbnet-cifar100", "--arch",
      Array(repeating: "7", count: 22).joined(separator: " "), "--per-layer")
    let reports = try #require(layers["reports"] as? [[String: Any]])
    #expect((reports[0]["layers"] as? [Any])?.count == 26)
  }

  @Test("a target that stands for no published device is not left out of the pickle in silence")
  func unnamedTargets() throws {
    func errors(_ arguments: String...) throws -> String {
      let run = try Program.run(
        ["dataset", "--space", "fbnet-cifar100", "--output", "/dev/null"] + Self.model + arguments)
      #expect(run.status == 2)
      return run.errors
    }
    #expect(
      try errors("--as", "pickle").hasPrefix(
        "Error: say which device of HW-NAS-Bench 'eyeriss-like' stands for: "
          + "--name DEVICE=eyeriss-like, with edgegpu, raspi4, "))
    #expect(
      try errors("--name", "eyeriss=eyeriss-like").hasPrefix("Error: --name is for --as pickle\n"))
  }

  @Test("a table with blocks of several spaces says how many are of each")
  func severalSpaces() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(
      """
      block,ms
      FC_Cin1504_Cout100,1
      FC_Cin1984_Cout1000,2
      ConvNorm_H32_W32_Cin3_Cout16_kernel3_stride1_group1,3
      """, to: "board/t.csv")
    let path = try folder.write(
      """
      schema: 1
      kind: measured
      name: board
      granularity: block
      space: fbnet-cifar100
      table: t.csv
      key: hw-nas-bench
      additive: true
      missing: error
      columns: {latency: {name: ms, unit: ms}}
      measurement: {device: board, license: none}
      """, to: "board/device.yaml")
    let run = try Program.run("table", "check", path)
    #expect(run.status == 1)
    #expect(
      run.output.contains(
        "t.csv: 3 blocks, with 2 of the 112 in fbnet-cifar100, 110 missing, the first '"))
  }

  @Test(
    "a form that a command does not have is refused",
    arguments: [
      (
        ["table", "export", "--space", "fbnet-cifar100", "--as", "matrix"]
          + TableCommandTests.model,
        "--as says how the table is written"
      ),
      (
        ["dataset", "--space", "fbnet-cifar100"] + TableCommandTests.model,
        "--as says how the dataset is written"
      ),
      (["serve", "--stdio"], "replies are lines of JSON"),
    ])
  func noSuchForm(arguments: [String], reason: String) throws {
    let run = try Program.run(arguments + ["--format", "json"])
    #expect(run.status == 2)
    #expect(run.errors.hasPrefix("Error: --format json is not for this command: \(reason)\n"))
  }

  @Test("a layer may be written without quotes")
  func unquotedLayer() throws {
    let rest = ["--target", "eyeriss-like", "--factors", "perfect", "--no-timing"]
    let quoted = try Program.run(["map", "--layer", "linear c=8 k=4"] + rest)
    let plain = try Program.run(["map", "--layer", "linear", "c=8", "k=4"] + rest)
    #expect(plain.status == 0, "\(plain.errors)")
    #expect(plain.output == quoted.output)
    #expect(
      try Program.run("table", "check", "eyeriss").errors
        == "error: 'eyeriss' is no measured device\n"
        + "hint: 'hwcost targets' lists them as measured\n")
  }

  @Test("every form of a look-up table holds the same numbers")
  func exports() throws {
    func export(_ form: String) throws -> String {
      let run = try Program.run(
        ["table", "export", "--space", "fbnet-cifar100", "--as", form] + Self.model)
      try #require(run.status == 0, "\(run.errors)")
      return run.output
    }
    let matrix = try export("matrix").split(separator: "\n")
    #expect(matrix.count == 23)
    let first = matrix[1].split(separator: ",").map(String.init)
    #expect(first.count == 9)
    let onceForAll = try export("ofa")
    let key = "expanded_conv-input:32x32x16-output:32x32x16-expand:1-kernel:3-stride:1-idskip:1"
    #expect(onceForAll.contains("\(key): {count: 1, mean: \(first[0]), var: 0.0}\n"))
    let nni = try export("nni")
    #expect(
      nni.contains(
        "{'op_name': 'k3_e1', 'op_data_shape': (32, 32, 16, 16, 1), 'op_dtype': 'float32', "
          + "'op_latency': \(first[0])}\n"))
    let folder = try TemporaryFolder()
    let run = try Program.run(
      [
        "table", "export", "--space", "fbnet-cifar100", "--as", "npy", "--output",
        folder.url("m.npy").path,
      ] + Self.model)
    #expect(run.status == 0, "\(run.errors)")
    let bytes = try Data(contentsOf: folder.url("m.npy"))
    // The header fills 128 bytes; 22 rows of nine numbers of eight bytes follow.
    #expect(bytes.count == 128 + 22 * 9 * 8)
    let number = bytes[128..<136].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    #expect(Double(bitPattern: number) == Double(first[0]))
    let terms = try Program.run(
      ["table", "export", "--space", "nasbench201-cifar10", "--as", "matrix"] + Self.model)
    #expect(terms.status == 1)
    #expect(terms.errors.contains("hint: write every term with '--as terms'"))
    let keys = try Program.run(
      ["table", "export", "--space", "nasbench201-cifar10", "--as", "hwnasbench"] + Self.model)
    #expect(
      keys.errors == "error: nasbench201-cifar10 is not made of blocks that have keys\n"
        + "hint: write every term with '--as terms'\n")
  }

  @Test("a dataset has a row a network and says where its numbers come from")
  func dataset() throws {
    let run = try Program.run(["dataset", "--space", "nasbench201-cifar10"] + Self.model)
    #expect(run.status == 0, "\(run.errors)")
    let lines = run.output.split(separator: "\n")
    #expect(lines.count == 2 + 1 + 15625)
    #expect(lines[0] == "# hwcost 0.1.0, model 1, nasbench201-cifar10")
    #expect(lines[1].hasPrefix("# eyeriss-like: objective edp, perfect factors"))
    #expect(
      lines[2]
        == "index,arch,eyeriss-like.latency_ms,eyeriss-like.energy_mj,eyeriss-like.dram_bytes,"
        + "eyeriss-like.macs,eyeriss-like.params")
    let report = try Program.json(
      "cost", "--target", "eyeriss-like", "--factors", "perfect", "--space",
      "nasbench201-cifar10", "--index", "11")
    let first = try #require((report["reports"] as? [[String: Any]])?.first)
    let fields = lines[3 + 11].split(separator: ",")
    #expect(fields[1] == (first["arch"] as? String ?? ""))
    #expect(Double(fields[2]) == first["latency_ms"] as? Double)
  }

  @Test("once-for-all's tables have its keys, and no matrix")
  func onceForAll() throws {
    let arguments = [
      "table", "export", "--target", "eyeriss-like", "--factors", "perfect", "--space",
      "ofa-mbv3-160", "--as",
    ]
    let run = try Program.run(arguments + ["ofa"])
    #expect(run.status == 0, "\(run.errors)")
    let key =
      "expanded_conv-input:10x10x112-output:5x5x160-expand:672-kernel:7-stride:2-idskip:0-se:1-hs:1"
    #expect(run.output.contains("\n\(key): {count: 1, mean: "))
    let matrix = try Program.run(arguments + ["matrix"])
    #expect(matrix.status == 1)
    #expect(
      matrix.errors == "error: choices 0, 20, 45 cost together what they do not cost one by one\n"
        + "hint: write every term with '--as terms'\n")
  }

  @Test("the front of a joined column leaves out what is dearer and no better")
  func front() throws {
    let folder = try TemporaryFolder()
    let texts = try String(
      contentsOf: Program.root.appendingPathComponent("hwconfigs/measured/example/table.csv"),
      encoding: .utf8
    ).split(separator: "\n").dropFirst(2).map { String($0.split(separator: ",")[0]) }
    // Latencies of the example are 20, 8, 5, 3 and 2 ms; the one of 8 ms is worse than that of 5.
    let accuracies = [93.0, 80, 85, 70, 10]
    let path = try folder.write(
      "arch,accuracy\n" + zip(texts, accuracies).map { "\($0),\($1)\n" }.joined(), to: "a.csv")
    let run = try Program.run(
      ["cost", "--target", "example", "--space", "nasbench201-cifar10", "--arch"] + texts + [
        "--join", path, "--pareto", "latency", "--format", "json",
      ])
    #expect(run.status == 0, "\(run.errors)")
    let reports = try #require(try run.object()["reports"] as? [[String: Any]])
    #expect(reports.map { $0["latency_ms"] as? Double } == [2, 3, 5, 20])
    let without = try Program.run(
      "cost", "--target", "example", "--space", "nasbench201-cifar10", "--arch", Self.zeros,
      "--pareto", "latency")
    #expect(without.status == 2)
    // For people only the column that makes the front stands beside the costs.
    let wide = try folder.write(
      "arch,name,accuracy\n\(texts[0]),first,94\n\(texts[1]),second,93.04999999999999\n",
      to: "b.csv")
    let front =
      ["cost", "--target", "example", "--space", "nasbench201-cifar10", "--arch"]
      + texts.prefix(2) + ["--join", wide, "--pareto"]
    let shown = try Program.run(front + ["latency:accuracy"])
    #expect(shown.status == 0, "\(shown.errors)")
    #expect(shown.output.contains(" 93.050 "))
    #expect(!shown.output.contains("first"))
    #expect(shown.output.contains("2 networks on the front of latency_ms and accuracy\n"))
    let wordy = try Program.run(front + ["latency"])
    #expect(wordy.status == 1)
    #expect(wordy.errors.contains("error: no network has a number in 'name'"))
  }
}
