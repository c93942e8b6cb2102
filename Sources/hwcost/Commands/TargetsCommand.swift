internal import Accelerators
internal import ArgumentParser
internal import CostAPI
internal import MeasuredTables

/// Lists the targets that can be named.
struct TargetsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "targets",
    abstract: "List every target: its kind, clock, size and file.",
    discussion: """
      Example:
        hwcost targets
      """)

  @OptionGroup var common: CommonOptions

  func run() throws {
    let session = try Session(common)
    var rows: [(name: String, target: LoadedTarget, facts: Facts)] = []
    for (name, path) in session.catalog.targets {
      do throws(CostAPIError) {
        let target = try session.catalog.target(path)
        rows.append((name, target, Facts(target)))
      } catch {
        // A manifest that waits for its numbers is no mistake, and no target yet.
        if case .notImported = error { continue }
        let check = CommandText.text(["hwcost", "check", path])
        session.remark("warning: '\(name)' is left out; \(check) says why")
      }
    }
    let objects = rows.map { row -> JSONValue in
      [
        "name": .string(row.name), "kind": .string(row.facts.kind),
        "clock_mhz": .optional(row.facts.clockMegahertz), "size": .string(row.facts.size),
        "file": .string(row.target.path), "config_sha256": .string(row.target.configSHA256),
      ]
    }
    try session.emit(objects, key: "targets") {
      var table = TextTable([
        .init("target"), .init("kind"), .init("clock [MHz]", .right), .init("size"), .init("file"),
      ])
      for row in rows {
        table.add([
          row.name, row.facts.kind,
          row.facts.clockMegahertz.map { HumanNumber.significant($0) } ?? "-", row.facts.size,
          row.target.path,
        ])
      }
      return table.text(headingStyle: session.heading)
    }
  }
}

/// What a list says of a target.
private struct Facts {
  var kind: String
  var clockMegahertz: Double?
  var size: String

  init(_ target: LoadedTarget) {
    switch target.model {
    case .spatialArray(let array):
      kind = "spatial-array"
      clockMegahertz = array.clockMegahertz
      let memory = ArrayDescription.bytes(ArrayDescription.onChipBytes(of: array))
      size = "\(array.laneCount) lanes, \(memory) on chip"
    case .measured(let device):
      kind = "measured"
      size = device.contents
    case .pipeline(let design):
      kind = "pipeline"
      clockMegahertz = design.clockMegahertz
      let count = design.engines.count
      size = "\(count) \(count == 1 ? "engine" : "engines") on \(design.board.name)"
    case .board(let board):
      kind = "fpga-board"
      clockMegahertz = board.clockMegahertz
      size =
        "\(HumanNumber.grouped(board.resources.dsps)) DSPs, "
        + "\(HumanNumber.grouped(board.resources.blockRAMs18Kb)) BRAM18"
    }
  }
}
