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

  public var array: SpatialArray
  public var cost: LayerCost
  public var context: ReportContext
  public var origin: Origin
  /// Seconds the search took; `nil` leaves the key out.
  public var searchSeconds: Double?

  public init(
    _ cost: LayerCost, on array: SpatialArray, context: ReportContext, origin: Origin,
    searchSeconds: Double?
  ) {
    self.array = array
    self.cost = cost
    self.context = context
    self.origin = origin
    self.searchSeconds = searchSeconds
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
      head + context.members + totals + search + [.init("area_mm2", nil)] + parts + mapping
        + context.versions)
  }

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
    ]
    if let searchSeconds { members.append(.init("search_seconds", .rounded(searchSeconds))) }
    return members
  }

  private var parts: [JSONValue.Member] {
    guard let first = cost.nests.first?.cost else {
      return [.init("levels", []), .init("compute", nil)]
    }
    let nests = cost.nests.map(\.cost)
    let levels = first.levels.indices.map { index in
      Self.level(nests.map { $0.levels[index] })
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
  private static func level(_ costs: [LevelCost]) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("name", .string(costs[0].name)), .init("instances", .integer(costs[0].instances)),
      .init("cycles", .integer(costs.reduce(0) { $0 + $1.cycles })),
      .init("energy_pj", .rounded(costs.reduce(0) { $0 + $1.energyPicojoules })),
      .init("wire_energy_pj", .rounded(costs.reduce(0) { $0 + $1.wirePicojoules })),
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
    let yaml = mapped.map { MappingFile.yaml(for: $0.mapping, on: array.hierarchy) }
    return [
      .init("mapping", .optional(loopNest)),
      .init("mapping_yaml", yaml.isEmpty ? nil : .string(yaml.joined(separator: "---\n"))),
    ]
  }
}
