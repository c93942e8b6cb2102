/// Batch normalisation and ReLU that follow no convolution they could fold into.
public struct BatchNormReLU: TensorOp {
  /// The shape of what it reads and writes.
  public let output: FeatureMap

  /// - Throws: `OpError` when a number is out of range.
  public init(_ map: FeatureMap) throws(OpError) {
    try check(map)
    output = map
  }

  /// Names the op in layer texts, keys and tables.
  public var kind: OpKind { .batchNormReLU }
  /// One tensor, as large as the output.
  public var inputs: [FeatureMap] { [output] }
  /// One a number: it is normalised and cut off at 0.
  public var otherOperations: Int64 { output.words }
  /// A scale and a shift a channel. They stay with the unit that applies them: the nest has no
  /// weight tensor.
  public var weights: Int64 { 2 * Int64(output.channels) }
  /// Channels, rows and columns.
  public var attributes: OpAttributes { OpAttributes(output) }

  /// One nest over the output that multiplies nothing.
  public func problems(batch: Int, precision: Precision) throws(ProblemError) -> [Problem] {
    [try Nest.elementwise(output, batch: batch, precision: precision, kind: kind)]
  }
}
