extension Quantity<Information> {
  public var bytes: Double { canonical }

  /// The amount in whole bytes; `nil` for a part of a byte.
  public var wholeBytes: Int64? { Int64(exactly: canonical) }
}

extension Quantity where Family: WidthFamily {
  /// The width in whole bits; `nil` for a part of a bit.
  public var bits: Int? { Int(exactly: canonical) }
}

extension Quantity<Energy> {
  public var picojoules: Double { canonical }
}

extension Quantity<EnergyPerBit> {
  public var picojoulesPerBit: Double { canonical }
}

extension Quantity<EnergyPerAccess> {
  public var picojoulesPerAccess: Double { canonical }
}

extension Quantity<EnergyPerCycle> {
  public var picojoulesPerCycle: Double { canonical }
}

extension Quantity<TransferEnergy> {
  /// Whether the energy is that of an access, in picojoules; else it is that of a bit.
  public var isPerAccess: Bool { symbol.hasSuffix("/access") }
  public var picojoules: Double { canonical }
}

extension Quantity<Frequency> {
  public var megahertz: Double { canonical }
}

extension Quantity<Power> {
  public var milliwatts: Double { canonical }
}

extension Quantity<Time> {
  public var milliseconds: Double { canonical }
}

extension Quantity<Length> {
  public var nanometers: Double { canonical }
}

extension Quantity<Voltage> {
  public var volts: Double { canonical }
}

extension Quantity<TransferRate> {
  /// A rate by what it counts.
  public enum Value: Hashable, Sendable {
    case wordsPerCycle(Double)
    case bytesPerCycle(Double)
    case bytesPerSecond(Double)
  }

  /// The rate in its own unit.
  public var rate: Value {
    if symbol.hasPrefix("words") { return .wordsPerCycle(canonical) }
    return symbol.hasSuffix("/cycle") ? .bytesPerCycle(canonical) : .bytesPerSecond(canonical)
  }
}
