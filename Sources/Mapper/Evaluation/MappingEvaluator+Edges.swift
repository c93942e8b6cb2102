internal import Dataflow

/// What moves between each level that keeps a tensor and the next one, and what it costs.
extension MappingEvaluator {
  /// A tensor's level and the next one that keeps it, or the lanes.
  private struct Edge {
    var tensor: Int
    var parent: Int
    var child: Int
    /// The loops below the parent or further in, outside the child.
    var between: UInt64
    /// Spatial loops along axes that share the tensor's words.
    var shared: UInt64
  }

  @inline(__always)
  private func nextKeeper(
    _ tensor: Int, inside level: Int, _ mapping: borrowing CompactMapping
  ) -> Int {
    var next = level + 1
    while next < levelCount, mapping.keeps[next] & 1 << UInt8(tensor) == 0 { next += 1 }
    return next
  }

  @inline(__always)
  private func isCarried(_ level: Int, _ tensor: Int, _ kind: ArrayPrices.Kind) -> Bool {
    prices.levels[level].carried & 1 << UInt16(ArrayPrices.stream(tensor, kind)) != 0
  }

  /// Adds the energy of words of one kind at a level.
  @inline(__always)
  private func charge(
    _ words: Double, _ level: Int, _ tensor: Int, _ kind: ArrayPrices.Kind,
    _ state: inout EvaluationState
  ) {
    state.picojoules +=
      words
      * prices.energy(level, state.reduction(level), ArrayPrices.stream(tensor, kind))
  }

  @inline(__always)
  private func setBusiest(
    _ words: Double, _ level: Int, _ tensor: Int, _ kind: ArrayPrices.Kind,
    _ state: inout EvaluationState
  ) {
    state.busiest[ArrayPrices.streamCount * level + ArrayPrices.stream(tensor, kind)] = words
  }

  /// Adds a tile to what a level holds.
  @inline(__always)
  private func hold(_ tensor: Int, _ level: Int, _ state: inout EvaluationState) {
    guard prices.levels[level].limitsTiles else { return }
    let bits =
      peakWords(tensor, depth: level, &state)
      * prices.storedBits(level, tensor, state.reduction(level))
    state.tileBits[level] += bits
    let most = prices.levels[level].partitionBits
    if bits > (tensor == 0 ? most.0 : tensor == 1 ? most.1 : most.2) { state.fits = false }
  }

  // MARK: - Weights and inputs

  func countOperand(
    _ tensor: Int, _ state: inout EvaluationState, _ mapping: borrowing CompactMapping
  ) {
    let shared = tensor == 0 ? state.nest.shared.weight : state.nest.shared.input
    var parent = 0
    while parent < levelCount {
      hold(tensor, parent, &state)
      let child = nextKeeper(tensor, inside: parent, mapping)
      let between = state.nest.outside[child] & ~state.nest.outside[parent]
      let edge = Edge(
        tensor: tensor, parent: parent, child: child, between: between, shared: shared)
      if child == levelCount {
        countLaneReads(edge, &state)
      } else {
        countFills(edge, &state)
      }
      parent = child
    }
  }

  /// Reads of the innermost keeper, at every step anew.
  private func countLaneReads(_ edge: Edge, _ state: inout EvaluationState) {
    let scope = sharing(edge, apart: edge.parent, state)
    let outer = state.nest.outside[edge.parent] & ~state.nest.temporal
    let reads = presentAtAllSteps(scope, &state).sum
    charge(reads, edge.parent, edge.tensor, .reads, &state)
    if isCarried(edge.parent, edge.tensor, .reads) {
      var busiest = reads
      if outer != 0 {
        var separate = scope
        separate.separate = outer
        busiest = presentAtAllSteps(separate, &state).largest
      }
      setBusiest(busiest, edge.parent, edge.tensor, .reads, &state)
    }
    for level in edge.parent..<edge.child where isPriced(level, edge.tensor) {
      let words = presentAtAllSteps(sharing(edge, apart: level + 1, state), &state).sum
      deliver(words, level, edge.tensor, &state)
    }
  }

  /// Reads of a keeper and fills of the next.
  private func countFills(_ edge: Edge, _ state: inout EvaluationState) {
    let (tensor, parent, child) = (edge.tensor, edge.parent, edge.child)
    let spatial = ~state.nest.temporal
    var filling = EvaluationScope(tensor: tensor, depth: child)
    let instances = state.nest.outside[child] & spatial
    if isCarried(child, tensor, .fills) { filling.separate = instances }
    let fills = moved(filling, &state)
    charge(fills.sum, child, tensor, .fills, &state)
    setBusiest(fills.largest, child, tensor, .fills, &state)

    var reading = sharing(edge, apart: parent, state)
    if forwarded & 1 << UInt8(tensor) != 0 { reading.forwarding = forwardingLoop(edge, state) }
    let outer = state.nest.outside[parent] & spatial
    let isBusy = isCarried(parent, tensor, .reads)
    let isPlain =
      reading.united == 0 && reading.forwarding < 0 && reading.diagonalLevels.isEmpty
    if isPlain && (!isBusy || outer == 0) {
      charge(fills.sum, parent, tensor, .reads, &state)
      if isBusy { setBusiest(fills.sum, parent, tensor, .reads, &state) }
    } else {
      var separate = reading
      if isBusy { separate.separate = outer }
      let reads = moved(separate, &state)
      charge(reads.sum, parent, tensor, .reads, &state)
      if isBusy { setBusiest(reads.largest, parent, tensor, .reads, &state) }
    }
    for level in parent..<child where isPriced(level, tensor) {
      let words =
        level == child - 1
        ? fills.sum : moved(sharing(edge, apart: level + 1, state), &state).sum
      deliver(words, level, tensor, &state)
    }
    if isCarried(child, tensor, .fills) {
      filling.separate = 0
      filling.first = instances
      state.firstTiles[6 * child + 2 * tensor] = presentAtEdge(filling, &state)
    }
    if isBusy {
      reading.forwarding = -1
      reading.first = outer
      state.firstTiles[6 * child + 2 * tensor + 1] = presentAtEdge(reading, &state)
    }
  }

  /// Counts of children that share what the wires let them share, with the loops of levels outside
  /// `apart` counting one by one.
  @inline(__always)
  private func sharing(
    _ edge: Edge, apart: Int, _ state: EvaluationState
  ) -> EvaluationScope {
    var scope = EvaluationScope(tensor: edge.tensor, depth: edge.child)
    scope.united = edge.shared & edge.between & ~state.nest.outside[apart]
    if diagonal & 1 << UInt8(edge.tensor) != 0 { scope.diagonalLevels = apart..<edge.child }
    return scope
  }

  /// The loop along which children pass words on: of the innermost fan-out that forwards, y first.
  private func forwardingLoop(_ edge: Edge, _ state: EvaluationState) -> Int {
    for axis in (2 * edge.parent..<2 * edge.child).reversed()
    where wires[axis].forwards & 1 << UInt8(edge.tensor) != 0 && state.nest.innermost[axis] >= 0 {
      return state.nest.innermost[axis]
    }
    return -1
  }

  @inline(__always)
  private func isPriced(_ level: Int, _ tensor: Int) -> Bool {
    prices.levels[level].pricedWires & 1 << UInt8(tensor) != 0
  }

  @inline(__always)
  private func deliver(
    _ words: Double, _ level: Int, _ tensor: Int, _ state: inout EvaluationState
  ) {
    state.picojoules += words * prices.hop(level, tensor, state.reduction(level))
  }

  // MARK: - Outputs

  func countOutput(_ state: inout EvaluationState, _ mapping: borrowing CompactMapping) {
    var parent = 0
    // Stays of words in the parent that began without a partial sum from outside.
    var stays = tensors[2].singleWords
    while parent < levelCount {
      hold(2, parent, &state)
      let child = nextKeeper(2, inside: parent, mapping)
      let between = state.nest.outside[child] & ~state.nest.outside[parent]
      let edge = Edge(
        tensor: 2, parent: parent, child: child, between: between,
        shared: state.nest.shared.output)
      let returned = countReturns(edge, stays: stays, &state)
      stays = countUpdates(edge, &state) - returned
      parent = child
    }
  }

  private func all(
    _ scope: EvaluationScope, _ edge: Edge, _ state: inout EvaluationState
  ) -> Double {
    edge.child == levelCount
      ? presentAtAllSteps(scope, &state).sum : moved(scope, &state).sum
  }

  /// Partial sums that go back to a child.
  private func countReturns(
    _ edge: Edge, stays: Double, _ state: inout EvaluationState
  ) -> Double {
    let (parent, child) = (edge.parent, edge.child)
    let spatial = ~state.nest.temporal
    let outer = state.nest.outside[parent] & spatial
    var returning = EvaluationScope(tensor: 2, depth: child)
    returning.united = state.nest.loops(of: tensors[2].idle) & edge.between & spatial
    var reads = all(returning, edge, &state)
    var busiest = reads
    if isCarried(parent, 2, .reads), outer != 0 {
      returning.first = outer
      busiest = all(returning, edge, &state)
    }
    if !switches.readsFirstPartialSum {
      reads -= stays
      if isCarried(parent, 2, .reads) {
        busiest -= distinctWordsOfFirstInstance(2, depth: parent, &state)
      }
    }
    charge(reads, parent, 2, .reads, &state)
    if isCarried(parent, 2, .reads) { setBusiest(busiest, parent, 2, .reads, &state) }
    for level in parent..<child where isPriced(level, 2) { deliver(reads, level, 2, &state) }
    guard child < levelCount else { return reads }
    charge(reads, child, 2, .fills, &state)
    if isCarried(child, 2, .fills) {
      var own = EvaluationScope(tensor: 2, depth: child)
      own.first = state.nest.outside[child] & spatial
      var fills = moved(own, &state).sum
      if !switches.readsFirstPartialSum {
        fills -= distinctWordsOfFirstInstance(2, depth: child, &state)
      }
      setBusiest(fills, child, 2, .fills, &state)
    }
    return reads
  }

  /// Partial sums on their way up.
  ///
  /// - Returns: the words that leave the child, which are as many as enter it.
  private func countUpdates(_ edge: Edge, _ state: inout EvaluationState) -> Double {
    let (parent, child) = (edge.parent, edge.child)
    var collected = all(collecting(edge, apart: child, state), edge, &state)
    let drains = collected
    for level in (parent..<child).reversed() {
      let mask = edge.shared & state.nest.outside[level + 1] & ~state.nest.outside[level]
      let after =
        mask == 0 ? collected : all(collecting(edge, apart: level, state), edge, &state)
      if isPriced(level, 2) {
        deliver(collected, level, 2, &state)
        state.picojoules += (collected - after) * prices.levels[level].additionPicojoules
      }
      collected = after
    }
    charge(collected, parent, 2, .updates, &state)
    let spatial = ~state.nest.temporal
    let outer = state.nest.outside[parent] & spatial
    var updating = collecting(edge, apart: parent, state)
    updating.first = outer
    if isCarried(parent, 2, .updates) {
      let busiest = outer == 0 ? collected : all(updating, edge, &state)
      setBusiest(busiest, parent, 2, .updates, &state)
      if child < levelCount {
        state.firstTiles[6 * child + 5] = presentAtEdge(updating, &state)
      }
    }
    guard child < levelCount else { return drains }
    charge(drains, child, 2, .drains, &state)
    if isCarried(child, 2, .drains) {
      var draining = collecting(edge, apart: child, state)
      draining.first = state.nest.outside[child] & spatial
      setBusiest(moved(draining, &state).sum, child, 2, .drains, &state)
      state.firstTiles[6 * child + 4] = presentAtEdge(draining, &state)
    }
    return drains
  }

  /// Counts of partial sums that are added where the wires add, with the loops of levels outside
  /// `apart` counting one by one.
  @inline(__always)
  private func collecting(
    _ edge: Edge, apart: Int, _ state: EvaluationState
  ) -> EvaluationScope {
    var scope = EvaluationScope(tensor: 2, depth: edge.child)
    scope.united = edge.shared & edge.between & ~state.nest.outside[apart]
    scope.isLeaving = true
    return scope
  }
}
