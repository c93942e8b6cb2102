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
  /// once back, through every memory on the way that must keep the tensor.
  ///
  /// - Parameter operations: what the unit computes; padding is nothing to compute with.
  public func cost(of problem: Problem, on unit: VectorUnit, operations: Int64) -> NestCost {
    let words = PerTensor(
      weight: problem.compulsoryWords(of: .weight, storesPadding: array.switches.storesPadding),
      input: problem.compulsoryWords(of: .input, storesPadding: array.switches.storesPadding),
      output: problem.compulsoryWords(of: .output, storesPadding: array.switches.storesPadding))
    let counts = array.levels.indices.map { passage(throughLevel: $0, to: unit, words: words) }
    // What the unit keeps while it works is its own: words on the way are final.
    let widths = WordWidths(problem, on: hierarchy, outermostReductionLevel: nil)
    let ports = array.levels.indices.map { index in
      passageCycles(index, counts[index], widths: widths)
    }
    let lanes = max(1, unit.lanes)
    let cycles = max((operations + lanes - 1) / lanes, ports.max() ?? 0)
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

  private func passage(
    throughLevel index: Int, to unit: VectorUnit, words: PerTensor<Int64>
  ) -> AccessCounts.Level {
    var level = AccessCounts.Level()
    for role in TensorRole.allCases {
      let count = words[role]
      if stops(role, atLevel: index, onWayTo: unit) {
        var traffic = Traffic()
        if role == .output {
          traffic.updates = count
          traffic.drains = index == 0 ? 0 : count
        } else {
          traffic.reads = count
          traffic.fills = index == 0 ? 0 : count
        }
        level.traffic[role] = traffic
      }
      guard index < unit.level else { continue }
      if role == .output {
        level.wires[role].collections = count
      } else {
        level.wires[role].deliveries = count
      }
    }
    return level
  }

  /// The words spread evenly over the level's instances.
  private func passageCycles(
    _ index: Int, _ counts: AccessCounts.Level, widths: WordWidths
  ) -> Int64 {
    let instances = max(1, hierarchy.instances(ofLevel: index))
    return array.levels[index].memory?.ports.reduce(0) { slowest, port in
      max(
        slowest,
        port.cycles { stream in
          let words = counts.traffic[stream.tensor][stream.kind]
          return StreamWords(
            words: (words + instances - 1) / instances, bits: widths.bits(stream, atLevel: index))
        })
    } ?? 0
  }
}
