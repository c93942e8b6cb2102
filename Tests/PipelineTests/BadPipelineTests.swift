import CostDiagnostics
import CostYAML
import Foundation
import HardwareConfigs
import Testing

@Suite("Bad boards and designs")
struct BadPipelineTests {
  private static let folder = PipelineFiles.package.appending(path: "Tests/PipelineTests/Fixtures")

  static let names: [String] = {
    let path = folder.appending(path: "bad").path(percentEncoded: false)
    let files = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
  }()

  /// What a user sees of a file's mistakes; empty for a good file.
  private static func messages(_ name: String) throws -> String {
    let bytes = [UInt8](try Data(contentsOf: folder.appending(path: "\(name).yaml")))
    let file = "\(name).yaml"
    do throws(InputError) {
      let document = try YAMLDocument(parsing: bytes, file: file)
      if try HardwareConfig.kind(of: document) == .board {
        _ = try BoardConfig.decode(document)
      } else {
        _ = try PipelineFiles.decode(String(decoding: bytes, as: UTF8.self), file: file)
      }
      return ""
    } catch {
      let text = String(decoding: bytes, as: UTF8.self)
      return DiagnosticRenderer(file: file, text: text).render(error)
    }
  }

  @Test("the files that the bad ones are made from are good", arguments: ["board", "design"])
  func good(name: String) throws {
    #expect(try Self.messages("good-\(name)") == "")
    #expect(Self.names.count >= 15)
  }

  /// With `HWCOST_RECORD_GOLDENS=1` the messages are written instead; read them before committing.
  @Test("each gives exactly the messages beside it", arguments: names)
  func exactMessages(_ name: String) throws {
    let found = try Self.messages("bad/\(name)")
    let place = Self.folder.appending(path: "bad/\(name).txt")
    if ProcessInfo.processInfo.environment["HWCOST_RECORD_GOLDENS"] == "1" {
      try found.write(to: place, atomically: true, encoding: .utf8)
    }
    #expect(found != "")
    #expect(found == (try String(contentsOf: place, encoding: .utf8)))
  }
}
