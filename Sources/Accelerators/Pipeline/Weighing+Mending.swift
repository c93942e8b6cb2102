extension Weighing {
  /// How many stages of a group take which option.
  private typealias Uses = [[(option: Int, count: Int64)]]

  /// By how much amounts are over their limits, as shares; how much is used counts a little.
  private func excess(_ total: CostVector) -> Double {
    let use = SIMD8<Double>(total) * scale
    let over = (use - 1).replacing(with: 0, where: use .<= 1)
    return over.sum() + 1e-3 * use.sum()
  }

  /// A choice that fits, made of the lightest one by exchanging options, of as many stages of a group as
  /// helps most; `nil` where no exchange helps any more.
  ///
  /// - Returns: By group, its stages' options.
  func mended() -> [[Int]]? {
    var total = CostVector(repeating: 0)
    var uses: Uses = []
    for (group, pick) in zip(groups, picks) {
      total = FeasibilitySearch.sum(total, group.options[pick].allCosts)
      uses.append([(pick, group.count)])
    }
    for _ in 0..<60 {
      guard let move = bestMove(uses, total) else { return nil }
      let use = uses[move.group][move.use]
      let options = groups[move.group].options
      let change = options[move.to].costs &- options[use.option].costs
      total = total &+ change &* CostVector(repeating: move.count)
      uses[move.group][move.use].count -= move.count
      if let known = uses[move.group].firstIndex(where: { $0.option == move.to }) {
        uses[move.group][known].count += move.count
      } else {
        uses[move.group].append((option: move.to, count: move.count))
      }
      guard total.isWithin(limits) else { continue }
      return uses.map { used in
        used.flatMap { Array(repeating: $0.option, count: Int($0.count)) }
      }
    }
    return nil
  }

  /// The exchange that helps most.
  private func bestMove(
    _ uses: Uses, _ total: CostVector
  ) -> (group: Int, use: Int, to: Int, count: Int64)? {
    var best = excess(total)
    var move: (group: Int, use: Int, to: Int, count: Int64)?
    for (place, used) in uses.enumerated() {
      let options = groups[place].options
      for (number, use) in used.enumerated() where use.count > 0 {
        let out = options[use.option].costs
        for index in options.indices where index != use.option {
          let change = options[index].costs &- out
          for size in [1, use.count / 2, use.count] where size > 0 {
            let value = excess(total &+ change &* CostVector(repeating: size))
            if value < best - 1e-12 {
              best = value
              move = (place, number, index, size)
            }
          }
        }
      }
    }
    return move
  }
}
