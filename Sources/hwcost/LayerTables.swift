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
    if !cost.front.isEmpty {
      blocks.append(heading("front") + "\n" + frontTable.text(headingStyle: heading))
    }
    if let nest = report.loopNest { blocks.append(heading("loop nest") + "\n" + nest) }
    blocks.append(
      heading("where the energy goes") + "\n" + energyTable.text(headingStyle: heading))
    if explains, !nests.isEmpty {
      if report.bounds.compulsory != nil {
        blocks.append(
          heading("what the layer costs at least, whatever its mapping") + "\n"
            + leastTable.text(headingStyle: heading))
      }
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
    if cost.macs > 0 { lines.append("limits   " + limits) }
    if report.origin == .searched, report.loopNest != nil { lines.append("mapping  " + search) }
    if let way = report.fasterWay { lines.append("remark   \(Self.text(of: way))") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// What bounds the cycles, and what the layer costs at least.
  private var limits: String {
    let bounds = report.bounds
    guard let cycles = bounds.cycles, let energy = bounds.energyPicojoules, cycles > 0, energy > 0
    else { return bounds.boundBy }
    let times = { (value: Double) in "(\(HumanNumber.fixed(value, decimals: 2)) x)" }
    return "\(bounds.boundBy); any mapping takes at least \(HumanNumber.grouped(cycles)) cycles "
      + "\(times(Double(cost.cycles ?? 0) / Double(cycles))) and "
      + "\(HumanNumber.withPrefix(energy * 1e-12, unit: "J")) \(times(energyPicojoules / energy))"
  }

  private var search: String {
    let count = HumanNumber.grouped(cost.nests.reduce(0) { $0 + $1.evaluations })
    var text = "no \(cost.front.isEmpty ? "mapping is better" : "point is missing") (proven)"
    if !cost.nests.allSatisfy(\.isProvenBest) {
      text = "best of \(count) found; "
      if !cost.front.isEmpty {
        text += "points may be missing"
      } else if let gap = cost.optimality?.gap {
        text += "at most \(HumanNumber.percent(gap)) above the optimum"
      } else {
        text += "how far the optimum is below is not known"
      }
    }
    guard explains else { return text }
    let time = report.searchSeconds.map {
      " in \(HumanNumber.withPrefix($0, unit: "s", digits: 3))"
    }
    return "\(text); \(count) candidates looked at\(time ?? "")"
  }

  private static func text(of way: FasterWay) -> String {
    let cycles = HumanNumber.grouped(way.cost.cycles ?? 0)
    return "energy alone is a poor objective here: the least takes "
      + "\(HumanNumber.significant(way.speedup, digits: 2)) times the \(cycles) cycles of a mapping "
      + "with \(HumanNumber.significant(way.energyShare * 100, digits: 2)) % more energy"
  }

  /// The front with what each point costs beside the ends; the mapping shown is the marked one.
  private var frontTable: TextTable {
    FrontTable(
      cost.front.map {
        .init(
          cycles: $0.cycles, latencyMilliseconds: $0.latencyMilliseconds,
          energyPicojoules: $0.energyPicojoules ?? 0)
      }
    ).table
  }

  /// The parts of the least cost, beside what the layer has of each.
  private var leastTable: TextTable {
    let bounds = report.bounds
    var table = TextTable([
      .init("bound"), .init("at least", .right), .init("layer", .right), .init("ratio", .right),
    ])
    func add(_ name: String, _ least: Double, _ value: Double, _ text: (Double) -> String) {
      let ratio = least > 0 ? HumanNumber.significant(value / least, digits: 3) : "-"
      table.add([name, text(least), text(value), ratio])
    }
    let cycles = { (value: Double) in "\(HumanNumber.grouped(Int64(value))) cycles" }
    let energy = { (value: Double) in HumanNumber.withPrefix(value * 1e-12, unit: "J") }
    let outermost = nests.first?.levels.first?.name ?? ""
    let taken = Double(cost.cycles ?? 0)
    add("compute on all lanes", Double(bounds.computeCycles ?? 0), taken, cycles)
    for port in bounds.ports {
      add("port \(port.port) of \(outermost)", Double(port.cycles), taken, cycles)
    }
    let compulsory = bounds.compulsory ?? []
    add(
      "every word of \(outermost) once", compulsory.reduce(0) { $0 + $1.outermostPicojoules },
      nests.reduce(0) { $0 + ($1.levels.first?.accessPicojoules ?? 0) }, energy)
    add(
      "compute", compulsory.reduce(0) { $0 + $1.computePicojoules },
      nests.reduce(0) { $0 + $1.compute.energyPicojoules }, energy)
    add("all cycles", Double(bounds.cycles ?? 0), taken, cycles)
    add("all energy", bounds.energyPicojoules ?? 0, energyPicojoules, energy)
    return table
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
    case .csv: try emit(Self.csv(report.points.map(\.value)))
    case .table: try emit(LayerTables(report, explains: explain).text(heading))
    }
  }
}
