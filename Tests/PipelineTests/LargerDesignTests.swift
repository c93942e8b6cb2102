import Accelerators
import TestSupport
import Testing

/// Problems of so many stages that neither weights nor every choice decides them.
@Suite("The design search on larger problems")
struct LargerDesignTests {
  /// Stages between whose options several limits choose, of few different amounts.
  private static func problem(_ random: inout SplitMix64) -> DesignProblem {
    func number(_ range: ClosedRange<Int32>) -> Int64 { Int64(random.number(in: range)) }
    let kinds = (0..<number(4...8)).map { _ in
      (0..<number(2...5)).map { _ in
        StageOption(
          cycles: number(1...12),
          resources: FPGAResources(
            dsps: random.chance(1, in: 4) ? number(0...5) : 0, blockRAMs18Kb: number(0...7),
            lookUpTables: number(0...9)),
          memoryBytes: random.chance(1, in: 2) ? 0 : number(10...60))
      }
    }
    let stages = (0..<number(8...14)).map { _ in Int(number(0...Int32(kinds.count - 1))) }
    return DesignProblem(
      kinds: kinds, stages: stages,
      budget: FPGAResources(
        dsps: number(4...16), blockRAMs18Kb: number(10...40), lookUpTables: number(15...60)),
      bytesPerCycle: random.chance(1, in: 4) ? nil : Double(number(2...12)),
      fixedBytes: number(0...20))
  }

  /// By resources that all stages take, within the budget, the least bytes that they move; of options
  /// of at most so many cycles.
  private static func leastBytes(_ problem: DesignProblem, cycles: Int64) -> Int64? {
    var sums: [FPGAResources: Int64] = [.none: problem.fixedBytes]
    for kind in problem.stages {
      var next: [FPGAResources: Int64] = [:]
      for (resources, bytes) in sums {
        for option in problem.kinds[kind] where option.cycles <= cycles {
          let sum = resources + option.resources
          guard sum.fits(problem.budget) else { continue }
          next[sum] = min(next[sum] ?? .max, bytes + option.memoryBytes)
        }
      }
      sums = next
    }
    return sums.values.min()
  }

  /// The least interval by all sums of options, for each number of cycles that stages may take.
  private static func leastInterval(_ problem: DesignProblem) -> Int64? {
    (1...12).compactMap { (cycles: Int64) -> Int64? in
      guard let bytes = leastBytes(problem, cycles: cycles) else { return nil }
      guard let rate = problem.bytesPerCycle else { return cycles }
      return max(cycles, Int64((Double(bytes) / rate).rounded(.up)))
    }.min()
  }

  @Test("the least interval equals that of all sums of options", arguments: 0..<4)
  func leastInterval(part: Int) throws {
    let seed = 0x5075 + UInt64(part)
    var random = SplitMix64(seed: seed)
    var (found, byMemory) = (0, 0)
    for number in 0..<150 {
      let problem = Self.problem(&random)
      let best = Self.leastInterval(problem)
      do throws(DesignError) {
        let solution = try DesignSearch(problem).leastInterval()
        found += 1
        if solution.intervalCycles > 12 { byMemory += 1 }
        #expect(solution.certificate.isProven, "seed \(seed), case \(number)")
        #expect(solution.intervalCycles == best, "seed \(seed), case \(number)")
        #expect(solution.resources.fits(problem.budget), "seed \(seed), case \(number)")
        #expect(
          problem.intervalCycles(of: solution.choice) == best, "seed \(seed), case \(number)")
      } catch {
        #expect(best == nil, "seed \(seed), case \(number): \(error)")
      }
    }
    #expect(found > 40 && byMemory > 10, "found \(found), of them \(byMemory) by the memory")
  }

  @Test("what nothing is below is no higher than the best, however little is looked at")
  func littleEffort() throws {
    var random = SplitMix64(seed: 0x117E)
    for number in 0..<300 {
      let problem = Self.problem(&random)
      guard let best = Self.leastInterval(problem),
        let solution = try? DesignSearch(problem).leastInterval(mostNodes: 1)
      else { continue }
      #expect(solution.intervalCycles >= best, "case \(number)")
      #expect(solution.certificate.lowerBound <= Double(best), "case \(number)")
      #expect(
        !solution.certificate.isProven || solution.intervalCycles == best, "case \(number)")
    }
  }
}
