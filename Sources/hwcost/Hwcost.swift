internal import ArgumentParser
internal import CostAPI

/// The command line: parses, runs a command, and turns what went wrong into a message and a status.
@main
struct Hwcost: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hwcost",
    abstract: "Says what a neural network costs on an accelerator: cycles, traffic and energy.",
    discussion: """
      Targets are YAML files; networks are architectures of a search space or files of layers.

      Example:
        hwcost cost --target eyeriss --space nasbench201-cifar10 --index 0
      """,
    version: Release.version,
    subcommands: [
      TargetsCommand.self, SpacesCommand.self, DescribeCommand.self, CheckCommand.self,
      CostCommand.self, MapCommand.self, EvaluateCommand.self, DesignCommand.self,
      ImportTimeloopCommand.self, TableCommand.self, DatasetCommand.self, ValidateCommand.self,
      ServeCommand.self,
    ])

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let failure as Failure {
      Console.complain(failure.text)
      Console.exit(.failed)
    } catch let code as ExitCode {
      Console.exit(code == .success ? .done : .failed)
    } catch {
      // Help and the version are thrown too; they are no mistakes.
      if exitCode(for: error).isSuccess { exit(withError: error) }
      Console.complain(fullMessage(for: error))
      Console.exit(.misused)
    }
  }
}
