public import Dataflow
public import Ops

/// A mapping as a value of fixed size: copying or changing it needs no heap.
public struct CompactMapping: Sendable {
  /// The most levels a compact mapping can have.
  public static let mostLevels = 16
  /// The most loops of all levels together, those of one pass included.
  public static let mostLoops = 64

  /// Which of a level's lists a loop is in.
  public enum Place: UInt8, Comparable, CaseIterable, Sendable {
    case temporal, spatialX, spatialY

    /// The order of the lists in a nest, the outermost first.
    public static func < (left: Place, right: Place) -> Bool { left.rawValue < right.rawValue }
  }

  /// The most passes, and the largest step, of a loop.
  public static let largestNumber: Int32 = 1 << 25 - 1

  /// One loop and where it stands, in one word: the mapping is read as often as it is evaluated.
  struct Entry: Hashable, Sendable {
    private var word: UInt64 = 0

    init() {}

    init(_ loop: Loop, _ place: Place, atLevel level: Int) {
      word = UInt64(loop.passes) | UInt64(loop.step) << 25 | UInt64(loop.dimension.rawValue) << 50
      word |= UInt64(place.rawValue) << 53 | UInt64(level) << 55
    }

    var passes: Int32 { Int32(word & 0x1FF_FFFF) }
    var step: Int32 { Int32(word >> 25 & 0x1FF_FFFF) }
    var dimension: UInt8 { UInt8(word >> 50 & 7) }
    var place: UInt8 { UInt8(word >> 53 & 3) }
    var level: UInt8 { UInt8(word >> 55) }
    /// Level and place, as a number that grows from the outside in.
    var position: UInt64 { word >> 53 }
  }

  /// How many levels the mapping has.
  public let levelCount: Int
  private(set) var loopCount = 0
  /// The loops in the order of the nest: by level, then by place, then outermost first.
  private(set) var entries = InlineArray<64, Entry>(repeating: Entry())
  /// The tensors each level keeps.
  private(set) var keeps = SIMD16<UInt8>(repeating: 0)

  /// A mapping without loops that keeps nothing.
  ///
  /// - Precondition: there are at most ``mostLevels`` levels.
  public init(levelCount: Int) {
    precondition(
      (0...Self.mostLevels).contains(levelCount), "a compact mapping has at most 16 levels")
    self.levelCount = levelCount
  }

  /// The same mapping; `nil` where it has more levels or loops than fit.
  public init?(_ mapping: Mapping) {
    guard mapping.levels.count <= Self.mostLevels else { return nil }
    self.init(levelCount: mapping.levels.count)
    for (index, level) in mapping.levels.enumerated() {
      keep(level.keeps, atLevel: index)
      for (place, loops) in [
        (Place.temporal, level.temporal), (.spatialX, level.spatialX), (.spatialY, level.spatialY),
      ] {
        for loop in loops {
          guard loopCount < Self.mostLoops, Self.holds(loop) else { return nil }
          append(loop, place, atLevel: index)
        }
      }
    }
  }

  /// Sets the tensors a level keeps.
  public mutating func keep(_ tensors: TensorSet, atLevel level: Int) {
    precondition((0..<levelCount).contains(level), "the level is one of the mapping's")
    keeps[level] = tensors.rawValue
  }

  /// Adds a loop inside all there are.
  ///
  /// - Precondition: there is room, and no loop of a level or place further in.
  public mutating func append(_ loop: Loop, _ place: Place, atLevel level: Int) {
    precondition((0..<levelCount).contains(level), "the level is one of the mapping's")
    precondition(loopCount < Self.mostLoops, "a compact mapping has at most 64 loops")
    precondition(Self.holds(loop), "passes and step of a loop are 1 to 2^25 - 1")
    let entry = Entry(loop, place, atLevel: level)
    if loopCount > 0 {
      precondition(
        entries[loopCount - 1].position <= entry.position, "loops are added from the outside in")
    }
    entries[loopCount] = entry
    loopCount += 1
  }

  private static func holds(_ loop: Loop) -> Bool {
    (1...largestNumber).contains(loop.passes) && (1...largestNumber).contains(loop.step)
  }
}

extension CompactMapping: Hashable {
  /// Whether both have the same loops, in the same order, and keep the same.
  public static func == (left: CompactMapping, right: CompactMapping) -> Bool {
    guard left.levelCount == right.levelCount, left.loopCount == right.loopCount,
      left.keeps == right.keeps
    else { return false }
    for index in 0..<left.loopCount where left.entries[index] != right.entries[index] {
      return false
    }
    return true
  }

  /// Hashes loops and kept tensors; unused room counts for nothing.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(levelCount)
    hasher.combine(keeps)
    for index in 0..<loopCount { hasher.combine(entries[index]) }
  }
}

extension Mapping {
  /// The mapping a compact one stands for.
  public init(_ compact: CompactMapping) {
    var levels = (0..<compact.levelCount).map {
      LevelMapping(keeps: TensorSet(rawValue: compact.keeps[$0]))
    }
    for index in 0..<compact.loopCount {
      let entry = compact.entries[index]
      guard let dimension = LoopDimension(rawValue: entry.dimension) else { continue }
      let loop = Loop(dimension, passes: entry.passes, step: entry.step)
      switch entry.place {
      case CompactMapping.Place.temporal.rawValue: levels[Int(entry.level)].temporal.append(loop)
      case CompactMapping.Place.spatialX.rawValue: levels[Int(entry.level)].spatialX.append(loop)
      default: levels[Int(entry.level)].spatialY.append(loop)
      }
    }
    self.init(levels: levels)
  }
}
