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

    public static func < (left: Place, right: Place) -> Bool { left.rawValue < right.rawValue }
  }

  /// One loop and where it stands.
  struct Entry: Hashable, Sendable {
    var passes: Int32 = 0
    var step: Int32 = 0
    var dimension: UInt8 = 0
    var level: UInt8 = 0
    var place: UInt8 = 0
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
          guard loopCount < Self.mostLoops else { return nil }
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
    if loopCount > 0 {
      let last = entries[loopCount - 1]
      precondition(
        (last.level, last.place) <= (UInt8(level), place.rawValue),
        "loops are added from the outside in")
    }
    entries[loopCount] = Entry(
      passes: loop.passes, step: loop.step, dimension: loop.dimension.rawValue,
      level: UInt8(level), place: place.rawValue)
    loopCount += 1
  }
}

extension CompactMapping: Hashable {
  public static func == (left: CompactMapping, right: CompactMapping) -> Bool {
    guard left.levelCount == right.levelCount, left.loopCount == right.loopCount,
      left.keeps == right.keeps
    else { return false }
    for index in 0..<left.loopCount where left.entries[index] != right.entries[index] {
      return false
    }
    return true
  }

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
