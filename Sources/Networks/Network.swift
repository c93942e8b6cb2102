public import Ops

/// Where a layer reads a tensor from.
public enum TensorSource: Hashable, Sendable {
  /// The network's own input.
  case networkInput
  /// The output of a layer, by its index.
  case layer(Int)
}

/// One op of a network and what it reads.
public struct Layer: Hashable, Sendable {
  /// What the layer is called in reports.
  public var name: String
  /// What makes layers cost the same: the op and the bit widths.
  public let identity: LayerIdentity
  /// In the order of the op's operands.
  public var inputs: [TensorSource]
  /// Learned numbers: the op's weights, its bias and the batch norm folded into it.
  public var parameters: Int64

  /// A layer as given; a network checks that its op can read its inputs.
  public init(
    name: String, op: any TensorOp, inputs: [TensorSource], parameters: Int64,
    precision: PrecisionOverride = .none
  ) {
    self.name = name
    self.identity = LayerIdentity(op: op, precision: precision)
    self.inputs = inputs
    self.parameters = parameters
  }

  /// A layer with the parameters its op, batch norm and bias have.
  public init(
    name: String, op: any TensorOp, inputs: [TensorSource], hasBatchNorm: Bool = false,
    hasBias: Bool = false, precision: PrecisionOverride = .none
  ) {
    // A scale and a shift a channel for batch norm; mean and variance are not learned.
    let extra = (hasBatchNorm ? 2 : 0) + (hasBias ? 1 : 0)
    self.init(
      name: name, op: op, inputs: inputs,
      parameters: op.weights + Int64(extra * op.output.channels), precision: precision)
  }

  /// What the layer computes.
  public var op: any TensorOp { identity.op }
  /// The bit widths the layer sets for itself.
  public var precision: PrecisionOverride { identity.precision }
}

/// An op at a precision: layers of one identity cost the same and are mapped once.
public struct LayerIdentity: Hashable, Sendable {
  /// A class because the layers of all networks of a search space share a few dozen of them:
  /// copying one is a pointer, and so in most cases is comparing two.
  private final class Storage: Sendable {
    let op: any TensorOp
    let precision: PrecisionOverride
    let hash: Int

    init(op: any TensorOp, precision: PrecisionOverride) {
      self.op = op
      self.precision = precision
      var hasher = Hasher()
      hasher.combine(op)
      hasher.combine(precision)
      hash = hasher.finalize()
    }
  }

  private let storage: Storage

  /// The identity of every layer with this op and these widths.
  public init(op: any TensorOp, precision: PrecisionOverride = .none) {
    storage = Storage(op: op, precision: precision)
  }

  /// What the layer computes.
  public var op: any TensorOp { storage.op }
  /// The bit widths the layer sets for itself.
  public var precision: PrecisionOverride { storage.precision }

  /// Whether layers of the two cost the same on every target.
  public static func == (a: LayerIdentity, b: LayerIdentity) -> Bool {
    a.storage === b.storage
      || a.storage.hash == b.storage.hash && a.precision == b.precision
        && a.op.isEqual(to: b.op)
  }

  /// Hashes a number that was made with the identity.
  public func hash(into hasher: inout Hasher) { hasher.combine(storage.hash) }
}

/// Why layers do not make a network.
public enum NetworkError: Error, Hashable, Sendable {
  /// A network of no layers.
  case empty
  /// More layers than `Network.largestLayerCount`.
  case tooManyLayers(Int)
  /// A layer reads itself, a later layer or one that does not exist.
  case readsAhead(layer: Int, source: Int)
  /// A layer's op cannot read what its sources give.
  case inputsDoNotFit(layer: Int, OpInputError)
}

/// Layers in execution order: each reads the network's input or layers before it, and the last
/// one gives the network's output.
public struct Network: Hashable, Sendable {
  /// What the network is called in reports.
  public let name: String
  /// The shape of one image.
  public let input: FeatureMap
  /// The layers in execution order.
  public let layers: [Layer]

  /// The most layers a network may have, so that totals stay exact.
  public static let largestLayerCount = 10_000

  /// - Throws: `NetworkError` for the first layer that cannot read what it is given.
  public init(name: String, input: FeatureMap, layers: [Layer]) throws(NetworkError) {
    guard !layers.isEmpty else { throw .empty }
    guard layers.count <= Self.largestLayerCount else { throw .tooManyLayers(layers.count) }
    for (index, layer) in layers.enumerated() {
      var maps: [FeatureMap] = []
      for source in layer.inputs {
        switch source {
        case .networkInput: maps.append(input)
        case .layer(let other):
          guard (0..<index).contains(other) else { throw .readsAhead(layer: index, source: other) }
          maps.append(layers[other].op.output)
        }
      }
      do {
        try layer.op.checkInputs(maps)
      } catch {
        throw .inputsDoNotFit(layer: index, error)
      }
    }
    self.init(unchecked: name, input: input, layers: layers)
  }

  /// A network whose layers are known to fit, as a search space builds them.
  package init(unchecked name: String, input: FeatureMap, layers: [Layer]) {
    self.name = name
    self.input = input
    self.layers = layers
  }

  /// Multiply-accumulates of one image.
  public var macs: Int64 { layers.reduce(0) { $0 + $1.op.macs } }
  /// Other operations of one image.
  public var otherOperations: Int64 { layers.reduce(0) { $0 + $1.op.otherOperations } }
  /// Learned numbers.
  public var parameters: Int64 { layers.reduce(0) { $0 + $1.parameters } }
}

/// Layers of a network that cost the same.
public struct LayerGroup: Hashable, Sendable {
  /// What the layers have in common.
  public var identity: LayerIdentity
  /// Indices into the network's layers, ascending.
  public var layers: [Int]

  /// What the layer computes.
  public var op: any TensorOp { identity.op }
  /// The bit widths the layers set for themselves.
  public var precision: PrecisionOverride { identity.precision }
}

extension Network {
  /// The distinct layers, in the order in which they first occur: what has to be mapped.
  public var distinctLayers: [LayerGroup] {
    var groups: [LayerGroup] = []
    var groupOf: [LayerIdentity: Int] = [:]
    for (index, layer) in layers.enumerated() {
      if let group = groupOf[layer.identity] {
        groups[group].layers.append(index)
      } else {
        groupOf[layer.identity] = groups.count
        groups.append(LayerGroup(identity: layer.identity, layers: [index]))
      }
    }
    return groups
  }
}
