import Foundation
import HardwareConfigs

/// The hardware files of the package.
enum ShippedFiles {
  /// The package's folder, found from this source file.
  static let package = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Names of the spatial arrays in `hwconfigs/`.
  static let arrays: [String] = {
    let folder = package.appending(path: "hwconfigs").path(percentEncoded: false)
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(".yaml") }.sorted()
      .map { String($0.dropLast(".yaml".count)) }
      .filter { (try? text($0).contains("kind: spatial-array")) ?? false }
  }()

  static func text(_ name: String) throws -> String {
    try String(contentsOf: package.appending(path: "hwconfigs/\(name).yaml"), encoding: .utf8)
  }

  static func config(
    _ name: String, overriding overrides: [String: String] = [:]
  ) throws -> HardwareConfig {
    try HardwareConfig(text: text(name), file: "\(name).yaml", overriding: overrides)
  }
}
