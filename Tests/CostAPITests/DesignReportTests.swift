import Accelerators
import CostAPI
import Networks
import Testing

@Suite("Reports of designs")
struct DesignReportTests {
  private static let catalog: TargetCatalog = {
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    return TargetCatalog(SearchPath(folders: [root.joined(separator: "/")]))
  }()

  private static func report(_ network: String, on board: String, mostNodes: Int) throws
    -> DesignReport
  {
    try DesignReport(
      of: catalog.network(network), on: DesignedBoard(catalog.target(board).board()),
      goal: .interval, mostNodes: mostNodes, findsLeastBuffers: true)
  }

  @Test("buffers of a design that is too large to run are null, and the text says why")
  func tooLarge() throws {
    var report = try Self.report("lfc", on: "zcu104", mostNodes: 1)
    #expect(report.leastBuffers != nil)
    report.leastBuffers = nil
    #expect(report.text().contains("buffers   too many firings to look for the smallest\n"))
    let pipeline = try #require(report.json(origin: nil)["pipeline"])
    for key in ["least_buffer_bits", "least_buffer_bits_lower_bound", "least_buffer_bits_proven"] {
      #expect(pipeline[key] == .null, "\(key)")
    }
    #expect(!pipeline.compactText.contains("least_depth"))
  }

  @Test("a design that is not proven says what nothing is below")
  func unproven() throws {
    var report = try Self.report("lfc", on: "zcu104", mostNodes: 1)
    #expect(report.found.certificate.isProven)
    report.found.certificate.isProven = false
    report.found.certificate.lowerBound = 123
    report.found.certificate.obstacle = nil
    #expect(report.text().contains("proof     none, nothing is below 123.0\n"))
    let json = report.json(origin: nil)
    #expect(json["proven_best"] == false)
    #expect(json["lower_bound"] == .number(123))
    #expect(json["because"] == .null)
  }
}
