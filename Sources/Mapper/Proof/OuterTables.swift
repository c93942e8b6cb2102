internal import Accelerators
internal import Dataflow
internal import Ops

/// What each outer chain of each dimension contributes, for one choice of what the levels keep.
final class OuterTables {
  /// A chain with its factors of each outer term, where the tensor moves at every tile and where it
  /// stays.
  struct Entry {
    var chain: OuterChain
    var moving = TermVector(repeating: 1)
    var staying = TermVector(repeating: 1)
  }

  /// Words of a tensor at a level that have to fit.
  struct Footprint {
    var level: Int
    var role: TensorRole
    var bits: Double
    /// Bits it may have, by itself or together with those that follow to the next level.
    var available: Double
    var isShared: Bool
  }

  let inner: InnerTables
  let context: ProofContext
  let terms: UnsafeBufferPointer<Term>
  /// Transfers that take time at ports, by level.
  let transfers: UnsafeBufferPointer<TileTransfer>
  let footprints: UnsafeBufferPointer<Footprint>
  /// Of each dimension, its chains.
  private let entries: [UnsafeBufferPointer<Entry>]
  /// The dimensions in the order in which the search assigns them: filter dimensions of axes first.
  let order: [Int]
  /// Footprints and transfers, whose words are counted.
  let watched: UnsafeBufferPointer<Watched>
  /// Of the dimensions from a position on, the least words of each term.
  private let rests: UnsafeBufferPointer<Double>
  /// Of the dimensions from a position on, the least words of each footprint.
  private let restsOfWords: UnsafeBufferPointer<Double>
  /// What every outer part adds at least: each tensor moves once.
  let least: LeastOuter

  /// `nil` where a dimension has too many chains.
  init?(_ inner: InnerTables) {
    self.inner = inner
    let context = inner.context
    self.context = context
    var lists: [[OuterChain]] = []
    for dimension in 0..<context.dimensionCount {
      guard
        let chains = OuterChain.all(
          of: dimension, context, longest: context.longestTiles(dimension, keeps: inner.keeps))
      else { return nil }
      lists.append(chains)
    }
    terms = UnsafeBufferPointer(copying: inner.terms.outer)
    let levels = 1..<max(1, context.arrayLevel + 1)
    transfers = UnsafeBufferPointer(
      copying: levels.flatMap { inner.ending[$0].filter(\.isTimed) })
    footprints = UnsafeBufferPointer(copying: levels.flatMap { Self.footprints(inner, $0) })
    let entries = lists.enumerated().map { dimension, chains in
      UnsafeBufferPointer(
        copying: chains.map { Self.entry(dimension, $0, inner.terms.outer, context) })
    }
    self.entries = entries
    let rank = { (dimension: Int) -> (Int, Int, Int) in
      (
        context.windowOfFilters[dimension] != nil ? 0 : 1, entries[dimension].count, dimension
      )
    }
    order = (0..<context.dimensionCount).sorted { rank($0) < rank($1) }
    let footprintList = Array(footprints)
    watched = UnsafeBufferPointer(
      copying: footprintList.map { Watched(role: $0.role, level: $0.level, isCutOff: false) }
        + transfers.map {
          Watched(
            role: $0.role, level: $0.level, isCutOff: $0.role == .output && !context.isPerfect)
        })
    var restsOfWords: [Double] = []
    for position in 0...order.count {
      for footprint in footprintList {
        restsOfWords.append(
          order[position...].reduce(1) { words, dimension in
            guard context.isRelevant(dimension, to: footprint.role) else { return words }
            guard footprint.role == .input, context.isInWindow(dimension) else {
              return context.isSimple(footprint.role, dimension) ? words : 0
            }
            // Windows are known once their outputs are assigned; before, one row of one.
            guard let window = context.windowOfOutputs[dimension] else { return words }
            return words * context.windows[window].words(outputs: 1, filters: 1)
          })
      }
    }
    self.restsOfWords = UnsafeBufferPointer(copying: restsOfWords)
    var rests = [[Double](repeating: 1, count: inner.terms.outer.count)]
    for dimension in order.reversed() {
      var words = rests[rests.count - 1]
      for (index, term) in inner.terms.outer.enumerated()
      where context.isRelevant(dimension, to: term.role)
        && !(term.role == .input && context.isInWindow(dimension))
      {
        words[index] *= context.words(term.role, along: dimension)
      }
      rests.append(words)
    }
    self.rests = UnsafeBufferPointer(copying: rests.reversed().flatMap { $0 })
    least = Self.least(inner)
  }

  deinit {
    terms.deallocate()
    transfers.deallocate()
    footprints.deallocate()
    for list in entries { list.deallocate() }
    rests.deallocate()
    restsOfWords.deallocate()
    watched.deallocate()
  }

  /// Whether every dimension can be cut at all.
  var isPossible: Bool { !entries.contains { $0.isEmpty } }

  /// The chains of a dimension.
  @inline(__always)
  func chains(_ dimension: Int) -> UnsafeBufferPointer<Entry> { entries[dimension] }

  /// Of the dimensions from a position on, the least words of each term.
  @inline(__always)
  func rest(_ position: Int) -> UnsafePointer<Double> {
    rests.baseAddress.unsafelyUnwrapped + position * terms.count
  }

  /// Of the dimensions from a position on, the least words of a footprint.
  @inline(__always)
  func restOfWords(_ position: Int, _ footprint: Int) -> Double {
    restsOfWords[position * footprints.count + footprint]
  }

  /// The chain of a dimension that a part has chosen.
  @inline(__always)
  func chain(_ dimension: Int, _ chosen: SIMD8<UInt16>) -> OuterChain {
    entries[dimension][Int(chosen[dimension])].chain
  }

  private static func footprints(_ inner: InnerTables, _ level: Int) -> [Footprint] {
    let space = inner.context.space
    guard let memory = space.hierarchy.levels[level].memory else { return [] }
    return inner.keeps[level].members.compactMap { role in
      let bits = Double(space.widthBits(role, level: level, outermostReduction: nil))
      return switch memory.capacity {
      case .unbounded: nil
      case .shared(let available):
        Footprint(
          level: level, role: role, bits: bits, available: Double(available), isShared: true)
      case .partitions(let available):
        Footprint(
          level: level, role: role, bits: bits, available: Double(available[role] ?? 0),
          isShared: false)
      }
    }
  }

  private static func entry(
    _ dimension: Int, _ chain: OuterChain, _ terms: [Term], _ context: ProofContext
  ) -> Entry {
    var entry = Entry(chain: chain)
    for (index, term) in terms.enumerated() {
      if context.isRelevant(dimension, to: term.role) {
        if term.role == .input && context.isInWindow(dimension) {
          entry.moving[index] = again(dimension, chain, term.child, context)
          continue
        }
        let words = context.words(term.role, along: dimension)
        entry.moving[index] = words
        entry.staying[index] = words
      } else {
        entry.moving[index] = Double(chain.counts[term.child])
      }
    }
    return entry
  }

  /// The share of an axis's words that moves at each further sweep over it.
  private static func again(
    _ dimension: Int, _ chain: OuterChain, _ level: Int, _ context: ProofContext
  ) -> Double {
    guard chain.counts[level] > 1 else { return 1 }
    guard let window = context.windowOfOutputs[dimension].map({ context.windows[$0] }),
      window.all > 0
    else { return 0 }
    // One loop by itself may come back to where nothing is held.
    if level == 1,
      window.restartsAfresh(dimension, step: chain.least[1], passes: chain.counts[1])
    {
      return 1
    }
    return window.again(isCut: true, isFilterCut: false) / window.all
  }

  private static func least(_ tables: InnerTables) -> LeastOuter {
    let context = tables.context
    let words = { (role: TensorRole) -> Double in
      switch role {
      case .weight: context.distinctWeights
      case .input: context.distinctInputs
      case .output: context.distinctOutputs
      }
    }
    var least = LeastOuter(energy: tables.terms.outerConstant)
    least.ports = PortCycles(repeating: 0) - tables.terms.savedOuter
    for term in tables.terms.outer {
      least.energy += max(0, term.price) * words(term.role)
      least.ports += (term.atParent + term.atChild) * words(term.role)
    }
    var all = least.ports - tables.terms.savedInner
    for term in tables.inner where term.parent <= context.arrayLevel {
      all += term.atParent * words(term.role)
    }
    least.slowestPort = all.largest * (1 - 1e-12)
    return least
  }
}
