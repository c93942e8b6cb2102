internal import ArgumentParser
internal import CostAPI
internal import MeasuredTables

/// Measured tables and look-up tables.
struct TableCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "table",
    abstract: "Check, fill and write tables of costs.",
    subcommands: [
      TableCheckCommand.self, TableImportCommand.self, TableExportCommand.self,
    ])
}

/// Says what a measured device's tables hold and lack.
struct TableCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Report every mistake of a measured device's tables, and what they lack.",
    discussion: """
      The status is 1 if there is a mistake, or something missing of the space.

      Example:
        hwcost table check hwconfigs/measured/example
      """)

  @Argument(help: ArgumentHelp("Measured devices: names or folders.", valueName: "device"))
  var devices: [String]

  @Option(help: ArgumentHelp("The space that tables of layers are for.", valueName: "space"))
  var space: String?

  @OptionGroup var common: CommonOptions

  func run() throws {
    let session = try Session(common)
    var checks: [TableCheck] = []
    for device in devices {
      checks.append(
        try session.perform { () throws(CostAPIError) in
          try TableCheck(session.catalog.target(device), spaceName: space)
        })
    }
    try session.emit(checks.flatMap(\.json), key: "tables") { checks.map(\.text).joined() }
    let isComplete = checks.allSatisfy { $0.findings.allSatisfy(\.missing.isEmpty) }
    if !isComplete { throw ExitCode(1) }
  }
}

/// Fills a measured device's tables from a published file.
struct TableImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Fill a measured device's tables from a published pickle or torch file.",
    discussion: """
      The manifest says where in the file its numbers are. Python reads the file, and nothing in it
      is run: only plain values, collections and numpy arrays are taken.

      Example:
        hwcost table import HW-NAS-Bench-v1_0.pickle --device raspberry-pi-4
      """)

  @Argument(help: ArgumentHelp("The published file.", valueName: "file"))
  var file: String

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Measured devices to fill: names or folders.", valueName: "device"))
  var device: [String]

  @Option(
    help: ArgumentHelp(
      "Where the device goes; its own folder unless given.",
      discussion: "The manifest is copied to DIR/hwconfigs/measured/NAME; use --config DIR then.",
      valueName: "dir"))
  var into: String?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if device.isEmpty { throw ValidationError("name at least one device with --device") }
  }

  func run() throws {
    let session = try Session(common)
    guard TextFile.exists(file) else {
      throw Failure(text: "error: cannot read '\(file)': no such file or directory")
    }
    for name in device {
      let (manifest, path) = try session.perform { () throws(CostAPIError) in
        try session.catalog.manifest(of: name)
      }
      let folder = try folder(of: manifest, path, in: session)
      let plan = try session.perform { () throws(CostAPIError) in
        try TableImport(manifest, from: file, into: folder)
      }
      try PythonScript(module: "hwcost.table_import").run(plan.plan)
      let check = try session.perform { () throws(CostAPIError) in
        try TableCheck(session.catalog.target("\(folder)/device.yaml"))
      }
      try session.emit(check.json, key: "tables") { check.text }
    }
  }

  /// The folder that the tables go to, with the manifest in it.
  private func folder(
    of manifest: TableManifest, _ path: String, in session: Session
  ) throws -> String {
    guard let into else { return SearchPath.parent(of: path) }
    let folder = "\(into)/hwconfigs/measured/\(manifest.name)"
    return try session.perform { () throws(CostAPIError) in
      do throws(FileError) {
        try TextFile.makeFolder(folder)
        let text = try TextFile.read(path)
        if "\(folder)/device.yaml" != path { try TextFile.write(text, to: "\(folder)/device.yaml") }
      } catch {
        throw .file(error)
      }
      return folder
    }
  }
}
