internal import Dataflow
internal import Ops

/// How long a nest takes, and what its memories' ports take.
struct NestCycles {
  var total: Int64
  /// Of each level, its slowest port.
  var levels: [PortLoad]
}

/// The slowest of a memory's ports.
struct PortLoad {
  var cycles: Int64 = 0
  /// `nil` where no port has anything to move.
  var port: String?
}

extension SpatialArrayModel {
  /// The `separable` latency: the slowest of compute, with the first tiles on their way in and the
  /// last on their way out, and of every port.
  func cycles(
    of counts: AccessCounts, under mapping: Mapping, widths: WordWidths
  ) -> NestCycles {
    let ports = array.levels.indices.map { portCycles($0, counts.levels[$0], widths: widths) }
    var compute = counts.steps
    for index in array.levels.indices.dropFirst() {
      compute += exposedCycles(index, counts, under: mapping, widths: widths)
    }
    return NestCycles(
      total: min(mostCycles, max(compute, ports.map(\.cycles).max() ?? 0)), levels: ports)
  }

  private func portCycles(
    _ index: Int, _ counts: AccessCounts.Level, widths: WordWidths
  ) -> PortLoad {
    slowestPort(of: index) { stream in
      StreamWords(
        words: counts.busiest[stream.tensor][stream.kind],
        bits: widths.bits(stream, atLevel: index))
    }
  }

  /// Cycles of a level's transfers that nothing hides: the first tile in and the last tile out, or
  /// for a single buffer all of them.
  private func exposedCycles(
    _ index: Int, _ counts: AccessCounts, under mapping: Mapping, widths: WordWidths
  ) -> Int64 {
    guard let memory = array.levels[index].memory else { return 0 }
    let kept = mapping.levels[index].keeps
    if memory.buffering == .single {
      let busiest = counts.levels[index].busiest
      return transferCycles(
        .init(child: index, kept: kept, under: mapping, homes: array.homes), widths: widths
      ) { role, kind in
        switch kind {
        case .fills: (busiest[role].fills, 0)
        case .drains: (busiest[role].drains, 0)
        default: (0, 0)
        }
      }
    }
    let first = counts.levels[index].firstTile
    let transfer = Transfer(child: index, kept: kept, under: mapping, homes: array.homes)
    let fill = transferCycles(transfer, widths: widths) { role, kind in
      guard role != .output, kind == .fills || kind == .reads else { return (0, 0) }
      return (first[role].childWords, first[role].parentWords)
    }
    let drain = transferCycles(transfer, widths: widths) { role, kind in
      guard role == .output, kind == .drains || kind == .updates else { return (0, 0) }
      return (first[role].childWords, first[role].parentWords)
    }
    return fill + drain
  }

  /// Tensors a level exchanges with their parents.
  private struct Transfer {
    var child: Int
    var parents: PerTensor<Int?>

    init(child: Int, kept: TensorSet, under mapping: Mapping, homes: PerTensor<Int>) {
      self.child = child
      parents = PerTensor(repeating: nil)
      for role in kept.members {
        let parent = mapping.levels[..<child].lastIndex { $0.keeps.contains(role) }
        parents[role] = parent == 0 ? homes[role] : parent
      }
    }
  }

  /// Cycles of the slowest port, of the child or of a parent, that takes part in a transfer.
  ///
  /// - Parameter words: words of a tensor at the child and at the parent for a kind of access.
  private func transferCycles(
    _ transfer: Transfer, widths: WordWidths,
    words: (TensorRole, AccessKind) -> (child: Int64, parent: Int64)
  ) -> Int64 {
    var slowest = slowestPort(of: transfer.child) { stream in
      guard transfer.parents[stream.tensor] != nil else { return StreamWords(words: 0, bits: 0) }
      guard stream.kind == .fills || stream.kind == .drains else {
        return StreamWords(words: 0, bits: 0)
      }
      return StreamWords(
        words: words(stream.tensor, stream.kind).child,
        bits: widths.bits(stream, atLevel: transfer.child))
    }.cycles
    for parent in 0..<transfer.child {
      let cycles = slowestPort(of: parent) { stream in
        guard transfer.parents[stream.tensor] == parent,
          stream.kind == .reads || stream.kind == .updates
        else { return StreamWords(words: 0, bits: 0) }
        return StreamWords(
          words: words(stream.tensor, stream.kind).parent,
          bits: widths.bits(stream, atLevel: parent))
      }.cycles
      slowest = max(slowest, cycles)
    }
    return slowest
  }

  /// The port of a level that takes the most cycles, the first of equal ones.
  func slowestPort(of index: Int, _ words: (AccessStream) -> StreamWords) -> PortLoad {
    var slowest = PortLoad()
    for port in array.levels[index].memory?.ports ?? [] {
      let cycles = port.cycles(for: words)
      if cycles > slowest.cycles { slowest = PortLoad(cycles: cycles, port: port.name) }
    }
    return slowest
  }
}
