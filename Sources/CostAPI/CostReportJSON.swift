public import Accelerators
internal import Dataflow
internal import Ops

/// What was in force when something was costed; every report repeats it.
public struct ReportContext: Hashable, Sendable {
  /// Where the numbers come from.
  public enum Basis: Hashable, Sendable {
    /// A model, asked in a certain way.
    case model(CostOptions, activations: ActivationResidency)
    /// A measurement of so many images at once.
    case measurement(batch: Int)
    /// An FPGA's engines, which run each layer in one way; so many images behind each other.
    case pipeline(batch: Int)
  }

  /// How the numbers came about.
  public var basis: Basis
  /// Values that replaced those of the target's file, by key path.
  public var overrides: [String: String]
  /// SHA-256 of the target's files and of what replaced values in them.
  public var configSHA256: String

  /// What was in force, of its parts.
  public init(_ basis: Basis, overrides: [String: String] = [:], configSHA256: String) {
    self.basis = basis
    self.overrides = overrides
    self.configSHA256 = configSHA256
  }

  /// What was set from outside, as on the command line; `nil` for nothing.
  private var setText: String? {
    overrides.isEmpty
      ? nil
      : overrides.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        .joined(separator: ", ")
  }

  /// Whether a layer's output may stay on chip; `nil` for a measurement.
  public var activations: ActivationResidency? {
    guard case .model(_, let activations) = basis else { return nil }
    return activations
  }

  /// The keys a report repeats; `null` where a measurement knows no such thing.
  var members: [JSONValue.Member] {
    let (objective, factors, counting, activations): (String?, String?, String?, String?)
    let (latencyModel, batch): (String, Int)
    let timeLimit: Double?
    switch basis {
    case .model(let options, let residency):
      activations = residency.rawValue
      objective = options.objectiveName
      timeLimit = options.timeLimitSeconds
      factors = options.factors.rawValue
      counting = options.counting.rawValue
      (latencyModel, batch) = (options.counting.latencyModel, options.batch)
    case .measurement(let images):
      (objective, factors, counting) = (nil, nil, nil)
      (activations, timeLimit) = (nil, nil)
      (latencyModel, batch) = ("measured", images)
    case .pipeline(let images):
      (objective, factors, counting) = (nil, nil, nil)
      (activations, timeLimit) = (nil, nil)
      (latencyModel, batch) = ("pipeline", images)
    }
    return [
      .init("objective", .optional(objective)), .init("factors", .optional(factors)),
      .init("counting", .optional(counting)), .init("latency_model", .string(latencyModel)),
      .init("batch", .integer(Int64(batch))), .init("activations", .optional(activations)),
      .init("set", .optional(setText)), .init("time_limit_seconds", .optional(timeLimit)),
    ]
  }

  /// The same in words, for people.
  public var summary: String { summary(scope: "") }

  /// The summary of a network: its objective is that of each layer by itself.
  var networkSummary: String {
    guard case .model(let options, _) = basis, options.objective == .energyDelayProduct else {
      return summary
    }
    return summary(scope: options.listsFront ? " of the whole network" : " of each layer by itself")
  }

  /// Whether the whole front is asked for.
  public var listsFront: Bool {
    guard case .model(let options, _) = basis else { return false }
    return options.listsFront
  }

  private func summary(scope: String) -> String {
    switch basis {
    case .model(let options, let activations):
      "objective \(options.objectiveName)\(scope), \(options.factors.rawValue) factors, "
        + "\(options.counting.rawValue) counting, \(options.counting.latencyModel) latency model, "
        + "batch \(options.batch), activations \(activations.rawValue)"
        + (setText.map { ", set \($0)" } ?? "")
        + (options.timeLimitSeconds.map { ", time limit \(HumanNumber.plain($0)) s a layer" } ?? "")
    case .measurement(let batch): "measured, batch \(batch)"
    case .pipeline(let batch):
      "pipeline latency model, batch \(batch)" + (setText.map { ", set \($0)" } ?? "")
    }
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

extension CostOptions {
  /// What is looked for, as on the command line.
  var objectiveName: String { listsFront ? "pareto" : objective.rawValue }
}

extension CountingRules {
  /// The name of the model that cycles come from: Timeloop throttles compute by the average demand
  /// and has no fill and drain.
  fileprivate var latencyModel: String { self == .exact ? "separable" : "throttled" }
}

/// The report of a network in the versioned JSON form of `hwcost cost`.
public struct CostReportJSON: Sendable {
  /// The costs themselves.
  public var report: CostReport
  /// The member of a search space that the network is; `nil` for other networks.
  public var origin: ArchitectureOrigin?
  /// What was in force.
  public var context: ReportContext
  /// A column of the user's own, such as an accuracy.
  public var joined: [JSONValue.Member]
  /// Whether the layers are written out.
  public var listsLayers: Bool
  /// Whether dead nodes were dropped before costing; a measurement is of the network as it was.
  public var eliminatesDeadNodes: Bool
  /// Whether the smallest buffers of a pipeline were asked for.
  public var findsLeastBuffers: Bool
  /// The smallest buffers; `nil` where nobody asked, and for a pipeline that is too large to run.
  public var leastBuffers: LeastDepths?

  /// A report as JSON.
  ///
  /// - Parameters:
  ///   - report: What the network costs.
  ///   - origin: The member of a search space that it is; `nil` for others.
  ///   - findsLeastBuffers: Whether to look for a pipeline's smallest buffers, which may take
  ///     seconds.
  public init(
    _ report: CostReport, from origin: ArchitectureOrigin?, context: ReportContext,
    joined: [JSONValue.Member] = [], listsLayers: Bool = false, eliminatesDeadNodes: Bool = false,
    findsLeastBuffers: Bool = false
  ) {
    self.report = report
    self.origin = origin
    self.context = context
    self.joined = joined
    self.listsLayers = listsLayers
    self.eliminatesDeadNodes = eliminatesDeadNodes
    self.findsLeastBuffers = findsLeastBuffers
    leastBuffers = findsLeastBuffers ? report.pipeline?.buffers?.least() : nil
  }

  /// What was in force, in words for people.
  public var summaryText: String {
    context.networkSummary + (eliminatesDeadNodes ? ", dead nodes eliminated" : "")
  }

  /// The report as one object.
  public var value: JSONValue {
    var members = summary
    if context.listsFront { members.append(.init("front", .array(front))) }
    if let pipeline = report.pipeline {
      members.append(
        .init(
          "pipeline",
          pipeline.json(
            listsStages: listsLayers, findsLeast: findsLeastBuffers, least: leastBuffers)))
    }
    if !report.interpolatedEntries.isEmpty {
      let entries = report.interpolatedEntries.map { JSONValue.string($0) }
      members.append(.init("interpolated_entries", .array(entries)))
    }
    if listsLayers { members.append(.init("layers", .array(report.layers.map(Self.layer)))) }
    return .object(members)
  }

  /// The keys of a report, which a joined column cannot have.
  static let keys: Set<String> = [
    "schema", "target", "space", "arch", "index", "macs", "params", "latency_ms", "energy_mj",
    "dram_bytes", "objective", "objective_scope", "eliminate_dead_nodes", "factors", "counting",
    "latency_model", "batch", "activations", "set", "time_limit_seconds", "unproven_layers",
    "largest_optimality_gap", "front", "front_point", "front_points", "front_exact",
    "front_tolerance", "pipeline", "hwcost", "model", "config_sha256", "layers",
    "interpolated", "interpolated_entries",
  ]

  /// The points of the network's front.
  private var front: [JSONValue] {
    (report.front?.points ?? []).map { point in
      [
        "latency_ms": .rounded(point.latencyMilliseconds),
        "energy_mj": .rounded(point.energyMillijoules),
        "dram_bytes": .optional(point.dramBytes),
      ]
    }
  }

  /// One row a point of the front, each with what the report says of the network: CSV rows.
  public var frontRows: [[JSONValue.Member]] {
    front.enumerated().map { index, point in
      summary.flatMap { member -> [JSONValue.Member] in
        if member.key == "front_points" {
          return [.init("front_point", .integer(Int64(index + 1))), member]
        }
        return [JSONValue.Member(member.key, point[member.key] ?? member.value)]
      }
    }
  }

  /// How many of a measurement's entries were interpolated.
  private var interpolated: [JSONValue.Member] {
    guard case .measurement = context.basis else { return [] }
    return [.init("interpolated", .integer(Int64(report.interpolatedEntries.count)))]
  }

  /// The columns of a row that is a layer, which a joined column cannot have either.
  static let layerKeys: Set<String> = [
    "name", "layer", "cycles", "energy_pj", "repeats", "resident",
  ]

  /// The object without its layers: the columns of a CSV row.
  public var summary: [JSONValue.Member] {
    let totals: [JSONValue.Member] = [
      .init("macs", .integer(report.macs)),
      .init("params", .integer(report.parameters)),
      .init("latency_ms", .rounded(report.latencyMilliseconds)),
      .init("energy_mj", .rounded(report.energyMillijoules)),
      .init("dram_bytes", .optional(report.dramBytes)),
    ]
    return subject + totals + joined + search + inForce + interpolated
  }

  /// How sure the search is of its result.
  private var search: [JSONValue.Member] {
    let search = report.search
    var members: [JSONValue.Member] = [
      .init("unproven_layers", .optional(search.map { Int64($0.unprovenLayers) })),
      .init("largest_optimality_gap", .rounded(search?.largestGap)),
    ]
    guard context.listsFront else { return members }
    members += [
      .init("front_points", .optional(report.front.map { Int64($0.points.count) })),
      .init("front_exact", report.front.map { .bool($0.isExact) } ?? .null),
      .init("front_tolerance", .rounded(report.front?.tolerance)),
    ]
    return members
  }

  /// The layers, each with what the report says of all of them: the columns of CSV rows.
  public var layerRows: [[JSONValue.Member]] {
    report.layers.map { layer in
      guard case .object(var members) = Self.layer(layer) else { return [] }
      // A field of a table holds no list.
      members.removeAll { $0.key == "resident" }
      let names = layer.residentTensors.members.map(\.name).joined(separator: " ")
      members.append(.init("resident", .string(names)))
      return subject + members + joined + inForce
    }
  }

  /// The target and the network; a network of no search space has its name for `arch`.
  private var subject: [JSONValue.Member] {
    [
      .init("target", .string(report.target)), .init("space", .optional(origin?.space)),
      .init("arch", .string(origin?.text ?? report.network)),
      .init("index", .optional(origin?.index.map(Int64.init))),
    ]
  }

  /// What was in force and the versions behind it.
  private var inForce: [JSONValue.Member] {
    let isModel = if case .model = context.basis { true } else { false }
    let isMeasured = if case .measurement = context.basis { true } else { false }
    return context.members + [
      // Each layer is mapped for itself: a network's best energy-delay product can be lower than
      // what its layers' best ones give. A front is the network's.
      .init(
        "objective_scope", isModel ? .string(report.front == nil ? "per layer" : "network") : nil),
      .init("eliminate_dead_nodes", isMeasured ? nil : .bool(eliminatesDeadNodes)),
    ] + context.versions
  }

  private static func layer(_ layer: LayerCost) -> JSONValue {
    [
      "name": .string(layer.name), "layer": .string(layer.text), "macs": .integer(layer.macs),
      "cycles": .optional(layer.cycles), "latency_ms": .rounded(layer.latencyMilliseconds),
      "energy_pj": .rounded(layer.energyPicojoules), "dram_bytes": .optional(layer.dramBytes),
      "repeats": 1, "resident": .names(layer.residentTensors),
    ]
  }
}

extension JSONValue {
  /// A list of tensors' names.
  static func names(_ tensors: TensorSet) -> JSONValue {
    .array(tensors.members.map { .string($0.name) })
  }
}
