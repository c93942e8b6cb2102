import Foundation
import Testing

@Suite("The command line")
struct CommandLineTests {
  @Test("the version is printed and is no mistake")
  func version() throws {
    let run = try Program.run("--version")
    #expect(run.status == 0)
    #expect(run.output == "0.1.0\n")
  }

  @Test(
    "each command's help has an example",
    arguments: [
      "targets", "spaces", "describe", "check", "cost", "map", "evaluate", "design",
      "import-timeloop",
    ])
  func help(command: String) throws {
    let run = try Program.run(command, "--help")
    #expect(run.status == 0)
    #expect(run.output.contains("Example"))
    #expect(run.output.contains("hwcost \(command)"))
  }

  @Test(
    "a wrong command line is status 2 and says so on standard error",
    arguments: [
      ["--bogus"], ["frobnicate"], ["cost"], ["cost", "--target", "eyeriss"],
      ["cost", "--target", "eyeriss", "--index", "0"],
      ["cost", "--target", "eyeriss", "--space", "nasbench201-cifar10"],
      ["map", "--target", "eyeriss"], ["evaluate", "--target", "eyeriss"],
      ["evaluate", "--timeloop", "a", "b"],
      ["evaluate", "--timeloop", "a", "b", "c", "--batch", "2"],
      ["evaluate", "--timeloop", "a", "b", "c", "--counting", "exact"],
      ["cost", "--target", "eyeriss", "--space", "nasbench201-cifar10", "--all", "--index", "0"],
      ["check"], ["describe"],
      ["describe", "eyeriss", "--format", "csv"], ["targets", "--format", "xml"],
      ["targets", "--jobs", "0"],
    ])
  func misuse(arguments: [String]) throws {
    let run = try Program.run(arguments)
    #expect(run.status == 2)
    #expect(run.output.isEmpty)
    #expect(run.errors.hasPrefix("Error: "))
  }

  @Test(
    "a time limit is a number of seconds above 0", arguments: ["0", "-1", "inf", "nan", "1 s", ""])
  func badTimeLimit(text: String) throws {
    let run = try Program.run(
      "map", "--target", "eyeriss", "--layer", "linear c=4 k=4", "--time-limit=\(text)")
    #expect(run.status == 2)
    #expect(
      run.errors.hasPrefix("Error: --time-limit \(text) is no number of seconds above 0\n")
        || text.isEmpty)
    let evaluated = try Program.run(
      "evaluate", "--target", "eyeriss", "--layer", "linear c=4 k=4", "--mapping", "m.yaml",
      "--time-limit", "2")
    #expect(evaluated.status == 2)
    #expect(
      evaluated.errors.hasPrefix(
        "Error: --time-limit 2 is for a search; evaluate searches nothing\n"))
  }

  @Test("output goes to a file when asked, and a folder that is not there is an error")
  func outputFile() throws {
    let folder = try TemporaryFolder()
    let path = folder.url("spaces.json").path
    let run = try Program.run("spaces", "--format", "json", "--output", path)
    #expect(run.status == 0)
    #expect(run.output.isEmpty)
    let written = try JSONSerialization.jsonObject(
      with: Data(contentsOf: folder.url("spaces.json")))
    #expect(written is [String: Any])
    let missing = folder.url("no/such/folder").path
    let failed = try Program.run("spaces", "--output", missing)
    #expect(failed.status == 1)
    #expect(failed.errors == "error: cannot write '\(missing)': no such file or directory\n")
  }

  @Test("a result that is no terminal's has no colour")
  func noColor() throws {
    #expect(!(try Program.run("targets").output.contains("\u{1B}")))
  }

  @Test("targets are listed with kind, clock, size and file, in every format")
  func targets() throws {
    let object = try Program.json("targets")
    let targets = try #require(object["targets"] as? [[String: Any]])
    let eyeriss = try #require(targets.first { $0["name"] as? String == "eyeriss" })
    #expect(eyeriss["kind"] as? String == "spatial-array")
    #expect(eyeriss["clock_mhz"] as? Double == 200)
    #expect((eyeriss["file"] as? String)?.hasSuffix("hwconfigs/eyeriss.yaml") == true)
    #expect(targets.contains { $0["name"] as? String == "example" })
    let csv = try Program.run("targets", "--format", "csv").output.split(separator: "\n")
    #expect(csv.count == targets.count + 1)
    #expect(csv.first == "name,kind,clock_mhz,size,file,config_sha256")
  }

  @Test("a target is listed by the name that finds it, wherever its folder has it")
  func listedByLookUpName() throws {
    let folder = try TemporaryFolder()
    let text = try String(
      contentsOf: Program.root.appendingPathComponent("hwconfigs/eyeriss.yaml"), encoding: .utf8)
    _ = try folder.write(text, to: "bare.yaml")
    _ = try folder.write(text, to: "hwconfigs/inside.yaml")
    _ = try folder.write("levels: [{level: dram}]", to: "mapping.yaml")
    _ = try folder.write("name: net\ninput: [1, 1, 1]\nlayers: []", to: "network.yaml")
    let object = try Program.json("targets", "--config", folder.path)
    let names = try #require(object["targets"] as? [[String: Any]]).map { $0["name"] as? String }
    #expect(names.contains("bare"))
    #expect(names.contains("example"))
    #expect(names.contains("inside"))
    #expect(!names.contains("mapping"))
    #expect(!names.contains("network"))
    #expect(try Program.run("describe", "bare", "--config", folder.path).status == 0)
  }

  @Test("a file that has mistakes is left out of the list, with the command that says why")
  func leftOut() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("schema: 1\nkind: spatial-array\n", to: "bad.yaml")
    let run = try Program.run("targets", "--config", folder.path)
    #expect(run.status == 0)
    #expect(run.errors == "warning: 'bad' is left out; hwcost check '\(path)' says why\n")
  }

  @Test("describe lists the numbers of a file that have no source, and what wires cost")
  func unsourced() throws {
    let folder = try TemporaryFolder()
    let text = try String(
      contentsOf: Program.root.appendingPathComponent("hwconfigs/eyeriss.yaml"), encoding: .utf8)
    let path = try folder.write(
      text.replacingOccurrences(of: "clock: {value: 200 MHz, source: jssc17}", with: "clock: 1 MHz")
        .replacingOccurrences(of: "hop: {value: 0.25 pJ/bit,", with: "hop: {value: 0 pJ/bit,"),
      to: "mine.yaml")
    let run = try Program.run("describe", path)
    #expect(run.output.contains("no source: add 'source' or 'assumed'"))
    #expect(run.output.contains("delivery 0 pJ/bit, addition 0 pJ (assumed)\n"))
    #expect(try Program.json("describe", path)["unsourced"] as? [String] == ["clock"])
    #expect(try Program.json("describe", "eyeriss")["unsourced"] as? [String] == [])
    let bare = try folder.write(
      text.split(separator: "\n").filter { !$0.contains(" hop: ") && !$0.contains(" adder: ") }
        .joined(separator: "\n"), to: "bare.yaml")
    #expect(
      try Program.run("describe", bare).output.contains(
        "delivery 0 pJ/bit (assumed: not in the file), addition 0 pJ (assumed: not in the file)"))
  }

  @Test("spaces are listed with their variables, size and text form")
  func spaces() throws {
    let object = try Program.json("spaces")
    let spaces = try #require(object["spaces"] as? [[String: Any]])
    let cifar = try #require(spaces.first { $0["name"] as? String == "nasbench201-cifar10" })
    #expect(cifar["variables"] as? Int == 6)
    #expect(cifar["size"] as? Double == 15_625)
    let fbnet = try #require(spaces.first { $0["name"] as? String == "fbnet-imagenet" })
    #expect(fbnet["variables"] as? Int == 22)
  }

  @Test("a target is described as a tree with the source of each number")
  func describe() throws {
    let run = try Program.run("describe", "eyeriss")
    #expect(run.status == 0)
    #expect(run.output.contains("eyeriss: spatial array, 168 lanes at 200 MHz, 33.6 GMAC/s"))
    #expect(run.output.contains("└─ buffer: 100 KiB"))
    #expect(run.output.contains("[jssc17]"))
    let object = try Program.json("describe", "eyeriss")
    #expect(object["lanes"] as? Int == 168)
    #expect((object["levels"] as? [Any])?.count == 3)
    let measured = try Program.json("describe", "example")
    #expect(measured["networks"] as? Int == 5)
  }

  @Test("--config comes before the shipped files, and $HWCOST_CONFIG after --config")
  func searchPath() throws {
    let (first, second) = (try TemporaryFolder(), try TemporaryFolder())
    let text = try String(
      contentsOf: Program.root.appendingPathComponent("hwconfigs/eyeriss.yaml"), encoding: .utf8)
    for (folder, clock) in [(first, "100 MHz"), (second, "50 MHz")] {
      _ = try folder.write(
        text.replacingOccurrences(of: "clock: {value: 200 MHz", with: "clock: {value: \(clock)"),
        to: "eyeriss.yaml")
    }
    let named = try Program.run(
      ["describe", "eyeriss", "--config", first.path], environment: ["HWCOST_CONFIG": second.path])
    #expect(named.output.contains("at 100 MHz"))
    let variable = try Program.run(
      ["describe", "eyeriss"], environment: ["HWCOST_CONFIG": second.path])
    #expect(variable.output.contains("at 50 MHz"))
  }
}
