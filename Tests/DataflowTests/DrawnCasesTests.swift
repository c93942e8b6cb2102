import Dataflow
import Ops
import TestSupport
import Testing

/// The drawn cases decide what the property test proves: each feature must matter in many of them.
@Suite("drawn cases")
struct DrawnCasesTests {
  private static let drawn: [CountingCase] = {
    var random = SplitMix64(seed: 5)
    return (0..<2000).map { _ in CountingCase(using: &random) }
  }()

  /// A fact of the hardware or of the problem that a case may depend on.
  enum Feature: String, CaseIterable {
    case multicast, forwarding, diagonal, reduction, padding, firstPartialSums, bypass

    func remove(from one: inout CountingCase) {
      for index in one.hierarchy.levels.indices {
        switch self {
        case .multicast:
          one.hierarchy.levels[index].x.multicast = []
          one.hierarchy.levels[index].y.multicast = []
        case .forwarding:
          one.hierarchy.levels[index].x.forward = []
          one.hierarchy.levels[index].y.forward = []
        case .diagonal: one.hierarchy.levels[index].diagonal = []
        case .reduction:
          one.hierarchy.levels[index].x.reduce = []
          one.hierarchy.levels[index].y.reduce = []
        case .padding: one.switches.storesPadding.toggle()
        case .firstPartialSums: one.switches.readsFirstPartialSum.toggle()
        case .bypass:
          if index > 0, one.hierarchy.levels[index].memory != nil {
            one.mapping.levels[index].keeps = one.mapping.levels[0].keeps
          }
        }
      }
    }
  }

  @Test("each feature changes the counts of many drawn cases", arguments: Feature.allCases)
  func features(feature: Feature) {
    let changed = Self.drawn.count { one in
      var without = one
      feature.remove(from: &without)
      return without != one && without.simulated != one.simulated
    }
    #expect(changed >= 20)
  }

  @Test("many drawn cases have remainders, idle lanes, two loops of a dimension on one axis")
  func shapes() {
    let remainders = Self.drawn.count { one in
      one.mapping.levels.contains { level in
        (level.temporal + level.spatialX + level.spatialY).contains { loop in
          !one.problem.bounds[loop.dimension].isMultiple(of: loop.step)
        }
      }
    }
    let idle = Self.drawn.count { one in
      let counts = one.simulated
      return counts.steps * counts.utilizedLanes > counts.operations
    }
    let folded = Self.drawn.count { one in
      one.mapping.levels.contains { level in
        !Set(level.spatialX.map(\.dimension)).isDisjoint(with: level.spatialY.map(\.dimension))
          || level.spatialX.count > 1 || level.spatialY.count > 1
      }
    }
    #expect(remainders >= 400)
    #expect(idle >= 200)
    #expect(folded >= 100)
  }

  @Test("a shrunk case still fails, is valid and is no larger")
  func shrinking() throws {
    // As if the closed form counted words that neighbours pass on wrongly.
    let fails = { (one: CountingCase) in
      let isCounted =
        (try? ReuseAnalysis(one.problem, on: one.hierarchy)
          .checkStructure(of: one.mapping)) != nil
      return isCounted && one.simulated.levels.contains { $0.traffic.input.forwards > 0 }
    }
    let failing = Self.drawn.filter(fails)
    #expect(failing.count >= 20)
    for one in failing.prefix(20) {
      let smallest = one.shrunk(while: fails)
      #expect(fails(smallest))
      // A word is passed on between two children at the second step at the earliest. Nothing says
      // how small it gets; all drawn problems have up to 240 iterations.
      #expect((2...30).contains(smallest.problem.iterations), "\(smallest)")
      #expect(smallest.problem.iterations <= one.problem.iterations)
    }
  }

  @Test("two counts that differ in one number differ in one line")
  func differences() throws {
    let counts = try #require(Self.drawn.first).simulated
    #expect(CountingCase.differences(simulated: counts, closedForm: counts) == [])
    var other = counts
    other.levels[1].busiest.output.drains += 1
    #expect(
      CountingCase.differences(simulated: counts, closedForm: other).map { $0.prefix(26) }
        == ["L1 output busiest.drains: "])
  }
}
