/// The mean of each channel over all its rows and columns.
public struct GlobalPooling: TensorOp {
  /// The shape of one image.
  public let input: FeatureMap

  /// - Throws: `OpError` when a number is out of range.
  public init(input: FeatureMap) throws(OpError) {
    try check(input)
    self.input = input
  }

  /// Names the op in layer texts, keys and tables.
  public var kind: OpKind { .globalPool }
  /// One tensor.
  public var inputs: [FeatureMap] { [input] }
  /// One number a channel.
  public var output: FeatureMap { FeatureMap(channels: input.channels, height: 1, width: 1) }
  /// One a number of the input.
  public var otherOperations: Int64 { input.words }
  /// Channels, rows and columns of the input.
  public var attributes: OpAttributes { OpAttributes(input) }

  /// One nest that reduces all rows and columns of a channel.
  public func problems(batch: Int, precision: Precision) throws(ProblemError) -> [Problem] {
    let window = Window(
      rows: WindowAxis(filter: input.height), columns: WindowAxis(filter: input.width))
    return [
      try Nest.window(
        window, input: input, output: output, groups: input.channels, hasWeights: false,
        batch: batch, precision: precision, body: .other(.globalPool))
    ]
  }
}
