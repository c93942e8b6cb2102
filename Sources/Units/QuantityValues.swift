extension Quantity<Information> {
  /// The amount in bytes, also parts of one.
  public var bytes: Double { canonical }

  /// The amount in whole bytes; `nil` for a part of a byte.
  public var wholeBytes: Int64? { Int64(exactly: canonical) }
}

extension Quantity where Family: WidthFamily {
  /// The width in whole bits; `nil` for a part of a bit.
  public var bits: Int? { Int(exactly: canonical) }
}

extension Quantity<Energy> {
  /// The energy in picojoules.
  public var picojoules: Double { canonical }
}

extension Quantity<EnergyPerBit> {
  /// The energy of one bit, in picojoules.
  public var picojoulesPerBit: Double { canonical }
}

extension Quantity<EnergyPerAccess> {
  /// The energy of one access, in picojoules.
  public var picojoulesPerAccess: Double { canonical }
}

extension Quantity<EnergyPerCycle> {
  /// The energy of one cycle, in picojoules.
  public var picojoulesPerCycle: Double { canonical }
}

extension Quantity<TransferEnergy> {
  /// Whether the energy is that of an access, in picojoules; else it is that of a bit.
  public var isPerAccess: Bool { symbol.hasSuffix("/access") }
  /// The energy in picojoules.
  public var picojoules: Double { canonical }
}

extension Quantity<Frequency> {
  /// The frequency in megahertz.
  public var megahertz: Double { canonical }
}

extension Quantity<Power> {
  /// The power in milliwatts.
  public var milliwatts: Double { canonical }
}

extension Quantity<Time> {
  /// The time in milliseconds.
  public var milliseconds: Double { canonical }
}

extension Quantity<Length> {
  /// The length in nanometres.
  public var nanometers: Double { canonical }
}

extension Quantity<Voltage> {
  /// The voltage in volts.
  public var volts: Double { canonical }
}

extension Quantity<TransferRate> {
  /// A rate by what it counts.
  public enum Value: Hashable, Sendable {
    /// Words in a cycle of the array's clock.
    case wordsPerCycle(Double)
    /// Bytes in a cycle of the array's clock.
    case bytesPerCycle(Double)
    /// Bytes in a second, whatever the clock.
    case bytesPerSecond(Double)
  }

  /// The rate in its own unit.
  public var rate: Value {
    if symbol.hasPrefix("words") { return .wordsPerCycle(canonical) }
    return symbol.hasSuffix("/cycle") ? .bytesPerCycle(canonical) : .bytesPerSecond(canonical)
  }
}
