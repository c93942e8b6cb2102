internal import Ops

/// The outer part of a mapping: what the loops so far cost, and what decides how often tiles of the
/// inner part change.
struct OuterPart: Sendable {
  /// Picojoules of the transfers charged so far, at least.
  var energy = 0.0
  /// Cycles of first and last tiles that nothing hides, at least.
  var exposed = 0.0
  /// Cycles of each port so far, at least.
  var ports = PortCycles(repeating: 0)
  /// Instances at work of the level entered, and of each tensor's innermost keeper so far.
  var lanes = 1.0
  var keeperLanes = SIMD4<Double>(repeating: 1)
  /// Of each tensor, passes of the innermost loops in time that leave its tile in place
  /// (weights and outputs).
  var stays = SIMD4<Double>(repeating: 1)
  /// The class of the innermost loop in time; negative while there is none.
  var classes = -1
  /// Of each tensor, what fan-outs since its keeper multiplied: children that hold the same words,
  /// those of them that no wire serves together, and those along which the input slides.
  var copies = SIMD4<Double>(repeating: 1)
  var apart = SIMD4<Double>(repeating: 1)
  var alongSlides = 1.0
  /// Of each tensor, picojoules charged for the way to its next keeper.
  var provisional = SIMD4<Double>(repeating: 0)
  /// Whether children of different instances work on partial sums of the same output words.
  var sharesOutputs = false
  /// The outermost level with a loop over a reduction dimension; a large number while there is none.
  var reduction = Int.max
  /// Of each tensor, words its keeper serves at one step, as a multiple of one child's, at least.
  var together = SIMD4<Double>(repeating: 1)
}

/// What was chosen at each level on the way to a part.
struct ChosenLevel: Sendable {
  /// The tile that entered, the one in front of the fan-out, and the way to unroll.
  var entered = 0
  var front = 0
  var way = 0
  /// Loops in time, outermost first, as positions of dimensions.
  var order = SIMD8<UInt8>(repeating: 0)
  var loops = 0
}

extension OuterPart {
  /// Adds one level's loops in time.
  ///
  /// - Parameters:
  ///   - order: positions of the dimensions, outermost first.
  ///   - front: the tile of one pass.
  mutating func step(
    _ order: SIMD8<UInt8>, loops: Int, from entered: Int, to front: Int, _ context: ProofContext
  ) {
    guard loops > 0 else { return }
    let lattice = context.lattice
    let (whole, part) = (lattice.extents[entered], lattice.extents[front])
    for tensor in 0..<3 {
      let relevant = lattice.relevant[tensor]
      var run = 1.0
      var index = loops - 1
      while index >= 0 {
        let dimension = Int(order[index])
        if relevant & (1 << UInt8(dimension)) != 0 { break }
        run *= Double(whole[dimension] / part[dimension])
        index -= 1
      }
      stays[tensor] = index < 0 ? stays[tensor] * run : run
    }
    classes = context.classOfDimension[Int(order[loops - 1])]
  }
}
