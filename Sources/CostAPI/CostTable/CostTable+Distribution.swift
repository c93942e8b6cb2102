/// What networks drawn at random cost, each variable by itself.
public struct CostDistribution: Hashable, Sendable {
  /// The expected cost, one number a column.
  public var expectation: [Double]
  /// Its variance, one number a column.
  public var variance: [Double]
  /// Derivatives of the expectation, `[probability * columns + column]`, probabilities in the order
  /// of variables and their choices.
  public var gradient: [Double]
}

extension CostTable {
  /// How many probabilities a distribution has: one a variable and choice.
  public var probabilityCount: Int { choiceCounts.reduce(0, +) }

  /// What networks cost whose choices are drawn independently: exact, nothing is sampled.
  ///
  /// The expectation is a polynomial of the probabilities that is linear in those of each variable;
  /// its gradient is with respect to each of them as if they were free, which is what a softmax in
  /// front of them goes on from.
  ///
  /// - Parameter probabilities: One number a variable and choice, variable after variable; they sum
  ///   to 1 over the choices of each, to within 1e-6.
  /// - Throws: `CostTableError` for numbers that are no such distribution.
  /// - Complexity: O(*entries* · *columns*) of the terms, and for terms that share variables,
  ///   of each two together.
  public func distribution(
    _ probabilities: [Double]
  ) throws(CostTableError) -> CostDistribution {
    guard probabilities.count == probabilityCount else {
      throw .wrongShape(
        "\(probabilities.count) probabilities are given, the space has \(probabilityCount)")
    }
    let starts = choiceCounts.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
    for (variable, count) in choiceCounts.enumerated() {
      let own = probabilities[starts[variable]..<starts[variable] + count]
      guard own.allSatisfy({ $0.isFinite && $0 >= 0 }), abs(own.reduce(0, +) - 1) <= 1e-6 else {
        throw .notADistribution(variable: variable)
      }
    }
    var moments = Moments(
      termsByScope, choiceCounts, columns: columns.count, probabilities: probabilities,
      starts: starts)
    var result = CostDistribution(
      expectation: constant, variance: Array(repeating: 0, count: columns.count),
      gradient: Array(repeating: 0, count: probabilityCount * columns.count))
    for term in moments.terms.indices { moments.add(term, to: &result) }
    try moments.addCovariances(to: &result)
    return result
  }
}

extension CostTable {
  /// The terms, those of the same variables added up.
  private var termsByScope: [Term] {
    var order: [[Int]] = []
    var sums: [[Int]: [Double]] = [:]
    for term in terms {
      if let known = sums[term.variables] {
        sums[term.variables] = zip(known, term.values).map { $0 + $1 }
      } else {
        order.append(term.variables)
        sums[term.variables] = term.values
      }
    }
    return order.map { Term(variables: $0, values: sums[$0] ?? []) }
  }
}

/// Sums over the entries of terms, weighted by their probabilities.
private struct Moments {
  let terms: [CostTable.Term]
  let choiceCounts: [Int]
  let columns: Int
  let probabilities: [Double]
  /// Of each variable, where its probabilities start.
  let starts: [Int]
  /// The expectation of each term, one number a column.
  var expectations: [[Double]] = []

  init(
    _ terms: [CostTable.Term], _ choiceCounts: [Int], columns: Int, probabilities: [Double],
    starts: [Int]
  ) {
    self.terms = terms
    self.choiceCounts = choiceCounts
    self.columns = columns
    self.probabilities = probabilities
    self.starts = starts
  }

  /// The choices of some variables at an entry of them all, the last fastest.
  private func choices(_ entry: Int, of variables: [Int]) -> [Int] {
    var (choices, rest) = (variables, entry)
    for index in variables.indices.reversed() {
      choices[index] = rest % choiceCounts[variables[index]]
      rest /= choiceCounts[variables[index]]
    }
    return choices
  }

  /// Adds a term's expectation and gradient.
  mutating func add(_ index: Int, to result: inout CostDistribution) {
    let term = terms[index]
    var expectation = Array(repeating: 0.0, count: columns)
    for entry in 0..<term.values.count / columns {
      let places = zip(term.variables, choices(entry, of: term.variables)).map {
        starts[$0] + $1
      }
      let own = places.map { probabilities[$0] }
      let start = entry * columns
      let weight = own.reduce(1, *)
      for column in 0..<columns { expectation[column] += weight * term.values[start + column] }
      for (position, place) in places.enumerated() {
        // The product of the others, without a division: a probability may be 0.
        var others = 1.0
        for (other, probability) in own.enumerated() where other != position {
          others *= probability
        }
        guard others != 0 else { continue }
        for column in 0..<columns {
          result.gradient[place * columns + column] += others * term.values[start + column]
        }
      }
    }
    for column in 0..<columns { result.expectation[column] += expectation[column] }
    expectations.append(expectation)
  }

  /// Adds the variance of each term, and the covariances of those that share variables.
  func addCovariances(to result: inout CostDistribution) throws(CostTableError) {
    for first in terms.indices {
      for second in terms.indices.dropFirst(first) {
        let (one, two) = (terms[first], terms[second])
        guard first == second || one.variables.contains(where: two.variables.contains) else {
          continue
        }
        let union = Set(one.variables).union(two.variables).sorted()
        let places = [one, two].map { term in
          term.variables.compactMap { union.firstIndex(of: $0) }
        }
        for entry in 0..<(try CostTable.size(of: union, choiceCounts)) {
          let choices = choices(entry, of: union)
          let weight = zip(union, choices).reduce(first == second ? 1.0 : 2.0) {
            $0 * probabilities[starts[$1.0] + $1.1]
          }
          guard weight != 0 else { continue }
          let left = places[0].reduce(0) { $0 * choiceCounts[union[$1]] + choices[$1] } * columns
          let right = places[1].reduce(0) { $0 * choiceCounts[union[$1]] + choices[$1] } * columns
          for column in 0..<columns {
            result.variance[column] +=
              weight * (one.values[left + column] - expectations[first][column])
              * (two.values[right + column] - expectations[second][column])
          }
        }
      }
    }
  }
}
