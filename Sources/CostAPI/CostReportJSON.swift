public import Accelerators
internal import Dataflow

/// What was in force when something was costed; every report repeats it.
public struct ReportContext: Hashable, Sendable {
  public var options: CostOptions
  /// SHA-256 of the target's files.
  public var configSHA256: String

  public init(options: CostOptions, configSHA256: String) {
    self.options = options
    self.configSHA256 = configSHA256
  }

  /// The keys a report repeats, without the target's.
  var members: [JSONValue.Member] {
    [
      .init("objective", .string(options.objective.rawValue)),
      .init("factors", .string(options.factors.rawValue)),
      .init("counting", .string(options.counting.rawValue)),
      .init("latency_model", "separable"),
      .init("batch", .integer(Int64(options.batch))),
    ]
  }

  /// The versions behind a report.
  var versions: [JSONValue.Member] {
    [
      .init("hwcost", .string(Release.version)),
      .init("model", .integer(Release.modelVersion)),
      .init("config_sha256", .string(configSHA256)),
    ]
  }
}

/// The report of a network in the versioned JSON form of `hwcost cost`.
public struct CostReportJSON: Sendable {
  public var report: CostReport
  public var origin: ArchitectureOrigin?
  public var context: ReportContext
  /// A column of the user's own, such as an accuracy.
  public var joined: [JSONValue.Member]
  public var listsLayers: Bool

  public init(
    _ report: CostReport, from origin: ArchitectureOrigin?, context: ReportContext,
    joined: [JSONValue.Member] = [], listsLayers: Bool = false
  ) {
    self.report = report
    self.origin = origin
    self.context = context
    self.joined = joined
    self.listsLayers = listsLayers
  }

  /// The report as one object; a network of no search space has its name for `arch`.
  public var value: JSONValue {
    var members = summary
    if listsLayers { members.append(.init("layers", .array(report.layers.map(Self.layer)))) }
    return .object(members)
  }

  /// The object without its layers: the columns of a CSV row.
  public var summary: [JSONValue.Member] {
    let target: JSONValue.Member = .init("target", .string(report.target))
    let subject: [JSONValue.Member] = [
      .init("space", .optional(origin?.space)),
      .init("arch", .string(origin?.text ?? report.network)),
      .init("index", .optional(origin?.index.map(Int64.init))),
    ]
    let totals: [JSONValue.Member] = [
      .init("macs", .integer(report.macs)),
      .init("params", .integer(report.parameters)),
      .init("latency_ms", .number(report.latencyMilliseconds)),
      .init("energy_mj", .optional(report.energyMillijoules)),
      .init("dram_bytes", .optional(report.dramBytes)),
    ]
    return [target] + subject + totals + joined + context.members + context.versions
  }

  private static func layer(_ layer: LayerCost) -> JSONValue {
    [
      "name": .string(layer.name), "layer": .string(layer.text), "macs": .integer(layer.macs),
      "cycles": .optional(layer.cycles), "latency_ms": .number(layer.latencyMilliseconds),
      "energy_pj": .optional(layer.energyPicojoules), "dram_bytes": .optional(layer.dramBytes),
      "repeats": 1,
    ]
  }
}
