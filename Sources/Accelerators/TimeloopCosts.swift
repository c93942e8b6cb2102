internal import Dataflow
internal import Ops

extension SpatialArrayModel {
  /// The cost of a nest by Timeloop's rules: no fill and no drain, throttling in proportion,
  /// vectors of words, leakage of the instances at work, none of the lanes.
  func timeloopCost(
    of problem: Problem, under mapping: Mapping, counts: AccessCounts
  ) -> NestCost {
    let widths = WordWidths(problem, on: hierarchy, under: mapping)
    let memories = array.levels.indices.map { index in
      array.levels[index].memory.map {
        TimeloopMemory(memory: $0, level: index, widths: widths)
      }
    }
    let loads = array.levels.indices.map { index in
      let level = counts.levels[index]
      let share = Double(level.utilizedInstances) / mapping.mostInstances(ofLevel: index)
      return memories[index]?.load(
        computeCycles: counts.steps, ofOneInstance: level.busiest, share: share)
        ?? PortLoad(cycles: counts.steps)
    }
    let total = loads.reduce(counts.steps) { max($0, $1.cycles) }
    let levels = array.levels.indices.map { index in
      let level = counts.levels[index]
      let one = memories[index]?.picojoules(ofOneInstance: level.busiest) ?? 0
      let leak = (array.levels[index].memory?.leakPicojoulesPerCycle ?? 0) * Double(total)
      return LevelCost(
        name: array.levels[index].name, instances: hierarchy.instances(ofLevel: index),
        cycles: loads[index].cycles, slowestPort: loads[index].port,
        accessPicojoules: (one + leak) * Double(level.utilizedInstances),
        wirePicojoules: wirePicojoules(index, level.wires, widths: widths),
        traffic: level.traffic, wires: level.wires)
    }
    let lanes = Double(array.laneCount) * Double(max(1, total))
    return NestCost(
      macs: counts.operations, otherOperations: 0, cycles: total, levels: levels,
      compute: ComputeCost(
        name: array.compute.name, instances: array.laneCount, operations: counts.operations,
        cycles: counts.steps,
        energyPicojoules: Double(counts.operations) * array.compute.operationPicojoules),
      staticPicojoules: staticPicojoules(cycles: total),
      dramBytes: outermostBytes(counts.levels[0].traffic, widths: widths),
      utilization: Double(counts.operations) / lanes)
  }
}

/// What Timeloop makes of one memory's accesses: vectors of words, throttling, leakage.
///
/// Sources: Timeloop's `model/buffer.cpp` (vector accesses, slowdown) as described in
/// `Documentation/Model.md`, section 7.
struct TimeloopMemory {
  let memory: StorageLevel
  /// Index of the level, for the widths of its words.
  let level: Int
  let widths: WordWidths

  /// Energy of one instance's accesses: each kind of access fetches whole vectors, the last one
  /// partly used.
  func picojoules(ofOneInstance traffic: PerTensor<Traffic>) -> Double {
    var picojoules = 0.0
    for role in TensorRole.allCases {
      for kind in AccessKind.allCases {
        let words = traffic[role][kind]
        if words == 0 { continue }
        let bits = widths.bits(AccessStream(role, kind), atLevel: level)
        picojoules += Self.picojoules(of: words, bits: bits, memory.energy[role][kind])
      }
    }
    return picojoules
  }

  private static func picojoules(
    of words: Int64, bits: Int, _ energy: AccessEnergy
  ) -> Double {
    guard case .perAccess(let picojoules, let accessBits, .fraction) = energy, accessBits >= bits
    else { return Double(words) * energy.picojoulesPerWord(bits: bits) }
    let wordsPerAccess = Int64(accessBits / bits)
    let accesses = words / wordsPerAccess + (words % wordsPerAccess == 0 ? 0 : 1)
    return Double(accesses) * picojoules
  }

  /// Cycles when the slowest port slows everything down in proportion.
  ///
  /// The steps are Timeloop's, in floating point: a demand in words a cycle for each tensor, a
  /// slowdown, and the cycles divided by it, rounded up. 645,120 words at 16 a cycle take 40,321
  /// cycles so, not 40,320, where compute alone takes some other number.
  ///
  /// - Parameter share: Instances at work on average, of those that work at most.
  func load(
    computeCycles: Int64, ofOneInstance traffic: PerTensor<Traffic>, share: Double
  ) -> PortLoad {
    let compute = Double(computeCycles)
    guard compute > 0 else { return PortLoad(cycles: computeCycles) }
    var slowdown = 1.0
    var slowest: String?
    for port in memory.ports {
      let demand = TensorRole.allCases.reduce(0) { total, role in
        total + self.demand(of: role, on: port, traffic[role]) * share / compute
      }
      guard port.unitsPerCycle < demand, port.unitsPerCycle / demand < slowdown else { continue }
      slowdown = port.unitsPerCycle / demand
      slowest = port.name
    }
    let cycles = (compute / slowdown).rounded(.up)
    return PortLoad(
      cycles: Int64(exactly: min(cycles, Double(mostCycles))) ?? computeCycles, port: slowest)
  }

  /// Words or bytes of a tensor that go through a port.
  private func demand(of role: TensorRole, on port: Port, _ traffic: Traffic) -> Double {
    var demand = 0.0
    for stream in port.carries where stream.tensor == role {
      let words = Double(traffic[stream.kind])
      switch port.rate {
      case .wordsPerCycle: demand += words
      case .bytesPerCycle:
        demand += words * Double(widths.bits(stream, atLevel: level)) / 8
      }
    }
    return demand
  }
}

extension Port {
  /// Words or bytes a cycle, as the rate says.
  fileprivate var unitsPerCycle: Double {
    switch rate {
    case .wordsPerCycle(let words): words
    case .bytesPerCycle(let bytes): bytes
    }
  }
}

extension Mapping {
  /// The most instances of a level that work at once.
  func mostInstances(ofLevel index: Int) -> Double {
    levels.prefix(index).reduce(1) { product, level in
      (level.spatialX + level.spatialY).reduce(product) { $0 * Double($1.passes) }
    }
  }
}
