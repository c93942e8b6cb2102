public import Accelerators
public import Networks

/// What is to be costed: a member of a search space, or a network on its own.
public struct CostSubject: Sendable {
  private enum Source: Sendable {
    case member(any SearchSpace, Architecture)
    case network(Network)
  }

  private let source: Source
  /// Whether layers that lead nowhere or compute nothing are dropped first.
  public var eliminatesDeadNodes = false

  /// A member of a search space.
  public init(_ architecture: Architecture, of space: any SearchSpace) {
    source = .member(space, architecture)
  }

  /// A network of no search space.
  public init(_ network: Network) { source = .network(network) }

  /// The layers to cost, built anew at each call.
  public var network: Network {
    let network: Network
    switch source {
    case .member(let space, let architecture): network = space.network(of: architecture)
    case .network(let given): network = given
    }
    return eliminatesDeadNodes ? network.eliminatingDeadNodes() : network
  }

  /// What tables call the network: its canonical text, or its name where it is of no search space.
  public var key: String {
    switch source {
    case .member(let space, let architecture): space.text(of: architecture)
    case .network(let network): network.name
    }
  }

  /// Where the network comes from; `nil` for a network of no search space.
  public var origin: ArchitectureOrigin? {
    guard case .member(let space, let architecture) = source else { return nil }
    return ArchitectureOrigin(
      space: space.name, text: space.text(of: architecture), index: space.index(of: architecture))
  }
}
