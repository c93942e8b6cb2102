/// A convolution of each channel with a filter of its own.
public struct DepthwiseConvolution: TensorOp {
  /// The shape of one image.
  public let input: FeatureMap
  /// The shape of one image after the op; a remainder of the input is dropped.
  public let output: FeatureMap
  /// The filter and how it slides.
  public let window: Window
  /// Multiply-accumulates of an image, padding included.
  public let macs: Int64
  /// Learned numbers of the filters, without bias.
  public let weights: Int64

  /// - Throws: `OpError` when the window does not fit or a number is out of range.
  public init(input: FeatureMap, window: Window) throws(OpError) {
    try check(input)
    let (height, width) = try window.outputSize(of: input)
    self.input = input
    self.window = window
    output = FeatureMap(channels: input.channels, height: height, width: width)
    _ = try product(input.channels, height, width)
    weights = try product(input.channels, window.rows.filter, window.columns.filter)
    macs = try product(
      input.channels, window.rows.filter, window.columns.filter, height, width)
  }

  /// Names the op in layer texts, keys and tables.
  public var kind: OpKind { .depthwise }
  /// One tensor.
  public var inputs: [FeatureMap] { [input] }

  /// The input's shape, filter, stride, padding and dilation.
  public var attributes: OpAttributes {
    var attributes = OpAttributes(input)
    window.describe(into: &attributes, dilated: true)
    return attributes
  }

  /// One nest in which every channel is a group.
  public func problems(batch: Int, precision: Precision) throws(ProblemError) -> [Problem] {
    [
      try Nest.window(
        window, input: input, output: output, groups: input.channels, hasWeights: true,
        batch: batch, precision: precision, body: .multiplyAccumulate)
    ]
  }
}
