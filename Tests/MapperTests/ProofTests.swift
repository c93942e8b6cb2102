import Accelerators
import Dataflow
import Mapper
import Ops
import TestSupport
import Testing

/// Small problems on small drawn hierarchies, where every mapping can be evaluated.
struct SmallSearches {
  var generator: SplitMix64

  mutating func pick<Value>(_ values: [Value]) -> Value {
    values[Int(generator.next() % UInt64(values.count))]
  }

  mutating func memory(isOuter: Bool, levels: Int) -> StorageLevel {
    let energy = isOuter ? 40.0 : pick([0.5, 1, 3])
    let mayKeep: TensorSet =
      isOuter ? .all : pick([.all, [.input, .output], [.weight], .all])
    var perAccess = PerAccess<AccessEnergy>(repeating: .perBit(picojoules: energy))
    if pick([true, false, false]) { perAccess.drains = .perBit(picojoules: 0) }
    if pick([true, false, false]) { perAccess.updates = .perBit(picojoules: energy / 4) }
    return StorageLevel(
      storage: .shared(capacityBytes: isOuter ? nil : pick([8, 24, 64, 200])),
      mayKeep: mayKeep, mustKeep: pick([mayKeep, mayKeep, []]),
      buffering: isOuter ? .streamed : pick([.streamed, .streamed, .double, .single]),
      energy: PerTensor(repeating: perAccess), ports: ports(isOuter: isOuter),
      leakPicojoulesPerCycle: pick([0, 0.1]))
  }

  mutating func ports(isOuter: Bool) -> [Port] {
    let streams: [AccessStream] = [
      .init(.weight, .reads), .init(.input, .reads), .init(.output, .updates),
      .init(.output, .reads),
    ]
    switch pick([0, 1, 2]) {
    case 0: return []
    case 1:
      return [
        Port(name: "port", rate: .wordsPerCycle(pick([0.5, 1, 2, 4])), carries: streams)
      ]
    default:
      return [
        Port(name: "up", rate: .bytesPerCycle(pick([1, 3])), carries: streams),
        Port(
          name: "down", rate: .wordsPerCycle(pick([1, 2])),
          carries: isOuter
            ? [] : [.init(.weight, .fills), .init(.input, .fills), .init(.output, .drains)]),
      ].filter { !$0.carries.isEmpty }
    }
  }

  mutating func wires() -> Hierarchy.Wires {
    Hierarchy.Wires(
      size: pick([1, 2, 3, 4]), multicast: pick([.all, [.weight], [.input], []]),
      forward: pick([[], [], .input, .weight]), reduce: pick([.output, []]))
  }

  mutating func array() -> SpatialArray {
    var levels: [ArrayLevel] = []
    let count = pick([2, 2, 3, 3, 4])
    for index in 0..<count {
      let fans = pick([true, false])
      let isWireOnly = index > 0 && index < count - 1 && fans && pick([false, false, true])
      levels.append(
        ArrayLevel(
          name: "level\(index)",
          memory: isWireOnly ? nil : memory(isOuter: index == 0, levels: count),
          fanout: fans
            ? Fanout(
              x: wires(), y: wires(), diagonal: pick([[], [], .input]),
              hopPicojoulesPerBit: pick([0, 0.2]), additionPicojoules: pick([0, 0.3]))
            : Fanout()))
    }
    return SpatialArray(
      name: "drawn", clockMegahertz: 100,
      precision: Precision(weightBits: 8, activationBits: 8, accumulatorBits: 16),
      levels: levels, compute: ComputeUnit(operationPicojoules: 0.5),
      switches: CountingSwitches(
        storesPadding: pick([false, false, true]),
        readsFirstPartialSum: pick([false, false, true])),
      staticMilliwatts: pick([0, 0.1]))
  }

  mutating func problem() throws -> Problem {
    let padding = pick([Int32(0), 1])
    let (p, r, s) = (pick([Int32(2), 4, 6]), pick([Int32(1), 3, 2]), pick([Int32(1), 1, 2]))
    return try convolution(
      n: pick([1, 1, 1, 2]), g: pick([1, 1, 1, 2]), k: pick([1, 2, 4]), c: pick([1, 2, 3]), p: p,
      q: pick([1, 1, 2]), r: r, s: s, stride: pick([1, 1, 2]), dilation: pick([1, 1, 2]),
      padding: r == 3 && s == 1 ? padding : 0, isSquare: false)
  }
}

@Suite("Proven search against every mapping")
struct ProofTests {
  @Test("the proven optimum is that of every mapping", arguments: Objective.allCases)
  func optimum(objective: Objective) throws {
    let seed: UInt64 = 2026
    var drawing = SmallSearches(generator: SplitMix64(seed: seed))
    var (compared, mappingCount) = (0, 0)
    for number in 0..<240 {
      let space = Mapspace(try drawing.problem(), on: drawing.array())
      guard let mappings = MappingEnumeration(space).mappings(atMost: 8000) else { continue }
      let search = MappingSearch(space, minimizing: objective)
      // The evaluator is compared with the model in tests of its own.
      let evaluator = MappingEvaluator(space.problem, on: space.array)
      let figures = mappings.compactMap { mapping in
        CompactMapping(mapping).flatMap { evaluator.figures(of: $0) }
      }
      let ranks = figures.map {
        rank(energy: $0.energyPicojoules, cycles: $0.cycles, objective)
      }
      guard let best = ranks.min() else {
        #expect(throws: UnmappableError.self) { try search.best() }
        continue
      }
      compared += 1
      mappingCount += mappings.count
      let result = try search.best()
      #expect(result.isProvenBest)
      let found = rank(
        energy: result.cost.energyPicojoules, cycles: result.cost.cycles, objective)
      #expect(
        abs(found - best) <= best * 1e-10,
        "seed \(seed), case \(number): \(found / best) times the best of \(mappings.count)")
    }
    print("\(objective.rawValue): \(compared) problems, \(mappingCount) mappings, seed \(seed)")
    #expect(compared >= 80)
  }

  private func rank(energy: Double, cycles: Int64, _ objective: Objective) -> Double {
    switch objective {
    case .energyDelayProduct: energy * Double(cycles)
    case .energy: energy
    case .latency: Double(cycles)
    }
  }

  @Test("among the fastest mappings the search takes the one of least energy")
  func ties() throws {
    var drawing = SmallSearches(generator: SplitMix64(seed: 7))
    var compared = 0
    for _ in 0..<80 {
      let space = Mapspace(try drawing.problem(), on: drawing.array())
      guard let mappings = MappingEnumeration(space).mappings(atMost: 4000) else { continue }
      let evaluator = MappingEvaluator(space.problem, on: space.array)
      let figures = mappings.compactMap { mapping in
        CompactMapping(mapping).flatMap { evaluator.figures(of: $0) }
      }
      guard let fewest = figures.map(\.cycles).min() else { continue }
      let least = figures.filter { $0.cycles == fewest }.map(\.energyPicojoules).min() ?? 0
      let cost = try MappingSearch(space, minimizing: .latency).best().cost
      compared += 1
      #expect(cost.cycles == fewest)
      #expect(abs(cost.energyPicojoules - least) <= least * 1e-10)
    }
    #expect(compared >= 30)
  }

  @Test("an unrolling that the dataflow forces is part of the mapping")
  func forcedUnrolling() throws {
    let problem = try convolution(k: 8, c: 2, p: 2, q: 1, r: 1, s: 1)
    let memory = StorageLevel(
      storage: .shared(capacityBytes: nil),
      energy: PerTensor(repeating: PerAccess(repeating: .perBit(picojoules: 1))))
    let wires = Hierarchy.Wires(size: 4, multicast: .all, reduce: .output)
    var array = SpatialArray(
      name: "forced", clockMegahertz: 100, precision: problem.precision,
      levels: [ArrayLevel(name: "a", memory: memory, fanout: Fanout(x: wires))],
      compute: ComputeUnit(operationPicojoules: 1))
    array.dataflow.levels[0].spatialX = DimensionSet(.k)
    array.dataflow.levels[0].spatialPasses[.k] = 4...4
    let result = try MappingSearch(Mapspace(problem, on: array), minimizing: .latency).best()
    #expect(result.isProvenBest)
    #expect(result.mapping.levels[0].spatialX == [Loop(.k, passes: 4, step: 1)])
    #expect(result.cost.cycles == 8)
  }

  /// Four outputs sum up three products each: 12 updates and 8 reads of sums at the buffer, whose words are
  /// 8 bits wide if all that is summed up runs below it, and 16 if a loop of its own does; then 4 drains of
  /// 8 bits each. The registers keep nothing, since their energy is high.
  @Test("sums run below the buffer where its words are narrower then")
  func narrowSums() throws {
    let problem = try convolution(k: 1, c: 3, p: 4, q: 1, r: 1, s: 1)
    let level = { (name: String, keeps: TensorSet, must: TensorSet, picojoules: Double) in
      ArrayLevel(
        name: name,
        memory: StorageLevel(
          storage: .shared(capacityBytes: nil), mayKeep: keeps, mustKeep: must,
          energy: PerTensor(repeating: PerAccess(repeating: .perBit(picojoules: picojoules)))))
    }
    var array = SpatialArray(
      name: "sums", clockMegahertz: 100, precision: problem.precision,
      levels: [
        level("dram", .all, .all, 0), level("buffer", .output, .output, 1),
        level("registers", .weight, [], 100),
      ], compute: ComputeUnit(operationPicojoules: 0))
    // The array level is that of the fan-out, so that the levels inside it are those of an inner part.
    array.levels[0].fanout.x = Hierarchy.Wires(size: 2)
    let result = try MappingSearch(Mapspace(problem, on: array), minimizing: .energy).best()
    #expect(result.isProvenBest)
    #expect(result.mapping.levels[2].temporal == [Loop(.c, passes: 3, step: 1)])
    #expect(result.cost.energyPicojoules == Double((12 + 8 + 4) * 8))
  }

  /// The same on the way to the children, at one picojoule a bit: 12 weights, 12 inputs and 20 words of sums,
  /// of 8 bits each if all that is summed up runs below the wires; 16 for sums otherwise.
  @Test("sums run below wires that carry narrower words then")
  func narrowSumsOnWires() throws {
    let problem = try convolution(k: 1, c: 3, p: 4, q: 1, r: 1, s: 1)
    let memory = { (keeps: TensorSet, must: TensorSet, picojoules: Double) in
      StorageLevel(
        storage: .shared(capacityBytes: nil), mayKeep: keeps, mustKeep: must,
        wordBits: PerTensor(weight: nil, input: nil, output: 8),
        energy: PerTensor(repeating: PerAccess(repeating: .perBit(picojoules: picojoules))))
    }
    var array = SpatialArray(
      name: "wires", clockMegahertz: 100, precision: problem.precision,
      levels: [
        ArrayLevel(
          name: "dram", memory: memory(.all, .all, 0),
          fanout: Fanout(x: Hierarchy.Wires(size: 2), hopPicojoulesPerBit: 1)),
        ArrayLevel(name: "registers", memory: memory(.weight, [], 100)),
      ], compute: ComputeUnit(operationPicojoules: 0))
    array.dataflow.levels[0].spatialPasses[.p] = 2...2
    let result = try MappingSearch(Mapspace(problem, on: array), minimizing: .energy).best()
    #expect(result.isProvenBest)
    #expect(result.cost.energyPicojoules == Double((12 + 12 + 20) * 8))
  }
}
