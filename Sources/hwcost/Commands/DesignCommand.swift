internal import Accelerators
internal import ArgumentParser
internal import CostAPI
internal import Networks
internal import Ops

/// Finds the best streaming design for a board.
struct DesignCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "design",
    abstract: "Find the best design of a network for an FPGA board, and prove it.",
    discussion: """
      In a streaming design each layer has a stage of its own, folded in one of many ways, with its \
      weights in block RAM, look-up tables, UltraRAM or the board's memory. In a tiled one all layers \
      share an engine.

      Examples:
        hwcost design --target zcu102 --network resnet18
        hwcost design --target zc706 --network cnv --goal resources --images-per-second 1000
        hwcost design --target zcu102 --network vgg16 --family tiled
        hwcost design --target zc706 --space nasbench201-cifar10 --index 0 --write-design mine.yaml
      """)

  @Option(help: ArgumentHelp("The board: a name, or a path to its file.", valueName: "board"))
  var target: String

  @OptionGroup var choice: NetworkChoice

  @Option(help: "What is made small: interval, latency, or resources at a rate.")
  var goal: Goal = .interval

  @Option(help: ArgumentHelp("Images a second that are required.", valueName: "rate"))
  var imagesPerSecond: Double?

  @Option(help: ArgumentHelp("Clock; the board's usual one unless given.", valueName: "MHz"))
  var clock: Double?

  @Option(help: ArgumentHelp("Width of weights; 8 unless given.", valueName: "bits"))
  var weightBits: Int = 8

  @Option(help: ArgumentHelp("Width of activations; 8 unless given.", valueName: "bits"))
  var activationBits: Int = 8

  @Option(
    help: ArgumentHelp(
      "Which designs are looked at: stream, a stage for each layer, or tiled, one engine for all; what the board's file says unless given.",
      valueName: "stream|tiled"))
  var family: Family?

  @Option(
    help: ArgumentHelp(
      "Of a tiled design, cycles a pass to fill and empty the engine; 20 unless given.",
      valueName: "cycles"))
  var overhead: Int?

  @Option(
    help: ArgumentHelp("Of a tiled design, DSPs of a multiply-accumulate.", valueName: "count"))
  var dspsPerMac: Int?

  @Option(help: "Whether stages fold by divisors of their loops or by any number.")
  var folding: Folding = .divisors

  @Option(help: "How the widths of neighbouring streams go together: any, divides or equal.")
  var matching: Matching = .any

  @Option(help: "Whose resource formulas are used: hwcost, finn, fpgaconvnet or dnnbuilder.")
  var style: Style = .hwcost

  @Option(help: "Which end of the resource estimates has to fit: low or high.")
  var estimate: Estimate = .low

  @Option(
    help: ArgumentHelp(
      "Partial designs that are looked at to prove the least interval; some million take a second.",
      valueName: "count"))
  var proofNodes: Int = DesignSearch.mostNodes

  @Flag(help: "Find the smallest buffers between the stages that keep the interval.")
  var leastBuffers = false

  @Option(help: ArgumentHelp("Write the design as a hardware file.", valueName: "file"))
  var writeDesign: String?

  @OptionGroup var replacing: ReplacedValues
  @OptionGroup var common: CommonOptions

  enum Family: String, CaseIterable, ExpressibleByArgument { case stream, tiled }
  enum Goal: String, CaseIterable, ExpressibleByArgument { case interval, latency, resources }
  enum Folding: String, CaseIterable, ExpressibleByArgument { case divisors, any }
  enum Matching: String, CaseIterable, ExpressibleByArgument { case any, divides, equal }
  enum Style: String, CaseIterable, ExpressibleByArgument {
    case hwcost, finn, fpgaconvnet, dnnbuilder
  }
  enum Estimate: String, CaseIterable, ExpressibleByArgument { case low, high }

  func validate() throws {
    guard (goal == .resources) == (imagesPerSecond != nil) else {
      throw ValidationError("--goal resources and --images-per-second go together")
    }
    if let imagesPerSecond, !(imagesPerSecond > 0 && imagesPerSecond < 1e12) {
      throw ValidationError("--images-per-second has to be above 0")
    }
    if let clock, !(clock >= 1 && clock <= 10_000) {
      throw ValidationError("--clock is not between 1 and 10000 MHz")
    }
    for (option, bits) in [("--weight-bits", weightBits), ("--activation-bits", activationBits)]
    where !(1...64).contains(bits) {
      throw ValidationError("\(option) \(bits) is not between 1 and 64")
    }
    if !(0...1 << 20).contains(overhead ?? 0) || !(1...1024).contains(dspsPerMac ?? 1) {
      throw ValidationError(
        "--overhead is between 0 and 1048576 cycles, --dsps-per-mac between 1 and 1024")
    }
    if !(1...1 << 40).contains(proofNodes) {
      throw ValidationError("--proof-nodes has to be above 0")
    }
    if common.format == .csv { throw ValidationError("design has no csv form; use json") }
  }

  func run() throws {
    let session = try Session(common)
    let subjects = try choice.subjects(in: session)
    if writeDesign != nil, subjects.count != 1 {
      throw Failure(text: "error: --write-design takes one network, not \(subjects.count)")
    }
    let designed = try session.perform { () throws(CostAPIError) in
      let board = try session.catalog.target(target, overriding: replacing.overrides).board()
      return DesignedBoard(
        board, options: options(for: board),
        designs: family.flatMap { DesignFamily(rawValue: $0.rawValue) },
        overheadCycles: Int64(overhead ?? 20), dspsPerMAC: dspsPerMac.map(Int64.init))
    }
    if designed.designs == .tiled, goal == .resources {
      throw Failure(
        text: "error: --goal resources is for streaming designs\nhint: add --family stream")
    }
    if designed.designs == .tiled, leastBuffers {
      throw Failure(
        text: "error: --least-buffers is for streaming designs: a tiled one has no stages\n"
          + "hint: add --family stream")
    }
    if designed.designs == .stream, overhead != nil || dspsPerMac != nil {
      throw Failure(
        text: "error: \(overhead != nil ? "--overhead" : "--dsps-per-mac") is for tiled designs\n"
          + "hint: add --family tiled")
    }
    var reports: [DesignReport] = []
    for subject in subjects {
      reports.append(
        try session.perform { () throws(CostAPIError) in
          try DesignReport(
            of: subject.network, on: designed, goal: wanted, mostNodes: proofNodes,
            findsLeastBuffers: leastBuffers,
            seconds: common.noTiming ? nil : { Console.monotonicSeconds })
        })
    }
    if let writeDesign, let report = reports.first { try write(report, to: writeDesign) }
    let objects = zip(subjects, reports).map { $1.json(origin: $0.origin) }
    try session.emit(objects, key: "designs") {
      reports.map { $0.text(heading: session.heading) }.joined(separator: "\n")
    }
  }

  private var wanted: DesignGoal {
    switch goal {
    case .interval: .interval
    case .latency: .latency
    case .resources: .resources(imagesPerSecond: imagesPerSecond ?? 1)
    }
  }

  private func options(for board: Board) -> DesignOptions {
    DesignOptions(
      clockMegahertz: clock ?? board.clockMegahertz,
      precision: Precision(
        weightBits: weightBits, activationBits: activationBits, accumulatorBits: 32),
      style: ResourceStyle(rawValue: style.rawValue) ?? .hwcost,
      foldings: Foldings(rawValue: folding.rawValue) ?? .divisors,
      matching: StreamMatching(rawValue: matching.rawValue) ?? .any,
      estimate: DesignOptions.Estimate(rawValue: estimate.rawValue) ?? .low)
  }

  private func write(_ report: DesignReport, to path: String) throws {
    let design = report.found.design
    let reason =
      "found by hwcost design for \(report.network.name) on \(design.board.name), least "
      + report.goal.name
    do throws(FileError) {
      try TextFile.write(
        DesignYAML.text(of: design, name: "\(design.board.name)-design", reason: reason), to: path)
    } catch {
      throw Failure(text: CostAPIError.file(error).message)
    }
  }
}
