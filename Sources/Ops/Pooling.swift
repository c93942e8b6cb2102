/// The largest number or the mean of a window that slides over each channel.
///
/// Whether a mean counts its padding changes a divisor, not the cost.
public struct Pooling: TensorOp {
  /// What becomes of the numbers in a window.
  public enum Reduction: Hashable, Sendable {
    case maximum, average
  }

  /// What becomes of the numbers in a window.
  public let reduction: Reduction
  /// The shape of one image.
  public let input: FeatureMap
  /// The shape of one image after the op; a remainder of the input is dropped.
  public let output: FeatureMap
  /// The window and how it slides.
  public let window: Window
  /// Comparisons or additions of an image; padding is neither compared nor added.
  public let otherOperations: Int64

  /// - Throws: `OpError` when the window does not fit, its padding is more than half of it, or a
  ///   number is out of range.
  public init(_ reduction: Reduction, input: FeatureMap, window: Window) throws(OpError) {
    try check(input)
    let (height, width) = try window.outputSize(of: input)
    let sameOnBothAxes = window.rows.padding == window.columns.padding
    for (axis, attribute) in [
      (window.rows, OpAttribute.paddingHeight), (window.columns, .paddingWidth),
    ] where axis.padding > axis.filter / 2 {
      throw .paddingAboveHalfWindow(
        sameOnBothAxes ? .padding : attribute, padding: axis.padding, window: axis.filter)
    }
    self.reduction = reduction
    self.input = input
    self.window = window
    output = FeatureMap(channels: input.channels, height: height, width: width)
    // Bounds what follows, which leaves out the padding.
    _ = try product(
      input.channels, height, width, window.rows.filter, window.columns.filter)
    let rows = window.rows.elementsInside(input: input.height, outputs: height)
    let columns = window.columns.elementsInside(input: input.width, outputs: width)
    otherOperations = Int64(input.channels) * Int64(rows) * Int64(columns)
  }

  /// Names the op in layer texts, keys and tables.
  public var kind: OpKind { reduction == .maximum ? .maxPool : .averagePool }
  /// One tensor.
  public var inputs: [FeatureMap] { [input] }

  /// The input's shape and the window; the dilation only where it is not 1.
  public var attributes: OpAttributes {
    var attributes = OpAttributes(input)
    window.describe(
      into: &attributes, dilated: window.rows.dilation != 1 || window.columns.dilation != 1)
    return attributes
  }

  /// One nest, with each channel a group of its own.
  public func problems(batch: Int, precision: Precision) throws(ProblemError) -> [Problem] {
    [
      try Nest.window(
        window, input: input, output: output, groups: input.channels, hasWeights: false,
        batch: batch, precision: precision, body: .other(kind))
    ]
  }
}
