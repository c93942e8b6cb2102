/// A number that is known only so well.
public struct UncertainNumber: Hashable, Sendable {
  /// The most likely value, in the unit of whatever has it.
  public var value: Double
  /// The half width of the interval the number lies in, as a share of it: 0.5 is plus or minus 50 %.
  public var relativeUncertainty: Double

  /// A value with the share of it by which it may be off, in the unit of the value.
  public init(_ value: Double, relativeUncertainty: Double = 0) {
    self.value = value
    self.relativeUncertainty = relativeUncertainty
  }

  /// The least it may be; never below 0.
  public var low: Double { value * (1 - min(1, relativeUncertainty)) }
  /// The most it may be.
  public var high: Double { value * (1 + relativeUncertainty) }
}

/// What a board's events cost.
///
/// Published models give only orders of magnitude, so each number carries its uncertainty, and the
/// uncertainty of the sum is that of all numbers being high, or low, at once.
public struct EventEnergies: Hashable, Sendable {
  /// Power of the configured chip that does nothing.
  public var staticMilliwatts: UncertainNumber
  /// Power of the processing system and the board beside it.
  public var processorMilliwatts: UncertainNumber
  /// Energy of a DSP slice in a cycle in which it multiplies.
  public var dspPicojoulesPerCycle: UncertainNumber
  /// Energy of an access of an 18 kbit block RAM.
  public var blockRAMPicojoulesPerAccess: UncertainNumber
  /// Energy of an access of an UltraRAM.
  public var ultraRAMPicojoulesPerAccess: UncertainNumber
  /// Energy of a look-up table and its wires in a cycle, at an average share of toggles.
  public var lookUpTablePicojoulesPerCycle: UncertainNumber
  /// Energy of a flip-flop and its part of the clock tree in a cycle.
  public var flipFlopPicojoulesPerCycle: UncertainNumber
  /// Energy of moving a bit to or from the board's memory.
  public var dramPicojoulesPerBit: UncertainNumber

  /// What events cost, each in the unit that its name says.
  public init(
    staticMilliwatts: UncertainNumber, processorMilliwatts: UncertainNumber,
    dspPicojoulesPerCycle: UncertainNumber, blockRAMPicojoulesPerAccess: UncertainNumber,
    ultraRAMPicojoulesPerAccess: UncertainNumber, lookUpTablePicojoulesPerCycle: UncertainNumber,
    flipFlopPicojoulesPerCycle: UncertainNumber, dramPicojoulesPerBit: UncertainNumber
  ) {
    self.staticMilliwatts = staticMilliwatts
    self.processorMilliwatts = processorMilliwatts
    self.dspPicojoulesPerCycle = dspPicojoulesPerCycle
    self.blockRAMPicojoulesPerAccess = blockRAMPicojoulesPerAccess
    self.ultraRAMPicojoulesPerAccess = ultraRAMPicojoulesPerAccess
    self.lookUpTablePicojoulesPerCycle = lookUpTablePicojoulesPerCycle
    self.flipFlopPicojoulesPerCycle = flipFlopPicojoulesPerCycle
    self.dramPicojoulesPerBit = dramPicojoulesPerBit
  }
}

/// Where the energy of a pipeline comes from.
public enum PipelinePower: Hashable, Sendable {
  /// A power that flows whatever happens, in milliwatts.
  case constant(UncertainNumber)
  /// What flows all the time, in milliwatts, and an energy for each event, in picojoules.
  case events(EventEnergies)
}

/// An FPGA board: what a design can use of it.
public struct Board: Hashable, Sendable {
  /// What differs between generations of devices.
  public enum Family: String, CaseIterable, Hashable, Sendable {
    /// DSP48E1 (25 x 18 bit); memory depths are rounded up to powers of two by the tools.
    case series7 = "7-series"
    /// DSP48E2 (27 x 18 bit).
    case ultraScalePlus = "ultrascale+"
  }

  /// What another source says of one of the board's numbers.
  public struct Disagreement: Hashable, Sendable {
    /// Key path of the number.
    public var of: String
    /// What the source says, as text.
    public var says: String
    /// Key of an entry of the file's `sources`.
    public var source: String

    /// What a source says of a number other than the file does.
    public init(of: String, says: String, source: String) {
      self.of = of
      self.says = says
      self.source = source
    }
  }

  /// The name in reports and on the command line.
  public var name: String
  /// The device, as its maker calls it.
  public var part: String
  /// What decides how DSPs and memories are counted.
  public var family: Family
  /// What the device has, before any share is kept back.
  public var resources: FPGAResources
  /// The share of each resource that a design may use; tools rarely route more.
  public var usableShare: Double
  /// The rate of the memory that designs use.
  public var memoryBytesPerSecond: Double
  /// The share of that rate which long bursts reach.
  public var memoryEfficiency: Double
  /// A clock that designs usually reach.
  public var clockMegahertz: Double
  /// `nil` where the file does not say.
  public var power: PipelinePower?
  /// The designs that are looked at where a network is asked for on the board.
  public var designs: DesignFamily
  /// Where sources differ about a number.
  public var disagreements: [Disagreement]
  /// Citations by short name.
  public var sources: [String: String]
  /// Where each number comes from, by key path.
  public var provenance: [String: Provenance]

  /// A board; its shares are from 0 to 1, and its rate is that of the memory's pins.
  public init(
    name: String, part: String, family: Family, resources: FPGAResources, usableShare: Double,
    memoryBytesPerSecond: Double, memoryEfficiency: Double, clockMegahertz: Double,
    power: PipelinePower? = nil, designs: DesignFamily = .stream,
    disagreements: [Disagreement] = [],
    sources: [String: String] = [:], provenance: [String: Provenance] = [:]
  ) {
    self.name = name
    self.part = part
    self.family = family
    self.resources = resources
    self.usableShare = usableShare
    self.memoryBytesPerSecond = memoryBytesPerSecond
    self.memoryEfficiency = memoryEfficiency
    self.clockMegahertz = clockMegahertz
    self.power = power
    self.designs = designs
    self.disagreements = disagreements
    self.sources = sources
    self.provenance = provenance
  }

  /// What a design may use.
  public var budget: FPGAResources {
    resources.combined(with: resources) { number, _ in
      Int64((Double(number) * usableShare).rounded(.down))
    }
  }

  /// Bytes that the memory moves in a cycle of a clock.
  public func memoryBytesPerCycle(clockMegahertz: Double) -> Double {
    memoryBytesPerSecond * memoryEfficiency / (clockMegahertz * 1e6)
  }
}
