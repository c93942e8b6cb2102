package import Accelerators
internal import Dataflow

/// The best mappings found, and what bounds they rule out.
///
/// Figures within 10^-12 of each other count as equal: sums of the same energies in another order
/// differ by less.
struct Incumbents: Sendable {
  struct Point: Sendable {
    var energy: Double
    var cycles: Double
    var mapping: CompactMapping
  }

  let objective: SearchGoal
  /// One point, or the front in order of cycles.
  private(set) var points: [Point] = []
  /// Of the best point by a single objective; infinite until one is found.
  private var energy = Double.infinity
  private var cycles = Double.infinity
  private var best = Double.infinity
  /// The product of energy and delay from which on nothing is wanted.
  private var unwantedProduct = Double.infinity

  /// A score beyond which nothing is looked at for now.
  var limit = Double.infinity {
    didSet { settle() }
  }

  init(_ objective: SearchGoal) { self.objective = objective }

  private static let tolerance = 1e-12

  /// Whether no mapping of at least this energy and these cycles is wanted.
  @inline(__always)
  func ruleOut(energy: Double, cycles: Double) -> Bool {
    switch objective {
    case .single(.energyDelayProduct):
      return energy * cycles >= unwantedProduct
    case .single(.energy):
      if energy > limit || energy >= self.energy * (1 + Self.tolerance) { return true }
      return energy >= self.energy * (1 - Self.tolerance) && cycles >= self.cycles
    case .single(.latency):
      if cycles > self.cycles || score(energy: energy, cycles: cycles) > limit { return true }
      return cycles == self.cycles && energy >= self.energy * (1 - Self.tolerance)
    case .front:
      if score(energy: energy, cycles: cycles) > limit { return true }
      for index in points.indices where points[index].cycles <= cycles {
        if points[index].energy * (1 - Self.tolerance) <= energy { return true }
      }
      return false
    }
  }

  /// Cycles above which no mapping of at least this energy is wanted, with a margin for rounding.
  func mostCycles(energy: Double) -> Double {
    guard !points.isEmpty, energy > 0 else { return .infinity }
    return switch objective {
    case .single(.energyDelayProduct): min(best, limit) / energy * (1 + 1e-9) + 1
    case .single(.latency): best + 1
    case .single(.energy), .front: .infinity
    }
  }

  /// The score of the best mapping found.
  var bestScore: Double? { points.map { score(energy: $0.energy, cycles: $0.cycles) }.min() }

  /// Whether no outer part of at least a score is wanted, together with an inner part that exceeds
  /// the least energy and cycles by so much.
  @inline(__always)
  func endsBefore(
    score: Double, energy: Double, cycles: Double, _ least: (energy: Double, cycles: Double)
  ) -> Bool {
    let best = min(limit, best)
    switch objective {
    case .single(.energyDelayProduct):
      let more = energy * least.cycles + cycles * least.energy + energy * cycles
      return score + more > best * (1 + Self.tolerance)
    case .single(.energy): return score + energy > best * (1 + Self.tolerance)
    case .single(.latency): return score.rounded(.down) + cycles - 2 > best
    case .front: return false
    }
  }

  /// A number by which parts are followed in order, the least first.
  @inline(__always)
  func score(energy: Double, cycles: Double) -> Double {
    switch objective {
    case .single(.energyDelayProduct), .front: energy * cycles
    case .single(.energy): energy
    case .single(.latency): cycles + 1e-3 * energy / (energy + 1)
    }
  }

  mutating func consider(_ point: Point) {
    let limit = limit
    self.limit = .infinity
    defer { self.limit = limit }
    if ruleOut(energy: point.energy, cycles: point.cycles) { return }
    guard case .front = objective else {
      points = [point]
      (energy, cycles) = (point.energy, point.cycles)
      best = score(energy: energy, cycles: cycles)
      return
    }
    points.removeAll {
      $0.cycles >= point.cycles && $0.energy >= point.energy * (1 - Self.tolerance)
    }
    let index = points.firstIndex { $0.cycles > point.cycles } ?? points.count
    points.insert(point, at: index)
  }

  /// Remembers what no mapping may reach any more.
  private mutating func settle() {
    unwantedProduct = min(best * (1 - Self.tolerance), limit.nextUp)
  }
}

/// What a search looks for.
package enum SearchGoal: Hashable, Sendable {
  /// The best mapping by one objective.
  case single(Objective)
  /// Every mapping that no other beats in both energy and cycles.
  case front
}
