internal import ArgumentParser

@main
struct Hwcost: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "hwcost")
}
