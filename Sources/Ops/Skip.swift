/// A tensor passed on as it is: nothing is moved or computed.
public struct Skip: TensorOp {
  /// The shape of the tensor that is passed on.
  public let output: FeatureMap

  /// - Throws: `OpError` when a number is out of range.
  public init(_ map: FeatureMap) throws(OpError) {
    try check(map)
    output = map
  }

  public var kind: OpKind { .skip }
  public var inputs: [FeatureMap] { [output] }
  public var attributes: OpAttributes { OpAttributes(output) }

  public func problems(batch: Int, precision: Precision) throws(ProblemError) -> [Problem] { [] }
}
