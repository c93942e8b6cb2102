package import Accelerators
package import Dataflow
package import Ops

/// One change of an array that would let a problem be mapped that has no mapping.
package enum Relaxation: Hashable, Sendable {
  /// A larger memory, or where it is partitioned, a larger partition of a tensor.
  case capacity(level: Int, tensor: TensorRole?, bytes: Int64)
  /// More children along an axis.
  case fanout(level: Int, ArrayAxis, size: Int32)
  /// Another number of passes at a level, over time or across its children.
  case passes(level: Int, LoopDimension, isSpatial: Bool, ClosedRange<Int32>)
  /// A dimension that may have loops at a level over time.
  case temporal(level: Int, LoopDimension)
  /// A dimension that may be unrolled along an axis of a level's children.
  case spatial(level: Int, ArrayAxis, LoopDimension)
  /// A tensor that need not be kept at a level.
  case bypass(level: Int, TensorRole)
  /// Several memories that are all larger.
  case capacities([Capacity])

  /// What one memory would have to hold.
  package struct Capacity: Hashable, Sendable {
    package var level: Int
    package var tensor: TensorRole?
    package var bytes: Int64
  }
}

extension Relaxation {
  /// The array with the change.
  package func applied(to array: SpatialArray) -> SpatialArray {
    var array = array
    switch self {
    case .capacity(let level, let tensor, let bytes):
      array.levels[level].setCapacity(bytes, of: tensor)
    case .capacities(let capacities):
      for capacity in capacities {
        array.levels[capacity.level].setCapacity(capacity.bytes, of: capacity.tensor)
      }
    case .fanout(let level, .x, let size): array.levels[level].fanout.x.size = size
    case .fanout(let level, .y, let size): array.levels[level].fanout.y.size = size
    case .passes(let level, let dimension, isSpatial: false, let range):
      array.dataflow.levels[level].temporalPasses[dimension] = range
    case .passes(let level, let dimension, isSpatial: true, let range):
      array.dataflow.levels[level].spatialPasses[dimension] = range
    case .temporal(let level, let dimension):
      array.dataflow.levels[level].temporal?.insert(DimensionSet(dimension))
    case .spatial(let level, .x, let dimension):
      array.dataflow.levels[level].spatialX?.insert(DimensionSet(dimension))
    case .spatial(let level, .y, let dimension):
      array.dataflow.levels[level].spatialY?.insert(DimensionSet(dimension))
    case .bypass(let level, let tensor):
      array.levels[level].memory?.mustKeep.remove(TensorSet(tensor))
    }
    return array
  }

  /// The change in words, for a sentence that begins 'it could be mapped with'.
  package func text(on array: SpatialArray) -> String {
    let name = { (level: Int) in "'\(array.levels[level].name)'" }
    let capacity = { (level: Int, tensor: TensorRole?, bytes: Int64) in
      "\(Self.text(bytes: bytes)) for \(tensor.map { "\($0.name) in " } ?? "")\(name(level))"
    }
    switch self {
    case .capacity(let level, let tensor, let bytes): return capacity(level, tensor, bytes)
    case .capacities(let capacities):
      return capacities.map { capacity($0.level, $0.tensor, $0.bytes) }.joined(separator: " and ")
    case .fanout(let level, let axis, let size):
      return "\(size) children of \(name(level)) along \(axis.name)"
    case .passes(let level, let dimension, let isSpatial, let range):
      let kind = isSpatial ? "spatial" : "temporal"
      let count =
        range.lowerBound == range.upperBound
        ? "\(range.lowerBound)"
        : range.upperBound == .max
          ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
      return "\(count) \(kind) passes of \(dimension.name) at \(name(level))"
    case .temporal(let level, let dimension):
      return "\(dimension.name) in 'temporal' of \(name(level))"
    case .spatial(let level, let axis, let dimension):
      return "\(dimension.name) in 'spatial_\(axis.name)' of \(name(level))"
    case .bypass(let level, let tensor): return "\(tensor.name) bypassing \(name(level))"
    }
  }

  /// Bytes in the unit in which they are a whole number.
  private static func text(bytes: Int64) -> String {
    let units: [(name: String, bytes: Int64)] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1024)]
    for unit in units where bytes >= unit.bytes && bytes % unit.bytes == 0 {
      return "\(bytes / unit.bytes) \(unit.name)"
    }
    return "\(bytes) B"
  }
}

extension ArrayLevel {
  fileprivate mutating func setCapacity(_ bytes: Int64, of tensor: TensorRole?) {
    switch memory?.storage {
    case .shared: memory?.storage = .shared(capacityBytes: bytes)
    case .partitions(var capacities):
      if let tensor { capacities[tensor] = bytes }
      memory?.storage = .partitions(capacities)
    case nil: break
    }
  }
}
