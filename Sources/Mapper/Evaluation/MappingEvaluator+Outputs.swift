internal import Dataflow

/// Partial sums between each level that keeps outputs and the next one.
extension MappingEvaluator {
  func countOutput(_ state: inout EvaluationState, _ mapping: borrowing CompactMapping) {
    let idle = state.nest.loops(of: tensors[2].idle) & ~state.nest.temporal
    var parent = 0
    // Stays of words in the parent that began without a partial sum from outside.
    var stays = tensors[2].singleWords
    while parent < levelCount {
      hold(tileWords(2, depth: parent, &state), 2, parent, &state)
      let child = nextKeeper(2, inside: parent, mapping)
      let between = state.nest.outside[child] & ~state.nest.outside[parent]
      let edge = Edge(
        tensor: 2, parent: parent, source: source(2, parent), child: child, between: between,
        shared: state.nest.shared.output & idle)
      let sums = countUpdates(edge, &state)
      stays = sums.leaving - countReturns(edge, sums, idle: idle, stays: stays, &state)
      parent = child
    }
  }

  /// Words of outputs that leave children.
  private struct LeavingSums {
    /// All of them, which are as many as enter children.
    var leaving: Double
    /// What arrives at the parent's level.
    var updates: Double
    /// What arrives at its instance 0.
    var busiest: Double
  }

  private func all(
    _ scope: EvaluationScope, _ edge: Edge, _ state: inout EvaluationState
  ) -> Double {
    edge.child == levelCount
      ? presentAtAllSteps(scope, &state).sum : moved(scope, &state).sum
  }

  /// Partial sums on their way up.
  private func countUpdates(_ edge: Edge, _ state: inout EvaluationState) -> LeavingSums {
    let (parent, child) = (edge.parent, edge.child)
    let outer = state.nest.outside[parent] & ~state.nest.temporal
    let leaving = all(EvaluationScope(tensor: 2, depth: child), edge, &state)
    var updates = leaving
    for level in (parent..<child).reversed() {
      let joined = edge.shared & state.nest.outside[level + 1] & ~state.nest.outside[level]
      let before = updates
      if joined != 0 { updates = all(collecting(edge, apart: level, &state), edge, &state) }
      if isPriced(level, 2) {
        deliver(before, level, 2, &state)
        state.picojoules += (before - updates) * prices.levels[level].additionPicojoules
      }
    }
    charge(updates, edge.source, 2, .updates, &state)
    var sums = LeavingSums(leaving: leaving, updates: updates, busiest: updates)
    if isCarried(edge.source, 2, .updates) || isCarried(edge.source, 2, .reads) {
      var updating = collecting(edge, apart: parent, &state)
      updating.first = outer
      if outer != 0 { sums.busiest = all(updating, edge, &state) }
      load(sums.busiest, edge.source, 2, .updates, &state)
      if child < levelCount, isCarried(edge.source, 2, .updates),
        !prices.levels[child].stopsChildren
      {
        let words = presentAtEdge(
          updating, tile: tileWords(2, depth: child, &state), &state)
        loadTile(words, edge.source, 2, .updates, tileOf: child, .outputs, &state)
      }
    }
    if child < levelCount { charge(leaving, child, 2, .drains, &state) }
    return sums
  }

  /// Partial sums that go back to a child: of the words that enter children, those whose partial
  /// sum lives in the parent.
  ///
  /// - Returns: how many there are.
  private func countReturns(
    _ edge: Edge, _ sums: LeavingSums, idle: UInt64, stays: Double,
    _ state: inout EvaluationState
  ) -> Double {
    let (parent, child) = (edge.parent, edge.child)
    let isBusy = isCarried(edge.source, 2, .reads)
    let outer = state.nest.outside[parent] & ~state.nest.temporal
    var returning = EvaluationScope(tensor: 2, depth: child)
    returning.united = idle & edge.between
    var (reads, busiest) = (sums.updates, sums.busiest)
    // As many enter as leave where both count together, unless some of those fall idle.
    if returning.united != edge.shared & edge.between
      || returning.united & state.unevenLoops != 0
    {
      reads = all(returning, edge, &state)
      busiest = reads
      if isBusy, outer != 0 {
        returning.first = outer
        busiest = all(returning, edge, &state)
      }
    }
    if !switches.readsFirstPartialSum {
      reads -= stays
      if isBusy { busiest -= distinctWordsOfFirstInstance(depth: parent, &state) }
    }
    charge(reads, edge.source, 2, .reads, &state)
    if isBusy { load(busiest, edge.source, 2, .reads, &state) }
    for level in parent..<child where isPriced(level, 2) { deliver(reads, level, 2, &state) }
    if child < levelCount {
      charge(reads, child, 2, .fills, &state)
      loadChild(child, &state)
    }
    return reads
  }

  /// What instance 0 of a level exchanges with its parent.
  private func loadChild(_ child: Int, _ state: inout EvaluationState) {
    let (fills, drains) = (isCarried(child, 2, .fills), isCarried(child, 2, .drains))
    guard fills || drains else { return }
    var own = EvaluationScope(tensor: 2, depth: child)
    own.first = state.nest.outside[child] & ~state.nest.temporal
    own.isLeaving = true
    let words = moved(own, &state).sum
    if fills {
      let new =
        switches.readsFirstPartialSum ? 0 : distinctWordsOfFirstInstance(depth: child, &state)
      load(words - new, child, 2, .fills, &state)
    }
    if drains {
      load(words, child, 2, .drains, &state)
      if !prices.levels[child].stopsChildren {
        let last = presentAtEdge(own, tile: tileWords(2, depth: child, &state), &state)
        loadTile(last, child, 2, .drains, tileOf: child, .outputs, &state)
      }
    }
  }

  /// Counts of partial sums that are added where the wires add, with the loops of levels outside
  /// `apart` counting one by one.
  @inline(__always)
  private func collecting(
    _ edge: Edge, apart: Int, _ state: inout EvaluationState
  ) -> EvaluationScope {
    var scope = EvaluationScope(tensor: 2, depth: edge.child)
    scope.united = edge.shared & edge.between & ~state.nest.outside[apart]
    scope.isLeaving = true
    return scope
  }
}
