internal import Ops

/// Counts the words of one tensor along its factors.
///
/// Keeps what the scopes of one mapping share: the classes of pieces, and scratch for sets.
struct FactorCounter {
  let nest: LoopNest
  private var classes: [ClassKey: [PieceClass]] = [:]
  private var scratch = WordMarks()

  init(_ nest: LoopNest) { self.nest = nest }

  private struct ClassKey: Hashable {
    var dimension: LoopDimension
    var depth: Int
    var cut: Cut
    var interior: Interior
  }

  /// Which way words are followed between a step and the one before.
  enum Direction: Hashable, Sendable {
    /// Words present at the step that were not before.
    case entering
    /// Words present before that are not at the step.
    case leaving
  }

  mutating func pieceClasses(
    of dimension: LoopDimension, depth: Int, cut: Cut, interior: Interior
  ) -> [PieceClass] {
    let key = ClassKey(dimension: dimension, depth: depth, cut: cut, interior: interior)
    if let known = classes[key] { return known }
    let made = nest.pieceClasses(of: dimension, depth: depth, cut: cut, interior: interior)
    classes[key] = made
    return made
  }

  /// The counts of a factor over the steps of a cut (one cut a dimension of the factor), one for
  /// each separate choice.
  mutating func counts(
    of factor: TensorFactor, scope: CountingScope, choices: [SpatialChoices], cuts: [Cut],
    direction: Direction
  ) -> [AxisCount] {
    let lists = zip(factor.dimensions, cuts).map { dimension, cut in
      pieceClasses(
        of: dimension, depth: scope.depth, cut: cut,
        interior: factor.interior(of: dimension, bounds: nest.bounds))
    }
    switch factor {
    case .irrelevant:
      return idleCounts(lists[0], choices[0], cut: cuts[0], direction)
    case .single:
      return singleCounts(lists[0], choices[0], cut: cuts[0], direction)
    case .affine(let axis, let clipped):
      return affineCounts(
        axis, clipped: clipped, lists, choices, hasOld: cuts.allSatisfy(\.hasOld), direction)
    }
  }

  /// A dimension that does not move the tensor: one word, present where the piece is not empty.
  private func idleCounts(
    _ list: [PieceClass], _ choices: SpatialChoices, cut: Cut, _ direction: Direction
  ) -> [AxisCount] {
    var counts = Array(repeating: AxisCount(), count: Int(choices.separateCount))
    let keyCount = Int(choices.groupCount * choices.separateCount)
    var present = Array(repeating: false, count: keyCount)
    var kept = Array(repeating: true, count: keyCount)
    for item in list {
      for key in 0..<keyCount {
        present[key] = false
        kept[key] = cut.hasOld
      }
      let (here, there) = item.ordered(direction)
      for choice in here.indices where here[choice].extent > 0 {
        let key = Int(choices.separate[choice] * choices.groupCount + choices.group[choice])
        present[key] = true
        guard item.old != nil, there[choice].extent == 0 else { continue }
        if !choices.neighbors(of: choice).contains(where: { there[$0].extent > 0 }) {
          kept[key] = false
        }
      }
      for key in 0..<keyCount where present[key] {
        let separate = key / Int(choices.groupCount)
        counts[separate].present += item.multiplicity
        if kept[key] { counts[separate].kept += item.multiplicity }
      }
    }
    return counts
  }

  /// One index a word: pieces of different choices and steps share nothing unless they are the same.
  private func singleCounts(
    _ list: [PieceClass], _ choices: SpatialChoices, cut: Cut, _ direction: Direction
  ) -> [AxisCount] {
    var counts = Array(repeating: AxisCount(), count: Int(choices.separateCount))
    for item in list {
      let (here, _) = item.ordered(direction)
      for choice in here.indices {
        let words = item.multiplicity * here[choice].extent
        let separate = Int(choices.separate[choice])
        counts[separate].present += words
        if item.old == nil && cut.hasOld { counts[separate].kept += words }
      }
    }
    return counts
  }

  /// The general axis: sets of indices of both dimensions' pieces, marked word by word.
  private mutating func affineCounts(
    _ axis: AffineAxis, clipped: Bool, _ lists: [[PieceClass]], _ choices: [SpatialChoices],
    hasOld: Bool, _ direction: Direction
  ) -> [AxisCount] {
    let first = choices[0]
    let second = choices.count > 1 ? choices[1] : SpatialChoices.none
    let secondList = lists.count > 1 ? lists[1] : [.unit]
    let marker = AxisMarker(axis, clipped: clipped, bounds: nest.bounds)
    scratch.reserve(marker.wordCount)
    let members = AxisMembers(first, second)
    var counts = Array(
      repeating: AxisCount(), count: Int(first.separateCount * second.separateCount))
    for a in lists[0] {
      for b in secondList {
        let multiplicity = a.multiplicity * b.multiplicity
        let same = a.old == nil && b.old == nil
        let (hereA, thereA) = a.ordered(direction)
        let (hereB, thereB) = b.ordered(direction)
        for group in members.groups {
          scratch.begin()
          for member in group.members {
            let box = (hereA[member.first], hereB[member.second])
            guard box.0.extent > 0, box.1.extent > 0 else { continue }
            let compares = hasOld && !same
            if compares {
              scratch.beginHeld()
              for neighbor in member.holders {
                marker.mark(thereA[neighbor.first], thereB[neighbor.second]) { scratch.hold($0) }
              }
            }
            marker.mark(box.0, box.1) { scratch.see($0, needed: compares) }
          }
          let present = scratch.seen
          counts[group.separate].present += multiplicity * present
          if hasOld { counts[group.separate].kept += multiplicity * (present - scratch.needed) }
        }
      }
    }
    return counts
  }

  /// The most words along a factor that one tile has at any step.
  mutating func peak(of factor: TensorFactor, depth: Int) -> Int64 {
    let lists = factor.dimensions.map {
      pieceClasses(
        of: $0, depth: depth, cut: .all, interior: factor.interior(of: $0, bounds: nest.bounds))
    }
    switch factor {
    case .irrelevant:
      return 1
    case .single:
      return lists[0].reduce(0) { max($0, $1.new.map(\.extent).max() ?? 0) }
    case .affine(let axis, let clipped):
      let marker = AxisMarker(axis, clipped: clipped, bounds: nest.bounds)
      scratch.reserve(marker.wordCount)
      var peak: Int64 = 0
      let secondPieces = lists.count > 1 ? Set(lists[1].flatMap(\.new)) : [PieceClass.unit.new[0]]
      for a in Set(lists[0].flatMap(\.new)) where a.extent > 0 {
        for b in secondPieces where b.extent > 0 {
          scratch.begin()
          marker.mark(a, b) { scratch.see($0, needed: false) }
          peak = max(peak, scratch.seen)
        }
      }
      return peak
    }
  }
}

extension Cut {
  /// Whether there is a step before.
  fileprivate var hasOld: Bool {
    if case .carry = self { true } else { false }
  }
}

extension PieceClass {
  /// The pieces words are followed from, and those they are looked up in.
  fileprivate func ordered(_ direction: FactorCounter.Direction) -> ([Piece], [Piece]) {
    let before = old ?? new
    return direction == .entering ? (new, before) : (before, new)
  }

  /// The only class of a dimension that is not there.
  fileprivate static let unit = PieceClass(
    multiplicity: 1, new: [Piece(start: 0, extent: 1)], old: nil)
}

/// The words of an axis that two pieces reach.
private struct AxisMarker {
  let coefficients: (Int64, Int64)
  /// Added to make the lowest word's number 0.
  let base: Int64
  let words: Range<Int64>
  let wordCount: Int

  init(_ axis: AffineAxis, clipped: Bool, bounds: Extents) {
    let second = axis.terms.count > 1 ? Int64(axis.terms[1].coefficient) : 1
    coefficients = (Int64(axis.terms[0].coefficient), second)
    let reach = axis.terms.reduce(Int64(0)) {
      $0 + Int64($1.coefficient) * Int64(bounds[$1.dimension] - 1)
    }
    base = clipped ? Int64(axis.offset) : 0
    words = clipped ? 0..<Int64(axis.extent) : 0..<reach + 1
    wordCount = Int(words.upperBound)
  }

  func mark(_ a: Piece, _ b: Piece, _ visit: (Int) -> Void) {
    for i in a.start..<a.start + a.extent {
      let row = coefficients.0 * i + base
      for j in b.start..<b.start + b.extent {
        let word = row + coefficients.1 * j
        if words.contains(word) { visit(Int(word)) }
      }
    }
  }
}

/// Marks on words, cleared by counting up.
private struct WordMarks {
  private var seenAt: [UInt32] = []
  private var neededAt: [UInt32] = []
  private var heldAt: [UInt32] = []
  private var epoch: UInt32 = 0
  private var heldEpoch: UInt32 = 0
  private(set) var seen: Int64 = 0
  private(set) var needed: Int64 = 0

  mutating func reserve(_ count: Int) {
    guard seenAt.count < count else { return }
    seenAt = Array(repeating: 0, count: count)
    neededAt = seenAt
    heldAt = seenAt
    epoch = 0
    heldEpoch = 0
  }

  /// Starts a group: nothing seen.
  mutating func begin() {
    if epoch == .max { clear() }
    epoch += 1
    seen = 0
    needed = 0
  }

  /// Starts a member: nothing held.
  mutating func beginHeld() {
    if heldEpoch == .max { clear() }
    heldEpoch += 1
  }

  private mutating func clear() {
    for index in seenAt.indices {
      seenAt[index] = 0
      neededAt[index] = 0
      heldAt[index] = 0
    }
    epoch = 1
    heldEpoch = 1
  }

  mutating func hold(_ word: Int) { heldAt[word] = heldEpoch }

  mutating func see(_ word: Int, needed needs: Bool) {
    if seenAt[word] != epoch {
      seenAt[word] = epoch
      seen += 1
    }
    if needs, heldAt[word] != heldEpoch, neededAt[word] != epoch {
      neededAt[word] = epoch
      needed += 1
    }
  }
}

/// The choices of an axis's two dimensions, by the group they count in.
private struct AxisMembers {
  struct Choice {
    var first: Int
    var second: Int
  }

  struct Member {
    var first: Int
    var second: Int
    /// The choice itself and its neighbours.
    var holders: [Choice]
  }

  struct Group {
    var separate: Int
    var members: [Member]
  }

  private(set) var groups: [Group] = []

  init(_ first: SpatialChoices, _ second: SpatialChoices) {
    let diagonalCount = first.diagonalCount + second.diagonalCount - 1
    let groupCount = first.groupCount * second.groupCount * diagonalCount
    let separateCount = first.separateCount * second.separateCount
    groups = (0..<Int(groupCount * separateCount)).map {
      Group(separate: $0 / Int(groupCount), members: [])
    }
    for a in first.group.indices {
      for b in second.group.indices {
        let separate = first.separate[a] * second.separateCount + second.separate[b]
        let pair = first.group[a] * second.groupCount + second.group[b]
        let group = pair * diagonalCount + first.diagonal[a] + second.diagonal[b]
        let holders =
          [Choice(first: a, second: b)]
          + first.neighbors(of: a).map { Choice(first: $0, second: b) }
          + second.neighbors(of: b).map { Choice(first: a, second: $0) }
        groups[Int(separate * groupCount + group)].members.append(
          Member(first: a, second: b, holders: holders))
      }
    }
    groups.removeAll { $0.members.isEmpty }
  }
}

extension SpatialChoices {
  /// The only choice of a dimension that is not there.
  fileprivate static let none = SpatialChoices()

  private init() {}
}
