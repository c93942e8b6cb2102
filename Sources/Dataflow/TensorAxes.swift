internal import Ops

/// How the choices of a spatial loop's index are counted together.
enum SpatialRole: UInt8, Hashable, Sendable {
  /// Each choice counts for itself.
  case summed
  /// A word that several choices share counts once.
  case united
  /// Each choice gets a count of its own.
  case separate
}

/// What is counted together: which instances, and what wires join them.
struct CountingScope: Sendable {
  /// Tiles are those of instances of this level; the number of levels stands for the lanes.
  var depth: Int
  /// The role of each spatial loop outside `depth`, in the order of `LoopNest.spatial`.
  var roles: [SpatialRole]
  /// The loop along which a neighbour's words serve too.
  var forwarding: LoopNest.SpatialLoop?
  /// Pairs of loops on x and y whose choices with equal sums of indices count together.
  var diagonals: [Diagonal] = []

  /// Two loops of one level, and the tensor axis both move.
  struct Diagonal: Hashable, Sendable {
    var x: LoopNest.SpatialLoop
    var y: LoopNest.SpatialLoop
  }
}

/// The spatial choices of one dimension under a scope.
struct SpatialChoices: Sendable {
  /// Of each choice, the number of its group (choices that count together share one).
  private(set) var group: [Int32] = [0]
  private(set) var groupCount: Int32 = 1
  /// Of each choice, the number of the separate count it belongs to.
  private(set) var separate: [Int32] = [0]
  private(set) var separateCount: Int32 = 1
  /// Of each choice, its part of a diagonal's sum.
  private(set) var diagonal: [Int32] = [0]
  private(set) var diagonalCount: Int32 = 1
  /// Distance between neighbours along the forwarding loop, and that loop's index of each choice.
  private(set) var neighborStride: Int?
  private(set) var neighborIndex: [Int32] = []
  private(set) var neighborCount: Int32 = 1

  init(of dimension: LoopDimension, nest: LoopNest, scope: CountingScope) {
    for (number, loop) in nest.spatial.enumerated()
    where loop.dimension == dimension && loop.level < scope.depth {
      let passes = nest.chain(dimension)[loop.chainIndex].passes
      let onDiagonal = scope.diagonals.contains { $0.x == loop || $0.y == loop }
      let role = scope.roles[number]
      let passesSummed = role == .summed && !onDiagonal
      group = Self.spread(group, passes) { passesSummed ? $0 * passes + $1 : $0 }
      if passesSummed { groupCount *= passes }
      separate = Self.spread(separate, passes) { role == .separate ? $0 * passes + $1 : $0 }
      if role == .separate { separateCount *= passes }
      diagonal = Self.spread(diagonal, passes) { onDiagonal ? $0 + $1 : $0 }
      if onDiagonal { diagonalCount += passes - 1 }
      neighborStride = neighborStride.map { $0 * Int(passes) }
      let forwards = scope.forwarding == loop
      if forwards { neighborStride = 1 }
      neighborIndex = Self.spread(neighborIndex.isEmpty ? [0] : neighborIndex, passes) {
        forwards ? $1 : $0
      }
      if forwards { neighborCount = passes }
    }
  }

  private static func spread(
    _ values: [Int32], _ passes: Int32, _ combine: (Int32, Int32) -> Int32
  ) -> [Int32] {
    values.flatMap { value in (0..<passes).map { combine(value, $0) } }
  }

  /// The choices next to one along the forwarding loop.
  func neighbors(of choice: Int) -> [Int] {
    guard let neighborStride else { return [] }
    var result: [Int] = []
    if neighborIndex[choice] > 0 { result.append(choice - neighborStride) }
    if neighborIndex[choice] + 1 < neighborCount { result.append(choice + neighborStride) }
    return result
  }
}

/// Words along one axis, over all steps of a cut: how many there are, and how many of them need
/// not move because every member of the group that has use for them has them already.
struct AxisCount: Hashable, Sendable {
  var present: Int64 = 0
  var kept: Int64 = 0
}

/// One factor of a tensor's words: an axis of the tensor, or a dimension that does not move it.
///
/// Sets of words are products over the factors, and so are the sets that move (see
/// `Documentation/Model.md`, "Why counts are products"); each factor is counted on its own.
enum TensorFactor: Hashable, Sendable {
  /// A dimension that does not move the tensor's element: its pieces only decide who is idle.
  case irrelevant(LoopDimension)
  /// One index, each of whose values is one word.
  case single(LoopDimension)
  /// The general axis, with its words at most `extent`, or all that it reaches.
  case affine(AffineAxis, clipped: Bool)

  /// The dimensions of the factor, of which there are one or two.
  var dimensions: [LoopDimension] {
    switch self {
    case .irrelevant(let dimension), .single(let dimension): [dimension]
    case .affine(let axis, _): axis.terms.map(\.dimension)
    }
  }

  /// Whether a dimension is one of the factor's.
  func moves(with dimension: LoopDimension) -> Bool {
    switch self {
    case .irrelevant(let own), .single(let own): own == dimension
    case .affine(let axis, _): axis.terms.contains { $0.dimension == dimension }
    }
  }

  /// The factors of a projection over a box of the given bounds.
  static func factors(
    of projection: Projection, bounds: Extents, storesPadding: Bool
  ) -> [TensorFactor] {
    let relevant = projection.relevantDimensions
    var factors: [TensorFactor] = LoopDimension.allCases
      .filter { !relevant.contains($0) && bounds[$0] > 1 }.map { .irrelevant($0) }
    for axis in projection.axes {
      let reach = axis.terms.reduce(Int64(axis.offset)) {
        $0 + Int64($1.coefficient) * Int64(bounds[$1.dimension] - 1)
      }
      let clips = !storesPadding && (axis.offset < 0 || reach >= Int64(axis.extent))
      if axis.terms.count == 1 && !clips {
        factors.append(.single(axis.terms[0].dimension))
      } else {
        factors.append(.affine(axis, clipped: clips))
      }
    }
    return factors
  }

  /// Where a dimension's pieces of this factor may be counted by shape alone.
  func interior(of dimension: LoopDimension, bounds: Extents) -> Interior {
    guard case .affine(let axis, let clipped) = self, clipped else { return .everywhere }
    guard axis.terms[0].dimension == dimension else { return .range(0..<0) }
    let coefficient = Int64(axis.terms[0].coefficient)
    let offset = Int64(axis.offset)
    let rest = axis.terms.dropFirst().reduce(Int64(0)) {
      $0 + Int64($1.coefficient) * Int64(bounds[$1.dimension] - 1)
    }
    let lower = offset < 0 ? (-offset + coefficient - 1) / coefficient : 0
    let last = Int64(axis.extent) - 1 - offset - rest
    guard last >= 0, last / coefficient >= lower else { return .range(0..<0) }
    return .range(lower..<last / coefficient + 1)
  }
}
