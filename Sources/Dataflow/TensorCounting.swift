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
    /// Role, forwarding and diagonal of the spatial loops of the factor's dimensions.
    var loops: [UInt8]
    var direction: FactorCounter.Direction
    var steps: Steps
  }

  private mutating func combine(
    _ scope: CountingScope, _ direction: FactorCounter.Direction, _ steps: Steps
  ) -> [Int64] {
    let stepCount = steps == .moves ? nest.temporalCount(outside: scope.depth) + 1 : 1
    var present = Array(repeating: Int64(1), count: stepCount)
    var kept = present
    for index in factors.indices {
      let table = table(of: index, scope, direction, steps)
      let separate = table.separateCount
      let rows = present.count / stepCount
      var nextPresent = Array(repeating: Int64(0), count: rows * separate * stepCount)
      var nextKept = nextPresent
      for row in 0..<rows {
        for choice in 0..<separate {
          let target = (row * separate + choice) * stepCount
          for step in 0..<stepCount {
            let count = table.counts[step * separate + choice]
            nextPresent[target + step] = present[row * stepCount + step] * count.present
            nextKept[target + step] = kept[row * stepCount + step] * count.kept
          }
        }
      }
      present = nextPresent
      kept = nextKept
    }
    return (0..<present.count / stepCount).map { row in
      var moved: Int64 = 0
      for cell in row * stepCount..<(row + 1) * stepCount { moved += present[cell] - kept[cell] }
      return moved
    }
  }

  private mutating func table(
    of index: Int, _ scope: CountingScope, _ direction: FactorCounter.Direction, _ steps: Steps
  ) -> FactorTable {
    let dimensions = factors[index].dimensions
    let key = TableKey(
      factor: index, depth: scope.depth, loops: signature(of: dimensions, scope),
      direction: direction, steps: steps)
    if let known = tables[key] { return known }
    let choices = dimensions.map { SpatialChoices(of: $0, nest: nest, scope: scope) }
    let table = FactorTable(
      separateCount: choices.reduce(1) { $0 * Int($1.separateCount) },
      counts: cuts(at: steps, dimensions, depth: scope.depth, direction).flatMap {
        counter.counts(
          of: factors[index], scope: scope, choices: choices, cuts: $0, direction: direction)
      })
    tables[key] = table
    return table
  }

  private func signature(of dimensions: [LoopDimension], _ scope: CountingScope) -> [UInt8] {
    var signature: [UInt8] = []
    for (number, loop) in nest.spatial.enumerated()
    where loop.level < scope.depth && dimensions.contains(loop.dimension) {
      var mark = scope.roles[number].rawValue
      if scope.forwarding == loop { mark |= 4 }
      if scope.diagonals.contains(where: { $0.x == loop || $0.y == loop }) { mark |= 8 }
      signature.append(mark)
    }
    return signature
  }

  /// The cuts of some dimensions, for each step that counts.
  private func cuts(
    at steps: Steps, _ dimensions: [LoopDimension], depth: Int,
    _ direction: FactorCounter.Direction
  ) -> [[Cut]] {
    guard steps == .moves else {
      guard case .edge(let cut) = steps else { return [] }
      return [dimensions.map { _ in cut }]
    }
    var cuts: [[Cut]] = [dimensions.map { _ in direction == .entering ? .start : .end }]
    var outer = dimensions.map { _ in 0 }
    for loop in nest.temporal.prefix(nest.temporalCount(outside: depth)) {
      cuts.append(
        dimensions.indices.map {
          .carry(outer: outer[$0], advances: dimensions[$0] == loop.dimension)
        })
      for index in dimensions.indices where dimensions[index] == loop.dimension {
        outer[index] += 1
      }
    }
    return cuts
  }
}
