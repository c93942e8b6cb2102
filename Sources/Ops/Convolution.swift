/// A two-dimensional convolution, dense or in groups of channels.
public struct Convolution: TensorOp {
  /// The shape of one image.
  public let input: FeatureMap
  public let output: FeatureMap
  /// The filter and how it slides.
  public let window: Window
  /// Into how many groups the channels are split.
  public let groups: Int
  public let macs: Int64
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

  public var kind: OpKind { .convolution }
  public var inputs: [FeatureMap] { [input] }

  public var attributes: OpAttributes {
    var attributes = OpAttributes(input)
    attributes[.outputChannels] = output.channels
    window.describe(into: &attributes, dilated: true)
    attributes[.groups] = groups
    return attributes
  }

  public func problems(batch: Int, precision: Precision) throws(ProblemError) -> [Problem] {
    [
      try Nest.window(
        window, input: input, output: output, groups: groups, hasWeights: true, batch: batch,
        precision: precision, body: .multiplyAccumulate)
    ]
  }
}
