internal import Ops

extension ProofSearch {
  /// Lower bounds of the mappings of a pair of parts that are wanted, whatever stays.
  struct PairBounds {
    var isWanted = false
    /// Without leakage.
    var energy = Double.infinity
    var cycles = Double.infinity
    var score = Double.infinity
  }

  /// - Parameter all: bounds of mappings that are not wanted too.
  @inline(__always)
  func bounds(
    _ inner: UnsafePointer<InnerPart>, _ outer: UnsafePointer<OuterPart>, _ scheme: Scheme,
    all: Bool = false
  ) -> PairBounds {
    // Dimensions surely looped over at the array level.
    let longer = outer.pointee.least .> inner.pointee.mostFront
    var looped: UInt8 = 0
    for dimension in 0..<context.dimensionCount where longer[dimension] {
      looped |= 1 << UInt8(dimension)
    }
    let fresh = freshShare(inner, outer)
    let again =
      fresh > 0
      ? max(inner.pointee.again[1], inner.pointee.fresh.again * fresh) : inner.pointee.again[1]
    // Where the loops outside the array level leave a tensor in place, and where they do not.
    var (staying, visited) = (SIMD4<Double>(repeating: 0), SIMD4<Double>(repeating: 0))
    for role in 0..<3 {
      let relevant = context.relevant[role]
      // Tiles at the border may have one pass where the others have more.
      let (share, shareOfVisits) = borderShares(inner, outer, role, looped)
      let once = inner.pointee.staying[role]
      let most =
        role == 1 && fresh > 0
        ? max(inner.pointee.moving[1], inner.pointee.fresh.moving * fresh)
        : inner.pointee.moving[role]
      let moving = once + (most - once) * (1 - share)
      visited[role] = min(
        moving,
        once + (role == 1 ? again : inner.pointee.again[role])
          * (outer.pointee.visits[role] - 1) * (1 - shareOfVisits))
      staying[role] = looped & relevant != 0 ? visited[role] : min(moving, once)
    }
    // Without any loop at the array level, the innermost loop outside says what stays.
    let longest = outer.pointee.most .> inner.pointee.leastFront
    var mayLoop: UInt8 = 0
    for dimension in 0..<context.dimensionCount where longest[dimension] {
      mayLoop |= 1 << UInt8(dimension)
    }
    let isUnlooped = context.knowsOuterClass && mayLoop == 0
    let steps = inner.pointee.cycles + outer.pointee.cycles
    var (borders, inputBorders) = (inner.pointee.borders, inner.pointee.inputBorders)
    if !context.isPerfect && !context.loopsBetween {
      // One tile has no border.
      for dimension in 0..<context.dimensionCount
      where outer.pointee.whole & (1 << UInt8(dimension)) != 0 {
        borders[dimension] = 0
        inputBorders[dimension] = 0
      }
    }
    var bounds = PairBounds()
    for number in 0..<context.classCount {
      // Some loop is the innermost one where there is any.
      let innermost = mayLoop & context.innermost[number]
      if looped != 0 && innermost == 0 { continue }
      let set = context.classes[number]
      var (fixed, share, freshOfClass) = (scheme.constant, 0.0, fresh)
      for role in 0..<3 where set & (1 << UInt8(role)) == 0 {
        let once = inner.pointee.staying[role]
        var most = inner.pointee.moving[role]
        share = context.share(role == 1 ? inputBorders : borders, role, ofClass: number)
        if role == 1 {
          if looped != 0 {
            let input = swept(inner, outer, innermost)
            most = max(most, input.energy)
            freshOfClass = input.share
          } else if fresh > 0 {
            most = max(most, inner.pointee.fresh.moving * fresh)
          }
        }
        fixed += once + (most - once) * (1 - share)
      }
      for outside in 0..<context.classCount where outside == number || !isUnlooped {
        let stays = context.knowsOuterClass ? context.classes[outside] : 7
        var energy = fixed + outer.pointee.energies[outside]
        if energy == .infinity { continue }
        for role in 0..<3 where set & (1 << UInt8(role)) != 0 {
          energy += (stays & (1 << UInt8(role)) != 0 ? staying : visited)[role]
        }
        var figures = figures(energy, steps)
        if !all && incumbents.ruleOut(energy: figures.energy, cycles: figures.cycles) { continue }
        var ports = inner.pointee.ports(number)
        if freshOfClass > 0 && set & 2 == 0 {
          // A share of the longer time is not known to be more than the rest of the shorter one.
          ports += larger(
            PortCycles(repeating: 0),
            inner.pointee.fresh.morePorts * freshOfClass - ports * (1 - freshOfClass))
        }
        ports +=
          (outer.pointee.tightPorts.map { $0[outside] } ?? outer.pointee.ports)
        let slowest = ports.max() * (1 - 1e-12)
        if slowest > steps {
          figures = self.figures(energy, slowest)
          if !all && incumbents.ruleOut(energy: figures.energy, cycles: figures.cycles) { continue }
        }
        bounds.isWanted = true
        bounds.energy = min(bounds.energy, energy)
        bounds.cycles = min(bounds.cycles, figures.cycles)
        bounds.score = min(
          bounds.score, incumbents.score(energy: figures.energy, cycles: figures.cycles))
      }
    }
    return bounds
  }

  /// Picojoules of the input, at least, where the innermost loop at the array level is of one of some
  /// dimensions (bits), and the share of its words in sweeps known to begin afresh.
  @inline(__always)
  private func swept(
    _ inner: UnsafePointer<InnerPart>, _ outer: UnsafePointer<OuterPart>, _ innermost: UInt8
  ) -> (energy: Double, share: Double) {
    var (least, share) = (Double.infinity, 1.0)
    for dimension in 0..<context.dimensionCount where innermost & (1 << UInt8(dimension)) != 0 {
      var (own, energy) = (0.0, 0.0)
      if let window = context.windowNumber(dimension) {
        own = freshShare(inner, outer, window, dimension)
        // Where a loop outside goes on along the outputs, the next filter rows may be found in place.
        let isAlone = outer.pointee.whole & (1 << UInt8(dimension)) != 0
        let axis = isAlone ? dimension : context.windowTable[window].r
        energy = inner.pointee.fresh.along[axis] * own
      } else if context.isSimple(.input, dimension) {
        (own, energy) = (1, inner.pointee.fresh.unslid)
      }
      least = min(least, energy)
      share = min(share, own)
    }
    return (least, share)
  }

  /// The share of the input's words, at least, in sweeps over a dimension by the array level's innermost
  /// loop that find nothing of what the one before left.
  ///
  /// What goes on outside, along the same axis too, does so from where this loop ends, or not at all.
  @inline(__always)
  private func freshShare(
    _ inner: UnsafePointer<InnerPart>, _ outer: UnsafePointer<OuterPart>, _ number: Int,
    _ dimension: Int
  ) -> Double {
    guard context.arrayLevel <= 1 else { return 0 }
    let window = context.windowTable.baseAddress.unsafelyUnwrapped + number
    let least = outer.pointee.least[dimension]
    let front = inner.pointee.mostFront[dimension]
    let enough = window.pointee.passesToRestartAfresh(
      dimension, step: inner.pointee.leastFront[dimension])
    // With one pass there is no loop, and nothing to restart.
    let passes = least > front ? (least - 1) / front + 1 : 2
    if passes < enough { return 0 }
    let bound = context.bounds[dimension]
    if context.isPerfect || least == bound { return 1 }
    // The tile at the border may have too few passes.
    let few = Double(min(enough - 1, bound) * front) * Double(window.pointee.wordsOfOne(dimension))
    return max(0, 1 - few / window.pointee.all)
  }

  /// The shares of a tensor's words that may be in tiles at the border where it stays over further
  /// loops: where the innermost loop moves it, and where it moves once a tile at least.
  ///
  /// - Parameter looped: dimensions (bits) surely looped over at the array level.
  @inline(__always)
  private func borderShares(
    _ inner: UnsafePointer<InnerPart>, _ outer: UnsafePointer<OuterPart>, _ role: Int,
    _ looped: UInt8
  ) -> (moving: Double, visits: Double) {
    if context.isPerfect { return (0, 0) }
    var (moving, visits) = (0.0, context.mostBorderShare)
    for dimension in 0..<context.dimensionCount {
      let bit = UInt8(1) << UInt8(dimension)
      guard context.relevant[role] & bit != 0 else { continue }
      let share = context.borderShare(role, dimension, front: inner.pointee.mostFront[dimension])
      let isWhole = outer.pointee.whole & bit != 0
      if !isWhole || context.loopsBetween { moving = max(moving, share) }
      // All loops that move it have to have one pass in the tile.
      if looped & bit != 0 { visits = min(visits, isWhole ? 0 : share) }
    }
    return (moving, visits)
  }

  /// The share of the input's words, at least, in sweeps over an axis that begin with words which the
  /// one before left long ago.
  @inline(__always)
  private func freshShare(
    _ inner: UnsafePointer<InnerPart>, _ outer: UnsafePointer<OuterPart>
  ) -> Double {
    // Loops of one axis at levels outside the array level continue one another.
    guard context.arrayLevel <= 1 else { return 0 }
    var share = 1.0
    for number in context.windowTable.indices {
      let window = context.windowTable.baseAddress.unsafelyUnwrapped + number
      let (p, r) = (window.pointee.p, window.pointee.r)
      let bound = context.bounds[p]
      let (least, most) = (outer.pointee.least[p], outer.pointee.most[p])
      let (leastFront, front) = (inner.pointee.leastFront[p], inner.pointee.mostFront[p])
      if inner.pointee.leastFront[r] < context.bounds[r] { return 0 }
      // A loop at the array level goes back far enough by itself, whatever goes on outside.
      if least <= front, least < bound,
        !window.pointee.restartsAfresh(p, step: least, passes: (bound - 1) / most + 1)
      {
        return 0
      }
      if most <= leastFront { continue }
      share *= freshShare(inner, outer, number, p)
    }
    return share
  }
}
