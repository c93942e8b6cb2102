public import Dataflow
public import Ops

/// Turns the words a mapping moves into cycles and energy on an array.
///
/// The equations are in `Documentation/Model.md`, sections 3 and 4.
public struct SpatialArrayModel: Sendable {
  /// The array whose cycles and energy are told.
  public let array: SpatialArray
  /// The rules that made the counts.
  public let rules: CountingRules
  let hierarchy: Hierarchy

  /// - Parameter rules: the rule set that made the counts; it decides how cycles follow from them.
  public init(_ array: SpatialArray, rules: CountingRules = .exact) {
    self.array = array
    self.rules = rules
    hierarchy = array.hierarchy
  }

  /// The cost of a nest of multiply-accumulates under one mapping.
  ///
  /// - Precondition: the counts are those of the mapping on the array's hierarchy.
  public func cost(of problem: Problem, under mapping: Mapping, counts: AccessCounts) -> NestCost {
    precondition(
      counts.levels.count == array.levels.count && mapping.levels.count == array.levels.count,
      "counts and mapping have as many levels as the array")
    let counts = counts.attributed(to: array.homes)
    if rules == .timeloop { return timeloopCost(of: problem, under: mapping, counts: counts) }
    let widths = WordWidths(problem, on: hierarchy, under: mapping)
    let times = cycles(of: counts, under: mapping, widths: widths)
    let levels = array.levels.indices.map { index in
      levelCost(index, counts.levels[index], widths: widths, times: times)
    }
    return NestCost(
      macs: counts.operations, otherOperations: 0, cycles: times.total, levels: levels,
      compute: computeCost(operations: counts.operations, cycles: times.total, steps: counts.steps),
      staticPicojoules: staticPicojoules(cycles: times.total),
      dramBytes: outermostBytes(counts.levels[0].traffic, widths: widths),
      utilization: Double(counts.operations)
        / (Double(array.laneCount) * Double(max(1, times.total))))
  }

  /// Energy and cycles of one level.
  func levelCost(
    _ index: Int, _ counts: AccessCounts.Level, widths: WordWidths, times: NestCycles
  ) -> LevelCost {
    let instances = hierarchy.instances(ofLevel: index)
    return LevelCost(
      name: array.levels[index].name, instances: instances, cycles: times.levels[index].cycles,
      slowestPort: times.levels[index].port,
      accessPicojoules: accessPicojoules(index, counts.traffic, widths: widths)
        + leakPicojoules(index, instances: instances, cycles: times.total),
      wirePicojoules: wirePicojoules(index, counts.wires, widths: widths),
      traffic: counts.traffic, wires: counts.wires)
  }

  private func accessPicojoules(
    _ index: Int, _ traffic: PerTensor<Traffic>, widths: WordWidths
  ) -> Double {
    guard let memory = array.levels[index].memory else { return 0 }
    var picojoules = 0.0
    for role in TensorRole.allCases {
      for kind in AccessKind.allCases {
        let words = traffic[role][kind]
        if words == 0 { continue }
        let bits = widths.bits(AccessStream(role, kind), atLevel: index)
        picojoules += Double(words) * memory.energy[role][kind].picojoulesPerWord(bits: bits)
      }
    }
    return picojoules
  }

  /// Leakage of a level's memories.
  func leakPicojoules(_ index: Int, instances: Int64, cycles: Int64) -> Double {
    guard let memory = array.levels[index].memory else { return 0 }
    return memory.leakPicojoulesPerCycle * Double(instances) * Double(cycles)
  }

  /// Energy of the words and sums that cross the wires below a level.
  func wirePicojoules(
    _ index: Int, _ wires: PerTensor<WireTraffic>, widths: WordWidths
  ) -> Double {
    let fanout = array.levels[index].fanout
    var picojoules = 0.0
    for role in TensorRole.allCases {
      let bits = Double(widths.wireBits(role, belowLevel: index))
      let words = Double(wires[role].deliveries + wires[role].collections)
      picojoules += words * bits * fanout.hopPicojoulesPerBit
      picojoules += Double(wires[role].additions) * fanout.additionPicojoules
    }
    return picojoules
  }

  private func computeCost(operations: Int64, cycles: Int64, steps: Int64) -> ComputeCost {
    ComputeCost(
      name: array.compute.name, instances: array.laneCount, operations: operations, cycles: steps,
      energyPicojoules: Double(operations) * array.compute.operationPicojoules
        + laneLeakPicojoules(cycles: cycles))
  }

  /// Leakage of all multiply-accumulate lanes.
  func laneLeakPicojoules(cycles: Int64) -> Double {
    array.compute.leakPicojoulesPerCycle * Double(array.laneCount) * Double(cycles)
  }

  /// Energy of the chip's static power: 1 mW for 1 µs is 1000 pJ, and a cycle takes 1/MHz µs.
  func staticPicojoules(cycles: Int64) -> Double {
    array.staticMilliwatts * 1000 * Double(cycles) / array.clockMegahertz
  }

  /// Bytes that cross between the outermost level and the rest.
  func outermostBytes(_ traffic: PerTensor<Traffic>, widths: WordWidths) -> Int64 {
    var bytes: Int64 = 0
    var bits: Int64 = 0
    for role in TensorRole.allCases {
      // Eight words are as many bytes as one has bits; so no product leaves the range.
      let words = traffic[role].reads + traffic[role].updates
      let width = Int64(widths.storedBits(role, atLevel: 0))
      bytes += words / 8 * width
      bits += words % 8 * width
    }
    return bytes + (bits + 7) / 8
  }
}
