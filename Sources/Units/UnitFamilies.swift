/// All families, to say what a unit in the wrong place measures.
let unitFamilies: [any UnitFamily.Type] = [
  Information.self, Energy.self, EnergyPerBit.self, EnergyPerAccess.self, EnergyPerCycle.self,
  Frequency.self, Power.self, Time.self, Length.self, Voltage.self, WordsPerCycle.self,
  BytesPerCycle.self, BytesPerSecond.self,
]

/// Amounts of data, in bytes: up to 2^50 bytes, so that bits and sums stay exact in 64 bits.
public enum Information: UnitFamily {
  /// What messages call it.
  public static var name: String { "an amount of data" }
  /// Sizes in bytes; hints suggest `KiB`.
  public static var units: [UnitSpelling] {
    [
      .init("KiB", 1024), .init("B", 1), .init("MiB", 1_048_576), .init("GiB", 1_073_741_824),
      .init("bit", 0.125),
    ]
  }
  /// What makes sense, in bytes.
  public static var range: ClosedRange<Double> { 0...1_125_899_906_842_624 }
}

/// Widths, in bits.
public protocol WidthFamily: UnitFamily {}

extension WidthFamily {
  /// What messages call it.
  public static var name: String { "a width in bits" }
}

/// Widths of words, in bits.
public enum BitWidth: WidthFamily {
  /// Sizes in bits; hints suggest `bit`.
  public static var units: [UnitSpelling] { [.init("bit", 1)] }
  /// What makes sense, in bits.
  public static var range: ClosedRange<Double> { 1...1024 }
}

/// Widths of a memory's access, in bits.
public enum AccessWidth: WidthFamily {
  /// Sizes in bits; hints suggest `bit`.
  public static var units: [UnitSpelling] { [.init("bit", 1), .init("B", 8)] }
  /// What makes sense, in bits.
  public static var range: ClosedRange<Double> { 1...1_048_576 }
}

/// Energies, in picojoules.
public enum Energy: UnitFamily {
  /// What messages call it.
  public static var name: String { "an energy" }
  /// Sizes in picojoules; hints suggest `pJ`.
  public static var units: [UnitSpelling] {
    [.init("pJ", 1), .init("fJ", 0.001), .init("nJ", 1000)]
  }
  /// What makes sense, in picojoules.
  public static var range: ClosedRange<Double> { 0...1e12 }
}

/// Energies of moving a bit, in picojoules.
public enum EnergyPerBit: UnitFamily {
  /// What messages call it.
  public static var name: String { "an energy a bit" }
  /// Sizes in picojoules; hints suggest `pJ/bit`.
  public static var units: [UnitSpelling] {
    [.init("pJ/bit", 1), .init("fJ/bit", 0.001), .init("nJ/bit", 1000)]
  }
  /// What makes sense, in picojoules.
  public static var range: ClosedRange<Double> { 0...1e12 }
}

/// Energies of a memory access, in picojoules.
public enum EnergyPerAccess: UnitFamily {
  /// What messages call it.
  public static var name: String { "an energy an access" }
  /// Sizes in picojoules; hints suggest `pJ/access`.
  public static var units: [UnitSpelling] {
    [.init("pJ/access", 1), .init("fJ/access", 0.001), .init("nJ/access", 1000)]
  }
  /// What makes sense, in picojoules.
  public static var range: ClosedRange<Double> { 0...1e12 }
}

/// Energies of moving words in or out of a memory: a bit, or an access of the memory's width.
public enum TransferEnergy: UnitFamily {
  /// What messages call it.
  public static var name: String { "an energy a bit or an access" }
  /// Sizes in picojoules; hints suggest `pJ/bit` and `pJ/access`.
  public static var units: [UnitSpelling] {
    // One of each first, because hints suggest the first two.
    zip(EnergyPerBit.units, EnergyPerAccess.units).flatMap { [$0, $1] }
  }
  /// What makes sense, in picojoules.
  public static var range: ClosedRange<Double> { 0...1e12 }
}

/// Energies of a cycle, in picojoules: leakage.
public enum EnergyPerCycle: UnitFamily {
  /// What messages call it.
  public static var name: String { "an energy a cycle" }
  /// Sizes in picojoules; hints suggest `pJ/cycle`.
  public static var units: [UnitSpelling] {
    [.init("pJ/cycle", 1), .init("fJ/cycle", 0.001), .init("nJ/cycle", 1000)]
  }
  /// What makes sense, in picojoules.
  public static var range: ClosedRange<Double> { 0...1e12 }
}

/// Frequencies, in megahertz.
public enum Frequency: UnitFamily {
  /// What messages call it.
  public static var name: String { "a frequency" }
  /// Sizes in megahertz; hints suggest `MHz`.
  public static var units: [UnitSpelling] {
    [.init("MHz", 1), .init("GHz", 1000), .init("kHz", 0.001), .init("Hz", 0.000_001)]
  }
  /// What makes sense, in megahertz.
  public static var range: ClosedRange<Double> { 0.001...1_000_000 }
}

/// Powers, in milliwatts.
public enum Power: UnitFamily {
  /// What messages call it.
  public static var name: String { "a power" }
  /// Sizes in milliwatts; hints suggest `mW`.
  public static var units: [UnitSpelling] {
    [.init("mW", 1), .init("W", 1000), .init("uW", 0.001)]
  }
  /// What makes sense, in milliwatts.
  public static var range: ClosedRange<Double> { 0...1e9 }
}

/// Times, in milliseconds.
public enum Time: UnitFamily {
  /// What messages call it.
  public static var name: String { "a time" }
  /// Sizes in milliseconds; hints suggest `ms`.
  public static var units: [UnitSpelling] {
    [.init("ms", 1), .init("us", 0.001), .init("ns", 0.000_001), .init("s", 1000)]
  }
  /// What makes sense, in milliseconds.
  public static var range: ClosedRange<Double> { 0...1e12 }
}

/// Lengths, in nanometres: a technology node.
public enum Length: UnitFamily {
  /// What messages call it.
  public static var name: String { "a length" }
  /// Sizes in nanometres; hints suggest `nm`.
  public static var units: [UnitSpelling] { [.init("nm", 1), .init("um", 1000)] }
  /// What makes sense, in nanometres.
  public static var range: ClosedRange<Double> { 1...10_000 }
}

/// Voltages, in volts.
public enum Voltage: UnitFamily {
  /// What messages call it.
  public static var name: String { "a voltage" }
  /// Sizes in volts; hints suggest `V`.
  public static var units: [UnitSpelling] { [.init("V", 1), .init("mV", 0.001)] }
  /// What makes sense, in volts.
  public static var range: ClosedRange<Double> { 0.01...100 }
}

/// Rates of a port, in words a cycle.
public enum WordsPerCycle: UnitFamily {
  /// What messages call it.
  public static var name: String { "words a cycle" }
  /// Sizes in words a cycle; hints suggest `words/cycle`.
  public static var units: [UnitSpelling] { [.init("words/cycle", 1)] }
  /// What makes sense, in words a cycle.
  public static var range: ClosedRange<Double> { 0.000_001...1e9 }
}

/// Rates of a port, in bytes a cycle.
public enum BytesPerCycle: UnitFamily {
  /// What messages call it.
  public static var name: String { "bytes a cycle" }
  /// Sizes in bytes a cycle; hints suggest `B/cycle`.
  public static var units: [UnitSpelling] { [.init("B/cycle", 1)] }
  /// What makes sense, in bytes a cycle.
  public static var range: ClosedRange<Double> { 0.000_001...1e9 }
}

/// Rates of a link, in bytes a second; prefixes are decimal, as data sheets write them.
public enum BytesPerSecond: UnitFamily {
  /// What messages call it.
  public static var name: String { "bytes a second" }
  /// Sizes in bytes a second; hints suggest `GB/s`.
  public static var units: [UnitSpelling] {
    [.init("GB/s", 1e9), .init("MB/s", 1e6), .init("TB/s", 1e12)]
  }
  /// What makes sense, in bytes a second.
  public static var range: ClosedRange<Double> { 1...1e18 }
}

/// Rates of a port: words a cycle, bytes a cycle or bytes a second.
public enum TransferRate: UnitFamily {
  /// What messages call it.
  public static var name: String { "a bandwidth" }
  /// Sizes in words or bytes a cycle, or bytes a second; hints suggest `B/cycle` and `words/cycle`.
  public static var units: [UnitSpelling] {
    BytesPerCycle.units + WordsPerCycle.units + BytesPerSecond.units
  }
  /// What makes sense, in any of the three.
  public static var range: ClosedRange<Double> { 0.000_001...1e18 }
}
