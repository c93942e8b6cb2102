internal import Ops

extension Network {
  /// The network as a runtime would run it that folds constants and drops what nothing reads.
  ///
  /// - A layer that depends only on `Zero` layers is a constant. An addition drops its constant
  ///   operands (a constant joins a bias) and vanishes when one operand is left; anything else
  ///   that reads a constant reads a `Zero` of the same shape.
  /// - A layer from which no path leads to the output is dropped.
  ///
  /// A network without a live path becomes a single `Zero` layer.
  public func eliminatingDeadNodes() -> Network {
    var folded: [Layer] = []
    folded.reserveCapacity(layers.count)
    // What a reader of each layer reads instead.
    var standsFor: [TensorSource] = []
    var isConstant: [Bool] = []
    for (index, original) in layers.enumerated() {
      var layer = original
      var source = TensorSource.layer(index)
      layer.inputs = layer.inputs.map { Self.resolve($0, standsFor) }
      let live = layer.inputs.filter { !Self.isConstant($0, isConstant) }
      if live.isEmpty {
        Self.fold(&layer)
      } else if layer.op.kind == .add, live.count < layer.inputs.count {
        if live.count == 1 {
          source = live[0]
          // Fewer operands of a possible addition are possible.
        } else if let sum = try? ElementwiseAdd(layer.op.output, operands: live.count) {
          layer = Layer(
            name: layer.name, op: sum, inputs: live, parameters: layer.parameters,
            precision: layer.precision)
        }
      }
      folded.append(layer)
      standsFor.append(source)
      isConstant.append(live.isEmpty)
    }
    return Network(unchecked: name, input: input, layers: Self.reachable(folded, standsFor))
  }

  private static func resolve(_ source: TensorSource, _ standsFor: [TensorSource]) -> TensorSource {
    guard case .layer(let index) = source else { return source }
    return standsFor[index]
  }

  private static func isConstant(_ source: TensorSource, _ isConstant: [Bool]) -> Bool {
    guard case .layer(let index) = source else { return false }
    return isConstant[index]
  }

  /// Makes a layer the constant it is; what it computed and learned is in no one's way any more.
  private static func fold(_ layer: inout Layer) {
    guard let zero = try? Zero(layer.op.output) else { return }
    layer = Layer(name: layer.name, op: zero, inputs: [])
  }

  /// What is left of a network whose output is its input.
  private static func passedOn(_ layers: [Layer]) -> [Layer] {
    guard let last = layers.last, let skip = try? Skip(last.op.output) else { return [] }
    return [Layer(name: last.name, op: skip, inputs: [.networkInput])]
  }

  /// The layers that the last one needs, renumbered.
  private static func reachable(_ layers: [Layer], _ standsFor: [TensorSource]) -> [Layer] {
    guard case .layer(let last)? = standsFor.last else { return passedOn(layers) }
    var isNeeded = Array(repeating: false, count: layers.count)
    isNeeded[last] = true
    for index in stride(from: last, through: 0, by: -1) where isNeeded[index] {
      for case .layer(let source) in layers[index].inputs { isNeeded[source] = true }
    }
    var newIndex = Array(repeating: 0, count: layers.count)
    var kept: [Layer] = []
    for index in layers.indices where isNeeded[index] {
      newIndex[index] = kept.count
      var layer = layers[index]
      layer.inputs = layer.inputs.map { source in
        guard case .layer(let old) = source else { return source }
        return .layer(newIndex[old])
      }
      kept.append(layer)
    }
    return kept
  }
}
