internal import Accelerators
internal import Dataflow
internal import Ops

extension ProofSearch {
  /// Brings a tile into a level, or one iteration to each lane.
  mutating func enter(
    _ level: Int, tile: Int, _ part: OuterPart, _ tables: BoundTables
  ) {
    guard level < context.space.levels.count else {
      evaluate(tables)
      return
    }
    var next = part
    if part.reduction < level {
      guard fits(level, tile, tables.keeps[level], reduction: part.reduction) else { return }
    }
    expose(level, tile: tile, &next, tables.transfers.ending[level])
    if settle(level, tile: tile, &next, tables) { return }
    for role in tables.keeps[level].members {
      let index = Int(role.rawValue)
      next.keeperLanes[index] = part.lanes
      next.together[index] = 1
      next.copies[index] = 1
      next.apart[index] = 1
      if role == .input { next.alongSlides = 1 }
    }
    expand(level, tile: tile, next, tables)
  }

  /// Charges what loops between a transfer's fan-out and the level it ends at add; whether that
  /// rules the part out.
  private mutating func settle(
    _ level: Int, tile: Int, _ part: inout OuterPart, _ tables: BoundTables
  ) -> Bool {
    var hasChanged = false
    let lattice = context.lattice
    for transfer in tables.transfers.ending[level] where transfer.stage < level - 1 {
      let index = Int(transfer.role.rawValue)
      let (copies, apart) = (part.copies[index], part.apart[index])
      var energy = 0.0
      switch transfer.role {
      case .weight:
        let moved = lattice.distinct.weight * lattice.copies.weight[tile] / part.stays[0]
        energy =
          moved
          * (transfer.read * apart / copies + transfer.fill
            + transfer.hop / transfer.innerSharing)
      case .input:
        let moved = inputMoves(into: tile)
        energy =
          moved
          * (transfer.read * apart / (copies * part.alongSlides) + transfer.fill
            + transfer.hop / transfer.innerSharing)
      case .output:
        let moved = lattice.distinct.output * lattice.copies.output[tile] / part.stays[2]
        let sent = transfer.hop / transfer.innerSharing
        energy =
          moved
          * (transfer.update * apart / copies
            + (transfer.read + transfer.fill + transfer.hop) / copies + transfer.drain + sent
            + (transfer.innerSharing > 1 ? 0 : transfer.addition * (1 - apart / copies))
            - transfer.laterReturns * (1 - 1 / copies))
      }
      let more = energy - part.provisional[index]
      if more > 0 || transfer.role == .output && more != 0 {
        part.energy += more
        hasChanged = true
      }
    }
    guard hasChanged else { return false }
    let bound = tables.levels[level].table
    let inside =
      part.classes >= 0
      ? bound.entry[part.classes][tile] : bound.entry.reduce(.infinity) { min($0, $1[tile]) }
    let cycles = cycles(part, lanes: bound.lanesAtEntry[tile])
    return incumbents.ruleOut(
      energy: energy(part.energy + inside, cycles: cycles), cycles: cycles)
  }

  /// Adds the time of a level's first and last tiles, or of all of a single buffer's.
  private mutating func expose(
    _ level: Int, tile: Int, _ part: inout OuterPart, _ ending: [Transfer]
  ) {
    let stops = context.space.array.levels[level].memory?.buffering == .single
    var fill = PortCycles(repeating: 0)
    var drain = fill
    for transfer in ending {
      let index = Int(transfer.role.rawValue)
      switch transfer.role {
      case .output:
        let words = context.lattice.tiles.words.output[tile]
        if stops {
          let moved =
            context.lattice.distinct.output * context.lattice.copies.output[tile]
            / part.stays[2] / part.lanes
          drain += transfer.childDrains * moved
        } else {
          drain += transfer.childDrains * words
          drain += transfer.parentUpdates * (words * part.together[2])
        }
      case .weight, .input:
        let isInput = transfer.role == .input
        let words =
          isInput ? context.firstInputWords[tile] : context.lattice.tiles.words.weight[tile]
        if stops {
          let moved =
            isInput
            ? inputMoves(into: tile)
            : context.lattice.distinct.weight * context.lattice.copies.weight[tile]
              / part.stays[0]
          fill += transfer.childFills * (moved / part.lanes)
        } else {
          fill += transfer.childFills * words
          fill += transfer.parentReads * (words * part.together[index])
        }
      }
    }
    if stops {
      // All transfers take turns at a port.
      part.exposed += (fill + drain).max()
    } else {
      part.exposed += fill.max() + drain.max()
    }
  }

  // MARK: - Whole mappings

  private mutating func evaluate(_ tables: BoundTables) {
    evaluations += 1
    let mapping = compactMapping(tables.keeps)
    guard let figures = evaluator.figures(of: mapping) else { return }
    incumbents.consider(
      Incumbents.Point(
        energy: figures.energyPicojoules, cycles: Double(figures.cycles), mapping: mapping))
  }

  private func compactMapping(_ keeps: [TensorSet]) -> CompactMapping {
    let tiles = context.lattice.tiles
    var mapping = CompactMapping(levelCount: path.count)
    for (level, chosen) in path.enumerated() {
      mapping.keep(keeps[level], atLevel: level)
      let (whole, front) = (tiles.extents[chosen.entered], tiles.extents[chosen.front])
      for index in 0..<chosen.loops {
        let dimension = Int(chosen.order[index])
        mapping.append(
          Loop(
            tiles.dimensions[dimension], passes: whole[dimension] / front[dimension],
            step: front[dimension]), .temporal, atLevel: level)
      }
      let unrollings = context.unrollings[level]
      let way = unrollings.all[chosen.way]
      for dimension in unrollings.order(way.x, innermost: way.innermostX) {
        let passes = tiles.divisors[dimension][Int(way.x[dimension])]
        mapping.append(
          Loop(tiles.dimensions[dimension], passes: passes, step: front[dimension] / passes),
          .spatialX, atLevel: level)
      }
      for dimension in unrollings.order(way.y, innermost: way.innermostY) {
        let outer = tiles.divisors[dimension][Int(way.x[dimension])]
        let passes = tiles.divisors[dimension][Int(way.y[dimension])]
        mapping.append(
          Loop(
            tiles.dimensions[dimension], passes: passes, step: front[dimension] / outer / passes),
          .spatialY, atLevel: level)
      }
    }
    return mapping
  }
}
