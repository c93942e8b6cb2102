/// The one table of what describes each kind of op: layer texts, keys, network files and the JSON
/// Schema read it.
extension OpKind {
  /// What is taken for an attribute that is not given.
  public enum Standard: Hashable, Sendable {
    /// Nothing: it has to be given.
    case required
    /// A number that is the same for all layers.
    case number(Int)
    /// The value of another attribute.
    case same(OpAttribute)
  }

  /// One row of the table.
  public struct Row: Hashable, Sendable {
    /// The attribute that the row is about.
    public var attribute: OpAttribute
    /// What is taken where it is not given.
    public var standard: Standard
  }

  /// The attributes of the kind in canonical order, with what stands in for each.
  public var rows: [Row] {
    let map: [Row] = [
      Row(attribute: .inputChannels, standard: .required),
      Row(attribute: .height, standard: .required),
      Row(attribute: .width, standard: .same(.height)),
    ]
    let outputChannels = Row(attribute: .outputChannels, standard: .required)
    let window: [Row] = [
      Row(attribute: .filterHeight, standard: .required),
      Row(attribute: .filterWidth, standard: .same(.filterHeight)),
      Row(attribute: .stride, standard: .number(1)),
      Row(attribute: .padding, standard: .number(0)),
      Row(attribute: .dilation, standard: .number(1)),
    ]
    let groups = Row(attribute: .groups, standard: .number(1))
    switch self {
    case .convolution: return [map[0], outputChannels] + map[1...] + window + [groups]
    case .depthwise, .maxPool, .averagePool: return map + window
    case .linear: return [map[0], outputChannels]
    case .add: return map + [Row(attribute: .operands, standard: .number(2))]
    case .channelShuffle: return map + [Row(attribute: .groups, standard: .required)]
    case .globalPool, .concat, .batchNormReLU, .scale, .skip, .zero: return map
    }
  }

  /// The op that attributes describe; those left out take their standard.
  ///
  /// - Throws: `OpError` for the first number that is missing or impossible.
  public func op(_ given: OpAttributes) throws(OpError) -> any TensorOp {
    var attributes = given
    for row in rows where attributes[row.attribute] == nil {
      switch row.standard {
      case .required: throw .missing(row.attribute)
      case .number(let number): attributes[row.attribute] = number
      case .same(let other): attributes[row.attribute] = attributes[other]
      }
    }
    let outputs = attributes[.outputChannels] ?? 1
    let groups = attributes[.groups] ?? 1
    let map = FeatureMap(
      channels: attributes[.inputChannels] ?? 1, height: attributes[.height] ?? 1,
      width: attributes[.width] ?? 1)
    switch self {
    case .convolution:
      return try Convolution(
        input: map, outputChannels: outputs, window: Window(attributes), groups: groups)
    case .depthwise: return try DepthwiseConvolution(input: map, window: Window(attributes))
    case .linear: return try Linear(inputFeatures: map.channels, outputFeatures: outputs)
    case .maxPool: return try Pooling(.maximum, input: map, window: Window(attributes))
    case .averagePool: return try Pooling(.average, input: map, window: Window(attributes))
    case .globalPool: return try GlobalPooling(input: map)
    case .add: return try ElementwiseAdd(map, operands: attributes[.operands] ?? 2)
    case .concat: return try Concat(output: map)
    case .channelShuffle: return try ChannelShuffle(map, groups: groups)
    case .batchNormReLU: return try BatchNormReLU(map)
    case .scale: return try ChannelScale(map)
    case .skip: return try Skip(map)
    case .zero: return try Zero(map)
    }
  }
}

extension OpAttributes {
  /// Channels, height and width of a map.
  init(_ map: FeatureMap) {
    self.init([.inputChannels: map.channels, .height: map.height, .width: map.width])
  }
}
