internal import Dataflow
internal import Ops

/// One dimension cut wholly: every tile from the outermost level to single iterations.
struct CutChain: Sendable {
  /// Of each level, the tile that enters, the one left by its loop in time, and the step of x.
  var tile = SIMD16<Int32>(repeating: 1)
  var front = SIMD16<Int32>(repeating: 1)
  var stepX = SIMD16<Int32>(repeating: 1)
  /// Steps in time over the whole dimension.
  var steps = 1.0
  /// Levels (bits) whose loop in time has more than one pass in some tile, and those where it has in
  /// every tile.
  var looped: UInt16 = 0
  var clean: UInt16 = 0
  /// Of each level, the fewest passes of the loop in time.
  var leastPasses = SIMD16<Int32>(repeating: 1)
  /// Of each level whose loop is not clean, the share of all indices in tiles where it has one pass.
  var onePassShare = SIMD16<Double>(repeating: 0)
  /// Of each level with a loop, if the dimension is one of two along an axis of the input, the share of
  /// words, at least, in tiles where the loop leaves nothing of its last tile when it begins again.
  var freshShare = SIMD16<Double>(repeating: 0)
  fileprivate var isDescribed = false

  init() {}

  /// The outermost levels of a chain whose steps divide, the others left open.
  init(_ outer: OuterChain, levels: Int) {
    for level in 0..<levels {
      (tile[level], front[level]) = (outer.least[level], outer.least[level + 1])
      if tile[level] > front[level] { looped |= 1 << UInt16(level) }
      leastPasses[level] = tile[level] / front[level]
    }
    tile[levels] = outer.least[levels]
    clean = looped
  }

  func step(after level: Int, of levels: Int) -> Int32 { level + 1 < levels ? tile[level + 1] : 1 }
}

/// Lists the ways to cut a dimension that an outer and an inner chain leave open, those of the fewest
/// steps first.
struct CutChains {
  let context: ProofContext
  let dimension: Int
  private var outer = OuterChain()
  /// Passes over the array level's children, and steps in time, of the inner chain.
  private var x: Int64 = 1
  private var y: Int64 = 1
  private var innerSteps = 1.0
  /// Steps that a piece of so many indices takes inside the array level; -1 where not known yet.
  private var stepsInside: [Double] = []
  /// More steps than this are not wanted.
  private var mostSteps = Double.infinity
  private(set) var all: [CutChain] = []
  /// Ways looked at, listed or not.
  private(set) var visits: Int64 = 0
  /// Whether there are more than are listed.
  private(set) var isCutShort = false

  /// More ways to cut a dimension between two chains than this are not listed.
  private static let most = 4096
  private static let mostVisits: Int64 = 1_000_000

  init(_ context: ProofContext, dimension: Int) {
    self.context = context
    self.dimension = dimension
  }

  /// Lists those of an outer and an inner chain that take no more steps than so many.
  mutating func list(
    _ outer: OuterChain, _ inner: UnsafePointer<InnerChain>, mostSteps: Double
  ) {
    self.mostSteps = mostSteps
    self.outer = outer
    x = Int64(inner.pointee.x[context.arrayLevel])
    y = Int64(inner.pointee.y[context.arrayLevel])
    innerSteps = inner.pointee.steps
    all.removeAll(keepingCapacity: true)
    isCutShort = false
    visits = 0
    var chain = CutChain()
    var level = context.arrayLevel + 1
    while level < context.levelCount {
      chain.tile[level] = inner.pointee.tile[level]
      chain.front[level] = inner.pointee.front[level]
      chain.stepX[level] = inner.pointee.stepX[level]
      level += 1
    }
    chain.tile[0] = context.bounds[dimension]
    if !context.isPerfect {
      let longest = Int(chain.step(after: context.arrayLevel, of: context.levelCount))
      stepsInside.removeAll(keepingCapacity: true)
      stepsInside.append(contentsOf: repeatElement(-1, count: longest + 1))
    }
    cut(0, &chain)
    if all.count > 1 { all.sort { $0.steps < $1.steps } }
  }

  private mutating func cut(_ level: Int, _ chain: inout CutChain) {
    guard level < context.arrayLevel else {
      unroll(&chain)
      return
    }
    let most = min(outer.most[level + 1], chain.tile[level])
    var next = outer.least[level + 1]
    while next <= most && !isCutShort {
      let passes = (chain.tile[level] - 1) / next + 1
      if passes == 1 && next != chain.tile[level] {
        next += 1
        continue
      }
      if context.allows(passes: Int64(passes), level, dimension) {
        chain.front[level] = next
        chain.stepX[level] = next
        chain.tile[level + 1] = next
        cut(level + 1, &chain)
      }
      next += 1
    }
  }

  private mutating func unroll(_ chain: inout CutChain) {
    let level = context.arrayLevel
    let entered = chain.tile[level]
    let below = chain.step(after: level, of: context.levelCount)
    let widest = y * Int64(below)
    let shortest = shortestFront(chain, below)
    for step in (context.isPerfect || y == 1 ? widest : (y - 1) * Int64(below) + 1)...widest {
      let longest = min(x * step, Int64(entered))
      let least = context.isPerfect || x == 1 ? x * step : (x - 1) * step + 1
      if least > longest || isCutShort { break }
      if shortest > longest { continue }
      for front in max(least, shortest)...longest {
        if visits >= Self.mostVisits {
          isCutShort = true
          break
        }
        visits += 1
        let passes = (Int64(entered) - 1) / front + 1
        if passes == 1 && front != Int64(entered) { continue }
        if context.isPerfect && Int64(entered) % front != 0 { continue }
        guard context.allows(passes: passes, level, dimension) else { continue }
        chain.front[level] = Int32(front)
        chain.stepX[level] = Int32(step)
        chain.steps = context.isPerfect ? innerSteps : steps(chain, 0, Int64(chain.tile[0]))
        if chain.steps > mostSteps { continue }
        if all.count >= Self.most {
          isCutShort = true
          break
        }
        all.append(chain)
      }
    }
  }

  /// The shortest tile in front of the array level's children that takes no more steps than are wanted.
  ///
  /// It is never shorter than a child's tile, so that all passes but the last of a tile of the array
  /// level take as many steps as the longest piece of a child, in each tile that has its full extent.
  private mutating func shortestFront(_ chain: CutChain, _ below: Int32) -> Int64 {
    guard !context.isPerfect, mostSteps < .infinity else { return 1 }
    let level = context.arrayLevel
    var tiles = 1.0
    for outer in 0..<level { tiles *= Double(chain.tile[outer] / chain.front[outer]) }
    let inFullTile = mostSteps / tiles
    guard inFullTile >= 1 else { return .max }
    let passes = ((inFullTile - 1) / stepsOfChild(chain, level, Int64(below)) * (1 + 1e-12)) + 1
    guard passes < 1e9 else { return 1 }
    return (Int64(chain.tile[level]) - 1) / Int64(passes) + 1
  }

  /// One of those listed, with all that is known of it.
  mutating func described(_ number: Int) -> CutChain {
    var chain = all[number]
    if !chain.isDescribed {
      describe(&chain)
      chain.isDescribed = true
      all[number] = chain
    }
    return chain
  }

  /// Passes, from the tiles that enter each loop.
  private func describe(_ chain: inout CutChain) {
    if context.isPerfect {
      for level in 0..<context.levelCount where chain.tile[level] > chain.front[level] {
        chain.looped |= 1 << UInt16(level)
        chain.leastPasses[level] = chain.tile[level] / chain.front[level]
      }
      chain.clean = chain.looped
      return
    }
    var entering: [Piece] = [Piece(extent: chain.tile[0], count: 1)]
    let bound = Double(chain.tile[0])
    let window = context.windowNumber(dimension)
    for level in 0..<context.levelCount {
      let step = chain.front[level]
      let toRestart = window.map {
        context.windowTable[$0].passesToRestartAfresh(dimension, step: step)
      }
      var (least, most, inOnePass, inFew) = (Int32.max, Int32(1), 0.0, 0.0)
      for piece in entering {
        let passes = (piece.extent - 1) / step + 1
        (least, most) = (min(least, passes), max(most, passes))
        let indices = Double(piece.extent) * piece.count
        if passes == 1 { inOnePass += indices }
        if let toRestart, passes < toRestart { inFew += indices }
      }
      chain.leastPasses[level] = least
      if most > 1 { chain.looped |= 1 << UInt16(level) }
      if least > 1 { chain.clean |= 1 << UInt16(level) }
      if most > 1 && least == 1 { chain.onePassShare[level] = min(1, inOnePass / bound) }
      if most > 1, let window {
        let few = inFew * Double(context.windowTable[window].wordsOfOne(dimension))
        chain.freshShare[level] = max(0, 1 - few / context.windowTable[window].all)
      }
      for step in [step, chain.stepX[level], chain.step(after: level, of: context.levelCount)] {
        entering = Self.pieces(of: entering, step)
      }
    }
  }

  /// Pieces of one extent, and how many there are.
  private struct Piece {
    var extent: Int32
    var count: Double
  }

  private static func pieces(of pieces: [Piece], _ step: Int32) -> [Piece] {
    var found: [Piece] = []
    let add = { (extent: Int32, count: Double) in
      if extent == 0 || count == 0 { return }
      if let index = found.firstIndex(where: { $0.extent == extent }) {
        found[index].count += count
      } else {
        found.append(Piece(extent: extent, count: count))
      }
    }
    for piece in pieces {
      add(step, piece.count * Double(piece.extent / step))
      add(piece.extent % step, piece.count)
    }
    return found
  }

  /// Steps in time that a piece entering a level takes.
  private mutating func steps(_ chain: CutChain, _ level: Int, _ extent: Int64) -> Double {
    guard level < context.levelCount else { return 1 }
    let front = Int64(chain.front[level])
    let child = min(front, Int64(chain.step(after: level, of: context.levelCount)))
    // The first child has the longest piece.
    let full = extent / front
    var steps = full > 0 ? Double(full) * stepsOfChild(chain, level, child) : 0
    let rest = extent % front
    if rest > 0 { steps += stepsOfChild(chain, level, min(rest, child)) }
    return steps
  }

  /// The same of a piece that enters the next level; inside the array level all ways to cut have the
  /// same tiles.
  private mutating func stepsOfChild(_ chain: CutChain, _ level: Int, _ extent: Int64) -> Double {
    guard level == context.arrayLevel else { return steps(chain, level + 1, extent) }
    let known = stepsInside[Int(extent)]
    if known >= 0 { return known }
    let steps = steps(chain, level + 1, extent)
    stepsInside[Int(extent)] = steps
    return steps
  }
}
