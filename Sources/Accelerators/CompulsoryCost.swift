internal import Dataflow
public import Ops

/// What a nest of multiply-accumulates costs on an array at least, whatever its mapping: every
/// iteration is computed, and every word touched passes the outermost level once.
///
/// It holds under rule set `exact`. `Documentation/Model.md`, section 4, says why.
public struct CompulsoryCost: Hashable, Sendable {
  /// Cycles with all lanes at work.
  public var computeCycles: Int64
  /// Cycles of each port of the outermost level.
  public var portCycles: [PortCycles]
  /// Energy of the outermost level's accesses.
  public var outermostPicojoules: Double
  /// Energy of the multiply-accumulates.
  public var computePicojoules: Double
  /// Leakage and static power over the fewest cycles.
  public var staticPicojoules: Double

  /// A port and the cycles it takes.
  public struct PortCycles: Hashable, Sendable {
    /// The port's name.
    public var port: String
    /// Cycles it moves words for, whatever the mapping.
    public var cycles: Int64

    /// Cycles of a port, as given.
    public init(port: String, cycles: Int64) {
      self.port = port
      self.cycles = cycles
    }
  }

  /// No mapping takes fewer cycles.
  public var cycles: Int64 { portCycles.reduce(computeCycles) { max($0, $1.cycles) } }

  /// No mapping takes less energy.
  public var energyPicojoules: Double {
    outermostPicojoules + computePicojoules + staticPicojoules
  }

  /// No mapping has less of an objective's figure.
  public func value(of objective: Objective) -> Double {
    objective.value(energyPicojoules: energyPicojoules, cycles: Double(cycles))
  }
}

extension SpatialArrayModel {
  /// What a nest costs at least, without any mapping; `nil` under rule set `timeloop`, whose
  /// shortcuts leave no such bound, and for a nest that no multiply-accumulate lane runs.
  public func compulsoryCost(of problem: Problem) -> CompulsoryCost? {
    guard rules == .exact, problem.body == .multiplyAccumulate else { return nil }
    let words = TensorRole.allCases.reduce(into: PerTensor(repeating: Int64(0))) { words, role in
      // What lives on chip need not pass the outermost level.
      guard array.homes[role] == 0 else { return }
      words[role] = problem.compulsoryWords(of: role, storesPadding: array.switches.storesPadding)
    }
    // Final sums are written once; what is narrower, a final word or a partial sum, bounds both.
    let stream = { (stream: AccessStream) -> StreamWords in
      let isMoved = stream.kind == (stream.tensor == .output ? .updates : .reads)
      return StreamWords(
        words: isMoved ? words[stream.tensor] : 0,
        bits: leastBits(of: stream.tensor, problem))
    }
    let memory = array.levels.first?.memory
    let lanes = max(1, array.laneCount)
    let computeCycles = min(mostCycles, (problem.iterations + lanes - 1) / lanes)
    var cost = CompulsoryCost(
      computeCycles: computeCycles,
      portCycles: (memory?.ports ?? []).map { port in
        .init(port: port.name, cycles: port.cycles(for: stream))
      },
      outermostPicojoules: 0,
      computePicojoules: Double(problem.iterations) * array.compute.operationPicojoules,
      staticPicojoules: 0)
    for role in TensorRole.allCases {
      let energy = memory?.energy[role][role == .output ? .updates : .reads] ?? .zero
      cost.outermostPicojoules +=
        Double(words[role]) * energy.picojoulesPerWord(bits: leastBits(of: role, problem))
    }
    cost.staticPicojoules =
      staticPicojoules(cycles: cost.cycles) + laneLeakPicojoules(cycles: cost.cycles)
      + array.levels.indices.reduce(0) { sum, index in
        sum
          + leakPicojoules(
            index, instances: hierarchy.instances(ofLevel: index), cycles: cost.cycles)
      }
    return cost
  }

  /// The fewest bits that a word of a tensor has at the outermost level under any mapping.
  private func leastBits(of role: TensorRole, _ problem: Problem) -> Int {
    if let bits = hierarchy.levels.first?.memory?.wordBits[role] { return bits }
    guard role == .output else { return problem.wordBits(of: role) }
    return min(problem.precision.activationBits, problem.precision.accumulatorBits)
  }
}
