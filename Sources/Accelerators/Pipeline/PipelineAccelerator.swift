public import Networks
internal import Ops

/// What a report says of a pipeline besides the totals.
public struct PipelineFigures: Hashable, Sendable {
  /// The clock that cycles are of.
  public var clockMegahertz: Double
  /// Cycles from one image's last output to the next's, once the pipeline is full.
  public var intervalCycles: Int64
  /// Cycles from the start to the last output of the last image.
  public var latencyCycles: Int64
  /// The stage, engine or memory that sets the interval.
  public var boundBy: String
  /// The least and the most the energy may be; `nil` where it is not known or has no uncertainty.
  public var energyMillijoules: ClosedRange<Double>?
  /// Whether the interval is proven to last; where it is not, it is that of the last images run.
  public var isIntervalProven = true
  /// When the first output of the first image is there; `nil` for engines that take turns.
  public var firstOutputCycles: Int64?
  /// What the stages hand to each other; `nil` for engines that take turns.
  public var tokens: TokenKind?
  /// In an order in which each comes after those it reads; empty for engines that take turns.
  public var stages: [StageFigures] = []
  /// What the stages hand to each other through; `nil` for engines that take turns.
  public var buffers: PipelineBuffers?
  /// What the design takes of its board; `nil` where its style does not say.
  public var resources: ResourceReport?

  /// What is handed from stage to stage.
  public enum TokenKind: String, Hashable, Sendable { case pixels, rows }

  /// Times in cycles of a clock; what is not here has no value until it is set.
  public init(
    clockMegahertz: Double, intervalCycles: Int64, latencyCycles: Int64, boundBy: String,
    energyMillijoules: ClosedRange<Double>? = nil
  ) {
    self.clockMegahertz = clockMegahertz
    self.intervalCycles = intervalCycles
    self.latencyCycles = latencyCycles
    self.boundBy = boundBy
    self.energyMillijoules = energyMillijoules
  }

  /// Images a second once the pipeline is full.
  public var imagesPerSecond: Double {
    intervalCycles > 0 ? clockMegahertz * 1e6 / Double(intervalCycles) : 0
  }
}

/// An FPGA on which engines run a network's layers, one after the other, beside each other, or as
/// the stages of a pipeline.
public struct PipelineAccelerator: HardwareTarget, Hashable {
  /// The engines, and what runs on them.
  public var design: PipelineDesign
  /// Images that run one behind the other; at least 1.
  public var batch: Int

  /// A design as a target; a batch below 1 counts as 1.
  public init(_ design: PipelineDesign, batch: Int = 1) {
    self.design = design
    self.batch = max(1, batch)
  }

  /// The name of the design.
  public var name: String { design.name }

  /// What a network costs on the design.
  ///
  /// - Throws: `CostError.unsupported` for a layer that no engine runs, for numbers out of range,
  ///   and for a pipeline that stops because a buffer is too small.
  public func report(
    for network: Network, from origin: ArchitectureOrigin?
  ) throws(CostError) -> CostReport {
    let plan = try PipelinePlan(network, on: design)
    return report(of: plan, figures: try figures(of: plan))
  }

  private func figures(of plan: PipelinePlan) throws(CostError) -> PipelineFigures {
    if design.composition == .pipeline {
      return try StageGraph(plan).figures(of: plan, images: batch)
    }
    let (interval, boundBy) = plan.frame
    return PipelineFigures(
      clockMegahertz: design.clockMegahertz, intervalCycles: interval,
      latencyCycles: interval.saturatingProduct(Int64(batch)), boundBy: boundBy)
  }

  /// The report of a plan that has run.
  ///
  /// - Parameter listsLayers: Whether the report says what each layer costs.
  func report(
    of plan: PipelinePlan, figures: PipelineFigures, listsLayers: Bool = true
  ) -> CostReport {
    let network = plan.network
    let images = Int64(batch)
    let latency = Double(figures.latencyCycles) / (design.clockMegahertz * 1000)
    var figures = figures
    let resources = plan.resources
    figures.resources = resources
    var bytes: Int64?
    if design.memory != nil {
      bytes =
        design.composition == .pipeline
        ? plan.memoryBytes.saturatingProduct(images)
        : plan.layers.reduce(0) {
          $0.saturatingSum(($1?.memoryBytes ?? 0).saturatingProduct(images))
        }
    }
    let energy = energy(
      of: plan, resources, milliseconds: latency, cycles: figures.latencyCycles, bytes: bytes)
    if let energy, energy.low < energy.high {
      figures.energyMillijoules = energy.low * 1e-9...energy.high * 1e-9
    }
    var report = CostReport(
      target: name, network: network.name, macs: network.macs.saturatingProduct(images),
      parameters: network.parameters, latencyMilliseconds: latency,
      energyMillijoules: energy.map { $0.picojoules * 1e-9 },
      dramBytes: bytes, layers: listsLayers ? layerCosts(of: plan) : [])
    report.pipeline = figures
    return report
  }

  /// What each layer costs by itself.
  private func layerCosts(of plan: PipelinePlan) -> [LayerCost] {
    let images = Int64(batch)
    let kilohertz = design.clockMegahertz * 1000
    var texts: [LayerIdentity: String] = [:]
    return zip(plan.network.layers, plan.layers).map { layer, placed in
      let cycles = (placed?.cycles ?? 0).saturatingProduct(images)
      let text =
        texts[layer.identity]
        ?? LayerText(op: layer.op, batch: batch, precision: layer.precision).canonical
      texts[layer.identity] = text
      return LayerCost(
        name: layer.name, text: text,
        macs: layer.op.macs.saturatingProduct(images), cycles: cycles,
        latencyMilliseconds: Double(cycles) / kilohertz, energyPicojoules: nil,
        dramBytes: design.memory == nil
          ? nil : (placed?.memoryBytes ?? 0).saturatingProduct(images))
    }
  }
}

extension PipelineAccelerator {
  /// The energy of all images; `nil` where nobody says what power flows.
  private func energy(
    of plan: PipelinePlan, _ resources: ResourceReport, milliseconds: Double, cycles: Int64,
    bytes: Int64?
  ) -> EnergyEstimate? {
    switch design.power {
    case nil: return nil
    case .constant(let milliwatts)?:
      // Milliwatts times milliseconds are microjoules.
      return EnergyEstimate(
        picojoules: milliwatts.value * milliseconds * 1e6,
        low: milliwatts.low * milliseconds * 1e6, high: milliwatts.high * milliseconds * 1e6)
    case .events(let energies)?:
      var busy: [(range: ResourceRange, cycles: Double)] = []
      let computing = plan.computeCyclesByStage
      for (stage, cycles) in zip(resources.stages, computing) {
        busy.append((stage.range, Double(cycles) * Double(batch)))
      }
      return energies.estimate(
        milliseconds: milliseconds, cycles: Double(cycles), busy: busy,
        bits: Double(bytes ?? 0) * 8)
    }
  }
}

extension PipelinePlan {
  /// Cycles that an image keeps each of the stages of `resources` busy.
  var computeCyclesByStage: [Int64] {
    var cycles: [Int64] = []
    var shared: [Int: Int] = [:]
    for placed in layers.compactMap({ $0 }) {
      if !placed.configured.isReplicated, let known = shared[placed.engine] {
        cycles[known] = cycles[known].saturatingSum(placed.computeCycles)
        continue
      }
      if !placed.configured.isReplicated { shared[placed.engine] = cycles.count }
      cycles.append(placed.computeCycles)
    }
    return cycles
  }

  /// Cycles of an image where nothing overlaps with the next one, and the engine that has most of
  /// them.
  var frame: (cycles: Int64, boundBy: String) {
    var total: Int64 = 0
    var busy = Array(repeating: Int64(0), count: design.engines.count)
    for group in groups {
      var engines = Array(repeating: Int64(0), count: design.engines.count)
      for placed in layers[group].compactMap({ $0 }) {
        engines[placed.engine] = engines[placed.engine].saturatingSum(placed.cycles)
      }
      let slowest = engines.indices.max { engines[$0] < engines[$1] } ?? 0
      if design.composition == .concurrent {
        total = total.saturatingSum(engines[slowest])
        busy[slowest] = busy[slowest].saturatingSum(engines[slowest])
      } else {
        total = engines.reduce(total) { $0.saturatingSum($1) }
        for index in engines.indices { busy[index] = busy[index].saturatingSum(engines[index]) }
      }
    }
    let most = busy.indices.max { busy[$0] < busy[$1] }
    return (total, most.map { design.engines[$0].name } ?? "")
  }
}
