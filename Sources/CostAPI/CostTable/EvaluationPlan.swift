/// The terms of a cost table put together so that few additions a network are left.
///
/// Terms that share variables become one group where that stays small, and neighbouring variables
/// share one: a network of 22 variables with nine choices is eleven look-ups in tables of 81.
struct EvaluationPlan: Sendable {
  /// Some variables and what they cost together.
  struct Group: Sendable {
    /// Ascending.
    var variables: [Int]
    /// Of each variable, how far apart its choices' entries are.
    var strides: [Int]
    var size: Int
    /// Where the group's entries start in `values`, in numbers.
    var offset: Int
  }

  let choiceCounts: [Int]
  let columns: Int
  /// Numbers from one entry to the next: the columns, filled up to whole lanes where there are many.
  let width: Int
  let constant: [Double]
  let groups: [Group]
  /// `[group offset + entry * width + column]`.
  let values: [Double]
  /// The same four at a time, where there is more than one column.
  let lanes: [SIMD4<Double>]
  /// The constant four at a time.
  let constantLanes: [SIMD4<Double>]
  /// Of each variable, its highest choice.
  let limits: [Int32]
  /// Of each variable in the order of the groups: the variable, and how far its choices' numbers
  /// are apart.
  let order: [Int32]
  let steps: [Int32]
  /// Whether every group is the pair of the next two variables, so that `order` counts up.
  let isPairs: Bool
  /// How many choices every variable has, where they all have as many; else `nil`.
  let commonCount: Int?

  /// Groups are put together up to so many entries; a table of 128 rows of eight numbers is 8 KiB.
  private static let largestGroup = 128

  init(choiceCounts: [Int], columns: Int, constant: [Double], terms: [CostTable.Term]) {
    self.choiceCounts = choiceCounts
    self.columns = columns
    width = columns == 1 ? 1 : (columns + 3) / 4 * 4
    self.constant = constant + Array(repeating: 0, count: width - columns)
    limits = choiceCounts.map { Int32(clamping: $0 - 1) }
    let scopes = Self.scopes(choiceCounts, terms)
    var groups: [Group] = []
    var values: [Double] = []
    for scope in scopes {
      var strides = Array(repeating: 1, count: scope.count)
      for index in scope.indices.dropLast().reversed() {
        strides[index] = strides[index + 1] * choiceCounts[scope[index + 1]]
      }
      let size = scope.reduce(1) { $0 * choiceCounts[$1] }
      groups.append(
        Group(variables: scope, strides: strides, size: size, offset: values.count))
      values += Array(repeating: 0, count: size * width)
    }
    for term in terms {
      guard
        let group = groups.first(where: { group in
          term.variables.allSatisfy(group.variables.contains)
        })
      else { preconditionFailure("the scopes cover every term") }
      Self.add(term, to: group, &values, choiceCounts, columns: columns, width: width)
    }
    self.groups = groups
    self.values = values
    lanes = width == 1 ? [] : Self.lanes(values)
    constantLanes = width == 1 ? [] : Self.lanes(self.constant)
    order = groups.flatMap { $0.variables.map { Int32($0) } }
    let width = width
    steps = groups.flatMap { $0.strides.map { Int32($0 * width) } }
    commonCount = Set(choiceCounts).count == 1 ? choiceCounts.first : nil
    isPairs =
      order == (0..<choiceCounts.count).map { Int32($0) }
      && groups.allSatisfy { $0.variables.count == 2 }
  }

  /// Numbers four at a time; there is a whole count of fours.
  private static func lanes(_ values: [Double]) -> [SIMD4<Double>] {
    stride(from: 0, to: values.count, by: 4).map { start in
      SIMD4(values[start], values[start + 1], values[start + 2], values[start + 3])
    }
  }

  /// The variables of each group, so that every term lies in one of them.
  private static func scopes(_ choiceCounts: [Int], _ terms: [CostTable.Term]) -> [[Int]] {
    func size(_ scope: Set<Int>) -> Int {
      var size = 1
      for variable in scope {
        let (product, overflow) = size.multipliedReportingOverflow(by: choiceCounts[variable])
        if overflow { return Int.max }
        size = product
      }
      return size
    }
    // Large terms first: smaller ones within them need no group of their own.
    var scopes: [Set<Int>] = []
    let wanted = terms.map { Set($0.variables) } + choiceCounts.indices.map { [$0] }
    for scope in wanted.sorted(by: { ($0.count, $1.min() ?? 0) > ($1.count, $0.min() ?? 0) })
    where !scopes.contains(where: { $0.isSuperset(of: scope) }) {
      scopes.append(scope)
    }
    // Those that share variables, then neighbours, as long as they stay small.
    scopes.sort { ($0.min() ?? 0, $0.max() ?? 0) < ($1.min() ?? 0, $1.max() ?? 0) }
    var merged: [Set<Int>] = []
    for scope in scopes {
      if let last = merged.last, size(last.union(scope)) <= largestGroup {
        merged[merged.count - 1] = last.union(scope)
      } else {
        merged.append(scope)
      }
    }
    return merged.map { $0.sorted() }
  }

  /// Adds a term to the entries of a group that has all of its variables.
  private static func add(
    _ term: CostTable.Term, to group: Group, _ values: inout [Double], _ choiceCounts: [Int],
    columns: Int, width: Int
  ) {
    for entry in 0..<group.size {
      var termEntry = 0
      for (variable, step) in zip(group.variables, group.strides)
      where term.variables.contains(variable) {
        let choice = entry / step % choiceCounts[variable]
        termEntry = termEntry * choiceCounts[variable] + choice
      }
      for column in 0..<columns {
        values[group.offset + entry * width + column] += term.values[termEntry * columns + column]
      }
    }
  }

  /// The entry of a group for a network, whose choices are known to be in range.
  func entry(of group: Group, _ choices: (Int) -> Int) -> Int {
    zip(group.variables, group.strides).reduce(0) { $0 + choices($1.0) * $1.1 }
  }
}
