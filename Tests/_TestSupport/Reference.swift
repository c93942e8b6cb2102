import Foundation

/// The folder of published data that some tests compare with; it is not part of the project.
package enum Reference {
  /// `HWCOST_REFERENCE`, or `../shared/reference` beside the package.
  package static var folder: String {
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return ProcessInfo.processInfo.environment["HWCOST_REFERENCE"]
      ?? package.appendingPathComponent("../shared/reference").standardized.path
  }

  package static func has(_ file: String) -> Bool {
    FileManager.default.fileExists(atPath: folder + "/data/" + file)
  }

  /// The rows of a CSV file by column name; quoted fields may hold commas.
  package static func rows(_ file: String) throws -> [[String: String]] {
    let text = try String(contentsOfFile: folder + "/data/" + file, encoding: .utf8)
    let lines = text.split(whereSeparator: \.isNewline).map { fields(String($0)) }
    return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
  }

  private static func fields(_ line: String) -> [String] {
    var fields = [""]
    var isQuoted = false
    for character in line {
      switch character {
      case "\"": isQuoted.toggle()
      case "," where !isQuoted: fields.append("")
      default: fields[fields.count - 1].append(character)
      }
    }
    return fields
  }
}
