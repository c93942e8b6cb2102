internal import Accelerators
internal import CostAPI
internal import Dataflow
internal import Ops

/// The reports of `hwcost cost` as tables for people.
struct CostTables {
  private let reports: [CostReportJSON]
  private let perLayer: Bool
  /// The words of the command that maps a layer of a report's target as it was mapped here.
  private let mapCommand: (Int) -> [String]

  /// - Parameter mapCommand: The words of the command that maps a layer on the target of the report
  ///   of an index, all but the layer.
  init(
    _ reports: [CostReportJSON], perLayer: Bool, mapCommand: @escaping (Int) -> [String]
  ) {
    self.reports = reports
    self.perLayer = perLayer
    self.mapCommand = mapCommand
  }

  /// One table of all networks, then one of the layers of each; below, what was in force.
  func text(_ heading: (String) -> String) -> String {
    var text = networks.text(headingStyle: heading)
    for report in reports {
      if let front = report.report.front { text += Self.front(front, of: report, heading) }
    }
    if perLayer {
      for (index, report) in reports.enumerated() where !report.report.layers.isEmpty {
        text += "\n\(report.report.target): \(Self.name(of: report))\n"
        text += Self.layers(of: report).text(headingStyle: heading)
        text += Self.hint(for: report.report, mapCommand(index))
      }
    }
    return text + footer
  }

  /// The front of a network, below its name.
  private static func front(
    _ front: NetworkFront, of report: CostReportJSON, _ heading: (String) -> String
  ) -> String {
    let table = FrontTable(
      front.points.map {
        .init(
          latencyMilliseconds: $0.latencyMilliseconds, energyPicojoules: $0.energyMillijoules * 1e9)
      })
    var text = "\n\(report.report.target): front of \(name(of: report))\n"
    text += table.table.text(headingStyle: heading)
    text += "\(HumanNumber.grouped(Int64(front.points.count))) points"
    if front.tolerance > 0 {
      let share = HumanNumber.significant(front.tolerance * 100, digits: 2)
      text += ", those left out that need at most \(share) % less energy than one shown"
    }
    if !front.isProven { text += ", of layers that are not all proven" }
    if front.isExact { text += ", none is missing" }
    return text + (table.isShortened ? "; --format csv lists all\n" : "\n")
  }

  private static func name(of report: CostReportJSON) -> String {
    report.origin?.text ?? report.report.network
  }

  /// A joined value; a number with a few digits.
  private static func text(of value: JSONValue) -> String {
    guard case .number(let number) = value else { return value.fieldText }
    return HumanNumber.significant(number, digits: 5)
  }

  private var networks: TextTable {
    let showsIndex = reports.contains { $0.origin?.index != nil }
    let joined = reports.first?.joined.map(\.key) ?? []
    // The network comes last: where its text is long, a narrow terminal breaks only that.
    var columns: [TextTable.Column] = [.init("target")]
    if showsIndex { columns.append(.init("index", .right)) }
    columns += [
      .init("MACs [M]", .right), .init("params [M]", .right), .init("latency [ms]", .right),
      .init("energy [mJ]", .right), .init("DRAM [MB]", .right),
    ]
    var table = TextTable(columns + joined.map { .init($0, .right) } + [.init("network")])
    for report in reports {
      let cost = report.report
      var row = [cost.target]
      if showsIndex { row.append(report.origin?.index.map(String.init) ?? "-") }
      row += [
        HumanNumber.significant(Double(cost.macs) * 1e-6),
        HumanNumber.significant(Double(cost.parameters) * 1e-6),
        HumanNumber.significant(cost.latencyMilliseconds),
        cost.energyMillijoules.map { HumanNumber.significant($0) } ?? "-",
        cost.dramBytes.map { HumanNumber.significant(Double($0) * 1e-6) } ?? "-",
      ]
      table.add(row + report.joined.map { Self.text(of: $0.value) } + [Self.name(of: report)])
    }
    return table
  }

  /// What makes layers one row: the op, and what of its tensors stayed on chip.
  private struct RowKey: Hashable {
    var text: String
    var resident: TensorSet
  }

  /// Layers that are the same are one row; where activations may stay on chip it says which did.
  private static func layers(of report: CostReportJSON) -> TextTable {
    let showsResidents = report.context.activations == .resident
    var columns: [TextTable.Column] = [
      .init("layer"), .init("count", .right), .init("MACs [M]", .right),
      .init("cycles", .right), .init("latency [ms]", .right), .init("energy [uJ]", .right),
      .init("of all", .right), .init("DRAM [kB]", .right),
    ]
    if showsResidents { columns.append(.init("stayed on chip")) }
    var table = TextTable(columns + [.init("op")])
    let layers = report.report.layers
    var order: [RowKey] = []
    var groups: [RowKey: [LayerCost]] = [:]
    for layer in layers {
      let key = RowKey(text: layer.text, resident: layer.residentTensors)
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(layer)
    }
    let all = layers.reduce(0) { $0 + ($1.energyPicojoules ?? 0) }
    for key in order {
      guard let group = groups[key], let first = group.first else { continue }
      let count = Double(group.count)
      let energy = first.energyPicojoules.map { $0 * count }
      var row: [String] = [
        first.name, String(group.count),
        HumanNumber.significant(Double(first.macs) * count * 1e-6),
        first.cycles.map { HumanNumber.grouped($0 * Int64(group.count)) } ?? "-",
        HumanNumber.significant(first.latencyMilliseconds * count),
        energy.map { HumanNumber.significant($0 * 1e-6) } ?? "-",
        energy.map { HumanNumber.percent(all > 0 ? $0 / all : 0) } ?? "-",
        first.dramBytes.map { HumanNumber.significant(Double($0) * count * 1e-3) } ?? "-",
      ]
      let names = key.resident.members.map(\.name)
      if showsResidents { row.append(names.isEmpty ? "-" : names.joined(separator: ", ")) }
      table.add(row + [BriefLayerText.text(of: key.text)])
    }
    return table
  }

  /// How to see why the costliest of the mapped layers costs what it does.
  private static func hint(for report: CostReport, _ mapCommand: [String]) -> String {
    var energies: [String: Double] = [:]
    for layer in report.layers where layer.nests.contains(where: { $0.mapping != nil }) {
      energies[layer.text, default: 0] += layer.energyPicojoules ?? 0
    }
    let costliest = energies.max { ($0.value, $1.key) < ($1.value, $0.key) }
    guard let costliest else { return "" }
    let layer = BriefLayerText.text(of: costliest.key)
    return "costliest: \(layer)\n"
      + "see why: \(CommandText.text(mapCommand + ["--layer", layer]))\n"
  }

  /// What is said of searches that ended without a proof.
  private var unproven: String {
    let searches = reports.compactMap(\.report.search).filter { $0.unprovenLayers > 0 }
    guard let most = searches.map(\.unprovenLayers).max() else { return "" }
    let count = reports.count > 1 ? "up to \(most) layers a network" : "\(most) layers"
    // Under some rules nothing is known of how good a mapping could be.
    let gaps = searches.compactMap(\.largestGap)
    guard gaps.count == searches.count, let largest = gaps.max() else {
      return "not proven: \(count); how far their optima are below is not known\n"
    }
    return "not proven: \(count), at most \(HumanNumber.percent(largest)) above their optima\n"
  }

  /// What is said of pipelines, a line for each network.
  private var pipelines: String {
    reports.compactMap { report -> String? in
      report.report.pipeline.map {
        PipelineLines(
          figures: $0, target: report.report.target, network: Self.name(of: report),
          findsLeastBuffers: report.findsLeastBuffers, leastBuffers: report.leastBuffers
        ).text
      }
    }.joined()
  }

  /// What was in force, once where it was the same for all.
  private var footer: String {
    var summaries: [String] = []
    for report in reports where !summaries.contains(report.summaryText) {
      summaries.append(report.summaryText)
    }
    return unproven + (reports.count <= 20 ? pipelines : "") + summaries.map { $0 + "\n" }.joined()
      + "hwcost \(Release.version), model \(Release.modelVersion)\n"
  }
}
