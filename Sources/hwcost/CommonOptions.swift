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
  var jobs: Int?

  @Flag(help: "Show no progress and no remarks.")
  var quiet = false

  @Flag(help: "Never use colour; a terminal gets it otherwise.")
  var noColor = false

  @Flag(help: "Leave out search_seconds, the only key that differs from run to run.")
  var noTiming = false

  mutating func validate() throws {
    if let jobs, !(1...4096).contains(jobs) {
      throw ValidationError("--jobs \(jobs) is not between 1 and 4096")
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
  @Option(help: "What the mapper makes small: edp, energy or latency.")
  var objective: ObjectiveName = .edp

  @Option(
    help: ArgumentHelp("Whether loops' steps divide: perfect.", valueName: "imperfect|perfect"))
  var factors: FactorsName = .perfect

  @Option(help: "How words are counted: exact or timeloop.")
  var counting: CountingName = .exact

  @Option(help: ArgumentHelp("Images that run together.", valueName: "n"))
  var batch: Int?

  @Option(help: ArgumentHelp("Stop a search after so long (not yet).", valueName: "seconds"))
  var timeLimit: Double?

  mutating func validate() throws {
    if objective == .pareto {
      throw ValidationError(
        "--objective pareto comes with the mapper's own issue; use edp, energy or latency")
    }
    if factors == .imperfect {
      throw ValidationError(
        "--factors imperfect comes with the mapper's own issue; use --factors perfect")
    }
    if timeLimit != nil {
      throw ValidationError(
        "--time-limit comes with the mapper's own issue; searches are short and run to their end")
    }
    if let batch, !(1...(1 << 24)).contains(batch) {
      throw ValidationError("--batch \(batch) is not between 1 and \(1 << 24)")
    }
  }

  /// The options as the models take them; a batch of 1 unless one is given.
  var costOptions: CostOptions {
    CostOptions(
      objective: objective.objective, factors: .perfect, counting: counting.rules,
      batch: batch ?? 1)
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
}

/// The rule sets by their names on the command line.
enum CountingName: String, CaseIterable, ExpressibleByArgument {
  case exact, timeloop

  var rules: CountingRules { self == .timeloop ? .timeloop : .exact }
}
