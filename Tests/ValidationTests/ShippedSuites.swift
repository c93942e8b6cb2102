import CostAPI
import Foundation
import HardwareConfigs

/// The package's suites, and the folder of published tables where it is there.
enum ShippedSuites {
  static let package = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static let catalog = TargetCatalog(
    SearchPath(folders: [package.path(percentEncoded: false)]))

  static let names = catalog.suites.map(\.name)

  /// The folder of published tables, beside the package or where `HWCOST_REFERENCE` says.
  static let data: String? = {
    var candidates = [package, package.deletingLastPathComponent()].map {
      $0.deletingLastPathComponent().appending(path: "shared/reference")
    }
    if let named = ProcessInfo.processInfo.environment["HWCOST_REFERENCE"] {
      candidates.insert(URL(filePath: named), at: 0)
    }
    return candidates.map { $0.appending(path: "data").path(percentEncoded: false) }
      .first { FileManager.default.fileExists(atPath: $0) }
  }()

  static func results(of name: String, data: [String] = []) throws -> [ValidationResult] {
    var run = ValidationRun(catalog, dataFolders: data)
    return run.results(of: try catalog.suite(name))
  }

  /// The results of a suite of one comparison that a test writes, with the source `test`.
  static func results(
    ofComparison comparison: String, data: [String: String] = [:]
  ) throws -> [ValidationResult] {
    let lines = comparison.split(separator: "\n", omittingEmptySubsequences: false)
    let text = """
      schema: 1
      kind: validation
      name: written
      title: a test
      sources: {test: "a test"}
      comparisons:
      \(lines.map { "  \($0)" }.joined(separator: "\n"))
      """
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "hwcost validation \(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, text) in data { try Data(text.utf8).write(to: folder.appending(path: name)) }
    let file = folder.appending(path: "suite.yaml")
    try Data(text.utf8).write(to: file)
    return try results(
      of: file.path(percentEncoded: false), data: [folder.path(percentEncoded: false)])
  }
}
