internal import ArgumentParser
internal import CostAPI

/// Writes look-up tables that NAS code reads.
struct TableExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write what a search space costs on a target as a look-up table of NAS code.",
    discussion: """
      Example:
        hwcost table export --target eyeriss --space fbnet-imagenet --as hwnasbench
      """)

  @OptionGroup var choice: SpaceTable

  @Option(
    name: .customLong("as"),
    help: "hwnasbench (JSON), ofa (YAML), nni (lut.txt), matrix (CSV), npy or terms (CSV).")
  var form: Form

  @Option(help: "The figure of the forms that hold one.")
  var metric: Metric = .latency

  @OptionGroup var common: CommonOptions

  enum Form: String, CaseIterable, ExpressibleByArgument {
    case hwnasbench, ofa, nni, matrix, npy, terms
  }

  enum Metric: String, CaseIterable, ExpressibleByArgument {
    case latency, energy

    var metric: CostMetric { self == .latency ? .latencyMilliseconds : .energyMillijoules }
  }

  func validate() throws {
    try common.refuseFormat("--as says how the table is written")
    if choice.target.count > 1 { throw ValidationError("a look-up table is of one target") }
    if form == .npy, common.output == nil {
      throw ValidationError("npy is no text: name a file with --output")
    }
  }

  func run() throws {
    let session = try Session(common)
    let (table, _) = try choice.table(in: session)
    guard let column = table.columns.firstIndex(where: { $0.metric == metric.metric }) else {
      throw Failure(text: "error: '\(choice.target[0])' tells no \(metric.rawValue)")
    }
    guard let export = TableExport(rawValue: form.rawValue) else {
      return try session.perform { () throws(CostAPIError) in
        let bytes = try table.npy(column: column)
        do throws(FileError) {
          try TextFile.write(bytes: bytes, to: common.output ?? "")
        } catch {
          throw .file(error)
        }
      }
    }
    let text = try session.perform { () throws(CostAPIError) in
      try export.text(table, column: column)
    }
    try session.emit(text)
  }
}

/// Writes every network's costs.
struct DatasetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dataset",
    abstract: "Write what HW-NAS-Bench published, for any targets: every network with all figures.",
    discussion: """
      Spaces too large to list give every block instead. The pickle is one that the published
      HWNASBenchAPI loads; --name says which of its devices a target stands for, and the others are
      NaN. Parquet and the pickle need Python.

      Examples:
        hwcost dataset --target eyeriss eyeriss-like --space nasbench201-cifar10 --output nb201.csv
        hwcost dataset --target eyeriss-like --space nasbench201-cifar10 --as pickle \\
          --name eyeriss=eyeriss-like --output nb201.pickle
      """)

  @OptionGroup var choice: SpaceTable

  @Option(name: .customLong("as"), help: "csv, parquet or pickle.")
  var form: Form = .csv

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "In the pickle, the published device that a target stands for.", valueName: "device=target"))
  var name: [String] = []

  @OptionGroup var common: CommonOptions

  enum Form: String, CaseIterable, ExpressibleByArgument {
    case csv, parquet, pickle
  }

  func validate() throws {
    try common.refuseFormat("--as says how the dataset is written")
    if form != .csv, common.output == nil {
      throw ValidationError("\(form.rawValue) is no text: name a file with --output")
    }
    if form == .pickle {
      let named = name.compactMap { $0.split(separator: "=", maxSplits: 1).last.map(String.init) }
      for target in choice.target where !named.contains(target) {
        throw ValidationError(
          "say which device of HW-NAS-Bench '\(target)' stands for: --name DEVICE=\(target), with "
            + "edgegpu, raspi4, edgetpu, pixel3, eyeriss or fpga as DEVICE")
      }
    } else if !name.isEmpty {
      throw ValidationError("--name is for --as pickle")
    }
    for pair in name {
      let parts = pair.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, choice.target.contains(String(parts[1])) else {
        throw ValidationError("--name '\(pair)' is not DEVICE=TARGET with one of the targets")
      }
    }
  }

  func run() throws {
    let session = try Session(common)
    let (table, provenance) = try choice.table(in: session)
    let dataset = try session.perform { () throws(CostAPIError) in
      try CostDataset(table, provenance: provenance)
    }
    guard form != .csv else { return try session.emit(dataset.csv) }
    let devices = name.map { pair -> JSONValue.Member in
      let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
      return .init(parts[0], .string(parts[1]))
    }
    let plan: JSONValue = [
      "output": .string(common.output ?? ""), "form": .string(form.rawValue),
      "space": .string(choice.space), "devices": .object(devices), "dataset": dataset.json,
    ]
    try PythonScript(module: "hwcost.dataset").run(plan)
  }
}
