/// A fully connected layer: a matrix times the image's numbers.
public struct Linear: TensorOp {
  /// Numbers that an image has.
  public let inputFeatures: Int
  /// Numbers that it gives.
  public let outputFeatures: Int
  /// Multiply-accumulates of an image: input times output features.
  public let macs: Int64

  /// - Throws: `OpError` when a number is out of range.
  public init(inputFeatures: Int, outputFeatures: Int) throws(OpError) {
    try check(inputFeatures, .inputChannels)
    try check(outputFeatures, .outputChannels)
    self.inputFeatures = inputFeatures
    self.outputFeatures = outputFeatures
    macs = try product(inputFeatures, outputFeatures)
  }

  /// Names the op in layer texts, keys and tables.
  public var kind: OpKind { .linear }
  /// A vector of the input features, as channels of one row and column.
  public var inputs: [FeatureMap] { [FeatureMap(channels: inputFeatures, height: 1, width: 1)] }
  /// A vector of the output features, as channels of one row and column.
  public var output: FeatureMap { FeatureMap(channels: outputFeatures, height: 1, width: 1) }
  /// One weight a multiply-accumulate.
  public var weights: Int64 { macs }

  /// Input and output features.
  public var attributes: OpAttributes {
    OpAttributes([.inputChannels: inputFeatures, .outputChannels: outputFeatures])
  }

  /// Any one tensor with as many words fits: it is read flattened.
  public func checkInputs(_ maps: [FeatureMap]) throws(OpInputError) {
    guard maps.count == 1, let map = maps.first else {
      throw .wrongCount(expected: 1, found: maps.count)
    }
    guard map.words == Int64(inputFeatures) else {
      throw .wrongTotal(.inputChannels, expected: Int64(inputFeatures), found: map.words)
    }
  }

  /// One nest: images, output features and input features.
  public func problems(batch: Int, precision: Precision) throws(ProblemError) -> [Problem] {
    var bounds = Extents()
    bounds[.k] = Int32(outputFeatures)
    bounds[.c] = Int32(inputFeatures)
    let k = AffineAxis(.k, extent: bounds[.k])
    let c = AffineAxis(.c, extent: bounds[.c])
    return [
      try Nest.problem(
        batch: batch, bounds: bounds, weight: [k, c], input: [c], output: [k],
        precision: precision, body: .multiplyAccumulate)
    ]
  }
}
