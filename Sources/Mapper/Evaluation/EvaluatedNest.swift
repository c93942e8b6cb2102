internal import Ops

/// The loops of one mapping as masks: a set of loops is one word, as there are at most 64.
///
/// Loops of one pass cut nothing and are left out; the others are numbered from the outside in.
/// The buffers belong to the evaluator, which has one nest for all mappings; in a debug build their
/// subscripts are checked.
struct EvaluatedNest {
  /// Passes of each loop over a full tile: whole numbers, as floating point.
  let passes: UnsafeMutableBufferPointer<Double>
  let steps: UnsafeMutableBufferPointer<Int32>
  let dimensions: UnsafeMutableBufferPointer<UInt8>
  let levels: UnsafeMutableBufferPointer<UInt8>
  /// Of each level, and of the lanes as one more, the loops at levels outside of it.
  let outside: UnsafeMutableBufferPointer<UInt64>
  /// Of each level, and of the lanes as one more, the extents of its first tile.
  private let tiles: UnsafeMutableBufferPointer<SIMD8<Int32>>
  /// The same, number by number: eight a level.
  let extents: UnsafeMutableBufferPointer<Int32>
  /// Of each level, its innermost loop along x and the one along y; -1 for none.
  let innermost: UnsafeMutableBufferPointer<Int>
  /// The loops of each dimension.
  let loops: UnsafeMutableBufferPointer<UInt64>

  private(set) var temporal: UInt64 = 0
  /// Spatial loops along axes that multicast weights and inputs, and that add outputs up.
  private(set) var shared: (weight: UInt64, input: UInt64, output: UInt64) = (0, 0, 0)
  /// Dimensions with a loop that does not divide the tile it cuts.
  private(set) var uneven: UInt8 = 0

  /// The wires of one axis of a level: tensors, as the sets' raw values.
  struct Wires {
    var shares: UInt8
    var forwards: UInt8
  }

  init(levelCount: Int) {
    passes = .allocate(capacity: CompactMapping.mostLoops)
    steps = .allocate(capacity: CompactMapping.mostLoops)
    dimensions = .allocate(capacity: CompactMapping.mostLoops)
    outside = .allocate(capacity: levelCount + 1)
    levels = .allocate(capacity: CompactMapping.mostLoops)
    tiles = .allocate(capacity: levelCount + 1)
    tiles.initialize(repeating: SIMD8(repeating: 1))
    extents = UnsafeMutableRawBufferPointer(tiles).assumingMemoryBound(to: Int32.self)
    innermost = .allocate(capacity: 2 * levelCount)
    loops = .allocate(capacity: 8)
    passes.initialize(repeating: 1)
    steps.initialize(repeating: 1)
    dimensions.initialize(repeating: 0)
    outside.initialize(repeating: 0)
    levels.initialize(repeating: 0)
    innermost.initialize(repeating: -1)
    loops.initialize(repeating: 0)
  }

  func deallocate() {
    passes.deallocate()
    steps.deallocate()
    dimensions.deallocate()
    outside.deallocate()
    tiles.deallocate()
    levels.deallocate()
    innermost.deallocate()
    loops.deallocate()
  }

  /// Reads a mapping; the extents of level 0 are the problem's bounds and stay.
  mutating func read(_ mapping: borrowing CompactMapping, wires: UnsafeBufferPointer<Wires>) {
    let levelCount = outside.count - 1
    for index in 0..<8 { loops[index] = 0 }
    for index in innermost.indices { innermost[index] = -1 }
    temporal = 0
    shared = (0, 0, 0)
    uneven = 0
    var count = 0
    var level = 0
    beginLevel(0)
    let entries = mapping.entries.span
    for index in 0..<mapping.loopCount {
      let entry = entries[index]
      guard entry.passes > 1 else { continue }
      while level < Int(entry.level) {
        level &+= 1
        outside[level] = Self.mask(count)
        beginLevel(level)
      }
      let bit = LoopMask.loop(count)
      let dimension = Int(entry.dimension)
      passes[count] = Double(entry.passes)
      steps[count] = entry.step
      dimensions[count] = entry.dimension
      levels[count] = entry.level
      loops[dimension] |= bit
      let tile = 8 &* level &+ 8
      let extent = extents[tile &+ dimension]
      if extent != entry.passes &* entry.step { uneven |= 1 &<< entry.dimension }
      extents[tile &+ dimension] = entry.step
      if entry.place == CompactMapping.Place.temporal.rawValue {
        temporal |= bit
      } else {
        let axis = 2 &* level &+ Int(entry.place) &- 1
        innermost[axis] = count
        let shares = wires[axis].shares
        if shares & 1 != 0 { shared.weight |= bit }
        if shares & 2 != 0 { shared.input |= bit }
        if shares & 4 != 0 { shared.output |= bit }
      }
      count &+= 1
    }
    while level < levelCount {
      level &+= 1
      outside[level] = Self.mask(count)
      if level < levelCount { beginLevel(level) }
    }
  }

  /// The loops numbered below `count`.
  @inline(__always)
  private static func mask(_ count: Int) -> UInt64 {
    count == 64 ? ~0 : LoopMask.loop(count) &- 1
  }

  /// A level's children start with its own extents.
  @inline(__always)
  private func beginLevel(_ level: Int) {
    tiles[level &+ 1] = tiles[level]
  }

  /// The product of the passes of some loops.
  @inline(__always)
  func product(_ mask: UInt64) -> Double {
    var (rest, product) = (mask, 1.0)
    while rest != 0 {
      product *= passes[rest.trailingZeroBitCount]
      rest &= rest &- 1
    }
    return product
  }

  /// The loops of some dimensions.
  @inline(__always)
  func loops(of dimensions: UInt8) -> UInt64 {
    var (rest, mask) = (dimensions, UInt64(0))
    while rest != 0 {
      mask |= loops[rest.trailingZeroBitCount]
      rest &= rest &- 1
    }
    return mask
  }
}

/// Sets of loops, of tensors or of dimensions as bits.
enum LoopMask {
  /// One loop, from 0 to 63.
  @inline(__always)
  static func loop(_ number: Int) -> UInt64 { 1 &<< UInt64(truncatingIfNeeded: number) }

  /// One tensor or dimension.
  @inline(__always)
  static func member(_ number: Int) -> UInt8 { 1 &<< UInt8(truncatingIfNeeded: number) }
}
