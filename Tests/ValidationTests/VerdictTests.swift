import CostAPI
import HardwareConfigs
import Testing

@Suite("Verdicts")
struct VerdictTests {
  /// A suite of one comparison about Zhang et al.'s first layer, 732,050 cycles and 7.3205 ms.
  private func results(
    _ tolerance: String, published: String, metric: String = "cycles"
  ) throws -> [ValidationResult] {
    try ShippedSuites.results(
      ofComparison: """
        - name: conv1
          metric: \(metric)
          source: test
          tolerance: {\(tolerance), reason: "a test"}
          target: zhang15-alexnet
          network: alexnet
          rows: [{name: first, layers: [conv1], published: \(published)}]
        """)
  }

  @Test(
    "a figure is judged by its tolerance",
    arguments: [
      ("equal: exact", "732050", .within), ("equal: exact", "732051", .outside),
      ("within: 1 %", "739000", .within), ("within: 1 %", "740000", .outside),
      // Ours is below by 0.94 %, and above by 0.01 %.
      ("within: [-1 %, 0 %]", "739000", .within), ("within: [-1 %, 0 %]", "732000", .outside),
      ("reported: true", "1", .reported),
    ] as [(String, String, ValidationResult.Verdict)])
  func verdict(tolerance: String, published: String, expected: ValidationResult.Verdict) throws {
    let result = try #require(results(tolerance, published: published).first)
    #expect(result.verdict == expected)
    #expect(result.ours == 732_050)
  }

  @Test(
    "a printed figure is met when ours rounds to it",
    arguments: [
      ("7.32", true), ("7.33", false), ("7.3205", true), ("7", true),
      // All digits that were printed count, however many.
      ("7.320500000000", true), ("7.320500000001", false), ("7.3205000000000000", true),
    ])
  func printed(published: String, isMet: Bool) throws {
    let result = try #require(
      results("equal: printed", published: published, metric: "latency_ms").first)
    #expect(result.verdict == (isMet ? .within : .outside))
  }

  @Test("figures are shown with the digits that were printed")
  func digits() throws {
    let long = try #require(
      results("equal: printed", published: "7.320500000001", metric: "latency_ms").first)
    #expect(long.publishedText == "7.320500000001")
    #expect(long.oursText == "7.320500000000")
    let short = try #require(
      results("equal: printed", published: "7.3", metric: "latency_ms").first)
    #expect([short.publishedText, short.oursText] == ["7.3", "7.3"])
  }

  @Test("a published 0 has no deviation, and is met by 0 alone")
  func zero() throws {
    for tolerance in ["within: 1000 %", "reported: true", "equal: exact"] {
      let result = try #require(results(tolerance, published: "0").first)
      #expect(result.verdict == (tolerance == "reported: true" ? .reported : .outside))
      #expect(result.deviation == nil)
      #expect(result.deviationText == "-")
    }
  }

  @Test("a formula that says nothing of a result for its arguments tells why")
  func silentFormula() throws {
    let result = try #require(
      ShippedSuites.results(
        ofComparison: """
          - name: logic
            formula: fpgaconvnet-conv
            metric: logic_lut
            source: test
            worked: "not at all"
            tolerance: {equal: exact, reason: "a test"}
            rows: [{name: fine 3, published: 1, arguments: {channels: 64, filters: 128, groups: 1, kernel: 3, input_rows: 32, input_columns: 32, output_rows: 32, output_columns: 32, coarse_in: 4, coarse_out: 8, coarse_group: 1, fine: 3, weight_bits: 16, input_bits: 16, accumulator_bits: 32}}]
          """
      ).first)
    #expect(result.verdict == .failed)
    #expect(result.worked == "not at all")
    #expect(
      result.message
        == """
        error: 'fpgaconvnet-conv' does not say 'logic_lut' for these arguments
        hint: the coefficients of a module for 'fine' below kernel x kernel are not known here; \
        compare a layer whose 'fine' is kernel x kernel
        """)
  }

  @Test("a metric that a target does not have fails, and says so")
  func missing() throws {
    let result = try #require(
      results("equal: exact", published: "1", metric: "dram_bytes").first)
    #expect(result.verdict == .failed)
    #expect(result.message == "error: 'zhang15-alexnet' does not say 'dram_bytes'")
  }

  /// Three networks whose latencies on the design are in the order 1, 2, 3.
  private func order(_ published: [Int]) throws -> [ValidationResult] {
    let rows = zip(["conv5", "conv4", "conv3"], published)
      .map { "{name: \($0), layers: [\($0)], published: \($1)}" }.joined(separator: ", ")
    return try ShippedSuites.results(
      ofComparison: """
        - name: order
          metric: cycles
          source: test
          tolerance: {spearman: 0.9, kendall: 0.3, reason: "a test"}
          target: zhang15-alexnet
          network: alexnet
          rows: [\(rows)]
        """)
  }

  @Test("an order is judged by its rank correlations")
  func ranks() throws {
    #expect(try order([1, 2, 3]).map(\.verdict) == [.within, .within])
    // One exchange of neighbours: rho is 1 - 6 · 2 / 24 = 0.5, tau is (2 - 1) / 3.
    let exchanged = try order([2, 1, 3])
    #expect(exchanged.map(\.ours) == [0.5, 1.0 / 3])
    #expect(exchanged.map(\.verdict) == [.outside, .within])
    #expect(exchanged[0].points.map(\.published) == [2, 1, 3])
    // Equal figures have no order.
    #expect(try order([1, 1, 1]).map(\.verdict) == [.failed, .failed])
  }

  @Test("ties share their ranks")
  func ties() throws {
    // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: covariance 4.5 over sqrt(4.5 · 5).
    let rho = try #require(RankCorrelation.spearman([1, 2, 2, 3], [1, 2, 3, 4]))
    #expect(abs(rho - 4.5 / (4.5 * 5.0).squareRoot()) < 1e-15)
    // Five pairs in the same order, one tied in the first list: 5 / sqrt(5 · 6).
    let tau = try #require(RankCorrelation.kendall([1, 2, 2, 3], [1, 2, 3, 4]))
    #expect(abs(tau - 5 / 30.0.squareRoot()) < 1e-15)
    #expect(RankCorrelation.spearman([1, 2, 3], [3, 2, 1]) == -1)
    #expect(RankCorrelation.kendall([1, 2, 3], [3, 2, 1]) == -1)
    #expect(RankCorrelation.kendall([1], [1]) == nil)
    #expect(RankCorrelation.spearman([1, 1], [1, 2]) == nil)
  }
}
