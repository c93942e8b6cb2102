internal import Accelerators
internal import Dataflow
internal import Ops

extension Mapspace {
  /// The smallest single changes of the array that would leave a mapping, those of memories first;
  /// where no single one does, all capacities that would have to grow, if that is enough.
  ///
  /// Of the dimensions that may not have loops somewhere, each is told once: for the outermost level
  /// that helps. Empty where nothing was found that helps, or where the array has a mapping.
  package func relaxations() -> [Relaxation] {
    var search = RelaxationSearch(problem, on: array, factors: factors, counting: rules)
    return search.relaxations()
  }

  /// What rejects every mapping where ``explanation()`` names no single limit; `nil` where this does
  /// neither.
  func rejection() -> String? {
    RelaxationSearch(problem, on: array, factors: factors, counting: rules).rejection()
  }
}

/// Looks for changes of an array that leave a problem a mapping.
private struct RelaxationSearch {
  let problem: Problem
  let array: SpatialArray
  let counting: CountingRules
  let rules: TileRules
  /// Bits that each memory has for its tiles.
  let capacities: [Hierarchy.Capacity?]
  private var found: [Relaxation] = []

  init(_ problem: Problem, on array: SpatialArray, factors: Factors, counting: CountingRules) {
    self.problem = problem
    self.array = array
    self.counting = counting
    rules = TileRules(problem, on: array, factors: factors)
    capacities = array.hierarchy.levels.map { $0.memory?.capacity }
  }

  mutating func relaxations() -> [Relaxation] {
    let candidates = candidates(rules)
    if candidates.contains(where: { isRoomFor($0) }) { return [] }
    addCapacities(candidates)
    addBypasses()
    addFanouts()
    addPasses()
    addDimensions()
    if found.isEmpty { addAllCapacities(candidates) }
    return found
  }

  /// What rejects every mapping, in one sentence.
  func rejection() -> String? {
    for dimension in LoopDimension.allCases where problem.bounds[dimension] > 1 {
      var cuts = DimensionCuts(
        dimension, bound: problem.bounds[dimension], rules: rules, firstCut: 0)
      guard cuts.ways(of: problem.bounds[dimension]).isEmpty else { continue }
      let set = DimensionSet(dimension)
      let mayCut = rules.levels.contains {
        $0.temporal.union($0.spatialX).union($0.spatialY).isSuperset(of: set)
      }
      return mayCut
        ? "the levels that may have loops over \(dimension.name) allow no passes that cut its bound "
          + "of \(problem.bounds[dimension])" : nil
    }
    let candidates = candidates(rules)
    var search = self
    if candidates.isEmpty {
      search.addFanouts()
      guard case .fanout(let level, let axis, let size)? = search.found.first else { return nil }
      let sizes = rules.levels[level]
      return "the loops that the dataflow asks for need \(size) children of "
        + "'\(array.levels[level].name)' along \(axis.name), and "
        + "\(axis == .x ? sizes.sizeX : sizes.sizeY) are there"
    }
    search.addCapacities(candidates)
    guard case .capacity(let level, let tensor, let bytes)? = search.found.first else { return nil }
    let room = rooms.first { $0.level == level && $0.tensor == tensor }
    let share: Int64 = array.levels[level].memory?.buffering == .double ? 2 : 1
    let tiles = tensor.map { "the smallest \($0.name) tile" } ?? "the smallest tiles"
    return "\(tiles) of level '\(array.levels[level].name)' \(tensor == nil ? "need" : "needs") "
      + "\(bytes * 8 / share) bits, and \(room?.bits ?? 0) are available"
  }

  private func candidates(_ rules: TileRules) -> [SmallestTiles.Candidate] {
    SmallestTiles(problem, on: array, rules: rules, counting: counting).candidates()
  }

  /// A memory or a partition of one, and the bits it has.
  private struct Room {
    var level: Int
    var tensor: TensorRole?
    var bits: Int64

    func needed(_ candidate: SmallestTiles.Candidate) -> Int64 {
      let needs = candidate.needs[level]
      return tensor.map { needs[$0] } ?? needs.weight + needs.input + needs.output
    }
  }

  private var rooms: [Room] {
    capacities.enumerated().flatMap { level, capacity -> [Room] in
      switch capacity {
      case .unbounded, nil: []
      case .shared(let bits): [Room(level: level, tensor: nil, bits: bits)]
      case .partitions(let bits):
        TensorRole.allCases.map { Room(level: level, tensor: $0, bits: bits[$0] ?? 0) }
      }
    }
  }

  private func isRoomFor(_ candidate: SmallestTiles.Candidate) -> Bool {
    rooms.allSatisfy { $0.needed(candidate) <= $0.bits }
  }

  /// Whether the array has a mapping under other rules.
  private func hasMapping(_ rules: TileRules) -> Bool {
    candidates(rules).contains { isRoomFor($0) }
  }

  // MARK: Memories

  private mutating func addCapacities(_ candidates: [SmallestTiles.Candidate]) {
    let rooms = rooms
    for (index, room) in rooms.enumerated() {
      let least = candidates.filter { candidate in
        rooms.indices.allSatisfy { $0 == index || rooms[$0].needed(candidate) <= rooms[$0].bits }
      }.map { room.needed($0) }.min()
      guard let least else { continue }
      found.append(
        .capacity(level: room.level, tensor: room.tensor, bytes: bytes(ofBits: least, room.level)))
    }
  }

  /// All memories that are too small for the candidate that needs the least in addition.
  private mutating func addAllCapacities(_ candidates: [SmallestTiles.Candidate]) {
    let rooms = rooms
    let excess = candidates.map { candidate in
      rooms.reduce(Int64(0)) { $0 + max(0, $1.needed(candidate) - $1.bits) / Int64(rooms.count) }
    }
    guard let best = excess.indices.min(by: { excess[$0] < excess[$1] }) else { return }
    let small = rooms.filter { $0.needed(candidates[best]) > $0.bits }
    found.append(
      .capacities(
        small.map {
          .init(
            level: $0.level, tensor: $0.tensor,
            bytes: bytes(ofBits: $0.needed(candidates[best]), $0.level))
        }))
  }

  /// Bytes of a memory that has so many bits for tiles: twice as many for a double buffer.
  private func bytes(ofBits bits: Int64, _ level: Int) -> Int64 {
    let share: Int64 = array.levels[level].memory?.buffering == .double ? 2 : 1
    return (bits * share + 7) / 8
  }

  private mutating func addBypasses() {
    for level in rules.levels.indices.dropFirst() {
      for role in rules.levels[level].keeps.members {
        var other = rules
        other.levels[level].keeps.remove(TensorSet(role))
        if hasMapping(other) { found.append(.bypass(level: level, role)) }
      }
    }
  }

  // MARK: Children and loops

  private mutating func addFanouts() {
    for level in rules.levels.indices {
      for axis in ArrayAxis.allCases {
        let size = axis == .x ? rules.levels[level].sizeX : rules.levels[level].sizeY
        // A level without children along an axis has no wires there.
        guard size > 1 else { continue }
        var other = rules
        if axis == .x { other.levels[level].sizeX = Problem.largestExtent }
        if axis == .y { other.levels[level].sizeY = Problem.largestExtent }
        let most = candidates(other).filter { isRoomFor($0) }
          .map { $0.children(axis, ofLevel: level) }.min()
        guard let most = most.flatMap({ Int32(exactly: $0) }), most > size else { continue }
        let least = Self.least(in: size + 1...most) { children in
          if axis == .x { other.levels[level].sizeX = children }
          if axis == .y { other.levels[level].sizeY = children }
          return hasMapping(other)
        }
        found.append(.fanout(level: level, axis, size: least))
      }
    }
  }

  private mutating func addPasses() {
    for level in rules.levels.indices {
      for dimension in LoopDimension.allCases where problem.bounds[dimension] > 1 {
        for isSpatial in [false, true] {
          let ranges = isSpatial ? \TileRules.Level.spatialPasses : \.temporalPasses
          guard let range = rules.levels[level][keyPath: ranges][dimension] else { continue }
          let nearest = nearest(to: range, bound: problem.bounds[dimension]) { range in
            var other = rules
            other.levels[level][keyPath: ranges][dimension] = range
            return hasMapping(other)
          }
          if let nearest {
            found.append(.passes(level: level, dimension, isSpatial: isSpatial, nearest))
          }
        }
      }
    }
  }

  /// The range of passes that extends one to one side by as little as helps.
  private func nearest(
    to range: ClosedRange<Int32>, bound: Int32, helps: (ClosedRange<Int32>) -> Bool
  ) -> ClosedRange<Int32>? {
    var above: ClosedRange<Int32>?
    if bound > range.upperBound, helps(range.lowerBound...bound) {
      above =
        range
        .lowerBound...Self.least(in: range.upperBound + 1...bound) {
          helps(range.lowerBound...$0)
        }
    }
    guard range.lowerBound > 1, helps(1...range.upperBound) else { return above }
    let lower = Self.least(in: 1...range.lowerBound - 1) {
      helps(range.lowerBound - $0...range.upperBound)
    }
    if let above, above.upperBound - range.upperBound < lower { return above }
    return range.lowerBound - lower...range.upperBound
  }

  /// The least number of a range that is enough, where more is never worse and the last is enough.
  private static func least(
    in range: ClosedRange<Int32>, isEnough: (Int32) -> Bool
  ) -> Int32 {
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high {
      let middle = low + (high - low) / 2
      if isEnough(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  private mutating func addDimensions() {
    for dimension in LoopDimension.allCases where problem.bounds[dimension] > 1 {
      for level in rules.levels.indices {
        guard let change = change(allowing: dimension, at: level) else { continue }
        found.append(change)
        break
      }
    }
  }

  /// The place at a level where a dimension is forbidden and would help, over time first.
  private func change(allowing dimension: LoopDimension, at level: Int) -> Relaxation? {
    let set = DimensionSet(dimension)
    var other = rules
    if array.levels[level].memory != nil, !rules.levels[level].temporal.contains(set) {
      other.levels[level].temporal.insert(set)
      if hasMapping(other) { return .temporal(level: level, dimension) }
    }
    for axis in ArrayAxis.allCases {
      let dimensions = axis == .x ? \TileRules.Level.spatialX : \.spatialY
      let size = axis == .x ? rules.levels[level].sizeX : rules.levels[level].sizeY
      guard size > 1, !rules.levels[level][keyPath: dimensions].contains(set) else { continue }
      other = rules
      other.levels[level][keyPath: dimensions].insert(set)
      if hasMapping(other) { return .spatial(level: level, axis, dimension) }
    }
    return nil
  }
}
