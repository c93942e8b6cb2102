/// The shape of one image's activations.
public struct FeatureMap: Hashable, Sendable {
  /// How many channels.
  public var channels: Int
  /// How many rows.
  public var height: Int
  /// How many columns.
  public var width: Int

  /// A shape as given; ops check that it is possible.
  public init(channels: Int, height: Int, width: Int) {
    self.channels = channels
    self.height = height
    self.width = width
  }

  /// Words of the map; exact for a map that an op has accepted.
  public var words: Int64 { Int64(channels) * Int64(height) * Int64(width) }
}

extension FeatureMap: CustomStringConvertible {
  /// Channels, height and width, as in `16x32x32`.
  public var description: String { "\(channels)x\(height)x\(width)" }
}
