/// The choices of a factor's spatial indices, by the group they count in.
struct ChoiceGroups {
  struct Choice {
    var first: Int
    var second: Int
  }

  struct Member {
    var first: Int
    var second: Int
    /// The choice itself and, where neighbours pass words on, those next to it.
    var holders: Range<Int>
  }

  /// Choices that count together.
  struct Group {
    /// The separate count they belong to.
    var separate: Int
    var members: Range<Int>
  }

  private(set) var groups: [Group] = []
  private(set) var members: [Member] = []
  private(set) var holders: [Choice] = []
  private(set) var separateCount = 1
  private var secondSeparateCount = 1

  // Of each dimension's choices: the group, the separate count, the indices' sums along diagonals,
  // and the index along the forwarding loop.
  private struct Side {
    var group = [0]
    var groupCount = 1
    var separate = [0]
    var separateCount = 1
    var diagonals: [[Int]] = []
    var neighbor = [0]
    var neighborCount = 1
    var neighborStride = 0
  }

  private var sides = (Side(), Side())
  private static let alone = Side()
  private var order: [(key: Int, first: Int, second: Int)] = []

  mutating func read(_ first: ChainPieces, _ second: ChainPieces) {
    if first.choiceCount == 1, second.choiceCount == 1 { return readSingleChoice() }
    let diagonalCount = (first.loops + second.loops).reduce(0) { max($0, $1.diagonal) }
    var radices = Array(repeating: 1, count: diagonalCount)
    for loop in first.loops + second.loops where loop.diagonal > 0 {
      radices[loop.diagonal - 1] += Int(loop.passes) - 1
    }
    sides = (Self.side(of: first, diagonalCount), Self.side(of: second, diagonalCount))
    separateCount = sides.0.separateCount * sides.1.separateCount
    secondSeparateCount = sides.1.separateCount
    order.removeAll(keepingCapacity: true)
    for a in 0..<first.choiceCount {
      for b in 0..<second.choiceCount {
        var key = sides.0.separate[a] * sides.1.separateCount + sides.1.separate[b]
        key = key * sides.0.groupCount + sides.0.group[a]
        key = key * sides.1.groupCount + sides.1.group[b]
        for (number, radix) in radices.enumerated() {
          key = key * radix + sides.0.diagonals[number][a] + sides.1.diagonals[number][b]
        }
        order.append((key, a, b))
      }
    }
    order.sort { ($0.key, $0.first, $0.second) < ($1.key, $1.first, $1.second) }
    makeGroups()
  }

  /// One choice is one group.
  private mutating func readSingleChoice() {
    groups.removeAll(keepingCapacity: true)
    members.removeAll(keepingCapacity: true)
    holders.removeAll(keepingCapacity: true)
    groups.append(Group(separate: 0, members: 0..<1))
    members.append(Member(first: 0, second: 0, holders: 0..<1))
    holders.append(Choice(first: 0, second: 0))
    (separateCount, secondSeparateCount) = (1, 1)
    sides = (Self.alone, Self.alone)
  }

  private mutating func makeGroups() {
    groups.removeAll(keepingCapacity: true)
    members.removeAll(keepingCapacity: true)
    holders.removeAll(keepingCapacity: true)
    var last: Int?
    for (key, a, b) in order {
      let start = holders.count
      holders.append(Choice(first: a, second: b))
      if sides.0.neighborStride > 0 {
        addNeighbors(of: a, sides.0) { Choice(first: $0, second: b) }
      }
      if sides.1.neighborStride > 0 {
        addNeighbors(of: b, sides.1) { Choice(first: a, second: $0) }
      }
      if key != last {
        let separate = sides.0.separate[a] * secondSeparateCount + sides.1.separate[b]
        groups.append(Group(separate: separate, members: members.count..<members.count))
        last = key
      }
      members.append(Member(first: a, second: b, holders: start..<holders.count))
      let group = groups.count - 1
      groups[group].members = groups[group].members.lowerBound..<members.count
    }
  }

  private mutating func addNeighbors(of choice: Int, _ side: Side, _ make: (Int) -> Choice) {
    if side.neighbor[choice] > 0 { holders.append(make(choice - side.neighborStride)) }
    if side.neighbor[choice] + 1 < side.neighborCount {
      holders.append(make(choice + side.neighborStride))
    }
  }

  /// The separate count of a choice of the first dimension, where there is no second.
  func separate(_ choice: Int) -> Int { sides.0.separate[choice] }

  private static func side(of chain: ChainPieces, _ diagonalCount: Int) -> Side {
    var side = Side()
    side.diagonals = Array(repeating: [0], count: diagonalCount)
    for loop in chain.loops where !loop.isTemporal && loop.role != .first {
      let passes = Int(loop.passes)
      func spread(_ values: inout [Int], _ combine: (Int, Int) -> Int) {
        values = values.flatMap { value in (0..<passes).map { combine(value, $0) } }
      }
      let isSummed = loop.role == .summed && loop.diagonal == 0
      spread(&side.group) { isSummed ? $0 * passes + $1 : $0 }
      if isSummed { side.groupCount *= passes }
      spread(&side.separate) { loop.role == .separate ? $0 * passes + $1 : $0 }
      if loop.role == .separate { side.separateCount *= passes }
      for number in side.diagonals.indices {
        spread(&side.diagonals[number]) { loop.diagonal == number + 1 ? $0 + $1 : $0 }
      }
      side.neighborStride *= passes
      spread(&side.neighbor) { loop.forwards ? $1 : $0 }
      if loop.forwards {
        side.neighborStride = 1
        side.neighborCount = passes
      }
    }
    return side
  }
}
