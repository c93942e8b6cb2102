internal import Accelerators
internal import Dataflow
internal import Ops

extension BeamSearch {
  /// Charges the words that tensors kept at a level, or used by the lanes, take in.
  func takeIn(_ keeps: TensorSet, at level: Int, _ label: inout SearchLabel) {
    let isLanes = level == levels.count
    let stops = !isLanes && costs.stops[level]
    var fill = CostTables.PortCycles(repeating: 0)
    var drain = fill
    let tile = Int(label.tile)
    for tensor in 0..<3 {
      let role = Self.roles[tensor]
      guard keeps.contains(role), space.problem.projections[role] != nil else { continue }
      if role == .output {
        takeOutputs(at: level, tile: tile, stops: stops, &label, &drain)
      } else {
        takeOperands(role, at: level, tile: tile, stops: stops, &label, &fill)
      }
      label.keeper[tensor] = Int8(level)
      label.copies[tensor] = 1
      label.groups[tensor] = 1
    }
    if keeps.contains(.input) { label.reach = SIMD8(repeating: 1) }
    if keeps.contains(.output) { label.outputChildren = 1 }
    if !isLanes && space.rules == .exact {
      label.exposed += Double(fill.max()) + Double(drain.max())
    }
  }

  private func takeOperands(
    _ role: TensorRole, at level: Int, tile: Int, stops: Bool, _ label: inout SearchLabel,
    _ fill: inout CostTables.PortCycles
  ) {
    let tensor = Int(role.rawValue)
    let isLanes = level == levels.count
    let keeper = Int(label.keeper[tensor])
    let parents = label.lanes / label.copies[tensor]
    let words = tiles.words[role][tile]
    var perChild: Double
    var perParent: Double
    var firstOfParent: Double
    if isLanes {
      perChild = label.passes * words
      firstOfParent = 0
      let united = role == .input ? unitedTile(label) : tile
      perParent = label.passes * tiles.words[role][united] * label.groups[tensor]
    } else if role == .input {
      perChild = inputWords(label, tile: tile)
      let united = unitedTile(label)
      perParent =
        (united == tile ? perChild : inputWords(label, tile: united))
        * label.groups[tensor]
      firstOfParent = tiles.words[role][united] * label.groups[tensor]
    } else {
      perChild = label.passes / label.stays[tensor] * words
      perParent = perChild * label.groups[tensor]
      firstOfParent = words * label.groups[tensor]
    }
    let fills = perChild * label.lanes
    label.energy += perParent * parents * costs.energy(keeper, role, .reads)
    label.ports += costs.cycles(keeper, role, .reads) * Float(perParent)
    label.energy += fills * costs.hop(wires(from: keeper, to: level), role)
    guard !isLanes else { return }
    label.energy += fills * costs.energy(level, role, .fills)
    let childCycles = costs.cycles(level, role, .fills)
    label.ports += childCycles * Float(perChild)
    if stops {
      fill += childCycles * Float(perChild)
    } else {
      fill += childCycles * Float(words)
      fill += costs.cycles(keeper, role, .reads) * Float(firstOfParent)
    }
  }

  private func takeOutputs(
    at level: Int, tile: Int, stops: Bool, _ label: inout SearchLabel,
    _ drain: inout CostTables.PortCycles
  ) {
    let isLanes = level == levels.count
    let keeper = Int(label.keeper[2])
    let parents = label.lanes / label.copies[2]
    let words = tiles.words.output[tile]
    let visits = (isLanes ? label.passes : label.passes / label.stays[2]) * words
    let updates = visits * label.groups[2]
    let arriving = visits * label.outputChildren * parents
    var returns = max(0, arriving - label.starts)
    if space.array.switches.readsFirstPartialSum { returns = arriving }
    // Timeloop refills a partial sum into every child of a reduction.
    let copies = space.rules == .timeloop ? label.copies[2] / label.outputChildren : 1
    let reduction = Int(label.reduction)
    let partialAtKeeper = reduction <= keeper
    let partialOnWires = reduction < level
    label.energy += returns * costs.energy(keeper, .output, .reads, partial: partialAtKeeper)
    label.energy +=
      updates * parents * costs.energy(keeper, .output, .updates, partial: partialAtKeeper)
    label.ports +=
      costs.cycles(keeper, .output, .reads, partial: partialAtKeeper) * Float(returns / parents)
    label.ports +=
      costs.cycles(keeper, .output, .updates, partial: partialAtKeeper) * Float(updates)
    let sent = visits * label.lanes
    let below = wires(from: keeper, to: level)
    label.energy += (sent + returns) * costs.hop(below, .output, partial: partialOnWires)
    label.energy += (sent - updates * parents) * costs.additionPicojoules[below]
    guard !isLanes else { return }
    let delivered = returns * copies
    label.starts = sent - delivered
    label.energy += delivered * costs.energy(level, .output, .fills, partial: partialOnWires)
    label.ports +=
      costs.cycles(level, .output, .fills, partial: partialOnWires)
      * Float(delivered / label.lanes)
    if space.rules == .exact {
      label.energy += sent * costs.energy(level, .output, .drains, partial: partialOnWires)
      let childCycles = costs.cycles(level, .output, .drains, partial: partialOnWires)
      label.ports += childCycles * Float(visits)
      if stops {
        drain += childCycles * Float(visits)
      } else {
        drain += childCycles * Float(words)
        drain +=
          costs.cycles(keeper, .output, .updates, partial: partialAtKeeper)
          * Float(words * label.groups[2])
      }
    }
  }

  /// The innermost level with a fan-out between a keeper and a level.
  private func wires(from keeper: Int, to level: Int) -> Int {
    for index in stride(from: level - 1, to: keeper, by: -1)
    where levels[index].sizeX * levels[index].sizeY > 1 {
      return index
    }
    return keeper
  }

  /// The tile that all children served by one read cover together.
  private func unitedTile(_ label: SearchLabel) -> Int {
    if label.reach == SIMD8(repeating: 1) { return Int(label.tile) }
    let extents = tiles.extents[Int(label.tile)] &* label.reach
    var digits = tiles.digits[Int(label.tile)]
    for dimension in tiles.dimensions.indices where label.reach[dimension] > 1 {
      if let index = tiles.divisors[dimension].firstIndex(of: extents[dimension]) {
        digits[dimension] = UInt8(index)
      }
    }
    return tiles.tile(digits)
  }
}
