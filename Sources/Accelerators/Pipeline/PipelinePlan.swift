public import Networks
public import Ops

/// A network's layers placed on a design's engines, with the cycles each keeps its engine busy.
///
/// Nothing here says when a layer runs: that is for the composition.
public struct PipelinePlan: Sendable {
  /// One layer on its engine.
  public struct PlacedWork: Hashable, Sendable {
    /// Index of the layer in the network.
    public var layer: Int
    /// Index of the engine in the design.
    public var engine: Int
    /// The engine as its assignment sets it for this layer.
    public var configured: Engine
    /// The loop bounds of each nest of the layer.
    public var works: [EngineWork]
    /// The widths of its words.
    public var precision: Precision
    /// Cycles of an image that the engine computes.
    public var computeCycles: Int64
    /// Bytes moved to and from the board's memory for an image; 0 where nothing is moved.
    public var memoryBytes: Int64
    /// Cycles of an image with what of its transfers nothing hides.
    public var cycles: Int64
    /// Of each input in order, the words that fit besides the window; empty for unlimited.
    public var fifoDepths: [Int64]
  }

  /// The design that the layers are placed on.
  public let design: PipelineDesign
  /// The network whose layers are placed.
  public let network: Network
  /// One entry a layer of the network; `nil` for those that are not charged.
  public let layers: [PlacedWork?]
  /// The network's layers in groups, in execution order.
  public let groups: [Range<Int>]

  /// Places a network's layers.
  ///
  /// - Throws: `CostError.unsupported` for a layer that no engine runs or whose numbers are out of
  ///   range.
  /// - Complexity: O(*layers* · (*assignments* + *engines*)).
  public init(_ network: Network, on design: PipelineDesign) throws(CostError) {
    self.design = design
    self.network = network
    groups =
      design.grouping == .prefix
      ? Self.groups(of: network) : network.layers.indices.map { $0..<$0 + 1 }
    var nests: [LayerIdentity: [Problem]] = [:]
    let index = AssignmentIndex(design.assignments)
    var layers: [PlacedWork?] = []
    layers.reserveCapacity(network.layers.count)
    for group in groups {
      for place in group {
        let layer = network.layers[place]
        guard let choice = try Self.choice(for: layer, in: design, index) else {
          layers.append(nil)
          continue
        }
        let problems: [Problem]
        if let known = nests[layer.identity] {
          problems = known
        } else {
          problems = try Self.problems(of: layer, in: design)
          nests[layer.identity] = problems
        }
        let output = network.layers[group.upperBound - 1].op.output
        layers.append(
          try Self.placed(layer, place, problems, choice, in: design, groupOutput: output))
      }
    }
    self.layers = layers
  }

  /// A network whose layers are placed already, each a group.
  init(_ network: Network, on design: PipelineDesign, placed layers: [PlacedWork?]) {
    self.design = design
    self.network = network
    self.layers = layers
    groups = network.layers.indices.map { $0..<$0 + 1 }
  }

  /// Layers that follow each other and whose names agree up to the last dot.
  private static func groups(of network: Network) -> [Range<Int>] {
    var groups: [Range<Int>] = []
    var last: Substring?
    for (index, layer) in network.layers.enumerated() {
      let prefix = layer.name.lastIndex(of: ".").map { layer.name[..<$0] }
      if let prefix, prefix == last, let open = groups.last {
        groups[groups.count - 1] = open.lowerBound..<index + 1
      } else {
        groups.append(index..<index + 1)
      }
      last = prefix
    }
    return groups
  }

  /// The engine of a layer as its assignment sets it.
  struct Choice {
    var engine: Int
    var configured: Engine
    var fifoDepths: [Int64]
  }

  /// The engine that runs a layer; `nil` where nothing is charged for it.
  private static func choice(
    for layer: Layer, in design: PipelineDesign, _ index: AssignmentIndex
  ) throws(CostError) -> Choice? {
    let kind = layer.op.kind
    guard kind != .skip, kind != .zero else { return nil }
    if let number = index.first(layer.name, kind, of: design.assignments) {
      let assignment = design.assignments[number]
      guard let index = assignment.engine, design.engines.indices.contains(index) else {
        return nil
      }
      var engine = design.engines[index]
      guard engine.ops.contains(kind) else {
        throw .unsupported(
          layer: layer.name,
          reason: "'\(design.name)' assigns it to the engine '\(engine.name)', which does not run "
            + kind.rawValue)
      }
      if let unroll = assignment.unroll { engine.unroll = unroll }
      engine.tile.merge(assignment.tile) { $1 }
      if let overhead = assignment.overheadCycles { engine.overheadCycles = overhead }
      return Choice(engine: index, configured: engine, fifoDepths: assignment.fifoDepths)
    }
    guard let index = design.engines.firstIndex(where: { $0.ops.contains(kind) }) else {
      throw .unsupported(
        layer: layer.name,
        reason: "no engine of '\(design.name)' runs \(kind.rawValue); "
          + design.engines.map { "'\($0.name)' runs \($0.opNames)" }.joined(separator: ", "))
    }
    return Choice(engine: index, configured: design.engines[index], fifoDepths: [])
  }

  static func problems(
    of layer: Layer, in design: PipelineDesign
  ) throws(CostError) -> [Problem] {
    do throws(ProblemError) {
      return try layer.op.problems(
        batch: 1, precision: layer.precision.applied(to: design.precision))
    } catch {
      throw .unsupported(layer: layer.name, reason: error.message)
    }
  }

  static func placed(
    _ layer: Layer, _ index: Int, _ problems: [Problem], _ choice: Choice,
    in design: PipelineDesign, groupOutput: FeatureMap
  ) throws(CostError) -> PlacedWork {
    let engine = choice.configured
    let window = EngineWindow(layer.op)
    let precision = layer.precision.applied(to: design.precision)
    var placed = PlacedWork(
      layer: index, engine: choice.engine, configured: engine, works: [], precision: precision,
      computeCycles: 0, memoryBytes: 0, cycles: 0, fifoDepths: choice.fifoDepths)
    var bits: Int64 = 0
    for problem in problems {
      var work = EngineWork(problem)
      if engine.resolution == .group {
        work[.p] = Int64(groupOutput.height)
        work[.q] = Int64(groupOutput.width)
      }
      guard let cycles = engine.cycles(of: work) else {
        throw .unsupported(
          layer: layer.name, reason: "it keeps the engine '\(engine.name)' busy for too long")
      }
      placed.works.append(work)
      placed.computeCycles += cycles
      guard design.memory != nil else { continue }
      guard let words = design.words(of: work, window: window, on: engine) else {
        throw .unsupported(
          layer: layer.name, reason: "the engine '\(engine.name)' moves too many words for it")
      }
      // Word counts are below 2^48 and widths at most 2^10.
      bits = TensorRole.allCases.reduce(bits) { sum, role in
        let width = role == .weight ? precision.weightBits : precision.activationBits
        return sum.saturatingSum(words[role].saturatingProduct(Int64(width)))
      }
    }
    placed.memoryBytes = bits.dividedRoundingUp(by: 8)
    placed.cycles = design.cycles(computing: placed.computeCycles, moving: placed.memoryBytes)
    return placed
  }
}

/// Where assignments that name a layer stand, so that not each of them is compared with each layer.
private struct AssignmentIndex {
  /// Assignments by each name they give in full.
  private var named: [String: [Int]] = [:]
  /// Assignments with patterns, or for every name.
  private var patterns: [Int] = []

  init(_ assignments: [Assignment]) {
    for (number, assignment) in assignments.enumerated() {
      let isNamed =
        !assignment.layers.isEmpty
        && !assignment.layers.contains { $0.utf8.contains(UInt8(ascii: "*")) }
      guard isNamed else {
        patterns.append(number)
        continue
      }
      for name in assignment.layers { named[name, default: []].append(number) }
    }
  }

  /// The first assignment that matches a layer.
  func first(_ name: String, _ kind: OpKind, of assignments: [Assignment]) -> Int? {
    let byName = named[name]?.first { assignments[$0].ops?.contains(kind) ?? true }
    let byPattern = patterns.first { assignments[$0].matches(name, kind) }
    guard let byName, let byPattern else { return byName ?? byPattern }
    return min(byName, byPattern)
  }
}

extension Engine {
  /// The ops it runs, for people.
  var opNames: String {
    OpKind.allCases.filter { ops.contains($0) }.map(\.rawValue).joined(separator: ", ")
  }
}

extension PipelineDesign {
  /// Words that a layer moves to and from the board's memory for an image.
  ///
  /// In a pipeline activations stay on the chip, and so do weights unless the engine streams them: it
  /// reads all of them again for each row of outputs, as DNNBuilder does for each column. The network's
  /// input and output are moved besides.
  func words(of work: EngineWork, window: EngineWindow, on engine: Engine) -> PerTensor<Int64>? {
    guard composition == .pipeline, engine.isReplicated else {
      return engine.words(of: work, window: window)
    }
    guard engine.weightHome == .streamed, window.hasWeights else {
      return PerTensor(weight: 0, input: 0, output: 0)
    }
    let weights = work.streamedWeights
    return weights < Engine.mostCycles ? PerTensor(weight: weights, input: 0, output: 0) : nil
  }

  /// Cycles of so many of computing and so many bytes moved beside them, or after them.
  func cycles(computing cycles: Int64, moving bytes: Int64) -> Int64 {
    guard let memory, bytes > 0, composition != .pipeline else { return cycles }
    let transfer = memory.cycles(moving: bytes, clockMegahertz: clockMegahertz)
    return memory.isOverlapped ? max(cycles, transfer) : cycles.saturatingSum(transfer)
  }
}

extension EngineWork {
  /// Words of weights that a stage reads for an image when it keeps none: all for each row of outputs.
  var streamedWeights: Int64 {
    [.g, .k, .c, .r, .s, .p].reduce(1) { $0.saturatingProduct(self[$1]) }
  }
}

extension MemoryPort {
  /// Cycles of a clock in which so many bytes are moved, rounded up.
  func cycles(moving bytes: Int64, clockMegahertz: Double) -> Int64 {
    let cycles = (Double(bytes) * clockMegahertz * 1e6 / bytesPerSecond).rounded(.up)
    return cycles < Double(Engine.mostCycles) ? Int64(cycles) : Engine.mostCycles
  }
}
