/// Bit widths of the numbers a layer works on.
public struct Precision: Hashable, Sendable {
  /// Width of a weight.
  public var weightBits: Int
  /// Width of an input or output word.
  public var activationBits: Int
  /// Width of a partial sum.
  public var accumulatorBits: Int

  /// Widths as given; ops refuse those out of range when their problems are made.
  public init(weightBits: Int, activationBits: Int, accumulatorBits: Int) {
    self.weightBits = weightBits
    self.activationBits = activationBits
    self.accumulatorBits = accumulatorBits
  }
}

/// Why a loop nest is not one the models can count.
public enum ProblemError: Error, Hashable, Sendable {
  /// A bound is below 1 or above ``Problem/largestExtent``.
  case boundOutOfRange(LoopDimension, Int64)
  /// Iterations times the widest word exceed 2^53 bits, beyond which counts are not exact.
  case tooManyOperations
  /// A tensor's axis has no term, more than two, a coefficient below 1, or a size or reach out of
  /// range; or an output's axis is more than one loop index.
  case unsupportedAxis(TensorRole)
  /// One dimension occurs in two axes of a tensor.
  case dimensionInTwoAxes(TensorRole, LoopDimension)
  /// A bit width is outside 1 ... 1024.
  case bitWidthOutOfRange(Int)
}

/// A loop nest with its tensors, before anything is said about hardware.
public struct Problem: Hashable, Sendable {
  /// What one iteration of the nest does.
  public enum Body: Hashable, Sendable {
    /// `output += weight * input` on the array's multiply-accumulate units.
    case multiplyAccumulate
    /// Something else, done by a unit of its own: pooling, addition, a copy.
    case other(OpKind)
  }

  /// How often each loop runs.
  public let bounds: Extents
  /// `nil` for a tensor the nest does not have.
  public let projections: PerTensor<Projection?>
  /// The bit widths of its words.
  public let precision: Precision
  /// What one iteration does.
  public let body: Body

  /// The largest bound, size or offset of a dimension or axis.
  public static let largestExtent: Int32 = 1 << 24

  /// - Throws: `ProblemError` when a number is out of range; everything inside relies on the check,
  ///   so that no arithmetic on counts can overflow.
  public init(
    bounds: Extents, projections: PerTensor<Projection?>, precision: Precision,
    body: Body = .multiplyAccumulate
  ) throws(ProblemError) {
    for dimension in LoopDimension.allCases {
      let bound = bounds[dimension]
      guard bound >= 1, bound <= Self.largestExtent else {
        throw .boundOutOfRange(dimension, Int64(bound))
      }
    }
    let widths = [precision.weightBits, precision.activationBits, precision.accumulatorBits]
    for bits in widths where !(1...1024).contains(bits) { throw .bitWidthOutOfRange(bits) }
    let widest = Int64(widths.max() ?? 1)
    guard let operations = bounds.checkedProduct, operations <= (1 << 53) / widest else {
      throw .tooManyOperations
    }
    for role in TensorRole.allCases {
      guard let projection = projections[role] else { continue }
      try Self.check(projection, of: role)
      try Self.check(projection, of: role, within: bounds)
    }
    self.bounds = bounds
    self.projections = projections
    self.precision = precision
    self.body = body
  }

  private static func check(_ projection: Projection, of role: TensorRole) throws(ProblemError) {
    var seen: DimensionSet = []
    for axis in projection.axes {
      if role == .output {
        guard axis.terms.count == 1, axis.terms[0].coefficient == 1, axis.offset == 0 else {
          throw .unsupportedAxis(role)
        }
      }
      guard (1...2).contains(axis.terms.count), axis.extent >= 1, axis.extent <= largestExtent,
        abs(Int64(axis.offset)) <= Int64(largestExtent),
        axis.terms.allSatisfy({ $0.coefficient >= 1 && $0.coefficient <= largestExtent })
      else { throw .unsupportedAxis(role) }
      for term in axis.terms {
        guard !seen.contains(term.dimension) else {
          throw .dimensionInTwoAxes(role, term.dimension)
        }
        seen.insert(DimensionSet(term.dimension))
      }
    }
  }

  /// Checks that an axis reaches no further than ``largestExtent`` beyond its tensor, and an
  /// output's not at all.
  private static func check(
    _ projection: Projection, of role: TensorRole, within bounds: Extents
  ) throws(ProblemError) {
    for axis in projection.axes {
      let reach = axis.terms.reduce(Int64(axis.offset)) {
        $0 + Int64($1.coefficient) * Int64(bounds[$1.dimension] - 1)
      }
      let limit = role == .output ? Int64(axis.extent) : 2 * Int64(largestExtent)
      guard reach < limit else { throw .unsupportedAxis(role) }
    }
  }

  /// Iterations of the innermost statement.
  public var iterations: Int64 { bounds.checkedProduct ?? .max }

  /// Width of a final word of a tensor.
  public func wordBits(of role: TensorRole) -> Int {
    role == .weight ? precision.weightBits : precision.activationBits
  }

  /// The dimensions that move a tensor's element; empty for a tensor the nest does not have.
  public func relevantDimensions(of role: TensorRole) -> DimensionSet {
    projections[role]?.relevantDimensions ?? []
  }

  /// The dimensions whose iterations add into the same output word.
  public var reductionDimensions: DimensionSet {
    DimensionSet(rawValue: ~relevantDimensions(of: .output).rawValue)
  }
}
