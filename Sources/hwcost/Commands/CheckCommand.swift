internal import ArgumentParser
internal import CostAPI

/// Reports every mistake of files.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Report every mistake of hardware, network and validation files.",
    discussion: """
      A folder stands for every YAML file in it. The status is 1 if there is a mistake.

      Example:
        hwcost check hwconfigs
      """)

  @Argument(help: ArgumentHelp("Files and folders to check.", valueName: "file|dir"))
  var paths: [String]

  @OptionGroup var common: CommonOptions

  func run() throws {
    let session = try Session(common)
    var findings: [FileCheck.Finding] = []
    for path in paths {
      let files = try session.perform { () throws(CostAPIError) in try FileCheck.files(at: path) }
      findings += files.map { FileCheck.check($0, names: session.catalog.searchPath) }
    }
    for finding in findings {
      if let error = finding.error { Console.complain(error.message) }
    }
    let objects = findings.map { finding -> JSONValue in
      [
        "file": .string(finding.path), "kind": .optional(finding.kind),
        "ok": .bool(finding.error == nil), "mistakes": .integer(Int64(finding.mistakes)),
        "message": .optional(finding.error?.message),
      ]
    }
    try session.emit(objects, key: "files") { Self.lines(of: findings) }
    if findings.contains(where: { $0.error != nil }) { throw ExitCode(1) }
  }

  private static func lines(of findings: [FileCheck.Finding]) -> String {
    findings.map { finding in
      let kind = finding.kind.map { " (\($0))" } ?? ""
      let mistakes = finding.mistakes == 1 ? "1 mistake" : "\(finding.mistakes) mistakes"
      return "\(finding.path)\(kind): \(finding.error == nil ? "ok" : mistakes)\n"
    }.joined()
  }
}
