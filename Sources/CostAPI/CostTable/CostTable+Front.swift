internal import Accelerators

/// A network and what it costs, among the best of a table.
public struct CostTablePoint: Hashable, Sendable {
  /// One a variable.
  public var choices: [Int]
  /// One number a column.
  public var costs: [Double]
}

extension CostTable {
  /// The network that costs least in a column, or most.
  ///
  /// Of networks that cost the same, which one it is depends on the table alone.
  ///
  /// - Throws: `CostTableError.tooLarge` where terms tie so many variables together that an exact
  ///   answer would take more than `largestTerm` entries.
  /// - Complexity: O(*entries*) where terms share no variables, else that of eliminating variables.
  public func least(
    column: Int, negated: Bool = false
  ) throws(CostTableError) -> CostTablePoint {
    try checkColumn(column)
    let sign = negated ? -1.0 : 1.0
    var search = FrontSearch(plan, choiceCounts, first: { sign * $0[column] }, second: { _ in 0 })
    guard let choices = try search.choices().first else {
      preconditionFailure("a space has at least one member")
    }
    return CostTablePoint(choices: choices, costs: try costs(of: [choices])[0])
  }

  /// The networks that no other beats in both of two columns, by dynamic programming over the
  /// variables: exact, nothing is sampled.
  ///
  /// - Parameter negatingSecond: whether more of the second column is better, as of an accuracy.
  /// - Returns: in ascending order of the first column.
  /// - Throws: `CostTableError.tooLarge` for a front of more than a million points on the way.
  /// - Complexity: O(Σ *n c* log *n c*) over the variables, *n* points so far and *c* choices.
  public func front(
    of first: Int, against second: Int, negatingSecond: Bool = false
  ) throws(CostTableError) -> [CostTablePoint] {
    try checkColumn(first)
    try checkColumn(second)
    let sign = negatingSecond ? -1.0 : 1.0
    var search = FrontSearch(
      plan, choiceCounts, first: { $0[first] }, second: { sign * $0[second] })
    let found = try search.choices()
    let costs = try costs(of: found)
    // The search adds up in another order: what differs by a rounding only is decided here.
    var front = ParetoFront<Int>()
    for index in found.indices {
      front.insert(
        energyPicojoules: sign * costs[index][second], cycles: costs[index][first], index)
    }
    return front.map { CostTablePoint(choices: found[$0.payload], costs: costs[$0.payload]) }
  }
}

/// Eliminates variables one by one: what is left of a term is a front for each way to choose the
/// variables that it still has.
private struct FrontSearch {
  /// Sums of two figures, and how they came about.
  typealias Front = ParetoFront<Int32>

  private struct Factor {
    var variables: [Int]
    /// By the variables' choices, the last fastest.
    var fronts: [Front]
  }

  /// How a point came about: a choice of a variable on top of another point, or two points.
  private enum Origin {
    case nothing
    case choice(variable: Int, choice: Int, of: Int32)
    case sum(Int32, Int32)
  }

  private let choiceCounts: [Int]
  private var factors: [Factor] = []
  private var origins: [Origin] = [.nothing]

  private static let largestFront = 1_000_000

  init(
    _ plan: EvaluationPlan, _ choiceCounts: [Int], first: ([Double]) -> Double,
    second: ([Double]) -> Double
  ) {
    self.choiceCounts = choiceCounts
    for group in plan.groups {
      let fronts = (0..<group.size).map { entry -> Front in
        let start = group.offset + entry * plan.width
        let values = Array(plan.values[start..<start + plan.columns])
        var front = Front()
        front.insert(energyPicojoules: second(values), cycles: first(values), 0)
        return front
      }
      factors.append(Factor(variables: group.variables, fronts: fronts))
    }
  }

  /// The choices of every point of the front.
  mutating func choices() throws(CostTableError) -> [[Int]] {
    var left = Set(choiceCounts.indices)
    while let next = left.min(by: { (scope($0).count, $0) < (scope($1).count, $1) }) {
      try eliminate(next)
      left.remove(next)
    }
    var front = Front()
    front.insert(energyPicojoules: 0, cycles: 0, 0)
    // Small fronts first, so that few points are carried along.
    for factor in factors.sorted(by: { $0.fronts[0].count < $1.fronts[0].count }) {
      front = try sum(front, factor.fronts[0])
    }
    return front.map { choices(of: $0.payload) }
  }

  /// The other variables of the factors that have a variable.
  private func scope(_ variable: Int) -> Set<Int> {
    var scope: Set<Int> = []
    for factor in factors where factor.variables.contains(variable) {
      scope.formUnion(factor.variables)
    }
    return scope.subtracting([variable])
  }

  private mutating func eliminate(_ variable: Int) throws(CostTableError) {
    let scope = scope(variable).sorted()
    let size = scope.isEmpty ? 1 : try CostTable.size(of: scope, choiceCounts)
    let touched = factors.filter { $0.variables.contains(variable) }
    factors.removeAll { $0.variables.contains(variable) }
    guard !touched.isEmpty else { return }
    var fronts: [Front] = []
    fronts.reserveCapacity(size)
    var choices = Array(repeating: 0, count: choiceCounts.count)
    for entry in 0..<size {
      var rest = entry
      for other in scope.reversed() {
        choices[other] = rest % choiceCounts[other]
        rest /= choiceCounts[other]
      }
      var union = Front()
      for choice in 0..<choiceCounts[variable] {
        choices[variable] = choice
        var way = front(of: touched[0], at: choices)
        for factor in touched.dropFirst() { way = try sum(way, front(of: factor, at: choices)) }
        for point in way {
          union.insert(
            energyPicojoules: point.energyPicojoules, cycles: point.cycles,
            add(.choice(variable: variable, choice: choice, of: point.payload)))
        }
      }
      fronts.append(union)
    }
    factors.append(Factor(variables: scope, fronts: fronts))
  }

  private func front(of factor: Factor, at choices: [Int]) -> Front {
    factor.fronts[factor.variables.reduce(0) { $0 * choiceCounts[$1] + choices[$1] }]
  }

  private mutating func sum(_ one: Front, _ two: Front) throws(CostTableError) -> Front {
    if one.count == 1, one[0].cycles == 0, one[0].energyPicojoules == 0, one[0].payload == 0 {
      return two
    }
    guard one.count.multipliedReportingOverflow(by: two.count).partialValue <= 1 << 28 else {
      throw .tooLarge("the front has more than \(Self.largestFront) points on the way")
    }
    let sums = one.sums(with: two) { ($0, $1) }
    guard sums.count <= Self.largestFront, origins.count + sums.count < Int(Int32.max) else {
      throw .tooLarge("the front has more than \(Self.largestFront) points on the way")
    }
    var front = Front()
    for point in sums {
      let (left, right) = point.payload
      front.insert(
        energyPicojoules: point.energyPicojoules, cycles: point.cycles,
        add(.sum(one[left].payload, two[right].payload)))
    }
    return front
  }

  private mutating func add(_ origin: Origin) -> Int32 {
    origins.append(origin)
    return Int32(origins.count - 1)
  }

  private func choices(of point: Int32) -> [Int] {
    var choices = Array(repeating: 0, count: choiceCounts.count)
    var stack = [point]
    while let next = stack.popLast() {
      switch origins[Int(next)] {
      case .nothing: continue
      case .choice(let variable, let choice, let rest):
        choices[variable] = choice
        stack.append(rest)
      case .sum(let one, let two): stack += [one, two]
      }
    }
    return choices
  }
}
