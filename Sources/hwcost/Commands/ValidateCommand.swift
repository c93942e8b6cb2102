internal import ArgumentParser
internal import CostAPI
internal import HardwareConfigs

/// Shows published figures beside ours.
struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Show published figures beside ours; status 1 if one is outside its tolerance.",
    discussion: """
      Without a name all suites run. A suite is a file of validation/, or a path to one: each figure \
      has its source, and each tolerance its reason.

      Examples:
        hwcost validate
        hwcost validate zhang15
        hwcost validate hw-nas-bench --data ~/published --format csv
        hwcost validate --list
      """)

  @Argument(help: ArgumentHelp("Suites: names, or paths to their files.", valueName: "suite"))
  var suites: [String] = []

  @Flag(help: "List the suites instead.")
  var list = false

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Folders of published files that hwcost may not ship; those of $HWCOST_DATA come after.",
      discussion: "A comparison whose file is in none of them is skipped.", valueName: "dir"))
  var data: [String] = []

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if list, !suites.isEmpty { throw ValidationError("--list takes no suites") }
  }

  func run() throws {
    let session = try Session(common)
    for folder in data where !TextFile.isFolder(folder) {
      throw Failure(text: "error: --data: there is no folder '\(folder)'")
    }
    let names = suites.isEmpty ? session.catalog.suites.map(\.path) : suites
    guard !names.isEmpty else {
      throw Failure(
        text: "error: there are no suites\nhint: --config names the folder that has validation/")
    }
    let loaded = try session.perform { () throws(CostAPIError) in
      var loaded: [LoadedSuite] = []
      for name in names { loaded.append(try session.catalog.suite(name)) }
      return loaded
    }
    if list { return try emitList(of: loaded, in: session) }
    let folders = data + SearchPath.folders(inEnvironment: Console.environment("HWCOST_DATA"))
    var run = ValidationRun(
      session.catalog, dataFolders: folders, threads: session.threads, cache: session.cache)
    let results = loaded.flatMap { run.results(of: $0) }
    try session.emit(results.map(\.json), key: "results") {
      Self.table(of: results, explains: !suites.isEmpty, session.heading)
    }
    if results.contains(where: \.verdict.isBad) { throw ExitCode(1) }
  }

  private func emitList(of loaded: [LoadedSuite], in session: Session) throws {
    let objects = loaded.map { suite -> JSONValue in
      [
        "suite": .string(suite.suite.name), "title": .string(suite.suite.title),
        "comparisons": .integer(Int64(suite.suite.comparisons.count)),
        "needs": .array(suite.suite.files.map { .string($0) }), "file": .string(suite.path),
      ]
    }
    try session.emit(objects, key: "suites") {
      var table = TextTable([
        .init("suite"), .init("comparisons", .right), .init("needs"), .init("title"),
      ])
      for suite in loaded {
        let files = suite.suite.files
        table.add([
          suite.suite.name, String(suite.suite.comparisons.count),
          files.isEmpty ? "-" : files.joined(separator: ", "), suite.suite.title,
        ])
      }
      return table.text(headingStyle: session.heading)
    }
  }
}

// MARK: - The table for people
extension ValidateCommand {
  private static func table(
    of results: [ValidationResult], explains: Bool, _ heading: (String) -> String
  ) -> String {
    var table = TextTable([
      .init("suite"), .init("figure"), .init("metric"), .init("published", .right),
      .init("ours", .right), .init("deviation", .right), .init("tolerance"), .init("verdict"),
    ])
    for result in results {
      let count = result.count == 1 ? "" : " (\(HumanNumber.grouped(Int64(result.count))) figures)"
      table.add([
        result.suite, "\(result.comparison): \(result.row)\(count)", result.metric,
        result.publishedText
          + (result.worked == nil || result.published == nil ? "" : " (worked)"), result.oursText,
        result.deviationText, result.tolerance.text,
        result.verdict.isBad ? result.verdict.rawValue.uppercased() : result.verdict.rawValue,
      ])
    }
    return table.text(headingStyle: heading) + messages(of: results)
      + (explains ? explanations(of: results) : "") + summary(of: results, explains: explains)
  }

  /// Why figures were skipped, failed or are outside.
  private static func messages(of results: [ValidationResult]) -> String {
    results.compactMap { result in
      result.message.map { "\(result.suite): \(result.row): \($0)\n" }
    }.joined()
  }

  /// Where each comparison's figures are from, and why its tolerance is what it is.
  private static func explanations(of results: [ValidationResult]) -> String {
    var text = ""
    var last: (suite: String, comparison: String)?
    for result in results where last.map({ $0 != (result.suite, result.comparison) }) ?? true {
      last = (result.suite, result.comparison)
      text += "\n\(result.suite), \(result.comparison)\n"
      text += "  figures:   \(result.source)\n"
      if let worked = result.worked { text += "  worked:    \(worked)\n" }
      text += "  tolerance: \(result.reason)\n"
    }
    return text + (text.isEmpty ? "" : "\n")
  }

  private static func summary(of results: [ValidationResult], explains: Bool) -> String {
    func figures(_ verdict: ValidationResult.Verdict) -> String {
      let count = results.filter { $0.verdict == verdict }.count
      return "\(count) \(verdict.rawValue)"
    }
    var text =
      "\(results.count) rows: "
      + ValidationResult.Verdict.allCases.map(figures).joined(separator: ", ") + "\n"
    if !explains {
      text +=
        "'hwcost validate SUITE' adds where the figures are from and the tolerances' reasons\n"
    }
    return text + "hwcost \(Release.version), model \(Release.modelVersion)\n"
  }
}

extension ValidationSuite {
  /// Files that a suite reads and that only their publishers may hand on.
  fileprivate var files: [String] {
    comparisons.compactMap { comparison in
      if case .table(let table) = comparison.figures { table.file } else { nil }
    }
  }
}
