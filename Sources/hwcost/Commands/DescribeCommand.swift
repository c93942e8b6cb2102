internal import Accelerators
internal import ArgumentParser
internal import CostAPI
internal import MeasuredTables

/// Shows what a target is made of.
struct DescribeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "describe",
    abstract: "Show a target as a tree, with totals and the source of each number.",
    discussion: """
      Example:
        hwcost describe eyeriss
      """)

  @Argument(help: ArgumentHelp("A target's name, or a path to its file.", valueName: "target"))
  var target: String

  @OptionGroup var replacing: ReplacedValues
  @OptionGroup var common: CommonOptions

  func run() throws {
    let session = try Session(common)
    let loaded = try session.perform { () throws(CostAPIError) in
      try session.catalog.target(target, overriding: replacing.overrides)
    }
    switch common.format {
    case .json: try session.emit(loaded.json.indentedText + "\n")
    case .jsonl, .csv:
      try session.emit(loaded.json.compactText + "\n")
    case .table:
      let text: String
      switch loaded.model {
      case .spatialArray(let array):
        text = ArrayDescription(array, unsourced: loaded.unsourcedNumbers).text
      case .measured(let device): text = Self.text(of: device)
      case .pipeline(let design):
        text = PipelineDescription.text(of: design, unsourced: loaded.unsourcedNumbers)
      case .board(let board):
        text = PipelineDescription.text(of: board, unsourced: loaded.unsourcedNumbers)
      }
      try session.emit(text + "file: \(loaded.path)\n")
    }
  }

  func validate() throws {
    if common.format == .csv { throw ValidationError("describe has no csv form; use json") }
  }

  private static func text(of device: MeasuredDevice) -> String {
    let manifest = device.manifest
    var lines = ["\(device.name): measured device, \(device.contents)"]
    if let description = manifest.description { lines.append(description) }
    for table in device.tables {
      let description = table.description
      lines.append(
        "columns: latency in \(description.latency.unit.rawValue)"
          + (description.energy.map { ", energy in \($0.unit.rawValue)" } ?? ""))
      if description.missing == .interpolate { lines.append("missing entries: interpolated") }
      lines.append("table: \(table.file)")
    }
    lines += manifest.measurement.map { "\($0.key): \($0.text)" }
    return lines.joined(separator: "\n") + "\n"
  }
}
