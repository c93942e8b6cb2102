internal import Accelerators
internal import ArgumentParser
internal import CostAPI
internal import Dataflow
internal import Networks

/// Costs a layer under a mapping that is given.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Say what one layer costs under a mapping of your own, or a case of Timeloop's.",
    discussion: """
      Examples:
        hwcost evaluate --target eyeriss --layer 'linear c=64 k=10' --mapping mapping.yaml
        hwcost evaluate --timeloop arch.yaml problem.yaml mapping.yaml
      """)

  @Option(help: ArgumentHelp("A target's name, or a path to its file.", valueName: "target"))
  var target: String?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("The layer: an op and its shape.", valueName: "layer"))
  var layer: [String] = []

  @Option(help: ArgumentHelp("The mapping, as 'hwcost map' prints it.", valueName: "file"))
  var mapping: String?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Timeloop's architecture, problem and mapping, counted by its rules.",
      valueName: "arch problem mapping"))
  var timeloop: [String] = []

  @Flag(help: "Also show what bounds the layer, and how often each level is used.")
  var explain = false

  @OptionGroup var replacing: ReplacedValues
  @OptionGroup var model: ModelOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let limit = model.writtenTimeLimit {
      throw ValidationError("--time-limit \(limit.text) is for a search; evaluate searches nothing")
    }
    if timeloop.isEmpty {
      guard target != nil, !layer.isEmpty, mapping != nil else {
        throw ValidationError(
          "name what to evaluate: --target, --layer and --mapping, or --timeloop with three files")
      }
    } else {
      guard timeloop.count == 3 else {
        throw ValidationError(
          "--timeloop takes three files, architecture, problem and mapping; found "
            + "\(timeloop.count)")
      }
      guard target == nil, layer.isEmpty, mapping == nil else {
        throw ValidationError("--timeloop cannot be used with --target, --layer or --mapping")
      }
      guard replacing.values.isEmpty else {
        throw ValidationError("--set replaces values of a --target, not of Timeloop's files")
      }
      guard model.batch == nil else {
        throw ValidationError("--timeloop takes the batch from its problem file, not from --batch")
      }
      guard model.counting != .exact else {
        throw ValidationError(
          "--timeloop counts by Timeloop's rules, not by --counting exact; to count exactly, "
            + "import the architecture and name --target, --layer and --mapping")
      }
    }
  }

  func run() throws {
    let session = try Session(common)
    let report = try session.perform { () throws(CostAPIError) in
      timeloop.isEmpty ? try ownMapping(session) : try timeloopCase(session)
    }
    try session.emit(report, explain: explain)
  }

  private func ownMapping(_ session: Session) throws(CostAPIError) -> LayerReportJSON {
    let loaded = try session.catalog.target(target ?? "", overriding: replacing.overrides)
    let layer = try LayerEvaluator.layer(layer.joined(separator: " "), batch: model.batch)
    let array = try loaded.spatialArray()
    var options = model.costOptions
    options.batch = layer.batch ?? 1
    let start = Console.monotonicSeconds
    let cost = try LayerEvaluator(array, options: options).cost(
      of: layer, mappedBy: mapping ?? "")
    for nest in cost.nests {
      if nest.hasShorterPasses { options.factors = .imperfect }
      if !common.quiet, let broken = nest.brokenConstraint(of: array) {
        Console.complain("remark: the mapping is outside of the target's dataflow: \(broken)")
      }
    }
    return LayerReportJSON(
      cost, on: array, context: try loaded.context(options, givenBatch: nil),
      origin: .given, searchSeconds: common.noTiming ? nil : Console.monotonicSeconds - start)
  }

  private func timeloopCase(_ session: Session) throws(CostAPIError) -> LayerReportJSON {
    let start = Console.monotonicSeconds
    let files = try TimeloopInput(
      architecture: timeloop[0], problem: timeloop[1], mapping: timeloop[2])
    if !session.options.quiet { for warning in files.warnings { Console.complain(warning) } }
    var options = model.costOptions
    options.counting = .timeloop
    return try files.report(options) { common.noTiming ? nil : Console.monotonicSeconds - start }
  }
}
