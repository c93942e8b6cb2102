internal import Ops

/// Counts the words of one tensor that move under one mapping, for scopes given by the caller.
struct TensorCounter {
  let nest: LoopNest
  let factors: [TensorFactor]
  private var counter: FactorCounter
  private var tables: [TableKey: FactorTable] = [:]

  init(_ projection: Projection, nest: LoopNest, storesPadding: Bool) {
    self.nest = nest
    factors = TensorFactor.factors(
      of: projection, bounds: nest.bounds, storesPadding: storesPadding)
    counter = FactorCounter(nest)
  }

  /// Words that move, over all steps, one total for each separate choice.
  ///
  /// At a step that advances a loop the words present are a product over the factors, and so are
  /// the words that need not move; the difference moves. Entering words are new at the first step,
  /// leaving ones go after the last.
  mutating func moved(
    in scope: CountingScope, _ direction: FactorCounter.Direction = .entering
  ) -> [Int64] {
    combine(scope, direction, .moves)
  }

  /// Words present, summed over all steps: what multiply-accumulate lanes take in.
  mutating func presentAtAllSteps(in scope: CountingScope) -> [Int64] {
    combine(scope, .entering, .edge(.all))
  }

  /// Words that move at the first (entering) or after the last step (leaving).
  mutating func movedAtEdge(
    in scope: CountingScope, _ direction: FactorCounter.Direction = .entering
  ) -> [Int64] {
    combine(scope, direction, .edge(direction == .entering ? .start : .end))
  }

  /// The most words a tile of level `depth` has.
  mutating func peakWords(depth: Int) -> Int64 {
    var words: Int64 = 1
    for factor in factors { words *= counter.peak(of: factor, depth: depth) }
    return words
  }

  /// Distinct words that instance 0 of level `depth` has over all steps; for a tensor whose axes
  /// are single indices.
  mutating func distinctWordsOfFirstInstance(depth: Int) -> Int64 {
    var words: Int64 = 1
    for case .single(let dimension) in factors {
      let classes = counter.pieceClasses(
        of: dimension, depth: depth, cut: .all, interior: .everywhere)
      words *= classes.reduce(0) { $0 + $1.multiplicity * $1.new[0].extent }
    }
    return words
  }

  /// The steps a count runs over.
  private enum Steps: Hashable, Sendable {
    /// Those of one cut at which no loop is singled out.
    case edge(Cut)
    /// The first step and those at which a loop advances, or the last and those.
    case moves
  }

  /// The counts of one factor: steps, and in each the separate choices.
  private struct FactorTable: Sendable {
    var separateCount: Int
    var counts: [AxisCount]
  }

  /// What a factor's table depends on; scopes that agree on it share the table.
  private struct TableKey: Hashable {
    var factor: Int
    var depth: Int
    /// Four bits for each spatial loop of the factor's dimensions: role, forwarding, diagonal.
    var loops: UInt64
    var direction: FactorCounter.Direction
    var steps: Steps
  }

  private mutating func combine(
    _ scope: CountingScope, _ direction: FactorCounter.Direction, _ steps: Steps
  ) -> [Int64] {
    let stepCount = steps == .moves ? nest.temporalCount(outside: scope.depth) + 1 : 1
    var present = Array(repeating: Int64(1), count: stepCount)
    var kept = present
    kept[0] = 0  // Nothing was held before the first step, and nothing is after the last.
    var spread: [FactorTable] = []
    for index in factors.indices where !isTrivial(index, in: scope) {
      let table = table(of: index, scope, direction, steps)
      guard table.separateCount == 1 else {
        spread.append(table)
        continue
      }
      for step in 0..<stepCount {
        present[step] *= table.counts[step].present
        kept[step] *= table.counts[step].kept
      }
    }
    for table in spread { (present, kept) = Self.spread(present, kept, stepCount, over: table) }
    return (0..<present.count / stepCount).map { row in
      var moved: Int64 = 0
      for cell in row * stepCount..<(row + 1) * stepCount { moved += present[cell] - kept[cell] }
      return moved
    }
  }

  /// Products for each choice so far and each separate choice of one more factor.
  private static func spread(
    _ present: [Int64], _ kept: [Int64], _ stepCount: Int, over table: FactorTable
  ) -> (present: [Int64], kept: [Int64]) {
    let separate = table.separateCount
    var nextPresent: [Int64] = []
    var nextKept: [Int64] = []
    nextPresent.reserveCapacity(present.count * separate)
    nextKept.reserveCapacity(present.count * separate)
    for row in 0..<present.count / stepCount {
      for choice in 0..<separate {
        for step in 0..<stepCount {
          let count = table.counts[step * separate + choice]
          nextPresent.append(present[row * stepCount + step] * count.present)
          nextKept.append(kept[row * stepCount + step] * count.kept)
        }
      }
    }
    return (nextPresent, nextKept)
  }

  private mutating func table(
    of index: Int, _ scope: CountingScope, _ direction: FactorCounter.Direction, _ steps: Steps
  ) -> FactorTable {
    let dimensions = factors[index].dimensions
    let signature = signature(of: factors[index], scope)
    let key = TableKey(
      factor: index, depth: scope.depth, loops: signature ?? 0, direction: direction, steps: steps)
    if signature != nil, let known = tables[key] { return known }
    if let even = evenTable(of: factors[index], scope, steps) {
      if signature != nil { tables[key] = even }
      return even
    }
    let choices = dimensions.map { SpatialChoices(of: $0, nest: nest, scope: scope) }
    var table = FactorTable(
      separateCount: choices.reduce(1) { $0 * Int($1.separateCount) }, counts: [])
    var last: (cuts: [Cut], counts: [AxisCount])?
    visitCuts(at: steps, dimensions, depth: scope.depth, direction) { cuts in
      if let last, last.cuts == cuts {
        table.counts += last.counts
        return
      }
      let counts = counter.counts(
        of: factors[index], scope: scope, choices: choices, cuts: cuts, direction: direction)
      table.counts += counts
      last = (cuts, counts)
    }
    if signature != nil { tables[key] = table }
    return table
  }

  /// Whether a factor is one word at every step: a dimension that does not move the tensor, all of
  /// whose loops are inside the tiles.
  private func isTrivial(_ index: Int, in scope: CountingScope) -> Bool {
    guard case .irrelevant(let dimension) = factors[index] else { return false }
    guard let outermost = nest.chain(dimension).first else { return true }
    return outermost.level >= scope.depth
  }

  /// The table of a factor of one index, or none, all of whose loops divide: every piece is full,
  /// nobody is idle, and products of passes say it all.
  private func evenTable(
    of factor: TensorFactor, _ scope: CountingScope, _ steps: Steps
  ) -> FactorTable? {
    let dimension: LoopDimension
    let isSingle: Bool
    switch factor {
    case .irrelevant(let own): (dimension, isSingle) = (own, false)
    case .single(let own): (dimension, isSingle) = (own, true)
    case .affine: return nil
    }
    guard nest.divides(dimension) else { return nil }
    var separate = 1
    var words: Int64 = 1
    for (number, loop) in nest.spatial.enumerated()
    where loop.dimension == dimension && loop.level < scope.depth {
      let passes = nest.chain(dimension)[loop.chainIndex].passes
      switch scope.roles[number] {
      case .separate: separate *= Int(passes)
      case .united: words *= isSingle ? Int64(passes) : 1
      case .summed: words *= Int64(passes)
      }
    }
    var extent = Int64(nest.bounds[dimension])
    var inner: Int64 = 1
    for loop in nest.chain(dimension) where loop.level < scope.depth {
      extent = Int64(loop.step)
      if loop.order != nil { inner *= Int64(loop.passes) }
    }
    if isSingle { words *= extent }
    var table = FactorTable(separateCount: separate, counts: [])
    func append(_ positions: Int64, keeps: Bool) {
      let present = positions * words
      for _ in 0..<separate {
        table.counts.append(AxisCount(present: present, kept: keeps ? present : 0))
      }
    }
    guard steps == .moves else {
      append(steps == .edge(.all) ? inner : 1, keeps: false)
      return table
    }
    append(1, keeps: false)
    var outer: Int64 = 1
    for loop in nest.temporal where loop.level < scope.depth {
      guard loop.dimension == dimension else {
        append(outer, keeps: !isSingle || inner == 1)
        continue
      }
      append(outer * (loop.passes - 1), keeps: !isSingle)
      outer *= loop.passes
      inner /= loop.passes
    }
    return table
  }

  /// `nil` where the loops are too many for a signature.
  private func signature(of factor: TensorFactor, _ scope: CountingScope) -> UInt64? {
    var signature: UInt64 = 0
    var count = 0
    for (number, loop) in nest.spatial.enumerated()
    where loop.level < scope.depth && factor.moves(with: loop.dimension) {
      var mark = UInt64(scope.roles[number].rawValue)
      if scope.forwarding == loop { mark |= 4 }
      if scope.diagonals.contains(where: { $0.x == loop || $0.y == loop }) { mark |= 8 }
      signature = signature << 4 | mark
      count += 1
    }
    return count <= 16 ? signature : nil
  }

  /// Gives the cuts of some dimensions, for each step that counts.
  private func visitCuts(
    at steps: Steps, _ dimensions: [LoopDimension], depth: Int,
    _ direction: FactorCounter.Direction, _ visit: ([Cut]) -> Void
  ) {
    if case .edge(let cut) = steps {
      visit(dimensions.map { _ in cut })
      return
    }
    visit(dimensions.map { _ in direction == .entering ? .start : .end })
    var outer = dimensions.map { _ in 0 }
    var still = dimensions.map { _ in Cut.carry(outer: 0, advances: false) }
    for loop in nest.temporal where loop.level < depth {
      guard let own = dimensions.firstIndex(of: loop.dimension) else {
        visit(still)
        continue
      }
      var cuts = still
      cuts[own] = .carry(outer: outer[own], advances: true)
      visit(cuts)
      outer[own] += 1
      still[own] = .carry(outer: outer[own], advances: false)
    }
  }
}
