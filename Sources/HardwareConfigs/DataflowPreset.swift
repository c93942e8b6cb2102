internal import Accelerators
internal import Dataflow
internal import Ops

/// Dataflows that every array has by name.
///
/// A preset says which dimensions the level with the largest fan-out may unroll, and what the
/// memories inside it may step through; everything else is free. The taxonomy is that of Chen, Emer
/// and Sze, "Eyeriss: a spatial architecture for energy-efficient dataflow for convolutional neural
/// networks", ISCA 2016, section IV.
enum DataflowPreset: String, CaseIterable {
  case free
  case rowStationary = "row-stationary"
  case weightStationary = "weight-stationary"
  case outputStationary = "output-stationary"

  /// The constraints on an array's levels.
  func constraints(on levels: [ArrayLevel]) -> DataflowConstraints {
    var constraints = DataflowConstraints.free(levelCount: levels.count)
    constraints.name = rawValue
    guard self != .free, let array = Self.largestFanout(levels) else { return constraints }
    for index in levels.indices where Self.size(levels[index]) > 1 {
      (constraints.levels[index].spatialX, constraints.levels[index].spatialY) = spatial
    }
    for index in levels.indices.dropFirst(array + 1) {
      guard let memory = levels[index].memory else { continue }
      constrain(&constraints.levels[index], keeping: memory.mayKeep)
    }
    return constraints
  }

  /// What may be unrolled along x and y.
  private var spatial: (x: DimensionSet?, y: DimensionSet?) {
    switch self {
    case .free: (nil, nil)
    case .rowStationary:
      // Filter rows down the columns, output rows along the rows, the rest by replication of the
      // logical set of processing elements over channels and filters.
      (DimensionSet(members: [.q, .k, .g]), DimensionSet(members: [.s, .c, .k, .g]))
    case .weightStationary:
      (DimensionSet(members: [.k, .g]), DimensionSet(members: [.c, .r, .s, .g]))
    case .outputStationary:
      (DimensionSet(members: [.q, .k, .g]), DimensionSet(members: [.p, .k, .g]))
    }
  }

  /// What the memories of a processing element step through, by the tensors they keep.
  private func constrain(_ level: inout DataflowConstraints.Level, keeping tensors: TensorSet) {
    switch self {
    case .free: break
    case .rowStationary:
      // The constraints Timeloop's Eyeriss-like exercise puts on its three scratchpads, which lie
      // in series; a partitioned scratchpad may do what the three may do together.
      if tensors == .weight {
        level.temporal = DimensionSet(members: [.r, .c])
      } else if tensors == .input {
        level.temporal = []
      } else if tensors == .output {
        level.temporal = DimensionSet(.k)
      } else if tensors == .all {
        level.temporal = DimensionSet(members: [.r, .c, .k])
      }
    case .weightStationary:
      // A weight stays while everything that uses it passes by.
      level.order = [.n, .p, .q]
    case .outputStationary:
      // An output stays until all its products are added.
      level.order = [.c, .r, .s]
    }
  }

  private static func size(_ level: ArrayLevel) -> Int64 {
    Int64(level.fanout.x.size) * Int64(level.fanout.y.size)
  }

  private static func largestFanout(_ levels: [ArrayLevel]) -> Int? {
    let largest = levels.indices.max { size(levels[$0]) < size(levels[$1]) }
    return largest.flatMap { size(levels[$0]) > 1 ? $0 : nil }
  }
}
