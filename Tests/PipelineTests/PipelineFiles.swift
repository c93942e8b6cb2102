import Accelerators
import CostDiagnostics
import CostYAML
import Foundation
import HardwareConfigs
import Networks

/// The package's designs and boards, and the reference figures where they are there.
enum PipelineFiles {
  static let package = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The folder of published figures, beside the package or where `HWCOST_REFERENCE` says.
  static let reference: URL? = {
    var candidates = [package, package.deletingLastPathComponent()].map {
      $0.deletingLastPathComponent().appending(path: "shared/reference")
    }
    if let named = ProcessInfo.processInfo.environment["HWCOST_REFERENCE"] {
      candidates.insert(URL(filePath: named), at: 0)
    }
    return candidates.map { $0.appending(path: "data") }
      .first { FileManager.default.fileExists(atPath: $0.path(percentEncoded: false)) }
  }()

  /// Names of the boards in `hwconfigs/boards`.
  static let boards = names(in: "hwconfigs/boards", containing: "kind: fpga-board")
  /// Names of the designs in `hwconfigs`.
  static let designs = names(in: "hwconfigs", containing: "kind: pipeline")

  private static func names(in folder: String, containing mark: String) -> [String] {
    let path = package.appending(path: folder).path(percentEncoded: false)
    let files = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return files.filter { $0.hasSuffix(".yaml") }.sorted().map { String($0.dropLast(5)) }
      .filter { (try? text("\(folder)/\($0).yaml").contains(mark)) ?? false }
  }

  static func text(_ path: String) throws -> String {
    try String(contentsOf: package.appending(path: path), encoding: .utf8)
  }

  static func board(_ name: String) throws -> BoardConfig.Decoded {
    try BoardConfig.decode(text: text("hwconfigs/boards/\(name).yaml"), file: "\(name).yaml")
  }

  /// Decodes a design, shipped or written in a test, on a shipped board.
  static func decode(_ text: String, file: String = "design.yaml") throws(InputError)
    -> PipelineConfig.Decoded
  {
    try PipelineConfig.decode(text: text, file: file) { name in
      let path = "hwconfigs/boards/\(name).yaml"
      return (try? self.text(path)).map { InputText(text: $0, file: path) }
    }
  }

  static func design(_ name: String) throws -> PipelineConfig.Decoded {
    try decode(text("hwconfigs/\(name).yaml"), file: "\(name).yaml")
  }

  static func network(_ name: String) throws -> Network {
    try NetworkFile.decode(text: text("networks/\(name).yaml"), file: "\(name).yaml")
  }
}
