public import Networks

/// What the networks of a search space cost where costs add up over choices: a matrix of variables
/// and choices, with terms of several variables where one choice changes what another costs.
///
/// A network costs the constant and, of every term, the entry of its variables' choices. Each entry
/// has one number a column, and a column is a metric of a target.
public struct CostTable: Sendable {
  /// What the numbers of a column are.
  public struct Column: Hashable, Sendable {
    /// Name of the target.
    public var target: String
    /// The figure, which also says its unit.
    public var metric: CostMetric

    /// A column of a metric of a target.
    public init(target: String, metric: CostMetric) {
      self.target = target
      self.metric = metric
    }
  }

  /// Costs that some variables together decide on.
  public struct Term: Hashable, Sendable {
    /// Ascending; one for a column of the matrix, two for a pair term.
    public var variables: [Int]
    /// `[entry * columns + column]`, the last variable's choices fastest.
    public var values: [Double]

    /// A term; `CostTable.init` checks that it fits.
    public init(variables: [Int], values: [Double]) {
      self.variables = variables
      self.values = values
    }
  }

  /// Name of the search space.
  public let space: String
  /// The space itself, to read texts; `nil` for a table of no known space.
  public let searchSpace: (any SearchSpace)?
  /// How many choices each variable has.
  public let choiceCounts: [Int]
  /// What the numbers of an entry are, in order.
  public let columns: [Column]
  /// What every network costs, one number a column.
  public let constant: [Double]
  /// What the constant is the sum of, in the order of the space's fixed layers or blocks; empty
  /// where that is not known.
  public let constantParts: [[Double]]
  /// What choices cost; a variable may be in several.
  public let terms: [Term]
  /// The terms put together for evaluation.
  let plan: EvaluationPlan

  /// The most entries a term may have.
  public static let largestTerm = 1 << 20
  /// The most numbers a table may have.
  static let largestTable = 1 << 27

  /// - Throws: `CostTableError.malformed` for terms of variables that are not there, numbers that are
  ///   too few or not finite, and terms of more than `largestTerm` entries.
  public init(
    space: String, searchSpace: (any SearchSpace)? = nil, choiceCounts: [Int],
    columns: [Column], constant: [Double], constantParts: [[Double]] = [], terms: [Term]
  ) throws(CostTableError) {
    guard !choiceCounts.isEmpty, choiceCounts.count <= 4096,
      choiceCounts.allSatisfy({ (1...Self.largestTerm).contains($0) })
    else { throw .malformed("the choices of variables are not between 1 and \(Self.largestTerm)") }
    guard !columns.isEmpty, columns.count <= 4096 else { throw .malformed("no column") }
    guard constant.count == columns.count, constant.allSatisfy(\.isFinite) else {
      throw .malformed("the constant has not one finite number a column")
    }
    // So that places in the tables that evaluation makes fit 31 bits.
    var numbers = choiceCounts.reduce(0, +) * 128
    for term in terms {
      let size = try Self.size(of: term.variables, choiceCounts)
      numbers += size
      guard numbers * (columns.count + 3) <= Self.largestTable else {
        throw .malformed("a table of more than \(Self.largestTable) numbers")
      }
      guard term.values.count == size * columns.count, term.values.allSatisfy(\.isFinite) else {
        throw .malformed("a term has not one finite number an entry and column")
      }
    }
    self.space = space
    self.searchSpace = searchSpace
    self.choiceCounts = choiceCounts
    self.columns = columns
    self.constant = constant
    self.constantParts = constantParts
    self.terms = terms
    plan = EvaluationPlan(
      choiceCounts: choiceCounts, columns: columns.count, constant: constant, terms: terms)
  }

  /// How many entries a term of some variables has.
  static func size(of variables: [Int], _ choiceCounts: [Int]) throws(CostTableError) -> Int {
    guard !variables.isEmpty, zip(variables, variables.dropFirst()).allSatisfy({ $0 < $1 }),
      variables.allSatisfy(choiceCounts.indices.contains)
    else { throw .malformed("the variables of a term are not ascending variables of the space") }
    var size = 1
    for variable in variables {
      let (product, overflow) = size.multipliedReportingOverflow(by: choiceCounts[variable])
      guard !overflow, product <= largestTerm else {
        throw .malformed("a term of more than \(largestTerm) entries")
      }
      size = product
    }
    return size
  }

  /// Names of the columns: the metric's, behind the target's where there are several targets.
  public var columnNames: [String] {
    let isOne = Set(columns.map(\.target)).count == 1
    return columns.map { isOne ? $0.metric.rawValue : "\($0.target).\($0.metric.rawValue)" }
  }
}

/// A figure of a network that adds up over its layers.
public enum CostMetric: String, CaseIterable, Hashable, Sendable {
  /// Milliseconds of the layers, one after the other.
  case latencyMilliseconds = "latency_ms"
  /// Millijoules of all layers, with leakage.
  case energyMillijoules = "energy_mj"
  /// Bytes to and from the outermost memory.
  case dramBytes = "dram_bytes"
  /// Multiply-accumulates.
  case macs
  /// Weights, whatever their width.
  case parameters = "params"
}

/// Why a cost table cannot be made or asked.
public enum CostTableError: Error, Hashable, Sendable {
  /// The text says what of the table is impossible.
  case malformed(String)
  /// Choices of some variables cost together what they do not cost one by one.
  case noMatrix(variables: [Int])
  /// A row of choices is not one number a variable, or results do not fit the rows.
  case wrongShape(String)
  /// A choice, counted from 0, is below 0 or not below `count`.
  case choiceOutOfRange(row: Int, variable: Int, value: Int, count: Int)
  /// Probabilities are negative, not finite, or do not sum to 1 for a variable.
  case notADistribution(variable: Int)
  /// An exact answer would take more than so many numbers.
  case tooLarge(String)

  /// The message for people, in lower case without a full stop.
  public var message: String {
    switch self {
    case .malformed(let text): "the table is malformed: \(text)"
    case .noMatrix(let variables):
      "choices \(variables.map(String.init).joined(separator: ", ")) cost together what they do not "
        + "cost one by one"
    case .wrongShape(let text), .tooLarge(let text): text
    case .choiceOutOfRange(let row, let variable, let value, let count):
      "row \(row): choice \(variable) is \(value), expected 0 to \(count - 1)"
    case .notADistribution(let variable):
      "the probabilities of variable \(variable) are not at least 0 with a sum of 1"
    }
  }
}

// MARK: - Putting tables together
extension CostTable {
  /// The table with the columns of another of the same space behind its own.
  ///
  /// - Throws: `CostTableError.wrongShape` for a table of other variables.
  public func joined(with other: CostTable) throws(CostTableError) -> CostTable {
    guard other.choiceCounts == choiceCounts, other.space == space else {
      throw .wrongShape("the tables are of different search spaces")
    }
    let (first, second) = (columns.count, other.columns.count)
    func widened(_ term: Term, before: Int, after: Int, width: Int) -> Term {
      var values: [Double] = []
      values.reserveCapacity(term.values.count / width * (before + width + after))
      for start in stride(from: 0, to: term.values.count, by: width) {
        values += Array(repeating: 0, count: before)
        values += term.values[start..<start + width]
        values += Array(repeating: 0, count: after)
      }
      return Term(variables: term.variables, values: values)
    }
    return try CostTable(
      space: space, searchSpace: searchSpace ?? other.searchSpace, choiceCounts: choiceCounts,
      columns: columns + other.columns, constant: constant + other.constant,
      constantParts: constantParts.count == other.constantParts.count
        ? zip(constantParts, other.constantParts).map { $0 + $1 } : [],
      terms: terms.map { widened($0, before: 0, after: second, width: first) }
        + other.terms.map { widened($0, before: first, after: 0, width: second) })
  }

  /// The table with some of its columns, in the order given.
  ///
  /// - Throws: `CostTableError` for a column that is not there, and for none.
  public func selecting(_ kept: [Int]) throws(CostTableError) -> CostTable {
    for column in kept { try checkColumn(column) }
    let width = columns.count
    func selected(_ values: [Double]) -> [Double] {
      stride(from: 0, to: values.count, by: width).flatMap { start in
        kept.map { values[start + $0] }
      }
    }
    return try CostTable(
      space: space, searchSpace: searchSpace, choiceCounts: choiceCounts,
      columns: kept.map { columns[$0] }, constant: selected(constant),
      constantParts: constantParts.map(selected),
      terms: terms.map { Term(variables: $0.variables, values: selected($0.values)) })
  }

  /// The matrix of a column: one list a variable, each with one number a choice.
  ///
  /// - Throws: `CostTableError.noMatrix` where terms of several variables are not all zero.
  public func matrix(column: Int) throws(CostTableError) -> [[Double]] {
    try checkColumn(column)
    var matrix = choiceCounts.map { Array(repeating: 0.0, count: $0) }
    for term in terms {
      let values = stride(from: column, to: term.values.count, by: columns.count).map {
        term.values[$0]
      }
      if term.variables.count == 1 {
        for (choice, value) in values.enumerated() { matrix[term.variables[0]][choice] += value }
      } else if values.contains(where: { $0 != 0 }) {
        throw .noMatrix(variables: term.variables)
      }
    }
    return matrix
  }

  func checkColumn(_ column: Int) throws(CostTableError) {
    guard columns.indices.contains(column) else {
      throw .wrongShape("there is no column \(column) of \(columns.count)")
    }
  }
}
