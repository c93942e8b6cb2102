package import Dataflow
internal import Ops

/// Draws hierarchies of a few levels with unbounded memories and few lanes.
package struct SmallHierarchies: Sendable {
  /// The most multiply-accumulate lanes.
  package var mostLanes: Int32

  package var mostLevels: Int32

  package init(mostLanes: Int32 = 18, mostLevels: Int32 = 4) {
    self.mostLanes = mostLanes
    self.mostLevels = mostLevels
  }

  package func hierarchy(using random: inout SplitMix64) -> Hierarchy {
    let count = Int(random.number(in: 2...mostLevels))
    var lanes: Int32 = 1
    let levels = (0..<count).map { index in
      let hasMemory = index == 0 || !random.chance(1, in: 5)
      var level = Hierarchy.Level(
        name: "L\(index)", memory: hasMemory ? Hierarchy.Memory(mustKeep: []) : nil,
        x: wires(&random, &lanes), y: wires(&random, &lanes))
      if level.x.size > 1, level.y.size > 1, random.chance(3, in: 4) {
        level.diagonal = TensorSet(rawValue: random.bits(of: 3)).union(.input)
        // Diagonal wires matter where neither axis has multicast.
        if random.chance(3, in: 4) {
          level.x.multicast.remove(.input)
          level.y.multicast.remove(.input)
        }
      }
      return level
    }
    return Hierarchy(levels: levels)
  }

  private func wires(_ random: inout SplitMix64, _ lanes: inout Int32) -> Hierarchy.Wires {
    let drawn = random.chance(1, in: 2) ? 1 : random.number(in: 2...5)
    let size = min(drawn, mostLanes / lanes)
    lanes *= size
    return Hierarchy.Wires(
      size: size, multicast: TensorSet(rawValue: random.bits(of: 3)),
      forward: TensorSet(rawValue: random.bits(of: 3)),
      reduce: TensorSet(rawValue: random.bits(of: TensorSet.output.rawValue)))
  }
}
