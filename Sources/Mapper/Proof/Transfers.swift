internal import Accelerators
internal import Dataflow
internal import Ops

/// Cycles of the ports the search follows; an array with more leaves the others to the evaluation.
typealias PortCycles = SIMD8<Double>

/// What it costs a tensor to move between a level and the next one that keeps it, a word.
///
/// Every price is the least of a final word's and a partial sum's, so that sums of them are lower
/// bounds; ``laterReturns`` is subtracted and therefore the most.
struct Transfer: Sendable {
  var role: TensorRole
  var parent: Int
  /// The number of levels stands for the lanes.
  var child: Int
  var isToLanes: Bool
  /// The level at whose fan-out, or in front of the child, the transfer is charged.
  var stage: Int
  /// Picojoules of a word.
  var read = 0.0
  var update = 0.0
  var fill = 0.0
  var drain = 0.0
  var hop = 0.0
  var addition = 0.0
  /// Picojoules saved further inside for each output word that starts at zero in the child.
  var laterReturns = 0.0
  /// The most children that fan-outs between the stage and the child serve together.
  var innerSharing = 1.0
  /// Whether loops in time may lie between the stage and the child.
  var mayMoveMore = false
  /// Cycles of a word at the parent's ports and at the child's.
  var parentReads = PortCycles(repeating: 0)
  var parentUpdates = PortCycles(repeating: 0)
  var childFills = PortCycles(repeating: 0)
  var childDrains = PortCycles(repeating: 0)
}

/// The transfers of one choice of what each level keeps.
struct Transfers: Sendable {
  /// Those charged at each level.
  private(set) var charged: [[Transfer]]
  /// Those that end at each level, for the time of first and last tiles.
  private(set) var ending: [[Transfer]]
  /// Picojoules of every mapping: operations, less the partial sums that never return.
  private(set) var constant: Double

  init(_ space: Mapspace, keeps: [TensorSet], prices: Prices) {
    let levels = space.levels.count
    charged = Array(repeating: [], count: levels)
    ending = Array(repeating: [], count: levels + 1)
    let operations = Double(space.problem.iterations)
    constant = operations * space.array.compute.operationPicojoules
    for role in TensorRole.allCases where space.problem.projections[role] != nil {
      let keepers = (0..<levels).filter { keeps[$0].contains(role) }
      var returns = 0.0
      for (parent, child) in zip(keepers, keepers.dropFirst() + [levels]).reversed() {
        var transfer = Self.transfer(role, from: parent, to: child, space: space, prices: prices)
        if role == .output && !space.array.switches.readsFirstPartialSum {
          transfer.laterReturns = returns
          let words = space.tiles.dimensions.indices.reduce(1.0) {
            space.tiles.relevant.output & (1 << UInt8($1)) != 0
              ? $0 * Double(space.tiles.divisors[$1].last ?? 1) : $0
          }
          let price =
            prices.most(parent == 0 ? space.array.homes[role] : parent, role, .reads)
            + prices.most(child, role, .fills)
            + prices.mostHop(transfer.stage)
          returns += price
          constant -= words * price
        }
        charged[transfer.stage].append(transfer)
        ending[child].append(transfer)
      }
    }
  }

  private static func transfer(
    _ role: TensorRole, from parent: Int, to child: Int, space: Mapspace, prices: Prices
  ) -> Transfer {
    let fanouts = (parent..<child).filter {
      space.levels[$0].sizeX > 1 || space.levels[$0].sizeY > 1
    }
    let stage = fanouts.first ?? child - 1
    var transfer = Transfer(
      role: role, parent: parent, child: child, isToLanes: child == space.levels.count,
      stage: stage)
    // A tensor that stays on chip is served from its home instead of the outermost level.
    let home = parent == 0 ? space.array.homes[role] : parent
    transfer.read = prices.least(home, role, .reads)
    transfer.update = role == .output ? prices.least(home, role, .updates) : 0
    transfer.fill = prices.least(child, role, .fills)
    transfer.drain = role == .output ? prices.least(child, role, .drains) : 0
    transfer.hop = stage < home ? 0 : prices.leastHop(stage, role)
    transfer.addition = space.array.levels[stage].fanout.additionPicojoules
    transfer.mayMoveMore =
      stage + 1 < child && (stage + 1..<child).contains { space.levels[$0].temporal != 0 }
    for level in fanouts.dropFirst() {
      transfer.innerSharing *=
        Double(space.levels[level].sizeX) * Double(space.levels[level].sizeY)
    }
    transfer.parentReads = prices.cycles(home, role, .reads)
    transfer.parentUpdates = prices.cycles(home, role, .updates)
    if child < space.levels.count {
      transfer.childFills = prices.cycles(child, role, .fills)
      transfer.childDrains = prices.cycles(child, role, .drains)
    }
    return transfer
  }
}

/// Energies and port times of an array for one problem, the least and the most of a word's widths.
struct Prices: Sendable {
  private var energies: [(least: Double, most: Double)] = []
  private var ports: [PortCycles] = []
  private var hops: [(least: Double, most: Double)] = []
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
          energies.append((values.min() ?? 0, values.max() ?? 0))
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
        hops.append((values.min() ?? 0, values.max() ?? 0))
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
    level < levelCount ? energies[index(level, role, kind)].least : 0
  }

  func most(_ level: Int, _ role: TensorRole, _ kind: AccessKind) -> Double {
    level < levelCount ? energies[index(level, role, kind)].most : 0
  }

  func cycles(_ level: Int, _ role: TensorRole, _ kind: AccessKind) -> PortCycles {
    ports[index(level, role, kind)]
  }

  func leastHop(_ level: Int, _ role: TensorRole) -> Double {
    hops[level * 3 + Int(role.rawValue)].least
  }

  /// Of a partial sum.
  func mostHop(_ level: Int) -> Double { hops[level * 3 + Int(TensorRole.output.rawValue)].most }
}
