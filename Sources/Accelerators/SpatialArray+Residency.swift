internal import Dataflow
public import Ops

extension SpatialArray {
  /// The level where activations stay on chip, if the levels have one.
  public var residentLevel: Int? { Self.residentLevel(among: levels) }

  /// The outermost memory inside the first level that has one instance and may keep inputs and
  /// outputs; `nil` where there is none.
  ///
  /// - Parameter levels: outermost first.
  public static func residentLevel(among levels: [ArrayLevel]) -> Int? {
    var instances: Int64 = 1
    for (index, level) in levels.enumerated() {
      if index > 0, instances == 1, let memory = level.memory,
        memory.mayKeep.isSuperset(of: [.input, .output])
      {
        return index
      }
      instances *= Int64(level.fanout.x.size) * Int64(level.fanout.y.size)
      guard instances == 1 else { return nil }
    }
    return nil
  }

  /// The array as a nest sees it whose resident tensors live in the resident level instead of the
  /// outermost one; `nil` where they do not fit there.
  ///
  /// Down to that level no memory keeps a tile of them, and what they take of its capacity is
  /// gone, so that the nest's mappings and their counts are those of the plain model; the counts
  /// of the outermost level are then attributed to the tensor's home.
  public func homing(_ resident: ResidentTensors, of problem: Problem) -> SpatialArray? {
    if resident == .none { return self }
    guard let home = residentLevel, let rest = storage(ofLevel: home, without: resident, problem)
    else { return nil }
    var array = self
    array.levels[home].memory?.storage = rest
    for role in resident.tensors.members { array.homes[role] = home }
    for level in 1...home {
      array.levels[level].memory?.mayKeep.subtract(resident.tensors)
      array.levels[level].memory?.mustKeep.subtract(resident.tensors)
    }
    return array
  }

  /// Whether a nest's resident tensors fit the resident level and can be used from there; for
  /// multiply-accumulates there may still be no mapping that does with the rest of the level.
  public func hasRoom(for resident: ResidentTensors, of problem: Problem) -> Bool {
    if resident == .none { return true }
    guard let home = residentLevel else { return false }
    if case .other(let kind) = problem.body {
      // A unit further out cannot reach the level.
      guard let unit = vectorUnit(for: kind), unit.level >= home else { return false }
    }
    return storage(ofLevel: home, without: resident, problem) != nil
  }

  /// What is left of a level's capacity beside whole tensors.
  private func storage(
    ofLevel index: Int, without resident: ResidentTensors, _ problem: Problem
  ) -> Storage? {
    guard let memory = levels[index].memory else { return nil }
    let taken = resident.bytes(
      in: memory, of: problem, storesPadding: switches.storesPadding)
    guard let taken else { return nil }
    switch memory.storage {
    case .shared(nil):
      return memory.storage
    case .shared(let capacity?):
      let left = capacity - taken.input - taken.output
      return left >= 0 ? .shared(capacityBytes: left) : nil
    case .partitions(var capacities):
      for role in resident.tensors.members {
        let left = (capacities[role] ?? 0) - taken[role]
        guard left >= 0 else { return nil }
        capacities[role] = left
      }
      return .partitions(capacities)
    }
  }
}

extension ResidentTensors {
  /// Bytes that the tensors take in a memory, each rounded up; `nil` for more than can be counted.
  fileprivate func bytes(
    in memory: StorageLevel, of problem: Problem, storesPadding: Bool
  ) -> PerTensor<Int64>? {
    let images = Int64(problem.bounds[.n])
    let inputs: Int64? =
      switch input {
      case .none: 0
      case .whole: problem.wholeWords(of: .input, storesPadding: storesPadding)
      case .operand(let words): words.checkedProduct(images)
      }
    let outputs = output ? problem.wholeWords(of: .output, storesPadding: storesPadding) : 0
    // A quarter of the range, so that both tensors add up.
    let largest = Int64.max / 4
    let bytes = { (role: TensorRole, words: Int64?) -> Int64? in
      let bits = Int64(memory.wordBits[role] ?? problem.widestBits(of: role))
      guard let words = words?.checkedProduct(bits), words < largest else { return nil }
      return (words + 7) / 8
    }
    guard let inputBytes = bytes(.input, inputs), let outputBytes = bytes(.output, outputs) else {
      return nil
    }
    return PerTensor(weight: 0, input: inputBytes, output: outputBytes)
  }
}

extension Problem {
  /// Words of the whole tensor, those included that the nest does not touch; `nil` for more than
  /// can be counted.
  fileprivate func wholeWords(of role: TensorRole, storesPadding: Bool) -> Int64? {
    guard let projection = projections[role] else { return 0 }
    return projection.axes.reduce(1) { words, axis in
      let touched =
        storesPadding ? axis.touchedElements(bounds: bounds, storesPadding: true) : 0
      return words?.checkedProduct(max(Int64(axis.extent), touched))
    }
  }

  /// Width of a word that is not final yet: of partial sums, where anything is summed up.
  fileprivate func widestBits(of role: TensorRole) -> Int {
    let isSum =
      role == .output && body == .multiplyAccumulate
      && LoopDimension.allCases.contains {
        bounds[$0] > 1 && reductionDimensions.contains(DimensionSet($0))
      }
    return isSum
      ? max(precision.accumulatorBits, precision.activationBits) : wordBits(of: role)
  }
}

extension Int64 {
  /// The product, or `nil` where it is out of range.
  fileprivate func checkedProduct(_ other: Int64) -> Int64? {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? nil : product
  }
}
