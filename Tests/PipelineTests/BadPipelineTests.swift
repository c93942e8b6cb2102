import CostDiagnostics
import CostYAML
import HardwareConfigs
import TestSupport
import Testing

@Suite("Bad boards and designs")
struct BadPipelineTests {
  static let files = BadFiles()

  private static func read(_ bytes: [UInt8], _ file: String) throws(InputError) {
    let document = try YAMLDocument(parsing: bytes, file: file)
    if try HardwareConfig.kind(of: document) == .board {
      _ = try BoardConfig.decode(document)
    } else {
      _ = try PipelineFiles.decode(String(decoding: bytes, as: UTF8.self), file: file)
    }
  }

  @Test("the files that the bad ones are made from are good", arguments: ["board", "design"])
  func good(name: String) throws {
    #expect(try Self.files.messages(of: "good-\(name)", Self.read) == "")
    #expect(Self.files.names.count >= 15)
  }

  @Test("each gives exactly the messages beside it", arguments: files.names)
  func exactMessages(_ name: String) throws {
    let (found, expected) = try Self.files.comparison(of: name, Self.read)
    #expect(found != "")
    #expect(found == expected)
  }
}
