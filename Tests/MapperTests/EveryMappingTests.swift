import Accelerators
import Dataflow
import Mapper
import Ops
import TestSupport
import Testing

@Suite("Searches against every mapping")
struct EveryMappingTests {
  /// Cases of each argument below.
  private static let casesEach = 80
  /// Failures of one argument after which the others are not looked for.
  private static let mostFailures = 3

  @Test(
    "with steps that divide, every objective's best and the front are those of every mapping",
    arguments: UInt64(100)..<116)
  func perfect(seed: UInt64) throws { try compare(seed: seed, factors: .perfect) }

  @Test(
    "with any steps, every objective's best and the front are those of every mapping",
    arguments: UInt64(200)..<216)
  func imperfect(seed: UInt64) throws { try compare(seed: seed, factors: .imperfect) }

  private func compare(seed: UInt64, factors: Factors) throws {
    let clock = ContinuousClock()
    let begin = clock.now
    var (problems, mappings, fitting, unmappable, simulated, failures) = (0, 0, 0, 0, 0, 0)
    for number in 0..<Self.casesEach where failures < Self.mostFailures {
      let one = try SearchCase(seed: seed, number: number, factors: factors)
      let every = EvaluatedFront(of: one, simulates: one.isSimulated)
      problems += 1
      mappings += one.mappingCount
      fitting += every.fittingCount
      if every.fittingCount == 0 { unmappable += 1 }
      if one.isSimulated { simulated += 1 }
      if let complaint = one.complaint(about: every) {
        failures += 1
        Issue.record("seed \(seed), case \(number), \(factors.rawValue): \(complaint)")
      }
    }
    print(
      "seed \(seed), \(factors.rawValue): \(problems) problems, \(mappings) mappings, "
        + "\(fitting) of them fit, \(unmappable) problems have none, \(simulated) simulated, "
        + "\(clock.now - begin)")
    #expect(unmappable < Self.casesEach / 4)
  }

  /// Three tiles of 14, 14 and 4 channels on 7 lanes take 2 + 2 + 1 steps, which is as few as 32
  /// channels can take (13, 13 and 6 do too). Tiles of 11, the only ceil(32 / n) from 11 to 14, take
  /// 2 + 2 + 2.
  @Test("tiles that no even share gives are found where lanes ask for them")
  func tilesForLanes() throws {
    let problem = try convolution(k: 32, c: 1, p: 1, q: 1, r: 1, s: 1)
    let memory = { (bytes: Int64?, tensors: TensorSet) in
      StorageLevel(
        storage: .shared(capacityBytes: bytes), mayKeep: tensors, mustKeep: tensors,
        energy: PerTensor(repeating: PerAccess(repeating: .perBit(picojoules: 1))))
    }
    let lanes = Hierarchy.Wires(size: 7, multicast: .all)
    var array = SpatialArray(
      name: "lanes", clockMegahertz: 100, precision: problem.precision,
      levels: [
        ArrayLevel(name: "dram", memory: memory(nil, .all)),
        ArrayLevel(name: "buffer", memory: memory(14, .weight), fanout: Fanout(x: lanes)),
      ], compute: ComputeUnit(operationPicojoules: 1))
    array.dataflow.levels[0].temporalPasses[.k] = 1...3
    var fewest: Int64?
    let evaluator = MappingEvaluator(problem, on: array)
    ArrayMappings(of: problem, on: array, factors: .imperfect).forEach { mapping in
      guard let cycles = evaluator.figures(of: mapping)?.cycles else { return }
      fewest = min(fewest ?? cycles, cycles)
    }
    #expect(fewest == 5)
    let space = Mapspace(problem, on: array, factors: .imperfect)
    let result = try MappingSearch(space, minimizing: .latency).best()
    #expect(result.isProvenBest)
    #expect(result.cost.cycles == 5)
  }
}
