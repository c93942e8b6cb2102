public import Networks
internal import Synchronization

/// What a design search found for a network.
public struct FoundDesign: Sendable {
  public var design: PipelineDesign
  public var solution: DesignSolution
  public var placed: StreamFamily.Placed
}

/// A board on which each network runs in the streaming design that is best for it.
public struct DesignedBoard: HardwareTarget {
  public let family: StreamFamily
  public let batch: Int
  private let known = KnownWays()

  /// The ways of layers that were met, by their ops; a class because all networks share it.
  private final class KnownWays: Sendable {
    let ways = Mutex<[LayerIdentity: StreamFamily.Ways]>([:])
  }

  public init(_ board: Board, options: DesignOptions? = nil, batch: Int = 1) {
    family = StreamFamily(board, options ?? DesignOptions(for: board))
    self.batch = max(1, batch)
  }

  public var name: String { family.board.name }

  private func ways(_ identity: LayerIdentity) throws(CostError) -> StreamFamily.Ways {
    if let ways = known.ways.withLock({ $0[identity] }) { return ways }
    let ways = try family.ways(identity)
    known.ways.withLock { $0[identity] = ways }
    return ways
  }

  /// A network's stages with all ways to build each.
  ///
  /// - Throws: `CostError.unsupported` for a layer whose numbers are out of range.
  public func placed(_ network: Network) throws(CostError) -> StreamFamily.Placed {
    try family.placed(network) { identity throws(CostError) in try ways(identity) }
  }

  /// The design with the least interval.
  ///
  /// - Throws: `CostError.unsupported` for a network that does not fit the board.
  public func leastInterval(for network: Network) throws(CostError) -> FoundDesign {
    let placed = try placed(network)
    do throws(DesignError) {
      return found(try DesignSearch(placed.problem).leastInterval(), placed, network)
    } catch {
      throw Self.error(error, placed, network, on: family.board)
    }
  }

  /// The design of at most so many cycles an image that takes the least share of the board.
  ///
  /// - Throws: `CostError.unsupported` for a network that does not fit the board at that rate.
  public func leastResources(
    for network: Network, intervalCycles: Int64
  ) throws(CostError) -> FoundDesign {
    let placed = try placed(network)
    do throws(DesignError) {
      let search = DesignSearch(placed.problem)
      return found(try search.leastResources(intervalCycles: intervalCycles), placed, network)
    } catch {
      throw Self.error(error, placed, network, on: family.board)
    }
  }

  func found(
    _ solution: DesignSolution, _ placed: StreamFamily.Placed, _ network: Network
  ) -> FoundDesign {
    FoundDesign(
      design: family.design(of: solution.choice, placed, network: network, name: name),
      solution: solution, placed: placed)
  }

  static func error(
    _ error: DesignError, _ placed: StreamFamily.Placed, _ network: Network, on board: Board
  ) -> CostError {
    switch error {
    case .undecided:
      .unsupported(
        layer: network.name, reason: "the search for a design on '\(board.name)' gave up")
    case .doesNotFit(let obstacle):
      .unsupported(
        layer: network.name,
        reason: "no streaming design fits '\(board.name)': "
          + obstacle.text { network.layers[placed.layers[$0]].name })
    }
  }

  /// What a network costs in the design with the least interval.
  ///
  /// - Throws: `CostError.unsupported` for a network that does not fit the board.
  public func report(
    for network: Network, from origin: ArchitectureOrigin?
  ) throws(CostError) -> CostReport {
    let found = try leastInterval(for: network)
    return try PipelineAccelerator(found.design, batch: batch).report(for: network, from: origin)
  }
}

extension Obstacle {
  /// What stands in the way, for people.
  ///
  /// - Parameter stageName: The name of a stage by its number.
  public func text(_ stageName: (Int) -> String) -> String {
    switch self {
    case .stage(let stage): "the stage of '\(stageName(stage))' has no faster way"
    case .input(let cycles):
      "the network's input comes pixel by pixel, an image in \(cycles) cycles"
    case .resource(let resource, let needed, let available):
      "at least \(needed) \(resource.name) are needed, \(available) are there"
    case .memory(let needed, let available):
      "at least \(needed) bytes are moved for an image, \(max(0, available)) can be in that time"
    case .combination(let resource):
      "every combination takes too much of the resources together"
        + (resource.map { ", most of all \($0.name)" } ?? "")
    case .exhausted: "every combination was ruled out"
    }
  }
}
