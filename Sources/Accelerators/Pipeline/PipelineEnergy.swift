/// Energies of a run, in picojoules: the most likely, the least and the most.
struct EnergyEstimate {
  var picojoules: Double
  var low: Double
  var high: Double
}

extension EventEnergies {
  /// The energy of a run from what happens in it.
  ///
  /// Static and processor power flow all the time. A DSP slice and a block of memory count while their
  /// stage computes; tables and flip-flops all the time, at the share of toggles that their
  /// coefficients are for. The least is all coefficients and all counts being low at once.
  ///
  /// - Parameters:
  ///   - milliseconds: how long the run takes.
  ///   - cycles: the same in cycles.
  ///   - busy: for each stage, what it takes of the device and the cycles it computes.
  ///   - bits: moved to and from the board's memory.
  func estimate(
    milliseconds: Double, cycles: Double, busy: [(range: ResourceRange, cycles: Double)],
    bits: Double
  ) -> EnergyEstimate {
    func sum(
      _ pick: (UncertainNumber) -> Double, _ count: (ResourceRange, FPGAResource) -> Double
    ) -> Double {
      // Counts are summed before they are weighed: sums of whole numbers below 2^52 depend on no order.
      var counts = Counts()
      for stage in busy {
        counts.dsps += count(stage.range, .dsp) * stage.cycles
        counts.blockRAMs += count(stage.range, .blockRAM18) * stage.cycles
        counts.ultraRAMs += count(stage.range, .ultraRAM) * stage.cycles
        counts.lookUpTables += count(stage.range, .lookUpTable)
        counts.flipFlops += count(stage.range, .flipFlop)
      }
      // Milliwatts times milliseconds are microjoules.
      let sum =
        (pick(staticMilliwatts) + pick(processorMilliwatts)) * milliseconds * 1e6
        + counts.dsps * pick(dspPicojoulesPerCycle)
        + counts.blockRAMs * pick(blockRAMPicojoulesPerAccess)
        + counts.ultraRAMs * pick(ultraRAMPicojoulesPerAccess)
        + counts.lookUpTables * cycles * pick(lookUpTablePicojoulesPerCycle)
        + counts.flipFlops * cycles * pick(flipFlopPicojoulesPerCycle)
      return sum + bits * pick(dramPicojoulesPerBit)
    }
    return EnergyEstimate(
      picojoules: sum(\.value) { (Double($0.low[$1]) + Double($0.high[$1])) / 2 },
      low: sum(\.low) { Double($0.low[$1]) }, high: sum(\.high) { Double($0.high[$1]) })
  }

  /// What happens in a run: cycles of busy slices and blocks; tables and flip-flops.
  private struct Counts {
    var dsps = 0.0
    var blockRAMs = 0.0
    var ultraRAMs = 0.0
    var lookUpTables = 0.0
    var flipFlops = 0.0
  }
}
