/// A tensor of zeros, known before anything runs: nothing is read, moved or computed.
public struct Zero: TensorOp {
  /// The shape of the tensor of zeros.
  public let output: FeatureMap

  /// - Throws: `OpError` when a number is out of range.
  public init(_ map: FeatureMap) throws(OpError) {
    try check(map)
    output = map
  }

  /// Names the op in layer texts, keys and tables.
  public var kind: OpKind { .zero }
  /// None.
  public var inputs: [FeatureMap] { [] }
  /// Channels, rows and columns.
  public var attributes: OpAttributes { OpAttributes(output) }

  /// None: nothing is computed and nothing moves.
  public func problems(batch: Int, precision: Precision) throws(ProblemError) -> [Problem] { [] }
}
