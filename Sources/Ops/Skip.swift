/// A tensor passed on as it is: nothing is moved or computed.
public struct Skip: TensorOp {
  /// The shape of the tensor that is passed on.
  public let output: FeatureMap

  /// - Throws: `OpError` when a number is out of range.
  public init(_ map: FeatureMap) throws(OpError) {
    try check(map)
    output = map
  }

  /// Names the op in layer texts, keys and tables.
  public var kind: OpKind { .skip }
  /// One tensor, which is passed on.
  public var inputs: [FeatureMap] { [output] }
  /// Channels, rows and columns.
  public var attributes: OpAttributes { OpAttributes(output) }

  /// None: nothing is computed and nothing moves.
  public func problems(batch: Int, precision: Precision) throws(ProblemError) -> [Problem] { [] }
}
