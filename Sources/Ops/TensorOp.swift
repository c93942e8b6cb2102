/// An operator of a network: it knows its shapes and the loop nests it runs.
///
/// All numbers are for one image. An op that exists is possible: its initializer throws `OpError`
/// for shapes that are not.
public protocol TensorOp: Hashable, Sendable {
  /// Names the op in layer texts, keys and tables.
  var kind: OpKind { get }
  /// The shape of each tensor the op reads; a concatenation is given as one tensor of all channels.
  var inputs: [FeatureMap] { get }
  /// The shape of the tensor the op gives.
  var output: FeatureMap { get }
  /// Multiply-accumulates, padding included: a zero is multiplied like any number.
  var macs: Int64 { get }
  /// What the op computes besides: comparisons and additions of pooling windows (padding is
  /// neither compared nor added), additions, numbers normalised, words copied.
  var otherOperations: Int64 { get }
  /// Learned numbers the op multiplies with, without bias and batch norm.
  var weights: Int64 { get }
  /// Everything that changes the op's cost.
  var attributes: OpAttributes { get }

  /// Checks the tensors that a network gives the op.
  ///
  /// - Throws: `OpInputError` when tensors of these shapes are not what the op reads.
  func checkInputs(_ maps: [FeatureMap]) throws(OpInputError)

  /// The loop nests to cost; empty for an op that computes and moves nothing.
  ///
  /// - Throws: `ProblemError` for a batch or bit widths out of range, or so many operations that
  ///   counts would not be exact.
  func problems(batch: Int, precision: Precision) throws(ProblemError) -> [Problem]
}

extension TensorOp {
  /// None, for ops that multiply nothing.
  public var macs: Int64 { 0 }
  /// None, for ops that only multiply or only pass on.
  public var otherOperations: Int64 { 0 }
  /// None, for ops that learn nothing.
  public var weights: Int64 { 0 }

  /// The kind with the attributes.
  public var key: OpKey { OpKey(kind: kind, attributes: attributes) }

  /// Takes exactly the tensors of `inputs`, in their order.
  ///
  /// - Throws: `OpInputError` for another number of tensors, or the first of another shape.
  public func checkInputs(_ maps: [FeatureMap]) throws(OpInputError) {
    let inputs = inputs
    guard maps.count == inputs.count else {
      throw .wrongCount(expected: inputs.count, found: maps.count)
    }
    for (index, map) in maps.enumerated() where map != inputs[index] {
      throw .wrongShape(index: index, expected: inputs[index], found: map)
    }
  }

  /// Whether two ops, perhaps of different types, are the same.
  public func isEqual(to other: any TensorOp) -> Bool { other as? Self == self }
}

/// The most words or operations an op may have an image; sums over a network cannot overflow.
let largestTotal: Int64 = 1 << 48

/// Throws unless a number is one its attribute allows.
func check(_ value: Int, _ attribute: OpAttribute) throws(OpError) {
  guard value >= attribute.smallest, value <= Int(Problem.largestExtent) else {
    throw .outOfRange(attribute, value)
  }
}

/// Throws unless the channels, height and width of an op's input are possible.
func check(_ map: FeatureMap) throws(OpError) {
  try check(map.channels, .inputChannels)
  try check(map.height, .height)
  try check(map.width, .width)
  _ = try product(map.channels, map.height, map.width)
}

/// The product of positive numbers, if it is at most `largestTotal`.
func product(_ factors: Int...) throws(OpError) -> Int64 {
  var product: Int64 = 1
  for factor in factors {
    let (next, overflow) = product.multipliedReportingOverflow(by: Int64(factor))
    guard !overflow, next <= largestTotal else { throw .tooLarge }
    product = next
  }
  return product
}
