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
      // Milliwatts times milliseconds are microjoules.
      var sum = (pick(staticMilliwatts) + pick(processorMilliwatts)) * milliseconds * 1e6
      for stage in busy {
        sum += count(stage.range, .dsp) * stage.cycles * pick(dspPicojoulesPerCycle)
        sum += count(stage.range, .blockRAM18) * stage.cycles * pick(blockRAMPicojoulesPerAccess)
        sum += count(stage.range, .ultraRAM) * stage.cycles * pick(ultraRAMPicojoulesPerAccess)
        sum += count(stage.range, .lookUpTable) * cycles * pick(lookUpTablePicojoulesPerCycle)
        sum += count(stage.range, .flipFlop) * cycles * pick(flipFlopPicojoulesPerCycle)
      }
      return sum + bits * pick(dramPicojoulesPerBit)
    }
    return EnergyEstimate(
      picojoules: sum(\.value) { (Double($0.low[$1]) + Double($0.high[$1])) / 2 },
      low: sum(\.low) { Double($0.low[$1]) }, high: sum(\.high) { Double($0.high[$1]) })
  }
}
