package import Dataflow
package import Ops

/// Executes a mapping step by step on explicit sets of words, as Documentation/Model.md defines.
///
/// The oracle that the closed form must equal: it knows nothing of reuse, only what every instance
/// holds at every step. The mapping must be valid; capacities are not looked at.
package struct ReferenceSimulator: Sendable {
  package var problem: Problem
  package var hierarchy: Hierarchy
  package var switches: CountingSwitches

  package init(_ problem: Problem, on hierarchy: Hierarchy, switches: CountingSwitches) {
    self.problem = problem
    self.hierarchy = hierarchy
    self.switches = switches
  }

  /// Every word the mapping moves.
  package func accessCounts(under mapping: Mapping) -> AccessCounts {
    let nest = SimulatedNest(mapping)
    var operands: [OperandRun] = []
    var outputs: [OutputRun] = []
    for role in TensorRole.allCases {
      guard let projection = problem.projections[role] else { continue }
      let tensor = SimulatedTensor(
        role, projection, problem: problem, hierarchy: hierarchy, switches: switches,
        mapping: mapping, nest: nest)
      if role == .output {
        outputs.append(OutputRun(tensor, readsFirst: switches.readsFirstPartialSum))
      } else {
        operands.append(OperandRun(tensor))
      }
    }
    var steps: Int64 = 0
    var busy = [Int64](repeating: 0, count: nest.levelCount + 1)
    nest.forEachStep(of: problem) { firstChanged, boxes in
      steps += 1
      for level in firstChanged...nest.levelCount {
        busy[level] = max(busy[level], Int64(boxes[level].count { !$0.isEmpty }))
      }
      for index in operands.indices { operands[index].step(firstChanged, boxes) }
      for index in outputs.indices { outputs[index].step(firstChanged, boxes) }
    }
    for index in outputs.indices { outputs[index].finish() }
    return summary(
      of: operands.map(\.tensor) + outputs.map(\.tensor), steps: steps, busy: busy)
  }

  private func summary(
    of tensors: [SimulatedTensor], steps: Int64, busy: [Int64]
  ) -> AccessCounts {
    var levels = hierarchy.levels.map { _ in AccessCounts.Level() }
    for level in levels.indices { levels[level].utilizedInstances = busy[level] }
    for tensor in tensors {
      for level in levels.indices {
        levels[level].traffic[tensor.role] = tensor.total(ofLevel: level)
        levels[level].busiest[tensor.role] = tensor.busiest(ofLevel: level)
        levels[level].wires[tensor.role] = tensor.wires[level]
        levels[level].firstTile[tensor.role] = tensor.firstTile[level]
      }
    }
    return AccessCounts(
      levels: levels, operations: problem.iterations, steps: steps,
      utilizedLanes: busy[hierarchy.levels.count])
  }
}

/// What a run of either kind of tensor shares: its words, its parents and children, its counts.
struct SimulatedTensor {
  let role: TensorRole
  let table: WordTable
  /// Outermost first; the last one's children are the lanes.
  let links: [ParentLink]
  /// By level and instance.
  var counts: [[Traffic]]
  var wires: [WireTraffic]
  var firstTile: [AccessCounts.TileTransfer]
  let nest: SimulatedNest

  init(
    _ role: TensorRole, _ projection: Projection, problem: Problem, hierarchy: Hierarchy,
    switches: CountingSwitches, mapping: Mapping, nest: SimulatedNest
  ) {
    self.role = role
    self.nest = nest
    table = WordTable(projection, of: problem, storesPadding: switches.storesPadding)
    let keepers = mapping.levels.indices.filter { mapping.levels[$0].keeps.contains(role) }
    precondition(keepers.first == 0, "the outermost level keeps every tensor")
    links = zip(keepers, keepers.dropFirst() + [nest.levelCount]).map { parent, child in
      ParentLink(
        from: parent, to: child, of: role, in: nest, hierarchy: hierarchy, projection: projection)
    }
    counts = (0..<nest.levelCount).map {
      Array(repeating: Traffic(), count: nest.instanceCounts[$0])
    }
    wires = Array(repeating: WireTraffic(), count: nest.levelCount)
    firstTile = Array(repeating: AccessCounts.TileTransfer(), count: nest.levelCount)
    // The outermost level's tile is the whole problem at every step.
    counts[0][0].peakWords = Int64(table.count)
  }

  func isLanes(_ level: Int) -> Bool { level == nest.levelCount }

  func total(ofLevel level: Int) -> Traffic {
    counts[level].reduce(into: Traffic()) { sum, one in
      sum.reads += one.reads
      sum.fills += one.fills
      sum.updates += one.updates
      sum.drains += one.drains
      sum.forwards += one.forwards
      sum.peakWords = max(sum.peakWords, one.peakWords)
    }
  }

  /// The most that one instance has; for outputs what instance 0 has, and the largest peak.
  func busiest(ofLevel level: Int) -> Traffic {
    if role == .output {
      var first = counts[level][0]
      first.peakWords = total(ofLevel: level).peakWords
      return first
    }
    return counts[level].reduce(into: Traffic()) { most, one in
      most.reads = max(most.reads, one.reads)
      most.fills = max(most.fills, one.fills)
      most.updates = max(most.updates, one.updates)
      most.drains = max(most.drains, one.drains)
      most.forwards = max(most.forwards, one.forwards)
      most.peakWords = max(most.peakWords, one.peakWords)
    }
  }
}

/// What the instances of one level hold of one tensor.
struct Holding {
  /// What each instance holds at this step.
  private(set) var current = WordLists()
  private var previous = WordLists()
  /// Words that were not held at the step before.
  private(set) var new = WordLists()
  /// Words held at the step before and not at this one.
  private(set) var leaving = WordLists()
  /// The number of the tile that last needed a word, by instance and word.
  private var lastTile: [Int32]
  private var tile: Int32 = 0
  private let wordCount: Int
  private var scratch: [Int32] = []

  init(instanceCount: Int, wordCount: Int) {
    self.wordCount = wordCount
    lastTile = Array(repeating: -1, count: instanceCount * wordCount)
    for _ in 0..<instanceCount { current.endInstance() }
  }

  /// Whether an instance held a word at the step before; asked between `load` and `commit`.
  func heldBefore(_ instance: Int, _ word: Int32) -> Bool {
    lastTile[instance * wordCount + Int(word)] == tile - 1
  }

  /// Goes to the tiles of a new step: `current` and `new` are of this step.
  mutating func load(_ boxes: [IterationBox], of table: WordTable) {
    tile += 1
    swap(&current, &previous)
    current.removeAll()
    new.removeAll()
    for (instance, box) in boxes.enumerated() {
      current.appendInstance(box, of: table, scratch: &scratch)
      for position in current.range(of: instance) {
        let word = current.words[position]
        if !heldBefore(instance, word) { new.append(word) }
      }
      new.endInstance()
    }
  }

  /// Makes this step's words the ones held, and lists those that left.
  mutating func commit() {
    leaving.removeAll()
    for instance in 0..<current.instanceCount {
      for position in current.range(of: instance) {
        lastTile[instance * wordCount + Int(current.words[position])] = tile
      }
      for position in previous.range(of: instance) {
        let word = previous.words[position]
        if lastTile[instance * wordCount + Int(word)] != tile { leaving.append(word) }
      }
      leaving.endInstance()
    }
  }

  /// After the last step everything leaves.
  mutating func release() { leaving = current }
}
