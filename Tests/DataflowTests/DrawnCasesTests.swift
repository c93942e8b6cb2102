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
    print("DrawnCasesTests: \(feature.rawValue) \(changed)")
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
    print("DrawnCasesTests: remainders \(remainders), idle \(idle), folded \(folded)")
    #expect(remainders >= 400)
    #expect(idle >= 200)
    #expect(folded >= 100)
  }
}
