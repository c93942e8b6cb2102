internal import Accelerators
internal import ArgumentParser
internal import CostAPI
internal import Dataflow

/// Options that every command has.
struct CommonOptions: ParsableArguments {
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Folders where targets and networks are looked up first.",
      discussion: "After them $HWCOST_CONFIG, share/hwcost of the installation, the source tree.",
      valueName: "dir"))
  var config: [String] = []

  @Option(help: "How the result is written.")
  var format: OutputFormat = .table

  @Option(help: ArgumentHelp("Write the result to a file.", valueName: "file"))
  var output: String?

  @Option(help: ArgumentHelp("Threads to use; all processors unless given.", valueName: "n"))
  var jobs: WholeNumber?

  @Flag(help: "Show no progress and no remarks.")
  var quiet = false

  @Flag(help: "Never use colour; a terminal gets it otherwise.")
  var noColor = false

  @Flag(help: "Leave out search_seconds, the only key that differs from run to run.")
  var noTiming = false

  mutating func validate() throws {
    try jobs?.check(in: 1...4096, of: "--jobs")
  }

  /// Refuses `--format` for a command whose result has forms of its own.
  ///
  /// - Throws: `ValidationError` where another form than the standard one is asked for.
  func refuseFormat(_ reason: String) throws {
    guard format == .table else {
      throw ValidationError("--format \(format.rawValue) is not for this command: \(reason)")
    }
  }
}

/// A whole number as it was written, however many digits it has.
struct WholeNumber: ExpressibleByArgument {
  var text: String
  /// `nil` for a number of more than 64 bits.
  var value: Int? { Int(text) }

  init?(argument: String) {
    guard MemberReader.isWholeNumber(argument) else { return nil }
    text = argument
  }

  /// - Throws: `ValidationError` for a number outside of an option's range.
  func check(in range: ClosedRange<Int>, of option: String) throws {
    guard let value, range.contains(value) else {
      throw ValidationError(
        "\(option) \(text) is not between \(range.lowerBound) and \(range.upperBound)")
    }
  }
}

/// The form of a result.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
  case table
  case json
  case csv
  case jsonl
}

/// Options of the commands that cost something.
struct ModelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What the mapper makes small: edp (unless given), energy or latency; or pareto, all of them.",
      discussion: "pareto lists what nothing beats in both energy and cycles.",
      valueName: "edp|energy|latency|pareto"))
  var objective: ObjectiveName?

  @Option(
    help: ArgumentHelp(
      "Whether the last pass of a loop may be shorter (imperfect), or all steps divide (perfect).",
      discussion: "imperfect unless given, where the target and --counting allow it.",
      valueName: "imperfect|perfect"))
  var factors: FactorsName?

  @Option(help: "How words are counted: exact (unless given) or timeloop.")
  var counting: CountingName?

  @Option(
    name: .customLong("batch"),
    help: ArgumentHelp("Images that run together; 1 unless given.", valueName: "n"))
  var writtenBatch: WholeNumber?

  @Option(
    name: .customLong("time-limit"),
    help: ArgumentHelp(
      "Stop the search of a layer after so long, and tell how far its best may be off.",
      valueName: "seconds"))
  var writtenTimeLimit: Seconds?

  mutating func validate() throws {
    try writtenTimeLimit?.check(of: "--time-limit")
    try writtenBatch?.check(in: 1...(1 << 24), of: "--batch")
  }

  /// The batch that was given.
  var batch: Int? { writtenBatch?.value }

  /// The options that were given and say how a model is asked, each with its value.
  var given: [(option: String, value: String)] {
    [
      ("--objective", objective?.rawValue), ("--factors", factors?.rawValue),
      ("--counting", counting?.rawValue), ("--time-limit", writtenTimeLimit?.text),
    ].compactMap { option, value in value.map { (option, $0) } }
  }

  /// The options as the models take them; a batch of 1 unless one is given. The factors are for the
  /// target to decide.
  var costOptions: CostOptions {
    CostOptions(
      objective: objective?.objective ?? .energyDelayProduct, factors: .perfect,
      counting: counting?.rules ?? .exact, batch: batch ?? 1, listsFront: objective == .pareto,
      timeLimitSeconds: writtenTimeLimit?.value)
  }

  /// The options with the factors that are in force on a target.
  func costOptions(on target: LoadedTarget) throws(CostAPIError) -> CostOptions {
    try target.options(costOptions, factors: factors?.factors)
  }
}

/// A time as it was written.
struct Seconds: ExpressibleByArgument {
  var text: String
  /// `nil` for what is no number of seconds above 0.
  var value: Double?

  init?(argument: String) {
    text = argument
    value = Double(argument).flatMap { $0.isFinite && $0 > 0 ? $0 : nil }
  }

  /// - Throws: `ValidationError` for what is no time to wait.
  func check(of option: String) throws {
    guard value == nil else { return }
    throw ValidationError("\(option) \(text) is no number of seconds above 0")
  }
}

/// The objectives by their names on the command line.
enum ObjectiveName: String, CaseIterable, ExpressibleByArgument {
  case edp, energy, latency, pareto

  var objective: Objective { Objective(rawValue: rawValue) ?? .energyDelayProduct }
}

/// The factors by their names on the command line.
enum FactorsName: String, CaseIterable, ExpressibleByArgument {
  case imperfect, perfect

  var factors: Factors { self == .perfect ? .perfect : .imperfect }
}

/// The rule sets by their names on the command line.
enum CountingName: String, CaseIterable, ExpressibleByArgument {
  case exact, timeloop

  var rules: CountingRules { self == .timeloop ? .timeloop : .exact }
}
