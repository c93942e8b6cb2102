import Accelerators
import HardwareConfigs
import Networks
import TestSupport
import Testing

/// Designs whose neighbouring streams have to go together.
@Suite("The design search where streams match")
struct MatchedDesignTests {
  /// Stages in a chain, with some streams beside it, of few different amounts and widths.
  private static func problem(_ random: inout SplitMix64, matching: StreamMatching)
    -> DesignProblem
  {
    func number(_ range: ClosedRange<Int32>) -> Int64 { Int64(random.number(in: range)) }
    let widths: [Int64] = [1, 2, 3, 4, 6]
    let kinds = (0..<number(4...6)).map { _ in
      (0..<number(6...14)).map { _ in
        StageOption(
          cycles: number(1...6),
          resources: FPGAResources(blockRAMs18Kb: number(0...3), lookUpTables: number(0...5)),
          memoryBytes: random.chance(1, in: 2) ? 0 : number(10...60),
          inputWidth: random.pick(widths), outputWidth: random.pick(widths))
      }
    }
    let stages = (0..<number(6...10)).map { _ in Int(number(0...Int32(kinds.count - 1))) }
    var streams: [DesignProblem.Stream] = []
    for consumer in stages.indices.dropFirst() {
      streams.append(.init(producer: consumer - 1, consumer: consumer))
      if consumer > 1, random.chance(1, in: 6) {
        streams.append(
          .init(
            producer: max(0, consumer - Int(number(2...3))), consumer: consumer))
      }
    }
    return DesignProblem(
      kinds: kinds, stages: stages, streams: streams,
      budget: FPGAResources(blockRAMs18Kb: number(1...14), lookUpTables: number(2...24)),
      bytesPerCycle: random.chance(1, in: 3) ? nil : Double(number(4...30)),
      fixedBytes: number(0...20), matching: matching)
  }

  /// What stages take together, and the widths that the last three give out.
  private struct Sum: Hashable {
    var blockRAMs: Int64
    var lookUpTables: Int64
    var widths: SIMD4<Int16>
  }

  /// The least bytes of all choices of options of at most so many cycles that fit and match.
  private static func leastBytes(_ problem: DesignProblem, cycles: Int64) -> Int64? {
    var sums = [Sum(blockRAMs: 0, lookUpTables: 0, widths: .zero): problem.fixedBytes]
    for (stage, kind) in problem.stages.enumerated() {
      // How far before the stage those are that it reads.
      let reads = problem.streams.filter { $0.consumer == stage }.map { stage - $0.producer - 1 }
      let options = problem.kinds[kind].filter { $0.cycles <= cycles }
      var next: [Sum: Int64] = [:]
      for (sum, bytes) in sums {
        for option in options {
          let matches = reads.allSatisfy {
            let (one, other) = (Int64(sum.widths[$0]), option.inputWidth)
            return problem.matching == .equal
              ? one == other : one % other == 0 || other % one == 0
          }
          let total = Sum(
            blockRAMs: sum.blockRAMs + option.resources.blockRAMs18Kb,
            lookUpTables: sum.lookUpTables + option.resources.lookUpTables,
            widths: SIMD4(
              Int16(option.outputWidth), sum.widths[0], sum.widths[1], 0))
          guard matches, total.blockRAMs <= problem.budget.blockRAMs18Kb,
            total.lookUpTables <= problem.budget.lookUpTables
          else { continue }
          next[total] = min(next[total] ?? .max, bytes + option.memoryBytes)
        }
      }
      sums = next
    }
    return sums.values.min()
  }

  private static func leastInterval(_ problem: DesignProblem) -> Int64? {
    (1...6).compactMap { (cycles: Int64) -> Int64? in
      guard let bytes = leastBytes(problem, cycles: cycles) else { return nil }
      guard let rate = problem.bytesPerCycle else { return cycles }
      return max(cycles, Int64((Double(bytes) / rate).rounded(.up)))
    }.min()
  }

  @Test(
    "the least interval equals that of all sums of options, on chains and with branches",
    arguments: [StreamMatching.divides, .equal], 0..<2)
  func leastInterval(matching: StreamMatching, part: Int) throws {
    let seed = 0x3A7C + UInt64(part)
    var random = SplitMix64(seed: seed)
    var (chains, branches, byMemory, refused) = (0, 0, 0, 0)
    for number in 0..<200 {
      let problem = Self.problem(&random, matching: matching)
      let best = Self.leastInterval(problem)
      do throws(DesignError) {
        let solution = try DesignSearch(problem).leastInterval()
        if problem.streams.count < problem.stages.count { chains += 1 } else { branches += 1 }
        if solution.intervalCycles > 6 { byMemory += 1 }
        #expect(solution.certificate.isProven, "seed \(seed), case \(number)")
        #expect(solution.intervalCycles == best, "seed \(seed), case \(number)")
        #expect(problem.matches(solution.choice), "seed \(seed), case \(number)")
        #expect(solution.resources.fits(problem.budget), "seed \(seed), case \(number)")
        #expect(
          problem.intervalCycles(of: solution.choice) == best, "seed \(seed), case \(number)")
      } catch {
        refused += 1
        #expect(best == nil && error != .undecided, "seed \(seed), case \(number): \(error)")
      }
    }
    #expect(
      chains > 10 && branches > 10 && byMemory > 10 && refused > 3,
      "\(chains) chains, \(branches) with branches, \(byMemory) by the memory, \(refused) refused")
  }

  @Test("without any stream, and without any stage, matching changes nothing")
  func nothingToMatch() throws {
    let option = StageOption(cycles: 7, resources: FPGAResources(dsps: 3))
    for stages in [[], [0, 0]] {
      let problem = DesignProblem(
        kinds: [[option]], stages: stages, budget: FPGAResources(dsps: 6), matching: .equal)
      let solution = try DesignSearch(problem).leastInterval()
      #expect(solution.intervalCycles == (stages.isEmpty ? 1 : 7))
      #expect(solution.certificate.isProven)
    }
  }

  @Test("widths that no choice matches are refused, however much there is")
  func nothingMatches() throws {
    let one = StageOption(cycles: 1, resources: .none, inputWidth: 1, outputWidth: 2)
    let other = StageOption(cycles: 1, resources: .none, inputWidth: 3, outputWidth: 1)
    let problem = DesignProblem(
      kinds: [[one], [other]], stages: [0, 1], streams: [.init(producer: 0, consumer: 1)],
      budget: FPGAResources(dsps: 100), matching: .divides)
    #expect(throws: DesignError.doesNotFit(.exhausted)) {
      try DesignSearch(problem).leastInterval()
    }
  }

  @Test("what nothing is below is no higher than the best, however little is looked at")
  func littleEffort() throws {
    var random = SplitMix64(seed: 0x11FF)
    for number in 0..<60 {
      let problem = Self.problem(&random, matching: .divides)
      guard let best = Self.leastInterval(problem),
        let solution = try? DesignSearch(problem).leastInterval(mostNodes: 1)
      else { continue }
      #expect(solution.intervalCycles >= best, "case \(number)")
      #expect(solution.certificate.lowerBound <= Double(best), "case \(number)")
    }
  }

  @Test(
    "designs of real networks match, fit, and are proven; the more has to match, the slower",
    arguments: [
      "alexnet", "vgg16", "resnet18", "mobilenet-v1", "mobilenet-v2", "cnv",
    ], ["zc706", "zcu102"])
  func networks(name: String, board: String) throws {
    let network = try PipelineFiles.network(name)
    let board = try PipelineFiles.board(board).board
    var before: Int64 = 0
    for matching in [StreamMatching.any, .divides, .equal] {
      var options = DesignOptions(for: board)
      options.matching = matching
      let found = try DesignedBoard(board, options: options).leastInterval(for: network)
      #expect(found.certificate.isProven, "\(matching)")
      #expect(found.resources.fits(board.resources), "\(matching)")
      #expect(found.intervalCycles >= before, "\(matching)")
      before = found.intervalCycles
      let stream = try #require(found.stream)
      #expect(stream.placed.problem.matching == matching)
      #expect(stream.placed.problem.matches(stream.solution.choice), "\(matching)")
    }
  }
}
