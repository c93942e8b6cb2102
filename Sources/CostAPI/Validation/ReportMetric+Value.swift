internal import Accelerators
internal import HardwareConfigs

extension ValidationSuite.Metric {
  /// The number in a report.
  ///
  /// - Parameter layers: Patterns of layer names whose numbers are added up; empty for the network.
  /// - Throws: `CostAPIError.request` for a number that the report does not have.
  func value(in report: CostReport, layers patterns: [String]) throws(CostAPIError) -> Double {
    guard case .report(let metric) = self else {
      throw .request("'\(name)' is no number of a report", hint: nil)
    }
    let found: Double?
    if patterns.isEmpty {
      found = try metric.value(in: report)
    } else {
      let layers = report.layers.filter { layer in
        patterns.contains { Assignment.matches(layer.name, pattern: $0) }
      }
      guard !layers.isEmpty else {
        throw .request(
          "no layer of '\(report.network)' is called \(patterns.joined(separator: ", "))", hint: nil
        )
      }
      found = metric.sum(over: layers)
    }
    guard let found else {
      throw .request("'\(report.target)' does not say '\(metric.rawValue)'", hint: nil)
    }
    return found
  }
}

extension ValidationSuite.ReportMetric {
  fileprivate func value(in report: CostReport) throws(CostAPIError) -> Double? {
    switch self {
    case .latencyMilliseconds: return report.latencyMilliseconds
    case .energyMillijoules: return report.energyMillijoules
    case .macs: return Double(report.macs)
    case .parameters: return Double(report.parameters)
    case .dramBytes: return report.dramBytes.map { Double($0) }
    case .cycles: return sum(over: report.layers)
    case .intervalCycles: return report.pipeline.map { Double($0.intervalCycles) }
    case .intervalMilliseconds:
      return report.pipeline.map { Double($0.intervalCycles) / ($0.clockMegahertz * 1000) }
    case .imagesPerSecond:
      if let pipeline = report.pipeline { return pipeline.imagesPerSecond }
      return report.latencyMilliseconds > 0 ? 1000 / report.latencyMilliseconds : nil
    case .dsp: return try amount(of: .dsp, in: report)
    case .blockRAM18: return try amount(of: .blockRAM18, in: report)
    case .ultraRAM: return try amount(of: .ultraRAM, in: report)
    case .lookUpTable: return try amount(of: .lookUpTable, in: report)
    case .flipFlop: return try amount(of: .flipFlop, in: report)
    }
  }

  fileprivate func sum(over layers: [LayerCost]) -> Double? {
    func sum(_ number: (LayerCost) -> Double?) -> Double? {
      let numbers = layers.compactMap(number)
      return numbers.count == layers.count ? numbers.reduce(0, +) : nil
    }
    switch self {
    case .latencyMilliseconds: return sum { $0.latencyMilliseconds }
    case .cycles: return sum { $0.cycles.map { Double($0) } }
    case .energyMillijoules: return sum { $0.energyPicojoules.map { $0 * 1e-9 } }
    case .macs: return sum { Double($0.macs) }
    case .dramBytes: return sum { $0.dramBytes.map { Double($0) } }
    default: return nil
    }
  }

  /// What a design takes of a resource; `nil` where nobody says.
  ///
  /// - Throws: `CostAPIError.request` where only an interval is known: it has no one deviation.
  private func amount(
    of resource: FPGAResource, in report: CostReport
  ) throws(CostAPIError) -> Double? {
    guard let resources = report.pipeline?.resources, !resources.unknown.contains(resource) else {
      return nil
    }
    let (low, high) = (resources.total.low[resource], resources.total.high[resource])
    guard low == high else {
      throw .request(
        "'\(report.target)' takes \(low) to \(high) \(resource.name): an interval, no one number",
        hint: "compare it in a style that gives one")
    }
    return Double(low)
  }
}
