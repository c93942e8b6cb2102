internal import Accelerators
internal import CostAPI
internal import Dataflow
internal import Ops

/// The report of `hwcost map` and `hwcost evaluate` for people.
struct LayerTables {
  private let report: LayerReportJSON
  private let explains: Bool

  init(_ report: LayerReportJSON, explains: Bool) {
    self.report = report
    self.explains = explains
  }

  private var cost: LayerCost { report.cost }
  private var nests: [NestCost] { cost.nests.map(\.cost) }
  private var energyPicojoules: Double { cost.energyPicojoules ?? 0 }

  /// What the layer costs, how it runs and where the energy goes; below, what was in force.
  func text(_ heading: (String) -> String) -> String {
    var blocks = [summary(heading)]
    if let nest = report.loopNest { blocks.append(heading("loop nest") + "\n" + nest) }
    blocks.append(
      heading("where the energy goes") + "\n" + energyTable.text(headingStyle: heading))
    if explains, !nests.isEmpty {
      blocks.append(heading("words moved") + "\n" + trafficTable.text(headingStyle: heading))
    }
    return blocks.joined(separator: "\n") + footer
  }

  private func summary(_ heading: (String) -> String) -> String {
    let array = report.array
    var lines = [heading("\(BriefLayerText.text(of: cost.text)) on \(array.name)")]
    let cycles = cost.cycles ?? 0
    let clock = HumanNumber.significant(array.clockMegahertz, digits: 3)
    lines.append(
      "latency  \(HumanNumber.grouped(cycles)) cycles, "
        + "\(HumanNumber.significant(cost.latencyMilliseconds)) ms at \(clock) MHz")
    lines.append("energy   \(HumanNumber.withPrefix(energyPicojoules * 1e-12, unit: "J"))")
    let bytes = HumanNumber.withPrefix(Double(cost.dramBytes ?? 0), unit: "B")
    lines.append("DRAM     \(bytes) moved")
    let lanes = HumanNumber.grouped(array.laneCount)
    let macs = HumanNumber.withPrefix(Double(cost.macs), unit: "MAC")
    if cost.macs > 0 {
      let share = HumanNumber.percent(report.utilization)
      lines.append("work     \(macs), \(lanes) lanes \(share) used")
    } else {
      let operations = nests.reduce(0) { $0 + $1.otherOperations }
      lines.append(
        "work     \(HumanNumber.withPrefix(Double(operations), unit: "operations")) on a vector unit"
      )
    }
    if array.residency == .resident {
      lines.append("on chip  nothing stays for a layer alone, without neighbours")
    }
    if report.origin == .searched, report.loopNest != nil { lines.append("mapping  " + search) }
    return lines.joined(separator: "\n") + "\n"
  }

  private var search: String {
    let proof =
      cost.nests.allSatisfy(\.isProvenBest)
      ? "no mapping is better (proven)" : "the best found; a better mapping is not ruled out"
    guard explains else { return proof }
    let count = HumanNumber.grouped(cost.nests.reduce(0) { $0 + $1.evaluations })
    let time = report.searchSeconds.map {
      " in \(HumanNumber.withPrefix($0, unit: "s", digits: 3))"
    }
    return "\(proof); \(count) candidates looked at\(time ?? "")"
  }

  private var energyTable: TextTable {
    var table = TextTable([
      .init("part"), .init("energy [nJ]", .right), .init("of all", .right),
      .init("cycles", .right),
    ])
    func add(_ name: String, _ picojoules: Double, _ cycles: String) {
      let share = energyPicojoules > 0 ? picojoules / energyPicojoules : 0
      table.add([
        name, HumanNumber.significant(picojoules * 1e-3), HumanNumber.percent(share), cycles,
      ])
    }
    guard let first = nests.first else { return table }
    for index in first.levels.indices {
      let level = first.levels[index]
      let wires = nests.reduce(0) { $0 + $1.levels[index].wirePicojoules }
      let cycles = nests.reduce(0) { $0 + $1.levels[index].cycles }
      add(
        level.name, nests.reduce(0) { $0 + $1.levels[index].accessPicojoules },
        HumanNumber.grouped(cycles))
      if wires > 0 { add("wires below \(level.name)", wires, "-") }
    }
    add(
      first.compute.name, nests.reduce(0) { $0 + $1.compute.energyPicojoules },
      HumanNumber.grouped(nests.reduce(0) { $0 + $1.compute.cycles }))
    let staticPart = nests.reduce(0) { $0 + $1.staticPicojoules }
    if staticPart > 0 { add("static", staticPart, "-") }
    add("all", energyPicojoules, HumanNumber.grouped(cost.cycles ?? 0))
    return table
  }

  private var trafficTable: TextTable {
    var table = TextTable([
      .init("level"), .init("tensor"), .init("reads", .right), .init("fills", .right),
      .init("updates", .right), .init("drains", .right), .init("forwards", .right),
    ])
    guard let first = nests.first else { return table }
    for index in first.levels.indices {
      for role in TensorRole.allCases {
        let traffic = nests.map { $0.levels[index].traffic[role] }
        let counts = [\Traffic.reads, \.fills, \.updates, \.drains, \.forwards].map { path in
          traffic.reduce(0) { $0 + $1[keyPath: path] }
        }
        guard counts.contains(where: { $0 > 0 }) else { continue }
        table.add([first.levels[index].name, role.name] + counts.map(HumanNumber.grouped))
      }
    }
    return table
  }

  private var footer: String {
    "\(report.context.summary)\nhwcost \(Release.version), model \(Release.modelVersion)\n"
  }
}

extension Session {
  /// Writes a layer's report in the format asked for.
  func emit(_ report: LayerReportJSON, explain: Bool) throws {
    switch options.format {
    case .json: try emit(report.value.indentedText + "\n")
    case .jsonl: try emit(report.value.compactText + "\n")
    case .csv: try emit(Self.csv([report.value]))
    case .table: try emit(LayerTables(report, explains: explain).text(heading))
    }
  }
}
