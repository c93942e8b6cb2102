import CostAPI
import Testing

/// A table of whole numbers over few variables, with terms of one, two and three of them.
enum SmallTable {
  static let counts = [3, 2, 4, 3, 2]

  static func numbers(_ count: Int, seed: UInt64) -> [Double] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(Int(state >> 33) % 1000) / 8
    }
  }

  /// - Parameter scopes: the variables of each term.
  static func make(_ scopes: [[Int]], columns: Int = 2, seed: UInt64 = 1) throws -> CostTable {
    let terms = scopes.enumerated().map { index, scope in
      CostTable.Term(
        variables: scope,
        values: numbers(
          scope.reduce(columns) { $0 * counts[$1] }, seed: seed &* 100 &+ UInt64(index)))
    }
    let metrics = (0..<columns).map { CostMetric.allCases[$0 % CostMetric.allCases.count] }
    return try CostTable(
      space: "small", choiceCounts: counts,
      columns: metrics.map { .init(target: "t", metric: $0) },
      constant: numbers(columns, seed: seed &+ 17), terms: terms)
  }

  static let shapes: [[[Int]]] = [
    [[0], [1], [2], [3], [4]], [[0], [1], [2], [3], [4], [1, 2], [2, 3]],
    [[0, 1], [1, 4], [0, 4]],
    [[0], [2, 3, 4], [1]], [[0, 1, 2, 3, 4]], [[3]], [],
  ]

  static var members: [[Int]] {
    counts.reduce([[]]) { rows, count in rows.flatMap { row in (0..<count).map { row + [$0] } } }
  }

  /// What a member costs by the definition: the constant and the entry of each term.
  static func cost(_ table: CostTable, _ member: [Int], _ column: Int) -> Double {
    table.terms.reduce(table.constant[column]) { sum, term in
      let entry = term.variables.reduce(0) { $0 * counts[$1] + member[$1] }
      return sum + term.values[entry * table.columns.count + column]
    }
  }
}

@Suite("Cost tables")
struct CostTableTests {
  @Test(
    "a network costs the constant and its entry of every term", arguments: SmallTable.shapes,
    [1, 2, 5, 8, 13])
  func evaluation(scopes: [[Int]], columns: Int) throws {
    let table = try SmallTable.make(scopes, columns: columns)
    let members = SmallTable.members
    let costs = try table.costs(of: members)
    for (member, cost) in zip(members, costs) {
      // Multiples of 1/8 below 2^20: every sum is exact, in any order.
      #expect(cost == (0..<columns).map { SmallTable.cost(table, member, $0) })
    }
  }

  @Test("twenty-two variables are summed in pairs, all of nine choices or not", arguments: [9, 8])
  func pairs(last: Int) throws {
    let counts = Array(repeating: 9, count: 21) + [last]
    let terms = counts.indices.map {
      CostTable.Term(variables: [$0], values: SmallTable.numbers(counts[$0], seed: UInt64($0)))
    }
    let table = try CostTable(
      space: "s", choiceCounts: counts, columns: [.init(target: "t", metric: .macs)],
      constant: [0.5], terms: terms)
    let members = (0..<500).map { row in
      zip(SmallTable.numbers(22, seed: UInt64(row) &+ 999), counts).map { Int($0 * 8) % $1 }
    }
    for (member, cost) in zip(members, try table.costs(of: members)) {
      let sum = member.enumerated().reduce(0.5) { $0 + terms[$1.offset].values[$1.element] }
      #expect(cost == [sum])
    }
  }

  @Test("choices out of range and rows that do not fit are errors, never a crash")
  func mistakes() throws {
    let table = try SmallTable.make(SmallTable.shapes[1])
    #expect(throws: CostTableError.choiceOutOfRange(row: 1, variable: 2, value: 4, count: 4)) {
      try table.costs(of: [[0, 0, 0, 0, 0], [0, 0, 4, 0, 0]])
    }
    #expect(throws: CostTableError.choiceOutOfRange(row: 0, variable: 0, value: -1, count: 3)) {
      try table.costs(of: [[-1, 0, 0, 0, 0]])
    }
    let lowest = Int(Int32.min)
    #expect(throws: CostTableError.choiceOutOfRange(row: 0, variable: 4, value: lowest, count: 2)) {
      try table.costs(of: [[0, 0, 0, 0, Int.min]])
    }
    #expect(throws: CostTableError.self) { try table.costs(of: [[0, 0]]) }
    let choices: [Int32] = [0, 0, 0, 0, 0]
    var costs = [0.0]
    #expect(throws: CostTableError.self) {
      var span = costs.mutableSpan
      try table.costs(of: choices.span, into: &span)
    }
    for variables in [[0, 9], [1, 0], [-1], []] {
      #expect(throws: CostTableError.self) {
        try CostTable(
          space: "s", choiceCounts: SmallTable.counts, columns: table.columns,
          constant: table.constant, terms: [.init(variables: variables, values: [])])
      }
    }
    #expect(throws: CostTableError.self) { try table.least(column: 2) }
  }

  @Test("the expectation, its variance and its gradient are exact", arguments: SmallTable.shapes)
  func distribution(scopes: [[Int]]) throws {
    let table = try SmallTable.make(scopes)
    var probabilities: [Double] = []
    for (variable, count) in SmallTable.counts.enumerated() {
      var own = SmallTable.numbers(count, seed: UInt64(variable) &+ 50).map { $0 + 1 }
      // A choice that is impossible must not make a gradient of 0 / 0.
      if variable == 2 { own[1] = 0 }
      probabilities += own.map { $0 / own.reduce(0, +) }
    }
    let starts = [0, 3, 5, 9, 12]
    func moments(_ p: [Double], _ column: Int) -> (mean: Double, square: Double) {
      SmallTable.members.reduce(into: (0, 0)) { sums, member in
        let weight = member.enumerated().reduce(1.0) { $0 * p[starts[$1.offset] + $1.element] }
        let cost = SmallTable.cost(table, member, column)
        sums.mean += weight * cost
        sums.square += weight * cost * cost
      }
    }
    let result = try table.distribution(probabilities)
    for column in 0..<2 {
      let (mean, square) = moments(probabilities, column)
      #expect(abs(result.expectation[column] - mean) < 1e-9 * max(1, mean))
      #expect(abs(result.variance[column] - (square - mean * mean)) < 1e-7 * max(1, square))
      for place in probabilities.indices {
        // The expectation is linear in each probability, but for the constant, whose weight is 1:
        // a difference is the derivative. The brute-force sum weighs the constant with all of them.
        var (up, down) = (probabilities, probabilities)
        up[place] += 0.25
        down[place] -= 0.25
        let constant = table.constant[column]
        let weights = (moments(up, column).mean - moments(down, column).mean) / 0.5
        // Terms without the variable, and the constant, are weighed by its probabilities' sum.
        let variable = starts.lastIndex { $0 <= place } ?? 0
        let others = table.terms.filter { !$0.variables.contains(variable) }
        let rest = try CostTable(
          space: "small", choiceCounts: SmallTable.counts, columns: table.columns,
          constant: table.constant, terms: others
        ).distribution(probabilities).expectation[column]
        let expected = weights - rest
        #expect(
          abs(result.gradient[place * 2 + column] - expected) < 1e-7 * max(1, abs(weights)),
          "probability \(place), constant \(constant)")
      }
    }
  }

  @Test("numbers that are no distribution are refused")
  func noDistribution() throws {
    let table = try SmallTable.make(SmallTable.shapes[0])
    var probabilities = SmallTable.counts.flatMap { count in
      Array(repeating: 1 / Double(count), count: count)
    }
    #expect(throws: Never.self) { try table.distribution(probabilities) }
    probabilities[3] += 0.1
    #expect(throws: CostTableError.notADistribution(variable: 1)) {
      try table.distribution(probabilities)
    }
    probabilities[3] = .nan
    #expect(throws: CostTableError.notADistribution(variable: 1)) {
      try table.distribution(probabilities)
    }
    #expect(throws: CostTableError.self) { try table.distribution([1]) }
  }

  @Test("the least, the most and the front are those of all members", arguments: SmallTable.shapes)
  func front(scopes: [[Int]]) throws {
    for seed in 1...5 as ClosedRange<UInt64> {
      let table = try SmallTable.make(scopes, seed: seed)
      let all = try table.costs(of: SmallTable.members)
      #expect(try table.least(column: 1).costs[1] == all.map { $0[1] }.min())
      #expect(try table.least(column: 1, negated: true).costs[1] == all.map { $0[1] }.max())
      for negates in [false, true] {
        let sign = negates ? -1.0 : 1.0
        let best = Set(
          all.filter { one in
            !all.contains { other in
              other[0] <= one[0] && sign * other[1] <= sign * one[1]
                && (other[0] < one[0] || sign * other[1] < sign * one[1])
            }
          })
        let front = try table.front(of: 0, against: 1, negatingSecond: negates)
        #expect(Set(front.map(\.costs)) == best)
        #expect(front.count == best.count)
        #expect(front.map(\.costs) == front.map(\.costs).sorted { $0[0] < $1[0] })
        #expect(try table.costs(of: front.map(\.choices)) == front.map(\.costs))
      }
    }
  }

  @Test("neighbours are the members that differ in so many choices", arguments: SmallTable.shapes)
  func neighbours(scopes: [[Int]]) throws {
    let table = try SmallTable.make(scopes)
    let centre = [1, 0, 3, 2, 1]
    let base = try table.costs(of: [centre])[0]
    for distance in 0...3 {
      let expected = SmallTable.members.filter { member in
        zip(member, centre).filter { $0 != $1 }.count == distance
      }
      let found = try table.neighbours(of: centre, distance: distance)
      var members: Set<[Int]> = []
      for neighbour in found {
        var member = centre
        for change in neighbour.changes { member[change.variable] = change.choice }
        members.insert(member)
        let cost = try table.costs(of: [member])[0]
        #expect(neighbour.differences == zip(cost, base).map { $0 - $1 })
      }
      #expect(members == Set(expected))
      #expect(found.count == expected.count)
    }
    let sensitivity = try table.sensitivity(of: centre)
    #expect(sensitivity.map(\.count) == SmallTable.counts)
    #expect(sensitivity[2][3] == [0, 0])
    let moved = try table.costs(of: [[1, 0, 1, 2, 1]])[0]
    #expect(sensitivity[2][1] == zip(moved, base).map { $0 - $1 })
  }

  @Test("the gap to whole networks is what is measured beyond the sum")
  func gap() throws {
    let table = try SmallTable.make(SmallTable.shapes[0])
    let members = Array(SmallTable.members.prefix(4))
    let sums = try table.costs(of: members).map { $0[0] }
    let measured = [sums[0] + 1, sums[1] - 3, sums[2], sums[3] + 2]
    let gap = try #require(
      try table.gap(column: 0, networks: members, measured: measured))
    #expect(gap.networks == 4)
    #expect(gap.meanDifference == 0)
    #expect(gap.largestDifference == 3)
    #expect(gap.worst == 1)
    // (1 + 9 + 0 + 4) / 4.
    #expect(abs(gap.rootMeanSquare - 3.5.squareRoot()) < 1e-12)
    #expect(try table.gap(column: 0, networks: [], measured: []) == nil)
    #expect(throws: CostTableError.self) {
      try table.gap(column: 0, networks: members, measured: [1])
    }
  }

  @Test("tables of one space are joined column by column")
  func joined() throws {
    let one = try SmallTable.make(SmallTable.shapes[1], columns: 2)
    let two = try SmallTable.make(SmallTable.shapes[3], columns: 1, seed: 9)
    let both = try one.joined(with: two)
    for member in SmallTable.members {
      #expect(
        try both.costs(of: [member]) == [one.costs(of: [member])[0] + two.costs(of: [member])[0]])
    }
    #expect(throws: CostTableError.self) { try both.matrix(column: 0) }
    let swapped = try one.selecting([1, 0])
    #expect(swapped.columnNames == ["energy_mj", "latency_ms"])
    for member in SmallTable.members.prefix(20) {
      #expect(try swapped.costs(of: [member])[0] == one.costs(of: [member])[0].reversed())
    }
    #expect(throws: CostTableError.self) { try one.selecting([2]) }
    #expect(throws: CostTableError.self) { try one.selecting([]) }
    let matrix = try SmallTable.make(SmallTable.shapes[0]).matrix(column: 1)
    #expect(matrix.map(\.count) == SmallTable.counts)
  }
}
