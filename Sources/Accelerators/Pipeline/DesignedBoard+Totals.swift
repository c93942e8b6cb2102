public import Networks
internal import Ops

/// A stage and all that comes before it: what it runs, in which way, and the numbers of what it reads.
///
/// In one piece, without a list of its own: a search space has very many of them.
struct StageTerm: Hashable, Sendable {
  /// The number of the layer; `nil` for inputs that are read together.
  var layer: Int?
  /// The way it is built; `nil` for what takes no time.
  var option: Int?
  /// Numbers of terms, 0 for the network's input.
  var input = 0
  /// Where there are two of them.
  var secondInput: Int?
}

/// Numbers of layers, and of what stages compute.
///
/// A number is never given to two: after so many terms that all are forgotten, those to come get further
/// numbers.
struct KnownTerms: Sendable {
  private var layers: [LayerIdentity: Int] = [:]
  private var terms: [StageTerm: Int] = [:]
  private var last = 0

  /// The most terms that are known when a network begins: some tens of megabytes.
  private static let most = 1 << 19

  /// Forgets everything where it is too much.
  mutating func makeRoom() {
    guard terms.count >= Self.most else { return }
    terms.removeAll()
    layers.removeAll()
  }

  /// The number of a layer, at least 1.
  mutating func number(of layer: LayerIdentity) -> Int {
    if let number = layers[layer] { return number }
    last += 1
    layers[layer] = last
    return last
  }

  /// The number of what a stage computes, at least 1.
  private mutating func number(of term: StageTerm) -> Int {
    if let number = terms[term] { return number }
    last += 1
    terms[term] = last
    return last
  }

  /// The number of what a stage computes, at least 1.
  ///
  /// - Parameter inputs: Numbers of terms, 0 for the network's input.
  mutating func number(of layer: Int, option: Int?, reading inputs: [Int]) -> Int {
    var term = StageTerm(layer: layer, option: option)
    guard let first = inputs.first else { return number(of: term) }
    term.input = first
    guard inputs.count > 1 else { return number(of: term) }
    // All but the last one as one.
    for input in inputs[1..<inputs.count - 1] {
      term.input = number(of: StageTerm(input: term.input, secondInput: input))
    }
    term.secondInput = inputs[inputs.count - 1]
    return number(of: term)
  }
}

/// A network's stages up to the order in which they are listed.
///
/// No buffer of a streaming design is limited. So when a stage fires depends on its term, the network's
/// input and the cycles in which the memory moves everything of an image; and these, resources and
/// energy are sums over the stages in any order. Networks of equal terms have equal totals.
struct StageTerms: Hashable, Sendable {
  /// Of all stages, ascending.
  var numbers: [Int]
  var output: Int
  var input: FeatureMap
  /// Whether tokens are rows, which depends on layers that are no stages too.
  var hasRows: Bool
}

/// What a network's report says in sum, and what of it is called by the names of layers.
struct KnownTotals: Sendable {
  /// Without layers, stages and buffers.
  var report: CostReport
  /// By their term, what the slowest stages add to their layers' names; `nil` where the memory is what
  /// makes them slow. Empty where a slowest stage comes before all layers.
  var slowest: [Int: String?]

  init(_ report: CostReport, _ graph: StageGraph, terms: [Int?], network: Network) {
    self.report = report
    self.report.layers = []
    self.report.pipeline?.stages = []
    self.report.pipeline?.buffers = nil
    self.report.pipeline?.resources?.stages = []
    slowest = [:]
    let most = graph.tokens.leastIntervalCycles
    for (stage, origin) in zip(graph.tokens.stages, graph.origins) where stage.cycles == most {
      guard let layer = origin.layers.first, let term = terms[layer] else {
        // The input comes before all layers, the output after them.
        if slowest.isEmpty { break }
        continue
      }
      guard slowest[term] == nil else { continue }
      let added = stage.name.dropFirst(network.layers[layer].name.count)
      slowest[term] = .some(origin.isBoundByMemory ? nil : String(added))
    }
  }

  /// The report of a network of these totals.
  func report(for network: Network, terms: [Int?], images: Int) -> CostReport {
    var report = report
    report.network = network.name
    report.macs = network.macs.saturatingProduct(Int64(images))
    report.parameters = network.parameters
    guard !slowest.isEmpty else { return report }
    for (layer, term) in zip(network.layers, terms) {
      guard let term, let added = slowest[term] else { continue }
      report.pipeline?.boundBy = added.map { layer.name + $0 } ?? "memory"
      break
    }
    return report
  }
}

extension DesignedBoard {
  /// What a network costs in sum in the design with the least interval.
  ///
  /// Networks whose stages differ in nothing but their order and names are run once.
  ///
  /// - Throws: `CostError.unsupported` for a network that does not fit the board.
  public func totals(
    for network: Network, from origin: ArchitectureOrigin?
  ) throws(CostError) -> CostReport {
    guard designs == .stream else { return try report(for: network, from: origin) }
    let (placed, solution) = try leastStream(for: network)
    let terms = terms(of: network, placed, solution.choice)
    guard let last = terms.last, let output = last else {
      return try report(for: network, from: origin)
    }
    var stages: [Int] = []
    stages.reserveCapacity(terms.count)
    for (layer, term) in zip(network.layers, terms) {
      // What passes its tokens on is no stage.
      guard let term, !layer.isFree || !StageGraph.passesOn(layer.op) else { continue }
      stages.append(term)
    }
    stages.sort()
    let key = StageTerms(
      numbers: stages, output: output, input: network.input, hasRows: StageGraph.hasRows(network))
    if let totals = known.totals.withLock({ $0[key] }) {
      return totals.report(for: network, terms: terms, images: batch)
    }
    let plan = try family.plan(of: solution.choice, placed, network: network, name: name)
    let graph = try StageGraph(plan)
    let report = PipelineAccelerator(plan.design, batch: batch).report(
      of: plan, figures: try graph.figures(of: plan, images: batch), listsLayers: false)
    let totals = KnownTotals(report, graph, terms: terms, network: network)
    _ = known.totals.withLock { $0.remember(totals, for: key, atMost: Known.mostTotals) }
    return totals.report(for: network, terms: terms, images: batch)
  }

  /// By layer, the number of the term whose tokens it gives; `nil` for zeros.
  private func terms(
    of network: Network, _ placed: StreamFamily.Placed, _ choice: [Int]
  ) -> [Int?] {
    known.terms.withLock { known in
      known.makeRoom()
      let numbers = placed.identities.map { known.number(of: $0) }
      var terms: [Int?] = []
      terms.reserveCapacity(network.layers.count)
      var inputs: [Int] = []
      var stage = 0
      for (index, layer) in network.layers.enumerated() {
        inputs.removeAll(keepingCapacity: true)
        for input in layer.inputs {
          switch input {
          case .networkInput: inputs.append(0)
          case .layer(let other): if let term = terms[other] { inputs.append(term) }
          }
        }
        let number: Int
        var option: Int?
        if stage < placed.layers.count, placed.layers[stage] == index {
          (number, option) = (numbers[placed.problem.stages[stage]], choice[stage])
          stage += 1
        } else {
          guard !inputs.isEmpty else {
            terms.append(nil)
            continue
          }
          if inputs.count == 1, StageGraph.passesOn(layer.op) {
            terms.append(inputs[0])
            continue
          }
          number = known.number(of: layer.identity)
        }
        // Without a window all operands are read alike.
        if inputs.count > 1, Window(of: layer.op) == nil { inputs.sort() }
        terms.append(known.number(of: number, option: option, reading: inputs))
      }
      return terms
    }
  }
}

extension Layer {
  /// Whether no engine runs it.
  fileprivate var isFree: Bool { op.kind == .skip || op.kind == .zero }
}
