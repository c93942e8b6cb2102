/// Goes through the choices of an option for each stage, and leaves out those that weights rule out.
///
/// A node of the tree has some stages decided. Weights are moved on from those of the node above; where
/// they show that nothing fits the node is left, and options that are too heavy beside the bound are
/// dropped. Then a stage of the group whose two lightest options weigh nearly the same and take most
/// differently is decided, the lightest option first. Stages of one kind are interchangeable, so that
/// those still open take no option before the one decided.
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
    guard let group = node.contested else {
      // Every group has one option left.
      guard node.firstTotal.isWithin(node.limits) else { return .none }
      decide(node.groups.map { Array(repeating: 0, count: Int($0.count)) }, node)
      return .found
    }
    let kind = node.groups[group].kind
    let options = node.groups[group].options
    var isWhole = true
    for index in options.indices.sorted(by: { one, other in
      let (first, second) = (node.weight(of: options[one]), node.weight(of: options[other]))
      return (first, one) < (second, other)
    }) {
      guard left > 0 else { return .gaveUp }
      left -= 1
      var child = node
      child.decide(group, index)
      decisions.append((kind, options[index].number))
      switch visit(&child) {
      case .found: return .found
      case .none: break
      case .gaveUp: isWhole = false
      }
      decisions.removeLast()
      if !isWhole, left <= 0 { return .gaveUp }
    }
    return isWhole ? .none : .gaveUp
  }

  private mutating func visit(_ node: inout Weighing) -> Outcome {
    guard node.leastFits else { return .none }
    switch node.run(rounds: Self.rounds, accepts: true) {
    case .infeasible: return .none
    case .feasible(let picks):
      decide(
        zip(node.groups, picks).map { Array(repeating: $1, count: Int($0.count)) }, node)
      return .found
    case .unknown: break
    }
    guard node.dropHeavy() else { return .none }
    return search(node)
  }

  /// Takes options, by group, for all stages that are open.
  private mutating func decide(_ picks: [[Int]], _ node: Weighing) {
    for (group, picked) in zip(node.groups, picks) {
      for pick in picked { decisions.append((group.kind, group.options[pick].number)) }
    }
  }
}

extension Weighing {
  /// What is decided and the first options of the rest take.
  fileprivate var firstTotal: CostVector {
    groups.reduce(decided) { total, group in
      FeasibilitySearch.sum(total, group.options[0].costs, times: group.count)
    }
  }

  /// Whether the least that is left to take of each amount by itself fits.
  fileprivate var leastFits: Bool {
    groups.reduce(decided) { total, group in
      let least = group.options.dropFirst().reduce(group.options[0].costs) {
        pointwiseMin($0, $1.costs)
      }
      return FeasibilitySearch.sum(total, least, times: group.count)
    }.isWithin(limits)
  }

  /// The group to decide a stage of; `nil` where none has a choice left.
  fileprivate var contested: Int? {
    var best: (group: Int, score: Double)?
    for (place, group) in groups.enumerated() where group.options.count > 1 {
      let weights = group.options.map { weight(of: $0) }
      let order = group.options.indices.sorted { (weights[$0], $0) < (weights[$1], $1) }
      let (one, other) = (group.options[order[0]].shares, group.options[order[1]].shares)
      let difference = ((one - other) * (one - other)).sum().squareRoot()
      let score = difference / (weights[order[1]] - weights[order[0]] + 1e-3)
      if score > best?.score ?? -1 { best = (place, score) }
    }
    return best?.group
  }

  /// Decides one stage of a group; the others take no option before it.
  fileprivate mutating func decide(_ place: Int, _ option: Int) {
    decided = FeasibilitySearch.sum(decided, groups[place].options[option].costs, times: 1)
    groups[place].count -= 1
    if groups[place].count == 0 {
      groups.remove(at: place)
    } else {
      groups[place].options.removeFirst(option)
    }
    restart()
  }
}
