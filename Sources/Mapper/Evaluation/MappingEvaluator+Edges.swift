internal import Dataflow

/// What moves between each level that keeps a tensor and the next one, and what it costs.
extension MappingEvaluator {
  /// A tensor's level and the next one that keeps it, or the lanes.
  struct Edge {
    var tensor: Int
    var parent: Int
    /// Where the parent's accesses are made: the tensor's home for the outermost level.
    var source: Int
    var child: Int
    /// The loops below the parent or further in, outside the child.
    var between: UInt64
    /// Spatial loops along axes that share the tensor's words, where that makes a difference: of
    /// dimensions that do not move the tensor, or slide over it.
    var shared: UInt64
  }

  @inline(__always)
  func nextKeeper(
    _ tensor: Int, inside level: Int, _ mapping: borrowing CompactMapping
  ) -> Int {
    var next = level + 1
    while next < levelCount, mapping.keeps[next] & LoopMask.member(tensor) == 0 { next &+= 1 }
    return next
  }

  /// The level at which the accesses of a tensor's parent level are made.
  @inline(__always)
  func source(_ tensor: Int, _ parent: Int) -> Int { parent == 0 ? homes[tensor] : parent }

  @inline(__always)
  func isCarried(_ level: Int, _ tensor: Int, _ kind: ArrayPrices.Kind) -> Bool {
    prices.levels[level].carried &>> UInt16(truncatingIfNeeded: ArrayPrices.stream(tensor, kind))
      & 1
      != 0
  }

  /// Adds the energy of words of one kind at a level.
  @inline(__always)
  func charge(
    _ words: Double, _ level: Int, _ tensor: Int, _ kind: ArrayPrices.Kind,
    _ state: inout EvaluationState
  ) {
    state.picojoules +=
      words
      * prices.energies[state.priceRows[level] &+ ArrayPrices.stream(tensor, kind)]
  }

  /// Adds a tile to what a level holds.
  @inline(__always)
  func hold(
    _ words: Double, _ tensor: Int, _ level: Int, _ state: inout EvaluationState
  ) {
    guard prices.levels[level].limitsTiles else { return }
    let bits =
      words
      * prices.storedBits(level, tensor, state.reductions[level])
    state.tileBits[level] += bits
    let most = prices.levels[level].partitionBits
    if bits > (tensor == 0 ? most.0 : tensor == 1 ? most.1 : most.2) { state.fits = false }
  }

  // MARK: - Weights and inputs

  func countOperand(
    _ tensor: Int, _ state: inout EvaluationState, _ mapping: borrowing CompactMapping
  ) {
    let shared =
      (tensor == 0 ? state.nest.shared.weight : state.nest.shared.input)
      & ~state.nest.loops(of: tensors[tensor].single)
    hold(tensors[tensor].words, tensor, 0, &state)
    var parent = 0
    while parent < levelCount {
      let child = nextKeeper(tensor, inside: parent, mapping)
      let between = state.nest.outside[child] & ~state.nest.outside[parent]
      let edge = Edge(
        tensor: tensor, parent: parent, source: source(tensor, parent), child: child,
        between: between, shared: shared)
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
    let scope = sharing(edge, apart: edge.parent, &state)
    let outer = state.nest.outside[edge.parent] & ~state.nest.temporal
    let reads = presentAtAllSteps(scope, &state).sum
    charge(reads, edge.source, edge.tensor, .reads, &state)
    if isCarried(edge.source, edge.tensor, .reads) {
      var busiest = reads
      if outer != 0 {
        var separate = scope
        separate.separate = outer
        busiest = presentAtAllSteps(separate, &state).largest
      }
      load(busiest, edge.source, edge.tensor, .reads, &state)
    }
    for level in edge.parent..<edge.child where isPriced(level, edge.tensor) {
      let words = presentAtAllSteps(sharing(edge, apart: level + 1, &state), &state).sum
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
    let tile = tileWords(tensor, depth: child, &state)
    hold(tile * fills.peakAxes, tensor, child, &state)
    if isCarried(child, tensor, .fills) {
      load(fills.largest, child, tensor, .fills, &state)
      if !prices.levels[child].stopsChildren {
        // Of instance 0, which has the longest pieces, at the first step.
        let words = tile * fills.firstAxes
        loadTile(words, child, tensor, .fills, tileOf: child, .operands, &state)
      }
    }
    countReads(edge, fills: fills, tile: tile, isApart: filling.separate != 0, &state)
    for level in parent..<child where isPriced(level, tensor) {
      let words =
        level == child - 1
        ? fills.sum : moved(sharing(edge, apart: level + 1, &state), &state).sum
      deliver(words, level, tensor, &state)
    }
  }

  /// Reads of a keeper for the next.
  ///
  /// - Parameters:
  ///   - tile: Words of the single indices of a child's tile.
  ///   - isApart: Whether the fills were counted for each instance.
  @inline(__always)
  private func countReads(
    _ edge: Edge, fills: SeparateCount, tile: Double, isApart: Bool, _ state: inout EvaluationState
  ) {
    let (tensor, parent, child) = (edge.tensor, edge.parent, edge.child)
    var reading = sharing(edge, apart: parent, &state)
    if forwarded & LoopMask.member(tensor) != 0 {
      reading.forwarding = forwardingLoop(edge, &state)
    }
    let outer = state.nest.outside[parent] & ~state.nest.temporal
    let isBusy = isCarried(edge.source, tensor, .reads)
    var reads = fills
    if reading.united != 0 || reading.forwarding != 0 || !reading.diagonalLevels.isEmpty
      || isBusy && (outer != 0 || isApart)
    {
      if isBusy { reading.separate = outer }
      reads = moved(reading, &state)
    }
    charge(reads.sum, edge.source, tensor, .reads, &state)
    guard isBusy else { return }
    load(reads.largest, edge.source, tensor, .reads, &state)
    if prices.levels[child].isMemory, !prices.levels[child].stopsChildren {
      reading.forwarding = 0
      reading.separate = 0
      reading.first = outer
      let words = presentAtEdge(reading, tile: tile * reads.firstAxes, &state)
      loadTile(words, edge.source, tensor, .reads, tileOf: child, .operands, &state)
    }
  }

  /// Counts of children that share what the wires let them share, with the loops of levels outside
  /// `apart` counting one by one.
  @inline(__always)
  private func sharing(
    _ edge: Edge, apart: Int, _ state: inout EvaluationState
  ) -> EvaluationScope {
    var scope = EvaluationScope(tensor: edge.tensor, depth: edge.child)
    scope.united = edge.shared & edge.between & ~state.nest.outside[apart]
    if diagonal & LoopMask.member(edge.tensor) != 0 { scope.diagonalLevels = apart..<edge.child }
    return scope
  }

  /// The loop along which children pass words on: of the innermost fan-out that forwards, y first.
  private func forwardingLoop(_ edge: Edge, _ state: inout EvaluationState) -> UInt64 {
    for axis in (2 * edge.parent..<2 * edge.child).reversed()
    where wires[axis].forwards & LoopMask.member(edge.tensor) != 0
      && state.nest.innermost[axis] >= 0
    {
      return LoopMask.loop(state.nest.innermost[axis])
    }
    return 0
  }

  @inline(__always)
  func isPriced(_ level: Int, _ tensor: Int) -> Bool {
    prices.levels[level].pricedWires & LoopMask.member(tensor) != 0
  }

  @inline(__always)
  func deliver(
    _ words: Double, _ level: Int, _ tensor: Int, _ state: inout EvaluationState
  ) {
    state.picojoules += words * prices.hop(level, tensor, state.reductions[level])
  }
}
