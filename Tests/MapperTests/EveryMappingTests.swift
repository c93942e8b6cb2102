import Accelerators
import Dataflow
import Mapper
import Ops
import TestSupport
import Testing

@Suite("Searches against every mapping")
struct EveryMappingTests {
  /// Cases of each argument below.
  private static let casesEach = 70
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
    var (mappings, fitting, unmappable, simulated, failures) = (0, 0, 0, 0, 0)
    for number in 0..<Self.casesEach where failures < Self.mostFailures {
      let one = try SearchCase(seed: seed, number: number, factors: factors)
      let every = EvaluatedFront(of: one, simulates: one.isSimulated)
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
      "seed \(seed), \(factors.rawValue): \(Self.casesEach) problems, \(mappings) mappings, "
        + "\(fitting) of them fit, \(unmappable) problems have none, \(simulated) simulated, "
        + "\(clock.now - begin)")
    #expect(unmappable < Self.casesEach / 4)
  }
}
