/// Keys of tables: what a factor's counts depend on in a mapping and a scope.
extension MappingEvaluator {
  /// The table of one index under loops, of which scopes only tell apart those that are not summed.
  @inline(__always)
  func singleTable(
    _ dimension: Int, _ loops: UInt64, _ scope: EvaluationScope, _ state: EvaluationState
  ) -> Int {
    tables.key[0] = FactorKeys.single(bound: bounds[dimension])
    var (rest, length) = (loops, 1)
    while rest != 0 {
      let loop = rest.trailingZeroBitCount
      let bit = rest & (0 &- rest)
      rest &= rest &- 1
      var code = UInt64(state.nest.steps[loop])
      if state.nest.temporal & bit == 0 {
        code |= LoopCode.spatial
        if scope.first & bit != 0 {
          code |= LoopCode.Role.first.rawValue << LoopCode.roleShift
        } else if scope.separate & bit != 0 {
          code |= LoopCode.Role.separate.rawValue << LoopCode.roleShift
        }
      }
      tables.key[length] = code
      length += 1
    }
    return tables.table(length, of: FactorShape(kind: .single, bounds: (bounds[dimension], 1)))
  }

  /// The table of a dimension that does not move the tensor.
  @inline(__always)
  func idleTable(
    _ dimension: Int, _ loops: UInt64, _ scope: EvaluationScope, _ state: EvaluationState
  ) -> Int {
    tables.key[0] = FactorKeys.idle(bound: bounds[dimension], isLeaving: scope.isLeaving)
    var (rest, length) = (loops, 1)
    while rest != 0 {
      tables.key[length] = code(rest.trailingZeroBitCount, scope, state)
      rest &= rest &- 1
      length += 1
    }
    return tables.table(
      length,
      of: FactorShape(kind: .idle, isLeaving: scope.isLeaving, bounds: (bounds[dimension], 1)))
  }

  /// The table of an axis.
  @inline(__always)
  func axisTable(
    _ axis: TensorPlan.Axis, _ loops: UInt64, _ scope: EvaluationScope, _ state: EvaluationState
  ) -> Int {
    tables.key[0] = axis.key
    let second = UInt8(truncatingIfNeeded: axis.dimensions.1)
    var (rest, length) = (loops, 1)
    while rest != 0 {
      let loop = rest.trailingZeroBitCount
      rest &= rest &- 1
      var word = code(loop, scope, state)
      if state.nest.dimensions[loop] == second { word |= LoopCode.second }
      tables.key[length] = word
      length += 1
    }
    if !scope.diagonalLevels.isEmpty { markDiagonals(axis, loops, scope, state) }
    return tables.table(length, of: axis.shape)
  }

  @inline(__always)
  private func code(
    _ loop: Int, _ scope: EvaluationScope, _ state: EvaluationState
  ) -> UInt64 {
    let bit: UInt64 = 1 << UInt64(loop)
    let step = UInt64(state.nest.steps[loop])
    if state.nest.temporal & bit != 0 { return step }
    var role = LoopCode.Role.summed
    if scope.united & bit != 0 { role = .united }
    if scope.first & bit != 0 { role = .first }
    if scope.separate & bit != 0 { role = .separate }
    var code = step | LoopCode.spatial | role.rawValue << LoopCode.roleShift
    if scope.forwarding == loop { code |= LoopCode.forwards }
    return code
  }

  /// Marks the loops that diagonal wires join, where both dimensions are the axis's.
  private func markDiagonals(
    _ axis: TensorPlan.Axis, _ loops: UInt64, _ scope: EvaluationScope, _ state: EvaluationState
  ) {
    let tensor: UInt8 = 1 << UInt8(scope.tensor)
    var number: UInt64 = 0
    for level in scope.diagonalLevels where diagonals[level] & tensor != 0 {
      guard (wires[2 * level].shares | wires[2 * level + 1].shares) & tensor == 0 else { continue }
      let (x, y) = (state.nest.innermost[2 * level], state.nest.innermost[2 * level + 1])
      guard x >= 0, y >= 0, state.nest.dimensions[x] != state.nest.dimensions[y] else { continue }
      let both: UInt64 = 1 << UInt64(x) | 1 << UInt64(y)
      guard loops & both == both else { continue }
      number += 1
      for loop in [x, y] {
        let place = (loops & ((1 << UInt64(loop)) &- 1)).nonzeroBitCount
        tables.key[1 + place] |= number << LoopCode.diagonalShift
      }
    }
  }
}
