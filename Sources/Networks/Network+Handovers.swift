internal import Ops

/// A layer's output on its way to the one layer that reads it, which runs directly after.
public struct Handover: Hashable, Sendable {
  /// Index of the layer that gives the tensor, and of the one that reads it.
  public var producer: Int
  /// Index of the layer that reads the tensor.
  public var consumer: Int
  /// Which of the consumer's inputs it is.
  public var operand: Int

  /// A handover as given; the indices are those of a network's layers.
  public init(producer: Int, consumer: Int, operand: Int) {
    self.producer = producer
    self.consumer = consumer
    self.operand = operand
  }
}

extension Network {
  /// The outputs that are read once, by the layer that runs directly after their own, in execution
  /// order.
  ///
  /// A skip passes on what it reads and runs nothing; neither does a tensor of zeros, which is no
  /// layer's output. The network's own output is read from outside as well.
  public var handovers: [Handover] {
    // Of each layer the one whose output it gives.
    var origins: [Int?] = []
    var reads = Array(repeating: 0, count: layers.count)
    let origin = { (source: TensorSource, origins: [Int?]) -> Int? in
      guard case .layer(let index) = source else { return nil }
      return origins[index]
    }
    for (index, layer) in layers.enumerated() {
      switch layer.op.kind {
      case .skip: origins.append(layer.inputs.first.flatMap { origin($0, origins) })
      case .zero: origins.append(nil)
      default:
        origins.append(index)
        for source in layer.inputs {
          if let read = origin(source, origins) { reads[read] += 1 }
        }
      }
    }
    if let output = origins.last ?? nil { reads[output] += 1 }

    var handovers: [Handover] = []
    var previous: Int?
    for (index, layer) in layers.enumerated()
    where layer.op.kind != .skip && layer.op.kind != .zero {
      if let producer = previous, reads[producer] == 1,
        let operand = layer.inputs.firstIndex(where: { origin($0, origins) == producer })
      {
        handovers.append(Handover(producer: producer, consumer: index, operand: operand))
      }
      previous = index
    }
    return handovers
  }
}
