import CostDiagnostics
import CostYAML
import HardwareConfigs
import TestSupport
import Testing

@Suite("Bad hardware files")
struct BadFilesTests {
  static let files = BadFiles()

  private static func read(_ bytes: [UInt8], _ file: String) throws(InputError) {
    _ = try HardwareConfig(try YAMLDocument(parsing: bytes, file: file))
  }

  @Test("the file that the bad ones are made from is good")
  func good() throws {
    #expect(try Self.files.messages(of: "good", Self.read) == "")
    #expect(Self.files.names.count >= 25)
  }

  @Test("each gives exactly the messages beside it", arguments: files.names)
  func exactMessages(_ name: String) throws {
    let (found, expected) = try Self.files.comparison(of: name, Self.read)
    #expect(found != "")
    #expect(found == expected)
  }
}
