internal import Dataflow
internal import Ops

/// The run of a weight or an input.
struct OperandRun {
  var tensor: SimulatedTensor
  /// What each link's children hold; lanes hold nothing, so that all their words are always new.
  private var holdings: [Holding]
  private var lanes = WordLists()
  private var fromParent = WordLists()
  private var seen: DistinctPairs
  private var scratch: [Int32] = []
  private var isFirstStep = true

  init(_ tensor: SimulatedTensor) {
    self.tensor = tensor
    holdings = tensor.links.dropLast().map {
      Holding(
        instanceCount: tensor.nest.instanceCounts[$0.child], wordCount: tensor.table.count)
    }
    seen = DistinctPairs(
      groupCount: tensor.nest.instanceCounts.max() ?? 1, wordCount: tensor.table.count)
  }

  /// Takes one step; tiles of levels outside `firstChanged` are those of the step before.
  mutating func step(_ firstChanged: Int, _ boxes: [[IterationBox]]) {
    for index in holdings.indices where tensor.links[index].child >= firstChanged {
      holdings[index].load(boxes[tensor.links[index].child], of: tensor.table)
      serve(index)
      holdings[index].commit()
    }
    lanes.removeAll()
    for box in boxes[tensor.nest.levelCount] {
      lanes.appendInstance(box, of: tensor.table, scratch: &scratch)
    }
    let link = tensor.links[tensor.links.count - 1]
    read(lanes, through: link)
    deliver(lanes, through: link)
    isFirstStep = false
  }

  /// Brings the new words of one link's children, from a neighbour or from the parent.
  private mutating func serve(_ index: Int) {
    let link = tensor.links[index]
    let new = holdings[index].new
    fromParent.removeAll()
    for child in 0..<new.instanceCount {
      let neighbours = link.neighbours(of: child)
      for position in new.range(of: child) {
        let word = new.words[position]
        if neighbours.contains(where: { holdings[index].heldBefore($0, word) }) {
          tensor.counts[link.child][child].forwards += 1
        } else {
          fromParent.append(word)
        }
      }
      fromParent.endInstance()
      tensor.counts[link.child][child].fills += Int64(new.count(of: child))
      let held = Int64(holdings[index].current.count(of: child))
      tensor.counts[link.child][child].peakWords = max(
        tensor.counts[link.child][child].peakWords, held)
    }
    let readsBefore = tensor.counts[link.parent][0].reads
    read(fromParent, through: link)
    deliver(new, through: link)
    if isFirstStep {
      tensor.firstTile[link.child].childWords = Int64(new.count(of: 0))
      tensor.firstTile[link.child].parentWords =
        tensor.counts[link.parent][0].reads - readsBefore
    }
  }

  /// Each group reads each distinct word once.
  private mutating func read(_ lists: WordLists, through link: ParentLink) {
    seen.removeAll()
    for child in 0..<lists.instanceCount {
      let parent = child / link.childrenPerParent
      let group =
        parent * link.childrenPerParent + link.groups[child % link.childrenPerParent]
      for position in lists.range(of: child) {
        if seen.insert(group: group, word: lists.words[position]) {
          tensor.counts[link.parent][parent].reads += 1
        }
      }
    }
  }

  /// What is read or forwarded crosses every fan-out on its way.
  private mutating func deliver(_ lists: WordLists, through link: ParentLink) {
    for (fanout, groups) in zip(link.parent..<link.child, link.groupsThroughFanout) {
      tensor.wires[fanout].deliveries += distinct(lists, link, groups, &seen)
    }
  }
}

/// The distinct words of each group, added up over all groups.
func distinct(
  _ lists: WordLists, _ link: ParentLink, _ groups: [Int], _ seen: inout DistinctPairs
) -> Int64 {
  seen.removeAll()
  var total: Int64 = 0
  for child in 0..<lists.instanceCount {
    let base = child / link.childrenPerParent * link.childrenPerParent
    let group = base + groups[child % link.childrenPerParent]
    for position in lists.range(of: child) {
      if seen.insert(group: group, word: lists.words[position]) { total += 1 }
    }
  }
  return total
}
