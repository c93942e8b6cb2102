internal import Accelerators
internal import CostAPI

/// What the table of `cost` says of a pipeline below its networks.
struct PipelineLines {
  var figures: PipelineFigures
  var target: String
  var network: String
  var findsLeastBuffers: Bool
  var leastBuffers: LeastDepths?

  var text: String {
    let rate = HumanNumber.significant(figures.imagesPerSecond)
    let interval = HumanNumber.grouped(figures.intervalCycles)
    var text =
      "\(target): \(network): an image in \(interval) cycles, \(rate) a second, bound by "
      + "\(figures.boundBy)\(figures.isIntervalProven ? "" : " (as the last images came)")\n"
    if findsLeastBuffers { text += "\(target): buffers: \(LeastDepths.text(leastBuffers))\n" }
    guard let resources = figures.resources else { return text }
    for excess in resources.excesses {
      text +=
        "\(target): over budget: \(HumanNumber.grouped(excess.amount)) \(excess.resource.name) too "
        + "many, most of them in \(excess.stage)\n"
    }
    return text
  }
}
