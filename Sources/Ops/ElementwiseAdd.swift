/// The sum of two or more tensors of one shape.
///
/// It runs as one addition of two tensors after the other: what it moves and computes is that of
/// `operands - 1` two-input additions.
public struct ElementwiseAdd: TensorOp {
  /// The shape of each tensor, and of the sum.
  public let map: FeatureMap
  /// How many tensors are added.
  public let operands: Int

  /// - Throws: `OpError` when a number is out of range.
  public init(_ map: FeatureMap, operands: Int = 2) throws(OpError) {
    try check(map)
    try check(operands, .operands)
    _ = try product(map.channels, map.height, map.width, operands)
    self.map = map
    self.operands = operands
  }

  /// Names the op in layer texts, keys and tables.
  public var kind: OpKind { .add }
  /// As many tensors of one shape as are added.
  public var inputs: [FeatureMap] { Array(repeating: map, count: operands) }
  /// The sum has the shape of what is added.
  public var output: FeatureMap { map }
  /// One addition a number for each tensor after the first.
  public var otherOperations: Int64 { map.words * Int64(operands - 1) }

  /// The shape, and how many tensors are added.
  public var attributes: OpAttributes {
    var attributes = OpAttributes(map)
    if operands != 2 { attributes[.operands] = operands }
    return attributes
  }

  /// A nest for each two-input addition: the input is two operands, reduced into the output.
  public func problems(batch: Int, precision: Precision) throws(ProblemError) -> [Problem] {
    let addition = try Nest.elementwise(
      map, operands: 2, batch: batch, precision: precision, kind: .add)
    return Array(repeating: addition, count: operands - 1)
  }
}
