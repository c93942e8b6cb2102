import Accelerators
import Dataflow
import Ops
import TestSupport

/// Draws what a hierarchy leaves open of an array: sizes, energies, ports, buffers, leakage.
struct DrawnArrays {
  /// Ports a memory has at most.
  var mostPorts: Int32 = 2

  func array(
    _ hierarchy: Hierarchy, switches: CountingSwitches, precision: Precision,
    using random: inout SplitMix64
  ) -> SpatialArray {
    let levels = hierarchy.levels.enumerated().map { index, level in
      ArrayLevel(
        name: level.name, memory: level.memory.map { memory(index, $0, using: &random) },
        fanout: Fanout(
          x: level.x, y: level.y, diagonal: level.diagonal,
          hopPicojoulesPerBit: random.chance(1, in: 2) ? 0 : number(&random) / 8,
          additionPicojoules: random.chance(1, in: 2) ? 0 : number(&random)))
    }
    return SpatialArray(
      name: "drawn", clockMegahertz: 100 * number(&random), precision: precision, levels: levels,
      compute: ComputeUnit(
        operationPicojoules: number(&random), leakPicojoulesPerCycle: number(&random) / 100),
      switches: switches, staticMilliwatts: random.chance(1, in: 2) ? 0 : number(&random))
  }

  /// A number from 1/8 to 16 that is no whole one as a rule.
  private func number(_ random: inout SplitMix64) -> Double {
    Double(random.number(in: 1...128)) / 8
  }

  private func memory(
    _ index: Int, _ memory: Hierarchy.Memory, using random: inout SplitMix64
  ) -> StorageLevel {
    let fixesWidths = random.chance(1, in: 3)
    return StorageLevel(
      storage: storage(index, &random), mayKeep: memory.mayKeep, mustKeep: memory.mustKeep,
      buffering: random.pick([.streamed, .streamed, .double, .single]),
      wordBits: PerTensor(
        weight: fixesWidths ? 8 : nil, input: nil, output: fixesWidths ? 16 : nil),
      energy: PerTensor(
        weight: energies(&random), input: energies(&random), output: energies(&random)),
      ports: (0..<random.number(in: 0...mostPorts)).map { port(Int($0), &random) },
      leakPicojoulesPerCycle: random.chance(1, in: 2) ? 0 : number(&random) / 50)
  }

  private func storage(_ index: Int, _ random: inout SplitMix64) -> Storage {
    let bytes = { (random: inout SplitMix64) in Int64(random.number(in: 1...400)) }
    switch random.next() % 4 {
    case 0 where index > 0 || random.chance(1, in: 4): return .shared(capacityBytes: bytes(&random))
    case 1 where index > 0:
      return .partitions(
        PerTensor(weight: bytes(&random), input: bytes(&random), output: bytes(&random)))
    default: return .shared(capacityBytes: nil)
    }
  }

  private func energies(_ random: inout SplitMix64) -> PerAccess<AccessEnergy> {
    let energy = { (random: inout SplitMix64) -> AccessEnergy in
      switch random.next() % 3 {
      case 0: .perBit(picojoules: number(&random))
      case 1: .perAccess(picojoules: number(&random), accessBits: 12, partial: .whole)
      default: .perAccess(picojoules: number(&random), accessBits: 64, partial: .fraction)
      }
    }
    return PerAccess(
      reads: energy(&random), fills: energy(&random), updates: energy(&random),
      drains: energy(&random))
  }

  private func port(_ number: Int, _ random: inout SplitMix64) -> Port {
    let streams = TensorRole.allCases.flatMap { role in
      AccessKind.allCases.map { AccessStream(role, $0) }
    }
    let rate = Double(random.number(in: 1...24)) / 4
    return Port(
      name: "port\(number)",
      rate: random.chance(1, in: 2) ? .wordsPerCycle(rate) : .bytesPerCycle(rate),
      carries: random.shuffled(streams).prefix(Int(random.number(in: 1...6))).map { $0 })
  }
}
