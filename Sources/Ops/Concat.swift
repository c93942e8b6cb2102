/// Tensors joined along their channels, as a copy of every word.
public struct Concat: TensorOp {
  /// The shape of the result, all channels together.
  public let output: FeatureMap

  /// - Parameter output: all channels together.
  /// - Throws: `OpError` when a number is out of range.
  public init(output: FeatureMap) throws(OpError) {
    try check(output)
    self.output = output
  }

  /// Names the op in layer texts, keys and tables.
  public var kind: OpKind { .concat }
  /// One tensor of all channels, as large as the output.
  public var inputs: [FeatureMap] { [output] }
  /// One a word, which is copied.
  public var otherOperations: Int64 { output.words }
  /// Channels, rows and columns of the output.
  public var attributes: OpAttributes { OpAttributes(output) }

  /// Any tensors of the output's height and width fit that together have its channels.
  public func checkInputs(_ maps: [FeatureMap]) throws(OpInputError) {
    guard !maps.isEmpty else { throw .wrongCount(expected: 1, found: 0) }
    var channels: Int64 = 0
    for (index, map) in maps.enumerated() {
      guard map.height == output.height, map.width == output.width else {
        let expected = FeatureMap(
          channels: map.channels, height: output.height, width: output.width)
        throw .wrongShape(index: index, expected: expected, found: map)
      }
      channels += Int64(map.channels)
    }
    guard channels == Int64(output.channels) else {
      throw .wrongTotal(.inputChannels, expected: Int64(output.channels), found: channels)
    }
  }

  /// One nest over the output that copies its words.
  public func problems(batch: Int, precision: Precision) throws(ProblemError) -> [Problem] {
    [try Nest.elementwise(output, batch: batch, precision: precision, kind: kind)]
  }
}
