/// Goes through the choices of an option for each stage, and leaves out those that weights rule out.
///
/// In a node of the tree each group of stages has some options left. Weights are moved on from those of the
/// node above; where they show that nothing fits the node is left, and options that are too heavy beside
/// the bound are dropped. While the weights move, a group whose choice is open changes between options
/// that are far apart in some amount: streamed weights and those on the chip, say. The tree parts its
/// options there, into those that take at most so much of the amount and those that take more: either some
/// of its stages take of the first, or so many that are left take of the second. Options that hardly
/// differ stay together, as deciding between them moves no bound.
struct ChoiceTree {
  /// By kind, the candidates its stages take.
  private(set) var decisions: [(kind: Int, number: Int)] = []
  private var left: Int

  /// The most nodes that are looked at.
  static let mostNodes = 6000
  private static let rounds = 48
  init(mostNodes: Int) { left = mostNodes }

  enum Outcome { case found, none, gaveUp }

  /// Looks for a choice that fits; after `.found` it is in `decisions`.
  mutating func search(_ node: Weighing) -> Outcome {
    guard let split = node.split else {
      // Every group has one option left.
      guard node.firstTotal.isWithin(node.limits) else { return .none }
      decide(node.groups.map { _ in 0 }, node)
      return .found
    }
    var isWhole = true
    for var child in node.children(of: split) {
      guard left > 0 else { return .gaveUp }
      left -= 1
      switch visit(&child) {
      case .found: return .found
      case .none: break
      case .gaveUp: isWhole = false
      }
      if !isWhole, left <= 0 { return .gaveUp }
    }
    return isWhole ? .none : .gaveUp
  }

  private mutating func visit(_ node: inout Weighing) -> Outcome {
    guard node.leastFits else { return .none }
    switch node.run(rounds: Self.rounds, accepts: true) {
    case .infeasible: return .none
    case .feasible(let picks):
      decide(picks, node)
      return .found
    case .unknown: break
    }
    guard node.dropHeavy() else { return .none }
    return search(node)
  }

  /// Takes an option, by group, for all stages.
  private mutating func decide(_ picks: [Int], _ node: Weighing) {
    for (group, pick) in zip(node.groups, picks) {
      for _ in 0..<group.count { decisions.append((group.kind, group.options[pick].number)) }
    }
  }
}

extension Weighing {
  /// A group whose options are parted by how much of an amount they take.
  fileprivate struct Split {
    var group: Int
    var amount: Int
    /// The most that options of the first part take.
    var most: Int64
  }

  /// What the first options take.
  fileprivate var firstTotal: CostVector {
    groups.reduce(CostVector(repeating: 0)) { total, group in
      FeasibilitySearch.sum(total, group.options[0].costs, times: group.count)
    }
  }

  /// Whether the least that is left to take of each amount by itself fits.
  fileprivate var leastFits: Bool {
    groups.reduce(CostVector(repeating: 0)) { total, group in
      let least = group.options.dropFirst().reduce(group.options[0].costs) {
        pointwiseMin($0, $1.costs)
      }
      return FeasibilitySearch.sum(total, least, times: group.count)
    }.isWithin(limits)
  }

  /// Where the options of a group are to be parted; `nil` where none has a choice left.
  fileprivate var split: Split? {
    var found: (split: Split, score: Double)?
    for (place, group) in groups.enumerated() where group.options.count > 1 {
      let scores = swings[place].spread * best * Double(group.count)
      for amount in 0..<CostVector.kinds where scores[amount] > found?.score ?? 0 {
        guard let most = most(of: group, amount, upTo: swings[place].mean[amount]) else { continue }
        found = (Split(group: place, amount: amount, most: most), scores[amount])
      }
    }
    return found?.split ?? splitOfLightest
  }

  /// The most of an amount that options of at most a share take; `nil` where all or none do.
  private func most(of group: Group, _ amount: Int, upTo share: Double) -> Int64? {
    var most: Int64?
    var hasMore = false
    for option in group.options {
      if option.shares[amount] <= share {
        most = max(most ?? 0, option.costs[amount])
      } else {
        hasMore = true
      }
    }
    return hasMore ? most : nil
  }

  /// A split between the two lightest options of the group in which these differ most beside their
  /// weights. No two options take the same of everything, so that one of each pair takes less of something.
  private var splitOfLightest: Split? {
    var found: (split: Split, score: Double)?
    for (place, group) in groups.enumerated() where group.options.count > 1 {
      let weights = group.options.map { weight(of: $0) }
      let order = group.options.indices.sorted { (weights[$0], $0) < (weights[$1], $1) }
      let (one, other) = (group.options[order[0]], group.options[order[1]])
      for amount in 0..<CostVector.kinds where one.costs[amount] != other.costs[amount] {
        let score =
          (one.shares[amount] - other.shares[amount]).magnitude
          / (weights[order[1]] - weights[order[0]] + 1e-3)
        if score > found?.score ?? -1 {
          let most = min(one.costs[amount], other.costs[amount])
          found = (Split(group: place, amount: amount, most: most), score)
        }
      }
    }
    return found?.split
  }

  /// The two nodes below, first the one of the part with the lightest option: more than half of the
  /// group's stages take an option of that part, or all but half take one of the other.
  fileprivate func children(of split: Split) -> [Weighing] {
    let group = groups[split.group]
    let isFirst = { (option: Option) in option.costs[split.amount] <= split.most }
    let prefersFirst = isFirst(group.options[picks[split.group]])
    let most = group.count / 2 + 1
    return [true, false].map { isPreferred in
      var child = self
      let count = isPreferred ? most : group.count - most + 1
      child.groups[split.group].options = group.options.filter {
        (isFirst($0) == prefersFirst) == isPreferred
      }
      child.groups[split.group].count = count
      if count < group.count {
        child.groups.insert(
          Group(kind: group.kind, count: group.count - count, options: group.options),
          at: split.group + 1)
      }
      child.restart()
      return child
    }
  }
}
