/// A tensor of zeros, known before anything runs: nothing is read, moved or computed.
public struct Zero: TensorOp {
  /// The shape of the tensor of zeros.
  public let output: FeatureMap

  /// - Throws: `OpError` when a number is out of range.
  public init(_ map: FeatureMap) throws(OpError) {
    try check(map)
    output = map
  }

  public var kind: OpKind { .zero }
  public var inputs: [FeatureMap] { [] }
  public var attributes: OpAttributes { OpAttributes(output) }

  public func problems(batch: Int, precision: Precision) throws(ProblemError) -> [Problem] { [] }
}
