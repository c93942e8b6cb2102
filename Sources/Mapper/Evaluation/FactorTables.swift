/// Counts of single factors under the chains of loops met so far, kept for the next mappings.
///
/// A table belongs to a factor, the loops of its dimensions outside the tiles, and how each spatial
/// loop counts; it does not depend on anything else in a mapping. Keys and tables are flat storage
/// under an open-addressing index, so that finding a known table allocates nothing.
/// A class, since the storage is found and filled from the middle of an evaluation.
final class FactorTables {
  /// Where a table's parts are, counted from its start.
  enum Part {
    /// The most words of one tile. Of a single index, 1 if each of its loops always moves it; of a
    /// dimension that moves nothing, 1 if all that is present is kept.
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

  /// The storage: behind a pointer, so that reading it costs no check of exclusive access. Indices
  /// into it are checked in a debug build.
  private struct Storage {
    var slots: UnsafeMutableBufferPointer<Slot>
    var keys: UnsafeMutableBufferPointer<UInt64>
    var keyCount = 0
    var values: UnsafeMutableBufferPointer<Double>
    var valueCount = 0
    var nameCount = 0
  }

  private let storage: UnsafeMutablePointer<Storage>
  /// The key under construction: first the factor, then its loops.
  let key: UnsafeMutableBufferPointer<UInt64>
  private var filler = FactorFiller()
  private var filled: [Double] = []
  /// Numbers above which all tables are dropped before the next mapping.
  private let mostNumbers: Int

  init(mostNumbers: Int) {
    self.mostNumbers = mostNumbers
    storage = .allocate(capacity: 1)
    storage.initialize(
      to: Storage(
        slots: Self.emptySlots(1 << 10), keys: .allocate(capacity: 1 << 10),
        values: .allocate(capacity: 1 << 12)))
    key = .allocate(capacity: CompactMapping.mostLoops + 1)
    key.initialize(repeating: 0)
  }

  deinit {
    storage.pointee.slots.deallocate()
    storage.pointee.keys.deallocate()
    storage.pointee.values.deallocate()
    storage.deallocate()
    key.deallocate()
  }

  private static func emptySlots(_ count: Int) -> UnsafeMutableBufferPointer<Slot> {
    let slots = UnsafeMutableBufferPointer<Slot>.allocate(capacity: count)
    slots.initialize(repeating: Slot(hash: 0, key: 0, table: -1))
    return slots
  }

  /// The numbers of all tables; they move when a table is added.
  @inline(__always)
  var values: UnsafeMutableBufferPointer<Double> { storage.pointee.values }

  /// Drops everything where there is too much; tables found before are no longer valid.
  @inline(__always)
  func makeRoom() {
    if storage.pointee.valueCount + storage.pointee.keyCount > mostNumbers { removeAll() }
  }

  private func removeAll() {
    storage.pointee.slots.update(repeating: Slot(hash: 0, key: 0, table: -1))
    storage.pointee.keyCount = 0
    storage.pointee.valueCount = 0
    storage.pointee.nameCount = 0
  }

  /// The start of the table of the first `length` words of ``key``, in ``values``.
  @inline(__always)
  func table(_ length: Int, of factor: @autoclosure () -> FactorShape) -> Int {
    let hash = hash(length)
    let slot = slot(hash, length)
    let known = storage.pointee.slots[slot].table
    return known >= 0 ? Int(known) : fill(slot, hash, length, factor())
  }

  /// As ``table(_:of:)``; -1 where there is none.
  @inline(__always)
  func find(_ length: Int) -> Int {
    Int(storage.pointee.slots[slot(hash(length), length)].table)
  }

  /// Adds numbers of another kind under the first `length` words of ``key``, which are new.
  @inline(never)
  func insert(_ length: Int, _ numbers: [Double]) -> Int {
    filled.removeAll(keepingCapacity: true)
    filled += numbers
    let hash = hash(length)
    return addFilled(slot(hash, length), hash, length)
  }

  /// Makes a table known under the first `length` words of ``key`` too.
  @inline(never)
  func addName(_ length: Int, of table: Int) {
    let hash = hash(length)
    add(slot(hash, length), hash, length, table)
  }

  @inline(__always)
  private func hash(_ length: Int) -> UInt64 {
    var hash = UInt64(truncatingIfNeeded: length)
    for index in 0..<length {
      hash = (hash ^ key[index]) &* 0x9E37_79B9_7F4A_7C15
      hash ^= hash >> 31
    }
    return hash
  }

  /// Where a key's table is, or is to be.
  @inline(__always)
  private func slot(_ hash: UInt64, _ length: Int) -> Int {
    let slots = storage.pointee.slots
    var slot = Int(truncatingIfNeeded: hash) & (slots.count &- 1)
    while slots[slot].table >= 0,
      slots[slot].hash != hash || !isKey(at: Int(slots[slot].key), length)
    {
      slot = (slot &+ 1) & (slots.count &- 1)
    }
    return slot
  }

  @inline(__always)
  private func isKey(at start: Int, _ length: Int) -> Bool {
    let keys = storage.pointee.keys
    guard keys[start] == UInt64(truncatingIfNeeded: length) else { return false }
    for index in 0..<length where keys[start &+ 1 &+ index] != key[index] { return false }
    return true
  }

  @inline(never)
  private func fill(_ slot: Int, _ hash: UInt64, _ length: Int, _ factor: FactorShape) -> Int {
    filled.removeAll(keepingCapacity: true)
    filler.fill(factor, loops: key[1..<length], into: &filled)
    return addFilled(slot, hash, length)
  }

  /// Stores what was filled in under the key.
  private func addFilled(_ slot: Int, _ hash: UInt64, _ length: Int) -> Int {
    let start = storage.pointee.valueCount
    Self.reserve(&storage.pointee.values, start, start + filled.count)
    for (index, value) in filled.enumerated() {
      storage.pointee.values.initializeElement(at: start + index, to: value)
    }
    storage.pointee.valueCount += filled.count
    add(slot, hash, length, start)
    return start
  }

  private func add(_ slot: Int, _ hash: UInt64, _ length: Int, _ table: Int) {
    let start = storage.pointee.keyCount
    storage.pointee.slots[slot] = Slot(hash: hash, key: Int32(start), table: Int32(table))
    Self.reserve(&storage.pointee.keys, start, start + length + 1)
    storage.pointee.keys.initializeElement(at: start, to: UInt64(length))
    for index in 0..<length {
      storage.pointee.keys.initializeElement(at: start + 1 + index, to: key[index])
    }
    storage.pointee.keyCount += length + 1
    storage.pointee.nameCount += 1
    if 2 * storage.pointee.nameCount > storage.pointee.slots.count { grow() }
  }

  /// Moves a buffer's elements to one twice as large until it has room.
  private static func reserve<Element>(
    _ buffer: inout UnsafeMutableBufferPointer<Element>, _ used: Int, _ needed: Int
  ) {
    guard needed > buffer.count else { return }
    let larger = UnsafeMutableBufferPointer<Element>.allocate(
      capacity: max(needed, 2 * buffer.count))
    _ = larger.moveInitialize(fromContentsOf: buffer[..<used])
    buffer.deallocate()
    buffer = larger
  }

  private func grow() {
    let old = storage.pointee.slots
    let slots = Self.emptySlots(2 * old.count)
    for entry in old where entry.table >= 0 {
      var slot = Int(truncatingIfNeeded: entry.hash) & (slots.count - 1)
      while slots[slot].table >= 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = entry
    }
    old.deallocate()
    storage.pointee.slots = slots
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
  /// The loop's level, where a key tells it.
  static let levelShift: UInt64 = 48

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
