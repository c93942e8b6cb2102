/// The bit widths a layer sets for itself; the others are the target's.
public struct PrecisionOverride: Hashable, Sendable {
  /// Width of a weight; `nil` leaves the target's.
  public var weightBits: Int?
  /// Width of an input or output; `nil` leaves the target's.
  public var activationBits: Int?
  /// Width of a partial sum; `nil` leaves the target's.
  public var accumulatorBits: Int?

  /// The widths that are given; the others stay the target's.
  public init(weightBits: Int? = nil, activationBits: Int? = nil, accumulatorBits: Int? = nil) {
    self.weightBits = weightBits
    self.activationBits = activationBits
    self.accumulatorBits = accumulatorBits
  }

  /// Sets nothing.
  public static let none = PrecisionOverride()

  /// The widths in force where the target's are given.
  public func applied(to target: Precision) -> Precision {
    Precision(
      weightBits: weightBits ?? target.weightBits,
      activationBits: activationBits ?? target.activationBits,
      accumulatorBits: accumulatorBits ?? target.accumulatorBits)
  }
}
