public import Accelerators
public import Networks
internal import Ops

/// What is asked of a design for a board.
public enum DesignGoal: Hashable, Sendable {
  /// The fewest cycles from one image to the next.
  case interval
  /// The shortest time from an image in to its result out.
  case latency
  /// The least share of the board at so many images a second.
  case resources(imagesPerSecond: Double)

  /// The name on the command line.
  public var name: String {
    switch self {
    case .interval: "interval"
    case .latency: "latency"
    case .resources: "resources"
    }
  }
}

/// The best design found for a network on a board, with what shows that it is.
public struct DesignReport: Sendable {
  /// The design, with how far its search went.
  public var found: FoundDesign
  /// The network that it runs.
  public var network: Network
  /// What was asked for.
  public var goal: DesignGoal
  /// What the design costs.
  public var cost: CostReport
  /// What more of each resource would buy; empty for goals other than the interval.
  public var prices: [ResourcePrice]
  /// Whether the smallest buffers that keep the interval were asked for.
  public var findsLeastBuffers: Bool
  /// These; `nil` where nobody asked, and for a design that is too large to run.
  public var leastBuffers: LeastDepths?
  /// Seconds the search took; `nil` where it is not told.
  public var searchSeconds: Double?

  /// Finds the design.
  ///
  /// - Parameters:
  ///   - mostNodes: Nodes that are looked at to prove the least interval.
  ///   - findsLeastBuffers: Whether the smallest buffers that keep the interval are looked for.
  ///   - seconds: A clock, to tell how long the search took; `nil` to leave that out.
  /// - Throws: `CostAPIError.cost` where nothing fits.
  public init(
    of network: Network, on board: DesignedBoard, goal: DesignGoal,
    mostNodes: Int = DesignSearch.mostNodes, findsLeastBuffers: Bool = false,
    seconds: (() -> Double)? = nil
  ) throws(CostAPIError) {
    self.network = network
    self.goal = goal
    let start = seconds?()
    do throws(CostError) {
      switch goal {
      case .interval: found = try board.leastInterval(for: network, mostNodes: mostNodes)
      case .latency: found = try board.leastLatency(for: network)
      case .resources(let rate):
        let cycles = (board.family.options.clockMegahertz * 1e6 / rate).rounded(.down)
        found = try board.leastResources(
          for: network, intervalCycles: cycles < 1e15 ? Int64(cycles) : 1 << 50)
      }
      searchSeconds = start.flatMap { start in seconds.map { $0() - start } }
      cost = try PipelineAccelerator(found.design, batch: board.batch).report(
        for: network, from: nil)
    } catch {
      throw .cost(error)
    }
    self.findsLeastBuffers = findsLeastBuffers
    leastBuffers = findsLeastBuffers ? cost.pipeline?.buffers?.least() : nil
    prices =
      goal == .interval
      ? found.stream.map { DesignSearch($0.placed.problem).prices(of: $0.solution) } ?? [] : []
  }

  private var certificate: DesignCertificate { found.certificate }
  private var budget: FPGAResources { found.design.board.budget }

  /// Why nothing better can be built, for people; `nil` where that is not shown.
  public var reason: String? {
    certificate.obstacle?.text { stage in
      network.layers[found.stages[stage].layer].name
    }
  }

  /// The resource that keeps the interval from being shorter.
  public var binding: FPGAResource? { DesignSearch.binding(prices, budget: budget) }

  /// The report as one object.
  public func json(origin: ArchitectureOrigin?) -> JSONValue {
    let figures = cost.pipeline
    var members: [JSONValue.Member] = [
      .init("target", .string(cost.target)), .init("space", .optional(origin?.space)),
      .init("arch", .string(origin?.text ?? network.name)),
      .init("index", .optional(origin?.index.map(Int64.init))),
      .init("objective", .string(goal.name)),
      .init("interval_cycles", .integer(found.intervalCycles)),
      .init("images_per_second", .rounded(figures?.imagesPerSecond)),
      .init("latency_ms", .rounded(cost.latencyMilliseconds)),
      .init("energy_mj", .rounded(cost.energyMillijoules)),
      .init("proven_best", .bool(certificate.isProven)),
      .init("lower_bound", .rounded(certificate.lowerBound)),
      .init("because", .optional(reason)), .init("binding", .optional(binding?.name)),
      .init("resources", found.resources.json), .init("budget", budget.json),
      .init("prices", .array(prices.map(\.json))),
      .init(
        "pipeline",
        figures?.json(listsStages: true, findsLeast: findsLeastBuffers, least: leastBuffers)
          ?? nil),
      .init("folding", .array(folding)),
    ]
    if let searchSeconds { members.append(.init("search_seconds", .rounded(searchSeconds))) }
    return .object(members)
  }

  private var folding: [JSONValue] {
    found.design.assignments.compactMap { assignment in
      guard let index = assignment.engine, let unroll = assignment.unroll else { return nil }
      return [
        "layer": .string(assignment.layers.joined(separator: " ")),
        "weights": .string(found.design.engines[index].name),
        "unroll": .object(
          LoopDimension.allCases.filter { unroll[$0] > 1 }
            .map { .init($0.name, .integer(Int64(unroll[$0]))) }),
        "tile": .object(
          LoopDimension.allCases.compactMap { dimension in
            guard case .iterations(let count)? = assignment.tile[dimension] else { return nil }
            return .init(dimension.name, .integer(count))
          }),
      ]
    }
  }

  /// The report for people.
  public func text(heading: (String) -> String = { $0 }) -> String {
    let figures = cost.pipeline
    let clock = found.design.clockMegahertz
    var text = "\(network.name) on \(cost.target): \(found.stages.count) stages at "
    text += "\(HumanNumber.plain(clock)) MHz\n"
    text += "interval  \(HumanNumber.grouped(found.intervalCycles)) cycles, "
    text += "\(HumanNumber.significant(figures?.imagesPerSecond ?? 0)) images a second, bound by "
    text += "\(figures?.boundBy ?? "")\n"
    text += "latency   \(HumanNumber.significant(cost.latencyMilliseconds)) ms\n"
    if let energy = cost.energyMillijoules {
      text += "energy    \(HumanNumber.significant(energy)) mJ"
      if let range = figures?.energyMillijoules {
        text += ", between \(HumanNumber.significant(range.lowerBound)) and "
        text += HumanNumber.significant(range.upperBound)
      }
      text += "\n"
    }
    let subject =
      switch goal {
      case .interval: "no design of the family is faster"
      case .latency: "no design of the family answers sooner"
      case .resources: "no design of the family of that rate takes a smaller share"
      }
    text += certificate.isProven ? "proof     \(subject)" : "proof     none"
    if let reason, goal != .latency { text += ": \(reason)" }
    if !certificate.isProven {
      text += ", nothing is below \(HumanNumber.significant(certificate.lowerBound))"
    }
    if findsLeastBuffers { text += "\nbuffers   \(LeastDepths.text(leastBuffers))" }
    return text + "\n\n" + resourceTable(heading) + "\n" + stageTable(heading)
  }

  /// The rows and columns of a tile.
  private func tileText(_ assignment: Assignment) -> [String] {
    guard case .iterations(let rows)? = assignment.tile[.p],
      case .iterations(let columns)? = assignment.tile[.q]
    else { return [] }
    return ["tile \(rows) x \(columns)"]
  }

  private func resourceTable(_ heading: (String) -> String) -> String {
    var columns: [TextTable.Column] = [
      .init("resource"), .init("used", .right), .init("of", .right), .init("share", .right),
      .init("by the high estimate", .right),
    ]
    if !prices.isEmpty { columns.append(.init("what more of it would buy")) }
    var table = TextTable(columns)
    for (index, resource) in FPGAResource.allCases.enumerated() {
      let (used, all) = (found.resources[resource], budget[resource])
      var row = [
        resource.name, HumanNumber.grouped(used), HumanNumber.grouped(all),
        all > 0 ? HumanNumber.percent(Double(used) / Double(all)) : "-",
        cost.pipeline?.resources.map { HumanNumber.grouped($0.total.high[resource]) } ?? "-",
      ]
      if prices.indices.contains(index) {
        row.append(
          prices[index].leastThatHelps.map {
            "\(HumanNumber.grouped($0.units)) more: \(HumanNumber.grouped($0.intervalCycles)) cycles"
          } ?? "nothing by itself")
      }
      table.add(row)
    }
    return table.text(headingStyle: heading)
  }

  private func stageTable(_ heading: (String) -> String) -> String {
    var table = TextTable([
      .init("stage"), .init("cycles", .right), .init("unrolled"), .init("weights"), .init("op"),
    ])
    for (assignment, stage) in zip(found.design.assignments, found.stages) {
      guard let index = assignment.engine, let unroll = assignment.unroll else { continue }
      let layer = network.layers[stage.layer]
      let unrolled = LoopDimension.allCases.filter { unroll[$0] > 1 }
        .map { "\($0.name) \(unroll[$0])" }
      table.add([
        layer.name, HumanNumber.grouped(stage.cycles),
        (unrolled + tileText(assignment)).joined(separator: " "),
        layer.op.weights > 0 ? found.design.engines[index].name : "-",
        BriefLayerText.text(of: LayerText(op: layer.op, batch: nil).canonical),
      ])
    }
    return table.text(headingStyle: heading)
  }
}

extension LeastDepths {
  /// How large the smallest buffers are, for people; `nil` for a pipeline that is too large to run.
  public static func text(_ least: LeastDepths?) -> String {
    guard let least else { return "too many firings to look for the smallest" }
    let bits = "\(HumanNumber.grouped(least.total)) bits keep the interval, "
    return least.isProven
      ? bits + "and no fewer do"
      : bits + "no fewer than \(HumanNumber.grouped(least.lowerBound)) do"
  }
}

extension ResourcePrice {
  fileprivate var json: JSONValue {
    [
      "resource": .string(resource.name),
      "interval_cycles_with_one_more": .integer(intervalCyclesWithOneMore),
      "least_units_that_help": .optional(leastThatHelps?.units),
      "interval_cycles_then": .optional(leastThatHelps?.intervalCycles),
    ]
  }
}
