public import Networks

/// Where in a search space a network comes from.
public struct ArchitectureOrigin: Hashable, Sendable {
  /// Name of the search space.
  public var space: String
  /// The architecture's canonical text.
  public var text: String
  /// The architecture's number in a space that counts its members.
  public var index: Int?

  public init(space: String, text: String, index: Int?) {
    self.space = space
    self.text = text
    self.index = index
  }
}

/// Anything that can say what a network costs: a modelled chip, an FPGA pipeline or a measured
/// device.
public protocol HardwareTarget: Sendable {
  var name: String { get }

  /// What a network costs.
  ///
  /// - Parameter origin: Where the network comes from, which is how a table of whole networks
  ///   knows it.
  func report(
    for network: Network, from origin: ArchitectureOrigin?
  ) throws(CostError) -> CostReport
}

/// A target on which a network costs the sum of its layers, each the same wherever it stands.
public protocol LayerwiseTarget: HardwareTarget {
  /// What one layer costs, without a name.
  func cost(of layer: LayerIdentity) throws(CostError) -> LayerCost
}

extension LayerwiseTarget {
  public func report(
    for network: Network, from origin: ArchitectureOrigin?
  ) throws(CostError) -> CostReport {
    var costs: [LayerCost?] = Array(repeating: nil, count: network.layers.count)
    for group in network.distinctLayers {
      let cost = try cost(of: group.identity)
      for index in group.layers {
        costs[index] = cost
        costs[index]?.name = network.layers[index].name
      }
    }
    return CostReport(
      target: name, network: network.name, parameters: network.parameters,
      layers: costs.compactMap { $0 })
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

  /// Adds a layer's cost to the totals; an energy or traffic that is not known makes the total
  /// unknown.
  public mutating func add(_ layer: LayerCost) {
    macs += layer.macs
    latencyMilliseconds += layer.latencyMilliseconds
    if let energy = layer.energyPicojoules {
      energyMillijoules? += energy * 1e-9
    } else {
      energyMillijoules = nil
    }
    if let bytes = layer.dramBytes { dramBytes? += bytes } else { dramBytes = nil }
  }
}
