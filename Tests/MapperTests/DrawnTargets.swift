import Accelerators
import Dataflow
import Ops
import TestSupport

/// Draws arrays of a few levels on which a small problem has few mappings: all that the model knows
/// of memories, ports, wires and switches, and now and then a dataflow.
struct DrawnTargets {
  let problem: Problem
  var levelCount: Int
  /// The most children along an axis.
  var mostChildren: Int32 = 4
  /// Whether the chip and its parts use power only by what they do.
  var isFreeOfLeakage = false

  func array(using random: inout SplitMix64) -> SpatialArray {
    // More levels with children of their own have too many mappings.
    let fanning = Set(random.shuffled(Array(0..<levelCount)).prefix(random.pick([0, 1, 1, 1, 2])))
    let levels = (0..<levelCount).map { index in
      let fans = fanning.contains(index)
      let isWireOnly = index > 0 && fans && random.chance(1, in: 5)
      return ArrayLevel(
        name: "level\(index)",
        memory: isWireOnly ? nil : memory(isOutermost: index == 0, &random),
        fanout: fans ? fanout(&random) : Fanout())
    }
    var array = SpatialArray(
      name: "drawn", clockMegahertz: 100, precision: problem.precision, levels: levels,
      compute: ComputeUnit(
        operationPicojoules: random.pick([0, 0.5, 2]), leakPicojoulesPerCycle: leakage(&random)),
      switches: CountingSwitches(
        storesPadding: random.chance(1, in: 4), readsFirstPartialSum: random.chance(1, in: 4)),
      staticMilliwatts: leakage(&random))
    if random.chance(1, in: 3) { array.dataflow = dataflow(on: array.hierarchy, &random) }
    return array
  }

  private func leakage(_ random: inout SplitMix64) -> Double {
    let drawn = random.pick([0, 0, 0.05, 0.4])
    return isFreeOfLeakage ? 0 : drawn
  }

  // MARK: Memories

  private func memory(isOutermost: Bool, _ random: inout SplitMix64) -> StorageLevel {
    var mayKeep = isOutermost ? TensorSet.all : random.pick([.all, .all, [.input, .output]])
    if !isOutermost, random.chance(1, in: 4) {
      mayKeep = TensorSet(random.pick(TensorRole.allCases))
    }
    let free = random.pick([TensorSet(), [], .weight, .input, .output, .all])
    let fixesWidths = random.chance(1, in: 6)
    return StorageLevel(
      storage: storage(isOutermost: isOutermost, keeping: mayKeep, &random), mayKeep: mayKeep,
      mustKeep: mayKeep.subtracting(free),
      buffering: isOutermost ? .streamed : random.pick([.streamed, .streamed, .double, .single]),
      wordBits: PerTensor(
        weight: nil, input: fixesWidths ? 12 : nil, output: fixesWidths ? 16 : nil),
      energy: energies(isOutermost ? random.pick([4, 40]) : random.pick([0.3, 1, 3]), &random),
      ports: (0..<random.pick([0, 1, 1, 2])).map { port($0, &random) },
      leakPicojoulesPerCycle: leakage(&random))
  }

  /// What all tensors' words would take, about.
  private var bytes: PerTensor<Int32> {
    let words = { (role: TensorRole) -> Int32 in
      (problem.projections[role]?.axes ?? []).reduce(1) { $0 * $1.extent }
    }
    return PerTensor(
      weight: words(.weight) * Int32(problem.precision.weightBits) / 8,
      input: words(.input) * Int32(problem.precision.activationBits) / 8,
      output: words(.output) * Int32(problem.precision.accumulatorBits) / 8)
  }

  private func storage(
    isOutermost: Bool, keeping tensors: TensorSet, _ random: inout SplitMix64
  ) -> Storage {
    let kept = TensorRole.allCases.reduce(0) { $0 + (tensors.contains($1) ? bytes[$1] : 0) }
    if isOutermost {
      return .shared(capacityBytes: random.chance(1, in: 12) ? Int64(kept) : nil)
    }
    if random.chance(1, in: 4) {
      let part = { (role: TensorRole, random: inout SplitMix64) -> Int64? in
        guard tensors.contains(role) else { return nil }
        return Int64(random.number(in: 3...max(4, bytes[role])))
      }
      return .partitions(
        PerTensor(
          weight: part(.weight, &random), input: part(.input, &random),
          output: part(.output, &random)))
    }
    // Small memories are those that decide.
    let most = random.pick([kept / 4, kept / 2, kept, 2 * kept])
    return .shared(
      capacityBytes: random.chance(1, in: 8) ? nil : Int64(random.number(in: 4...max(8, most))))
  }

  private func energies(
    _ level: Double, _ random: inout SplitMix64
  ) -> PerTensor<PerAccess<AccessEnergy>> {
    let isUniform = random.chance(1, in: 2)
    var energy: AccessEnergy {
      let picojoules = isUniform ? level : level * Double(random.number(in: 0...12)) / 8
      return switch random.next() % 3 {
      case 0: .perBit(picojoules: picojoules)
      case 1: .perAccess(picojoules: 12 * picojoules, accessBits: 12, partial: .whole)
      default: .perAccess(picojoules: 64 * picojoules, accessBits: 64, partial: .fraction)
      }
    }
    if isUniform { return PerTensor(repeating: PerAccess(repeating: energy)) }
    var each: PerAccess<AccessEnergy> {
      PerAccess(reads: energy, fills: energy, updates: energy, drains: energy)
    }
    return PerTensor(weight: each, input: each, output: each)
  }

  private func port(_ number: Int, _ random: inout SplitMix64) -> Port {
    let streams = TensorRole.allCases.flatMap { role in
      AccessKind.allCases.map { AccessStream(role, $0) }
    }
    let rate = random.pick([0.3, 0.5, 1, 1, 2, 3.5])
    return Port(
      name: "port\(number)",
      rate: random.chance(1, in: 2) ? .wordsPerCycle(rate) : .bytesPerCycle(rate),
      carries: random.shuffled(streams).prefix(Int(random.number(in: 1...6))).map { $0 })
  }

  // MARK: Wires

  private func fanout(_ random: inout SplitMix64) -> Fanout {
    var fanout = Fanout(
      x: wires(&random), y: random.chance(1, in: 2) ? wires(&random) : Hierarchy.Wires(),
      hopPicojoulesPerBit: random.pick([0, 0.2]), additionPicojoules: random.pick([0, 0.3]))
    if random.chance(1, in: 4) {
      fanout.diagonal = random.pick([.input, [.weight, .input]])
      // Diagonal wires matter where neither axis has multicast.
      fanout.x.multicast.remove(.input)
      fanout.y.multicast.remove(.input)
    }
    return fanout
  }

  private func wires(_ random: inout SplitMix64) -> Hierarchy.Wires {
    Hierarchy.Wires(
      size: random.number(in: 2...max(2, mostChildren)),
      multicast: random.pick([.all, .all, [.weight], [.input], []]),
      forward: random.pick([[], [], [], .input, .weight, .all]),
      reduce: random.pick([.output, .output, []]))
  }

  // MARK: Dataflows

  private func dataflow(
    on hierarchy: Hierarchy, _ random: inout SplitMix64
  ) -> DataflowConstraints {
    let moving = LoopDimension.allCases.filter { problem.bounds[$0] > 1 }
    func set(_ random: inout SplitMix64) -> DimensionSet? {
      guard random.chance(1, in: 3) else { return nil }
      return DimensionSet(moving.filter { _ in random.chance(2, in: 3) }.map { DimensionSet($0) })
    }
    func passes(_ random: inout SplitMix64) -> [LoopDimension: ClosedRange<Int32>] {
      guard random.chance(1, in: 4), let dimension = random.shuffled(moving).first else {
        return [:]
      }
      let bound = problem.bounds[dimension]
      let least = random.pick([1, 1, 1, min(2, bound)])
      return [dimension: least...max(least, random.number(in: 1...bound))]
    }
    let levels = hierarchy.levels.map { level in
      var constraints = DataflowConstraints.Level()
      constraints.temporal = set(&random)
      constraints.spatialX = set(&random)
      constraints.spatialY = set(&random)
      constraints.temporalPasses = passes(&random)
      constraints.spatialPasses = passes(&random)
      if random.chance(1, in: 4) {
        constraints.order = Array(random.shuffled(moving).prefix(Int(random.number(in: 1...3))))
      }
      return constraints
    }
    return DataflowConstraints(
      name: "drawn", levels: levels, allowsImperfectFactors: !random.chance(1, in: 8))
  }
}
