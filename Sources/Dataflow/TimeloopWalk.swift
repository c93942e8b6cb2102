internal import Ops

/// Timeloop's walk through a nest: the first pass of each temporal loop, and a second one that
/// stands for all that follow.
///
/// In space only the first child of each level is walked; the tiles of the others are its tile,
/// moved. What a level's tile gains in a step is its new words where they are a box and the tile
/// moved as it did in the step before, else the whole tile.
struct TimeloopWalk {
  /// What is remembered of a level's tile of one tensor.
  private struct TileState {
    var last: TimeloopRectangle?
    var lastTranslation: SIMD8<Int64>?
    var largest = 0.0
  }

  /// What the children of a level needed in the step before.
  private struct ChildrenState {
    var arrayKey: UInt8
    var firstTiles: [TimeloopRectangle]
  }

  /// Which children a neighbour serves, and how the rest is grouped.
  private struct Hop {
    var servedChildren: Double
    var groups: TimeloopArray.Groups
  }

  private struct HopKey: Hashable {
    var level: Int
    var tensor: Int
    var array: UInt8
    var earlierArray: UInt8
    var moved: SIMD8<Int64>
  }

  private let nest: TimeloopNest
  private let hierarchy: Hierarchy
  let tensors: [TimeloopTensor]

  // Where the walk is.
  private var indices: [Int64]
  private var transform = SIMD8<Int64>.zero

  // What it remembers, by level.
  private var tiles: [[TileState]]
  private var children: [ChildrenState?]
  private var arrays: [[UInt8: TimeloopArray]]
  private var hops: [HopKey: Hop] = [:]

  // What it found.
  /// Accesses of each level by its children, by level and tensor.
  private(set) var accesses: [[TimeloopAccesses]]
  /// Words that children of each level had from neighbours, by level and tensor.
  private(set) var linkTransfers: [[Double]]
  /// Largest union of the children's tiles, by level and tensor; 0 where a level does not fan out.
  private(set) var largestUnion: [[Double]]
  /// Multiply-accumulates of the lanes that are walked.
  private(set) var computes = 0.0

  init(_ problem: Problem, on hierarchy: Hierarchy, nest: TimeloopNest) {
    self.nest = nest
    self.hierarchy = hierarchy
    tensors = TensorRole.allCases.compactMap { role in
      problem.projections[role].map { TimeloopTensor(role, $0) }
    }
    let none = Array(repeating: 0.0, count: tensors.count)
    let levelCount = nest.levels.count
    indices = Array(repeating: 0, count: nest.entries.count)
    tiles = Array(repeating: tensors.map { _ in TileState() }, count: levelCount)
    children = Array(repeating: nil, count: levelCount)
    arrays = Array(repeating: [:], count: levelCount)
    accesses = Array(repeating: tensors.map { _ in TimeloopAccesses() }, count: levelCount)
    linkTransfers = Array(repeating: none, count: levelCount)
    largestUnion = Array(repeating: none, count: levelCount)
  }

  /// Walks the whole nest.
  mutating func run() {
    _ = enter(level: 0, epochs: 1)
  }

  /// Largest tile of each tensor an instance of a level holds.
  func largestTiles(ofLevel level: Int) -> [Double] { tiles[level].map(\.largest) }
}

// MARK: - Where the walk is
extension TimeloopWalk {
  /// Whether all loops of a dimension outside of an entry are in their last pass.
  private func isLast(_ dimension: LoopDimension, outside index: Int) -> Bool {
    for outer in 0..<index where nest.entries[outer].dimension == dimension {
      if indices[outer] + 1 < nest.entries[outer].residualEnd { return false }
    }
    return true
  }

  private func passes(of index: Int) -> Int64 {
    let entry = nest.entries[index]
    guard entry.end != entry.residualEnd else { return entry.end }
    return isLast(entry.dimension, outside: index) ? entry.residualEnd : entry.end
  }

  /// The tiles that the loops from an entry inwards cover, one a tensor.
  private func tiles(of index: Int) -> [TimeloopRectangle] {
    var last = nest.entries[index].lastIteration
    if nest.hasRemainders {
      for dimension in LoopDimension.allCases where isLast(dimension, outside: index) {
        let place = Int(dimension.rawValue)
        last[place] = nest.entries[index].residualLastIteration[place]
      }
    }
    return tensors.map { $0.rectangle(first: transform, last: transform &+ last) }
  }

  /// The words of the iteration the walk is at.
  private var iterationTiles: [TimeloopRectangle] {
    tensors.map { $0.rectangle(first: transform, last: transform) }
  }
}

// MARK: - In time
extension TimeloopWalk {
  /// Runs a level for one tile and gives what the tile gained, one box a tensor.
  private mutating func enter(level: Int, epochs: Double) -> [TimeloopRectangle] {
    temporal(nest.levels[level].boundary, level: level, epochs: epochs)
    let current = tiles(of: nest.levels[level].boundary)
    return current.indices.map { tensor in
      tiles[level][tensor].largest = max(tiles[level][tensor].largest, current[tensor].size)
      return Self.gain(&tiles[level][tensor], current[tensor])
    }
  }

  /// What a tile gained against the tile before, and what to remember of it.
  private static func gain(
    _ state: inout TileState, _ tile: TimeloopRectangle
  ) -> TimeloopRectangle {
    let last = state.last
    state.last = tile
    guard let last, !last.isEmpty else { return tile }
    let translation = tile.low &- last.low
    if translation == .zero { return tile.subtracting(last) }
    if let before = state.lastTranslation, before != translation {
      state.lastTranslation = nil
      return tile
    }
    state.lastTranslation = translation
    return tile.subtracting(last)
  }

  private mutating func temporal(_ index: Int, level: Int, epochs: Double) {
    let loops = nest.levels[level]
    let passes = self.passes(of: index)
    let isInnermost = index == loops.innermostTemporal
    if isInnermost && level == nest.levels.count - 1 && loops.spatial.isEmpty {
      computes += Double(passes) * epochs
      for tensor in tensors.indices { accesses[level][tensor].add(Double(passes) * epochs) }
      return
    }
    let saved = transform
    indices[index] = 0
    var gained: [(sizes: [Double], times: Double)] = []
    for run in Self.runs(passes: passes, hasRemainders: nest.hasRemainders) {
      var sizes: [Double] = []
      if !isInnermost {
        temporal(index + 1, level: level, epochs: epochs * run.passes)
      } else if loops.spatial.isEmpty {
        sizes = enter(level: level + 1, epochs: epochs * run.passes).map(\.size)
      } else {
        spatial(level: level, epochs: epochs * run.passes)
      }
      if !sizes.isEmpty {
        if run.repeatsRunBefore, !gained.isEmpty {
          gained[gained.count - 1].times += run.passes
        } else {
          gained.append((sizes, run.passes))
        }
      }
      let entry = nest.entries[index]
      transform[Int(entry.dimension.rawValue)] += entry.stride * Int64(run.passes)
      indices[index] += Int64(run.passes)
    }
    transform = saved
    guard !gained.isEmpty else { return }
    for tensor in tensors.indices {
      let words = gained.reduce(0) { $0 + $1.sizes[tensor] * $1.times }
      accesses[level][tensor].add(words * epochs)
    }
  }

  /// Passes of a loop that are walked, each standing for a number of passes.
  ///
  /// With remainders the last two are walked on their own, and the last but one moves the tile by
  /// more than one pass: then what the tile gains in it is taken from the run before.
  private static func runs(
    passes: Int64, hasRemainders: Bool
  ) -> [(passes: Double, repeatsRunBefore: Bool)] {
    if !hasRemainders {
      return passes < 2 ? [(1, false)] : [(1, false), (Double(passes - 1), false)]
    }
    switch passes {
    case ...1: return [(1, false)]
    case 2: return [(1, false), (1, false)]
    case 3: return [(1, false), (1, false), (1, false)]
    default: return [(1, false), (Double(passes - 3), false), (1, true), (1, false)]
    }
  }
}

// MARK: - In space
extension TimeloopWalk {
  private mutating func spatial(level: Int, epochs: Double) {
    let loops = nest.levels[level].spatial
    let union = tiles(of: loops.lowerBound)
    for tensor in tensors.indices {
      largestUnion[level][tensor] = max(largestUnion[level][tensor], union[tensor].size)
    }
    let (key, array) = arrangement(ofLevel: level)
    for index in loops { indices[index] = 0 }
    let firstTiles: [TimeloopRectangle]
    if level + 1 < nest.levels.count {
      firstTiles = enter(level: level + 1, epochs: epochs)
    } else {
      firstTiles = iterationTiles
      computes += Double(array.places.count) * epochs
    }
    for tensor in tensors.indices where !firstTiles[tensor].isEmpty {
      let words = firstTiles[tensor].size * epochs
      let direct = array.groups[tensor]
      let hop = self.hop(level: level, tensor: tensor, key: key, array, firstTiles[tensor])
      if Self.accesses(hop.groups) < Self.accesses(direct) {
        linkTransfers[level][tensor] += hop.servedChildren * words
        add(hop.groups, words: words, level: level, tensor: tensor)
      } else {
        add(direct, words: words, level: level, tensor: tensor)
      }
    }
    children[level] = ChildrenState(arrayKey: key, firstTiles: firstTiles)
  }

  private static func accesses(_ groups: TimeloopArray.Groups) -> Int64 {
    groups.reduce(0) { $0 + $1.scatter }
  }

  private mutating func add(
    _ groups: TimeloopArray.Groups, words: Double, level: Int, tensor: Int
  ) {
    for group in groups {
      accesses[level][tensor].add(
        words * Double(group.scatter), multicast: group.multicast, scatter: group.scatter)
    }
  }

  /// Which children of a level a neighbour serves at this step, and the groups of the others.
  private mutating func hop(
    level: Int, tensor: Int, key: UInt8, _ array: TimeloopArray, _ tile: TimeloopRectangle
  ) -> Hop {
    guard let state = children[level], let earlier = arrays[level][state.arrayKey],
      tile.hasShape(of: state.firstTiles[tensor])
    else { return Hop(servedChildren: 0, groups: array.groups[tensor]) }
    let moved = tile.low &- state.firstTiles[tensor].low
    let hopKey = HopKey(
      level: level, tensor: tensor, array: key, earlierArray: state.arrayKey, moved: moved)
    if let known = hops[hopKey] { return known }
    let spatial = nest.entries[nest.levels[level].spatial]
    let columns = extent(along: .x, of: level, spatial)
    let rows = extent(along: .y, of: level, spatial)
    let served = array.servedByNeighbours(
      ofTensor: tensor, from: earlier, moved: moved, columns: columns, count: columns * rows)
    let found = Hop(
      servedChildren: Double(served.filter { $0 }.count),
      groups: array.groups(ofTensor: tensor, without: served))
    hops[hopKey] = found
    return found
  }

  /// Places along an axis: the hardware's, or more where a mapping uses more.
  private func extent(
    along axis: ArrayAxis, of level: Int, _ entries: ArraySlice<TimeloopNest.Entry>
  ) -> Int64 {
    let mapped = entries.reduce(1) { $0 * ($1.kind == .spatial(axis) ? $1.end : 1) }
    return max(Int64(hierarchy.levels[level].wires(axis).size), mapped)
  }

  /// The children of a level at this step; they differ only by which dimensions are in their last
  /// tile.
  private mutating func arrangement(ofLevel level: Int) -> (key: UInt8, array: TimeloopArray) {
    let loops = nest.levels[level].spatial
    var key: UInt8 = 0
    if nest.hasRemainders {
      for dimension in LoopDimension.allCases where isLast(dimension, outside: loops.lowerBound) {
        key |= DimensionSet(dimension).rawValue
      }
    }
    if let known = arrays[level][key] { return (key, known) }
    var array = TimeloopArray(tensorCount: tensors.count)
    fill(&array, loops, place: 0, vector: .zero)
    array.group()
    arrays[level][key] = array
    return (key, array)
  }

  private mutating func fill(
    _ array: inout TimeloopArray, _ loops: Range<Int>, place: Int64, vector: SIMD8<Int64>
  ) {
    guard let index = loops.first else {
      array.append(place: place, displacements: tensors.map { $0.displacement(of: vector) })
      return
    }
    let passes = self.passes(of: index)
    let entry = nest.entries[index]
    for pass in 0..<passes {
      indices[index] = pass
      var inner = vector
      inner[Int(entry.dimension.rawValue)] += entry.stride * pass
      fill(&array, loops.dropFirst(), place: place * passes + pass, vector: inner)
    }
  }
}
