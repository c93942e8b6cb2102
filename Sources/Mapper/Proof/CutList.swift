internal import Dataflow
internal import Ops

/// Ways to cut one dimension that an outer and an inner chain leave open, in groups whose loops in time
/// have more than one pass at the same levels, and of each group those of the fewest steps first.
final class CutList {
  struct Group {
    var start: Int
    var end: Int
  }

  let chains: UnsafeMutablePointer<CutChain>
  /// Of each, what holds for it and all of its group before it.
  let covering: UnsafeMutablePointer<CutChain>
  let groups: UnsafeBufferPointer<Group>
  let count: Int
  /// Ways of more steps than this may be missing.
  let mostSteps: Double
  /// Whether there are more than are listed.
  let isCutShort: Bool

  init(_ all: [CutChain], mostSteps: Double, isCutShort: Bool) {
    count = all.count
    self.mostSteps = mostSteps
    self.isCutShort = isCutShort
    chains = .allocate(capacity: count)
    covering = .allocate(capacity: count)
    let kinds = all.map { UInt32($0.looped) << 16 | UInt32($0.clean) }
    var fewest: [UInt32: Double] = [:]
    for (number, kind) in kinds.enumerated() {
      fewest[kind] = min(fewest[kind] ?? .infinity, all[number].steps)
    }
    let keys = all.indices.map { (fewest[kinds[$0]] ?? 0, kinds[$0], all[$0].steps) }
    let order = all.indices.sorted { keys[$0] == keys[$1] ? $0 < $1 : keys[$0] < keys[$1] }
    var groups: [Group] = []
    for (place, number) in order.enumerated() {
      (chains + place).initialize(to: all[number])
      (covering + place).initialize(to: chains[place])
      if place > 0, kinds[order[place - 1]] == kinds[number] {
        groups[groups.count - 1].end = place + 1
        covering[place].widen(to: covering[place - 1])
      } else {
        groups.append(Group(start: place, end: place + 1))
      }
    }
    self.groups = UnsafeBufferPointer(copying: groups)
  }

  deinit {
    chains.deallocate()
    covering.deallocate()
    groups.deallocate()
  }
}

/// Lists of cuts made before, as long as there is room for them.
final class CutMemo {
  private var makers: [CutChains]
  private var lists: [UInt64: CutList] = [:]
  private var held = 0
  /// Ways that are kept.
  private static let mostHeld = 10_000
  /// How many more steps than are wanted those of a list may take, since more may be wanted later.
  private static let spare = 1.25
  /// Ways of a list with such ones at most.
  private static let mostSpare = 4096

  init(_ context: ProofContext) {
    makers = (0..<context.dimensionCount).map { CutChains(context, dimension: $0) }
  }

  /// Forgets all lists.
  func clear() {
    lists.removeAll(keepingCapacity: true)
    held = 0
  }

  /// Makes room for the lists of another pair; those handed out before may be gone.
  func makeRoom() {
    if held > Self.mostHeld { clear() }
  }

  /// The ways to cut a dimension, at least those of no more steps than so many.
  ///
  /// - Parameters:
  ///   - numbers: of the outer and the inner chain.
  ///   - span: words along an axis of the input that a child reaches (``InnerPart/spans``).
  ///   - visits: takes the effort that the list took.
  func list(
    _ dimension: Int, _ numbers: (UInt16, UInt16), _ outer: OuterChain,
    _ inner: UnsafePointer<InnerChain>, span: Int32, mostSteps: Double, visits: inout Int64
  ) -> CutList {
    let key =
      UInt64(UInt32(bitPattern: span) << 3 | UInt32(dimension)) << 32 | UInt64(numbers.0) << 16
      | UInt64(numbers.1)
    if let known = lists[key], known.mostSteps >= mostSteps { return known }
    var list = makers[dimension].list(
      outer, inner, span: span, mostSteps: mostSteps * Self.spare, most: Self.mostSpare)
    visits += makers[dimension].effort
    if list.isCutShort {
      list = makers[dimension].list(
        outer, inner, span: span, mostSteps: mostSteps, most: CutChains.most)
      visits += makers[dimension].effort
    }
    held += list.count
    lists[key] = list
    return list
  }
}

/// The ways to cut one dimension that a pair of parts leaves open and that take few enough steps.
struct OpenCuts {
  let chains: UnsafePointer<CutChain>
  let covering: UnsafePointer<CutChain>
  let groups: UnsafeBufferPointer<CutList.Group>
  /// More steps than this are not wanted.
  let mostSteps: Double
  /// How many there are, and the fewest steps of them.
  private(set) var count = 0
  private(set) var steps = Double.infinity

  /// - Parameter all: takes what holds for all of them, if there are any.
  init(_ list: CutList, mostSteps: Double, all: UnsafeMutablePointer<CutChain>) {
    chains = UnsafePointer(list.chains)
    covering = UnsafePointer(list.covering)
    groups = list.groups
    self.mostSteps = mostSteps
    for number in groups.indices {
      let end = end(number)
      let start = groups[number].start
      guard end > start else { continue }
      if count == 0 {
        all.pointee = covering[end - 1]
      } else {
        all.pointee.widen(to: covering[end - 1])
      }
      steps = all.pointee.steps
      count += end - start
    }
  }

  /// The end of those of a group that take few enough steps.
  @inline(__always)
  func end(_ group: Int) -> Int {
    let (start, last) = (groups[group].start, groups[group].end)
    if chains[last - 1].steps <= mostSteps { return last }
    var (low, high) = (start, last - 1)
    while low < high {
      let middle = (low + high) / 2
      if chains[middle].steps <= mostSteps { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
