internal import Dataflow
internal import Ops

/// Lower bounds of the energy of a mapping whose tiles are known, for one order of its loops after
/// another.
///
/// A weight or an output stays over the innermost loops that do not move it. The input does too, and
/// where the innermost loop that moves it runs along one of its axes, neighbouring tiles share what
/// their windows have in common; along other axes they do so only where that loop, beginning again,
/// comes back to something held.
struct NestBounds {
  /// What the input shares between tiles that follow one another: nothing, words along one axis,
  /// or words along all.
  private enum Slide {
    case none
    case along(Int)
    case all
  }

  private let context: ProofContext
  private let chains: [CutChain]
  private let constant: Double
  /// Of each tensor, picojoules of inner transfers where it moves as often as loops ask for, and
  /// where it stays over all of them; for the input where all axes slide.
  private let moving: SIMD4<Double>
  private let staying: SIMD4<Double>
  /// The input's energy where nothing slides, and where one axis does.
  private var unslid = 0.0
  private var slidAlong: [Double] = []
  private struct Outer {
    var role: TensorRole
    var level: Int
    var moving: Double
    var staying: Double
    var unslid: Double
    var slidAlong: [Double]
  }
  private var outer: [Outer] = []

  init(
    _ tables: InnerTables, inner: InnerPart, chains: [CutChain], innerChains: [InnerChain]
  ) {
    context = tables.context
    self.chains = chains
    constant = tables.terms.constant + tables.terms.outerConstant
    moving = SIMD4(inner.moving[0], inner.sweeping, inner.moving[2], 0)
    staying = inner.staying
    slidAlong = Array(repeating: 0, count: context.windows.count)
    addInner(tables, inner, innerChains)
    for term in tables.terms.outer { addOuter(term) }
  }

  /// Energies of inner input transfers with less sliding, from those with all of it.
  private mutating func addInner(
    _ tables: InnerTables, _ inner: InnerPart, _ innerChains: [InnerChain]
  ) {
    unslid = moving[1]
    for index in slidAlong.indices { slidAlong[index] = moving[1] }
    for term in tables.inner where term.role == .input && term.child < context.levelCount {
      // Loops in time between the array level and the term's level may slide by themselves.
      let isCutInside = (context.arrayLevel + 1..<max(context.arrayLevel + 1, term.child)).contains
      {
        level in
        chains.indices.contains {
          context.isRelevant($0, to: .input) && chains[$0].looped & (1 << UInt16(level)) != 0
        }
      }
      if isCutInside { continue }
      var words = term.price
      for dimension in chains.indices {
        let factors = ChainFactors(context: context, dimension: dimension)
        guard context.windowOfOutputs[dimension] == nil else { continue }
        words *= factors.factors(of: term, innerChains[dimension]).moving
      }
      var again: [Double] = []
      var slid: [Double] = []
      var present: [Double] = []
      for window in context.windows {
        let factors = ChainFactors(context: context, dimension: window.p)
        let (own, filters) = (innerChains[window.p], innerChains[window.r])
        let swept = factors.window(window, term, own, filters: filters)
        again.append(swept.moving)
        slid.append(swept.staying)
        present.append(factors.windowPresent(window, term, own, filters: filters))
      }
      let all = again.reduce(words, *)
      unslid += present.reduce(words, *) - all
      for window in slidAlong.indices {
        let alone = slid.indices.reduce(words) { $0 * ($1 == window ? slid[$1] : present[$1]) }
        slidAlong[window] += alone - all
      }
    }
  }

  private mutating func addOuter(_ term: Term) {
    var (moving, staying) = (term.price, term.price)
    for dimension in chains.indices {
      if context.isRelevant(dimension, to: term.role) {
        if term.role == .input && context.isInWindow(dimension) { continue }
        moving *= context.words(term.role, along: dimension)
        staying *= context.words(term.role, along: dimension)
      } else {
        moving *= Double((context.bounds[dimension] - 1) / chains[dimension].tile[term.child] + 1)
      }
    }
    var outer = Outer(
      role: term.role, level: term.child, moving: moving, staying: staying, unslid: moving,
      slidAlong: [])
    if term.role == .input {
      let all = context.windows.reduce(1.0) { $0 * $1.all }
      let again = context.windows.reduce(1.0) {
        let (p, r) = (chains[$1.p], chains[$1.r])
        return $0
          * $1.again(
            isCut: p.tile[term.child] < context.bounds[$1.p],
            isFilterCut: r.tile[term.child] < context.bounds[$1.r])
      }
      let present = context.windows.map { window in
        let (tile, bound) = (chains[window.p].tile[term.child], context.bounds[window.p])
        return window.present(
          outputs: Int((bound - 1) / tile) + 1, longestFilter: chains[window.r].tile[term.child])
      }
      outer.unslid = present.reduce(moving, *)
      outer.slidAlong = present.indices.map { number in
        present.indices.reduce(moving) {
          $0 * ($1 == number ? context.windows[$1].all : present[$1])
        }
      }
      outer.moving *= again
      outer.staying *= all
    }
    self.outer.append(outer)
  }

  /// Picojoules without leakage of all mappings with some orders of the loops down to the array level.
  ///
  /// - Parameter orders: of each level, dimensions with loops in time, outermost first.
  func energy(_ orders: [[Int]]) -> Double {
    var energy = constant
    for role in TensorRole.allCases {
      let index = Int(role.rawValue)
      energy += self.energy(
        role, through: context.arrayLevel, orders, moving: moving[index], staying: staying[index],
        unslid: unslid, slidAlong: slidAlong)
    }
    for term in outer {
      energy += self.energy(
        term.role, through: term.level - 1, orders, moving: term.moving, staying: term.staying,
        unslid: term.unslid, slidAlong: term.slidAlong)
    }
    return energy
  }

  @inline(__always)
  private func energy(
    _ role: TensorRole, through level: Int, _ orders: [[Int]], moving: Double, staying: Double,
    unslid: Double, slidAlong: [Double]
  ) -> Double {
    let relevant = context.relevant[Int(role.rawValue)]
    var run = 1.0
    var isClean = true
    var level = level
    while level >= 0 {
      let bit = UInt16(1) << UInt16(level)
      for dimension in orders[level].reversed() {
        let chain = chains[dimension]
        if relevant & (1 << UInt8(dimension)) == 0 {
          run *= Double((chain.tile[level] - 1) / chain.front[level] + 1)
          continue
        }
        guard chain.clean & bit != 0 else {
          // Where a tile has one pass only, more may stay.
          isClean = false
          continue
        }
        var words = moving
        if role == .input && isClean {
          switch slide(dimension, level) {
          case .none: words = unslid
          case .along(let window): words = slidAlong[window]
          case .all: break
          }
        }
        return max(staying, words / run)
      }
      level -= 1
    }
    return staying
  }

  private func slide(_ dimension: Int, _ level: Int) -> Slide {
    guard
      let window = context.windowOfOutputs[dimension] ?? context.windowOfFilters[dimension]
    else { return .none }
    // Loops of one axis at several levels continue one another.
    let chain = chains[dimension]
    let isAlone = (0..<context.levelCount).allSatisfy {
      $0 == level || chain.looped & (1 << UInt16($0)) == 0 || $0 > context.arrayLevel
    }
    guard isAlone,
      context.windows[window].restartsAfresh(
        dimension, step: chain.front[level], passes: chain.leastPasses[level])
    else { return .all }
    return .along(window)
  }
}
