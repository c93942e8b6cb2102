public import Networks

/// What a design search found for a network.
public struct FoundDesign: Sendable {
  /// The design, as a file of it would say.
  public var design: PipelineDesign
  /// Cycles from an image to the next once the pipeline is full.
  public var intervalCycles: Int64
  /// What it takes of the board.
  public var resources: FPGAResources
  /// What shows that no design of the family is better.
  public var certificate: DesignCertificate
  /// For each assignment of the design, the layer of the network and the cycles of an image.
  public var stages: [Stage]
  /// A streaming design as its search sees it.
  public var stream: StreamSolution?

  /// A layer that the design runs.
  public struct Stage: Hashable, Sendable {
    /// The index of the layer in the network.
    public var layer: Int
    /// Cycles of an image.
    public var cycles: Int64
  }

  /// What a search for a streaming design was asked, and its answer.
  public struct StreamSolution: Sendable {
    /// The options that were chosen.
    public var solution: DesignSolution
    /// The stages with all of their options.
    public var placed: StreamFamily.Placed
  }
}

/// A board on which each network runs in the streaming design that is best for it.
public struct DesignedBoard: HardwareTarget {
  /// The designs that are looked at.
  public let designs: DesignFamily
  /// The streaming designs of the board.
  public let family: StreamFamily
  /// The designs of the board with one engine.
  public let tiled: TiledFamily
  /// Images that run one behind the other; at least 1.
  public let batch: Int
  let known = Known()

  /// What was found for other networks; a class because all networks share it.
  ///
  /// Everything here is worked out again where it is missing, with the same result: what has grown to its
  /// limit is forgotten as a whole, so that a search of any length takes a few hundred megabytes at most.
  final class Known: Sendable {
    /// The ways of layers, by their ops.
    let ways = Guarded<[LayerIdentity: StreamFamily.Ways]>([:])
    /// The designs of networks, by how many stages of which kinds they have.
    let solutions = Guarded<[StageCounts: KnownSolution]>([:])
    /// Numbers of what stages compute, and the totals of networks, by what their stages compute.
    let terms = Guarded(KnownTerms())
    let totals = Guarded<[StageTerms: KnownTotals]>([:])

    /// The most that is kept of each; a layer has some hundred ways of about 150 bytes.
    static let mostWays = 1 << 11
    static let mostSolutions = 1 << 14
    static let mostTotals = 1 << 15
  }

  /// How many stages of each kind a problem has; streams do not count, as any of them match.
  struct StageCounts: Hashable {
    var counts: [Int]
    var kinds: [[StageOption]]
    var fixedBytes: Int64
    var leastIntervalCycles: Int64

    init(_ problem: DesignProblem) {
      counts = Array(repeating: 0, count: problem.kinds.count)
      for kind in problem.stages { counts[kind] += 1 }
      kinds = problem.kinds
      fixedBytes = problem.fixedBytes
      leastIntervalCycles = problem.leastIntervalCycles
    }

    /// The first option of each kind tells kinds apart nearly always, and is quickly hashed.
    func hash(into hasher: inout Hasher) {
      hasher.combine(counts)
      hasher.combine(fixedBytes)
      for kind in kinds { hasher.combine(kind.first?.cycles) }
    }
  }

  /// A solution with its options by kind.
  struct KnownSolution: Sendable {
    var solution: DesignSolution
    /// By kind, the options of its stages in their order.
    var options: [[Int]]
    /// The kind of the stage that is in the way, if one is.
    var blockingKind: Int?
  }

  /// The least interval, with options for the stages of equal kinds in the order in which a search gives
  /// them.
  private func leastInterval(
    _ problem: DesignProblem, mostNodes: Int
  ) throws(DesignError) -> DesignSolution {
    guard problem.matching == .any, mostNodes == DesignSearch.mostNodes else {
      return try DesignSearch(problem).leastInterval(mostNodes: mostNodes)
    }
    let counts = StageCounts(problem)
    if let known = self.known.solutions.withLock({ $0[counts] }) {
      var solution = known.solution
      var next = known.options.map { _ in 0 }
      solution.choice = problem.stages.map { kind in
        defer { next[kind] += 1 }
        return known.options[kind][next[kind]]
      }
      if let kind = known.blockingKind {
        solution.certificate.obstacle = .stage(problem.stages.firstIndex(of: kind) ?? 0)
      }
      return solution
    }
    let solution = try DesignSearch(problem).leastInterval()
    var options = problem.kinds.map { _ in [Int]() }
    for (kind, option) in zip(problem.stages, solution.choice) { options[kind].append(option) }
    var known = KnownSolution(solution: solution, options: options)
    if case .stage(let stage)? = solution.certificate.obstacle {
      known.blockingKind = problem.stages[stage]
    }
    _ = self.known.solutions.withLock {
      $0.remember(known, for: counts, atMost: Known.mostSolutions)
    }
    return solution
  }

  /// - Parameters:
  ///   - designs: The designs that are looked at; those the board's file says unless given.
  ///   - overheadCycles: Of a tiled design, cycles to fill and empty the engine in each pass.
  ///   - dspsPerMAC: Of a tiled design; `nil` for as many as the widths need.
  public init(
    _ board: Board, options: DesignOptions? = nil, designs: DesignFamily? = nil, batch: Int = 1,
    overheadCycles: Int64 = 20, dspsPerMAC: Int64? = nil
  ) {
    let options = options ?? DesignOptions(for: board)
    self.designs = designs ?? board.designs
    family = StreamFamily(board, options)
    tiled = TiledFamily(
      board, options, overheadCycles: overheadCycles, dspsPerMAC: dspsPerMAC)
    self.batch = max(1, batch)
  }

  /// The name of the board.
  public var name: String { family.board.name }

  private func ways(_ identity: LayerIdentity) throws(CostError) -> StreamFamily.Ways {
    if let ways = known.ways.withLock({ $0[identity] }) { return ways }
    let ways = try family.ways(identity)
    let forgets = known.ways.withLock {
      $0.remember(ways, for: identity, atMost: Known.mostWays)
    }
    // Solutions hold on to the ways they were chosen from.
    if forgets { known.solutions.withLock { $0.removeAll() } }
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
  /// - Parameter mostNodes: Nodes that are looked at to prove the choice.
  /// - Throws: `CostError.unsupported` for a network that does not fit the board.
  public func leastInterval(
    for network: Network, mostNodes: Int = DesignSearch.mostNodes
  ) throws(CostError) -> FoundDesign {
    guard designs == .stream else { return try leastTiledInterval(for: network) }
    let (placed, solution) = try leastStream(for: network, mostNodes: mostNodes)
    return found(solution, placed, network)
  }

  /// The streaming design with the least interval, as its search sees it.
  func leastStream(
    for network: Network, mostNodes: Int = DesignSearch.mostNodes
  ) throws(CostError) -> (StreamFamily.Placed, DesignSolution) {
    let placed = try placed(network)
    do throws(DesignError) {
      return (placed, try leastInterval(placed.problem, mostNodes: mostNodes))
    } catch {
      throw Self.error(error, placed, network, on: family.board)
    }
  }

  /// The streaming design of at most so many cycles an image that takes the least share of the board.
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
      intervalCycles: solution.intervalCycles, resources: solution.resources,
      certificate: solution.certificate,
      stages: zip(placed.layers, solution.choice).enumerated().map { stage, place in
        FoundDesign.Stage(
          layer: place.0,
          cycles: placed.problem.kinds[placed.problem.stages[stage]][place.1].cycles)
      }, stream: FoundDesign.StreamSolution(solution: solution, placed: placed))
  }

  /// The tiled design with the least interval.
  private func leastTiledInterval(for network: Network) throws(CostError) -> FoundDesign {
    let found = try TiledSearch(tiled, network).least()
    let design = tiled.design(found.lanes, tiles: found.tiles, of: network, name: name)
    let plan = try PipelinePlan(network, on: design)
    return FoundDesign(
      design: design, intervalCycles: found.intervalCycles, resources: found.resources,
      certificate: DesignCertificate(
        isProven: true, lowerBound: Double(found.intervalCycles), obstacle: .exhausted),
      stages: plan.layers.compactMap { placed in
        placed.map { FoundDesign.Stage(layer: $0.layer, cycles: $0.cycles) }
      }, stream: nil)
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

extension Dictionary {
  /// Adds a value, after all others are forgotten if they are so many; whether they were.
  @discardableResult
  mutating func remember(_ value: Value, for key: Key, atMost count: Int) -> Bool {
    let forgets = self.count >= count
    if forgets { removeAll() }
    self[key] = value
    return forgets
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
