internal import Ops

/// One tensor's tiles, level by level, and what Timeloop makes of their accesses: shares of the
/// parent, bypass, first reads that need no read.
///
/// Every figure is an average over the instances of a level, as Timeloop prints it.
struct TimeloopCollapse {
  /// One level.
  struct Level {
    /// Words of the largest tile; 0 where the tensor bypasses the level.
    var tile: Double
    /// Distinct words that pass through one instance over the whole run, where each word goes to
    /// one instance only; Timeloop estimates them from outside in.
    var partition: Double = 0
    var accesses: TimeloopAccesses
    var linkTransfers: Double
    /// Children that the level's loops spread over.
    var fanout: Double
    /// Largest union of the children's tiles, or 0 where the level does not fan out.
    var union: Double
    /// Most instances at work.
    var instances: Double
    /// Accesses of the parent that reach this level.
    var parentShare: Double = 0
    /// Words from and to neighbours.
    var peerWords: Double = 0

    // What is printed.
    var reads: Double = 0
    var fills: Double = 0
    var updates: Double = 0
    var isKept: Bool { tile > 0 }
  }

  private(set) var levels: [Level]
  /// What crosses the wires below each level: accesses, words delivered, and partial sums that
  /// return to children.
  private(set) var wires: [(accesses: Double, delivered: Double, returned: Double)] = []
  private let isOutput: Bool
  private let readsFirstPartialSum: Bool

  /// - Parameters:
  ///   - levels: Outermost first, with tiles as if no level were bypassed.
  ///   - isKept: Whether the tensor is kept, by level; the outermost level keeps it.
  init(_ levels: [Level], isKept: [Bool], isOutput: Bool, readsFirstPartialSum: Bool) {
    self.levels = levels
    self.isOutput = isOutput
    self.readsFirstPartialSum = readsFirstPartialSum
    setPartitions()
    setParentShares()
    setWires()
    for index in levels.indices.reversed() where !isKept[index] { bypass(index) }
    self.levels[0].parentShare = 0
    setPeerWords()
    setPrinted()
  }

  /// The outermost level holds the tensor once; each level inwards gets the share of its parent's
  /// partition that its tile is of the union of all children's.
  private mutating func setPartitions() {
    levels[0].partition = levels[0].tile
    for index in levels.indices.dropFirst() {
      let parent = levels[index - 1]
      let whole = parent.fanout > 1 ? parent.union : levels[index].tile
      levels[index].partition = (parent.partition * levels[index].tile / whole).rounded(.down)
    }
  }

  private mutating func setParentShares() {
    for index in levels.indices.dropFirst() {
      let parent = levels[index - 1]
      levels[index].parentShare = parent.accesses.shares.reduce(0) {
        $0 + $1.accesses * Double($1.multicast) / parent.fanout
      }
    }
  }

  private mutating func setWires() {
    wires = levels.indices.map { index in
      let level = levels[index]
      var returned = 0.0
      if isOutput, index + 1 < levels.count {
        let child = levels[index + 1]
        let first = readsFirstPartialSum ? 0 : child.partition
        returned = max(0, child.parentShare - first) * child.instances / level.instances
      }
      return (level.accesses.total, level.accesses.delivered, returned)
    }
  }

  /// The parent is accessed as often as a bypassed child was, with the multicast it has.
  private mutating func bypass(_ index: Int) {
    let childAccesses = levels[index].accesses.total * levels[index - 1].fanout
    let delivered = levels[index - 1].accesses.delivered
    if delivered > 0 { levels[index - 1].accesses.scale(by: childAccesses / delivered) }
    levels[index - 1].linkTransfers = 0
    levels[index].tile = 0
    levels[index].partition = 0
    levels[index].parentShare = 0
  }

  private mutating func setPeerWords() {
    for index in levels.indices.dropFirst() where levels[index].isKept {
      levels[index].peerWords = levels[index - 1].linkTransfers / levels[index].instances
    }
  }

  /// A bypassed outermost level would make the next one the backing store; here the outermost
  /// level keeps everything.
  private mutating func setPrinted() {
    for index in levels.indices where levels[index].isKept {
      let level = levels[index]
      let content = level.accesses.total
      let first = readsFirstPartialSum ? 0 : level.partition
      if isOutput {
        levels[index].updates = content.rounded()
        levels[index].reads = max(0, (content + level.peerWords - first).rounded())
        let returned = level.parentShare + level.peerWords - (index == 0 ? 0 : first)
        levels[index].fills = max(0, returned.rounded())
      } else {
        levels[index].reads = (content + level.peerWords).rounded()
        levels[index].fills = (level.parentShare + level.peerWords).rounded()
      }
    }
  }
}
