internal import Accelerators
internal import Dataflow
internal import Ops

/// How one dimension runs below the array level: the children it is unrolled over and all tiles
/// inside.
///
/// With perfect factors a chain is one way to cut. With imperfect ones the tile in front of the array
/// level's children, and the step between its axes, may be anything that gives the passes.
struct InnerChain: Sendable {
  /// Of each level inside the array level the tile that enters, 1 for the lanes; and the tile left
  /// by its loops in time.
  var tile = PerLevel<Int32>(repeating: 1)
  var front = PerLevel<Int32>(repeating: 1)
  /// Of each level from the array level on: passes along x and y, and inside of it the step of x.
  var x = PerLevel<Int32>(repeating: 1)
  var y = PerLevel<Int32>(repeating: 1)
  var stepX = PerLevel<Int32>(repeating: 1)
  /// The tiles that may be in front of the array level's children.
  var leastFront: Int32 = 1
  var mostFront: Int32 = 1
  /// Steps in time over the whole dimension, at least.
  var steps = 1.0

  func step(after level: Int, of levels: Int) -> Int32 { level + 1 < levels ? tile[level + 1] : 1 }

  /// Passes over children at levels from one on, before another.
  func passes(_ levels: Range<Int>) -> Int64 {
    var passes: Int64 = 1
    for level in levels {
      passes = min(1 << 40, passes * Int64(x[level]) * Int64(y[level]))
    }
    return passes
  }

  /// Passes over the children of a level that one access serves, and those it does not.
  func split(_ level: Int, _ shared: UInt8) -> (shared: Int64, apart: Int64) {
    let (x, y) = (Int64(x[level]), Int64(y[level]))
    switch shared {
    case 0: return (1, x * y)
    case 1: return (x, y)
    case 2: return (y, x)
    default: return (x * y, 1)
    }
  }
}

extension [InnerChain] {
  /// The chains in an order in which those that are unrolled alike follow one another, the shortest tiles
  /// first.
  ///
  /// - Parameter fanouts: the levels that unroll anything, the outermost first; of more than two, those that
  ///   follow do not count.
  func ordered(_ fanouts: [Int]) -> [InnerChain] {
    let level = fanouts.first ?? 0
    let keys = map { chain in
      let passes = { (level: Int) in
        UInt64(Swift.min(chain.x[level], 4095)) << 12 | UInt64(Swift.min(chain.y[level], 4095))
      }
      let rest = fanouts.count > 1 ? passes(fanouts[1]) : UInt64(chain.step(after: level, of: 16))
      return passes(level) << 32 | rest
    }
    return indices.sorted { (keys[$0], $0) < (keys[$1], $1) }.map { self[$0] }
  }
}

/// Lists the inner chains of a dimension.
struct InnerChains {
  let space: Mapspace
  /// The outermost level that unrolls anything.
  let arrayLevel: Int
  let dimension: Int
  let bound: Int32
  private let isPerfect: Bool
  private let isEven: Bool
  private let bit: UInt8
  /// Of each level, the longest tile that fits; and the dimensions (bits) with loops in time.
  private let longest: [Int32]
  private let loops: SIMD16<UInt8>
  private(set) var all: [InnerChain] = []

  /// More chains of a dimension than this are not listed.
  private static let mostChains = 40_000

  /// - Parameters:
  ///   - longest: of each level, the longest tile of the dimension that fits.
  ///   - loops: of each level, the dimensions (bits) with loops in time.
  ///   - isEven: whether tiles inside the array level are cut without a remainder.
  /// - Returns: `nil` where there are too many.
  init?(
    _ space: Mapspace, arrayLevel: Int, dimension: Int, longest: [Int32], loops: SIMD16<UInt8>,
    isEven: Bool
  ) {
    self.space = space
    self.arrayLevel = arrayLevel
    self.dimension = dimension
    self.longest = longest
    self.loops = loops
    bound = space.bounds[dimension]
    isPerfect = space.factors == .perfect
    self.isEven = isEven || isPerfect
    bit = 1 << UInt8(dimension)
    var chain = InnerChain()
    guard grow(space.levels.count - 1, &chain) else { return nil }
  }

  /// Adds all chains whose tile that enters the next level is known; `false` where there are too many.
  private mutating func grow(_ level: Int, _ chain: inout InnerChain) -> Bool {
    let rules = space.levels[level]
    let inner = level + 1 < space.levels.count ? chain.tile[level + 1] : 1
    let mostY = rules.spatialY & bit != 0 ? min(rules.sizeY, bound) : 1
    let mostX = rules.spatialX & bit != 0 ? min(rules.sizeX, bound) : 1
    for y in 1...mostY {
      let widest = Int64(y) * Int64(inner)
      let narrowest = isPerfect || y == 1 ? widest : Int64(y - 1) * Int64(inner) + 1
      if narrowest > Int64(bound) { break }
      for x in 1...mostX {
        let least = isPerfect || x == 1 ? Int64(x) * narrowest : Int64(x - 1) * narrowest + 1
        if least > Int64(bound) { break }
        guard rules.spatialPasses[dimension].contains(x * y) else { continue }
        chain.x[level] = x
        chain.y[level] = y
        let goesOn =
          level == arrayLevel
          ? finish(chain, front: least...max(least, Int64(x) * widest))
          : unroll(level, &chain, narrowest...min(widest, Int64(bound)))
        if !goesOn { return false }
      }
    }
    chain.x[level] = 1
    chain.y[level] = 1
    return true
  }

  /// Chooses the tiles of a level inside the array level.
  private mutating func unroll(
    _ level: Int, _ chain: inout InnerChain, _ steps: ClosedRange<Int64>
  ) -> Bool {
    let rules = space.levels[level]
    let x = Int64(chain.x[level])
    for step in isEven ? steps.upperBound...steps.upperBound : steps {
      let least = isEven || x == 1 ? x * step : (x - 1) * step + 1
      if least > Int64(bound) { break }
      for front in least...min(x * step, Int64(bound)) {
        chain.stepX[level] = Int32(step)
        chain.front[level] = Int32(front)
        let most = loops[level] & bit != 0 ? longest[level] : min(longest[level], Int32(front))
        var tile = Int32(front)
        while tile <= most {
          let passes = (tile - 1) / Int32(front) + 1
          let fits = !isPerfect || bound % tile == 0 && tile % Int32(front) == 0
          if fits, rules.temporalPasses[dimension].contains(passes) {
            chain.tile[level] = tile
            if !grow(level - 1, &chain) { return false }
          }
          tile += isEven ? Int32(front) : 1
        }
      }
    }
    return true
  }

  private mutating func finish(_ found: InnerChain, front: ClosedRange<Int64>) -> Bool {
    var chain = found
    let whole = Int64(bound)
    if isPerfect && (front.upperBound > whole || whole % front.upperBound != 0) { return true }
    chain.leastFront = Int32(front.lowerBound)
    chain.mostFront = Int32(min(front.upperBound, whole))
    let isCut = space.levels[...arrayLevel].contains { $0.temporal & bit != 0 }
    if !isCut {
      guard front.upperBound >= whole else { return true }
      chain.leastFront = bound
    }
    chain.steps = steps(chain, front: front.upperBound)
    all.append(chain)
    return all.count <= Self.mostChains
  }

  /// Steps over the whole dimension: tiles of a child run after one another, shorter ones in fewer
  /// steps if all loops inside are in time.
  private func steps(_ chain: InnerChain, front: Int64) -> Double {
    let whole = Int64(bound)
    let levels = space.levels.count
    if chain.passes(arrayLevel + 1..<levels) > 1 || arrayLevel + 1 == levels {
      let lanes = chain.passes(arrayLevel..<levels)
      return Double((whole + lanes - 1) / lanes)
    }
    let tile = Int64(chain.tile[arrayLevel + 1])
    return Double(whole / front * tile + min(tile, whole % front))
  }
}
