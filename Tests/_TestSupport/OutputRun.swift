internal import Dataflow
internal import Ops

/// The run of the output: partial sums that go down, and updates that come up.
struct OutputRun {
  var tensor: SimulatedTensor
  private let readsFirst: Bool
  private var holdings: [Holding]
  /// Whether a word's partial sum lives in an instance, by level, instance and word.
  private var lives: [[Bool]]
  private var lanes = WordLists()
  private var seen: DistinctPairs
  private var scratch: [Int32] = []

  init(_ tensor: SimulatedTensor, readsFirst: Bool) {
    self.tensor = tensor
    self.readsFirst = readsFirst
    let counts = tensor.nest.instanceCounts
    holdings = tensor.links.dropLast().map {
      Holding(instanceCount: counts[$0.child], wordCount: tensor.table.count)
    }
    let keepers = Set(tensor.links.map(\.parent))
    lives = (0..<tensor.nest.levelCount).map {
      Array(repeating: false, count: keepers.contains($0) ? counts[$0] * tensor.table.count : 0)
    }
    seen = DistinctPairs(groupCount: counts.max() ?? 1, wordCount: tensor.table.count)
  }

  /// Takes one step; tiles of levels outside `firstChanged` are those of the step before.
  mutating func step(_ firstChanged: Int, _ boxes: [[IterationBox]]) {
    let changed = holdings.indices.filter { tensor.links[$0].child >= firstChanged }
    for index in changed {
      holdings[index].load(boxes[tensor.links[index].child], of: tensor.table)
      holdings[index].commit()
      notePeaks(index)
    }
    // Updates arrive before anything is delivered, and a child's before its parent's leave.
    for index in changed.reversed() { leave(index) }
    // What arrives at a level with this step can go on further in.
    for index in changed { enter(holdings[index].new, through: tensor.links[index]) }
    computeLanes(boxes)
  }

  /// After the last step everything leaves.
  mutating func finish() {
    for index in holdings.indices.reversed() {
      let link = tensor.links[index]
      holdings[index].release()
      let updatesBefore = tensor.counts[link.parent][0].updates
      leave(index)
      tensor.firstTile[link.child].childWords = Int64(holdings[index].leaving.count(of: 0))
      tensor.firstTile[link.child].parentWords =
        tensor.counts[link.parent][0].updates - updatesBefore
    }
  }

  private mutating func notePeaks(_ index: Int) {
    let level = tensor.links[index].child
    for instance in 0..<holdings[index].current.instanceCount {
      tensor.counts[level][instance].peakWords = max(
        tensor.counts[level][instance].peakWords,
        Int64(holdings[index].current.count(of: instance)))
    }
  }

  private mutating func leave(_ index: Int) {
    let link = tensor.links[index]
    let leaving = holdings[index].leaving
    update(with: leaving, through: link)
    for instance in 0..<leaving.instanceCount {
      for position in leaving.range(of: instance) {
        lives[link.child][instance * tensor.table.count + Int(leaving.words[position])] = false
      }
      tensor.counts[link.child][instance].drains += Int64(leaving.count(of: instance))
    }
  }

  /// Adds on the way up what leaves the children of a link at one step.
  private mutating func update(with leaving: WordLists, through link: ParentLink) {
    seen.removeAll()
    var arrivals: Int64 = 0
    for child in 0..<leaving.instanceCount {
      let parent = child / link.childrenPerParent
      let group =
        parent * link.childrenPerParent + link.groups[child % link.childrenPerParent]
      for position in leaving.range(of: child) {
        let word = leaving.words[position]
        if seen.insert(group: group, word: word) {
          tensor.counts[link.parent][parent].updates += 1
          lives[link.parent][parent * tensor.table.count + Int(word)] = true
          arrivals += 1
        }
      }
    }
    // After the reduction at a fan-out come the words that the next fan-out outside it collects.
    for (fanout, groups) in zip(link.parent..<link.child, link.groupsThroughFanout) {
      let collected = distinct(leaving, link, groups, &seen)
      tensor.wires[fanout].collections += collected
      tensor.wires[fanout].additions += collected - arrivals
      arrivals = collected
    }
  }

  /// Of the children of one parent that a word enters, the first gets the partial sum, if any.
  private mutating func enter(_ new: WordLists, through link: ParentLink) {
    seen.removeAll()
    var delivered: Int64 = 0
    for child in 0..<new.instanceCount {
      let parent = child / link.childrenPerParent
      for position in new.range(of: child) {
        let word = new.words[position]
        guard seen.insert(group: parent, word: word),
          readsFirst || lives[link.parent][parent * tensor.table.count + Int(word)]
        else { continue }
        tensor.counts[link.parent][parent].reads += 1
        delivered += 1
        guard !tensor.isLanes(link.child) else { continue }
        tensor.counts[link.child][child].fills += 1
        lives[link.child][child * tensor.table.count + Int(word)] = true
      }
    }
    for fanout in link.parent..<link.child { tensor.wires[fanout].deliveries += delivered }
  }

  /// Every lane takes its word, if there is a partial sum of it, and gives it back.
  private mutating func computeLanes(_ boxes: [[IterationBox]]) {
    lanes.removeAll()
    for box in boxes[tensor.nest.levelCount] {
      lanes.appendInstance(box, of: tensor.table, scratch: &scratch)
    }
    let link = tensor.links[tensor.links.count - 1]
    enter(lanes, through: link)
    update(with: lanes, through: link)
  }
}
