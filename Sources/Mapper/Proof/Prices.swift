internal import Accelerators
internal import Dataflow
internal import Ops

/// Cycles of the ports the search follows; an array with more leaves the others to the evaluation.
typealias PortCycles = SIMD8<Double>

/// Energies and port times of an array for one problem, the least of a word's widths.
struct Prices: Sendable {
  private var energies: [Double] = []
  private var ports: [PortCycles] = []
  private var hops: [Double] = []
  private let levelCount: Int
  /// Energy a cycle of leakage and static power.
  let picojoulesPerCycle: Double

  init(_ space: Mapspace) {
    let array = space.array
    let hierarchy = space.hierarchy
    levelCount = array.levels.count
    var base = 0
    for level in array.levels {
      let memory = level.memory
      for role in TensorRole.allCases {
        let widths = Self.widths(of: role, space.problem)
        for kind in AccessKind.allCases {
          let stored = memory?.wordBits[role].map { [$0] } ?? widths
          let values = stored.map { memory?.energy[role][kind].picojoulesPerWord(bits: $0) ?? 0 }
          energies.append(values.min() ?? 0)
          var cycles = PortCycles(repeating: 0)
          for (number, port) in (memory?.ports ?? []).enumerated()
          where base + number < PortCycles.scalarCount
            && port.carries.contains(AccessStream(role, kind))
          {
            switch port.rate {
            case .wordsPerCycle(let rate): cycles[base + number] = 1 / rate
            case .bytesPerCycle(let rate):
              cycles[base + number] = Double(stored.min() ?? 0) / (8 * rate)
            }
          }
          ports.append(cycles)
        }
        let values = widths.map { level.fanout.hopPicojoulesPerBit * Double($0) }
        hops.append(values.min() ?? 0)
      }
      base += memory?.ports.count ?? 0
    }
    picojoulesPerCycle =
      array.levels.indices.reduce(array.staticMilliwatts * 1000 / array.clockMegahertz) {
        $0 + (array.levels[$1].memory?.leakPicojoulesPerCycle ?? 0)
          * Double(hierarchy.instances(ofLevel: $1))
      } + array.compute.leakPicojoulesPerCycle * Double(array.laneCount)
  }

  private static func widths(of role: TensorRole, _ problem: Problem) -> [Int] {
    switch role {
    case .weight: [problem.precision.weightBits]
    case .input: [problem.precision.activationBits]
    case .output:
      problem.reductionDimensions.members.contains { problem.bounds[$0] > 1 }
        ? [problem.precision.activationBits, problem.precision.accumulatorBits]
        : [problem.precision.activationBits]
    }
  }

  private func index(_ level: Int, _ role: TensorRole, _ kind: AccessKind) -> Int {
    let number =
      switch kind {
      case .reads: 0
      case .fills: 1
      case .updates: 2
      case .drains: 3
      }
    return (level * 3 + Int(role.rawValue)) * 4 + number
  }

  /// The lanes have no prices.
  func least(_ level: Int, _ role: TensorRole, _ kind: AccessKind) -> Double {
    level < levelCount ? energies[index(level, role, kind)] : 0
  }

  func cycles(_ level: Int, _ role: TensorRole, _ kind: AccessKind) -> PortCycles {
    ports[index(level, role, kind)]
  }

  func leastHop(_ level: Int, _ role: TensorRole) -> Double {
    hops[level * 3 + Int(role.rawValue)]
  }
}
