public import Ops

extension Problem {
  /// Distinct words of a tensor that the whole nest touches: what must be read or written at
  /// least once. Zero for a tensor the nest does not have.
  ///
  /// - Complexity: O(*n* log *n*) in the smaller bound of each axis of two terms.
  public func compulsoryWords(of role: TensorRole, storesPadding: Bool) -> Int64 {
    guard let projection = projections[role] else { return 0 }
    return projection.axes.reduce(1) {
      $0 * $1.touchedElements(bounds: bounds, storesPadding: storesPadding)
    }
  }
}

extension AffineAxis {
  /// Distinct elements along the axis that a box of the given bounds, placed at the origin,
  /// reaches; only those inside the tensor unless the padding is stored.
  func touchedElements(bounds: Extents, storesPadding: Bool) -> Int64 {
    // The term with more passes makes arithmetic progressions, one for each index of the other.
    let sorted = terms.sorted { bounds[$0.dimension] > bounds[$1.dimension] }
    guard let long = sorted.first else { return 1 }
    let short = sorted.dropFirst().first
    let stride = Int64(long.coefficient)
    let last = Int64(bounds[long.dimension]) - 1
    var runs: [(residue: Int64, from: Int64, to: Int64)] = []
    for index in 0..<(short.map { Int64(bounds[$0.dimension]) } ?? 1) {
      let base = Int64(offset) + index * Int64(short?.coefficient ?? 0)
      var from = floorDivision(base, stride)
      let residue = base - from * stride
      var to = from + last
      if !storesPadding {
        from = max(from, ceilDivision(-residue, stride))
        to = min(to, floorDivision(Int64(extent) - 1 - residue, stride))
      }
      if from <= to { runs.append((residue, from, to)) }
    }
    runs.sort { ($0.residue, $0.from, $0.to) < ($1.residue, $1.from, $1.to) }
    var count: Int64 = 0
    var reached: (residue: Int64, to: Int64)?
    for run in runs {
      var from = run.from
      if let reached, reached.residue == run.residue { from = max(from, reached.to + 1) }
      if from <= run.to {
        count += run.to - from + 1
        reached = (run.residue, run.to)
      }
    }
    return count
  }
}

private func floorDivision(_ value: Int64, _ divisor: Int64) -> Int64 {
  value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor)
}

private func ceilDivision(_ value: Int64, _ divisor: Int64) -> Int64 {
  -floorDivision(-value, divisor)
}
