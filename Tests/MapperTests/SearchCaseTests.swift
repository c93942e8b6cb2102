import Accelerators
import Dataflow
import Mapper
import Ops
import TestSupport
import Testing

@Suite("Cases drawn for the searches")
struct SearchCaseTests {
  @Test("have all that the model knows, and best mappings that make use of it")
  func coverage() throws {
    var counts: [String: Int] = [:]
    for number in 0..<300 {
      let one = try SearchCase(seed: 50, number: number, factors: .imperfect)
      let best = EvaluatedFront(of: one, simulates: false).best(minimizing: .energyDelayProduct)
      for (name, holds) in one.features + (best.map { one.features(of: $0.mapping) } ?? []) {
        counts[name, default: 0] += holds ? 1 : 0
      }
    }
    for (name, count) in counts.sorted(by: { $0.key < $1.key }) {
      print("\(count) of 300: \(name)")
      #expect(count >= 5, "\(name)")
    }
  }
}

extension SearchCase {
  fileprivate var features: [(String, Bool)] {
    let memories = array.levels.dropFirst().compactMap(\.memory)
    let fanouts = array.levels.map(\.fanout).filter { $0.x.size > 1 || $0.y.size > 1 }
    let moving = LoopDimension.allCases.filter { problem.bounds[$0] > 1 }
    let axes = problem.projections.input?.axes ?? []
    let slides = axes.filter { $0.terms.allSatisfy { problem.bounds[$0.dimension] > 1 } }
      .filter { $0.terms.count == 2 }
    let constraints = array.dataflow.levels
    let ranges = constraints.flatMap { Array($0.temporalPasses.values) + $0.spatialPasses.values }
    return [
      ("2 levels", array.levels.count == 2), ("3 levels", array.levels.count == 3),
      ("4 levels", array.levels.count == 4),
      ("a level without a memory", array.levels.contains { $0.memory == nil }),
      ("several levels with children", fanouts.count > 1),
      ("two axes", fanouts.contains { $0.x.size > 1 && $0.y.size > 1 }),
      ("forwarding", fanouts.contains { !$0.x.forward.isEmpty || !$0.y.forward.isEmpty }),
      ("diagonals", fanouts.contains { !$0.diagonal.isEmpty && $0.y.size > 1 }),
      ("a single buffer", memories.contains { $0.buffering == .single }),
      ("a double buffer", memories.contains { $0.buffering == .double }),
      ("partitions", memories.contains { $0.isPartitioned }),
      ("free choice of what is kept", memories.contains { $0.mayKeep != $0.mustKeep }),
      ("ports", array.levels.contains { $0.memory?.ports.isEmpty == false }),
      ("stored padding", array.switches.storesPadding),
      ("first partial sums read", array.switches.readsFirstPartialSum),
      ("a tensor with a home on chip", array.homes != PerTensor(repeating: 0)),
      ("4 dimensions", moving.count >= 4), ("1 dimension", moving.count == 1),
      ("a bound of 9 or more", moving.contains { problem.bounds[$0] >= 9 }),
      ("a sliding window", !slides.isEmpty),
      ("a stride", slides.contains { $0.terms[0].coefficient > 1 }),
      ("a dilation", slides.contains { $0.terms[1].coefficient > 1 }),
      ("padding", slides.contains { $0.offset < 0 }),
      ("constraints", constraints.contains { $0 != DataflowConstraints.Level() }),
      ("fewest passes", ranges.contains { $0.lowerBound > 1 }),
      ("an order", constraints.contains { $0.order != nil }),
      ("steps that must divide", !array.dataflow.allowsImperfectFactors),
    ]
  }

  fileprivate func features(of mapping: Mapping) -> [(String, Bool)] {
    var extents = problem.bounds
    var (uneven, spatial): ([LoopDimension: Int], [LoopDimension: Int]) = ([:], [:])
    var loops: [LoopDimension: Int] = [:]
    for level in mapping.levels {
      for loop in level.temporal + level.spatialX + level.spatialY {
        if extents[loop.dimension] % loop.step != 0 { uneven[loop.dimension, default: 0] += 1 }
        extents[loop.dimension] = loop.step
        loops[loop.dimension, default: 0] += 1
      }
      for loop in level.spatialX + level.spatialY { spatial[loop.dimension, default: 0] += 1 }
    }
    let present = TensorRole.allCases.filter { problem.projections[$0] != nil }
    return [
      ("best: a remainder", !uneven.isEmpty), ("best: two dimensions", uneven.count > 1),
      ("best: remainders in remainders", uneven.values.contains { $0 > 1 }),
      ("best: remainders in three loops", uneven.keys.contains { loops[$0, default: 0] > 2 }),
      ("best: children at work", !spatial.isEmpty),
      ("best: children along both axes", spatial.values.reduce(0, +) > 1),
      ("best: idle children", spatial.keys.contains { uneven[$0] != nil }),
      (
        "best: a level passed by",
        zip(mapping.levels, array.levels).contains { mapped, level in
          level.memory != nil && present.contains { !mapped.keeps.contains($0) }
        }
      ),
    ]
  }
}

extension StorageLevel {
  fileprivate var isPartitioned: Bool {
    if case .partitions = storage { true } else { false }
  }
}
