internal import Accelerators

/// The `separable` latency (`Documentation/Model.md`, section 4).
extension MappingEvaluator {
  func cycles(_ state: inout EvaluationState, _ mapping: borrowing CompactMapping) -> Int64 {
    var compute = steps(state)
    for level in 0..<levelCount where level > 0 && prices.levels[level].isMemory {
      if prices.levels[level].stopsChildren {
        compute += wholeCycles(ownCycles(level, state, mapping, of: .everything))
        continue
      }
      for part in [TilePart.operands, .outputs] {
        let own = ownCycles(level, state, mapping, of: part)
        let slowest = max(own, parentCycles(level, state, mapping, of: part))
        if slowest > 0 { compute += wholeCycles(slowest) }
      }
    }
    var ports = 0.0
    for level in 0..<levelCount {
      let reduction = state.reduction(level)
      for port in prices.levels[level].ports {
        ports = max(ports, cycles(port, level, reduction, state))
      }
    }
    return min(mostCycles, max(compute, wholeCycles(ports)))
  }

  /// Steps of the temporal nest.
  private func steps(_ state: EvaluationState) -> Int64 {
    let nest = state.nest
    var steps = nest.product(nest.temporal & ~nest.loops(of: nest.uneven))
    var rest = nest.uneven
    while rest != 0 {
      let dimension = rest.trailingZeroBitCount
      rest &= rest &- 1
      // A dimension that moves nothing and whose lanes share: present once a step.
      var scope = EvaluationScope(tensor: 0, depth: levelCount)
      scope.united = ~nest.temporal
      let table = idleTable(dimension, nest.loops[dimension], scope, state)
      steps *= tables.values[table + FactorTables.Part.columns + FactorTables.Column.all]
    }
    return Int64(steps)
  }

  /// Cycles of a port for all the words its level moves.
  @inline(__always)
  private func cycles(
    _ port: Int, _ level: Int, _ reduction: ArrayPrices.Reduction, _ state: EvaluationState
  ) -> Double {
    var total = 0.0
    for index in prices.ports[port].loads {
      let load = prices.loads[index]
      total +=
        state.busiest[ArrayPrices.streamCount * level + load.stream] * load.weight(reduction)
    }
    return total == 0 ? 0 : total / prices.ports[port].divisor
  }

  /// What nothing hides of a level's transfers.
  private enum TilePart {
    /// The first tiles of weights and inputs.
    case operands
    /// The last tile of outputs.
    case outputs
    /// All tiles, of a buffer that stops its children.
    case everything
  }

  /// Cycles of a level's slowest port for its own side of the tiles.
  @inline(__always)
  private func ownCycles(
    _ level: Int, _ state: EvaluationState, _ mapping: borrowing CompactMapping, of part: TilePart
  ) -> Double {
    let reduction = state.reduction(level)
    var slowest = 0.0
    for port in prices.levels[level].ports {
      var total = 0.0
      for index in prices.ports[port].loads {
        let load = prices.loads[index]
        let (tensor, kind) = (load.stream >> 2, load.stream & 3)
        let words: Double
        switch (part, kind) {
        case (.operands, ArrayPrices.Kind.fills.rawValue) where tensor != 2,
          (.outputs, ArrayPrices.Kind.drains.rawValue) where tensor == 2:
          words = state.firstTiles[6 * level + 2 * tensor]
        case (.everything, ArrayPrices.Kind.fills.rawValue),
          (.everything, ArrayPrices.Kind.drains.rawValue):
          words = state.busiest[ArrayPrices.streamCount * level + load.stream]
        default: continue
        }
        total += words * load.weight(reduction)
      }
      if total > 0 { slowest = max(slowest, total / prices.ports[port].divisor) }
    }
    return slowest
  }

  /// Cycles of the slowest port of the levels that exchange the tiles with a level.
  @inline(__always)
  private func parentCycles(
    _ child: Int, _ state: EvaluationState, _ mapping: borrowing CompactMapping, of part: TilePart
  ) -> Double {
    var slowest = 0.0
    var open = mapping.keeps[child] & (part == .outputs ? 4 : 3)
    let kind = part == .outputs ? ArrayPrices.Kind.updates : .reads
    var level = child - 1
    while open != 0, level >= 0 {
      let tensors = open & mapping.keeps[level]
      open &= ~tensors
      if tensors != 0 {
        let reduction = state.reduction(level)
        for port in prices.levels[level].ports {
          var total = 0.0
          for index in prices.ports[port].loads {
            let load = prices.loads[index]
            let tensor = load.stream >> 2
            guard load.stream & 3 == kind.rawValue, tensors & 1 << UInt8(tensor) != 0 else {
              continue
            }
            total += state.firstTiles[6 * child + 2 * tensor + 1] * load.weight(reduction)
          }
          if total > 0 { slowest = max(slowest, total / prices.ports[port].divisor) }
        }
      }
      level -= 1
    }
    return slowest
  }
}
