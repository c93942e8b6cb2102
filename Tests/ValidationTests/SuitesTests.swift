import CostAPI
import HardwareConfigs
import Testing

@Suite("Published figures")
struct SuitesTests {
  @Test("the suites of the FPGA models are there")
  func present() {
    let expected = [
      "bnn-pynq", "dnnbuilder", "dpu-zcu102", "finn", "fpgaconvnet",
      "hw-nas-bench", "qiu16", "zhang15",
    ]
    #expect(Set(expected).isSubset(of: ShippedSuites.names))
  }

  @Test("every figure of every suite is within its tolerance", arguments: ShippedSuites.names)
  func within(name: String) throws {
    let results = try ShippedSuites.results(of: name)
    #expect(!results.isEmpty)
    for result in results {
      let note = "\(result.comparison), \(result.row): \(result.oursText), \(result.deviationText)"
      #expect(!result.verdict.isBad, "\(note) \(result.message ?? "")")
      #expect(!result.source.isEmpty && !result.reason.isEmpty)
    }
    // Something is asked of each suite: not all of it is shown only.
    #expect(results.contains { $0.verdict == .within })
  }

  @Test(
    "each suite is named like its file and cites every source it has",
    arguments: ShippedSuites.names)
  func sources(name: String) throws {
    let suite = try ShippedSuites.catalog.suite(name).suite
    #expect(suite.name == name)
    #expect(Set(suite.comparisons.map(\.source)) == Set(suite.sources.keys))
  }

  @Test("figures that were worked out by hand say so, and how")
  func worked() throws {
    var found: [String: Set<String>] = [:]
    for name in ShippedSuites.names {
      let suite = try ShippedSuites.catalog.suite(name).suite
      for comparison in suite.comparisons where comparison.worked != nil {
        found[name, default: []].insert(comparison.source)
      }
      // A source that is worked with once is no figure that stands there.
      let mixed = suite.comparisons.contains { comparison in
        comparison.worked == nil && found[name]?.contains(comparison.source) == true
      }
      #expect(!mixed, "\(name)")
    }
    #expect(
      found == [
        "dnnbuilder": ["equations"], "fpgaconvnet": ["equations", "regressions"],
        "zhang15": ["cycles"],
      ])
  }

  @Test(
    "every entry of HW-NAS-Bench's FBNet table that is at hand is exact",
    .enabled(
      if: ShippedSuites.data != nil,
      "the folder of published figures is not there; name it in HWCOST_REFERENCE"))
  func hwNASBench() throws {
    let data = try #require(ShippedSuites.data)
    let results = try ShippedSuites.results(of: "hw-nas-bench", data: [data])
    let table = try #require(results.first { $0.row.hasSuffix(".csv") })
    #expect(table.verdict == .within)
    #expect(table.count == 72 && table.deviation == 0)
  }

  @Test("without its file a table is skipped, and told")
  func skipped() throws {
    let results = try ShippedSuites.results(of: "hw-nas-bench")
    let table = try #require(results.first { $0.row.hasSuffix(".csv") })
    #expect(table.verdict == .skipped)
    #expect(!table.verdict.isBad)
    #expect(
      table.message
        == "there is no 'fbnet_cifar100_blocks_layers0to8.csv', which hwcost may not ship; "
        + "name its folder with --data")
  }

  /// The published excess is 4.7 to 11.8 %; what the term leaves of it is 1.9 % at most.
  @Test("one term explains Zhang et al.'s board")
  func zhang() throws {
    let results = try ShippedSuites.results(of: "zhang15")
    let compute = results.filter { $0.comparison == "board, compute alone" }
    for result in compute {
      let excess = 1 / (1 + (try #require(result.deviation))) - 1
      #expect((0.047...0.119).contains(excess), "\(result.row): \(excess)")
    }
    let explained = results.filter { $0.comparison == "board, with transfers" }
    #expect(explained.count == 6)
    for result in explained {
      #expect(abs(try #require(result.deviation)) < 0.02, "\(result.row)")
    }
  }
}
