/// Which instances' words are counted, and what wires join them; sets of loops are masks.
struct EvaluationScope {
  var tensor: Int
  /// Tiles are those of instances of this level; the number of levels stands for the lanes.
  var depth: Int
  /// Spatial loops whose choices share words.
  var united: UInt64 = 0
  /// Spatial loops of which only index 0 counts.
  var first: UInt64 = 0
  /// Spatial loops each choice of which gets a count of its own.
  var separate: UInt64 = 0
  /// The loop along which a neighbour's words serve too; -1 for none.
  var forwarding = -1
  /// Levels whose diagonal wires join choices.
  var diagonalLevels: Range<Int> = 0..<0
  /// Whether leaving words are followed instead of entering ones.
  var isLeaving = false
}

/// A count summed over the separate choices, and the largest of them.
struct SeparateCount {
  var sum: Double
  var largest: Double
}

/// Counts are whole numbers held as floating point: none is above the problem's iterations, which
/// are below 2^53.
extension MappingEvaluator {
  /// Words that move, over all steps: all that are present at a step, but for those kept.
  ///
  /// Summed over all steps the words present do not depend on what advances, and words are kept
  /// only at steps at which no loop of a single index advances or begins again.
  func moved(_ scope: EvaluationScope, _ state: inout EvaluationState) -> SeparateCount {
    var product = gather(scope, &state, needsKept: true)
    let inside = state.nest.outside[scope.depth]
    let idle = product.idleLoops
    // The loops inside the innermost one that moves a single index.
    let after: UInt64 =
      product.moving == 0 ? 0 : ~UInt64(0) >> UInt64(product.moving.leadingZeroBitCount)
    let before = state.nest.product(idle & after)
    guard product.tableCount > 0 else {
      let words = product.base * before
      return SeparateCount(sum: words * product.choices, largest: words)
    }
    let all = product.base * before * state.nest.product(idle & ~after)
    let rest = inside & state.nest.temporal & ~after
    guard product.hasColumns else {
      let words =
        all * presentOfTables(product.tableCount, state)
        - kept(product.base * before, product, after, rest, &state)
      return SeparateCount(sum: words * product.choices, largest: words)
    }
    var result = SeparateCount(sum: 0, largest: 0)
    repeat {
      let words =
        all * presentOfTables(product.tableCount, state)
        - kept(product.base * before, product, after, rest, &state)
      result.sum += words * product.choices * choicesOfTables(product.tableCount, state)
      result.largest = max(result.largest, words)
    } while nextColumns(&product, &state)
    return result
  }

  /// Words present, summed over all steps: what multiply-accumulate lanes take in.
  func presentAtAllSteps(
    _ scope: EvaluationScope, _ state: inout EvaluationState
  ) -> SeparateCount {
    var product = gather(scope, &state, needsKept: false)
    let all = product.base * state.nest.product(product.idleLoops)
    guard product.hasColumns else {
      let words = all * presentOfTables(product.tableCount, state)
      return SeparateCount(sum: words * product.choices, largest: words)
    }
    var result = SeparateCount(sum: 0, largest: 0)
    repeat {
      let words = all * presentOfTables(product.tableCount, state)
      result.sum += words * product.choices * choicesOfTables(product.tableCount, state)
      result.largest = max(result.largest, words)
    } while nextColumns(&product, &state)
    return result
  }

  /// Words that are kept at the steps at which one of the loops `rest` advances.
  @inline(__always)
  private func kept(
    _ base: Double, _ product: ScopeProduct, _ after: UInt64, _ rest: UInt64,
    _ state: inout EvaluationState
  ) -> Double {
    let count = product.tableCount
    for index in 0..<count {
      state.active[index].kept =
        2 * (state.active[index].loops & state.nest.temporal & after).nonzeroBitCount
    }
    let values = tables.values
    var (outer, kept, loops) = (base, 0.0, rest)
    while loops != 0 {
      let loop = loops.trailingZeroBitCount
      let bit = loops & (0 &- loops)
      loops &= loops &- 1
      var words = outer
      if product.idleLoops & bit != 0 {
        words *= state.nest.passes[loop] - 1
        outer *= state.nest.passes[loop]
        for index in 0..<count {
          let table = state.active[index]
          words *= values[table.column + FactorTables.Column.kept + table.kept]
        }
      } else {
        for index in 0..<count {
          let table = state.active[index]
          let own = table.loops & bit != 0
          words *= values[table.column + FactorTables.Column.kept + table.kept + (own ? 1 : 0)]
          if own { state.active[index].kept += 2 }
        }
      }
      kept += words
    }
    return kept
  }

  // MARK: - Products

  /// The part of a count that needs no tables.
  struct ScopeProduct {
    /// Words of the factors without a table, for one pass of the idle loops.
    var base = 1.0
    /// Separate choices that these factors have, all alike.
    var choices = 1.0
    /// Temporal loops that always move a single index.
    var moving: UInt64 = 0
    /// Temporal loops of dimensions that do not move the tensor and divide.
    var idleLoops: UInt64 = 0
    var tableCount = 0
    /// Whether a table has several columns.
    var hasColumns = false
  }

  /// Finds the tables of a scope, and multiplies what needs none.
  @inline(__always)
  private func gather(
    _ scope: EvaluationScope, _ state: inout EvaluationState, needsKept: Bool
  ) -> ScopeProduct {
    let plan = tensors[scope.tensor]
    let nest = state.nest
    let inside = nest.outside[scope.depth]
    let spatial = inside & ~nest.temporal
    let single = nest.loops(of: plan.single & ~nest.uneven)
    let idle = nest.loops(of: plan.idle & ~nest.uneven)
    let picked = scope.first | scope.separate
    var product = ScopeProduct()
    product.base = plan.singleWords
    if single & picked != 0 {
      product.base /= nest.product(single & spatial & picked)
      product.choices = nest.product(single & spatial & scope.separate)
    }
    let idleSpatial = idle & spatial
    if idleSpatial != 0 {
      product.base *= nest.product(idleSpatial & ~(scope.united | picked))
      product.choices *= nest.product(idleSpatial & scope.separate)
    }
    product.moving = single & inside & nest.temporal
    product.idleLoops = idle & inside & nest.temporal
    if nest.uneven & (plan.single | plan.idle) != 0 {
      gatherUneven(scope, plan, &state, &product, needsKept: needsKept)
    }
    for axis in plan.axes { gather(axis, scope, &state, &product, needsKept: needsKept) }
    return product
  }

  private func gatherUneven(
    _ scope: EvaluationScope, _ plan: TensorPlan, _ state: inout EvaluationState,
    _ product: inout ScopeProduct, needsKept: Bool
  ) {
    let inside = state.nest.outside[scope.depth]
    let picked = scope.first | scope.separate
    var rest = state.nest.uneven & (plan.single | plan.idle)
    while rest != 0 {
      let dimension = rest.trailingZeroBitCount
      rest &= rest &- 1
      let loops = state.nest.loops[dimension] & inside
      if loops == 0 { continue }
      let bound = bounds[dimension]
      if plan.single & 1 << UInt8(dimension) == 0 {
        if !needsKept, scope.depth == levelCount, loops & (picked | scope.united) == 0 {
          product.base *= Double(bound)
        } else {
          push(idleTable(dimension, loops, scope, state), loops, &state, &product)
        }
      } else if loops & picked != 0 {
        product.base /= Double(bound)
        push(singleTable(dimension, loops, scope, state), loops, &state, &product)
      } else if needsKept, loops & state.nest.temporal != 0 {
        let table = singleTable(dimension, loops, scope, state)
        if tables.values[table + FactorTables.Part.peak] != 0 {
          product.moving |= loops & state.nest.temporal
        } else {
          product.base /= Double(bound)
          push(table, loops, &state, &product)
        }
      }
    }
  }

  @inline(__always)
  private func gather(
    _ axis: TensorPlan.Axis, _ scope: EvaluationScope, _ state: inout EvaluationState,
    _ product: inout ScopeProduct, needsKept: Bool
  ) {
    let loops = state.nest.loops(of: axis.dimensionSet) & state.nest.outside[scope.depth]
    if loops == 0 {
      product.base *= axis.words
      return
    }
    if !needsKept, scope.depth == levelCount,
      loops & (scope.first | scope.separate | scope.united) == 0, scope.diagonalLevels.isEmpty
    {
      product.base *= axis.reaches
      return
    }
    push(axisTable(axis, loops, scope, state), loops, &state, &product)
  }

  @inline(__always)
  private func push(
    _ table: Int, _ loops: UInt64, _ state: inout EvaluationState, _ product: inout ScopeProduct
  ) {
    state.active[product.tableCount] = ActiveTable(
      column: table + FactorTables.Part.columns, table: table, loops: loops, kept: 0)
    product.tableCount += 1
    if tables.values[table + FactorTables.Part.columnCount] > 1 {
      product.hasColumns = true
    } else {
      product.choices *=
        tables.values[table + FactorTables.Part.columns + FactorTables.Column.choices]
    }
  }

  @inline(__always)
  private func presentOfTables(_ count: Int, _ state: EvaluationState) -> Double {
    var words = 1.0
    for index in 0..<count {
      words *= tables.values[state.active[index].column + FactorTables.Column.all]
    }
    return words
  }

  /// Choices that the tables of several columns have in the ones at hand.
  private func choicesOfTables(_ count: Int, _ state: EvaluationState) -> Double {
    var choices = 1.0
    for index in 0..<count
    where tables.values[state.active[index].table + FactorTables.Part.columnCount] > 1 {
      choices *= tables.values[state.active[index].column + FactorTables.Column.choices]
    }
    return choices
  }

  /// Steps to the next choice of columns; false after the last.
  private func nextColumns(_ product: inout ScopeProduct, _ state: inout EvaluationState) -> Bool {
    for index in 0..<product.tableCount {
      let table = state.active[index].table
      let stride = Int(tables.values[table + FactorTables.Part.stride])
      let columns = Int(tables.values[table + FactorTables.Part.columnCount])
      state.active[index].column += stride
      if state.active[index].column < table + FactorTables.Part.columns + stride * columns {
        return true
      }
      state.active[index].column = table + FactorTables.Part.columns
    }
    return false
  }

  // MARK: - First and last steps

  /// Words present at the first step, or for leaving words at the last.
  func presentAtEdge(_ scope: EvaluationScope, _ state: inout EvaluationState) -> Double {
    let plan = tensors[scope.tensor]
    let nest = state.nest
    let spatial = nest.outside[scope.depth] & ~nest.temporal
    let column =
      scope.isLeaving ? FactorTables.Column.lastStep : FactorTables.Column.firstStep
    let even = ~nest.uneven
    var words = nest.product(nest.loops(of: plan.single & even) & spatial & ~scope.first)
    words *= nest.product(
      nest.loops(of: plan.idle & even) & spatial & ~(scope.first | scope.united))
    var rest = plan.single
    while rest != 0 {
      let dimension = rest.trailingZeroBitCount
      rest &= rest &- 1
      let loops = nest.loops[dimension] & nest.outside[scope.depth]
      let isEven = even & 1 << UInt8(dimension) != 0
      if isEven || loops == 0 || !scope.isLeaving && loops & spatial & ~scope.first == 0 {
        words *= Double(nest.extents[8 * scope.depth + dimension])
      } else {
        let table = singleTable(dimension, loops, scope, state)
        words *= tables.values[table + FactorTables.Part.columns + column]
      }
    }
    rest = plan.idle & nest.uneven
    while rest != 0 {
      let dimension = rest.trailingZeroBitCount
      rest &= rest &- 1
      let loops = nest.loops[dimension] & nest.outside[scope.depth]
      if loops & spatial & ~(scope.first | scope.united) == 0 { continue }
      let table = idleTable(dimension, loops, scope, state)
      words *= tables.values[table + FactorTables.Part.columns + column]
    }
    for axis in plan.axes {
      let loops = nest.loops(of: axis.dimensionSet) & nest.outside[scope.depth]
      if loops == 0 {
        words *= axis.words
      } else {
        let table = axisTable(axis, loops, scope, state)
        words *= tables.values[table + FactorTables.Part.columns + column]
      }
    }
    return words
  }

  /// Distinct words that instance 0 of a level has over all steps; for outputs.
  func distinctWordsOfFirstInstance(
    _ tensor: Int, depth: Int, _ state: inout EvaluationState
  ) -> Double {
    let plan = tensors[tensor]
    let nest = state.nest
    let spatial = nest.outside[depth] & ~nest.temporal
    var words = plan.singleWords
    if spatial == 0 { return words }
    words /= nest.product(nest.loops(of: plan.single & ~nest.uneven) & spatial)
    var scope = EvaluationScope(tensor: tensor, depth: depth)
    scope.first = spatial
    var rest = plan.single & nest.uneven
    while rest != 0 {
      let dimension = rest.trailingZeroBitCount
      rest &= rest &- 1
      let loops = nest.loops[dimension] & nest.outside[depth]
      if loops & spatial == 0 { continue }
      let table = singleTable(dimension, loops, scope, state)
      words /= Double(bounds[dimension])
      words *= tables.values[table + FactorTables.Part.columns + FactorTables.Column.all]
    }
    return words
  }

  /// The most words of a tile of a level.
  func peakWords(_ tensor: Int, depth: Int, _ state: inout EvaluationState) -> Double {
    let plan = tensors[tensor]
    let nest = state.nest
    var (words, rest) = (1.0, plan.single)
    while rest != 0 {
      words *= Double(nest.extents[8 * depth + rest.trailingZeroBitCount])
      rest &= rest &- 1
    }
    for axis in plan.axes {
      let loops = nest.loops(of: axis.dimensionSet) & nest.outside[depth]
      if loops == 0 {
        words *= axis.words
      } else {
        let table = axisTable(axis, loops, EvaluationScope(tensor: tensor, depth: depth), state)
        words *= tables.values[table + FactorTables.Part.peak]
      }
    }
    return words
  }
}
