internal import Accelerators
internal import Dataflow
internal import Ops

/// How one dimension is cut above the array level: of each level the extents a tile may have.
///
/// With perfect factors the two extents are the same; with imperfect ones all tiles between them are
/// the same number at least.
struct OuterChain: Sendable {
  var least = PerLevel<Int32>(repeating: 1)
  var most = PerLevel<Int32>(repeating: 1)
  /// Of each level, tiles along the dimension, at least.
  var counts = PerLevel<Int32>(repeating: 1)

  /// The most chains of a dimension that are listed.
  private static let mostChains = 40_000

  /// The chains of a dimension; `nil` where there are too many.
  ///
  /// - Parameter longest: of each level, the longest tile of the dimension that fits.
  static func all(
    of dimension: Int, _ context: ProofContext, longest: [Int32]
  ) -> [OuterChain]? {
    let bound = context.bounds[dimension]
    let whole = OuterChain(
      least: PerLevel(repeating: bound), most: PerLevel(repeating: bound))
    var chains = [whole]
    let bit = UInt8(1) << UInt8(dimension)
    let ranges = context.isPerfect ? divisors(of: bound) : intervals(of: bound)
    for level in 0..<context.arrayLevel {
      let rules = context.space.levels[level]
      var longerChains: [OuterChain] = []
      for chain in chains {
        let (entered, next) = (chain.most[level], chain.least[level])
        for range in ranges
        where range.lowerBound <= entered && range.lowerBound <= longest[level + 1] {
          if rules.temporal & bit == 0, range.lowerBound > entered || range.upperBound < next {
            continue
          }
          if context.isPerfect {
            guard entered % range.lowerBound == 0,
              rules.temporalPasses[dimension].contains(entered / range.lowerBound)
            else { continue }
          }
          var longer = chain
          longer.least[level + 1] = range.lowerBound
          longer.most[level + 1] = min(range.upperBound, entered)
          longer.counts[level + 1] = (bound - 1) / range.upperBound + 1
          longerChains.append(longer)
          if longerChains.count > mostChains { return nil }
        }
      }
      chains = longerChains
    }
    return chains
  }

  /// Whether an inner part's tile may be cut from this chain's.
  func takesIn(_ part: InnerPart, _ dimension: Int, _ context: ProofContext) -> Bool {
    let level = context.arrayLevel
    let front = part.leastFront[dimension]
    if front > most[level] { return false }
    if context.isPerfect && least[level] % front != 0 { return false }
    let bit = UInt8(1) << UInt8(dimension)
    return context.space.levels[level].temporal & bit != 0
      || least[level] <= part.mostFront[dimension]
  }

  private static func divisors(of bound: Int32) -> [ClosedRange<Int32>] {
    (1...bound).filter { bound % $0 == 0 }.map { $0...$0 }
  }

  /// Extents that cut a bound into the same number of tiles.
  private static func intervals(of bound: Int32) -> [ClosedRange<Int32>] {
    var found: [ClosedRange<Int32>] = []
    var most = bound
    while most >= 1 {
      let count = (bound - 1) / most + 1
      let least = (bound - 1) / count + 1
      found.append(least...most)
      most = least - 1
    }
    return found
  }
}

/// One way to cut all dimensions above the array level, with lower bounds of what it costs.
///
/// The longest vectors come first, so that no room is left between them: there are many parts.
struct OuterPart {
  var ports = PortCycles(repeating: 0)
  /// Of each dimension, the extents of the tile that enters the array level.
  var least = SIMD8<Int32>(repeating: 1)
  var most = SIMD8<Int32>(repeating: 1)
  /// Of each tensor, tiles at the array level along the dimensions that do not move it.
  var visits = SIMD4<Double>(repeating: 1)
  /// The least energy, and by the set of tensors that the innermost loop leaves in place.
  var energies = SIMD4<Double>(repeating: 0)
  var energy: Double { energies.min3 }
  /// Of each dimension, the number of its chain.
  var chains = SIMD8<UInt16>(repeating: 0)
  /// Cycles of first and last tiles.
  var cycles = 0.0
  var score = 0.0
  /// Cycles of each port by the set of tensors that the innermost loop leaves in place, once the
  /// orders that the loops can have were looked at.
  var tightPorts: UnsafePointer<PortCycles>?
  /// Dimensions (bits) that are not cut.
  var whole: UInt8 = 0

  func precedes(_ other: OuterPart) -> Bool {
    score == other.score ? chains.precedes(other.chains) : score < other.score
  }
}

/// Outer parts in memory of their own, which grows without being looked through.
final class OuterList {
  private(set) var count = 0
  private(set) var parts = UnsafeMutablePointer<OuterPart>.allocate(capacity: 1024)
  private var capacity = 1024

  deinit { parts.deallocate() }

  func append(_ part: OuterPart) {
    if count == capacity {
      capacity *= 2
      let larger = UnsafeMutablePointer<OuterPart>.allocate(capacity: capacity)
      larger.moveInitialize(from: parts, count: count)
      parts.deallocate()
      parts = larger
    }
    (parts + count).initialize(to: part)
    count += 1
  }
}
