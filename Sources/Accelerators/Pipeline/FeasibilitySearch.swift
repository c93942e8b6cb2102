/// Finds options of stages that fit into limits, or proves that there are none.
///
/// For each kind of stage the options that no other beats in every amount are kept. Three answers are
/// tried, from the cheapest: the sum of the least amounts, resource by resource; weights (`Weighing`);
/// and all sums, kind by kind, of the options that are light enough, of which those are dropped that
/// another one beats or that cannot fit with the least of what is still to come.
struct FeasibilitySearch {
  private let problem: DesignProblem
  /// By kind, the options with the index in the problem and what they take, the fastest first.
  private let fast: [[Candidate]]
  /// By kind, how many stages are of it.
  private let counts: [Int64]

  struct Candidate {
    var option: Int
    var cycles: Int64
    var costs: CostVector
  }

  /// The most partial sums that are kept at once.
  static let mostSums = 600

  init(_ problem: DesignProblem) {
    self.problem = problem
    var counts = Array(repeating: Int64(0), count: problem.kinds.count)
    for kind in problem.stages { counts[kind] += 1 }
    self.counts = counts
    fast = problem.kinds.map { options in
      options.enumerated().map {
        Candidate(option: $0.offset, cycles: $0.element.cycles, costs: $0.element.costs)
      }.sorted { ($0.cycles, $0.option) < ($1.cycles, $1.option) }
    }
  }

  /// Whether there is a choice of at most so many cycles a stage within limits.
  ///
  /// - Complexity: O(*kinds* · *options*²) where the first two answers do, which is nearly always;
  ///   beyond, as many sums as stay undominated.
  func answer(cycles: Int64, limits: CostVector) -> Feasibility {
    var candidates: [[Candidate]] = []
    candidates.reserveCapacity(fast.count)
    for (kind, options) in fast.enumerated() {
      guard counts[kind] > 0 else {
        candidates.append([])
        continue
      }
      // A stage's widths matter as well where streams have to go together.
      let front =
        problem.matching == .any
        ? Self.front(options, cycles: cycles) : options.filter { $0.cycles <= cycles }
      guard !front.isEmpty else {
        return .infeasible(.stage(problem.stages.firstIndex(of: kind) ?? 0))
      }
      candidates.append(front)
    }
    if let obstacle = leastSums(candidates, limits) { return .infeasible(obstacle) }
    var weighing = Weighing(problem.stages, counts: counts, candidates: candidates, limits: limits)
    switch weighing.run(accepting: problem.matching == .any) {
    case .feasible(let picks): return .feasible(picks)
    case .infeasible(let obstacle): return .infeasible(obstacle)
    case .unknown: break
    }
    // What weighs too much in itself can be in no choice that fits.
    let light = weighing.light
    if problem.matching != .any {
      return MatchedSearch(problem, candidates: light).answer(limits: limits)
    }
    return sums(light, limits, weighing)
  }

  /// The options of at most so many cycles that no other beats in every amount.
  private static func front(_ options: [Candidate], cycles: Int64) -> [Candidate] {
    var front: [Candidate] = []
    for option in options {
      guard option.cycles <= cycles else { break }
      if front.contains(where: { $0.costs.isWithin(option.costs) }) { continue }
      front.removeAll { option.costs.isWithin($0.costs) }
      front.append(option)
    }
    return front
  }

  private func leastSums(_ candidates: [[Candidate]], _ limits: CostVector) -> Obstacle? {
    var least = CostVector(repeating: 0)
    for (kind, options) in candidates.enumerated() where counts[kind] > 0 {
      let minimum = options.dropFirst().reduce(options[0].costs) { pointwiseMin($0, $1.costs) }
      least = Self.sum(least, minimum, times: counts[kind])
    }
    for index in 0..<CostVector.kinds where least[index] > limits[index] {
      guard index != CostVector.bytes else {
        return .memory(neededBytes: least[index], availableBytes: limits[index])
      }
      return .resource(
        FPGAResource.allCases[index], needed: least[index], available: limits[index])
    }
    return nil
  }

  static func sum(_ one: CostVector, _ other: CostVector, times count: Int64) -> CostVector {
    var result = one
    for index in 0..<CostVector.kinds {
      result[index] = one[index].saturatingSum(other[index].saturatingProduct(count))
    }
    return result
  }
}

// MARK: - By sums
extension FeasibilitySearch {
  /// A sum of the options of some stages, with how it was made.
  private struct Sum {
    var costs: CostVector
    var option: Int
    var before: Int
  }

  /// All sums, kind by kind, of which those are left that can weigh no more than there is.
  private func sums(
    _ candidates: [[Candidate]], _ limits: CostVector, _ weighing: Weighing
  ) -> Feasibility {
    guard candidates.indices.allSatisfy({ counts[$0] == 0 || !candidates[$0].isEmpty }) else {
      return .infeasible(.exhausted)
    }
    // Kinds with many stages and few options first: their sums stay few.
    let order = candidates.indices.filter { counts[$0] > 0 }
      .sorted { (candidates[$0].count, $0) < (candidates[$1].count, $1) }
    var steps: [(kind: Int, rest: CostVector, weight: Double)] = []
    var rest = CostVector(repeating: 0)
    var weight = 0.0
    for kind in order.reversed() {
      let minimum = candidates[kind].dropFirst().reduce(candidates[kind][0].costs) {
        pointwiseMin($0, $1.costs)
      }
      let lightest = candidates[kind].map { weighing.weight(of: $0.costs) }.min() ?? 0
      for _ in 0..<counts[kind] {
        steps.append((kind, rest, weight))
        rest = Self.sum(rest, minimum, times: 1)
        weight += lightest
      }
    }
    steps.reverse()
    var layers: [[Sum]] = [[Sum(costs: CostVector(repeating: 0), option: -1, before: -1)]]
    for (index, step) in steps.enumerated() {
      var next: [Sum] = []
      let previous = layers[layers.count - 1]
      // Stages of one kind are interchangeable: their options come in ascending order.
      let isSame = index > 0 && steps[index - 1].kind == step.kind
      for (number, sum) in previous.enumerated() {
        let first = isSame ? sum.option : 0
        for option in first..<candidates[step.kind].count {
          let costs = Self.sum(sum.costs, candidates[step.kind][option].costs, times: 1)
          guard Self.sum(costs, step.rest, times: 1).isWithin(limits),
            weighing.weight(of: costs) + step.weight <= weighing.available
          else { continue }
          next.append(Sum(costs: costs, option: option, before: number))
        }
        if next.count > 12 * Self.mostSums { return .unknown }
      }
      next = Self.front(
        next, keepingOptions: index + 1 < steps.count && steps[index + 1].kind == step.kind)
      if next.isEmpty { return .infeasible(.exhausted) }
      if next.count > Self.mostSums { return .unknown }
      layers.append(next)
    }
    var picked: [Int: [Int]] = [:]
    var number = 0
    for (index, step) in steps.enumerated().reversed() {
      let sum = layers[index + 1][number]
      picked[step.kind, default: []].append(candidates[step.kind][sum.option].option)
      number = sum.before
    }
    return .feasible(
      problem.stages.map { kind in picked[kind]?.popLast() ?? 0 })
  }

  /// The sums that no other beats.
  ///
  /// - Parameter keepingOptions: Whether a sum is only beaten by one whose last option comes no later,
  ///   because the stages to come may not take an earlier one.
  private static func front(_ sums: [Sum], keepingOptions: Bool) -> [Sum] {
    let sorted = sums.sorted { one, other in
      for index in 0..<CostVector.kinds where one.costs[index] != other.costs[index] {
        return one.costs[index] < other.costs[index]
      }
      return one.option < other.option
    }
    var front: [Sum] = []
    for sum in sorted {
      let isBeaten = front.contains {
        $0.costs.isWithin(sum.costs) && (!keepingOptions || $0.option <= sum.option)
      }
      if !isBeaten { front.append(sum) }
      if front.count > mostSums { break }
    }
    return front
  }
}
