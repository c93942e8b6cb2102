/// Makes the tables of `FactorTables`: counts one factor's words, class by class.
struct FactorFiller {
  private var first = ChainPieces()
  private var second = ChainPieces()
  private var groups = ChoiceGroups()
  private var words = AxisWords()
  /// Counts of each separate choice, column after column as in the table.
  private var columns: [Double] = []
  private var stride = 0

  /// Appends the table of a factor under some loops.
  ///
  /// - Complexity: O(*cuts* × *classes* × *choices* × *words of a tile*); an axis's classes and
  ///   choices are those of its two dimensions multiplied.
  mutating func fill(
    _ shape: FactorShape, loops: Slice<UnsafeMutableBufferPointer<UInt64>>,
    into values: inout [Double]
  ) {
    first.read(loops, isSecond: false, bound: shape.bounds.0, interior: shape.interiors.0)
    if shape.kind == .axis {
      second.read(loops, isSecond: true, bound: shape.bounds.1, interior: shape.interiors.1)
    } else {
      second.readNothing()
    }
    groups.read(first, second)
    let ownLoops = first.temporalCount + (shape.kind == .axis ? second.temporalCount : 0)
    stride = FactorTables.Column.kept + 2 * ownLoops + 1
    columns.removeAll(keepingCapacity: true)
    for _ in 0..<groups.separateCount {
      columns.append(1)
      for _ in 1..<stride { columns.append(0) }
    }
    if shape.kind == .axis { words.begin(shape) }
    count(shape, FactorTables.Column.firstStep, lists: (0, 0), keeps: false)
    count(shape, FactorTables.Column.lastStep, lists: (1, 1), keeps: false)
    count(shape, FactorTables.Column.all, lists: (2, 2), keeps: false)
    countKept(shape, loops)
    append(peak: peak(shape), to: &values)
  }

  /// Counts what is kept while some of the factor's loops stand still and others begin again, and
  /// at the steps at which one of them advances.
  private mutating func countKept(
    _ shape: FactorShape, _ loops: Slice<UnsafeMutableBufferPointer<UInt64>>
  ) {
    var column = FactorTables.Column.kept
    var (a, b) = (ChainPieces.keptLists, ChainPieces.keptLists)
    count(shape, column, lists: (a, b), keeps: true)
    for code in loops where code & LoopCode.spatial == 0 {
      let isSecond = code & LoopCode.second != 0
      count(shape, column + 1, lists: isSecond ? (a, b + 1) : (a + 1, b), keeps: true)
      if isSecond { b += 2 } else { a += 2 }
      column += 2
      count(shape, column, lists: (a, b), keeps: true)
    }
  }

  /// Counts the words present, or those kept, at the steps of a list of each dimension.
  private mutating func count(
    _ shape: FactorShape, _ part: Int, lists: (Int, Int), keeps: Bool
  ) {
    switch shape.kind {
    case .single: countSingle(shape, part, list: lists.0, keeps: keeps)
    case .idle: countIdle(shape, part, list: lists.0, keeps: keeps)
    case .axis: countAxis(shape, part, lists: lists, keeps: keeps)
    }
  }

  /// One index a word: pieces of different choices and steps share nothing unless they are the same.
  private mutating func countSingle(
    _ shape: FactorShape, _ part: Int, list: Int, keeps: Bool
  ) {
    for item in first.lists[list] where !keeps || first.stays[item] {
      for choice in 0..<first.choiceCount {
        let piece = first.piece(item, choice, isLeaving: shape.isLeaving)
        let separate = groups.separate(choice)
        columns[separate * stride + part] += Double(first.multiplicity[item] * Int64(piece.extent))
      }
    }
  }

  /// A dimension that does not move the tensor: one word, present where the piece is not empty.
  private mutating func countIdle(
    _ shape: FactorShape, _ part: Int, list: Int, keeps: Bool
  ) {
    for item in first.lists[list] {
      for group in groups.groups {
        var isPresent = false
        var isKept = true
        for member in groups.members[group.members] {
          let choice = member.first
          guard first.piece(item, choice, isLeaving: shape.isLeaving).extent > 0 else { continue }
          isPresent = true
          guard keeps, !first.stays[item] else { continue }
          let held = groups.holders[member.holders].contains {
            first.piece(item, $0.first, isLeaving: !shape.isLeaving).extent > 0
          }
          if !held { isKept = false }
        }
        if isPresent, isKept {
          columns[group.separate * stride + part] += Double(first.multiplicity[item])
        }
      }
    }
  }

  /// The general axis: sets of indices of both dimensions' pieces.
  private mutating func countAxis(
    _ shape: FactorShape, _ part: Int, lists: (Int, Int), keeps: Bool
  ) {
    for a in first.lists[lists.0] {
      for b in second.lists[lists.1] {
        let multiplicity = first.multiplicity[a] * second.multiplicity[b]
        let compares = keeps && !(first.stays[a] && second.stays[b])
        for group in groups.groups {
          let count = countGroup(group, (a, b), compares: compares)
          columns[group.separate * stride + part] += Double(multiplicity * Int64(count))
        }
      }
    }
  }

  /// Words of a group, or of those the ones that every member that needs them held.
  private mutating func countGroup(
    _ group: ChoiceGroups.Group, _ items: (Int, Int), compares: Bool
  ) -> Int {
    if group.members.count == 1 {
      let member = groups.members[group.members.lowerBound]
      if member.holders.count == 1 || !compares {
        return words.count(
          box(items, member.first, member.second, isOld: false),
          heldBy: compares ? box(items, member.first, member.second, isOld: true) : nil)
      }
    }
    words.beginGroup()
    for member in groups.members[group.members] {
      let here = box(items, member.first, member.second, isOld: false)
      guard here.0.extent > 0, here.1.extent > 0 else { continue }
      words.see(here)
      guard compares else { continue }
      words.beginMember()
      for holder in groups.holders[member.holders] {
        words.hold(box(items, holder.first, holder.second, isOld: true))
      }
      words.need(here)
    }
    return words.kept
  }

  private func box(
    _ items: (Int, Int), _ a: Int, _ b: Int, isOld: Bool
  ) -> (IndexRange, IndexRange) {
    (first.piece(items.0, a, isLeaving: isOld), second.piece(items.1, b, isLeaving: isOld))
  }

  /// The most words of a tile; of a single index, whether any of its loops always moves it; of a
  /// dimension that moves nothing, whether nobody falls idle.
  private mutating func peak(_ shape: FactorShape) -> Double {
    switch shape.kind {
    case .idle: return first.choiceCount == 1 ? 1 : 0
    case .single:
      let loops = first.temporalCount
      guard loops > 0 else { return 1 }
      let inner = FactorTables.Column.kept + 2 * (loops - 1)
      return (0..<groups.separateCount).allSatisfy { columns[$0 * stride + inner] == 0 } ? 1 : 0
    case .axis:
      var peak = 0
      let pieces = { (chain: ChainPieces) -> Set<IndexRange> in
        let classes = chain.lists[2]
        return Set(
          chain.new[classes.lowerBound * chain.choiceCount..<classes.upperBound * chain.choiceCount]
        )
      }
      let others = pieces(second)
      for a in pieces(first) {
        for b in others { peak = max(peak, words.count((a, b), heldBy: nil)) }
      }
      return Double(peak)
    }
  }

  /// Appends the columns, each once; the first is that of choice 0.
  private mutating func append(peak: Double, to values: inout [Double]) {
    let head = values.count
    values.append(peak)
    values.append(0)
    values.append(Double(stride))
    let start = values.count
    for column in 0..<groups.separateCount {
      let own = column * stride
      var known = start
      while known < values.count, !isEqual(own, values, known) { known += stride }
      if known < values.count {
        values[known] += 1
      } else {
        values.append(contentsOf: columns[own..<own + stride])
      }
    }
    values[head + FactorTables.Part.columnCount] = Double((values.count - start) / stride)
  }

  /// Whether two columns agree on everything but how many choices they stand for.
  private func isEqual(_ own: Int, _ values: [Double], _ known: Int) -> Bool {
    for index in 1..<stride where columns[own + index] != values[known + index] { return false }
    return true
  }
}
