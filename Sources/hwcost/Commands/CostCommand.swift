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
        hwcost cost --target eyeriss --network vgg16 --objective pareto
        hwcost cost --target eyeriss --space nasbench201-cifar10 --all --format csv
        hwcost cost --target eyeriss --set activations=resident --network vgg16
      """)

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Targets: names, or paths to their files.", valueName: "target"))
  var target: [String]

  @OptionGroup var choice: NetworkChoice

  @Flag(help: "List every layer; in csv each is a row.")
  var perLayer = false

  @Flag(
    help: ArgumentHelp(
      "Find the smallest buffers between the stages of an FPGA pipeline that keep its interval."))
  var leastBuffers = false

  @Option(
    help: ArgumentHelp(
      "Add the columns of a CSV file, such as accuracy, by its column arch or index.",
      discussion: "Rows and networks that find no partner are told.",
      valueName: "file"))
  var join: String?

  @Option(
    help: ArgumentHelp(
      "Show only the front: less cost, and more of a column of --join; its first unless named.",
      valueName: "latency|energy|macs|params[:column]"))
  var pareto: ParetoChoice?

  @OptionGroup var replacing: ReplacedValues
  @OptionGroup var model: ModelOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if pareto != nil, join == nil {
      throw ValidationError("--pareto needs a column to set against the cost: give it with --join")
    }
    if leastBuffers, common.format == .csv {
      throw ValidationError("--least-buffers has no csv form; use json")
    }
    if target.isEmpty { throw ValidationError("name at least one target with --target") }
  }

  func run() throws {
    let session = try Session(common)
    let subjects = try choice.subjects(in: session)
    let joined = try join.map { path in
      try session.perform { () throws(CostAPIError) in
        try JoinedTable(
          path, of: choice.searchSpace(), rowsAreLayers: perLayer && common.format == .csv)
      }
    }
    let targets = try target.map { name in
      try session.perform { () throws(CostAPIError) in
        try session.catalog.target(name, overriding: replacing.overrides)
      }
    }
    if leastBuffers, let other = targets.first(where: { !$0.hasBuffers }) {
      throw Failure(
        text: "error: '\(other.reference)' is no streaming pipeline: it has no buffers between "
          + "stages\nhint: leave --least-buffers out")
    }
    var reports: [CostReportJSON] = []
    for loaded in targets {
      if loaded.isMeasured { try tellWhatIsIgnored(by: loaded, in: session) }
      reports += try session.perform { () throws(CostAPIError) in
        try self.reports(of: subjects, on: loaded, joined, in: session)
      }
    }
    for remark in joined?.remarks(on: subjects.map(\.key)) ?? [] { session.remark(remark) }
    if let pareto {
      let column = try pareto.joinedColumn(of: reports)
      reports = CostReportJSON.front(of: reports, cost: pareto.cost, against: column)
      if reports.isEmpty { throw Failure(text: "error: no network has a number in '\(column)'") }
      if common.format == .table { return try emitFront(reports, pareto, column, in: session) }
    }
    try emit(reports, of: targets, in: session)
  }

  /// The front for people: a target's networks from cheap to dear, beside what makes them the front.
  private func emitFront(
    _ reports: [CostReportJSON], _ pareto: ParetoChoice, _ column: String, in session: Session
  ) throws {
    let reports = reports.map { report in
      var report = report
      report.joined.removeAll { $0.key != column }
      return report
    }
    let tables = CostTables(reports, perLayer: false) { _ in [] }
    try session.emit(
      tables.text(session.heading)
        + "\(HumanNumber.grouped(Int64(reports.count))) networks on the front of "
        + "\(pareto.cost.rawValue) and \(column)\n")
  }

  /// One report a network, in the same order.
  private func reports(
    of subjects: [CostSubject], on loaded: LoadedTarget, _ joined: JoinedTable?,
    in session: Session
  ) throws(CostAPIError) -> [CostReportJSON] {
    let options = try model.costOptions(on: loaded)
    let context = try loaded.context(options, givenBatch: model.batch)
    let estimator = CostEstimator(
      loaded.hardwareTarget(options, cache: session.cache), threads: session.threads,
      listsLayers: perLayer || leastBuffers, progress: session.progress)
    let eliminates = choice.eliminateDeadNodes && !loaded.isMeasured
    let subjects = subjects.map { subject in
      var subject = subject
      subject.eliminatesDeadNodes = eliminates
      return subject
    }
    let costs = try estimator.answers(for: subjects)
    return zip(subjects, costs).map { subject, cost in
      CostReportJSON(
        cost, from: subject.origin, context: context,
        joined: joined?.members(for: subject.key) ?? [], listsLayers: perLayer,
        eliminatesDeadNodes: eliminates, findsLeastBuffers: leastBuffers)
    }
  }

  /// A measurement is what it is: options that ask a model have no effect on it.
  private func tellWhatIsIgnored(by loaded: LoadedTarget, in session: Session) throws {
    var options = model.given.map(\.option)
    if choice.eliminateDeadNodes { options.append("--eliminate-dead-nodes") }
    if perLayer, !loaded.listsParts {
      guard common.format != .csv else {
        throw Failure(
          text: "error: '\(loaded.reference)' is measured: it has no layers to write as rows\n"
            + "hint: leave --per-layer out")
      }
      options.append("--per-layer")
    }
    guard !options.isEmpty else { return }
    session.remark(
      "remark: '\(loaded.reference)' is measured: \(options.joined(separator: ", ")) "
        + "\(options.count == 1 ? "is" : "are") ignored")
  }

  private func emit(
    _ reports: [CostReportJSON], of targets: [LoadedTarget], in session: Session
  ) throws {
    switch common.format {
    case .json:
      let document: JSONValue = [
        "schema": .integer(Release.schema), "reports": .array(reports.map(\.value)),
      ]
      try session.emit(document.indentedText + "\n")
    case .jsonl:
      try session.emit(reports.map { $0.value.compactText + "\n" }.joined())
    case .csv:
      let rows = reports.flatMap { report in
        if perLayer { return report.layerRows }
        return report.report.front == nil ? [report.summary] : report.frontRows
      }
      try session.emit(Session.csv(rows.map { .object($0) }))
    case .table:
      // Each target has as many reports as there are networks.
      let networks = max(1, reports.count / max(1, targets.count))
      let tables = CostTables(reports, perLayer: perLayer) { index in
        mapCommand(targets[index / networks])
      }
      try session.emit(tables.text(session.heading))
    }
  }

  /// The command that maps a layer on a target as it was mapped here, all but the layer.
  private func mapCommand(_ loaded: LoadedTarget) -> [String] {
    var words = ["hwcost", "map", "--target", loaded.reference]
    if !common.config.isEmpty { words += ["--config"] + common.config }
    if !replacing.values.isEmpty { words += ["--set"] + replacing.values }
    return words + model.given.flatMap { [$0.option, $0.value] }
  }
}

/// What `--pareto` sets against each other.
struct ParetoChoice: ExpressibleByArgument {
  var cost: CostMetric
  /// The joined column; the first one unless named.
  var column: String?

  init?(argument: String) {
    let parts = argument.split(separator: ":", maxSplits: 1).map(String.init)
    let names: [String: CostMetric] = [
      "latency": .latencyMilliseconds, "energy": .energyMillijoules, "macs": .macs,
      "params": .parameters,
    ]
    guard let first = parts.first, let metric = names[first] else { return nil }
    cost = metric
    column = parts.count > 1 ? parts[1] : nil
  }

  /// The column that is set against the cost.
  ///
  /// - Throws: `Failure` where no column is joined, or none of that name.
  func joinedColumn(of reports: [CostReportJSON]) throws -> String {
    let joined = reports.first?.joined.map(\.key) ?? []
    guard let column = column ?? joined.first, joined.contains(column) else {
      throw Failure(
        text: "error: there is no joined column '\(column ?? "")'\n"
          + "hint: the joined columns are \(joined.joined(separator: ", "))")
    }
    return column
  }
}
