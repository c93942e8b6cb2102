/// A network that differs from another in a few choices.
public struct CostNeighbour: Hashable, Sendable {
  /// A variable and its new choice.
  public struct Change: Hashable, Sendable {
    /// The variable that is changed.
    public var variable: Int
    /// What it is changed to.
    public var choice: Int
  }

  /// Ascending by variable.
  public var changes: [Change]
  /// What the neighbour costs more, one number a column.
  public var differences: [Double]
}

extension CostTable {
  /// The most neighbours that are listed.
  public static let largestNeighbourhood = 10_000_000

  /// Every network that differs from one in exactly `distance` choices, with what it costs more.
  ///
  /// Only the groups of terms that a change touches are looked at.
  ///
  /// - Throws: `CostTableError` for choices that are none of the space, and for more than
  ///   `largestNeighbourhood` neighbours.
  public func neighbours(
    of choices: [Int], distance: Int
  ) throws(CostTableError) -> [CostNeighbour] {
    _ = try costs(of: [choices])
    guard (0...choiceCounts.count).contains(distance) else {
      throw .wrongShape(
        "the distance is \(distance), the space has \(choiceCounts.count) variables")
    }
    guard neighbourCount(distance: distance) <= Double(Self.largestNeighbourhood) else {
      throw .tooLarge("there are more than \(Self.largestNeighbourhood) neighbours")
    }
    var walk = NeighbourWalk(plan, choices: choices)
    walk.visit(from: 0, left: distance)
    return walk.neighbours
  }

  /// What each single change costs: by variable, then by choice, then by column; zeros for the
  /// choice that is made.
  ///
  /// - Throws: `CostTableError` for choices that are none of the space.
  public func sensitivity(of choices: [Int]) throws(CostTableError) -> [[[Double]]] {
    let zeros = Array(repeating: 0.0, count: columns.count)
    var sensitivity = choiceCounts.map { Array(repeating: zeros, count: $0) }
    for neighbour in try neighbours(of: choices, distance: 1) {
      for change in neighbour.changes {
        sensitivity[change.variable][change.choice] = neighbour.differences
      }
    }
    return sensitivity
  }

  /// How many networks differ from one in exactly so many choices.
  private func neighbourCount(distance: Int) -> Double {
    // By variable, ways to have changed so many of those before it.
    var ways = [1.0] + Array(repeating: 0.0, count: distance)
    for count in choiceCounts {
      for changed in stride(from: distance, to: 0, by: -1) {
        ways[changed] += ways[changed - 1] * Double(count - 1)
      }
    }
    return ways[distance]
  }
}

/// Changes choices one after the other, variables ascending.
private struct NeighbourWalk {
  private let plan: EvaluationPlan
  private let original: [Int]
  private var choices: [Int]
  private var changes: [CostNeighbour.Change] = []
  /// Of each variable, the groups that it is in.
  private let groupsOfVariable: [[Int]]
  private(set) var neighbours: [CostNeighbour] = []

  init(_ plan: EvaluationPlan, choices: [Int]) {
    self.plan = plan
    original = choices
    self.choices = choices
    groupsOfVariable = choices.indices.map { variable in
      plan.groups.indices.filter { plan.groups[$0].variables.contains(variable) }
    }
  }

  mutating func visit(from first: Int, left: Int) {
    guard left > 0 else {
      neighbours.append(CostNeighbour(changes: changes, differences: differences))
      return
    }
    for variable in choices.indices.dropFirst(first) {
      for choice in 0..<plan.choiceCounts[variable] where choice != original[variable] {
        choices[variable] = choice
        changes.append(.init(variable: variable, choice: choice))
        visit(from: variable + 1, left: left - 1)
        changes.removeLast()
      }
      choices[variable] = original[variable]
    }
  }

  private var differences: [Double] {
    let touched = Set(changes.flatMap { groupsOfVariable[$0.variable] }).sorted()
    var sums = Array(repeating: 0.0, count: plan.columns)
    for index in touched {
      let group = plan.groups[index]
      let new = group.offset + plan.entry(of: group) { choices[$0] } * plan.width
      let old = group.offset + plan.entry(of: group) { original[$0] } * plan.width
      for column in 0..<plan.columns {
        sums[column] += plan.values[new + column] - plan.values[old + column]
      }
    }
    return sums
  }
}
