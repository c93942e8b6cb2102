/// A two-dimensional convolution, dense or in groups of channels.
public struct Convolution: TensorOp {
  /// The shape of one image.
  public let input: FeatureMap
  /// The shape of one image after the op; a remainder of the input is dropped.
  public let output: FeatureMap
  /// The filter and how it slides.
  public let window: Window
  /// Into how many groups the channels are split.
  public let groups: Int
  /// Multiply-accumulates of an image, padding included.
  public let macs: Int64
  /// Learned numbers of the filters, without bias.
  public let weights: Int64

  /// - Throws: `OpError` when the shapes do not fit or a number is out of range.
  public init(
    input: FeatureMap, outputChannels: Int, window: Window, groups: Int = 1
  ) throws(OpError) {
    try check(input)
    try check(outputChannels, .outputChannels)
    try check(groups, .groups)
    for (attribute, channels) in [
      (OpAttribute.inputChannels, input.channels), (.outputChannels, outputChannels),
    ] where channels % groups != 0 {
      throw .notDivisible(attribute, channels, groups: groups)
    }
    let (height, width) = try window.outputSize(of: input)
    self.input = input
    self.window = window
    self.groups = groups
    output = FeatureMap(channels: outputChannels, height: height, width: width)
    _ = try product(outputChannels, height, width)
    let filter = (window.rows.filter, window.columns.filter)
    weights = try product(input.channels / groups, outputChannels, filter.0, filter.1)
    macs = try product(
      input.channels / groups, outputChannels, filter.0, filter.1, height, width)
  }

  /// Names the op in layer texts, keys and tables.
  public var kind: OpKind { .convolution }
  /// One tensor.
  public var inputs: [FeatureMap] { [input] }

  /// The input's shape, output channels, filter, stride, padding, dilation and groups.
  public var attributes: OpAttributes {
    var attributes = OpAttributes(input)
    attributes[.outputChannels] = output.channels
    window.describe(into: &attributes, dilated: true)
    attributes[.groups] = groups
    return attributes
  }

  /// One nest.
  public func problems(batch: Int, precision: Precision) throws(ProblemError) -> [Problem] {
    [
      try Nest.window(
        window, input: input, output: output, groups: groups, hasWeights: true, batch: batch,
        precision: precision, body: .multiplyAccumulate)
    ]
  }
}
