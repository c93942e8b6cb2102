internal import Accelerators
internal import Dataflow
internal import Ops

extension ProofAudit {
  /// Spaces around a mapping, each inside the next: at first all of it is fixed (passes, orders, what
  /// is kept), in the end nothing is that the space it was drawn from leaves open.
  struct NestedSpaces {
    /// The space with memories that may just hold the mapping.
    let whole: Mapspace
    private let mapping: Mapping
    private let keeps: [TensorSet]
    /// Of what is fixed, numbers from 0 to 1: where more than that is to be fixed, it is.
    private var shares: [Double]

    /// - Parameter keeps: what the mapping keeps in each level.
    init(
      around mapping: CompactMapping, keeps: [TensorSet], of space: Mapspace,
      using random: inout some RandomNumberGenerator
    ) {
      self.mapping = Mapping(mapping)
      self.keeps = keeps
      whole = Mapspace(
        space.problem, on: Self.tightened(space, mapping, &random), factors: space.factors)
      shares = []
      // By level and dimension, passes in time and in space; by level, an order; and what is kept.
      let count = space.levels.count * (2 * space.dimensions.count + 1) + 1
      for _ in 0..<count { shares.append(Double.random(in: 0..<1, using: &random)) }
    }

    /// The space where about so much of the mapping is fixed.
    ///
    /// - Parameter share: 1 for all of it, 0 for nothing; what is fixed for less is so for more.
    func fixing(_ share: Double) -> Mapspace {
      var array = whole.array
      var next = 0
      let isFixed = { (next: inout Int) in
        next += 1
        return shares[next - 1] < share
      }
      let missing = max(0, whole.levels.count - array.dataflow.levels.count)
      array.dataflow.levels += Array(repeating: DataflowConstraints.Level(), count: missing)
      for (number, level) in mapping.levels.enumerated() {
        let (inTime, inSpace) = (level.temporal, level.spatialX + level.spatialY)
        for dimension in whole.dimensions {
          let (time, space) = (passes(inTime, dimension), passes(inSpace, dimension))
          if isFixed(&next) {
            array.dataflow.levels[number].temporalPasses[dimension] = time...time
          }
          if isFixed(&next) {
            array.dataflow.levels[number].spatialPasses[dimension] = space...space
          }
        }
        if isFixed(&next), inTime.count > 1 {
          // What is named already stays inside of all others.
          let inner = array.dataflow.levels[number].order ?? []
          array.dataflow.levels[number].order =
            inTime.map(\.dimension).filter { !inner.contains($0) } + inner
        }
      }
      let space = Mapspace(whole.problem, on: array, factors: whole.factors)
      return isFixed(&next) ? space.keeping(keeps) : space
    }

    private func passes(_ loops: [Loop], _ dimension: LoopDimension) -> Int32 {
      loops.reduce(1) { $1.dimension == dimension ? $0 * $1.passes : $0 }
    }

    // MARK: - Memories

    /// The array with some capacities as small as leaves room for the mapping, so that it just fits.
    private static func tightened(
      _ space: Mapspace, _ mapping: CompactMapping, _ random: inout some RandomNumberGenerator
    ) -> SpatialArray {
      var array = space.array
      for level in array.levels.indices where Bool.random(using: &random) {
        switch array.levels[level].memory?.storage {
        case .shared(let bytes?):
          let needed = least(bytes) { bytes in
            fits(mapping, .shared(capacityBytes: bytes), level, space, array)
          }
          array.levels[level].memory?.storage = .shared(capacityBytes: needed)
        case .partitions(var parts):
          for role in TensorRole.allCases {
            guard let bytes = parts[role] else { continue }
            parts[role] = least(bytes) { bytes in
              var less = parts
              less[role] = bytes
              return fits(mapping, .partitions(less), level, space, array)
            }
          }
          array.levels[level].memory?.storage = .partitions(parts)
        default: continue
        }
      }
      return array
    }

    private static func fits(
      _ mapping: CompactMapping, _ storage: Storage, _ level: Int, _ space: Mapspace,
      _ array: SpatialArray
    ) -> Bool {
      var array = array
      array.levels[level].memory?.storage = storage
      return MappingEvaluator(space.problem, on: array).figures(of: mapping) != nil
    }

    /// The least number from 1 on that is enough, where one that is known to be is given.
    private static func least(_ enough: Int64, _ isEnough: (Int64) -> Bool) -> Int64 {
      var (low, high) = (Int64(1), enough)
      while low < high {
        let middle = low + (high - low) / 2
        if isEnough(middle) { high = middle } else { low = middle + 1 }
      }
      return high
    }
  }
}
