internal import Ops

/// The outer part of a mapping, down to a tile, with what it costs and what the inner part needs.
struct SearchLabel: Sendable {
  /// Number of the tile that is still to be mapped.
  var tile: Int32
  /// The step this one continues, in the search's history; -1 for the start.
  var previous: Int32 = -1
  /// Temporal order chosen at the last level, and spatial passes on x and y.
  var order: Int32 = 0
  var x = SIMD8<UInt8>(repeating: 0)
  var y = SIMD8<UInt8>(repeating: 0)
  /// Tensors that the level just entered keeps.
  var keeps: UInt8 = 0
  /// Level with the outermost reduction loop; a large number while there is none.
  var reduction: Int8 = .max

  /// Picojoules so far.
  var energy: Double = 0
  /// Cycles of transfers that nothing hides.
  var exposed: Double = 0
  /// Cycles of each port so far.
  var ports = CostTables.PortCycles(repeating: 0)
  /// Passes of all temporal loops.
  var passes: Double = 1
  /// Instances of the next level that work.
  var lanes: Double = 1

  /// Of each tensor, passes of the innermost temporal loops that leave its tile in place.
  var stays = SIMD4<Double>(repeating: 1)
  /// The dimension of the loop outside of those that slides the input's tile, its passes and step.
  var slide: Int8 = -1
  var slidePasses: Double = 1
  var slideStep: Double = 0

  /// Of each tensor: the innermost level that keeps it, working instances a keeper's instance
  /// feeds, and reads a keeper's step needs for each of their tiles.
  var keeper = SIMD4<Int8>(repeating: 0)
  var copies = SIMD4<Double>(repeating: 1)
  var groups = SIMD4<Double>(repeating: 1)
  var outputChildren: Double = 1
  /// Extents by which a keeper's read of the input reaches over neighbours.
  var reach = SIMD8<Int32>(repeating: 1)
  /// Times an output word starts at zero in its keeper, all instances.
  var starts: Double = 0

  /// Whether another label of the same tile is at least as good whatever comes inside.
  @inline(__always)
  func isDominated(by other: SearchLabel) -> Bool {
    guard other.energy <= energy, other.exposed <= exposed, other.lanes == lanes,
      other.keeper == keeper, other.copies == copies, other.reach == reach,
      other.outputChildren <= outputChildren, other.starts >= starts,
      other.reduction >= reduction
    else { return false }
    guard all(other.groups .<= groups), all(other.stays .>= stays), all(other.ports .<= ports)
    else { return false }
    if slide < 0 { return true }
    return other.slide == slide && other.slideStep == slideStep
      && other.slidePasses >= slidePasses
  }

  @inline(__always)
  private func all(_ mask: SIMDMask<SIMD4<Int64>>) -> Bool { mask == .init(repeating: true) }
  @inline(__always)
  private func all(_ mask: SIMDMask<SIMD16<Int32>>) -> Bool { mask == .init(repeating: true) }
}
