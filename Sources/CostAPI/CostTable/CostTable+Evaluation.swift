internal import Networks

extension CostTable {
  /// The costs of many networks.
  ///
  /// - Parameters:
  ///   - choices: One row of choices a network, `[network * variables + variable]`.
  ///   - costs: Set to one number a network and column, `[network * columns + column]`.
  /// - Throws: `CostTableError` for rows that do not fit and choices out of range; then nothing is
  ///   promised of `costs`.
  /// - Complexity: O(*networks* · (*variables* + *groups* · *columns*)); nothing is allocated but one
  ///   small buffer.
  public func costs(
    of choices: Span<Int32>, into costs: inout MutableSpan<Double>
  ) throws(CostTableError) {
    let variables = choiceCounts.count
    guard choices.count % variables == 0 else {
      throw .wrongShape(
        "\(choices.count) choices are no whole rows of \(variables)")
    }
    let rows = choices.count / variables
    guard costs.count / columns.count == rows, costs.count % columns.count == 0 else {
      throw .wrongShape(
        "\(rows) networks and \(columns.count) columns do not fill \(costs.count) numbers")
    }
    // Rows are checked some at a time, so that they are still at hand when they are summed.
    var first = 0
    while first < rows {
      let end = min(first + 256, rows)
      if plan.hasChoiceOutOfRange(choices, rows: first..<end) {
        throw firstChoiceOutOfRange(choices, rows: first..<end)
      }
      if columns.count == 1 {
        if plan.isPairs, let count = plan.commonCount {
          plan.sumEqualPairs(choices, rows: first..<end, of: count, into: &costs)
        } else if plan.isPairs {
          plan.sumPairs(choices, rows: first..<end, into: &costs)
        } else {
          plan.sum(choices, rows: first..<end, into: &costs)
        }
      } else {
        plan.sumLanes(choices, rows: first..<end, into: &costs)
      }
      first = end
    }
  }

  /// The costs of many networks, one list of choices each; one list of costs each.
  public func costs(of networks: [[Int]]) throws(CostTableError) -> [[Double]] {
    var choices: [Int32] = []
    for (row, network) in networks.enumerated() {
      guard network.count == choiceCounts.count else {
        throw .wrongShape(
          "row \(row) has \(network.count) choices, the space \(choiceCounts.count)")
      }
      choices += network.map { Int32(clamping: $0) }
    }
    var costs = Array(repeating: 0.0, count: networks.count * columns.count)
    var span = costs.mutableSpan
    try self.costs(of: choices.span, into: &span)
    return networks.indices.map { row in
      Array(costs[row * columns.count..<(row + 1) * columns.count])
    }
  }

  /// The costs of one network by its text, one number a column.
  ///
  /// - Throws: `CostAPIError` for a text that is none of the space.
  public func costs(ofText text: String) throws(CostAPIError) -> [Double] {
    guard let searchSpace else {
      throw .request("the table is of no search space that reads texts", hint: nil)
    }
    do throws(TextError) {
      return costs(of: try searchSpace.architecture(text))
    } catch {
      throw .text(error)
    }
  }

  /// The costs of a member of the table's space, one number a column.
  func costs(of architecture: Architecture) -> [Double] {
    Array(unsafeUninitializedCapacity: columns.count) { sums, count in
      for column in columns.indices {
        sums.initializeElement(at: column, to: plan.constant[column])
      }
      for group in plan.groups {
        var place = 0
        for index in group.variables.indices {
          place += architecture.choices[group.variables[index]] * group.strides[index]
        }
        let start = group.offset + place * plan.width
        for column in columns.indices { sums[column] += plan.values[start + column] }
      }
      count = columns.count
    }
  }

  private func firstChoiceOutOfRange(
    _ choices: Span<Int32>, rows: Range<Int>
  ) -> CostTableError {
    let variables = choiceCounts.count
    for row in rows {
      for variable in 0..<variables {
        let value = Int(choices[row * variables + variable])
        guard !(0..<choiceCounts[variable]).contains(value) else { continue }
        return .choiceOutOfRange(
          row: row, variable: variable, value: value, count: choiceCounts[variable])
      }
    }
    preconditionFailure("a row is only looked at again where one of its choices is out of range")
  }
}

// MARK: - Loops
// The loops read without bounds checks what `hasChoiceOutOfRange` has found to be in range: indices
// into `choices` lie within the rows, which the caller has counted, and a sum of choices times steps
// within a group's entries. With checks, the loop over pairs is slower by half.
extension EvaluationPlan {
  /// Whether a choice of some rows is below 0 or above its variable's highest.
  func hasChoiceOutOfRange(_ choices: Span<Int32>, rows: Range<Int>) -> Bool {
    // A number is in range where neither it nor what is left to the highest is negative; loops have
    // no branch and nothing that could trap, so that they work on several numbers at a time.
    let count = limits.count
    var signs: Int32 = 0
    if let commonCount {
      let highest = Int32(clamping: commonCount - 1)
      for place in rows.lowerBound &* count..<rows.upperBound &* count {
        let choice = choices[unchecked: place]
        signs |= choice | (highest &- choice)
      }
      return signs < 0
    }
    let limits = limits.span
    for row in rows {
      let start = row &* count
      for variable in 0..<count {
        let choice = choices[unchecked: start &+ variable]
        signs |= choice | (limits[unchecked: variable] &- choice)
      }
    }
    return signs < 0
  }

  /// One column, every group the pair of the next two variables, which have as many choices as all:
  /// places need no table then.
  func sumEqualPairs(
    _ choices: Span<Int32>, rows: Range<Int>, of count: Int, into costs: inout MutableSpan<Double>
  ) {
    let values = values.span
    let (pairs, size, base) = (groups.count, count &* count, constant[0])
    for row in rows {
      var (even, odd) = (base, 0.0)
      var (place, start, pair) = (2 &* pairs &* row, 0, 0)
      while pair &+ 1 < pairs {
        let one = Int(choices[unchecked: place]) &* count &+ Int(choices[unchecked: place &+ 1])
        place &+= 2
        let two = Int(choices[unchecked: place]) &* count &+ Int(choices[unchecked: place &+ 1])
        place &+= 2
        even += values[unchecked: start &+ one]
        odd += values[unchecked: start &+ size &+ two]
        (start, pair) = (start &+ 2 &* size, pair &+ 2)
      }
      if pair < pairs {
        let one = Int(choices[unchecked: place]) &* count &+ Int(choices[unchecked: place &+ 1])
        even += values[unchecked: start &+ one]
      }
      costs[unchecked: row] = even + odd
    }
  }

  /// One column, every group the pair of the next two variables.
  func sumPairs(_ choices: Span<Int32>, rows: Range<Int>, into costs: inout MutableSpan<Double>) {
    let (values, steps) = (values.span, steps.span)
    let groups = groups.map { Int32($0.offset) }
    let offsets = groups.span
    let base = constant[0]
    for row in rows {
      var (even, odd) = (base, 0.0)
      var place = row * steps.count
      var group = 0
      // Two sums, because an addition takes longer than a look-up.
      while group + 1 < offsets.count {
        let one = choices[unchecked: place] &* steps[unchecked: 2 &* group]
        let two = choices[unchecked: place &+ 2] &* steps[unchecked: 2 &* group &+ 2]
        even +=
          values[
            unchecked: Int(offsets[unchecked: group] &+ one &+ choices[unchecked: place &+ 1])]
        odd +=
          values[
            unchecked: Int(offsets[unchecked: group &+ 1] &+ two &+ choices[unchecked: place &+ 3])]
        place &+= 4
        group &+= 2
      }
      if group < offsets.count {
        let one = choices[unchecked: place] &* steps[unchecked: 2 &* group]
        even +=
          values[
            unchecked: Int(offsets[unchecked: group] &+ one &+ choices[unchecked: place &+ 1])]
      }
      costs[unchecked: row] = even + odd
    }
  }

  /// One column, any groups.
  func sum(_ choices: Span<Int32>, rows: Range<Int>, into costs: inout MutableSpan<Double>) {
    let (values, order, steps) = (values.span, order.span, steps.span)
    let variables = limits.count
    for row in rows {
      var sum = constant[0]
      var next = 0
      for group in groups {
        var place = group.offset
        for _ in 0..<group.variables.count {
          let choice = choices[unchecked: row * variables + Int(order[unchecked: next])]
          place &+= Int(choice &* steps[unchecked: next])
          next &+= 1
        }
        sum += values[unchecked: place]
      }
      costs[unchecked: row] = sum
    }
  }

  /// Several columns, eight at a time, then four.
  func sumLanes(_ choices: Span<Int32>, rows: Range<Int>, into costs: inout MutableSpan<Double>) {
    let (lanes, order, steps) = (lanes.span, order.span, steps.span)
    let constants = constantLanes.span
    let blocks = width / 4
    let variables = limits.count
    let (firsts, counts) = (groups.map(\.offset), groups.map(\.variables.count))
    let (starts, sizes) = (firsts.span, counts.span)
    var scratch = Array(repeating: 0, count: groups.count)
    var places = scratch.mutableSpan
    for row in rows {
      let first = row &* variables
      // Entries start at a whole count of fours.
      if isPairs {
        for group in 0..<starts.count {
          let one = choices[unchecked: first &+ 2 &* group] &* steps[unchecked: 2 &* group]
          let two =
            choices[unchecked: first &+ 2 &* group &+ 1] &* steps[unchecked: 2 &* group &+ 1]
          places[unchecked: group] = (starts[unchecked: group] &+ Int(one &+ two)) &>> 2
        }
      } else {
        var next = 0
        for group in 0..<starts.count {
          var place = starts[unchecked: group]
          for _ in 0..<sizes[unchecked: group] {
            let choice = choices[unchecked: first &+ Int(order[unchecked: next])]
            place &+= Int(choice &* steps[unchecked: next])
            next &+= 1
          }
          places[unchecked: group] = place &>> 2
        }
      }
      let output = row &* columns
      var block = 0
      // Two sums at once, because an addition takes longer than a look-up.
      while 4 &* block &+ 8 <= columns {
        var one = constants[unchecked: block]
        var two = constants[unchecked: block &+ 1]
        for group in 0..<starts.count {
          let place = places[unchecked: group] &+ block
          one += lanes[unchecked: place]
          two += lanes[unchecked: place &+ 1]
        }
        let start = output &+ 4 &* block
        costs[unchecked: start] = one.x
        costs[unchecked: start &+ 1] = one.y
        costs[unchecked: start &+ 2] = one.z
        costs[unchecked: start &+ 3] = one.w
        costs[unchecked: start &+ 4] = two.x
        costs[unchecked: start &+ 5] = two.y
        costs[unchecked: start &+ 6] = two.z
        costs[unchecked: start &+ 7] = two.w
        block &+= 2
      }
      while block < blocks {
        var sum = constants[unchecked: block]
        for group in 0..<starts.count {
          sum += lanes[unchecked: places[unchecked: group] &+ block]
        }
        let start = output &+ 4 &* block
        let left = columns &- 4 &* block
        costs[unchecked: start] = sum.x
        if left > 1 { costs[unchecked: start &+ 1] = sum.y }
        if left > 2 { costs[unchecked: start &+ 2] = sum.z }
        if left > 3 { costs[unchecked: start &+ 3] = sum.w }
        block &+= 1
      }
    }
  }
}
