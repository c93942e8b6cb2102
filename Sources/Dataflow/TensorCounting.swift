internal import Ops

/// Counts the words of one tensor that move under one mapping, for scopes given by the caller.
struct TensorCounter {
  let nest: LoopNest
  let factors: [TensorFactor]
  var counter: FactorCounter

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
    let carries = nest.temporalCount(outside: scope.depth)
    let edge: Cut = direction == .entering ? .start : .end
    let steps = [nil] + (0..<carries).map { Optional($0) }
    return combine(scope, direction, steps.map { $0.map { .carry($0) } ?? .edge(edge) })
  }

  /// Words present, summed over all steps: what multiply-accumulate lanes take in.
  mutating func presentAtAllSteps(in scope: CountingScope) -> [Int64] {
    combine(scope, .entering, [.edge(.all)])
  }

  /// Words that move at the first (entering) or after the last step (leaving).
  mutating func movedAtEdge(
    in scope: CountingScope, _ direction: FactorCounter.Direction = .entering
  ) -> [Int64] {
    combine(scope, direction, [.edge(direction == .entering ? .start : .end)])
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

  /// A set of steps over which counts are products.
  private enum Steps {
    case edge(Cut)
    /// The steps at which a temporal loop advances, by its place in the nest.
    case carry(Int)
  }

  private mutating func combine(
    _ scope: CountingScope, _ direction: FactorCounter.Direction, _ steps: [Steps]
  ) -> [Int64] {
    var present: [[Int64]] = [Array(repeating: 1, count: steps.count)]
    var kept = present
    for factor in factors {
      let dimensions = factor.dimensions
      let choices = dimensions.map { SpatialChoices(of: $0, nest: nest, scope: scope) }
      var known: [[Cut]: [AxisCount]] = [:]
      var columns: [[AxisCount]] = []
      for step in steps {
        let cuts = dimensions.map { cut($0, at: step) }
        let counts: [AxisCount]
        if let found = known[cuts] {
          counts = found
        } else {
          counts = counter.counts(
            of: factor, scope: scope, choices: choices, cuts: cuts, direction: direction)
          known[cuts] = counts
        }
        columns.append(counts)
      }
      let separate = columns[0].count
      present = present.flatMap { row in
        (0..<separate).map { s in row.indices.map { row[$0] * columns[$0][s].present } }
      }
      kept = kept.flatMap { row in
        (0..<separate).map { s in row.indices.map { row[$0] * columns[$0][s].kept } }
      }
    }
    return zip(present, kept).map { zip($0, $1).reduce(0) { $0 + $1.0 - $1.1 } }
  }

  private func cut(_ dimension: LoopDimension, at step: Steps) -> Cut {
    switch step {
    case .edge(let cut):
      return cut
    case .carry(let order):
      let outer = nest.temporal.prefix(order).count { $0.dimension == dimension }
      return .carry(outer: outer, advances: nest.temporal[order].dimension == dimension)
    }
  }
}
