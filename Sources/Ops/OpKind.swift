/// The operators the project knows, by the names that layer texts, keys and hardware files share.
public enum OpKind: String, CaseIterable, Hashable, Sendable {
  case convolution = "conv"
  case depthwise
  case linear
  case maxPool = "maxpool"
  case averagePool = "avgpool"
  case globalPool = "globalpool"
  case add
  case concat
  case channelShuffle = "shuffle"
  /// Batch normalisation with ReLU that follows no convolution it could fold into.
  case batchNormReLU = "bnrelu"
  /// A tensor times one number a channel that another layer gives.
  case scale
  case skip
  case zero

  /// Whether the op runs on the multiply-accumulate array.
  public var isMultiplyAccumulate: Bool {
    switch self {
    case .convolution, .depthwise, .linear: true
    default: false
    }
  }
}
