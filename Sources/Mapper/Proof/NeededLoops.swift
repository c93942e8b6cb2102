internal import Accelerators
internal import Dataflow
internal import Ops

/// Which loops in time the levels inside the array level need, for one choice of what is kept.
///
/// A level's loop of some dimension can often run at a neighbouring level instead, for no more of anything:
///
/// - Of the innermost level that keeps any tensor, a loop that moves none of its tensors may as well
///   run inside their tiles, which then stay longer.
/// - Where a level and all levels inside it keep nothing, its loops may as well run at the level around it, if
///   outputs there, or on its wires, do not become partial sums by that, which may be wider words.
/// - Where a level keeps nothing but one inside it does, and steps divide, all its loops together may: the order
///   stays what it was, but for loops of one dimension that are at both levels, and those count where the inner
///   one was. Tiles of an input that slide are another matter: a sweep of two passes finds again what a longer
///   one does not.
/// - Loops may run outside the array's children instead of inside them, if it does not matter which
///   indices neighbours have: of dimensions that share no axis of the input.
struct NeededLoops {
  /// Of each level, the dimensions (bits) with loops in time.
  private(set) var dimensions: SIMD16<UInt8>

  private let context: ProofContext
  private let keeps: [TensorSet]

  init(_ context: ProofContext, keeps: [TensorSet]) {
    self.context = context
    self.keeps = keeps
    dimensions = context.temporal
    for level in (context.arrayLevel + 1..<max(context.arrayLevel + 1, keeps.count)).reversed() {
      if keeps[level].isEmpty { moveOut(level) } else { moveIn(level) }
    }
  }

  /// Tensors kept inside a level.
  private func kept(inside level: Int) -> TensorSet {
    keeps[min(level + 1, keeps.count)...].reduce(into: []) { $0.formUnion($1) }
  }

  /// Dimensions (bits) whose loops at a level can be left out, as another takes them in.
  private func movable(_ level: Int, to other: Int) -> UInt8 {
    let levels = context.space.levels
    guard levels[level].order == nil, levels[other].order == nil else { return 0 }
    return (0..<context.dimensionCount).reduce(UInt8(0)) { set, dimension in
      let (left, taken) = (
        levels[level].temporalPasses[dimension], levels[other].temporalPasses[dimension]
      )
      return left.contains(1) && taken.lowerBound <= 1 && taken.upperBound == .max
        ? set | levels[other].temporal & (1 << UInt8(dimension)) : set
    }
  }

  private func hasWiderSums(_ level: Int) -> Bool {
    let width = { context.space.widthBits(.output, level: level, outermostReduction: $0) }
    return width(0) != width(nil)
  }

  /// Whether the way to a level's children costs energy by the bit, and partial sums have more of them.
  private func hasWiresOfWiderSums(_ level: Int) -> Bool {
    let (array, precision) = (context.space.array, context.space.problem.precision)
    return array.levels[level].fanout.hopPicojoulesPerBit > 0
      && precision.accumulatorBits > precision.activationBits
  }

  private func unrolls(_ level: Int) -> Bool { context.fanouts.contains(level) }

  /// Loops of levels around the innermost one that keeps anything.
  private mutating func moveIn(_ level: Int) {
    guard kept(inside: level).isEmpty else { return }
    let moved = keeps[level].members.reduce(UInt8(0)) {
      $0 | context.relevant[Int($1.rawValue)]
    }
    var around = level - 1
    while around > context.arrayLevel, !unrolls(around) {
      dimensions[around] &= ~(movable(around, to: level) & ~moved)
      if !keeps[around].isEmpty { return }
      around -= 1
    }
  }

  /// Loops of a level that keeps nothing.
  private mutating func moveOut(_ level: Int) {
    let around = level - 1
    let inside = kept(inside: level)
    // With any steps the children of several fan-outs have uneven shares, and so have tiles that are cut twice.
    guard context.isPerfect || inside.isEmpty && !(level..<keeps.count).contains(where: unrolls)
    else { return }
    var movable = movable(level, to: around)
    if keeps[around].contains(.output) && hasWiderSums(around) || hasWiresOfWiderSums(around) {
      movable &= context.relevant[Int(TensorRole.output.rawValue)]
    }
    if unrolls(around) {
      // Which indices a child has changes.
      guard around == context.arrayLevel, context.fanouts.count == 1, !context.passesOn else {
        return
      }
      for window in context.windows { movable &= ~(1 << UInt8(window.p) | 1 << UInt8(window.r)) }
    }
    if inside.isEmpty {
      dimensions[level] &= ~movable
    } else if dimensions[level] & ~movable == 0,
      context.windows.isEmpty || !inside.contains(.input)
    {
      dimensions[level] = 0
    }
  }
}
