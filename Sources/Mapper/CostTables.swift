internal import Accelerators
internal import Dataflow
internal import Ops

/// Energies and port times of an array for one problem, as flat tables for the search.
struct CostTables: Sendable {
  /// Ports the search follows; an array with more leaves the others to the final evaluation.
  typealias PortCycles = SIMD16<Float>

  /// Of a level, tensor, kind and whether output words are partial sums.
  private var energies: [Double] = []
  private var ports: [PortCycles] = []
  /// Energy of handing one word of a tensor over the wires below a level, whole and partial sums.
  private var hops: [Double] = []
  let additionPicojoules: [Double]
  /// Whether transfers of a level stop its children.
  let stops: [Bool]
  /// Energy that does not depend on the mapping: operations, and at least one access of each
  /// tensor at the cheapest innermost level.
  let floorPicojoules: Double
  /// Energy a cycle of leakage and static power.
  let picojoulesPerCycle: Double
  /// Of each level and tensor, the energy of one word through all memories at or inside the level
  /// that must keep the tensor, without the read at its keeper outside.
  let innerPicojoules: [SIMD4<Double>]
  /// Of each level, the tensors (bits) that a memory at or inside the level must keep.
  let innerKeepers: [UInt8]

  init(_ space: Mapspace) {
    let array = space.array
    let levels = array.levels
    additionPicojoules = levels.map(\.fanout.additionPicojoules)
    stops = levels.map { $0.memory?.buffering == .single }
    let portCounts = levels.map { $0.memory?.ports.count ?? 0 }
    for (index, level) in levels.enumerated() {
      for role in TensorRole.allCases {
        // A tensor that lives on chip is accessed there instead of at the outermost level.
        let home = index == 0 ? array.homes[role] : index
        let memory = levels[home].memory
        let portBase = portCounts[..<home].reduce(0, +)
        for kind in AccessKind.allCases {
          for partial in [false, true] {
            let bits = Self.bits(role, level: home, partial: partial, space: space)
            energies.append(memory?.energy[role][kind].picojoulesPerWord(bits: bits) ?? 0)
            var cycles = PortCycles(repeating: 0)
            for (number, port) in (memory?.ports ?? []).enumerated()
            where portBase + number < PortCycles.scalarCount
              && port.carries.contains(AccessStream(role, kind))
            {
              switch port.rate {
              case .wordsPerCycle(let rate): cycles[portBase + number] = Float(1 / rate)
              case .bytesPerCycle(let rate):
                cycles[portBase + number] = Float(Double(bits) / (8 * rate))
              }
            }
            ports.append(cycles)
          }
        }
        for partial in [false, true] {
          let bits = Self.wireBits(role, partial: partial, space: space)
          let carries = index >= array.homes[role]
          hops.append(carries ? level.fanout.hopPicojoulesPerBit * Double(bits) : 0)
        }
      }
    }
    let hierarchy = space.hierarchy
    let energies = energies
    picojoulesPerCycle =
      levels.indices.reduce(array.staticMilliwatts * 1000 / array.clockMegahertz) {
        $0 + (levels[$1].memory?.leakPicojoulesPerCycle ?? 0)
          * Double(hierarchy.instances(ofLevel: $1))
      } + array.compute.leakPicojoulesPerCycle * Double(array.laneCount)
    var inner = [SIMD4<Double>](repeating: SIMD4(repeating: 0), count: levels.count + 1)
    var keepers = [UInt8](repeating: 0, count: levels.count + 1)
    for index in levels.indices.reversed() {
      inner[index] = inner[index + 1]
      keepers[index] = keepers[index + 1]
      for role in space.levels[index].mustKeep.members {
        let number = Int(role.rawValue)
        let energy = { (kind: AccessKind) in
          min(
            energies[Self.index(index, role, kind, false)],
            energies[Self.index(index, role, kind, true)])
        }
        let incoming = space.rules == .timeloop && role == .output ? 0 : energy(.drains)
        inner[index][number] += role == .output ? incoming : energy(.fills)
        // Words go on to a keeper further inside.
        if keepers[index + 1] & (1 << role.rawValue) != 0 {
          inner[index][number] += role == .output ? energy(.updates) : energy(.reads)
        }
        keepers[index] |= 1 << role.rawValue
      }
    }
    innerPicojoules = inner
    innerKeepers = keepers
    floorPicojoules = Self.floor(of: space, energies: energies)
  }

  /// Energy of one word.
  @inline(__always)
  func energy(_ level: Int, _ role: TensorRole, _ kind: AccessKind, partial: Bool = false) -> Double
  {
    energies[Self.index(level, role, kind, partial)]
  }

  /// Cycles of one word at each port.
  @inline(__always)
  func cycles(_ level: Int, _ role: TensorRole, _ kind: AccessKind, partial: Bool = false)
    -> PortCycles
  {
    ports[Self.index(level, role, kind, partial)]
  }

  /// Energy of one word on the wires below a level.
  @inline(__always)
  func hop(_ level: Int, _ role: TensorRole, partial: Bool = false) -> Double {
    hops[(level * 3 + Int(role.rawValue)) * 2 + (partial ? 1 : 0)]
  }

  @inline(__always)
  private static func index(
    _ level: Int, _ role: TensorRole, _ kind: AccessKind, _ partial: Bool
  ) -> Int {
    let number =
      switch kind {
      case .reads: 0
      case .fills: 1
      case .updates: 2
      case .drains: 3
      }
    return ((level * 3 + Int(role.rawValue)) * 4 + number) * 2 + (partial ? 1 : 0)
  }

  private static func bits(
    _ role: TensorRole, level: Int, partial: Bool, space: Mapspace
  ) -> Int {
    space.array.levels[level].memory?.wordBits[role]
      ?? wireBits(role, partial: partial, space: space)
  }

  private static func wireBits(_ role: TensorRole, partial: Bool, space: Mapspace) -> Int {
    switch role {
    case .weight: space.problem.precision.weightBits
    case .input: space.problem.precision.activationBits
    case .output:
      partial ? space.problem.precision.accumulatorBits : space.problem.precision.activationBits
    }
  }

  /// What every mapping pays: the operations, and for each of them a read of each operand and an
  /// update of the output, shared by as many lanes as wires can serve at once.
  ///
  /// Lanes that share a word of a tensor differ in a dimension that does not move it, and no
  /// dimension leaves two tensors in place. So over all tensors the sharing multiplies to at most
  /// the lanes, or to their square where windows of the input overlap; the sum of energies over
  /// sharing is then at least as the inequality of the means says.
  private static func floor(of space: Mapspace, energies: [Double]) -> Double {
    let operations = Double(space.problem.iterations)
    var floor = operations * space.array.compute.operationPicojoules
    var shared: [Double] = []
    var mostSharing = 1.0
    for role in TensorRole.allCases where space.problem.projections[role] != nil {
      let (energy, sharing) = cheapestAccess(of: role, space: space, energies: energies)
      if sharing > 1 {
        shared.append(energy)
        mostSharing = max(mostSharing, sharing)
      } else {
        floor += operations * energy
      }
    }
    if !shared.isEmpty {
      let slides =
        space.problem.projections.input?.axes.contains { $0.terms.count > 1 } ?? false
      let together = slides ? mostSharing * mostSharing : mostSharing
      let mean = root(shared.count, of: shared.reduce(1, *) / together)
      let alone = shared.reduce(0, +) / mostSharing
      floor += operations * max(alone, Double(shared.count) * mean)
    }
    return floor
  }

  /// A first, second or third root, or a little less.
  private static func root(_ degree: Int, of value: Double) -> Double {
    if degree == 1 || value <= 0 { return value }
    if degree == 2 { return value.squareRoot() * (1 - 1e-9) }
    // Newton's steps from above stay above; the last is taken back a little.
    var root = max(1, value)
    for _ in 0..<200 { root -= (root * root * root - value) / (3 * root * root) }
    return root * (1 - 1e-9)
  }

  /// Energy of a lane's access at the cheapest level that can be the innermost keeper, and how
  /// many lanes one access can serve.
  private static func cheapestAccess(
    of role: TensorRole, space: Mapspace, energies: [Double]
  ) -> (energy: Double, sharing: Double) {
    var best: (energy: Double, sharing: Double) = (.infinity, 1)
    var sharing = 1.0
    for level in space.array.levels.indices.reversed() {
      let fanout = space.array.levels[level].fanout
      for wires in [fanout.x, fanout.y] {
        let shares = role == .output ? wires.reduce : wires.multicast
        if shares.contains(role) || space.rules == .timeloop || !fanout.diagonal.isEmpty {
          sharing *= Double(wires.size)
        }
      }
      guard space.levels[level].mayKeep.contains(role) else { continue }
      let kind: AccessKind = role == .output ? .updates : .reads
      let energy = min(
        energies[index(level, role, kind, false)], energies[index(level, role, kind, true)])
      if energy / sharing < best.energy / best.sharing { best = (energy, sharing) }
      if space.levels[level].mustKeep.contains(role) { break }
    }
    return best
  }
}
