/// A kind of resource that an FPGA has so many of.
public enum FPGAResource: String, CaseIterable, Hashable, Sendable {
  /// Multiplier slices: DSP48E1, DSP48E2, DSP58.
  case dsp
  /// Block RAM in halves of 18 kbit; a BRAM36 is two.
  case blockRAM18 = "bram18"
  /// UltraRAM blocks of 288 kbit.
  case ultraRAM = "uram"
  /// Six-input look-up tables, those used as memory included.
  case lookUpTable = "lut"
  /// Flip-flops.
  case flipFlop = "ff"

  /// The name in hardware files and reports.
  public var name: String { rawValue }
}

/// So many of each resource of an FPGA.
public struct FPGAResources: Hashable, Sendable {
  /// Multiplier slices.
  public var dsps: Int64
  /// Halves of 18 kbit; a BRAM36 counts as two.
  public var blockRAMs18Kb: Int64
  /// UltraRAM blocks of 288 kbit.
  public var ultraRAMs: Int64
  /// Six-input look-up tables, those used as memory included.
  public var lookUpTables: Int64
  /// Flip-flops.
  public var flipFlops: Int64

  /// So many of each; 0 of what is left out.
  public init(
    dsps: Int64 = 0, blockRAMs18Kb: Int64 = 0, ultraRAMs: Int64 = 0, lookUpTables: Int64 = 0,
    flipFlops: Int64 = 0
  ) {
    self.dsps = dsps
    self.blockRAMs18Kb = blockRAMs18Kb
    self.ultraRAMs = ultraRAMs
    self.lookUpTables = lookUpTables
    self.flipFlops = flipFlops
  }

  /// Nothing of anything.
  public static let none = FPGAResources()

  /// The amount of one resource.
  public subscript(resource: FPGAResource) -> Int64 {
    get {
      switch resource {
      case .dsp: dsps
      case .blockRAM18: blockRAMs18Kb
      case .ultraRAM: ultraRAMs
      case .lookUpTable: lookUpTables
      case .flipFlop: flipFlops
      }
    }
    set {
      switch resource {
      case .dsp: dsps = newValue
      case .blockRAM18: blockRAMs18Kb = newValue
      case .ultraRAM: ultraRAMs = newValue
      case .lookUpTable: lookUpTables = newValue
      case .flipFlop: flipFlops = newValue
      }
    }
  }

  /// Whether there is as much of everything in a budget.
  public func fits(_ budget: FPGAResources) -> Bool {
    dsps <= budget.dsps && blockRAMs18Kb <= budget.blockRAMs18Kb && ultraRAMs <= budget.ultraRAMs
      && lookUpTables <= budget.lookUpTables && flipFlops <= budget.flipFlops
  }

  /// Resource by resource, the sum; where it leaves 64 bits, the largest number.
  public static func + (one: FPGAResources, other: FPGAResources) -> FPGAResources {
    one.combined(with: other) { $0.saturatingSum($1) }
  }

  /// Adds what something else takes.
  public static func += (one: inout FPGAResources, other: FPGAResources) { one = one + other }

  /// So many times as much of everything; where it leaves 64 bits, the largest number.
  public func times(_ count: Int64) -> FPGAResources {
    combined(with: self) { number, _ in number.saturatingProduct(count) }
  }

  /// A number made of the two of each resource.
  public func combined(
    with other: FPGAResources, _ combine: (Int64, Int64) -> Int64
  ) -> FPGAResources {
    FPGAResources(
      dsps: combine(dsps, other.dsps), blockRAMs18Kb: combine(blockRAMs18Kb, other.blockRAMs18Kb),
      ultraRAMs: combine(ultraRAMs, other.ultraRAMs),
      lookUpTables: combine(lookUpTables, other.lookUpTables),
      flipFlops: combine(flipFlops, other.flipFlops))
  }
}

extension Int64 {
  /// The sum, or the largest number where it leaves 64 bits; both numbers are 0 or more.
  func saturatingSum(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }

  /// The product, or the largest number where it leaves 64 bits; both numbers are 0 or more.
  func saturatingProduct(_ other: Int64) -> Int64 {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max : product
  }

  /// The quotient rounded up; both numbers are positive, or the dividend is 0.
  func dividedRoundingUp(by divisor: Int64) -> Int64 {
    self / divisor + (self % divisor == 0 ? 0 : 1)
  }
}
