/// A tensor times one number a channel that another layer gives: the end of a squeeze-and-excite
/// (J. Hu et al., CVPR 2018).
public struct ChannelScale: TensorOp {
  /// The shape of the tensor and of the result.
  public let output: FeatureMap

  /// - Throws: `OpError` when a number is out of range.
  public init(_ map: FeatureMap) throws(OpError) {
    try check(map)
    output = map
  }

  /// Names the op in layer texts, keys and tables.
  public var kind: OpKind { .scale }
  /// The tensor, then the factors.
  public var inputs: [FeatureMap] {
    [output, FeatureMap(channels: output.channels, height: 1, width: 1)]
  }
  /// One a number of the output.
  public var otherOperations: Int64 { output.words }
  /// Channels, rows and columns of the output.
  public var attributes: OpAttributes { OpAttributes(output) }

  /// One multiplication a word. The factors travel as weights do, an image's own: there is nothing
  /// to add up over them, and each is used for a whole channel.
  public func problems(batch: Int, precision: Precision) throws(ProblemError) -> [Problem] {
    [
      try Nest.elementwise(
        output, hasFactors: true, batch: batch, precision: precision, kind: kind)
    ]
  }
}
