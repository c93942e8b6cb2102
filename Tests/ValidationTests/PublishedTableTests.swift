import CostAPI
import Testing

@Suite("Published tables")
struct PublishedTableTests {
  private func result(_ table: String, choices: String = "[k3_e1, k3_e1_g2, skip]") throws
    -> ValidationResult
  {
    let results = try ShippedSuites.results(
      ofComparison: """
        - name: blocks
          metric: latency_ms
          source: test
          tolerance: {equal: exact, reason: "a test"}
          target: hwnasbench-fpga
          space: fbnet-cifar100
          table: {file: t.csv, decision: layer, choice: op, published: ms, choices: \(choices), others: skip}
        """, data: ["t.csv": table])
    return try #require(results.first)
  }

  /// The names of all nine choices, the last of which costs nothing.
  private let all = "[k3_e1, k3_e1_g2, k3_e3, k3_e6, k5_e1, k5_e1_g2, k5_e3, k5_e6, skip]"

  @Test("rows are networks of one choice and others")
  func good() throws {
    let result = try result("layer,op,ms\n0,k3_e1,0.36864\n1,k3_e1_g2,0.3072\n", choices: all)
    #expect(result.verdict == .within)
    #expect(result.count == 2)
  }

  @Test("a wrong figure is outside, with its line")
  func wrong() throws {
    let result = try result("layer,op,ms\n0,k3_e1,0.36864\n1,k3_e1_g2,0.3073\n", choices: all)
    #expect(result.verdict == .outside)
    #expect(
      result.message
        == "1 of 2 figures are outside: line 3: published 0.3073, ours 0.3072")
  }

  @Test("a published 0 that ours is not leaves no deviation, and is told")
  func zero() throws {
    let result = try result("layer,op,ms\n0,k3_e1,0\n1,k3_e1_g2,0.3072\n", choices: all)
    #expect(result.verdict == .outside)
    #expect(result.deviation == nil)
    #expect(
      result.message
        == "1 of 2 figures are outside: line 2: published 0, ours 0.36864; "
        + "1 of 2 published figures are 0 and ours not: no deviation")
  }

  @Test(
    "each mistake of a table is told with its place",
    arguments: [
      ("layer,op\n0,k3_e1\n", "t.csv:1:1: error: there is no column 'ms'"),
      ("layer,op,ms\n22,k3_e1,1\n", "t.csv:2:1: error: expected a decision from 0 to 21"),
      ("layer,op,ms\n0,k4,1\n", "t.csv:2:3: error: expected one of k3_e1, k3_e1_g2, skip"),
      ("layer,op,ms\n0,k3_e1,fast\n", "t.csv:2:9: error: expected a number in plain digits"),
      ("layer,op,ms\n", "has no rows"),
    ])
  func mistakes(table: String, expected: String) throws {
    let result = try result(table)
    #expect(result.verdict == .failed)
    #expect(try #require(result.message).contains(expected), "\(result.message ?? "")")
  }
}
