import Accelerators
import Dataflow
import Mapper
import Ops
import TestSupport
import Testing

/// Small problems on small drawn hierarchies, where every mapping can be evaluated.
private struct Drawing {
  var generator: SplitMix64

  mutating func pick<Value>(_ values: [Value]) -> Value {
    values[Int(generator.next() % UInt64(values.count))]
  }

  mutating func array() -> SpatialArray {
    let memory = { (drawing: inout Drawing, isOuter: Bool) -> StorageLevel in
      let energy = isOuter ? 40.0 : drawing.pick([0.5, 1, 3])
      let mayKeep = isOuter ? TensorSet.all : drawing.pick([.all, [.input, .output], .all])
      return StorageLevel(
        storage: .shared(capacityBytes: isOuter ? nil : drawing.pick([8, 24, 64, 200])),
        mayKeep: mayKeep, mustKeep: drawing.pick([mayKeep, mayKeep, []]),
        energy: PerTensor(repeating: PerAccess(repeating: .perBit(picojoules: energy))),
        ports: drawing.pick([true, false])
          ? [
            Port(
              name: "port", rate: .wordsPerCycle(drawing.pick([1, 2, 4])),
              carries: [.init(.weight, .reads), .init(.input, .reads), .init(.output, .updates)])
          ] : [], leakPicojoulesPerCycle: drawing.pick([0, 0.1]))
    }
    let wires = { (drawing: inout Drawing) in
      Hierarchy.Wires(
        size: drawing.pick([1, 2, 3, 4]), multicast: drawing.pick([.all, [.weight], []]),
        reduce: drawing.pick([.output, []]))
    }
    var levels: [ArrayLevel] = []
    for index in 0..<pick([2, 2, 3]) {
      let fanout = pick([true, false])
      levels.append(
        ArrayLevel(
          name: "level\(index)", memory: memory(&self, index == 0),
          fanout: fanout ? Fanout(x: wires(&self), y: wires(&self)) : Fanout()))
    }
    return SpatialArray(
      name: "drawn", clockMegahertz: 100,
      precision: Precision(weightBits: 8, activationBits: 8, accumulatorBits: 16), levels: levels,
      compute: ComputeUnit(operationPicojoules: 0.5))
  }

  mutating func problem() throws -> Problem {
    let padding = pick([Int32(0), 1])
    let (p, r) = (pick([Int32(2), 4, 6]), pick([Int32(1), 3]))
    return try convolution(
      k: pick([1, 2, 4]), c: pick([1, 2, 3]), p: p, q: pick([1, 1, 2]), r: r, s: 1,
      stride: pick([1, 1, 2]), padding: r == 3 ? padding : 0, isSquare: false)
  }
}

@Suite("Search by estimates against every mapping")
struct BruteForceTests {
  @Test(
    "the search is never better than every mapping, and mostly as good",
    arguments: Objective.allCases)
  func bruteForce(objective: Objective) throws {
    let seed: UInt64 = 2026
    var drawing = Drawing(generator: SplitMix64(seed: seed))
    var (compared, equal) = (0, 0)
    var worst = 1.0
    for _ in 0..<60 {
      let space = Mapspace(try drawing.problem(), on: drawing.array())
      guard let mappings = MappingEnumeration(space).mappings(atMost: 4000) else { continue }
      let search = MappingSearch(space, minimizing: objective)
      let costs = mappings.compactMap { try? search.cost(of: $0) }
      let value = { (cost: NestCost) -> Double in
        switch objective {
        case .energyDelayProduct: cost.edpPicojouleCycles
        case .energy: cost.energyPicojoules
        case .latency: Double(cost.cycles)
        }
      }
      guard let best = costs.map(value).min() else {
        #expect(throws: UnmappableError.self) { try search.searched() }
        continue
      }
      let found = value(try search.searched().cost)
      compared += 1
      // The same mapping's cost, so only the order of mappings can differ.
      #expect(found >= best, "seed \(seed)")
      if found <= best * (1 + 1e-12) { equal += 1 }
      worst = max(worst, found / best)
    }
    print("\(objective.rawValue): \(equal) of \(compared) equal, worst ratio \(worst)")
    #expect(compared >= 30)
    #expect(Double(equal) >= 0.9 * Double(compared))
    #expect(worst < 1.1)
  }

  @Test("a small space is evaluated wholly and its result proven")
  func proven() throws {
    let problem = try convolution(k: 2, c: 2, p: 1, q: 1, r: 1, s: 1)
    let memory = StorageLevel(
      storage: .shared(capacityBytes: nil),
      energy: PerTensor(repeating: PerAccess(repeating: .perBit(picojoules: 1))))
    let array = SpatialArray(
      name: "two", clockMegahertz: 100, precision: problem.precision,
      levels: [ArrayLevel(name: "a", memory: memory), ArrayLevel(name: "b", memory: memory)],
      compute: ComputeUnit(operationPicojoules: 1))
    // The other rule set has a proof of its own.
    let space = Mapspace(problem, on: array, rules: .timeloop)
    // Two dimensions of two passes, each at one of two levels: both in one level in two orders
    // (2 x 2), or apart (2).
    let mappings = try #require(MappingEnumeration(space).mappings(atMost: 100))
    #expect(mappings.count == 6)
    let result = try MappingSearch(space, minimizing: .energy).best()
    #expect(result.isProvenBest)
    #expect(result.evaluations == 6)
  }
}
