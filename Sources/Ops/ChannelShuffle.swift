/// The channels of all groups dealt out in turn, as a copy of every word.
public struct ChannelShuffle: TensorOp {
  /// The shape of what it reads and writes.
  public let output: FeatureMap
  /// How many groups the channels are dealt from.
  public let groups: Int

  /// - Throws: `OpError` when the channels do not divide or a number is out of range.
  public init(_ map: FeatureMap, groups: Int) throws(OpError) {
    try check(map)
    try check(groups, .groups)
    guard map.channels % groups == 0 else {
      throw .notDivisible(.inputChannels, map.channels, groups: groups)
    }
    output = map
    self.groups = groups
  }

  /// Names the op in layer texts, keys and tables.
  public var kind: OpKind { .channelShuffle }
  /// One tensor, as large as the output.
  public var inputs: [FeatureMap] { [output] }
  /// One a word, which is copied to its new place.
  public var otherOperations: Int64 { output.words }

  /// Channels, rows and columns, and the groups whose channels are interleaved.
  public var attributes: OpAttributes {
    var attributes = OpAttributes(output)
    attributes[.groups] = groups
    return attributes
  }

  /// A word is read and written once wherever it goes, so the nest is a plain copy.
  public func problems(batch: Int, precision: Precision) throws(ProblemError) -> [Problem] {
    [try Nest.elementwise(output, batch: batch, precision: precision, kind: kind)]
  }
}
