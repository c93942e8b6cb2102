public import Accelerators
internal import Dataflow
internal import Ops

/// What a layer's cycles are bound by, and what it costs at least whatever its mapping.
public struct LayerBounds: Sendable {
  /// What the layer is bound by: `compute`, `compute and exposed transfers`, or `port NAME of LEVEL`;
  /// of several nests the one that takes longest decides.
  public var boundBy: String
  /// The least cost of each nest; `nil` where a nest has none, as under Timeloop's rules.
  public var compulsory: [CompulsoryCost]?

  init(of cost: LayerCost, on array: SpatialArray, context: ReportContext) {
    let nests = cost.nests
    // The first of the longest, on any machine.
    let longest = nests.indices.max { (nests[$0].cost.cycles, $1) < (nests[$1].cost.cycles, $0) }
    boundBy = longest.map { Self.text(of: nests[$0].cost) } ?? "nothing"
    guard case .model(let options, _) = context.basis, !nests.isEmpty else { return }
    let costs = nests.compactMap { nest -> CompulsoryCost? in
      guard let homed = array.homing(nest.resident, of: nest.problem) else { return nil }
      return SpatialArrayModel(homed, rules: options.counting).compulsoryCost(of: nest.problem)
    }
    compulsory = costs.count == nests.count ? costs : nil
  }

  private static func text(of nest: NestCost) -> String {
    switch nest.bottleneck {
    case .compute: return "compute"
    case .computeAndExposedTransfers: return "compute and exposed transfers"
    case .port(let level):
      let cost = nest.levels[level]
      return "port \(cost.slowestPort ?? "") of \(cost.name)"
    }
  }

  /// What keeps a level busy longest: `compute`, or `port NAME` where a port of it takes longer.
  static func text(ofLevel costs: [LevelCost], computeCycles: Int64) -> String {
    let cycles = costs.reduce(0) { $0 + $1.cycles }
    let slowest = costs.max { $0.cycles < $1.cycles }
    guard cycles > computeCycles, let port = slowest?.slowestPort else { return "compute" }
    return "port \(port)"
  }
}

extension LayerBounds {
  /// Fewest cycles of all nests together.
  public var cycles: Int64? { compulsory.map { $0.reduce(0) { $0 + $1.cycles } } }

  /// Least energy of all nests together.
  public var energyPicojoules: Double? {
    compulsory.map { $0.reduce(0) { $0 + $1.energyPicojoules } }
  }

  /// Fewest cycles with all lanes at work.
  public var computeCycles: Int64? { compulsory.map { $0.reduce(0) { $0 + $1.computeCycles } } }

  /// The keys of a report.
  var members: [JSONValue.Member] {
    [.init("bound_by", .string(boundBy)), .init("compulsory", compulsoryValue)]
  }

  private var compulsoryValue: JSONValue {
    guard let compulsory else { return nil }
    let sum = { (part: KeyPath<CompulsoryCost, Double>) -> JSONValue in
      .rounded(compulsory.reduce(0) { $0 + $1[keyPath: part] })
    }
    return [
      "cycles": .optional(cycles), "compute_cycles": .optional(computeCycles),
      "port_cycles": .object(
        ports.map { .init($0.port, .integer($0.cycles)) }),
      "energy_pj": .rounded(energyPicojoules), "outermost_energy_pj": sum(\.outermostPicojoules),
      "compute_energy_pj": sum(\.computePicojoules), "static_energy_pj": sum(\.staticPicojoules),
    ]
  }

  /// The outermost level's ports with the cycles of all nests.
  public var ports: [CompulsoryCost.PortCycles] {
    guard let compulsory, var ports = compulsory.first?.portCycles else { return [] }
    for nest in compulsory.dropFirst() {
      for index in ports.indices { ports[index].cycles += nest.portCycles[index].cycles }
    }
    return ports
  }
}

extension FasterWay {
  /// The way as an object of a report.
  var value: JSONValue {
    [
      "cycles": .optional(cost.cycles), "energy_pj": .rounded(cost.energyPicojoules),
      "speedup": .rounded(speedup), "energy_share": .rounded(energyShare),
    ]
  }
}
