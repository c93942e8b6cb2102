import Foundation
import Testing

@Suite("What a user gets wrong")
struct InputErrorTests {
  static let space = ["--space", "nasbench201-cifar10"]

  /// Runs for a failure of the input, and gives what standard error says.
  static func errors(_ arguments: [String]) throws -> String {
    let run = try Program.run(arguments)
    #expect(run.status == 1)
    #expect(run.output.isEmpty)
    return run.errors
  }

  @Test("a mistyped target, space or network gets a suggestion")
  func mistypedNames() throws {
    #expect(
      try Self.errors(["cost", "--target", "eyeris", "--index", "0"] + Self.space)
        == "error: unknown target 'eyeris'\nhint: did you mean 'eyeriss'?\n")
    #expect(
      try Self.errors(
        ["cost", "--target", "eyeriss", "--space", "nasbench201-cifar11", "--index", "0"])
          == """
          error: unknown search space 'nasbench201-cifar11'
          hint: did you mean 'nasbench201-cifar10'?

          """)
    #expect(
      try Self.errors(["cost", "--target", "eyeriss", "--network", "resnet-18"])
        == "error: unknown network 'resnet-18'\nhint: did you mean 'resnet18'?\n")
  }

  @Test("who names a file of the folder they are in is told how to write its path")
  func namesOfFilesHere() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("", to: "mine.yaml")
    _ = try folder.write("", to: "board/device.yaml")
    func errors(_ arguments: String...) throws -> String {
      try Program.run(arguments, in: folder.url("")).errors
    }
    #expect(
      try errors("describe", "mine")
        == "error: unknown target 'mine'\nhint: write './mine.yaml' for the one in this folder\n")
    #expect(
      try errors("table", "check", "board")
        == "error: unknown target 'board'\nhint: write './board' for the one in this folder\n")
    #expect(
      try errors("cost", "--target", "eyeriss", "--network", "mine")
        == "error: unknown network 'mine'\nhint: write './mine.yaml' for the one in this folder\n")
    #expect(try errors("describe", "yours").contains("\nhint: known are "))
  }

  @Test("a mistake in an architecture's text has a caret under it")
  func architectureText() throws {
    let text = "|none~0|+|none~0|nne~1|+|none~0|none~1|none~2|"
    #expect(
      try Self.errors(["cost", "--target", "eyeriss", "--arch", text] + Self.space)
        == """
        error: column 18: unknown op 'nne'
          |none~0|+|none~0|nne~1|+|none~0|none~1|none~2|
                           ^
        hint: did you mean 'none'?

        """)
  }

  @Test("a mistake in a layer's text has a caret under it")
  func layerText() throws {
    #expect(
      try Self.errors(["map", "--target", "eyeriss", "--layer", "cnv c=3 k=4 h=8 r=3"])
        == """
        error: column 1: unknown op 'cnv'
          cnv c=3 k=4 h=8 r=3
          ^
        hint: did you mean 'conv'?

        """)
  }

  @Test("an index outside of the space says the range")
  func index() throws {
    #expect(
      try Self.errors(["cost", "--target", "eyeriss", "--index", "15625"] + Self.space)
        == """
        error: index 15625 is outside of nasbench201-cifar10
        hint: write a number from 0 to 15624

        """)
  }

  @Test("a space too large to list is not listed")
  func tooLarge() throws {
    #expect(
      try Self.errors(["cost", "--target", "eyeriss", "--space", "fbnet-imagenet", "--all"])
        == """
        error: fbnet-imagenet is too large to list
        hint: name architectures by 'arch', which is 22 numbers from 0 to 8: '0 3 8 …'

        """)
  }

  @Test("every mistake of a file of architectures comes at once, each with its place")
  func architectureFile() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("# two\n0\n\n  |none~0|+|\n15625\n 7 \n", to: "archs.txt")
    #expect(
      try Self.errors(["cost", "--target", "eyeriss", "--arch-file", path] + Self.space)
        == """
        \(path):4:13: error: expected an op of node 2, found the end of the text
         4 |   |none~0|+|
           |             ^
        hint: one of none, skip_connect, nor_conv_1x1, nor_conv_3x3, avg_pool_3x3
        \(path):5:1: error: index 15625 is outside of nasbench201-cifar10
         5 | 15625
           | ^
        hint: write a number from 0 to 15624

        """)
  }

  @Test("of very many mistakes in a file of architectures the first are shown and all counted")
  func manyBadArchitectures() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(String(repeating: "x\n", count: 150), to: "archs.txt")
    let errors = try Self.errors(["cost", "--target", "eyeriss", "--arch-file", path] + Self.space)
    #expect(errors.contains("\(path):100:1: "))
    #expect(!errors.contains("\(path):101:1: "))
    #expect(errors.hasSuffix("and 50 more mistakes\n"))
  }

  @Test("a number of any length is out of range, not unreadable")
  func hugeNumbers() throws {
    let digits = String(repeating: "9", count: 30)
    #expect(
      try Self.errors(["cost", "--target", "eyeriss", "--index", digits] + Self.space)
        == """
        error: index \(digits) is outside of nasbench201-cifar10
        hint: write a number from 0 to 15624

        """)
    for option in ["--batch", "--jobs"] {
      let run = try Program.run(
        ["cost", "--target", "eyeriss", "--index", "0", option, digits] + Self.space)
      #expect(run.status == 2)
      #expect(run.errors.contains("Error: \(option) \(digits) is not between 1 and "))
    }
  }

  @Test("a folder is a target only with a device in it")
  func folderAsTarget() throws {
    #expect(
      try Self.errors(["describe", "."])
        == """
        error: '.' is a folder without a device.yaml
        hint: name a YAML file, or look names up in the folder with --config

        """)
    let run = try Program.run("describe", "hwconfigs/measured/example")
    #expect(run.status == 0)
  }

  @Test("a folder to look in that is not there is an error, and a warning in the environment")
  func missingFolders() throws {
    #expect(
      try Self.errors(["targets", "--config", "hwconfigs", "no/such"])
        == "error: --config: there is no folder 'no/such'\n")
    let environment = ["HWCOST_CONFIG": "no/such:hwconfigs"]
    let run = try Program.run(["targets"], environment: environment)
    #expect(run.status == 0)
    #expect(run.errors == "warning: $HWCOST_CONFIG: there is no folder 'no/such'\n")
    #expect(try Program.run(["targets", "--quiet"], environment: environment).errors.isEmpty)
  }

  @Test("every mistake of a hardware file comes at once, each with its place")
  func hardwareFile() throws {
    let folder = try TemporaryFolder()
    let text = try String(
      contentsOf: Program.root.appendingPathComponent("hwconfigs/eyeriss.yaml"), encoding: .utf8)
    let path = try folder.write(
      text.replacingOccurrences(of: "clock: {value: 200 MHz", with: "clock: {value: 200")
        .replacingOccurrences(of: "static:", with: "statik:"), to: "mine.yaml")
    let run = try Program.run("check", path)
    #expect(run.status == 1)
    #expect(run.output == "\(path) (spatial-array): 2 mistakes\n")
    #expect(run.errors.contains("'200' has no unit"))
    #expect(run.errors.contains("unknown key 'statik'"))
    #expect(run.errors.contains("hint: did you mean 'static'?"))
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let clock = try #require(lines.firstIndex { $0.hasPrefix("clock:") }) + 1
    #expect(run.errors.contains("\(path):\(clock):16: error: clock.value: '200' has no unit"))
  }

  @Test("files that are missing, empty or no UTF-8 are errors with their name")
  func unreadableFiles() throws {
    let folder = try TemporaryFolder()
    let missing = folder.url("missing.yaml").path
    #expect(
      try Program.run("check", missing).errors
        == "error: cannot read '\(missing)': no such file or directory\n")
    let empty = try folder.write("", to: "empty.yaml")
    let run = try Program.run("check", empty)
    #expect(run.status == 1)
    #expect(run.errors.contains("\(empty):1:1: error: the file is empty"))
    let latin = folder.url("latin.yaml")
    try Data([0x61, 0x3A, 0x20, 0x0A, 0xE9, 0x0A]).write(to: latin)
    #expect(
      try Program.run("check", latin.path).errors
        == "\(latin.path):2:1: error: the file is not UTF-8 here\n")
  }

  @Test("a measured device says which network it lacks, and maps no layers")
  func measured() throws {
    let errors = try Self.errors(["cost", "--target", "example", "--index", "0"] + Self.space)
    #expect(errors.hasPrefix("error: '|avg_pool_3x3~0|+"))
    #expect(errors.contains("is not measured in "))
    #expect(
      try Self.errors(["map", "--target", "example", "--layer", "linear c=4 k=4"])
        == """
        error: 'example' is measured: it maps no layers
        hint: ask for the cost of whole networks

        """)
  }

  @Test("a batch that was not measured is an error")
  func measuredBatch() throws {
    #expect(
      try Self.errors(
        ["cost", "--target", "example", "--index", "1651", "--batch", "4"] + Self.space)
        == "error: 'example' was measured with batch 1, not 4\nhint: leave 'batch' out\n")
  }

  @Test("a mapping that does not cover the layer is an error with its place")
  func badMapping() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      """
      levels:
        - level: dram
          keeps: [weight, input, output]
          temporal: [c 3, k 4]
      """, to: "mapping.yaml")
    let errors = try Self.errors([
      "evaluate", "--target", "eyeriss", "--layer", "linear c=4 k=4", "--mapping", path,
    ])
    #expect(errors.hasPrefix("\(path):4:"))
  }

  @Test("a mapping that does not fit is an error with its place")
  func mappingDoesNotFit() throws {
    let folder = try TemporaryFolder()
    let levels = { (loops: String, temporal: String) in
      """
      levels:
        - level: dram
        - level: buffer
          \(loops)
        - level: scratchpads
          temporal: [\(temporal)]
      """
    }
    let arguments = ["evaluate", "--target", "eyeriss", "--layer", "linear c=512 k=16"]
    let wide = try folder.write(levels("spatial_x: [k 16]", "c 512"), to: "wide.yaml")
    #expect(
      try Self.errors(arguments + ["--mapping", wide])
        == """
        \(wide):4:16: error: levels[1].spatial_x: buffer: 16 children along x, 14 are there
         4 |     spatial_x: [k 16]
           |                ^

        """)
    let large = try folder.write(levels("temporal: [k 16]", "c 512"), to: "large.yaml")
    // 512 weights of 16 bit, where 224 fit.
    #expect(
      try Self.errors(arguments + ["--mapping", large])
        == """
        \(large):5:5: error: levels[2]: scratchpads: weight needs 8192 bit, 3584 are there
         5 |   - level: scratchpads
           |     ^

        """)
  }

  @Test("two batches that differ are an error")
  func twoBatches() throws {
    #expect(
      try Self.errors([
        "map", "--target", "eyeriss", "--layer", "linear c=4 k=4 n=2", "--batch", "4",
      ]) == """
        error: the layer says n=2, 'batch' says 4
        hint: leave one of the two out

        """)
  }
}
