/// Finds options of stages that fit into limits, or proves that there are none.
///
/// For each kind of stage the options that no other beats in every amount are kept. Three answers are
/// tried, from the cheapest: the sum of the least amounts, resource by resource; weights (`Weighing`);
/// and all sums of options that weights do not rule out and no other beats (`ParetoMerging`). Where streams
/// have to go together, `MatchedWeighing` and `MatchedMerging` give the last two.
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
    /// How many of the kind's options, the fastest first, may be taken before another of them beats this
    /// one; 0 where a faster one does.
    var unbeaten = Int.max
  }

  init(_ problem: DesignProblem) {
    self.problem = problem
    var counts = Array(repeating: Int64(0), count: problem.kinds.count)
    for kind in problem.stages { counts[kind] += 1 }
    self.counts = counts
    fast = problem.kinds.indices.map { kind in
      guard counts[kind] > 0 else { return [] }
      var options = problem.kinds[kind].enumerated().map {
        Candidate(option: $0.offset, cycles: $0.element.cycles, costs: $0.element.costs)
      }.sorted { ($0.cycles, $0.option) < ($1.cycles, $1.option) }
      guard problem.matching != .any else {
        Self.mark(&options, Array(options.indices))
        return options
      }
      // Options of other widths do not beat one where streams have to go together.
      let classes = Dictionary(grouping: options.indices) {
        problem.kinds[kind][options[$0].option].widths
      }
      for numbers in classes.values { Self.mark(&options, numbers) }
      return options
    }
  }

  /// Whether there is a choice of at most so many cycles a stage within limits.
  ///
  /// - Complexity: O(*kinds* · *options*²) where the first two answers do, which is nearly always;
  ///   beyond, as `ParetoMerging` with so much effort.
  func answer(cycles: Int64, limits: CostVector, effort: ParetoMerging.Effort?) -> Feasibility {
    var candidates: [[Candidate]] = []
    candidates.reserveCapacity(fast.count)
    for (kind, options) in fast.enumerated() {
      guard counts[kind] > 0 else {
        candidates.append([])
        continue
      }
      let count = options.partitioningIndex { $0.cycles > cycles }
      let front = options[..<count].filter { $0.unbeaten >= count }
      guard !front.isEmpty else {
        return .infeasible(.stage(problem.stages.firstIndex(of: kind) ?? 0))
      }
      candidates.append(front)
    }
    if let obstacle = leastSums(candidates, limits) { return .infeasible(obstacle) }
    return weighed(candidates, limits, effort: effort)
  }

  /// The answer by weights, and where they do not decide it by going through the choices.
  private func weighed(
    _ candidates: [[Candidate]], _ limits: CostVector, effort: ParetoMerging.Effort?
  ) -> Feasibility {
    var weighing = Weighing(candidates, counts: counts, limits: limits)
    let accepts = problem.matching == .any || problem.streams.isEmpty
    for _ in 0..<Self.attempts {
      switch weighing.run(rounds: Self.rounds, accepts: accepts) {
      case .feasible(let picks):
        return .feasible(
          choice(
            zip(weighing.groups, picks).flatMap { group, pick in
              Array(
                repeating: (group.kind, group.options[pick].number), count: Int(group.count))
            }, candidates), isLeast: false)
      case .infeasible(let heaviest): return .infeasible(.combination(heaviest))
      case .unknown: break
      }
      // What weighs too much in itself can be in no choice that fits.
      guard weighing.dropHeavy() else { return .infeasible(.exhausted) }
      guard accepts, let mended = weighing.mended() else { continue }
      return .feasible(
        choice(
          zip(weighing.groups, mended).flatMap { group, picks in
            picks.map { (group.kind, group.options[$0].number) }
          }, candidates), isLeast: false)
    }
    guard accepts else {
      var light = candidates
      for group in weighing.groups {
        light[group.kind] = group.options.map { candidates[group.kind][$0.number] }
      }
      return matched(light, weighing, effort)
    }
    guard let effort else { return .unknown }
    return merged(weighing, candidates, effort)
  }

  /// The answer by adding up options.
  private func merged(
    _ weighing: Weighing, _ candidates: [[Candidate]], _ effort: ParetoMerging.Effort
  ) -> Feasibility {
    var weighing = weighing
    // Better weights are worth their time where many sums may be looked at.
    for _ in 0..<(effort.mostAtOnce < .max ? 0 : Self.attempts) {
      if case .infeasible(let heaviest) = weighing.run(rounds: Self.rounds, accepts: false) {
        return .infeasible(.combination(heaviest))
      }
      guard weighing.dropHeavy() else { return .infeasible(.exhausted) }
    }
    guard let merging = ParetoMerging(weighing) else { return .infeasible(.exhausted) }
    switch merging.search(effort) {
    case .found(let decisions, let isLeast):
      return .feasible(choice(decisions, candidates), isLeast: isLeast)
    case .none: return .infeasible(.exhausted)
    case .gaveUp: return .unknown
    }
  }

  /// The answer by paths through the states of streams.
  private func matched(
    _ candidates: [[Candidate]], _ weighing: Weighing, _ effort: ParetoMerging.Effort?
  ) -> Feasibility {
    guard
      let widths = StreamWidths(
        problem, candidates: candidates, isMirrored: weighing.swingsLast(problem.stages))
    else { return .infeasible(.exhausted) }
    let states: StreamStates
    do throws(StreamStates.Failure) {
      states = try StreamStates(widths, candidates: candidates, scale: weighing.scale)
    } catch {
      return error == .none ? .infeasible(.exhausted) : .unknown
    }
    func feasible(_ numbers: [Int], isLeast: Bool) -> Feasibility {
      var choice = problem.stages
      for (step, number) in zip(states.steps, numbers) {
        choice[step.stage] = candidates[problem.stages[step.stage]][number].option
      }
      return .feasible(choice, isLeast: isLeast)
    }
    var matched = MatchedWeighing(
      states, limits: weighing.limits, scale: weighing.scale, from: weighing.best)
    for _ in 0..<Self.attempts {
      guard matched.dropHeavy() else { return .infeasible(.exhausted) }
      switch matched.run(rounds: Self.rounds) {
      case .feasible(let numbers): return feasible(numbers, isLeast: false)
      case .infeasible(let heaviest): return .infeasible(.combination(heaviest))
      case .unknown: break
      }
    }
    guard matched.dropHeavy() else { return .infeasible(.exhausted) }
    guard let effort else { return .unknown }
    switch MatchedMerging(matched).search(effort) {
    case .found(let numbers, let isLeast): return feasible(numbers, isLeast: isLeast)
    case .none: return .infeasible(.exhausted)
    case .gaveUp: return .unknown
    }
  }

  /// Times that weights are moved before options are added up, and by how many steps.
  private static let attempts = 3
  private static let rounds = 40

  /// By stage, the problem's option of decided candidates of kinds.
  private func choice(
    _ decisions: [(kind: Int, number: Int)], _ candidates: [[Candidate]]
  ) -> [Int] {
    var picked: [[Int]] = candidates.map { _ in [] }
    for (kind, number) in decisions { picked[kind].append(candidates[kind][number].option) }
    return problem.stages.map { kind in picked[kind].popLast() ?? 0 }
  }

  /// Marks how long each of some options, the fastest first, is beaten by no other of them in every
  /// amount.
  ///
  /// One pass, so that each question picks the options of its cycles that no other beats.
  private static func mark(_ options: inout [Candidate], _ numbers: [Int]) {
    // Numbers of the options that none of those before beats.
    var front: [Int] = []
    for number in numbers {
      let costs = options[number].costs
      if front.contains(where: { options[$0].costs.isWithin(costs) }) {
        options[number].unbeaten = 0
        continue
      }
      front.removeAll { other in
        guard costs.isWithin(options[other].costs) else { return false }
        options[other].unbeaten = number
        return true
      }
      front.append(number)
    }
  }

  private func leastSums(_ candidates: [[Candidate]], _ limits: CostVector) -> Obstacle? {
    var least = CostVector(repeating: 0)
    for (kind, options) in candidates.enumerated() where counts[kind] > 0 {
      let minimum = options.dropFirst().reduce(options[0].costs) { pointwiseMin($0, $1.costs) }
      least = Self.sum(least, Self.times(minimum, counts[kind]))
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

  /// What two take, or the largest number where it leaves 64 bits.
  @inline(__always) static func sum(_ one: CostVector, _ other: CostVector) -> CostVector {
    // A sum of amounts, which are not negative, is negative where it leaves 64 bits.
    let result = one &+ other
    return result.replacing(with: .max, where: result .< 0)
  }

  /// What so many take, or the largest number where it leaves 64 bits.
  static func times(_ one: CostVector, _ count: Int64) -> CostVector {
    var result = one
    guard count > 1 else { return result }
    for index in 0..<CostVector.kinds { result[index] = one[index].saturatingProduct(count) }
    return result
  }
}

extension Array {
  /// The first place from which on all elements belong to the second part; elements of the first part
  /// come before those of the second.
  ///
  /// - Complexity: O(log *count*).
  fileprivate func partitioningIndex(_ belongsToSecond: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if belongsToSecond(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
