internal import Accelerators
internal import Dataflow
internal import Ops

extension Mapspace {
  /// Mappings that differ from one by a single change: a prime factor moved from one loop to
  /// another place, two neighbouring loops exchanged, or a tensor kept or not kept at a level.
  ///
  /// All keep to the dataflow's constraints; whether they fit is left to the evaluation.
  func neighbors(of mapping: Mapping) -> [Mapping] {
    var found: [Mapping] = []
    for level in mapping.levels.indices {
      found += exchanges(in: mapping, level: level)
      found += keeps(in: mapping, level: level)
      for axis in Place.Axis.allCases {
        for loop in mapping.levels[level][axis] where loop.passes > 1 {
          found += moves(of: loop.dimension, from: Place(level: level, axis: axis), in: mapping)
        }
      }
    }
    return found.filter { candidate in
      (try? array.dataflow.check(candidate, of: problem, on: hierarchy)) != nil
    }
  }

  private func exchanges(in mapping: Mapping, level: Int) -> [Mapping] {
    let loops = mapping.levels[level].temporal
    return loops.indices.dropFirst().map { index in
      var changed = mapping
      changed.levels[level].temporal.swapAt(index - 1, index)
      return changed
    }
  }

  private func keeps(in mapping: Mapping, level: Int) -> [Mapping] {
    TensorSet.between(levels[level].mustKeep, levels[level].mayKeep)
      .filter { $0 != mapping.levels[level].keeps }
      .map { keeps in
        var changed = mapping
        changed.levels[level].keeps = keeps
        return changed
      }
  }

  private func moves(of dimension: LoopDimension, from place: Place, in mapping: Mapping)
    -> [Mapping]
  {
    guard let number = dimensions.firstIndex(of: dimension) else { return [] }
    let bit = UInt8(1) << UInt8(number)
    let passes = mapping.levels[place.level][place.axis].reduce(Int32(1)) {
      $1.dimension == dimension ? $0 * $1.passes : $0
    }
    var found: [Mapping] = []
    for prime in Self.primes(of: passes) {
      for level in levels.indices {
        for axis in Place.Axis.allCases {
          let target = Place(level: level, axis: axis)
          let allowed: UInt8 =
            switch axis {
            case .time: levels[level].temporal
            case .x: levels[level].spatialX
            case .y: levels[level].spatialY
            }
          guard target != place, allowed & bit != 0 else { continue }
          var changed = mapping
          changed.levels[place.level][place.axis].divide(dimension, by: prime)
          for variant in changed.levels[level][axis].multiplied(dimension, by: prime) {
            var moved = changed
            moved.levels[level][axis] = variant
            moved.recomputeSteps(of: problem)
            found.append(moved)
          }
        }
      }
    }
    return found
  }

  private static func primes(of value: Int32) -> [Int32] {
    var primes: [Int32] = []
    var rest = value
    var candidate: Int32 = 2
    while candidate * candidate <= rest {
      if rest % candidate == 0 {
        primes.append(candidate)
        while rest % candidate == 0 { rest /= candidate }
      }
      candidate += 1
    }
    return rest > 1 ? primes + [rest] : primes
  }
}

/// Where in a mapping a loop is.
struct Place: Hashable {
  enum Axis: CaseIterable { case time, x, y }

  var level: Int
  var axis: Axis
}

extension LevelMapping {
  subscript(axis: Place.Axis) -> [Loop] {
    get {
      switch axis {
      case .time: temporal
      case .x: spatialX
      case .y: spatialY
      }
    }
    set {
      switch axis {
      case .time: temporal = newValue
      case .x: spatialX = newValue
      case .y: spatialY = newValue
      }
    }
  }
}

extension [Loop] {
  /// Takes a factor out of a dimension's passes.
  fileprivate mutating func divide(_ dimension: LoopDimension, by factor: Int32) {
    guard
      let index = firstIndex(where: { $0.dimension == dimension && $0.passes % factor == 0 })
    else { return }
    self[index].passes /= factor
    if self[index].passes == 1 { remove(at: index) }
  }

  /// The loops with a factor more of a dimension: in its loop, or in a new one at every place.
  fileprivate func multiplied(_ dimension: LoopDimension, by factor: Int32) -> [[Loop]] {
    if let index = firstIndex(where: { $0.dimension == dimension }) {
      var changed = self
      changed[index].passes *= factor
      return [changed]
    }
    return (0...count).map { position in
      var changed = self
      changed.insert(Loop(dimension, passes: factor, step: 1), at: position)
      return changed
    }
  }
}

extension Mapping {
  /// Sets every step to what the passes leave of the tile it cuts.
  fileprivate mutating func recomputeSteps(of problem: Problem) {
    var extents = problem.bounds
    func step(_ loop: inout Loop) {
      extents[loop.dimension] = Swift.max(1, extents[loop.dimension] / loop.passes)
      loop.step = extents[loop.dimension]
    }
    for level in levels.indices {
      for index in levels[level].temporal.indices { step(&levels[level].temporal[index]) }
      for index in levels[level].spatialX.indices { step(&levels[level].spatialX[index]) }
      for index in levels[level].spatialY.indices { step(&levels[level].spatialY[index]) }
    }
  }
}
