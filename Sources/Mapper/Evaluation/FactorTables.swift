/// Counts of single factors under the chains of loops met so far, kept for the next mappings.
///
/// A table belongs to a factor, the loops of its dimensions outside the tiles, and how each spatial
/// loop counts; it does not depend on anything else in a mapping. Keys and tables are flat storage
/// under an open-addressing index, so that finding a known table allocates nothing.
/// A class, since the storage is found and filled from the middle of an evaluation.
final class FactorTables {
  /// Where a table's parts are, counted from its start.
  enum Part {
    /// The most words of one tile; for a single index, 1 if a loop inside another always moves it.
    static let peak = 0
    static let columnCount = 1
    /// Length of a column.
    static let stride = 2
    static let columns = 3
  }

  /// Where a column's parts are, counted from its start.
  enum Column {
    /// How many separate choices have these counts.
    static let choices = 0
    /// Words present, summed over all steps.
    static let all = 1
    static let firstStep = 2
    static let lastStep = 3
    /// Words that need not move: while the outermost k of the factor's own loops run and another
    /// loop inside advances, at 2k; when own loop k advances, at 2k - 1.
    static let kept = 4
  }

  private struct Slot {
    var hash: UInt64
    var key: Int32
    var table: Int32
  }

  private var slots: UnsafeMutableBufferPointer<Slot>
  private var count = 0
  private var keys: [UInt64] = []
  private(set) var values: [Double] = []
  /// The key under construction: first the factor, then its loops.
  let key: UnsafeMutableBufferPointer<UInt64>
  private var filler: FactorFiller
  /// Numbers above which all tables are dropped before the next mapping: 32 MiB.
  private static let mostValues = 4 << 20

  init() {
    slots = Self.emptySlots(1 << 10)
    key = .allocate(capacity: CompactMapping.mostLoops + 1)
    key.initialize(repeating: 0)
    filler = FactorFiller()
  }

  deinit {
    slots.deallocate()
    key.deallocate()
  }

  private static func emptySlots(_ count: Int) -> UnsafeMutableBufferPointer<Slot> {
    let slots = UnsafeMutableBufferPointer<Slot>.allocate(capacity: count)
    slots.initialize(repeating: Slot(hash: 0, key: 0, table: -1))
    return slots
  }

  /// How many tables there are.
  var tableCount: Int { count }

  /// Drops everything where there is too much; tables found before are no longer valid.
  func makeRoom() {
    guard values.count > Self.mostValues else { return }
    for index in slots.indices { slots[index].table = -1 }
    count = 0
    keys.removeAll(keepingCapacity: true)
    values.removeAll(keepingCapacity: true)
  }

  /// The start of the table of the first `length` words of ``key``, in ``values``.
  @inline(__always)
  func table(_ length: Int, of factor: FactorShape) -> Int {
    var hash: UInt64 = UInt64(length)
    for index in 0..<length { hash = (hash ^ key[index]) &* 0x9E37_79B9_7F4A_7C15 }
    hash ^= hash >> 32
    var slot = Int(truncatingIfNeeded: hash) & (slots.count &- 1)
    while slots[slot].table >= 0 {
      if slots[slot].hash == hash, isKey(at: Int(slots[slot].key), length) {
        return Int(slots[slot].table)
      }
      slot = (slot &+ 1) & (slots.count &- 1)
    }
    return fill(slot, hash, length, factor)
  }

  @inline(__always)
  private func isKey(at start: Int, _ length: Int) -> Bool {
    guard keys[start] == UInt64(length) else { return false }
    for index in 0..<length where keys[start &+ 1 &+ index] != key[index] { return false }
    return true
  }

  @inline(never)
  private func fill(_ slot: Int, _ hash: UInt64, _ length: Int, _ factor: FactorShape) -> Int {
    let start = values.count
    slots[slot] = Slot(hash: hash, key: Int32(keys.count), table: Int32(start))
    keys.append(UInt64(length))
    for index in 0..<length { keys.append(key[index]) }
    filler.fill(factor, loops: key[1..<length], into: &values)
    count += 1
    if 2 * count > slots.count { grow() }
    return start
  }

  private func grow() {
    let old = slots
    slots = Self.emptySlots(2 * old.count)
    for entry in old where entry.table >= 0 {
      var slot = Int(truncatingIfNeeded: entry.hash) & (slots.count - 1)
      while slots[slot].table >= 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = entry
    }
    old.deallocate()
  }
}

/// A loop as one word of a key.
enum LoopCode {
  static let second: UInt64 = 1 << 32
  static let spatial: UInt64 = 1 << 33
  static let roleShift: UInt64 = 34
  static let forwards: UInt64 = 1 << 36
  /// The number of the diagonal wires, from 1 on, that join the loop to another.
  static let diagonalShift: UInt64 = 40

  /// How the choices of a spatial loop's index count.
  enum Role: UInt64 {
    case summed = 0
    case united, separate, first
  }
}

/// What is counted along one factor of a tensor's words.
struct FactorShape {
  enum Kind {
    /// A dimension that does not move the tensor: it only decides who is idle.
    case idle
    /// One index, each of whose values is one word.
    case single
    /// Indices of one or two dimensions that reach words of an axis.
    case axis
  }

  var kind: Kind
  /// Whether words are followed from the step before instead of to it.
  var isLeaving = false
  var bounds: (Int, Int)
  /// Words are `coefficients.0 * i + coefficients.1 * j + base`.
  var coefficients: (Int, Int) = (1, 1)
  var base = 0
  /// Words of the axis: `0 ..< wordCount`.
  var wordCount = 0
  /// Indices of each dimension between which a piece touches no padding; `nil` where it may be
  /// anywhere.
  var interiors: (Range<Int>?, Range<Int>?) = (nil, nil)
}
