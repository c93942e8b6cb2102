/// Finds options whose streams go together, stage by stage.
///
/// What is still open after some stages is the width of each stream that a later stage reads. For each
/// combination of such widths the sums that no other beats are kept (the Viterbi algorithm with a
/// front for each state); networks have few streams open at once.
struct MatchedSearch {
  private let problem: DesignProblem
  /// By kind.
  private let candidates: [[FeasibilitySearch.Candidate]]
  /// By stage, the streams it reads, and the stages whose streams nobody reads after it.
  private let reads: [[Int]]
  private let closes: [[Int]]

  private struct Partial {
    var costs: CostVector
    var option: Int
    /// Index among all partial choices of the stage before.
    var before: Int
    /// Widths of the open streams, in the order of their producers.
    var widths: [Int64]
  }

  init(_ problem: DesignProblem, candidates: [[FeasibilitySearch.Candidate]]) {
    self.problem = problem
    self.candidates = candidates
    var reads = problem.stages.map { _ in [Int]() }
    var last = problem.stages.indices.map { $0 }
    for stream in problem.streams {
      reads[stream.consumer].append(stream.producer)
      last[stream.producer] = max(last[stream.producer], stream.consumer)
    }
    var closes = problem.stages.map { _ in [Int]() }
    for (producer, consumer) in last.enumerated() { closes[consumer].append(producer) }
    self.reads = reads
    self.closes = closes
  }

  func answer(limits: CostVector) -> Feasibility {
    let rests = self.rests
    var layers: [[Partial]] = [
      [Partial(costs: CostVector(repeating: 0), option: -1, before: -1, widths: [])]
    ]
    var open: [Int] = []
    for stage in problem.stages.indices {
      let kind = problem.stages[stage]
      let places = reads[stage].map { producer in open.firstIndex(of: producer) ?? 0 }
      let afterwards = (open + [stage]).filter { !closes[stage].contains($0) }
      let kept = (open + [stage]).indices.filter { !closes[stage].contains((open + [stage])[$0]) }
      var fronts: [[Int64]: [Partial]] = [:]
      var count = 0
      for (number, partial) in layers[stage].enumerated() {
        for (index, candidate) in candidates[kind].enumerated() {
          let option = problem.kinds[kind][candidate.option]
          guard
            places.allSatisfy({
              problem.matching.allows(partial.widths[$0], option.inputWidth)
            })
          else { continue }
          let costs = FeasibilitySearch.sum(partial.costs, candidate.costs)
          guard FeasibilitySearch.sum(costs, rests[stage]).isWithin(limits) else {
            continue
          }
          let widths = partial.widths + [option.outputWidth]
          let key = kept.map { widths[$0] }
          var front = fronts[key] ?? []
          if front.contains(where: { $0.costs.isWithin(costs) }) { continue }
          let before = front.count
          front.removeAll { costs.isWithin($0.costs) }
          front.append(Partial(costs: costs, option: index, before: number, widths: key))
          count += front.count - before
          fronts[key] = front
          if count > FeasibilitySearch.mostSums { return .unknown }
        }
      }
      let next = fronts.sorted { $0.key.lexicographicallyPrecedes($1.key) }.flatMap(\.value)
      if next.isEmpty { return .infeasible(.exhausted) }
      layers.append(next)
      open = afterwards
    }
    var choice: [Int] = []
    var number = 0
    for stage in problem.stages.indices.reversed() {
      let partial = layers[stage + 1][number]
      choice.append(candidates[problem.stages[stage]][partial.option].option)
      number = partial.before
    }
    return .feasible(choice.reversed(), isLeast: false)
  }

  /// By stage, the least that the stages after it take.
  private var rests: [CostVector] {
    let least = candidates.map { options in
      options.dropFirst().reduce(options.first?.costs ?? CostVector(repeating: 0)) {
        pointwiseMin($0, $1.costs)
      }
    }
    var rests: [CostVector] = []
    var rest = CostVector(repeating: 0)
    for kind in problem.stages.reversed() {
      rests.append(rest)
      rest = FeasibilitySearch.sum(rest, least[kind])
    }
    return rests.reversed()
  }
}
