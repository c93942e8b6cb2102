public import Networks

/// Where in a search space a network comes from.
public struct ArchitectureOrigin: Hashable, Sendable {
  /// Name of the search space.
  public var space: String
  /// The architecture's canonical text.
  public var text: String
  /// The architecture's number in a space that counts its members.
  public var index: Int?

  /// An origin as given.
  public init(space: String, text: String, index: Int?) {
    self.space = space
    self.text = text
    self.index = index
  }
}

/// Anything that can say what a network costs: a modelled chip, an FPGA pipeline or a measured
/// device.
public protocol HardwareTarget: Sendable {
  /// What reports call the target.
  var name: String { get }

  /// What a network costs.
  ///
  /// - Parameter origin: Where the network comes from, which is how a table of whole networks
  ///   knows it.
  func report(
    for network: Network, from origin: ArchitectureOrigin?
  ) throws(CostError) -> CostReport

  /// What a network costs in sum: a report that may leave out its layers, stages and buffers.
  ///
  /// Its totals are those of `report(for:from:)`; a target that is asked for many networks may know them
  /// sooner.
  func totals(
    for network: Network, from origin: ArchitectureOrigin?
  ) throws(CostError) -> CostReport
}

extension HardwareTarget {
  /// The whole report, for a target that knows no faster way.
  public func totals(
    for network: Network, from origin: ArchitectureOrigin?
  ) throws(CostError) -> CostReport {
    try report(for: network, from: origin)
  }
}

/// A target on which a network costs the sum of its layers, each the same wherever it is placed
/// alike.
public protocol LayerwiseTarget: HardwareTarget {
  /// The layers of a network, each with what of its activations stays on chip.
  ///
  /// - Parameter refused: placements that the target cannot run; none of them is chosen.
  func placements(of network: Network, refusing refused: Set<PlacedLayer>) -> [PlacedLayer]

  /// What one layer costs, without a name.
  ///
  /// - Throws: `CostError.unmappable` also for a placement that leaves no mapping; the layer may
  ///   then have one with less on chip.
  func cost(of layer: PlacedLayer) throws(CostError) -> LayerCost
}

extension LayerwiseTarget {
  /// Nothing stays on chip.
  public func placements(
    of network: Network, refusing refused: Set<PlacedLayer>
  ) -> [PlacedLayer] {
    network.layers.map { PlacedLayer($0.identity) }
  }

  /// What a layer costs on its own, without a name; it has no neighbours to stay on chip for.
  public func cost(of layer: LayerIdentity) throws(CostError) -> LayerCost {
    try cost(of: PlacedLayer(layer))
  }

  /// The sum of the layers, each costed once; placements that leave a layer no mapping are refused until
  /// all have one.
  public func report(
    for network: Network, from origin: ArchitectureOrigin?
  ) throws(CostError) -> CostReport {
    var known: [PlacedLayer: LayerCost] = [:]
    var refused: Set<PlacedLayer> = []
    while true {
      let placed = placements(of: network, refusing: refused)
      let refusedBefore = refused.count
      for layer in placed where known[layer] == nil && !refused.contains(layer) {
        do throws(CostError) {
          known[layer] = try cost(of: layer)
        } catch {
          guard error.refuses(layer) else { throw error }
          refused.insert(layer)
        }
      }
      guard refused.count == refusedBefore else { continue }
      var (numbers, costs): ([PlacedLayer: Int], [LayerCost]) = ([:], [])
      for layer in placed where numbers[layer] == nil {
        guard let cost = known[layer] else { continue }
        numbers[layer] = costs.count
        costs.append(cost)
      }
      var report = CostReport(
        target: name, network: network.name, parameters: network.parameters, layers: [])
      report.add(
        placed.compactMap { numbers[$0] }, costs: { costs[$0] }, names: network.layers.map(\.name))
      return report
    }
  }
}

extension CostError {
  /// Whether the error is that too little is left beside what stays on chip, so that another
  /// placement may do.
  public func refuses(_ layer: PlacedLayer) -> Bool {
    guard case .unmappable = self else { return false }
    return layer.resident != .none
  }
}

extension CostReport {
  /// The report of a network whose layers run one after the other.
  public init(target: String, network: String, parameters: Int64, layers: [LayerCost]) {
    self.init(
      target: target, network: network, macs: 0, parameters: parameters, latencyMilliseconds: 0,
      energyMillijoules: 0, dramBytes: 0, layers: layers)
    for layer in layers { add(layer) }
  }

  /// Adds a whole network's layers to the totals, and lists them where their names are given.
  ///
  /// Where the layers list their fronts, the network's is made of them, and each layer runs in the
  /// way that it has at the network's least energy-delay product.
  ///
  /// - Parameters:
  ///   - numbers: of each layer, the number of its cost; layers of one number are the same.
  ///   - costs: the cost of a number.
  public mutating func add(_ numbers: [Int], costs: (Int) -> LayerCost, names: [String]) {
    front = NetworkFront(of: numbers, costs: costs)
    if !names.isEmpty { layers.reserveCapacity(names.count) }
    for (index, number) in numbers.enumerated() {
      var cost = costs(number)
      if let way = front?.chosenWays[index] { cost = cost.front[way] }
      add(cost)
      guard !names.isEmpty else { continue }
      cost.name = names[index]
      layers.append(cost)
    }
  }

  /// Adds a layer's cost to the totals; an energy or traffic that is not known makes the total
  /// unknown.
  public mutating func add(_ layer: LayerCost) {
    macs += layer.macs
    if let optimality = layer.optimality {
      if search == nil { search = NetworkSearch() }
      search?.add(optimality)
    }
    latencyMilliseconds += layer.latencyMilliseconds
    if let energy = layer.energyPicojoules {
      energyMillijoules? += energy * 1e-9
    } else {
      energyMillijoules = nil
    }
    if let bytes = layer.dramBytes { dramBytes? += bytes } else { dramBytes = nil }
  }
}
