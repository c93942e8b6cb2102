internal import Accelerators
internal import Dataflow
internal import Ops

/// Lower bounds of everything inside a tile, for one choice of what each level keeps.
///
/// What a tensor costs inside depends on what lies outside only through how often its tile changes,
/// and there only through the tensors that the innermost loop in time does not move: the *class* of
/// the loops outside. For each level, tile and class the tables give the least energy of all
/// transfers charged at the level or inside, with every tensor of the class moved as seldom as is
/// possible at all.
final class BoundTables: Sendable {
  /// The part of a mapping from a tile in front of a level's fan-out to the tile behind it.
  struct Branch: Sendable {
    /// The tile behind, that of one child.
    var tile: Int32
    /// Number of the way to unroll.
    var way: Int32
  }

  /// What one level's fan-out leads to.
  struct Level: Sendable {
    /// Of each class and tile in front of the fan-out, the least energy.
    var front: [[Double]] = []
    /// Of each class of the loops inside and tile entering the level, the least energy.
    var entry: [[Double]] = []
    /// Of each class of the loops outside, the same where the level has no loop in time.
    var lanesInFront: [Double] = []
    var lanesAtEntry: [Double] = []
    /// Branches of all tiles in front, and where those of each begin.
    var branches: [Branch] = []
    var starts: [Int32] = []
    /// Tiles in front that lead anywhere, those with the least energy first.
    var order: [Int32] = []
    var leastInOrder: [Double] = []
    /// The least price of one more word of a weight or an output at this level's transfers.
    var leastPrice = SIMD4<Double>(repeating: 0)
  }

  let keeps: [TensorSet]
  let transfers: Transfers
  let fits: [[Bool]]
  let levels: [LevelBound]

  init(_ context: ProofContext, keeps: [TensorSet]) {
    self.keeps = keeps
    let space = context.space
    transfers = Transfers(space, keeps: keeps, prices: context.prices)
    let count = space.tiles.count
    fits = space.levels.indices.map { level in
      (0..<count).map {
        space.overflow(atLevel: level, tile: $0, keeps: keeps[level], outermostReduction: nil)
          == nil
      }
    }
    var inner: [LevelBound] = []
    for level in space.levels.indices.reversed() {
      let bound = Self.level(
        level, context, charged: transfers.charged[level], inside: inner.last,
        fitsInside: level + 1 < fits.count ? fits[level + 1] : nil)
      inner.append(LevelBound(bound))
    }
    levels = inner.reversed()
  }

  /// How many ways through fan-outs the tables looked at.
  var branchCount: Int64 { levels.reduce(0) { $0 + Int64($1.table.branches.count) } }

  /// The least energy of any mapping.
  var least: Double {
    let entry = levels[0].table.entry
    return transfers.constant + (entry.map { $0[$0.count - 1] }.min() ?? .infinity)
  }

  private static func level(
    _ index: Int, _ context: ProofContext, charged: [Transfer], inside inner: LevelBound?,
    fitsInside: [Bool]?
  ) -> Level {
    let lattice = context.lattice
    let count = lattice.tiles.count
    let classes = context.classes.count
    var level = Level()
    level.front = Array(repeating: Array(repeating: .infinity, count: count), count: classes)
    level.lanesInFront = Array(repeating: 0, count: count)
    let ways = context.unrollings[index].all
    level.leastPrice = leastPrices(charged, ways)
    // Which tiles a child may get.
    var found: [(front: Int32, branch: Branch)] = []
    for tile in 0..<count {
      if let inner, let fitsInside {
        if !fitsInside[tile] || inner.table.lanesAtEntry[tile] == 0 { continue }
      } else if tile != 0 {
        break
      }
      for (number, way) in ways.enumerated() {
        guard let front = lattice.product(tile, way.passes) else { continue }
        found.append((Int32(front), Branch(tile: Int32(tile), way: Int32(number))))
      }
    }
    level.starts = Array(repeating: 0, count: count + 1)
    for item in found { level.starts[Int(item.front) + 1] += 1 }
    for tile in 0..<count { level.starts[tile + 1] += level.starts[tile] }
    var next = level.starts
    level.branches = Array(repeating: Branch(tile: 0, way: 0), count: found.count)
    for item in found {
      level.branches[Int(next[Int(item.front)])] = item.branch
      next[Int(item.front)] += 1
    }
    for front in 0..<count where level.starts[front] < level.starts[front + 1] {
      for number in 0..<classes {
        let words = context.leastMoves(classes: number, into: front)
        var least = Double.infinity
        for entry in level.starts[front]..<level.starts[front + 1] {
          let branch = level.branches[Int(entry)]
          let way = ways[Int(branch.way)]
          let tile = Int(branch.tile)
          var energy = inner?.table.entry[number][tile] ?? 0
          if energy >= least { continue }
          for transfer in charged {
            energy += context.leastEnergy(
              of: transfer, way, front: front, tile: tile, words: words, classes: number)
          }
          least = min(least, energy)
        }
        level.front[number][front] = least
      }
      for entry in level.starts[front]..<level.starts[front + 1] {
        let branch = level.branches[Int(entry)]
        let lanes = ways[Int(branch.way)].lanes * (inner?.table.lanesAtEntry[Int(branch.tile)] ?? 1)
        level.lanesInFront[front] = max(level.lanesInFront[front], lanes)
      }
    }
    close(&level, temporal: context.space.levels[index].temporal, context)
    return level
  }

  /// The figures at a level's entry from those in front of its fan-out.
  private static func close(
    _ level: inout Level, temporal: UInt8, _ context: ProofContext
  ) {
    let lattice = context.lattice
    let count = lattice.tiles.count
    level.entry = level.front
    var lanes = level.lanesInFront.map { -$0 }
    if temporal != 0 {
      // Of the tiles left after some loops in time, the class is that of those loops.
      var least = level.front[0]
      for number in level.front.indices.dropFirst() {
        for tile in 0..<count { least[tile] = min(least[tile], level.front[number][tile]) }
      }
      lattice.spreadLeast(&least, over: temporal)
      for number in level.entry.indices { level.entry[number] = least }
      lattice.spreadLeast(&lanes, over: temporal)
    }
    level.lanesAtEntry = lanes.map { -$0 }
    var least = level.front[0]
    for number in level.front.indices.dropFirst() {
      for tile in 0..<count { least[tile] = min(least[tile], level.front[number][tile]) }
    }
    let order = (0..<count).filter { least[$0] < .infinity }
      .sorted { (least[$0], $0) < (least[$1], $1) }
    level.order = order.map { Int32($0) }
    level.leastInOrder = order.map { least[$0] }
  }

  private static func leastPrices(
    _ charged: [Transfer], _ ways: [Unrolling]
  ) -> SIMD4<Double> {
    var prices = SIMD4<Double>(repeating: 0)
    for transfer in charged where !transfer.isToLanes && transfer.role != .input {
      var least = Double.infinity
      for way in ways { least = min(least, transfer.pricePerMove(way)) }
      prices[Int(transfer.role.rawValue)] += max(0, least)
    }
    return prices
  }
}

/// The tables of one level; a class, so that reading one of them copies none.
final class LevelBound: Sendable {
  let table: BoundTables.Level

  init(_ table: BoundTables.Level) { self.table = table }
}

extension Transfer {
  /// Picojoules for each word that moves into the tile in front of a fan-out, weights or outputs.
  func pricePerMove(_ way: Unrolling) -> Double {
    let index = Int(role.rawValue)
    let (copies, apart) = (way.copies[index], way.apart[index])
    if role != .output { return read * apart + copies * (fill + hop) }
    // Words sent up; of those, what arrives; what returns to one child; what starts at zero saves.
    let net = drain - laterReturns
    return update * apart + read + fill + hop + copies * (hop + addition) - apart * addition
      + (net < 0 ? copies * innerSharing : copies) * net + laterReturns
  }
}
