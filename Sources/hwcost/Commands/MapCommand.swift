internal import Accelerators
internal import ArgumentParser
internal import CostAPI
internal import Networks

/// Finds how a layer runs best on a target.
struct MapCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "map",
    abstract: "Find how one layer runs best on a target, and what that costs.",
    discussion: """
      Examples:
        hwcost map --target eyeriss --layer 'conv c=64 k=64 h=32 r=3 pad=1' --explain
        hwcost map --target eyeriss --layer 'linear c=1024 k=1000' --objective pareto
      """)

  @Option(help: ArgumentHelp("A target's name, or a path to its file.", valueName: "target"))
  var target: String

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "The layer: an op and its shape, such as 'linear c=1024 k=1000'.", valueName: "layer"))
  var layer: [String]

  @Flag(help: "Also show what bounds the layer, and how often each level is used.")
  var explain = false

  @OptionGroup var replacing: ReplacedValues
  @OptionGroup var model: ModelOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let session = try Session(common)
    let report = try session.perform { () throws(CostAPIError) in
      let loaded = try session.catalog.target(target, overriding: replacing.overrides)
      let layer = try LayerEvaluator.layer(layer.joined(separator: " "), batch: model.batch)
      let array = try loaded.spatialArray()
      var options = try model.costOptions(on: loaded)
      options.batch = layer.batch ?? 1
      let evaluator = LayerEvaluator(array, options: options, cache: session.cache)
      let start = Console.monotonicSeconds
      let cost = try evaluator.bestCost(of: layer)
      let seconds = Console.monotonicSeconds - start
      return LayerReportJSON(
        cost, on: array, context: try loaded.context(options, givenBatch: nil),
        origin: .searched, searchSeconds: common.noTiming ? nil : seconds,
        fasterWay: evaluator.fasterWay(than: cost, of: layer))
    }
    try session.emit(report, explain: explain)
  }
}
