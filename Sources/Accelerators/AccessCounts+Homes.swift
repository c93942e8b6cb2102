internal import Dataflow
internal import Ops

extension AccessCounts {
  /// The counts with each tensor's accesses at the outermost level made at the level it lives in
  /// instead; nothing of it crosses the wires above that level.
  ///
  /// - Precondition: no level between the outermost and the home, itself included, keeps a tile of
  ///   a tensor with another home than the outermost level.
  func attributed(to homes: PerTensor<Int>) -> AccessCounts {
    var counts = self
    for role in TensorRole.allCases where homes[role] > 0 {
      let home = homes[role]
      precondition(
        levels[1...home].allSatisfy { $0.traffic[role] == Traffic() },
        "a tensor that lives on chip has no tile at its home or above it")
      counts.levels[home].traffic[role] = levels[0].traffic[role]
      counts.levels[home].busiest[role] = levels[0].busiest[role]
      counts.levels[0].traffic[role] = Traffic()
      counts.levels[0].busiest[role] = Traffic()
      for level in 0..<home { counts.levels[level].wires[role] = WireTraffic() }
    }
    return counts
  }
}
