internal import CostDiagnostics
internal import Foundation

/// A folder of bad files, each beside the text of the messages it must give.
///
/// With `HWCOST_RECORD_GOLDENS=1` the messages are written instead; read them before committing.
package struct BadFiles: Sendable {
  /// The folder that holds `bad` and the good files that the bad ones are made from.
  private let folder: URL

  /// The folder `Fixtures` beside a test's source file.
  package init(besideTest file: String = #filePath) {
    folder = URL(filePath: file).deletingLastPathComponent().appending(path: "Fixtures")
  }

  /// Names of the bad files, without `.yaml`.
  package var names: [String] {
    let path = folder.appending(path: "bad").path(percentEncoded: false)
    let files = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
  }

  /// What a user sees of a file's mistakes; empty for a good file.
  ///
  /// - Parameter read: Reads the file's bytes under the name that messages give it.
  package func messages(
    of name: String, _ read: (_ bytes: [UInt8], _ file: String) throws -> Void
  ) throws -> String {
    let file = "\(name).yaml"
    let bytes = [UInt8](try Data(contentsOf: folder.appending(path: file)))
    do {
      try read(bytes, file)
      return ""
    } catch let error as InputError {
      let text = String(decoding: bytes, as: UTF8.self)
      return DiagnosticRenderer(file: file, text: text).render(error)
    }
  }

  /// The messages of a bad file, and those that stand beside it.
  package func comparison(
    of name: String, _ read: (_ bytes: [UInt8], _ file: String) throws -> Void
  ) throws -> (found: String, expected: String) {
    let found = try messages(of: "bad/\(name)", read)
    let place = folder.appending(path: "bad/\(name).txt")
    if ProcessInfo.processInfo.environment["HWCOST_RECORD_GOLDENS"] == "1" {
      try found.write(to: place, atomically: true, encoding: .utf8)
    }
    return (found, try String(contentsOf: place, encoding: .utf8))
  }
}
