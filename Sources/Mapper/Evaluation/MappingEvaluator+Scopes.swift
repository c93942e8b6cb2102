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
  /// The loop along which a neighbour's words serve too, if any.
  var forwarding: UInt64 = 0
  /// Levels whose diagonal wires join choices.
  var diagonalLevels: Range<Int> = 0..<0
  /// Whether leaving words are followed instead of entering ones.
  var isLeaving = false

  /// Loops that are not simply summed.
  @inline(__always)
  var special: UInt64 { united | first | separate | forwarding }
}

/// A count summed over the separate choices, and the largest of them.
struct SeparateCount {
  var sum: Double
  var largest: Double
  /// What the axes contribute to the words present at the first step, for choice 0.
  var firstAxes = 1.0
  /// What they contribute to the most words of a tile.
  var peakAxes = 1.0
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
      product.moving == 0 ? 0 : ~UInt64(0) &>> UInt64(product.moving.leadingZeroBitCount)
    let before = state.nest.product(idle & after)
    guard product.tableCount > 0 else {
      let words = product.base * before
      return product.count(words)
    }
    if product.isAllKept, !product.hasColumns {
      return product.count(
        product.base * before * startsOfTables(product.tableCount, after, &state))
    }
    let all = product.base * before * state.nest.product(idle & ~after)
    let rest = inside & state.nest.temporal & ~after
    guard product.hasColumns else {
      let words =
        all * presentOfTables(product.tableCount, &state)
        - kept(product.base * before, product, after, rest, &state)
      return product.count(words)
    }
    var result = product.count(0)
    repeat {
      let words =
        all * presentOfTables(product.tableCount, &state)
        - kept(product.base * before, product, after, rest, &state)
      result.sum += words * product.choices * choicesOfTables(product.tableCount, &state)
      result.largest = max(result.largest, words)
    } while nextColumns(&product, &state)
    return result
  }

  /// Words present, summed over all steps: what multiply-accumulate lanes take in.
  func presentAtAllSteps(
    _ scope: EvaluationScope, _ state: inout EvaluationState
  ) -> SeparateCount {
    let inside = state.nest.outside[scope.depth]
    if inside & (scope.united | scope.first | scope.separate) == 0,
      scope.diagonalLevels.isEmpty
    {
      let words = tensors[scope.tensor].laneWords
      return SeparateCount(sum: words, largest: words)
    }
    var product = gather(scope, &state, needsKept: false)
    let all = product.base * state.nest.product(product.idleLoops)
    guard product.hasColumns else {
      let words = all * presentOfTables(product.tableCount, &state)
      return product.count(words)
    }
    var result = product.count(0)
    repeat {
      let words = all * presentOfTables(product.tableCount, &state)
      result.sum += words * product.choices * choicesOfTables(product.tableCount, &state)
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
        2 &* (state.active[index].loops & state.nest.temporal & after).nonzeroBitCount
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
          words *= values[table.column &+ FactorTables.Column.kept &+ table.kept]
        }
      } else {
        for index in 0..<count {
          let table = state.active[index]
          let own = table.loops & bit != 0
          words *= values[table.column &+ FactorTables.Column.kept &+ table.kept &+ (own ? 1 : 0)]
          if own { state.active[index].kept &+= 2 }
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
    /// Whether at every step at which no loop of a single index moves, all that is present is kept.
    var isAllKept = true
    var firstAxes = 1.0
    var peakAxes = 1.0

    /// The count where all choices are alike.
    @inline(__always)
    func count(_ words: Double) -> SeparateCount {
      SeparateCount(
        sum: words * choices, largest: words, firstAxes: firstAxes, peakAxes: peakAxes)
    }
  }

  /// Finds the tables of a scope, and multiplies what needs none.
  @inline(__always)
  private func gather(
    _ scope: EvaluationScope, _ state: inout EvaluationState, needsKept: Bool
  ) -> ScopeProduct {
    let plan = tensors.baseAddress.unsafelyUnwrapped + scope.tensor
    let inside = state.nest.outside[scope.depth]
    let temporal = state.nest.temporal
    let spatial = inside & ~temporal
    let single = state.single[scope.tensor] & inside
    let idle = state.idle[scope.tensor] & inside
    let picked = scope.first | scope.separate
    var product = ScopeProduct()
    product.base = plan.pointee.singleWords
    product.moving = single & temporal
    product.idleLoops = idle & temporal
    if single & picked != 0 {
      product.base /= state.nest.product(single & picked)
      product.choices = state.nest.product(single & scope.separate)
    }
    if idle & spatial != 0 {
      product.base *= state.nest.product(idle & spatial & ~(scope.united | picked))
      product.choices *= state.nest.product(idle & scope.separate)
    }
    if state.unevenLoops & inside != 0 {
      gatherUneven(scope, plan, &state, &product, needsKept: needsKept)
    }
    for index in plan.pointee.axes.indices {
      let axis = plan.pointee.axes.baseAddress.unsafelyUnwrapped + index
      let loops = state.axes[8 &* scope.tensor &+ index] & inside
      if loops == 0 {
        product.base *= axis.pointee.words
        product.firstAxes *= axis.pointee.words
        product.peakAxes *= axis.pointee.words
        continue
      }
      let table = axisTable(8 &* scope.tensor &+ index, axis, loops, scope, &state)
      product.firstAxes *=
        tables.values[
          table &+ (FactorTables.Part.columns + FactorTables.Column.firstStep)]
      product.peakAxes *= tables.values[table &+ FactorTables.Part.peak]
      product.isAllKept = false
      push(table, loops, &state, &product)
    }
    return product
  }

  private func gatherUneven(
    _ scope: EvaluationScope, _ plan: UnsafePointer<TensorPlan>, _ state: inout EvaluationState,
    _ product: inout ScopeProduct, needsKept: Bool
  ) {
    let inside = state.nest.outside[scope.depth]
    let picked = scope.first | scope.separate
    var rest = state.nest.uneven & (plan.pointee.single | plan.pointee.idle)
    while rest != 0 {
      let dimension = rest.trailingZeroBitCount
      rest &= rest &- 1
      let loops = state.nest.loops[dimension] & inside
      if loops == 0 { continue }
      if plan.pointee.single & LoopMask.member(dimension) == 0 {
        let known = knownTable(
          state.chains[dimension], scope, loops & scope.special,
          scope.isLeaving ? .leavingIdle : .idle)
        let table = known >= 0 ? known : idleTable(dimension, loops, scope, &state)
        if tables.values[table &+ FactorTables.Part.peak] == 0 { product.isAllKept = false }
        push(table, loops, &state, &product)
        continue
      }
      guard loops & picked != 0 || needsKept && loops & state.nest.temporal != 0 else { continue }
      let known = knownTable(state.chains[dimension], scope, loops & picked, .single)
      let table = known >= 0 ? known : singleTable(dimension, loops, scope, &state)
      if loops & picked == 0, tables.values[table &+ FactorTables.Part.peak] != 0 {
        product.moving |= loops & state.nest.temporal
      } else {
        product.base /= Double(bounds[dimension])
        product.isAllKept = false
        push(table, loops, &state, &product)
      }
    }
  }

  @inline(__always)
  private func push(
    _ table: Int, _ loops: UInt64, _ state: inout EvaluationState, _ product: inout ScopeProduct
  ) {
    state.active[product.tableCount] = ActiveTable(
      column: table &+ FactorTables.Part.columns, table: table, loops: loops, kept: 0)
    product.tableCount &+= 1
    if tables.values[table &+ FactorTables.Part.columnCount] > 1 {
      product.hasColumns = true
    } else {
      product.choices *=
        tables.values[table &+ (FactorTables.Part.columns + FactorTables.Column.choices)]
    }
  }

  @inline(__always)
  private func presentOfTables(_ count: Int, _ state: inout EvaluationState) -> Double {
    var words = 1.0
    for index in 0..<count {
      words *= tables.values[state.active[index].column &+ FactorTables.Column.all]
    }
    return words
  }

  /// Words present while the loops `outer` take any index, and those inside their first.
  @inline(__always)
  private func startsOfTables(
    _ count: Int, _ outer: UInt64, _ state: inout EvaluationState
  ) -> Double {
    var words = 1.0
    for index in 0..<count {
      let table = state.active[index]
      let own = (table.loops & state.nest.temporal & outer).nonzeroBitCount
      words *= tables.values[table.column &+ FactorTables.Column.kept &+ 2 &* own]
    }
    return words
  }

  /// Choices that the tables of several columns have in the ones at hand.
  private func choicesOfTables(_ count: Int, _ state: inout EvaluationState) -> Double {
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
      let columns = Int(tables.values[table &+ FactorTables.Part.columnCount])
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
  ///
  /// - Parameter tile: Words of the single indices of a first tile, times what the axes contribute.
  func presentAtEdge(
    _ scope: EvaluationScope, tile: Double, _ state: inout EvaluationState
  ) -> Double {
    let plan = tensors.baseAddress.unsafelyUnwrapped + scope.tensor
    let inside = state.nest.outside[scope.depth]
    let spatial = inside & ~state.nest.temporal
    let counted = spatial & ~scope.first
    var words =
      tile
      * state.nest.product(
        counted & (state.single[scope.tensor] | state.idle[scope.tensor] & ~scope.united))
    var rest = state.nest.uneven & (plan.pointee.single | plan.pointee.idle)
    let column =
      FactorTables.Part.columns
      + (scope.isLeaving ? FactorTables.Column.lastStep : FactorTables.Column.firstStep)
    while rest != 0 {
      let dimension = rest.trailingZeroBitCount
      rest &= rest &- 1
      let loops = state.nest.loops[dimension] & inside
      if plan.pointee.single & LoopMask.member(dimension) == 0 {
        if loops & counted & ~scope.united == 0 { continue }
        // A new table may move the values.
        let table = idleTable(dimension, loops, scope, &state)
        words *= tables.values[table &+ column]
      } else if loops & counted != 0 || scope.isLeaving && loops != 0 {
        let known = knownTable(state.chains[dimension], scope, loops & scope.first, .single)
        let table = known >= 0 ? known : singleTable(dimension, loops, scope, &state)
        words *= tables.values[table &+ column]
        words /= Double(state.nest.extents[8 &* scope.depth &+ dimension])
      }
    }
    return words
  }

  /// Distinct words that instance 0 of a level has over all steps; for outputs.
  func distinctWordsOfFirstInstance(depth: Int, _ state: inout EvaluationState) -> Double {
    let plan = tensors.baseAddress.unsafelyUnwrapped + 2
    let inside = state.nest.outside[depth]
    let spatial = inside & ~state.nest.temporal
    var words = plan.pointee.singleWords
    if spatial == 0 { return words }
    words /= state.nest.product(state.single[2] & spatial)
    var scope = EvaluationScope(tensor: 2, depth: depth)
    scope.first = spatial
    var rest = plan.pointee.single & state.nest.uneven
    while rest != 0 {
      let dimension = rest.trailingZeroBitCount
      rest &= rest &- 1
      let loops = state.nest.loops[dimension] & inside
      if loops & spatial == 0 { continue }
      let table = singleTable(dimension, loops, scope, &state)
      words /= Double(bounds[dimension])
      words *= tables.values[table + FactorTables.Part.columns + FactorTables.Column.all]
    }
    return words
  }

  /// Words of the single indices of a level's first tile, which no tile has more of.
  @inline(__always)
  func tileWords(_ tensor: Int, depth: Int, _ state: inout EvaluationState) -> Double {
    let plan = tensors.baseAddress.unsafelyUnwrapped + tensor
    var (words, rest) = (1.0, plan.pointee.single)
    while rest != 0 {
      words *= Double(state.nest.extents[8 &* depth &+ rest.trailingZeroBitCount])
      rest &= rest &- 1
    }
    return words
  }
}
