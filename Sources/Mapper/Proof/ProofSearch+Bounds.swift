internal import Ops

extension ProofSearch {
  /// Lower bounds of the mappings of a pair of parts that are wanted, whatever stays.
  struct PairBounds {
    var isWanted = false
    /// Without leakage.
    var energy = Double.infinity
    var cycles = Double.infinity
    var score = Double.infinity

    /// Takes in further mappings.
    @inline(__always)
    mutating func add(_ other: PairBounds) {
      isWanted = isWanted || other.isWanted
      energy = min(energy, other.energy)
      cycles = min(cycles, other.cycles)
      score = min(score, other.score)
    }
  }

  /// - Parameter all: bounds of mappings that are not wanted too.
  @inline(__always)
  func bounds(
    _ inner: UnsafePointer<InnerPart>, _ outer: UnsafePointer<OuterPart>, _ scheme: Scheme,
    all: Bool = false
  ) -> PairBounds {
    // Dimensions surely looped over at the array level, and those that may be.
    let looped = (outer.pointee.least .> inner.pointee.mostFront).bits
    let mayLoop = (outer.pointee.most .> inner.pointee.leastFront).bits
    // Without any loop at the array level, the innermost loop outside says what stays.
    let isUnlooped = context.knowsOuterClass && mayLoop == 0
    let steps = inner.pointee.cycles + outer.pointee.cycles
    // What tensors that stay cost more at least, each time that another tile is visited.
    var further = SIMD4<Double>(repeating: 0)
    let moved = SIMD4<Int64>(truncatingIfNeeded: context.relevant & SIMD4(repeating: looped))
    further.replace(
      with: smaller(
        inner.pointee.moving - inner.pointee.staying,
        inner.pointee.again * (outer.pointee.visits - 1)) * (1 - inner.pointee.shares),
      where: moved .!= 0)
    var bounds = PairBounds()
    var visited: Visited?
    for number in 0..<context.classCount {
      // Some loop is the innermost one where there is any.
      let innermost = mayLoop & context.innermost[number]
      if looped != 0 && innermost == 0 { continue }
      // What is soonest told rules most pairs out.
      let outside = isUnlooped ? outer.pointee.energies[number] : outer.pointee.energy
      var energy = inner.pointee.energies[number] + context.sum(further, ofClass: number) + outside
      var slowest = steps
      if !all {
        if isRuledOut(energy, steps) { continue }
        let ports = (inner.pointee.ports(number) + outer.pointee.ports).largest * (1 - 1e-12)
        if ports > steps {
          slowest = ports
          if isRuledOut(energy, slowest) { continue }
        }
      }
      var input: Sweeps?
      if looped != 0 && context.classes[number] & 2 == 0 {
        let sweeps = swept(inner, outer, innermost)
        if !all && sweeps.energy > inner.pointee.moving[1] {
          energy +=
            (sweeps.energy - inner.pointee.moving[1])
            * (1 - context.share(inner.pointee.inputBorders, 1, ofClass: number))
          if isRuledOut(energy, slowest) { continue }
        }
        input = sweeps
      }
      let known = visited ?? self.visited(inner, outer, looped)
      visited = known
      bounds.add(
        self.bounds(
          inner, outer, scheme, known, input, ofClass: number,
          (steps: steps, isUnlooped: isUnlooped), all: all))
    }
    return bounds
  }

  /// Whether no mapping of so much energy without leakage and so many cycles is wanted.
  @inline(__always)
  private func isRuledOut(_ energy: Double, _ cycles: Double) -> Bool {
    let figures = figures(energy, cycles)
    return incumbents.ruleOut(energy: figures.energy, cycles: figures.cycles)
  }

  /// What tensors cost that the innermost loop at the array level leaves in place.
  struct Visited {
    /// Picojoules of each tensor where the loops outside the array level leave it in place, and where
    /// they do not.
    var staying = SIMD4<Double>(repeating: 0)
    var visited = SIMD4<Double>(repeating: 0)
    /// The share of the input's words, at least, in sweeps over an axis that find nothing of the last.
    var fresh = 0.0
  }

  private func visited(
    _ inner: UnsafePointer<InnerPart>, _ outer: UnsafePointer<OuterPart>, _ looped: UInt8
  ) -> Visited {
    var found = Visited()
    let fresh = freshShare(inner, outer)
    found.fresh = fresh
    let again =
      fresh > 0
      ? max(inner.pointee.again[1], inner.pointee.fresh.again * fresh) : inner.pointee.again[1]
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
      found.visited[role] = min(
        moving,
        once + (role == 1 ? again : inner.pointee.again[role])
          * (outer.pointee.visits[role] - 1) * (1 - shareOfVisits))
      found.staying[role] = looped & relevant != 0 ? found.visited[role] : min(moving, once)
    }
    return found
  }

  /// Bounds of the mappings of a pair whose innermost loop at the array level leaves one set of tensors
  /// in place.
  ///
  /// - Parameter input: what is known of the input's sweeps, if some loop surely moves it.
  private func bounds(
    _ inner: UnsafePointer<InnerPart>, _ outer: UnsafePointer<OuterPart>, _ scheme: Scheme,
    _ known: Visited, _ input: Sweeps?, ofClass number: Int,
    _ pair: (steps: Double, isUnlooped: Bool), all: Bool
  ) -> PairBounds {
    var (borders, inputBorders) = (inner.pointee.borders, inner.pointee.inputBorders)
    if !context.isPerfect && !context.loopsBetween {
      // One tile has no border.
      for dimension in 0..<context.dimensionCount
      where outer.pointee.whole & (1 << UInt8(dimension)) != 0 {
        borders[dimension] = 0
        inputBorders[dimension] = 0
      }
    }
    let set = context.classes[number]
    var (fixed, fresh) = (scheme.constant, known.fresh)
    for role in 0..<3 where set & (1 << UInt8(role)) == 0 {
      let once = inner.pointee.staying[role]
      var most = inner.pointee.moving[role]
      if role == 1 {
        if let input {
          most = max(most, input.energy)
          fresh = input.share
        } else if fresh > 0 {
          most = max(most, inner.pointee.fresh.moving * fresh)
        }
      }
      let share =
        context.isPerfect
        ? 0 : context.share(role == 1 ? inputBorders : borders, role, ofClass: number)
      fixed += once + (most - once) * (1 - share)
    }
    var bounds = PairBounds()
    for outside in 0..<context.classCount where outside == number || !pair.isUnlooped {
      let stays = context.knowsOuterClass ? context.classes[outside] : 7
      var energy = fixed + outer.pointee.energies[outside]
      if energy == .infinity { continue }
      for role in 0..<3 where set & (1 << UInt8(role)) != 0 {
        energy += (stays & (1 << UInt8(role)) != 0 ? known.staying : known.visited)[role]
      }
      var figures = figures(energy, pair.steps)
      if !all && incumbents.ruleOut(energy: figures.energy, cycles: figures.cycles) { continue }
      var ports = inner.pointee.ports(number)
      if fresh > 0 && set & 2 == 0 {
        // A share of the longer time is not known to be more than the rest of the shorter one.
        ports += larger(
          PortCycles(repeating: 0),
          inner.pointee.fresh.morePorts * fresh - ports * (1 - fresh))
      }
      ports += (outer.pointee.tightPorts.map { $0[outside] } ?? outer.pointee.ports)
      let slowest = ports.largest * (1 - 1e-12)
      if slowest > pair.steps {
        figures = self.figures(energy, slowest)
        if !all && incumbents.ruleOut(energy: figures.energy, cycles: figures.cycles) { continue }
      }
      bounds.add(
        PairBounds(
          isWanted: true, energy: energy, cycles: figures.cycles,
          score: incumbents.score(energy: figures.energy, cycles: figures.cycles)))
    }
    return bounds
  }

  /// What is known of the input's sweeps by the array level's innermost loop.
  struct Sweeps {
    /// Picojoules of the input, at least, and the share of its words in sweeps known to begin afresh.
    var energy: Double
    var share: Double
  }

  /// - Parameter innermost: dimensions (bits) that the innermost loop may have.
  @inline(__always)
  private func swept(
    _ inner: UnsafePointer<InnerPart>, _ outer: UnsafePointer<OuterPart>, _ innermost: UInt8
  ) -> Sweeps {
    var sweeps = Sweeps(energy: .infinity, share: 1)
    var rest = innermost
    while rest != 0 {
      let dimension = rest.trailingZeroBitCount
      rest &= rest - 1
      var (own, energy) = (0.0, 0.0)
      if let window = context.windowNumber(dimension) {
        own = freshShare(inner, outer, dimension)
        // Where a loop outside goes on along the outputs, the next filter rows may be found in place.
        let isAlone = outer.pointee.whole & (1 << UInt8(dimension)) != 0
        let axis = isAlone ? dimension : context.windowTable[window].r
        energy = inner.pointee.fresh.along[axis] * own
      } else if context.isSimple(.input, dimension) {
        (own, energy) = (1, inner.pointee.fresh.unslid)
      }
      sweeps.energy = min(sweeps.energy, energy)
      sweeps.share = min(sweeps.share, own)
    }
    return sweeps
  }

  /// The share of the input's words, at least, in sweeps over a dimension by the array level's innermost
  /// loop that find nothing of what the one before left.
  ///
  /// What goes on outside, along the same axis too, does so from where this loop ends, or not at all.
  @inline(__always)
  private func freshShare(
    _ inner: UnsafePointer<InnerPart>, _ outer: UnsafePointer<OuterPart>, _ dimension: Int
  ) -> Double {
    guard context.arrayLevel <= 1 else { return 0 }
    let least = outer.pointee.least[dimension]
    // With one pass there is no loop, and nothing to restart.
    let longest =
      least > inner.pointee.mostFront[dimension]
      ? inner.pointee.fresh.longest[dimension] : inner.pointee.fresh.longestOfTwo[dimension]
    if least <= longest { return 0 }
    return context.isPerfect || least == context.bounds[dimension]
      ? 1 : inner.pointee.fresh.shares[dimension]
  }

  /// The fewest passes of a loop that leave nothing of its last tile when it begins again.
  @inline(__always)
  private func passesToRestartAfresh(
    _ inner: UnsafePointer<InnerPart>, _ window: UnsafePointer<WindowWords>, _ dimension: Int,
    step: Int32
  ) -> Int32 {
    window.pointee.passesToRestartAfresh(
      dimension, step: step, spanOfChild: inner.pointee.spans[dimension])
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
        (bound - 1) / most + 1 < passesToRestartAfresh(inner, window, p, step: least)
      {
        return 0
      }
      if most <= leastFront { continue }
      share *= freshShare(inner, outer, p)
    }
    return share
  }
}

extension SIMDMask where Storage == SIMD8<Int32> {
  /// The lanes that are set, the first in the lowest bit.
  @inline(__always)
  var bits: UInt8 {
    let numbers = SIMD8<Int32>(1, 2, 4, 8, 16, 32, 64, 128)
    return UInt8(truncatingIfNeeded: numbers.replacing(with: 0, where: .!self).wrappedSum())
  }
}
