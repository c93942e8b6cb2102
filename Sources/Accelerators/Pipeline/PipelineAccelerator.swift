public import Networks
internal import Ops

/// What a report says of a pipeline besides the totals.
public struct PipelineFigures: Hashable, Sendable {
  public var clockMegahertz: Double
  /// Cycles from one image's last output to the next's, once the pipeline is full.
  public var intervalCycles: Int64
  /// Cycles from the start to the last output of the last image.
  public var latencyCycles: Int64
  /// The stage, engine or memory that sets the interval.
  public var boundBy: String
  /// The least and the most the energy may be; `nil` where it is not known or has no uncertainty.
  public var energyMillijoules: ClosedRange<Double>?

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
  public var design: PipelineDesign
  /// Images that run one behind the other; at least 1.
  public var batch: Int

  public init(_ design: PipelineDesign, batch: Int = 1) {
    self.design = design
    self.batch = max(1, batch)
  }

  public var name: String { design.name }

  /// What a network costs on the design.
  ///
  /// - Throws: `CostError.unsupported` for a layer that no engine runs, for numbers out of range,
  ///   and for a pipeline that stops because a buffer is too small.
  public func report(
    for network: Network, from origin: ArchitectureOrigin?
  ) throws(CostError) -> CostReport {
    let plan = try PipelinePlan(network, on: design)
    return report(of: plan, figures: figures(of: plan))
  }

  private func figures(of plan: PipelinePlan) -> PipelineFigures {
    let (interval, boundBy) = plan.frame
    return PipelineFigures(
      clockMegahertz: design.clockMegahertz, intervalCycles: interval,
      latencyCycles: interval.saturatingProduct(Int64(batch)), boundBy: boundBy)
  }

  private func report(of plan: PipelinePlan, figures: PipelineFigures) -> CostReport {
    let network = plan.network
    let images = Int64(batch)
    let kilohertz = design.clockMegahertz * 1000
    var bytes: Int64? = design.memory == nil ? nil : 0
    var layers: [LayerCost] = []
    layers.reserveCapacity(network.layers.count)
    for (layer, placed) in zip(network.layers, plan.layers) {
      let cycles = (placed?.cycles ?? 0).saturatingProduct(images)
      let moved = (placed?.memoryBytes ?? 0).saturatingProduct(images)
      bytes = bytes.map { $0.saturatingSum(moved) }
      layers.append(
        LayerCost(
          name: layer.name,
          text: LayerText(op: layer.op, batch: batch, precision: layer.precision).canonical,
          macs: layer.op.macs.saturatingProduct(images), cycles: cycles,
          latencyMilliseconds: Double(cycles) / kilohertz, energyPicojoules: nil,
          dramBytes: design.memory == nil ? nil : moved))
    }
    let latency = Double(figures.latencyCycles) / kilohertz
    var energy: Double?
    var figures = figures
    if case .constant(let milliwatts)? = design.power {
      // Milliwatts times milliseconds are microjoules.
      energy = milliwatts.value * latency / 1000
      if milliwatts.relativeUncertainty > 0 {
        figures.energyMillijoules =
          milliwatts.low * latency / 1000...milliwatts.high * latency / 1000
      }
    }
    var report = CostReport(
      target: name, network: network.name, macs: network.macs.saturatingProduct(images),
      parameters: network.parameters, latencyMilliseconds: latency, energyMillijoules: energy,
      dramBytes: bytes, layers: layers)
    report.pipeline = figures
    return report
  }
}

extension PipelinePlan {
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
