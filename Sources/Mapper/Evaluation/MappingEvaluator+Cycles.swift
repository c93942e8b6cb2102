internal import Accelerators

/// The `separable` latency (`Documentation/Model.md`, section 4).
extension MappingEvaluator {
  /// Which tiles nothing hides: the first of weights and inputs, or the last of outputs.
  enum TilePart: Int {
    case operands, outputs
  }

  /// Loads ports with the words of a level's busiest instance.
  @inline(__always)
  func load(
    _ words: Double, _ level: Int, _ tensor: Int, _ kind: ArrayPrices.Kind,
    _ state: inout EvaluationState
  ) {
    let reduction = state.reductions[level]
    for index in prices.loads(level, ArrayPrices.stream(tensor, kind)) {
      let load = prices.loads[index]
      state.portLoads[load.port] += words * load.weight(reduction)
    }
    if prices.levels[level].stopsChildren, kind == .fills || kind == .drains {
      loadTile(words, level, tensor, kind, tileOf: level, .operands, &state)
    }
  }

  /// Loads ports of a level, or of its parents, with the level's words that nothing hides.
  @inline(__always)
  func loadTile(
    _ words: Double, _ level: Int, _ tensor: Int, _ kind: ArrayPrices.Kind, tileOf child: Int,
    _ part: TilePart, _ state: inout EvaluationState
  ) {
    let reduction = state.reductions[level]
    let first = (2 &* child &+ part.rawValue) &* prices.divisors.count
    for index in prices.loads(level, ArrayPrices.stream(tensor, kind)) {
      let load = prices.loads[index]
      state.tileLoads[first &+ load.port] += words * load.weight(reduction)
    }
  }

  /// Cycles from all that loads the ports.
  @inline(__always)
  func cycles(_ state: inout EvaluationState) -> Int64 {
    var compute = steps(&state)
    let portCount = prices.divisors.count
    for level in 1..<max(1, levelCount) {
      let inner = prices.levels[level].lastPort
      for part in 0..<2 {
        let first = (2 &* level &+ part) &* portCount
        var slowest = 0.0
        for port in 0..<inner where state.tileLoads[first &+ port] > 0 {
          slowest = max(slowest, state.tileLoads[first &+ port] / prices.divisors[port])
        }
        if slowest > 0 { compute += Self.whole(slowest) }
      }
    }
    var slowest = 0.0
    for port in 0..<portCount where state.portLoads[port] > 0 {
      slowest = max(slowest, state.portLoads[port] / prices.divisors[port])
    }
    // Rounding up keeps the order, so that the slowest port alone is rounded.
    return min(mostCycles, max(compute, Self.whole(slowest)))
  }

  /// Rounds up as the model does.
  @inline(__always)
  private static func whole(_ cycles: Double) -> Int64 {
    if cycles < 1e15 {
      let whole = Int64(cycles)
      if Double(whole) == cycles { return min(mostCycles, whole) }
    }
    return wholeCycles(cycles)
  }

  /// Steps of the temporal nest.
  @inline(__always)
  private func steps(_ state: inout EvaluationState) -> Int64 {
    var steps = state.nest.product(state.nest.temporal & ~state.unevenLoops)
    var rest = state.nest.uneven
    while rest != 0 {
      steps *= self.steps(rest.trailingZeroBitCount, &state)
      rest &= rest &- 1
    }
    return Int64(steps)
  }
}
