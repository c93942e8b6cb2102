/// Weights that are moved towards what is over its limit, and the best ones met.
struct WeightSteps {
  /// 1 for amounts that are limited, else 0.
  private let kinds: SIMD8<Double>
  /// The weights looked at; they sum to 1.
  private(set) var weights: SIMD8<Double>
  /// The best weights found, and the least that all stages weigh by them.
  private(set) var best: SIMD8<Double>
  private(set) var bound = 0.0
  /// By how much more than the bound a step is to bring, as long as steps bring anything.
  private var hope = 0.0
  private var before = 0.0
  private var idle = 0

  /// - Parameter scale: By amount, 1 over its limit; 0 for those that limit nothing.
  init(scale: SIMD8<Double>) {
    kinds = scale.replacing(with: 1, where: scale .> 0)
    weights = kinds.sum() > 0 ? kinds / kinds.sum() : kinds
    best = weights
  }

  /// Goes on from weights that are good for fewer demands, of which nothing else is known.
  init(scale: SIMD8<Double>, from weights: SIMD8<Double>) {
    self.init(scale: scale)
    self.weights = weights
    best = weights
  }

  /// Whether any amount is limited.
  var canMove: Bool { kinds.sum() > 0 }

  /// The resource that weighs most.
  var heaviest: FPGAResource? {
    FPGAResource.allCases[(0..<CostVector.bytes).max { weights[$0] < weights[$1] } ?? 0]
  }

  mutating func start() {
    hope = min(0.02, max(Weighing.available - bound, 0.002))
    (before, idle) = (bound, 0)
  }

  /// Notes what all stages weigh at least; whether that is more than by any weights before.
  mutating func note(_ sum: Double) -> Bool {
    guard sum > bound else { return false }
    (bound, best) = (sum, weights)
    return true
  }

  /// Moves the weights.
  ///
  /// - Parameters:
  ///   - sum: The least that all stages weigh.
  ///   - use: What is used then, as shares of the limits.
  mutating func move(sum: Double, use: SIMD8<Double>, round: Int) {
    // Larger where more is used than there is; the mean keeps the weights' sum.
    let excess = (use - 1).clamped(
      lowerBound: SIMD8(repeating: -1), upperBound: SIMD8(repeating: 3))
    let spread = (excess * excess * weights).sum()
    let step = min(0.5 / Double(round + 2).squareRoot(), (bound + hope - sum) / max(spread, 1e-9))
    // Hoped for less where steps of that size found nothing better.
    if bound > before { (before, idle) = (bound, 0) } else { idle += 1 }
    if idle == 3 { (hope, idle) = (hope / 2, 0) }
    weights = (weights * (1 + step * excess)).clamped(
      lowerBound: SIMD8(repeating: 1e-7), upperBound: SIMD8(repeating: 1e7))
    weights *= kinds
    weights /= weights.sum()
  }
}
