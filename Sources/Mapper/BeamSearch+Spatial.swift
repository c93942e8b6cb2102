internal import Accelerators
internal import Dataflow
internal import Ops

extension BeamSearch {
  mutating func expandSpatial(
    _ labels: [SearchLabel], level: Int, width: Int
  ) -> [SearchLabel] {
    let base = Int32(history.count)
    history.append(contentsOf: labels)
    var buckets = SearchBuckets(tileCount: level + 1 < levels.count ? tiles.count : 1, width: width)
    for (index, label) in labels.enumerated() {
      var next = label
      next.previous = base + Int32(index)
      next.x = SIMD8(repeating: 0)
      next.y = SIMD8(repeating: 0)
      guard options[level].merged.count > 1 else {
        enter(level + 1, next, into: &buckets)
        continue
      }
      let fitsWhenReduced =
        label.reduction != .max
        || fits(
          level, Int(history[Int(label.previous)].tile), TensorSet(rawValue: label.keeps),
          reduction: Int8(level))
      for option in options[level].merged {
        guard let tile = tiles.tile(Int(label.tile), dividedBy: option.passes),
          admits(tile, entering: level + 1)
        else { continue }
        var child = next
        child.tile = Int32(tile)
        child.x = option.x
        child.y = option.y
        child.lanes *= option.lanes
        child.copies *= option.lanes
        child.groups *= option.groups
        child.outputChildren *= option.outputChildren
        child.reach = child.reach &* option.reach
        let reduces = option.outputChildren < option.lanes
        if reduces && child.reduction == .max {
          guard fitsWhenReduced else { continue }
          child.reduction = Int8(level)
        }
        enter(level + 1, child, into: &buckets)
      }
    }
    let best = buckets.best()
    hasOverflowed = hasOverflowed || buckets.isCut
    return best
  }

  /// Whether a tile may enter a level.
  mutating func admits(_ tile: Int, entering level: Int) -> Bool {
    let entry = level * tiles.count + tile
    if admitted[entry] != 0 { return admitted[entry] == 1 }
    let admits = space.admits(tile, enteringLevel: level, of: tiles)
    admitted[entry] = admits ? 1 : 2
    return admits
  }

  /// The most children that can work on a tile left by a level's loops in time; 0 where the tile
  /// leads to no mapping.
  mutating func children(of tile: Int, level: Int) -> Double {
    let entry = level * tiles.count + tile
    if bestChildren[entry] >= 0 { return bestChildren[entry] }
    var best = 0.0
    for option in options[level].merged {
      guard let rest = tiles.tile(tile, dividedBy: option.passes),
        admits(rest, entering: level + 1)
      else { continue }
      best = option.lanes
      break
    }
    bestChildren[entry] = best
    return best
  }

  /// Brings a tile into a level, or to the lanes, with each choice of what is kept there.
  private mutating func enter(_ level: Int, _ label: SearchLabel, into buckets: inout SearchBuckets)
  {
    guard level < levels.count else {
      guard label.tile == 0 else { return }
      finish(label)
      return
    }
    for keeps in keepChoices[level] {
      guard fits(level, Int(label.tile), keeps, reduction: label.reduction) else { continue }
      evaluations += 1
      var next = label
      next.keeps = keeps.rawValue
      takeIn(keeps, at: level, &next)
      let figures = bound(next, next: level + 1, fanout: level)
      let score = score(figures)
      if !exceeds(figures, score) { buckets.insert(next, score: score) }
    }
  }

  private mutating func finish(_ label: SearchLabel) {
    evaluations += 1
    var last = label
    takeIn(.all, at: levels.count, &last)
    let cycles = max(last.passes + last.exposed, Double(last.ports.max()))
    let energy =
      last.energy + iterations * space.array.compute.operationPicojoules
      + costs.picojoulesPerCycle * cycles
    let figures = Figures(energy: energy, cycles: cycles)
    let score = score(figures)
    if exceeds(figures, score) { return }
    if limit == nil || score < (limit?.score ?? 0) { limit = Limit(score: score, figures: figures) }
    finished.append(Finished(label: last, figures: figures, score: score))
    if finished.count > 8192 {
      finished.sort { $0.score < $1.score }
      finished.removeLast(finished.count - 2048)
    }
  }
}
