public import Networks
internal import Ops

extension SpatialArray {
  /// The layers of a network, each with what of its activations stays on chip;
  /// `Documentation/Model.md`, section 6.
  ///
  /// - Parameters:
  ///   - batch: images that run together.
  ///   - refused: placements known to have no mapping, which are not chosen.
  public func placements(
    of network: Network, batch: Int, refusing refused: Set<PlacedLayer> = []
  ) -> [PlacedLayer] {
    var placed = network.layers.map { PlacedLayer($0.identity) }
    guard residency == .resident else { return placed }
    var rooms = Rooms(array: self, batch: batch, refused: refused)
    for handover in network.handovers {
      var (producer, consumer) = (placed[handover.producer], placed[handover.consumer])
      let isOnlyOperand = network.layers[handover.consumer].inputs.count == 1
      producer.resident.output = true
      consumer.resident.input =
        isOnlyOperand ? .whole : .operand(words: producer.identity.op.output.words)
      guard rooms.admit(producer), rooms.admit(consumer) else { continue }
      placed[handover.producer] = producer
      placed[handover.consumer] = consumer
    }
    return placed
  }
}

/// Which placements have room, each worked out once.
private struct Rooms {
  let array: SpatialArray
  let batch: Int
  let refused: Set<PlacedLayer>
  private var known: [PlacedLayer: Bool] = [:]

  init(array: SpatialArray, batch: Int, refused: Set<PlacedLayer>) {
    self.array = array
    self.batch = batch
    self.refused = refused
  }

  mutating func admit(_ layer: PlacedLayer) -> Bool {
    if let answer = known[layer] { return answer }
    let answer = !refused.contains(layer) && hasRoom(for: layer)
    known[layer] = answer
    return answer
  }

  private func hasRoom(for layer: PlacedLayer) -> Bool {
    let precision = layer.identity.precision.applied(to: array.precision)
    // A layer that is out of range is told of when it is costed.
    guard
      let problems = try? layer.identity.op.problems(batch: batch, precision: precision)
    else { return false }
    return problems.enumerated().allSatisfy { index, problem in
      array.hasRoom(for: layer.resident.ofNest(index, of: problems.count), of: problem)
    }
  }
}
