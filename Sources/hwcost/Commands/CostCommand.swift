internal import Accelerators
internal import ArgumentParser
internal import CostAPI
internal import Networks

/// Says what networks cost on targets.
struct CostCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cost",
    abstract: "Say what networks cost on targets: latency, energy and traffic.",
    discussion: """
      Examples:
        hwcost cost --target eyeriss --space nasbench201-cifar10 --index 0 1 2
        hwcost cost --target eyeriss --network vgg16 --per-layer
        hwcost cost --target eyeriss --space nasbench201-cifar10 --all --format csv
      """)

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Targets: names, or paths to their files.", valueName: "target"))
  var target: [String]

  @OptionGroup var choice: NetworkChoice

  @Flag(help: "List every layer.")
  var perLayer = false

  @Option(
    help: ArgumentHelp(
      "Add the columns of a CSV file, such as accuracy, by its column arch or index.",
      valueName: "file"))
  var join: String?

  @OptionGroup var model: ModelOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if target.isEmpty { throw ValidationError("name at least one target with --target") }
  }

  func run() throws {
    let session = Session(common)
    let subjects = try choice.subjects(in: session)
    let joined = try join.map { path in
      try session.perform { () throws(CostAPIError) in try JoinedTable(path) }
    }
    let targets = try target.map { name in
      try session.perform { () throws(CostAPIError) in try session.catalog.target(name) }
    }
    var reports: [CostReportJSON] = []
    for loaded in targets {
      let estimator = CostEstimator(
        loaded.hardwareTarget(model.costOptions), threads: session.threads, listsLayers: perLayer,
        progress: session.progress)
      let (costs, context) = try session.perform { () throws(CostAPIError) in
        let context = try loaded.context(model.costOptions, givenBatch: model.batch)
        return (try estimator.answers(for: subjects), context)
      }
      for (subject, cost) in zip(subjects, costs) {
        let origin = subject.origin
        reports.append(
          CostReportJSON(
            cost, from: origin, context: context,
            joined: joined?.members(for: origin?.text ?? cost.network, origin?.index) ?? [],
            listsLayers: perLayer))
      }
    }
    try emit(reports, in: session)
  }

  private func emit(_ reports: [CostReportJSON], in session: Session) throws {
    switch common.format {
    case .json:
      let document: JSONValue = [
        "schema": .integer(Release.schema), "reports": .array(reports.map(\.value)),
      ]
      try session.emit(document.indentedText + "\n")
    case .jsonl:
      try session.emit(reports.map { $0.value.compactText + "\n" }.joined())
    case .csv: try session.emit(Session.csv(reports.map { .object($0.summary) }))
    case .table:
      try session.emit(CostTables(reports, perLayer: perLayer).text(session.heading))
    }
  }
}
