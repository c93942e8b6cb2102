public import Accelerators
internal import Dataflow
internal import HardwareConfigs
internal import Ops

/// What one layer costs, in the versioned JSON form of `hwcost map` and `hwcost evaluate`.
public struct LayerReportJSON: Sendable {
  /// How a mapping came about.
  public enum Origin: Hashable, Sendable {
    /// The mapper chose it.
    case searched
    /// The user gave it.
    case given
  }

  /// The array that runs the layer.
  public var array: SpatialArray
  /// What the layer costs.
  public var cost: LayerCost
  /// What was in force.
  public var context: ReportContext
  /// Where the mapping comes from.
  public var origin: Origin
  /// Seconds the search took; `nil` leaves the key out.
  public var searchSeconds: Double?
  /// What is far faster than the least energy for hardly more.
  public var fasterWay: FasterWay?

  /// A layer's report as JSON.
  ///
  /// - Parameters:
  ///   - cost: What the layer costs.
  ///   - array: The array it runs on.
  ///   - searchSeconds: Seconds the search took; `nil` leaves the key out.
  public init(
    _ cost: LayerCost, on array: SpatialArray, context: ReportContext, origin: Origin,
    searchSeconds: Double?, fasterWay: FasterWay? = nil
  ) {
    self.array = array
    self.cost = cost
    self.context = context
    self.origin = origin
    self.searchSeconds = searchSeconds
    self.fasterWay = fasterWay
  }

  /// One report a point of the front, or this one where there is no front.
  public var points: [LayerReportJSON] {
    guard !cost.front.isEmpty else { return [self] }
    return cost.front.map { point in
      var report = self
      report.cost = point
      report.fasterWay = nil
      return report
    }
  }

  /// The report as one object; a layer of several loop nests has their sum.
  public var value: JSONValue {
    let nests = cost.nests.map(\.cost)
    let cycles = nests.reduce(0) { $0 + $1.cycles }
    let energy = nests.reduce(0) { $0 + $1.energyPicojoules }
    let head: [JSONValue.Member] = [
      .init("schema", .integer(Release.schema)), .init("target", .string(array.name)),
      .init("layer", .string(cost.text)),
    ]
    let totals: [JSONValue.Member] = [
      .init("macs", .integer(nests.reduce(0) { $0 + $1.macs })),
      .init("other_operations", .integer(nests.reduce(0) { $0 + $1.otherOperations })),
      .init("cycles", .integer(cycles)),
      .init("latency_ms", .rounded(cost.latencyMilliseconds)),
      .init("energy_pj", .rounded(energy)),
      .init("edp_pj_cycles", .rounded(energy * Double(cycles))),
      .init("dram_bytes", .integer(nests.reduce(0) { $0 + $1.dramBytes })),
      .init("utilization", .rounded(utilization)),
      .init("resident", .names(cost.residentTensors)),
    ]
    return .object(
      head + context.members + totals + search + [.init("area_mm2", nil)] + bounds.members + parts
        + mapping + front + context.versions)
  }

  /// What the layer is bound by, and what it costs at least.
  public var bounds: LayerBounds { LayerBounds(of: cost, on: array, context: context) }

  /// The nests' utilizations, each weighed by its cycles.
  public var utilization: Double {
    let cycles = cost.nests.reduce(0) { $0 + $1.cost.cycles }
    guard cycles > 0 else { return 0 }
    return cost.nests.reduce(0) { $0 + $1.cost.utilization * Double($1.cost.cycles) }
      / Double(cycles)
  }

  private var search: [JSONValue.Member] {
    let isProvenBest: JSONValue =
      origin == .given ? nil : .bool(cost.nests.allSatisfy(\.isProvenBest))
    var members: [JSONValue.Member] = [
      .init("proven_best", isProvenBest),
      .init("evaluations", .integer(cost.nests.reduce(0) { $0 + $1.evaluations })),
      .init(lowerBoundKey, .rounded(cost.optimality?.lowerBound)),
      .init("optimality_gap", .rounded(cost.optimality?.gap)),
    ]
    if let fasterWay { members.append(.init("faster_way", fasterWay.value)) }
    if let searchSeconds { members.append(.init("search_seconds", .rounded(searchSeconds))) }
    return members
  }

  /// The key of the bound of what is made small, with its unit.
  private var lowerBoundKey: String {
    guard case .model(let options, _) = context.basis else { return "lower_bound" }
    return switch options.objective {
    case .energyDelayProduct: "lower_bound_edp_pj_cycles"
    case .energy: "lower_bound_energy_pj"
    case .latency: "lower_bound_cycles"
    }
  }

  /// The front's points, where it was asked for.
  private var front: [JSONValue.Member] {
    guard !cost.front.isEmpty else { return [] }
    let points = points.map { point -> JSONValue in
      [
        "cycles": .optional(point.cost.cycles),
        "latency_ms": .rounded(point.cost.latencyMilliseconds),
        "energy_pj": .rounded(point.cost.energyPicojoules),
        "dram_bytes": .optional(point.cost.dramBytes),
        "mapping_yaml": .optional(point.mappingYAML),
      ]
    }
    return [
      .init("front_points", .integer(Int64(points.count))),
      .init("front_exact", .bool(cost.nests.allSatisfy(\.isProvenBest))),
      .init("front", .array(points)),
    ]
  }

  private var parts: [JSONValue.Member] {
    guard let first = cost.nests.first?.cost else {
      return [.init("levels", []), .init("compute", nil)]
    }
    let nests = cost.nests.map(\.cost)
    let levels = first.levels.indices.map { index in
      Self.level(
        nests.map { $0.levels[index] }, compute: nests.reduce(0) { $0 + $1.compute.cycles })
    }
    let compute: JSONValue = [
      "name": .string(first.compute.name), "instances": .integer(first.compute.instances),
      "operations": .integer(nests.reduce(0) { $0 + $1.compute.operations }),
      "cycles": .integer(nests.reduce(0) { $0 + $1.compute.cycles }),
      "energy_pj": .rounded(nests.reduce(0) { $0 + $1.compute.energyPicojoules }),
    ]
    let staticPart: JSONValue = [
      "energy_pj": .rounded(nests.reduce(0) { $0 + $1.staticPicojoules })
    ]
    return [
      .init("levels", .array(levels)), .init("compute", compute), .init("static", staticPart),
    ]
  }

  /// One level in every nest; `energy_pj` is its accesses, its wires included.
  private static func level(_ costs: [LevelCost], compute: Int64) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("name", .string(costs[0].name)), .init("instances", .integer(costs[0].instances)),
      .init("cycles", .integer(costs.reduce(0) { $0 + $1.cycles })),
      .init("energy_pj", .rounded(costs.reduce(0) { $0 + $1.energyPicojoules })),
      .init("wire_energy_pj", .rounded(costs.reduce(0) { $0 + $1.wirePicojoules })),
      .init("bound_by", .string(LayerBounds.text(ofLevel: costs, computeCycles: compute))),
    ]
    for role in TensorRole.allCases {
      let traffic = costs.map { $0.traffic[role] }
      let sum = { (count: KeyPath<Traffic, Int64>) -> JSONValue in
        .integer(traffic.reduce(0) { $0 + $1[keyPath: count] })
      }
      let value: JSONValue = [
        "reads": sum(\.reads), "fills": sum(\.fills), "updates": sum(\.updates),
        "drains": sum(\.drains), "forwards": sum(\.forwards),
      ]
      members.append(.init(role.name, value))
    }
    return .object(members)
  }

  /// The loops of the nests' mappings, equal ones once; `nil` where no nest is mapped.
  public var loopNest: String? {
    let texts = mapped.map { mapping, nest in
      LoopNestText(
        mapping, of: nest.problem, levelNames: nest.cost.levels.map(\.name),
        resident: nest.resident.tensors, residentLevel: array.residentLevel ?? 0
      ).text
    }
    return texts.isEmpty ? nil : texts.joined(separator: "\n")
  }

  /// The mappings of the nests, equal ones once.
  private var mapped: [(mapping: Mapping, nest: MappedNest)] {
    var seen: Set<Mapping> = []
    return cost.nests.compactMap { nest in
      guard let mapping = nest.mapping, seen.insert(mapping).inserted else { return nil }
      return (mapping, nest)
    }
  }

  private var mapping: [JSONValue.Member] {
    [.init("mapping", .optional(loopNest)), .init("mapping_yaml", .optional(mappingYAML))]
  }

  /// The mappings as files, one after the other; `nil` where no nest is mapped.
  private var mappingYAML: String? {
    let yaml = mapped.map { MappingFile.yaml(for: $0.mapping, on: array.hierarchy) }
    return yaml.isEmpty ? nil : yaml.joined(separator: "---\n")
  }
}
