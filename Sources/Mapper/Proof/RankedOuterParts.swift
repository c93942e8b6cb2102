internal import Ops

/// Outer parts with the most promising first, and which of them can be joined with an inner part.
///
/// A class, since it remembers which parts have tiles that a tile of an inner part can be cut from.
final class RankedOuterParts {
  /// What is read of each part most often.
  struct Key {
    var score: Double
    var energy: Double
    var cycles: Double
    /// The part's place in the list as it was made.
    fileprivate var index: Int
  }

  let count: Int
  private let list: OuterList
  /// The parts and what is read of them most often, the most promising first. Whoever finds better bounds
  /// of a part may put them there.
  let parts: UnsafeMutablePointer<OuterPart>
  let keys: UnsafeMutablePointer<Key>
  let least: (energy: Double, cycles: Double)
  /// Parts (bits in the order of the keys) that fit the inner part last asked about.
  private(set) var fitting: [UInt64]
  private let tables: OuterTables
  /// Of each dimension and part, in the order of the keys, the number of its chain.
  private let chains: UnsafeMutablePointer<UInt16>
  /// By dimension and an inner part's shortest tile in front of the array level's children.
  private var known: [Int: [UInt64]] = [:]

  init(_ list: OuterList, _ tables: OuterTables) {
    self.tables = tables
    self.list = list
    count = list.count
    parts = list.parts
    keys = .allocate(capacity: count)
    var least = (energy: Double.infinity, cycles: Double.infinity)
    for index in 0..<count {
      let part = list.parts + index
      (keys + index).initialize(
        to: Key(
          score: part.pointee.score, energy: part.pointee.energy, cycles: part.pointee.cycles,
          index: index))
      least.energy = min(least.energy, part.pointee.energy)
      least.cycles = min(least.cycles, part.pointee.cycles)
    }
    self.least = least
    var ranked = UnsafeMutableBufferPointer(start: keys, count: count)
    ranked.sort {
      ($0.score, $0.index) < ($1.score, $1.index)
    }
    Self.reorder(parts, as: keys, count)
    let dimensions = tables.context.dimensionCount
    chains = .allocate(capacity: count * dimensions)
    for number in 0..<count {
      let numbers = parts[number].chains
      for dimension in 0..<dimensions {
        (chains + (dimension * count + number)).initialize(to: numbers[dimension])
      }
    }
    fitting = Array(repeating: 0, count: (count + 63) / 64)
  }

  /// Moves the parts where their keys are.
  private static func reorder(
    _ parts: UnsafeMutablePointer<OuterPart>, as keys: UnsafeMutablePointer<Key>, _ count: Int
  ) {
    for start in 0..<count where keys[start].index != start {
      let first = parts[start]
      var place = start
      while keys[place].index != start {
        let next = keys[place].index
        parts[place] = parts[next]
        keys[place].index = place
        place = next
      }
      parts[place] = first
      keys[place].index = place
    }
  }

  deinit {
    keys.deallocate()
    chains.deallocate()
  }

  /// Finds the parts that an inner one can be joined with, as far as each dimension by itself shows.
  func fit(_ inner: UnsafePointer<InnerPart>) {
    for word in fitting.indices { fitting[word] = .max }
    if count % 64 != 0 { fitting[fitting.count - 1] = (1 << UInt64(count % 64)) - 1 }
    for dimension in 0..<tables.context.dimensionCount
    where inner.pointee.leastFront[dimension] > 1 {
      let bits = fitting(dimension, inner.pointee.leastFront[dimension])
      for word in fitting.indices { fitting[word] &= bits[word] }
    }
  }

  private func fitting(_ dimension: Int, _ front: Int32) -> [UInt64] {
    let key = dimension << 32 | Int(front)
    if let bits = known[key] { return bits }
    let level = tables.context.arrayLevel
    let isPerfect = tables.context.isPerfect
    let fits = tables.chains(dimension).map { entry -> UInt64 in
      front <= entry.chain.most[level]
        && (!isPerfect || entry.chain.least[level] % front == 0) ? 1 : 0
    }
    var bits = [UInt64](repeating: 0, count: fitting.count)
    let chains = chains + dimension * count
    fits.withUnsafeBufferPointer { fits in
      for word in bits.indices {
        var found: UInt64 = 0
        for bit in 0..<min(64, count - 64 * word) {
          found |= fits[Int(chains[64 * word + bit])] << UInt64(bit)
        }
        bits[word] = found
      }
    }
    known[key] = bits
    return bits
  }
}
