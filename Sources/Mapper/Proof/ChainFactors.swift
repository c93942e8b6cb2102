internal import Dataflow
internal import Ops

/// What one chain of a dimension contributes to counts, at least.
struct ChainFactors {
  let context: ProofContext
  let dimension: Int

  private func divided(_ whole: Int64, _ part: Int64) -> Int64 {
    (whole + part - 1) / max(1, part)
  }

  /// A term's factors where the tensor moves as often as loops outside ask for, and where it stays
  /// over all of them.
  func factors(of term: Term, _ chain: InnerChain) -> (moving: Double, staying: Double) {
    if context.isRelevant(dimension, to: term.role) {
      if term.role == .input && context.isInWindow(dimension) { return (1, 1) }
      let words = context.words(term.role, along: dimension)
      return (words, words)
    }
    if term.child == context.levelCount {
      var shared: Int64 = 1
      for level in context.arrayLevel..<context.levelCount {
        shared *= chain.split(level, term.shared[level]).shared
      }
      let count = Double(divided(Int64(context.bounds[dimension]), shared))
      return (count, count)
    }
    return (
      moves(of: term, chain, stayingInside: context.arrayLevel),
      Double(apart(of: term, chain, from: context.arrayLevel))
    )
  }

  /// Terms whose tensor the chain's loops in time move inside the array level (``InnerVariable/stops``).
  func stops(_ chain: InnerChain, _ terms: [Term]) -> TermVector {
    var stops = TermVector(repeating: 0)
    for (index, term) in terms.enumerated()
    where term.child < context.levelCount && context.isRelevant(dimension, to: term.role) {
      for level in context.arrayLevel + 1..<max(context.arrayLevel + 1, term.child)
      where chain.tile[level] > chain.front[level] {
        stops[index] = level == term.child - 1 && level > context.arrayLevel + 1 ? 2 : 1
      }
    }
    return stops
  }

  /// Factors of terms that move with every loop in time around the last level before theirs.
  func deep(_ chain: InnerChain, _ terms: [Term], moving: TermVector) -> TermVector {
    var deep = moving
    for (index, term) in terms.enumerated()
    where term.child < context.levelCount && term.child > context.arrayLevel + 2
      && !context.isRelevant(dimension, to: term.role)
    {
      deep[index] = moves(of: term, chain, stayingInside: term.child - 2)
    }
    return deep
  }

  /// Children that no access serves together, by term with a negative price.
  func apart(_ chain: InnerChain, _ terms: [Term], _ savings: Savings) -> SIMD4<Double> {
    var apart = SIMD4<Double>(repeating: 1)
    for number in 0..<savings.count {
      let term = terms[savings[number].term]
      if context.isRelevant(dimension, to: term.role) { continue }
      for level in context.arrayLevel..<max(context.arrayLevel, term.child) {
        apart[number] *= Double(chain.split(level, term.shared[level]).apart)
      }
    }
    return apart
  }

  /// Children at levels from one on that no access serves together.
  private func apart(of term: Term, _ chain: InnerChain, from level: Int) -> Int64 {
    groups(term.shared, chain, level..<max(level, term.child))
  }

  /// Children at some levels that no access serves together. With imperfect factors only the first
  /// child of a level surely has as many of its own as there can be.
  func groups(_ shared: SIMD16<UInt8>, _ chain: InnerChain, _ levels: Range<Int>) -> Int64 {
    levels.reversed().reduce(1) { inner, level in
      let own = apart(at: level, shared[level], chain)
      return context.isPerfect ? own * inner : own - 1 + inner
    }
  }

  /// Children of one level that no access serves together, at least: with imperfect factors the last
  /// along one axis may leave nothing for the last along the other.
  func apart(at level: Int, _ shared: UInt8, _ chain: InnerChain) -> Int64 {
    let split = chain.split(level, shared)
    guard !context.isPerfect, split.apart > 1 else { return split.apart }
    let front = Int64(level == context.arrayLevel ? chain.leastFront : chain.front[level])
    let tile = level + 1 < context.levelCount ? Int64(chain.tile[level + 1]) : 1
    return max(1, min(split.apart, divided(front, tile * split.shared)))
  }

  /// How often a tensor that the dimension does not move is moved along it, at least, where it stays
  /// over the loops in time of levels inside one.
  func moves(of term: Term, _ chain: InnerChain, stayingInside level: Int) -> Double {
    let shared = (context.arrayLevel...level).reduce(Int64(1)) {
      $0 * chain.split($1, term.shared[$1]).shared
    }
    let tile = level + 1 < context.levelCount ? Int64(chain.tile[level + 1]) : 1
    let whole = divided(Int64(context.bounds[dimension]), tile * shared)
    let inner = apart(of: term, chain, from: level + 1)
    return Double(context.isPerfect ? whole * inner : whole - 1 + inner)
  }

  /// Extent of a dimension that one access serves, and children that hold parts of it by themselves.
  private func reach(
    of term: Term, _ chain: InnerChain
  ) -> (extent: Int64, apart: Int64, isOneRange: Bool) {
    var extent = term.child < context.levelCount ? Int64(chain.tile[term.child]) : 1
    var isOneRange = true
    for level in (context.arrayLevel..<term.child).reversed() {
      let shared = term.shared[level]
      let passes = chain.split(level, shared).shared
      let tile = level + 1 < context.levelCount ? Int64(chain.tile[level + 1]) : 1
      if passes > 1, extent != tile || shared == 1 && chain.y[level] > 1 { isOneRange = false }
      extent *= passes
    }
    return (
      extent, groups(term.shared, chain, context.arrayLevel..<term.child), isOneRange
    )
  }

  /// Words of the input along an axis, in all tiles of the term: each time that loops outside make it
  /// move anew, and the first time.
  ///
  /// A sweep over the axis that begins anew may find some of its first tile still held by the last.
  func window(
    _ window: WindowWords, _ term: Term, _ chain: InnerChain, filters: InnerChain
  ) -> (moving: Double, staying: Double) {
    let (rows, apart, isOneRange) = reach(of: term, chain)
    let (wide, filtersApart, areOneRange) = reach(of: term, filters)
    // Ranges apart may share more than neighbours do, if the rows of p are several words apart.
    if !(isOneRange && areOneRange), window.strideOfOutputs > 1 {
      return (term.child == context.levelCount ? window.all : 0, window.all)
    }
    let bound = Int64(context.bounds[dimension])
    let pieces = Int(divided(bound, rows))
    let longest = Int32(clamping: wide)
    if term.child == context.levelCount {
      let words = window.present(outputs: pieces, longestFilter: longest)
      return (words, words)
    }
    // With imperfect factors the children may reach as far and the tile in front of them not.
    let filterBound = Int64(context.bounds[window.r])
    if wide * filtersApart < filterBound || Int64(filters.leastFront) < filterBound {
      return (0, window.all)
    }
    var gap: Int64 = 0
    if context.isPerfect && term.child == context.arrayLevel + 1 {
      gap = max(0, Int64(chain.mostFront) - rows)
    }
    let instances = Int(min(apart, Int64(pieces)))
    let once = window.slid(
      outputs: pieces, longestFilter: longest, instances: instances,
      stepsOver: Int32(clamping: gap))
    if pieces <= instances && (context.isPerfect || pieces == 1) { return (once, once) }
    return (
      window.slidAgain(outputs: pieces, longestFilter: longest, stepsOver: Int32(clamping: gap)),
      once
    )
  }

  /// The same where no tile shares words with the one before it; or where tiles slide along the outputs
  /// as long as the filter stays in place, and no further.
  func windowPresent(
    _ window: WindowWords, _ term: Term, _ chain: InnerChain, filters: InnerChain, slides: Bool
  ) -> Double {
    let (rows, _, isOneRange) = reach(of: term, chain)
    let (wide, _, areOneRange) = reach(of: term, filters)
    if !(isOneRange && areOneRange), window.strideOfOutputs > 1 { return window.all }
    return window.present(
      outputs: slides ? 1 : Int(divided(Int64(context.bounds[dimension]), rows)),
      longestFilter: Int32(clamping: wide))
  }

  /// What the dimension contributes to the words of a tile that surely exists.
  func size(at level: Int, of role: TensorRole, _ chain: InnerChain) -> Double {
    guard context.isRelevant(dimension, to: role) else { return 1 }
    if role == .input && context.isInWindow(dimension) { return 1 }
    return context.isSimple(role, dimension) ? Double(chain.tile[level]) : 0
  }

  func windowSize(
    _ window: WindowWords, at level: Int, _ chain: InnerChain, filters: InnerChain
  ) -> Double {
    let full = { (chain: InnerChain, dimension: Int) -> Int32 in
      let (tile, bound) = (chain.tile[level], context.bounds[dimension])
      if tile == 1 || context.isPerfect { return bound / tile }
      return max(1, Int32(clamping: chain.passes(context.arrayLevel..<level)) - 1)
    }
    return window.words(
      outputs: chain.tile[level], filters: filters.tile[level],
      fullOutputs: full(chain, window.p), fullFilters: full(filters, window.r))
  }
}
