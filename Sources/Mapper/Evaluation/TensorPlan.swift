internal import Ops

/// How a tensor's words factor, whatever the mapping.
struct TensorPlan {
  /// An axis that is not one index alone.
  struct Axis {
    var shape: FactorShape
    /// The shorter of the two dimensions; 255 where there is none.
    var secondDimension: UInt8
    var dimensionSet: UInt8
    /// First word of the keys of its tables.
    var key: UInt64 = 0
    /// Pairs of indices that reach a word: what lanes that share nothing read.
    var reaches: Double
    /// Distinct words.
    var words: Double
  }

  /// Whether the problem has the tensor.
  var isPresent = false
  /// Dimensions each value of which is a word of its own, as bits.
  var single: UInt8 = 0
  /// Dimensions that do not move the tensor.
  var idle: UInt8 = 0
  /// Product of the bounds of the single dimensions.
  var singleWords = 1.0
  /// Words of the whole tensor.
  var words = 1.0
  /// Words that lanes which share nothing read.
  var laneWords = 1.0
  /// Set once the keys are known.
  var axes = UnsafeBufferPointer<Axis>(start: nil, count: 0)

  init(
    _ projection: Projection?, of problem: Problem, storesPadding: Bool,
    knownAxes known: inout [Axis]
  ) {
    guard let projection else { return }
    var axes: [Axis] = []
    isPresent = true
    idle = ~projection.relevantDimensions.rawValue
    for axis in projection.axes {
      let terms = axis.terms.filter { problem.bounds[$0.dimension] > 1 }
      let reach = terms.reduce(Int(axis.offset)) {
        $0 + Int($1.coefficient) * Int(problem.bounds[$1.dimension] - 1)
      }
      let clips = !storesPadding && (axis.offset < 0 || reach >= Int(axis.extent))
      if !clips && Self.isDistinct(terms, problem) {
        for term in terms { single |= 1 << term.dimension.rawValue }
      } else {
        var axis = Axis(axis, terms, problem, isClipped: clips)
        let number = known.firstIndex { $0.shape.isSameAxis(as: axis.shape) } ?? known.count
        if number == known.count { known.append(axis) }
        axis.key = FactorKeys.axis(number: number)
        axes.append(axis)
      }
    }
    for dimension in LoopDimension.allCases where single & 1 << dimension.rawValue != 0 {
      singleWords *= Double(problem.bounds[dimension])
    }
    words = axes.reduce(singleWords) { $0 * $1.words }
    laneWords = axes.reduce(singleWords) { $0 * $1.reaches }
    for dimension in LoopDimension.allCases where idle & 1 << dimension.rawValue != 0 {
      laneWords *= Double(problem.bounds[dimension])
    }
    self.axes = UnsafeBufferPointer(copying: axes)
  }

  /// Whether each choice of indices reaches a word of its own, as digits of a number do. Then the
  /// axis is as good as one of single indices a term.
  private static func isDistinct(_ terms: [AffineAxis.Term], _ problem: Problem) -> Bool {
    guard terms.count == 2 else { return true }
    let sorted = terms.sorted { $0.coefficient < $1.coefficient }
    let low = Int(sorted[0].coefficient) * Int(problem.bounds[sorted[0].dimension] - 1)
    return low < Int(sorted[1].coefficient)
  }
}

extension TensorPlan.Axis {
  fileprivate init(
    _ axis: AffineAxis, _ terms: [AffineAxis.Term], _ problem: Problem, isClipped: Bool
  ) {
    let sorted = terms.sorted { problem.bounds[$0.dimension] > problem.bounds[$1.dimension] }
    let bound = { (number: Int) in
      sorted.indices.contains(number) ? Int(problem.bounds[sorted[number].dimension]) : 1
    }
    let coefficient = { (number: Int) in
      sorted.indices.contains(number) ? Int(sorted[number].coefficient) : 1
    }
    secondDimension = sorted.count > 1 ? sorted[1].dimension.rawValue : .max
    dimensionSet = sorted.reduce(0) { $0 | 1 << $1.dimension.rawValue }
    let extent = coefficient(0) * (bound(0) - 1) + coefficient(1) * (bound(1) - 1) + 1
    shape = FactorShape(
      kind: .axis, bounds: (bound(0), bound(1)), coefficients: (coefficient(0), coefficient(1)),
      base: isClipped ? Int(axis.offset) : 0, wordCount: isClipped ? Int(axis.extent) : extent)
    if isClipped { shape.interiors = (shape.interior, 0..<0) }
    (reaches, words) = shape.reach()
  }
}

extension FactorShape {
  fileprivate func isSameAxis(as other: FactorShape) -> Bool {
    bounds == other.bounds && coefficients == other.coefficients && base == other.base
      && wordCount == other.wordCount && interiors.0 == other.interiors.0
  }

  /// The indices of the first dimension that reach no padding whatever the second one is.
  fileprivate var interior: Range<Int> {
    let lower = base < 0 ? (-base + coefficients.0 - 1) / coefficients.0 : 0
    let last = wordCount - 1 - base - coefficients.1 * (bounds.1 - 1)
    guard last >= 0, last / coefficients.0 >= lower else { return 0..<0 }
    return lower..<last / coefficients.0 + 1
  }

  /// How many pairs of indices reach a word, and how many words are reached.
  ///
  /// - Complexity: O(*n* log *n*) in the smaller bound.
  fileprivate func reach() -> (pairs: Double, words: Double) {
    var pairs = 0
    var runs: [(residue: Int, from: Int, to: Int)] = []
    for second in 0..<bounds.1 {
      let row = base + coefficients.1 * second
      // Indices i of the first dimension with 0 <= row + s * i < wordCount.
      let from = row < 0 ? (-row + coefficients.0 - 1) / coefficients.0 : 0
      let room = wordCount - 1 - row
      let to = room < 0 ? -1 : min(bounds.0 - 1, room / coefficients.0)
      guard from <= to else { continue }
      pairs += to - from + 1
      let start = row + coefficients.0 * from
      runs.append(
        (start % coefficients.0, start / coefficients.0, start / coefficients.0 + to - from))
    }
    runs.sort { ($0.residue, $0.from) < ($1.residue, $1.from) }
    var words = 0
    var last: (residue: Int, to: Int) = (-1, -1)
    for run in runs {
      let from = run.residue == last.residue ? max(run.from, last.to + 1) : run.from
      if from <= run.to { words += run.to - from + 1 }
      last = (run.residue, run.residue == last.residue ? max(last.to, run.to) : run.to)
    }
    return (Double(pairs), Double(words))
  }
}
