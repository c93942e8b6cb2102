internal import Dataflow
internal import Ops

/// Finds the ways to cut a dimension that an outer and an inner chain leave open.
struct CutChains {
  let context: ProofContext
  let dimension: Int
  private var outer = OuterChain()
  /// Passes over the array level's children, and steps in time, of the inner chain.
  private var x: Int64 = 1
  private var y: Int64 = 1
  private var innerSteps = 1.0
  /// Words along an axis of the input that a child reaches, as ``InnerPart/spans`` has it.
  private var span: Int32 = 0
  /// Steps that a piece of so many indices takes inside the array level; -1 where not known yet.
  private var stepsInside: [Double] = []
  private var most = 0
  /// More steps than this are not wanted.
  private var mostSteps = Double.infinity
  private var all: [CutChain] = []
  private var pieces = Pieces()
  /// Ways looked at, listed or not.
  private(set) var visits: Int64 = 0
  /// What the last list took, in steps of a search: those looked at, and the ones listed many times over.
  var effort: Int64 { visits + 20 * Int64(all.count) }
  /// Whether there are more than are listed.
  private var isCutShort = false

  /// More ways to cut a dimension between two chains than this are not listed.
  static let most = 16_384
  private static let mostVisits: Int64 = 1_000_000

  init(_ context: ProofContext, dimension: Int) {
    self.context = context
    self.dimension = dimension
  }

  /// Lists those of an outer and an inner chain that take no more steps than so many.
  ///
  /// - Parameters:
  ///   - span: words along an axis of the input that a child reaches (``InnerPart/spans``).
  ///   - most: more ways than this are not listed.
  mutating func list(
    _ outer: OuterChain, _ inner: UnsafePointer<InnerChain>, span: Int32, mostSteps: Double,
    most: Int
  ) -> CutList {
    self.span = span
    self.most = most
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
    var found: [CutChain] = []
    swap(&found, &all)
    for number in found.indices { describe(&found[number]) }
    swap(&found, &all)
    return CutList(all, mostSteps: mostSteps, isCutShort: isCutShort)
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
        if all.count >= most {
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

  /// Tells how the loops run, from the tiles that enter each.
  private mutating func describe(_ chain: inout CutChain) {
    chain.longestFront = chain.front[context.arrayLevel]
    chain.shortest = chain.tile
    if context.isPerfect {
      chain.countPasses(context.levelCount)
      return
    }
    pieces.begin(chain.tile[0])
    let bound = Double(chain.tile[0])
    let window = context.windowNumber(dimension)
    let array = context.arrayLevel
    let (widest, below) = (chain.front[array], chain.step(after: array, of: context.levelCount))
    var last = SIMD4<Double>(repeating: 1)
    for level in 0..<context.levelCount {
      let step = chain.front[level]
      if level <= array {
        // What stays over the loops of a tile moves to the children of its first pass.
        let first = pieces.firstGroups(widest, x: chain.stepX[array], y: below)
        if level > 0 { chain.runs[level - 1] = (first / last).largest }
        chain.tiles[level] = first[3]
        last = first
      }
      let few = window.map {
        context.windowTable[$0].passesToRestartAfresh(
          dimension, step: step, spanOfChild: level == array ? span : 0)
      }
      let passes = pieces.passes(step, few: few ?? 0)
      (chain.leastPasses[level], chain.mostPasses[level]) = (passes.least, passes.most)
      if passes.least > 1 { chain.clean |= 1 << UInt16(level) }
      if passes.most > 1 {
        chain.looped |= 1 << UInt16(level)
        chain.onePassShare[level] = min(1, passes.inOne / bound)
        if let window {
          let words = passes.inFew * Double(context.windowTable[window].wordsOfOne(dimension))
          chain.freshShare[level] = max(0, 1 - words / context.windowTable[window].all)
        }
      }
      if level == array {
        chain.groups = pieces.groups(step, x: chain.stepX[level], y: below)
        chain.runs[level] = (chain.groups / last).largest
        if passes.most > 1 {
          chain.idleShare = pieces.idleShare(step, x: chain.stepX[level], y: below)
        }
      }
      for step in [step, chain.stepX[level], chain.step(after: level, of: context.levelCount)] {
        pieces.cut(step)
      }
    }
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
