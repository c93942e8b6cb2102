/// A range of one dimension's indices; extent 0 is no index.
struct IndexRange: Hashable {
  var start: Int32
  var extent: Int32

  /// The pass `index` of a loop of the given step inside the range.
  @inline(__always)
  func pass(_ index: Int32, step: Int32) -> IndexRange {
    let offset = index * step
    guard offset < extent else { return IndexRange(start: start, extent: 0) }
    return IndexRange(start: start + offset, extent: min(step, extent - offset))
  }
}

/// The pieces of one dimension at the steps that a factor's counts run over, in classes of steps
/// that look the same (`Documentation/Model.md`, "Why counts are products", 1 and 4).
struct ChainPieces {
  /// A loop of the dimension's chain.
  struct ChainLoop {
    var step: Int32
    var passes: Int32
    var isTemporal: Bool
    var role: LoopCode.Role
    var forwards: Bool
    /// Number of the diagonal wires that the loop is joined by, from 1 on; 0 for none.
    var diagonal: Int
  }

  /// The steps a list of classes is about.
  enum Steps {
    case first
    case last
    case all
    /// The outermost `outer` temporal loops take any index; then the next one advances, or one of
    /// another dimension does and all that follow begin again.
    case advancing(outer: Int, own: Bool)
  }

  private(set) var loops: [ChainLoop] = []
  private(set) var temporalCount = 0
  /// Choices of the spatial indices that are told apart; the first loop's index varies slowest.
  private(set) var choiceCount = 1

  // Of each class: how many steps it stands for, whether the pieces stay, and the pieces of each
  // choice at the step and at the one before.
  private(set) var multiplicity: [Int64] = []
  private(set) var stays: [Bool] = []
  private(set) var new: [IndexRange] = []
  private(set) var old: [IndexRange] = []
  /// The classes of the first, the last and all steps, and then those in which words can be kept,
  /// in the order of a table's column.
  private(set) var lists: [Range<Int>] = []

  // A walk's pieces before each loop.
  private var newFrames: [IndexRange] = []
  private var oldFrames: [IndexRange] = []
  private var choicesBefore: [Int] = []
  private var steps = Steps.first
  private var interior: Range<Int>?

  static let keptLists = 3

  /// Reads the dimension's loops out of a key, and lists all classes.
  mutating func read(
    _ codes: Slice<UnsafeMutableBufferPointer<UInt64>>, isSecond: Bool, bound: Int,
    interior: Range<Int>?
  ) {
    loops.removeAll(keepingCapacity: true)
    choicesBefore.removeAll(keepingCapacity: true)
    multiplicity.removeAll(keepingCapacity: true)
    stays.removeAll(keepingCapacity: true)
    new.removeAll(keepingCapacity: true)
    old.removeAll(keepingCapacity: true)
    lists.removeAll(keepingCapacity: true)
    temporalCount = 0
    choiceCount = 1
    self.interior = interior
    var extent = Int32(bound)
    for code in codes where (code & LoopCode.second != 0) == isSecond {
      let step = Int32(truncatingIfNeeded: code)
      let isTemporal = code & LoopCode.spatial == 0
      let loop = ChainLoop(
        step: step, passes: (extent + step - 1) / step, isTemporal: isTemporal,
        role: LoopCode.Role(rawValue: code >> LoopCode.roleShift & 3) ?? .summed,
        forwards: code & LoopCode.forwards != 0, diagonal: Int(code >> LoopCode.diagonalShift))
      loops.append(loop)
      choicesBefore.append(choiceCount)
      if isTemporal {
        temporalCount += 1
      } else if loop.role != .first {
        choiceCount *= Int(loop.passes)
      }
      extent = step
    }
    let frames = (loops.count + 1) * choiceCount
    if newFrames.count < frames {
      newFrames = Array(repeating: IndexRange(start: 0, extent: 0), count: frames)
      oldFrames = newFrames
    }
    list(.first, bound)
    list(.last, bound)
    list(.all, bound)
    list(.advancing(outer: 0, own: false), bound)
    for outer in 0..<temporalCount {
      list(.advancing(outer: outer, own: true), bound)
      list(.advancing(outer: outer + 1, own: false), bound)
    }
  }

  /// Reads a dimension that is not there: one piece, which stays.
  mutating func readNothing() {
    loops.removeAll(keepingCapacity: true)
    (temporalCount, choiceCount) = (0, 1)
    multiplicity.removeAll(keepingCapacity: true)
    stays.removeAll(keepingCapacity: true)
    new.removeAll(keepingCapacity: true)
    old.removeAll(keepingCapacity: true)
    lists.removeAll(keepingCapacity: true)
    multiplicity.append(1)
    stays.append(true)
    new.append(IndexRange(start: 0, extent: 1))
    old.append(IndexRange(start: 0, extent: 1))
    for _ in 0...Self.keptLists { lists.append(0..<1) }
  }

  private mutating func list(_ steps: Steps, _ bound: Int) {
    self.steps = steps
    let start = multiplicity.count
    newFrames[0] = IndexRange(start: 0, extent: Int32(bound))
    visit(0, rank: 0, 1, stays: true)
    lists.append(start..<multiplicity.count)
  }

  /// Walks down the chain, branching for each group of equal passes.
  ///
  /// - Parameter rank: How many temporal loops lie outside of `index`.
  private mutating func visit(_ index: Int, rank: Int, _ count: Int64, stays same: Bool) {
    let frame = index * choiceCount
    guard index < loops.count else {
      multiplicity.append(count)
      stays.append(same)
      new.append(contentsOf: newFrames[frame..<frame + choiceCount])
      old.append(contentsOf: (same ? newFrames : oldFrames)[frame..<frame + choiceCount])
      return
    }
    let loop = loops[index]
    guard loop.isTemporal else {
      if loop.role == .first {
        take(index, new: 0, old: same ? nil : 0)
      } else {
        spread(index, loop, stays: same)
      }
      return visit(index + 1, rank: rank, count, stays: same)
    }
    switch steps {
    case .first:
      take(index, new: 0, old: nil)
      visit(index + 1, rank: rank + 1, count, stays: true)
    case .last:
      take(index, new: passes(newFrames[frame], loop.step) - 1, old: nil)
      visit(index + 1, rank: rank + 1, count, stays: true)
    case .all:
      visitEach(index, rank: rank, count, from: 0)
    case .advancing(let outer, let own):
      if rank < outer {
        visitEach(index, rank: rank, count, from: 0)
      } else if rank == outer && own {
        visitEach(index, rank: rank, count, from: 1)
      } else {
        // From its last pass back to its first.
        let last = passes((same ? newFrames : oldFrames)[frame], loop.step) - 1
        let moves = !same || last > 0
        if moves, same { copyNewToOld(index) }
        take(index, new: 0, old: moves ? last : nil)
        visit(index + 1, rank: rank + 1, count, stays: !moves)
      }
    }
  }

  /// Visits the passes from `first` on; where that is 1, each with the one before it as the old one.
  private mutating func visitEach(_ index: Int, rank: Int, _ count: Int64, from first: Int32) {
    let frame = index * choiceCount
    let step = loops[index].step
    let total = passes(newFrames[frame], step)
    var full = Int32.max
    var (lowest, highest) = (Int32.max, Int32.min)
    for choice in 0..<choicesBefore[index] where newFrames[frame + choice].extent > 0 {
      let piece = newFrames[frame + choice]
      full = min(full, piece.extent / step)
      lowest = min(lowest, piece.start)
      highest = max(highest, piece.start)
    }
    if first == 1 { copyNewToOld(index) }
    var pass = first
    while pass < total {
      var alike: Int32 = 1
      if pass < full {
        alike = full - pass
        if let interior {
          // The last pass p with highest + (p + 1) * step at most the upper bound.
          let room = (interior.upperBound - Int(highest)) / Int(step)
          let isInside =
            Int(lowest) + Int(pass - first) * Int(step) >= interior.lowerBound && room >= pass + 1
          alike = isInside ? Int32(min(Int(full), room)) - pass : 1
        }
      }
      alike = min(alike, total - pass)
      take(index, new: pass, old: first == 1 ? pass - 1 : nil)
      visit(index + 1, rank: rank + 1, count * Int64(alike), stays: first == 0)
      pass += alike
    }
  }

  /// Passes that exist where all spatial indices are 0, which have the longest pieces.
  private func passes(_ longest: IndexRange, _ step: Int32) -> Int32 {
    (longest.extent + step - 1) / step
  }

  private mutating func copyNewToOld(_ index: Int) {
    let frame = index * choiceCount
    for choice in frame..<frame + choicesBefore[index] { oldFrames[choice] = newFrames[choice] }
  }

  /// Takes one pass of a loop into the frame of the next loop.
  private mutating func take(_ index: Int, new newPass: Int32, old oldPass: Int32?) {
    let (frame, next, step) = (index * choiceCount, (index + 1) * choiceCount, loops[index].step)
    for choice in 0..<choicesBefore[index] {
      newFrames[next + choice] = newFrames[frame + choice].pass(newPass, step: step)
      if let oldPass {
        oldFrames[next + choice] = oldFrames[frame + choice].pass(oldPass, step: step)
      }
    }
  }

  private mutating func spread(_ index: Int, _ loop: ChainLoop, stays same: Bool) {
    let (frame, next) = (index * choiceCount, (index + 1) * choiceCount)
    var place = next
    for choice in frame..<frame + choicesBefore[index] {
      for pass in 0..<loop.passes {
        newFrames[place] = newFrames[choice].pass(pass, step: loop.step)
        if !same { oldFrames[place] = oldFrames[choice].pass(pass, step: loop.step) }
        place += 1
      }
    }
  }
}

extension ChainPieces {
  /// Pieces of a class that words are followed from, and those they are looked up in.
  @inline(__always)
  func piece(_ item: Int, _ choice: Int, isLeaving: Bool) -> IndexRange {
    (isLeaving ? old : new)[item * choiceCount + choice]
  }
}
