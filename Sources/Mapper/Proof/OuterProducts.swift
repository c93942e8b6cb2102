internal import Ops

/// What the outer chains of the dimensions assigned so far multiply to, by the number of dimensions.
///
/// A class, since it owns the memory that searches write to at every step.
final class OuterProducts {
  private let tables: OuterTables
  private let context: ProofContext
  private let terms: Int
  private let footprints: Int
  private let stride: Int
  private let values: UnsafeMutablePointer<Double>
  /// Footprints and transfers, whose words are watched.
  private let watched: UnsafeBufferPointer<OuterTables.Watched>

  init(_ tables: OuterTables) {
    self.tables = tables
    context = tables.context
    terms = tables.terms.count
    watched = tables.watched
    footprints = tables.footprints.count
    stride = 2 * terms + watched.count
    let count = max(1, stride * (context.dimensionCount + 1))
    values = .allocate(capacity: count)
    values.initialize(repeating: 1, count: count)
    for (index, term) in tables.terms.enumerated() where term.role == .input {
      // What no dimension of more than one index adds: counts of tensors that are there.
      let words = context.windows.reduce(1) { $0 * $1.all }
      values[index] = words
      values[terms + index] = words
    }
    for (index, entry) in watched.enumerated() where !context.present.contains(entry.role) {
      values[2 * terms + index] = 0
    }
  }

  deinit { values.deallocate() }

  /// Of each outer term, the words where it moves at every tile, after so many dimensions.
  @inline(__always)
  func moving(_ position: Int) -> UnsafeMutablePointer<Double> { values + position * stride }

  /// Of each outer term, the words where it stays.
  @inline(__always)
  func staying(_ position: Int) -> UnsafeMutablePointer<Double> {
    values + (position * stride + terms)
  }

  /// Of each transfer, the words of its first tile, or the last one of outputs.
  @inline(__always)
  func transferred(_ position: Int) -> UnsafeMutablePointer<Double> {
    values + (position * stride + 2 * terms + footprints)
  }

  /// Multiplies by a chain of the dimension at a position; `false` where the smallest tiles do not fit.
  ///
  /// - Parameter numbers: of each dimension, the number of its chain.
  @inline(__always)
  func extend(_ position: Int, _ numbers: SIMD8<UInt16>) -> Bool {
    let dimension = tables.order[position]
    let entry =
      tables.chains(dimension).baseAddress.unsafelyUnwrapped + Int(numbers[dimension])
    let (from, to) = (values + position * stride, values + (position + 1) * stride)
    for index in 0..<terms {
      to[index] = from[index] * entry.pointee.moving[index]
      to[terms + index] = from[terms + index] * entry.pointee.staying[index]
    }
    for index in 0..<watched.count {
      let words = from[2 * terms + index]
      to[2 * terms + index] =
        words * watched[index].factor(dimension, entry, numbers, tables)
    }
    return fits(to + 2 * terms, position + 1)
  }

  private func fits(_ words: UnsafeMutablePointer<Double>, _ position: Int) -> Bool {
    var used = 0.0
    var level = 0
    for index in 0..<footprints {
      let footprint = tables.footprints.baseAddress.unsafelyUnwrapped + index
      if footprint.pointee.level != level {
        level = footprint.pointee.level
        used = 0
      }
      let bits =
        words[index] * tables.restOfWords(position, index) * footprint.pointee.bits
      used = footprint.pointee.isShared ? used + bits : bits
      if used > footprint.pointee.available { return false }
    }
    return true
  }
}

extension OuterTables {
  /// Words of a tensor's tile at a level that are counted as dimensions are assigned.
  struct Watched {
    var role: TensorRole
    var level: Int
    /// Whether a tile at the border may be a single word.
    var isCutOff: Bool

    /// What a chain contributes.
    @inline(__always)
    func factor(
      _ dimension: Int, _ entry: UnsafePointer<Entry>, _ numbers: SIMD8<UInt16>,
      _ tables: OuterTables
    ) -> Double {
      let context = tables.context
      guard context.isRelevant(dimension, to: role) else { return 1 }
      if role == .input {
        if context.windowOfFilters[dimension] != nil { return 1 }
        if let number = context.windowOfOutputs[dimension] {
          let window = context.windowTable.baseAddress.unsafelyUnwrapped + number
          let filters =
            tables.chains(window.pointee.r).baseAddress.unsafelyUnwrapped
            + Int(numbers[window.pointee.r])
          return window.pointee.words(
            outputs: entry.pointee.chain.least[level], filters: filters.pointee.chain.least[level])
        }
      }
      if !context.isSimple(role, dimension) { return 0 }
      return isCutOff && entry.pointee.chain.counts[level] > 1
        ? 1 : Double(entry.pointee.chain.least[level])
    }
  }
}
