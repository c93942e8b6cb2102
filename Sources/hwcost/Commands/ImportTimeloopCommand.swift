internal import ArgumentParser
internal import CostAPI

/// Turns an architecture of Timeloop's into a hardware file.
struct ImportTimeloopCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import-timeloop",
    abstract: "Turn an architecture of Timeloop's, with its energy table, into a hardware file.",
    discussion: """
      Example:
        hwcost import-timeloop arch.yaml --output mine.yaml
      """)

  @Argument(help: ArgumentHelp("The architecture in Timeloop's v0.4 YAML.", valueName: "arch"))
  var architecture: String

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if common.format != .table {
      throw ValidationError("import-timeloop writes YAML; it has no other format")
    }
  }

  func run() throws {
    let session = try Session(common)
    let result = try session.perform { () throws(CostAPIError) in
      try TimeloopInput.hardwareFile(ofArchitecture: architecture)
    }
    if !common.quiet { for warning in result.warnings { Console.complain(warning) } }
    try session.emit(result.yaml)
  }
}
