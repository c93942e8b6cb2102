internal import Accelerators
internal import Dataflow
internal import Ops

/// Which loops in time the levels inside the array level need, for one choice of what is kept.
///
/// With steps that divide, a level's loop of some dimension can often run at a neighbouring level instead, so
/// that no count of words gets larger: not those that enter or leave a level, nor those on its wires, nor steps.
///
/// - Of the innermost level that keeps any tensor, a loop that moves none of its tensors may as well
///   run inside their tiles, which then stay longer.
/// - Where a level and all levels inside it keep nothing, its loops may as well run at the level around it, if
///   outputs there, or on its wires, do not become partial sums by that, which may be wider words.
/// - Where a level keeps nothing but one inside it does, all its loops together may: they stay inside those of
///   the level around. A dimension that both levels cut is then cut once, where the inner level did: loops outside
///   of the innermost one that moves a tensor count for it wherever they are. Tiles of an input that slide are
///   another matter: a sweep of two passes finds again what a longer one does not.
/// - Loops may run outside the array's children instead of inside them, if it does not matter which
///   indices neighbours have: of dimensions that share no axis of the input.
///
/// With any steps none of this holds: children that share a remainder evenly may take fewer accesses than those
/// that take turns, and fewer words that leave may mean more additions on the way.
struct NeededLoops {
  /// Of each level, the dimensions (bits) with loops in time.
  private(set) var dimensions: SIMD16<UInt8>

  private let context: ProofContext
  private let keeps: [TensorSet]
  /// The dimensions (bits) that share an axis of the input with another one, however long it is.
  private let sliding: UInt8

  init(_ context: ProofContext, keeps: [TensorSet]) {
    self.context = context
    self.keeps = keeps
    dimensions = context.temporal
    sliding = Self.sliding(context.space)
    guard context.isPerfect else { return }
    for level in (context.arrayLevel + 1..<max(context.arrayLevel + 1, keeps.count)).reversed() {
      if keeps[level].isEmpty { moveOut(level) } else { moveIn(level) }
    }
  }

  private static func sliding(_ space: Mapspace) -> UInt8 {
    (space.problem.projections[.input]?.axes ?? []).reduce(UInt8(0)) { set, axis in
      let known = axis.terms.compactMap { space.dimensions.firstIndex(of: $0.dimension) }
      return known.count > 1 ? known.reduce(set) { $0 | 1 << UInt8($1) } : set
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
    let moving = keeps[level].members.reduce(UInt8(0)) {
      $0 | context.relevant[Int($1.rawValue)]
    }
    var around = level - 1
    while around > context.arrayLevel, !unrolls(around) {
      dimensions[around] &= ~(movable(around, to: level) & ~moving)
      if !keeps[around].isEmpty { return }
      around -= 1
    }
  }

  /// Loops of a level that keeps nothing.
  private mutating func moveOut(_ level: Int) {
    let around = level - 1
    let inside = kept(inside: level)
    var moved = movable(level, to: around)
    if keeps[around].contains(.output) && hasWiderSums(around) || hasWiresOfWiderSums(around) {
      moved &= context.relevant[Int(TensorRole.output.rawValue)]
    }
    if unrolls(around) {
      // Which indices a child has changes.
      guard around == context.arrayLevel, context.fanouts.count == 1, !context.passesOn else {
        return
      }
      moved &= ~sliding
    }
    if inside.isEmpty {
      dimensions[level] &= ~moved
    } else if dimensions[level] & ~moved == 0, sliding == 0 || !inside.contains(.input) {
      dimensions[level] = 0
    }
  }
}
