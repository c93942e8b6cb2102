import Foundation
import Testing

/// The built executable, run as a user runs it.
enum Program {
  /// What a run printed and how it ended.
  struct Run {
    var status: Int32
    var output: String
    var errors: String

    /// The output as a JSON object.
    func object() throws -> [String: Any] {
      let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
      return try #require(value as? [String: Any])
    }
  }

  /// The package's folder.
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Built into the same folder as the tests.
  static var executable: URL {
    let tests = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    return tests.deletingLastPathComponent().appendingPathComponent("hwcost")
  }

  /// Runs the executable in the package's folder or another, with nothing to read.
  static func run(
    _ arguments: [String], environment: [String: String] = [:], in place: URL = root
  ) throws -> Run {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.currentDirectoryURL = place
    var variables = ProcessInfo.processInfo.environment
    variables["HWCOST_CONFIG"] = nil
    process.environment = variables.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    // Files, because a pipe that is not read while the program runs can fill up.
    let folder = try TemporaryFolder()
    let (output, errors) = (folder.url("out"), folder.url("err"))
    for url in [output, errors] { try Data().write(to: url) }
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    process.waitUntilExit()
    return Run(
      status: process.terminationStatus,
      output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
      errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
  }

  static func run(_ arguments: String...) throws -> Run { try run(arguments) }

  /// Runs the executable for a JSON object; anything else fails the test.
  static func json(_ arguments: String...) throws -> [String: Any] {
    let run = try run(arguments + ["--format", "json"])
    try #require(run.status == 0, "\(run.errors)")
    #expect(run.errors.isEmpty)
    return try run.object()
  }
}

/// A folder that is gone with its owner.
final class TemporaryFolder {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("hwcost tests \(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  var path: String { folder.path }

  func url(_ name: String) -> URL { folder.appendingPathComponent(name) }

  /// Writes a file and gives its path.
  func write(_ text: String, to name: String) throws -> String {
    let url = url(name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
    return url.path
  }
}
