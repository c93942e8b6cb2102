import Foundation
import Testing

@Suite("Replacing values of a target")
struct SetTests {
  @Test("a value set from outside counts, and the report says so")
  func set() throws {
    let layer = ReportTests.layer
    let plain = try Program.json("map", "--target", "eyeriss", "--layer", layer)
    let fast = try Program.json(
      "map", "--target", "eyeriss", "--layer", layer, "--set", "clock=400 MHz",
      "levels[dram].energy.read=0 pJ/bit")
    #expect(plain["set"] is NSNull)
    #expect(fast["set"] as? String == "clock=400 MHz, levels[dram].energy.read=0 pJ/bit")
    #expect(fast["config_sha256"] as? String != plain["config_sha256"] as? String)
    #expect(
      try ReportTests.number(fast, "energy_pj") < ReportTests.number(plain, "energy_pj"))
    #expect(
      try ReportTests.number(fast, "latency_ms")
        == ReportTests.number(fast, "cycles") / 400_000)
    let text = try Program.run(
      "map", "--target", "eyeriss", "--layer", layer, "--set", "clock=400 MHz"
    ).output
    #expect(text.contains("activations spill, set clock=400 MHz\n"))
  }

  @Test("the hint of a report's table sets the same again")
  func hint() throws {
    let text = try Program.run(
      "cost", "--target", "eyeriss", "--set", "activations=resident", "--network", "alexnet",
      "--per-layer"
    ).output
    #expect(
      text.contains("see why: hwcost map --target eyeriss --set activations=resident --layer "))
  }

  @Test("a key that is not there, and a value that cannot be, are told with their place")
  func mistakes() throws {
    let unknown = try Program.run("describe", "eyeriss", "--set", "activation=resident")
    #expect(unknown.status == 1)
    #expect(
      unknown.errors == """
        activation=resident:1:1: error: 'activation' names nothing in the file
         1 | resident
           | ^
        hint: did you mean 'activations'?

        """)
    let wrong = try Program.run("describe", "eyeriss", "--set", "activations=residnt")
    #expect(wrong.status == 1)
    #expect(
      wrong.errors == """
        activations=residnt:1:1: error: activations: 'residnt' is none of spill, resident
         1 | residnt
           | ^
        hint: did you mean 'resident'?

        """)
  }

  @Test("a measurement and Timeloop's files have nothing to set")
  func elsewhere() throws {
    let measured = try Program.run("describe", "example", "--set", "name=other")
    #expect(measured.status == 1)
    #expect(measured.errors.contains("is measured: none of its values can be set"))
    let files = try Program.run("evaluate", "--timeloop", "a", "b", "c", "--set", "clock=1 MHz")
    #expect(files.status == 2)
    #expect(
      files.errors.contains("--set replaces values of a --target, not of Timeloop's files"))
  }

  @Test(
    "what is no key and value is a wrong command line",
    arguments: [
      (["clock"], "--set 'clock' is not KEY=VALUE"), (["=1"], "--set '=1' is not KEY=VALUE"),
      (["clock="], "--set 'clock=' is not KEY=VALUE"),
      (["clock=1 MHz", "clock=2 MHz"], "--set names 'clock' twice"),
    ])
  func wrongCommandLine(values: [String], message: String) throws {
    let run = try Program.run(["describe", "eyeriss", "--set"] + values)
    #expect(run.status == 2)
    #expect(run.errors.contains(message))
  }
}
