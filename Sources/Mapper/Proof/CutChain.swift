internal import Dataflow
internal import Ops

/// One dimension cut wholly: every tile from the outermost level to single iterations; or what holds for
/// each of several such ways.
struct CutChain: Sendable {
  /// Of each level, the tile that enters, the one left by its loop in time, and the step of x.
  ///
  /// Of several ways the longest tile that enters, and the shortest that is left.
  var tile = PerLevel<Int32>(repeating: 1)
  var front = PerLevel<Int32>(repeating: 1)
  var stepX = PerLevel<Int32>(repeating: 1)
  /// Of each level the tile that enters; of several ways the shortest one.
  var shortest = PerLevel<Int32>(repeating: 1)
  /// Steps in time over the whole dimension.
  var steps = 1.0
  /// Levels (bits) whose loop in time has more than one pass in some tile, and those where it has in
  /// every tile.
  var looped: UInt16 = 0
  var clean: UInt16 = 0
  /// Of each level, the fewest passes of the loop in time, and the most.
  var leastPasses = PerLevel<Int32>(repeating: 1)
  var mostPasses = PerLevel<Int32>(repeating: 1)
  /// Of each level down to the array level, how many times as often the loop in time makes children move
  /// what it does not move itself, at most; and how many tiles enter the level, at least.
  var runs = PerLevel<Double>(repeating: 1)
  var tiles = PerLevel<Double>(repeating: 1)
  /// Of each level, the share of all indices in tiles where the loop in time has one pass.
  var onePassShare = PerLevel<Double>(repeating: 1)
  /// Of each level with a loop, if the dimension is one of two along an axis of the input, the share of
  /// words, at least, in tiles where the loop leaves nothing of its last tile when it begins again.
  var freshShare = PerLevel<Double>(repeating: 0)
  /// The longest tile in front of the array level's children.
  var longestFront: Int32 = 1
  /// Of the passes of the array level's loop in time, the share of those that begin it again after some
  /// child had nothing to do in its last pass and has lost what it held.
  var idleShare = 0.0

  /// Over all passes of the array level's loop in time, children at work that no access serves together, by
  /// the axes (1 for x, 2 for y) along which accesses serve all.
  var groups = SIMD4<Double>(repeating: 1)

  init() {}

  /// The outermost levels of a chain whose steps divide, the others left open.
  init(_ outer: OuterChain, levels: Int) {
    for level in 0..<levels {
      (tile[level], front[level]) = (outer.least[level], outer.least[level + 1])
    }
    tile[levels] = outer.least[levels]
    countPasses(levels)
  }

  func step(after level: Int, of levels: Int) -> Int32 { level + 1 < levels ? tile[level + 1] : 1 }

  /// The longest tile that a level's loop in time leaves.
  func longestFront(_ level: Int, arrayLevel: Int) -> Int32 {
    level < arrayLevel ? tile[level + 1] : longestFront
  }

  /// Counts the passes of so many levels where steps divide, and the tiles that enter them and the next one.
  mutating func countPasses(_ levels: Int) {
    for level in 0..<min(levels + 1, tiles.count) {
      tiles[level] = Double((tile[0] - 1) / tile[level] + 1)
    }
    for level in 0..<levels where tile[level] > front[level] {
      looped |= 1 << UInt16(level)
      leastPasses[level] = tile[level] / front[level]
      mostPasses[level] = leastPasses[level]
      runs[level] = Double(leastPasses[level])
      onePassShare[level] = 0
    }
    clean = looped
  }

  /// Leaves of what is known what holds for another way as well.
  mutating func widen(to other: CutChain) {
    tile.raise(to: other.tile)
    front.lower(to: other.front)
    shortest.lower(to: other.shortest)
    steps = min(steps, other.steps)
    looped |= other.looped
    clean &= other.clean
    leastPasses.lower(to: other.leastPasses)
    mostPasses.raise(to: other.mostPasses)
    runs.raise(to: other.runs)
    tiles.lower(to: other.tiles)
    onePassShare.raise(to: other.onePassShare)
    freshShare.lower(to: other.freshShare)
    longestFront = max(longestFront, other.longestFront)
    idleShare = min(idleShare, other.idleShare)
    groups = smaller(groups, other.groups)
  }
}

/// A number for each of up to sixteen levels or flows, to be read and written in place: a lane of a vector
/// whose number is known at run time only is read by way of a copy of the whole.
typealias PerLevel<Number> = InlineArray<16, Number>

extension InlineArray where Element: Comparable {
  /// Takes the smaller of each two numbers.
  @inline(__always)
  fileprivate mutating func lower(to other: Self) {
    for index in indices where other[index] < self[index] { self[index] = other[index] }
  }

  /// Takes the larger of each two numbers.
  @inline(__always)
  fileprivate mutating func raise(to other: Self) {
    for index in indices where other[index] > self[index] { self[index] = other[index] }
  }
}
