import Accelerators
import TestSupport
import Testing

@Suite("The design search")
struct DesignSearchTests {
  /// Some stages, each with some ways, under limits that often bind.
  private static func problem(_ random: inout SplitMix64, matching: StreamMatching)
    -> DesignProblem
  {
    func number(_ range: ClosedRange<Int32>) -> Int64 { Int64(random.number(in: range)) }
    let widths: [Int64] = [1, 2, 3, 4]
    let kinds = (0..<number(1...4)).map { _ in
      (0..<number(1...5)).map { _ in
        StageOption(
          cycles: number(1...30),
          resources: FPGAResources(
            dsps: number(0...6), blockRAMs18Kb: number(0...6), ultraRAMs: number(0...1),
            lookUpTables: number(0...40), flipFlops: number(0...40)),
          memoryBytes: random.chance(1, in: 2) ? 0 : number(0...40),
          inputWidth: random.pick(widths), outputWidth: random.pick(widths))
      }
    }
    let stages = (0..<number(1...5)).map { _ in Int(number(0...Int32(kinds.count - 1))) }
    var streams: [DesignProblem.Stream] = []
    for consumer in stages.indices.dropFirst() {
      streams.append(.init(producer: consumer - 1, consumer: consumer))
      if consumer > 1, random.chance(1, in: 3) {
        streams.append(
          .init(producer: Int(number(0...Int32(consumer - 2))), consumer: consumer))
      }
    }
    return DesignProblem(
      kinds: kinds, stages: stages, streams: streams,
      budget: FPGAResources(
        dsps: number(2...20), blockRAMs18Kb: number(2...20), ultraRAMs: number(0...3),
        lookUpTables: number(20...150), flipFlops: number(20...150)),
      bytesPerCycle: random.chance(1, in: 3) ? nil : Double(number(1...12)),
      fixedBytes: number(0...20), leastIntervalCycles: number(1...8), matching: matching)
  }

  /// Every choice that fits the budget and whose streams match.
  private static func everyChoice(_ problem: DesignProblem) -> [[Int]] {
    var choices: [[Int]] = [[]]
    for kind in problem.stages {
      choices = choices.flatMap { choice in
        problem.kinds[kind].indices.map { choice + [$0] }
      }
    }
    return choices.filter {
      problem.resources(of: $0).fits(problem.budget) && problem.matches($0)
    }
  }

  @Test("the least interval equals that of every choice", arguments: StreamMatching.allCases)
  func leastInterval(matching: StreamMatching) throws {
    let seed: UInt64 = 0xDE51 + UInt64(matching.rawValue.utf8.count)
    var random = SplitMix64(seed: seed)
    var (found, none) = (0, 0)
    for number in 0..<1500 {
      let problem = Self.problem(&random, matching: matching)
      let best = Self.everyChoice(problem).map { problem.intervalCycles(of: $0) }.min()
      do throws(DesignError) {
        let solution = try DesignSearch(problem).leastInterval()
        found += 1
        #expect(solution.certificate.isProven, "seed \(seed), case \(number)")
        #expect(solution.intervalCycles == best, "seed \(seed), case \(number)")
        #expect(solution.resources.fits(problem.budget), "seed \(seed), case \(number)")
        #expect(problem.matches(solution.choice), "seed \(seed), case \(number)")
        #expect(
          problem.intervalCycles(of: solution.choice) == best, "seed \(seed), case \(number)")
      } catch {
        none += 1
        // With some memory any choice that fits has an interval, so that nothing fits.
        #expect(best == nil, "seed \(seed), case \(number): \(error)")
      }
    }
    #expect(found > 300 && none > 50)
  }

  @Test(
    "the least resources at an interval equal those of every choice",
    arguments: StreamMatching.allCases, 0..<2)
  func leastResources(matching: StreamMatching, part: Int) throws {
    let seed = 0x5AFE + UInt64(part)
    var random = SplitMix64(seed: seed)
    var found = 0
    for number in 0..<800 {
      let problem = Self.problem(&random, matching: matching)
      let search = DesignSearch(problem)
      let interval = Int64(random.number(in: 5...40))
      let best = Self.everyChoice(problem)
        .filter { problem.intervalCycles(of: $0) <= interval }
        .map { search.share(of: $0) }.min()
      do throws(DesignError) {
        let solution = try search.leastResources(intervalCycles: interval)
        found += 1
        #expect(solution.certificate.isProven, "seed \(seed), case \(number)")
        #expect(search.share(of: solution.choice) == best, "seed \(seed), case \(number)")
        #expect(solution.intervalCycles <= interval, "seed \(seed), case \(number)")
      } catch {
        #expect(best == nil, "seed \(seed), case \(number): \(error)")
      }
    }
    #expect(found > 100)
  }

  /// A latency that grows with every pace, and not only in their sum.
  private static func latency(_ paces: [StagePace]) -> Int64 {
    var (sum, slowest): (Int64, Int64) = (0, 0)
    for pace in paces {
      sum += pace.computeCycles / 3 + pace.readingCycles
      slowest = max(slowest, pace.computeCycles)
    }
    return sum + slowest
  }

  @Test("the least latency equals that of every choice")
  func leastLatency() throws {
    var random = SplitMix64(seed: 0x1A7E)
    var found = 0
    for number in 0..<600 {
      var problem = Self.problem(&random, matching: .any)
      for kind in problem.kinds.indices {
        for option in problem.kinds[kind].indices {
          problem.kinds[kind][option].readingCycles = Int64(random.number(in: 0...30))
        }
      }
      let paces = { (choice: [Int]) in
        choice.enumerated().map { stage, option in
          let option = problem.kinds[problem.stages[stage]][option]
          return StagePace(
            computeCycles: option.computeCycles, readingCycles: option.readingCycles)
        }
      }
      let best = Self.everyChoice(problem).map { Self.latency(paces($0)) }.min()
      guard
        let solution = try? DesignSearch(problem).leastLatency(
          limit: 100_000, latency: Self.latency)
      else { continue }
      found += 1
      #expect(solution.certificate.isProven, "case \(number)")
      #expect(Self.latency(paces(solution.choice)) == best, "case \(number)")
      #expect(solution.resources.fits(problem.budget), "case \(number)")
    }
    #expect(found > 150)
  }

  @Test("one unit more, and the least that helps, are what new searches find")
  func prices() throws {
    var random = SplitMix64(seed: 0x9E1CE)
    var helped = 0
    for number in 0..<200 {
      let problem = Self.problem(&random, matching: .any)
      let search = DesignSearch(problem)
      guard let solution = try? search.leastInterval() else { continue }
      for price in search.prices(of: solution) {
        let least = { (units: Int64) in
          var richer = problem
          richer.budget[price.resource] += units
          return Self.everyChoice(richer).map { richer.intervalCycles(of: $0) }.min()
        }
        #expect(price.intervalCyclesWithOneMore == least(1), "case \(number)")
        guard let (units, interval) = price.leastThatHelps else {
          #expect(least(1000) == solution.intervalCycles, "case \(number)")
          continue
        }
        helped += 1
        #expect(least(units) == interval && interval < solution.intervalCycles, "case \(number)")
        #expect(least(units - 1) == solution.intervalCycles, "case \(number)")
      }
    }
    #expect(helped > 20)
  }

  /// The rule of many tools: speed up the slowest stage as long as all fit.
  private static func greedy(_ problem: DesignProblem) -> Int64? {
    // Each stage starts with what takes least in sum.
    let weigh = { (resources: FPGAResources) in
      FPGAResource.allCases.reduce(0.0) {
        $0 + Double(resources[$1]) / Double(max(1, problem.budget[$1]))
      }
    }
    var choice = problem.stages.map { kind in
      problem.kinds[kind].indices.min {
        weigh(problem.kinds[kind][$0].resources) < weigh(problem.kinds[kind][$1].resources)
      } ?? 0
    }
    guard problem.resources(of: choice).fits(problem.budget) else { return nil }
    while true {
      let slowest = choice.indices.max {
        problem.kinds[problem.stages[$0]][choice[$0]].cycles
          < problem.kinds[problem.stages[$1]][choice[$1]].cycles
      }
      guard let slowest else { return nil }
      let kind = problem.kinds[problem.stages[slowest]]
      let faster = kind.indices.filter { option in
        var next = choice
        next[slowest] = option
        return kind[option].cycles < kind[choice[slowest]].cycles
          && problem.resources(of: next).fits(problem.budget)
      }.min { weigh(kind[$0].resources) < weigh(kind[$1].resources) }
      guard let faster else { return problem.intervalCycles(of: choice) }
      choice[slowest] = faster
    }
  }

  /// Simulated annealing over single exchanges.
  private static func annealed(_ problem: DesignProblem, _ random: inout SplitMix64) -> Int64? {
    var choice = problem.stages.map { kind in
      Int(random.number(in: 0...Int32(problem.kinds[kind].count - 1)))
    }
    var best: Int64?
    let value = { (choice: [Int]) -> Double in
      let over = FPGAResource.allCases.reduce(0.0) {
        $0 + max(0, Double(problem.resources(of: choice)[$1] - problem.budget[$1]))
      }
      return Double(problem.intervalCycles(of: choice)) + 20 * over
    }
    var temperature = 20.0
    for _ in 0..<600 {
      var next = choice
      let stage = Int(random.number(in: 0...Int32(choice.count - 1)))
      next[stage] = Int(
        random.number(in: 0...Int32(problem.kinds[problem.stages[stage]].count - 1)))
      let change = value(next) - value(choice)
      let draw = Double(random.next() >> 11) / Double(1 << 53)
      if change <= 0 || draw < temperature / (temperature + change) { choice = next }
      if problem.resources(of: choice).fits(problem.budget) {
        best = min(best ?? .max, problem.intervalCycles(of: choice))
      }
      temperature *= 0.99
    }
    return best
  }

  @Test("is never worse than a greedy rule and than annealing, and sometimes better")
  func baselines() throws {
    var random = SplitMix64(seed: 0xBA5E)
    var better = (greedy: 0, annealed: 0)
    for number in 0..<400 {
      let problem = Self.problem(&random, matching: .any)
      guard let solution = try? DesignSearch(problem).leastInterval() else { continue }
      if let greedy = Self.greedy(problem) {
        #expect(solution.intervalCycles <= greedy, "case \(number)")
        if solution.intervalCycles < greedy { better.greedy += 1 }
      }
      if let annealed = Self.annealed(problem, &random) {
        #expect(solution.intervalCycles <= annealed, "case \(number)")
        if solution.intervalCycles < annealed { better.annealed += 1 }
      }
    }
    #expect(better.greedy > 4)
  }

  @Test("what nobody can build is refused with the reason")
  func refusals() {
    let option = StageOption(cycles: 10, resources: FPGAResources(dsps: 5))
    let problem = DesignProblem(
      kinds: [[option]], stages: [0, 0], budget: FPGAResources(dsps: 9))
    #expect(
      throws: DesignError.doesNotFit(.resource(.dsp, needed: 10, available: 9))
    ) { try DesignSearch(problem).leastInterval() }
  }
}
