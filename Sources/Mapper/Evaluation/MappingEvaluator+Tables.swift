/// How a factor's table is found: the chain of loops of the factor's dimensions has a record, looked
/// up once a mapping; of each depth it names the table for spatial loops that are simply summed.
/// Where some are not, their roles and the record make a key of two words.
extension MappingEvaluator {
  /// The table of a chain outside a scope's depth, where its loops are summed and it is known; -1
  /// elsewhere.
  @inline(__always)
  func knownTable(
    _ record: Int, _ scope: EvaluationScope, _ special: UInt64, _ part: ChainRecord.Part
  ) -> Int {
    special != 0
      ? -1 : ChainRecord.table(tables.values[record &+ ChainRecord.place(scope.depth, part)])
  }

  /// The table of one index, of which scopes only tell apart the loops that are not summed.
  @inline(never)
  func singleTable(
    _ dimension: Int, _ loops: UInt64, _ scope: EvaluationScope, _ state: inout EvaluationState
  ) -> Int {
    let request = TableRequest(
      part: .single, record: state.chains[dimension], loops: loops,
      special: loops & (scope.first | scope.separate))
    return table(request, scope, &state) {
      (FactorKeys.single(bound: bounds[dimension]), singleShape(dimension))
    }
  }

  /// The table of a dimension that does not move the tensor.
  @inline(never)
  func idleTable(
    _ dimension: Int, _ loops: UInt64, _ scope: EvaluationScope, _ state: inout EvaluationState
  ) -> Int {
    let request = TableRequest(
      part: scope.isLeaving ? .leavingIdle : .idle, record: state.chains[dimension], loops: loops,
      special: loops & scope.special)
    return table(request, scope, &state) {
      (
        FactorKeys.idle(bound: bounds[dimension], isLeaving: scope.isLeaving),
        idleShape(dimension, isLeaving: scope.isLeaving)
      )
    }
  }

  /// The table of an axis.
  @inline(__always)
  func axisTable(
    _ number: Int, _ axis: UnsafePointer<TensorPlan.Axis>, _ loops: UInt64,
    _ scope: EvaluationScope, _ state: inout EvaluationState
  ) -> Int {
    if !scope.diagonalLevels.isEmpty {
      return diagonalTable(axis, loops, scope, &state)
    }
    let request = TableRequest(
      part: .single, record: state.axisChains[number], loops: loops,
      special: loops & scope.special, second: axis.pointee.secondDimension)
    return table(request, scope, &state) { (axis.pointee.key, axis.pointee.shape) }
  }

  /// What a table is asked for with.
  private struct TableRequest {
    var part: ChainRecord.Part
    /// Where the record of the factor's chain is.
    var record: Int
    /// The factor's loops outside the depth.
    var loops: UInt64
    /// Those of them that are not simply summed.
    var special: UInt64
    /// The dimension whose indices are the second; 255 for none.
    var second: UInt8 = .max
  }

  /// - Parameter factor: First word of the table's key, and what is counted; asked for once a table.
  @inline(__always)
  private func table(
    _ request: TableRequest, _ scope: EvaluationScope, _ state: inout EvaluationState,
    _ factor: () -> (key: UInt64, shape: FactorShape)
  ) -> Int {
    if request.special == 0 {
      let place = request.record &+ ChainRecord.place(scope.depth, request.part)
      let known = ChainRecord.table(tables.values[place])
      if known >= 0 { return known }
      let (key, shape) = factor()
      let table = makeTable(request, scope, &state, key, shape)
      tables.values[place] = ChainRecord.number(of: table)
      return table
    }
    let length = writeRoles(request, scope, &state)
    let known = tables.find(length)
    if known >= 0 { return known }
    let (key, shape) = factor()
    let table = makeTable(request, scope, &state, key, shape)
    tables.addName(writeRoles(request, scope, &state), of: table)
    return table
  }

  /// Writes a chain's record and the roles of its spatial loops as a key.
  @inline(__always)
  private func writeRoles(
    _ request: TableRequest, _ scope: EvaluationScope, _ state: inout EvaluationState
  ) -> Int {
    tables.key[0] = FactorKeys.roles(
      record: request.record, depth: scope.depth, part: request.part.rawValue)
    var rest = request.loops & ~state.nest.temporal
    var (length, word, shift) = (1, UInt64(0), UInt64(0))
    while rest != 0 {
      let bit = rest & (0 &- rest)
      rest &= rest &- 1
      word |= (roles(bit, scope) &>> LoopCode.roleShift) &<< shift
      shift &+= 8
      if shift == 64 || rest == 0 {
        tables.key[length] = word
        (length, word, shift) = (length + 1, 0, 0)
      }
    }
    return length
  }

  /// The role of a spatial loop, and whether neighbours along it pass words on.
  @inline(__always)
  private func roles(_ bit: UInt64, _ scope: EvaluationScope) -> UInt64 {
    var role = LoopCode.Role.summed
    if scope.united & bit != 0 { role = .united }
    if scope.first & bit != 0 { role = .first }
    if scope.separate & bit != 0 { role = .separate }
    let forwards = scope.forwarding & bit != 0 ? LoopCode.forwards : 0
    return role.rawValue &<< LoopCode.roleShift | forwards
  }

  // MARK: - New tables

  /// The table by its own key, which other chains may have met.
  @inline(never)
  private func makeTable(
    _ request: TableRequest, _ scope: EvaluationScope, _ state: inout EvaluationState,
    _ key: UInt64, _ shape: FactorShape
  ) -> Int {
    tables.table(writeKey(key, request, scope, &state), of: shape)
  }

  @inline(never)
  private func diagonalTable(
    _ axis: UnsafePointer<TensorPlan.Axis>, _ loops: UInt64, _ scope: EvaluationScope,
    _ state: inout EvaluationState
  ) -> Int {
    let request = TableRequest(
      part: .single, record: 0, loops: loops, special: loops, second: axis.pointee.secondDimension)
    let length = writeKey(axis.pointee.key, request, scope, &state)
    markDiagonals(loops, scope, &state)
    return tables.table(length, of: axis.pointee.shape)
  }

  /// Writes a factor and its loops, with their roles, as a key.
  private func writeKey(
    _ key: UInt64, _ request: TableRequest, _ scope: EvaluationScope,
    _ state: inout EvaluationState
  ) -> Int {
    tables.key[0] = key
    var (rest, length) = (request.loops, 1)
    while rest != 0 {
      let loop = rest.trailingZeroBitCount
      let bit = rest & (0 &- rest)
      rest &= rest &- 1
      var word = UInt64(state.nest.steps[loop])
      if state.nest.temporal & bit == 0 { word |= LoopCode.spatial | roles(bit, scope) }
      if state.nest.dimensions[loop] == request.second { word |= LoopCode.second }
      tables.key[length] = word
      length &+= 1
    }
    return length
  }

  /// Marks the loops that diagonal wires join, where both dimensions are the axis's.
  private func markDiagonals(
    _ loops: UInt64, _ scope: EvaluationScope, _ state: inout EvaluationState
  ) {
    let tensor = LoopMask.member(scope.tensor)
    var number: UInt64 = 0
    for level in scope.diagonalLevels where diagonals[level] & tensor != 0 {
      guard (wires[2 * level].shares | wires[2 * level + 1].shares) & tensor == 0 else { continue }
      let (x, y) = (state.nest.innermost[2 * level], state.nest.innermost[2 * level + 1])
      guard x >= 0, y >= 0, state.nest.dimensions[x] != state.nest.dimensions[y] else { continue }
      let both = LoopMask.loop(x) | LoopMask.loop(y)
      guard loops & both == both else { continue }
      number += 1
      for loop in [x, y] {
        let place = (loops & (LoopMask.loop(loop) &- 1)).nonzeroBitCount
        tables.key[1 + place] |= number << LoopCode.diagonalShift
      }
    }
  }

  private func singleShape(_ dimension: Int) -> FactorShape {
    FactorShape(kind: .single, bounds: (bounds[dimension], 1))
  }

  private func idleShape(_ dimension: Int, isLeaving: Bool) -> FactorShape {
    FactorShape(kind: .idle, isLeaving: isLeaving, bounds: (bounds[dimension], 1))
  }

  // MARK: - Records of chains

  /// The record of the chain of some loops, which are one dimension's or one axis's.
  @inline(__always)
  func chainRecord(
    _ key: UInt64, _ loops: UInt64, second: UInt8, _ state: inout EvaluationState
  ) -> Int {
    tables.key[0] = key
    var (rest, length) = (loops, 1)
    while rest != 0 {
      let loop = rest.trailingZeroBitCount
      let bit = rest & (0 &- rest)
      rest &= rest &- 1
      var word =
        UInt64(truncatingIfNeeded: state.nest.steps[loop])
        | UInt64(state.nest.levels[loop]) &<< LoopCode.levelShift
      if state.nest.temporal & bit == 0 { word |= LoopCode.spatial }
      if state.nest.dimensions[loop] == second { word |= LoopCode.second }
      tables.key[length] = word
      length &+= 1
    }
    let known = tables.find(length)
    return known >= 0 ? known : tables.insert(length, ChainRecord.unknown(levelCount: levelCount))
  }

  /// Passes of the temporal loops of an uneven dimension, all that exist.
  @inline(__always)
  func steps(_ dimension: Int, _ state: inout EvaluationState) -> Double {
    let place = state.chains[dimension] &+ ChainRecord.steps
    let known = tables.values[place]
    return known > 0 ? known : makeSteps(dimension, place, &state)
  }

  @inline(never)
  private func makeSteps(
    _ dimension: Int, _ place: Int, _ state: inout EvaluationState
  ) -> Double {
    // A dimension that moves nothing, with lanes that share, is present once a step.
    var scope = EvaluationScope(tensor: 0, depth: levelCount)
    scope.united = ~state.nest.temporal
    let table = idleTable(dimension, state.nest.loops[dimension], scope, &state)
    let steps = tables.values[table + FactorTables.Part.columns + FactorTables.Column.all]
    tables.values[place] = steps
    return steps
  }
}

/// What a chain of loops says by itself; 0 for what was not asked for yet.
enum ChainRecord {
  /// Passes of a dimension's temporal loops, all that exist.
  static let steps = 0

  /// A table of each depth.
  enum Part: Int {
    /// Of an axis, or of a dimension that moves a tensor.
    case single
    /// Of a dimension that does not.
    case idle
    /// The same for leaving words.
    case leavingIdle
  }

  @inline(__always)
  static func place(_ depth: Int, _ part: Part) -> Int { 1 &+ 3 &* depth &+ part.rawValue }

  /// A table among the numbers of a record: its bits, which need no conversion.
  @inline(__always)
  static func table(_ number: Double) -> Int {
    Int(truncatingIfNeeded: number.bitPattern) &- 1
  }

  @inline(__always)
  static func number(of table: Int) -> Double {
    Double(bitPattern: UInt64(truncatingIfNeeded: table &+ 1))
  }

  static func unknown(levelCount: Int) -> [Double] {
    Array(repeating: 0, count: 1 + 3 * (levelCount + 1))
  }
}
