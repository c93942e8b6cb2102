internal import Dataflow
public import Ops

extension SpatialArray {
  /// The unit that runs an op that is no multiply-accumulate; the first one that lists it.
  public func vectorUnit(for kind: OpKind) -> VectorUnit? {
    vectorUnits.first { $0.ops.contains(kind) }
  }
}

extension SpatialArrayModel {
  /// The cost of a nest that a vector unit runs; `Documentation/Model.md`, section 5.
  ///
  /// Each input word travels once from the outermost level to the unit's, and each output word
  /// once back, through every memory on the way that must keep the tensor; what is resident
  /// travels from and to the resident level.
  ///
  /// - Parameters:
  ///   - operations: what the unit computes; padding is nothing to compute with.
  ///   - resident: what of the activations stays on chip; it has room there.
  public func cost(
    of problem: Problem, on unit: VectorUnit, operations: Int64, resident: ResidentTensors = .none
  ) -> NestCost {
    let words = PerTensor(
      weight: problem.compulsoryWords(of: .weight, storesPadding: array.switches.storesPadding),
      input: problem.compulsoryWords(of: .input, storesPadding: array.switches.storesPadding),
      output: problem.compulsoryWords(of: .output, storesPadding: array.switches.storesPadding))
    let staying = resident.words(of: words, batch: Int64(problem.bounds[.n]))
    let counts = array.levels.indices.map {
      passage(throughLevel: $0, to: unit, words: words, staying: staying)
    }
    // What the unit keeps while it works is its own: words on the way are final.
    let widths = WordWidths(problem, on: hierarchy, outermostReductionLevel: nil)
    let ports = array.levels.indices.map { index in
      passageCycles(index, counts[index], widths: widths)
    }
    let lanes = max(1, unit.lanes)
    let cycles = max((operations + lanes - 1) / lanes, ports.map(\.cycles).max() ?? 0)
    let times = NestCycles(total: cycles, levels: ports)
    let compute = ComputeCost(
      name: unit.name, instances: lanes, operations: operations,
      cycles: (operations + lanes - 1) / lanes,
      energyPicojoules: Double(operations) * unit.operationPicojoules
        + laneLeakPicojoules(cycles: cycles))
    return NestCost(
      macs: 0, otherOperations: operations, cycles: cycles,
      levels: array.levels.indices.map {
        levelCost($0, counts[$0], widths: widths, times: times)
      },
      compute: compute, staticPicojoules: staticPicojoules(cycles: cycles),
      dramBytes: outermostBytes(counts[0].traffic, widths: widths), utilization: 0)
  }

  /// Whether words of a tensor on their way to and from a unit stop at a level.
  private func stops(_ role: TensorRole, atLevel index: Int, onWayTo unit: VectorUnit) -> Bool {
    if index == 0 { return true }
    guard index <= unit.level, let memory = array.levels[index].memory else { return false }
    return index == unit.level ? memory.mayKeep.contains(role) : memory.mustKeep.contains(role)
  }

  /// What passes a level; the words that stay on chip begin and end at the resident level.
  private func passage(
    throughLevel index: Int, to unit: VectorUnit, words: PerTensor<Int64>, staying: PerTensor<Int64>
  ) -> AccessCounts.Level {
    let home = array.residentLevel ?? 0
    var level = AccessCounts.Level()
    for role in TensorRole.allCases {
      let passing = index > home ? words[role] : words[role] - staying[role]
      let stopping = stops(role, atLevel: index, onWayTo: unit) ? passing : 0
      let outwards = index == 0 ? 0 : stopping
      let inwards = stopping + (index == home ? staying[role] : 0)
      if role == .output {
        level.traffic[role].updates = inwards
        level.traffic[role].drains = outwards
      } else {
        level.traffic[role].reads = inwards
        level.traffic[role].fills = outwards
      }
      guard index < unit.level else { continue }
      let crossing = index < home ? passing : words[role]
      if role == .output {
        level.wires[role].collections = crossing
      } else {
        level.wires[role].deliveries = crossing
      }
    }
    return level
  }

  /// The words spread evenly over the level's instances.
  private func passageCycles(
    _ index: Int, _ counts: AccessCounts.Level, widths: WordWidths
  ) -> PortLoad {
    let instances = max(1, hierarchy.instances(ofLevel: index))
    return slowestPort(of: index) { stream in
      let words = counts.traffic[stream.tensor][stream.kind]
      return StreamWords(
        words: (words + instances - 1) / instances, bits: widths.bits(stream, atLevel: index))
    }
  }
}
