public import Networks
internal import Ops

extension StreamFamily {
  /// A network as stages with all ways to build each.
  ///
  /// - Parameter ways: The ways of a layer, which a caller may know already.
  /// - Throws: `CostError.unsupported` for a layer whose numbers are out of range.
  public func placed(
    _ network: Network, ways: (LayerIdentity) throws(CostError) -> Ways
  ) throws(CostError) -> Placed {
    var kinds: [LayerIdentity: Int] = [:]
    var (found, identities): ([Ways], [LayerIdentity]) = ([], [])
    var placed = Placed(
      problem: DesignProblem(kinds: [], stages: [], budget: board.budget), layers: [], builds: [])
    // By layer, the stages whose streams it hands on.
    var givers: [[Int]] = []
    for (index, layer) in network.layers.enumerated() {
      let read = layer.inputs.flatMap { input -> [Int] in
        if case .layer(let other) = input { givers[other] } else { [] }
      }
      guard layer.op.kind != .skip, layer.op.kind != .zero else {
        givers.append(read)
        continue
      }
      let kind: Int
      if let known = kinds[layer.identity] {
        kind = known
      } else {
        kind = found.count
        kinds[layer.identity] = kind
        identities.append(layer.identity)
        found.append(try ways(layer.identity))
      }
      let stage = placed.layers.count
      for producer in read {
        placed.problem.streams.append(
          DesignProblem.Stream(producer: producer, consumer: stage))
      }
      placed.problem.stages.append(kind)
      placed.layers.append(index)
      givers.append([stage])
    }
    // In an order of their own: what is found depends on which stages there are and not on their order.
    let order = found.indices.sorted { one, other in
      (found[one].fingerprint, one) < (found[other].fingerprint, other)
    }
    placed.problem.kinds = order.map { found[$0].options }
    placed.builds = order.map { found[$0].builds }
    placed.identities = order.map { identities[$0] }
    var places = order
    for (place, kind) in order.enumerated() { places[kind] = place }
    for stage in placed.problem.stages.indices {
      placed.problem.stages[stage] = places[placed.problem.stages[stage]]
    }
    let input = network.input
    placed.problem.leastIntervalCycles = max(1, Int64(input.height) * Int64(input.width))
    placed.problem.bytesPerCycle = board.memoryBytesPerCycle(
      clockMegahertz: options.clockMegahertz)
    let words = input.words.saturatingSum(network.layers.last?.op.output.words ?? 0)
    placed.problem.fixedBytes = words.saturatingProduct(Int64(options.precision.activationBits))
      .dividedRoundingUp(by: 8)
    placed.problem.matching = options.matching
    return placed
  }

  /// The design of a choice.
  public func design(
    of choice: [Int], _ placed: Placed, network: Network, name: String
  ) -> PipelineDesign {
    var design = bareDesign(name)
    for (stage, option) in choice.enumerated() {
      let build = placed.builds[placed.problem.stages[stage]][option]
      let index: Int
      if let known = design.engines.firstIndex(where: { $0.name == build.title }) {
        index = known
      } else {
        index = design.engines.count
        design.engines.append(build.engine)
      }
      design.assignments.append(
        Assignment(
          layers: [network.layers[placed.layers[stage]].name], engine: index,
          unroll: build.unroll))
    }
    return design
  }

  /// The layers of a choice on their engines, as `PipelinePlan` places them by the assignments of its
  /// design; the design of this plan has none, and no engines.
  ///
  /// - Throws: `CostError.unsupported` for a layer whose numbers are out of range.
  /// - Complexity: O(*layers*); a stage's numbers are worked out once for all that are equal.
  func plan(
    of choice: [Int], _ placed: Placed, network: Network, name: String
  ) throws(CostError) -> PipelinePlan {
    let design = bareDesign(name)
    var known: [SIMD2<Int>: PipelinePlan.PlacedWork] = [:]
    var layers: [PipelinePlan.PlacedWork?] = Array(repeating: nil, count: network.layers.count)
    for (stage, option) in choice.enumerated() {
      let (kind, place) = (placed.problem.stages[stage], placed.layers[stage])
      var work: PipelinePlan.PlacedWork
      if let equal = known[SIMD2(kind, option)] {
        work = equal
      } else {
        let (build, layer) = (placed.builds[kind][option], network.layers[place])
        var engine = build.engine
        engine.unroll = build.unroll
        work = try PipelinePlan.placed(
          layer, place, try PipelinePlan.problems(of: layer, in: design),
          PipelinePlan.Choice(engine: 0, configured: engine, fifoDepths: []), in: design,
          groupOutput: layer.op.output)
        known[SIMD2(kind, option)] = work
      }
      work.layer = place
      layers[place] = work
    }
    return PipelinePlan(network, on: design, placed: layers)
  }

  /// A design of the family without engines.
  private func bareDesign(_ name: String) -> PipelineDesign {
    PipelineDesign(
      name: name, board: board, clockMegahertz: options.clockMegahertz,
      precision: options.precision, style: options.style, engines: [], composition: .pipeline,
      memory: MemoryPort(
        bytesPerSecond: board.memoryBytesPerSecond * board.memoryEfficiency, isOverlapped: true),
      power: board.power)
  }
}

extension StreamFamily.Build {
  /// What the engine of such stages is called.
  fileprivate var title: String {
    weightHome == .streamed ? "streamed" : weightMemory.rawValue
  }

  /// The engine of such stages, before it is unrolled.
  fileprivate var engine: Engine {
    Engine(
      name: title, ops: Self.ops, isReplicated: true, weightHome: weightHome,
      weightMemory: weightMemory)
  }

  /// Everything that takes time.
  private static let ops = Set(OpKind.allCases.filter { $0 != .skip && $0 != .zero })
}
