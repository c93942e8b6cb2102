internal import Dataflow
internal import Ops

extension BeamSearch {
  mutating func expandTemporal(
    _ labels: [SearchLabel], level: Int, width: Int, effort: Int64
  ) -> [SearchLabel] {
    let base = Int32(history.count)
    history.append(contentsOf: labels)
    guard levels[level].hasMemory else {
      return labels.indices.map { index in
        var label = labels[index]
        label.previous = base + Int32(index)
        label.order = 0
        return label
      }
    }
    var buckets = SearchBuckets(tileCount: tiles.count, width: 4 * width)
    let last = evaluations + effort
    // The most promising parts come first.
    for (index, label) in labels.enumerated() {
      if evaluations > last {
        hasOverflowed = true
        break
      }
      cutTile(of: label, previous: base + Int32(index), level: level, into: &buckets)
    }
    let best = buckets.best()
    hasOverflowed = hasOverflowed || buckets.isCut
    return best
  }

  private mutating func cutTile(
    of label: SearchLabel, previous: Int32, level: Int, into buckets: inout SearchBuckets
  ) {
    let isInnermost = level == levels.count - 1
    let keeps = TensorSet(rawValue: label.keeps)
    let fitsWhenReduced =
      label.reduction != .max
      || fits(level, Int(label.tile), keeps, reduction: Int8(level))
    let digit = tiles.digits[Int(label.tile)]
    let count = tiles.dimensions.count
    // An odometer over the cuts of every dimension.
    var positions = [Int](repeating: 0, count: count)
    let lists = (0..<count).map { cuts[level][$0][Int(digit[$0])] }
    if lists.contains(where: \.isEmpty) { return }
    var passes = SIMD8<Double>(repeating: 1)
    let contents = inputWords(label, tile: Int(label.tile))
    while true {
      var tile = 0
      var active: UInt8 = 0
      var product = 1.0
      for dimension in 0..<count {
        let cut = lists[dimension][positions[dimension]]
        tile += Int(cut.digit) * tiles.strides[dimension]
        passes[dimension] = Double(cut.passes)
        product *= Double(cut.passes)
        if cut.passes > 1 { active |= 1 << UInt8(dimension) }
      }
      let reduces = active & ~relevantOutput != 0
      let children = fitsWhenReduced || !reduces ? self.children(of: tile, level: level) : 0
      if children > 0,
        mayImprove(
          label, cutTo: tile, passes: passes, product: product, level: level, children: children,
          contents: contents, &buckets)
      {
        var next = label
        next.previous = previous
        next.tile = Int32(tile)
        next.passes = label.passes * product
        if reduces && label.reduction == .max { next.reduction = Int8(level) }
        addOrders(
          of: active, passes: passes, to: next, level: level, children: children,
          onlyOne: isInnermost, into: &buckets)
      }
      var dimension = 0
      while dimension < count {
        positions[dimension] += 1
        if positions[dimension] < lists[dimension].count { break }
        positions[dimension] = 0
        dimension += 1
      }
      if dimension == count { return }
    }
  }

  /// Whether a cut of a tile would be kept if its order were the best for every tensor at once.
  ///
  /// - Parameter contents: Input words that instances holding the whole tile take in; those that
  ///   hold parts of it take in as many at least.
  private mutating func mayImprove(
    _ label: SearchLabel, cutTo tile: Int, passes: SIMD8<Double>, product: Double, level: Int,
    children: Double, contents: Double, _ buckets: inout SearchBuckets
  ) -> Bool {
    evaluations += 1
    let (relevantWeight, relevantOutput) = (tiles.relevant.weight, relevantOutput)
    var (stayWeight, stayOutput) = (1.0, 1.0)
    var (movesWeight, movesOutput) = (false, false)
    for dimension in tiles.dimensions.indices where passes[dimension] > 1 {
      let bit = UInt8(1) << UInt8(dimension)
      if relevantWeight & bit == 0 { stayWeight *= passes[dimension] } else { movesWeight = true }
      if relevantOutput & bit == 0 { stayOutput *= passes[dimension] } else { movesOutput = true }
    }
    var ideal = Demand(label)
    ideal.passes = label.passes * product
    ideal.stays[0] = movesWeight ? stayWeight : stayWeight * label.stays[0]
    ideal.stays[2] = movesOutput ? stayOutput : stayOutput * label.stays[2]
    let figures = bound(
      label, ideal, inputWords: contents, tile: tile, next: level + 1, fanout: level,
      children: children)
    let score = score(figures)
    if exceeds(figures, score) { return false }
    return buckets.wouldTake(score)
  }

  private mutating func addOrders(
    of active: UInt8, passes: SIMD8<Double>, to label: SearchLabel, level: Int,
    children: Double, onlyOne: Bool, into buckets: inout SearchBuckets
  ) {
    for order in orders[level].ranges[Int(active)] {
      evaluations += 1
      var next = label
      next.order = Int32(order)
      apply(orders[level].orders[order], active: active, passes: passes, to: &next)
      let figures = bound(next, next: level + 1, fanout: level, children: children)
      let score = score(figures)
      if !exceeds(figures, score) { buckets.insert(next, score: score) }
      // The order of the innermost loops moves nothing: lanes keep nothing.
      if onlyOne { return }
    }
  }

  /// Follows what stays and what slides from the innermost loop of a level outwards.
  private func apply(
    _ order: SIMD8<UInt8>, active: UInt8, passes: SIMD8<Double>, to label: inout SearchLabel
  ) {
    let count = active.nonzeroBitCount
    guard count > 0 else { return }
    for tensor in 0..<3 {
      let relevant = tiles.relevant[Self.roles[tensor]]
      var run = 1.0
      var index = count - 1
      while index >= 0 {
        let dimension = Int(order[index])
        if relevant & (1 << UInt8(dimension)) != 0 { break }
        run *= passes[dimension]
        index -= 1
      }
      if index < 0 {
        label.stays[tensor] *= run
        continue
      }
      let outerStays = label.stays[tensor]
      label.stays[tensor] = run
      guard tensor == 1 else { continue }
      let dimension = Int(order[index])
      let step = Double(tiles.extents[Int(label.tile)][dimension])
      guard tiles.slides[dimension] != nil else {
        label.slide = -1
        label.slidePasses = 1
        continue
      }
      // A loop that alone follows one of the same dimension goes on where that one is.
      let continues = index == 0 && outerStays == 1 && Int(label.slide) == dimension
      label.slidePasses = passes[dimension] * (continues ? label.slidePasses : 1)
      label.slide = Int8(dimension)
      label.slideStep = step
    }
  }

  static let roles: [TensorRole] = [.weight, .input, .output]
}
