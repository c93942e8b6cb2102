import Foundation
import Testing

@Suite("Published figures on the command line")
struct ValidateCommandTests {
  private func suite(published: String) -> String {
    """
    schema: 1
    kind: validation
    name: mine
    title: a test
    sources: {paper: "a paper, table 1"}
    comparisons:
      - name: cycles
        metric: cycles
        source: paper
        tolerance: {within: 1 %, reason: "the paper rounds"}
        target: zhang15-alexnet
        network: alexnet
        rows: [{name: conv1, layers: [conv1], published: \(published)}]
    """
  }

  @Test("all suites pass, and what is left out is told")
  func all() throws {
    let run = try Program.run("validate")
    #expect(run.status == 0, "\(run.output) \(run.errors)")
    #expect(run.output.contains(" 0 outside, "))
    #expect(run.output.contains(" 1 skipped, 0 failed\n"))
    #expect(run.output.contains("name its folder with --data"))
    #expect(run.output.contains("'hwcost validate SUITE' adds where the figures are from"))
  }

  @Test("one suite explains its figures and tolerances")
  func one() throws {
    let run = try Program.run("validate", "qiu16")
    #expect(run.status == 0)
    #expect(!run.output.contains("zhang15"))
    #expect(run.output.contains("  figures:   Qiu et al., FPGA 2016"))
    #expect(run.output.contains("  tolerance: cycles over the clock, printed to 0.01 ms\n"))
    #expect(
      run.output.contains("\n10 rows: 5 within, 0 outside, 5 reported, 0 skipped, 0 failed\n"))
  }

  @Test("a figure outside its tolerance gives status 1 and stands out")
  func outside() throws {
    let folder = try TemporaryFolder()
    let good = try folder.write(suite(published: "732050"), to: "good.yaml")
    #expect(try Program.run("validate", good).status == 0)
    let bad = try folder.write(suite(published: "832050"), to: "bad.yaml")
    let run = try Program.run("validate", bad)
    #expect(run.status == 1)
    #expect(run.errors.isEmpty)
    let line = try #require(run.output.split(separator: "\n").first { $0.contains("OUTSIDE") })
    #expect(line.contains("832050"))
    #expect(line.contains("-12.02 %"))
    let csv = try Program.run("validate", bad, "--format", "csv")
    #expect(csv.status == 1)
    #expect(csv.output.hasPrefix("suite,comparison,row,subject,metric,published,ours,deviation,"))
    let row = "mine,cycles,conv1,zhang15-alexnet: alexnet conv1,cycles,832050,732050,"
    #expect(csv.output.contains(row))
  }

  @Test("figures worked out by hand are marked, with how where a suite is named")
  func worked() throws {
    let run = try Program.run("validate", "zhang15")
    #expect(run.output.contains(" 732050 (worked) "))
    #expect(run.output.contains(" 2240  "))
    #expect(run.output.contains("  worked:    twice the printed cycles of one group\n"))
    let object = try Program.json("validate", "zhang15")
    let results = try #require(object["results"] as? [[String: Any]])
    #expect(results[0]["worked"] as? String == "twice the printed cycles of one group")
    #expect(results[6]["worked"] is NSNull)
  }

  @Test("json has each figure with its source, and the points of an order")
  func json() throws {
    let object = try Program.json("validate", "dpu-zcu102")
    let results = try #require(object["results"] as? [[String: Any]])
    #expect(results.count == 4)
    for result in results {
      let points = try #require(result["points"] as? [[String: Any]])
      #expect(points.count == 19)
      #expect(result["verdict"] as? String == "within")
      #expect((result["source"] as? String)?.contains("Vitis-AI") == true)
    }
  }

  @Test("suites of a folder of --config are found, and wrong ones refused with their place")
  func config() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(suite(published: "732050"), to: "validation/mine.yaml")
    let run = try Program.run("validate", "mine", "--config", folder.path)
    #expect(run.status == 0, "\(run.errors)")
    let list = try Program.run("validate", "--list", "--config", folder.path)
    #expect(list.output.contains("mine "))
    #expect(list.output.contains("zhang15 "))
    let text = suite(published: "732050").replacing(
      "alexnet\n    network", with: "alexne\n    network")
    let wrong = try folder.write(text, to: "wrong.yaml")
    for command in ["validate", "check"] {
      let run = try Program.run(command, wrong)
      #expect(run.status == 1)
      #expect(
        run.errors.contains(
          "wrong.yaml:11:13: error: comparisons[0].target: there is no target 'zhang15-alexne'"),
        "\(run.errors)")
      #expect(run.errors.contains("did you mean 'zhang15-alexnet'?"))
    }
  }

  @Test("what is not there is named, with what was meant")
  func unknown() throws {
    let run = try Program.run("validate", "zang15")
    #expect(run.status == 1)
    #expect(
      run.errors == "error: unknown validation suite 'zang15'\nhint: did you mean 'zhang15'?\n")
    let folder = try Program.run("validate", "--data", "/no/such/folder")
    #expect(folder.status == 1)
    #expect(folder.errors == "error: --data: there is no folder '/no/such/folder'\n")
    #expect(try Program.run("validate", "--list", "finn").status == 2)
  }

  @Test("a suite is no target and no network")
  func otherKinds() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(suite(published: "732050"), to: "mine.yaml")
    let targets = try Program.run("targets", "--config", folder.path)
    #expect(targets.status == 0)
    #expect(!targets.output.contains("mine"))
    #expect(targets.errors.isEmpty)
  }

  @Test("the same bytes with any number of threads")
  func threads() throws {
    let one = try Program.run("validate", "--format", "json", "--jobs", "1")
    let two = try Program.run("validate", "--format", "json", "--jobs", "2")
    #expect(one.output == two.output)
  }
}
