internal import Dataflow
internal import Ops

/// A number for each term of the inner part.
typealias TermVector = SIMD16<Double>

/// What each inner chain of each dimension contributes, for one choice of what the levels keep.
final class InnerTables {
  /// Words of a tensor at a level that have to fit.
  struct Footprint {
    var level: Int
    var role: TensorRole
    var bits: Double
    /// Footprints that share a memory add up: the number of the memory.
    var memory: Int
  }

  let context: ProofContext
  let keeps: [TensorSet]
  let terms: Terms
  let inner: [Term]
  let savings: Savings
  /// Of each level, the tensors (bits) kept inside it.
  let keptInside: SIMD16<UInt8>
  /// Of each level, the transfers that end there.
  let ending: [[TileTransfer]]
  /// The same terms and transfers, to be read without counting references.
  let termTable: UnsafeBufferPointer<Term>
  let transferTable: UnsafeBufferPointer<TileTransfer>
  /// The dimensions in the order in which the search assigns them.
  let variables: UnsafeBufferPointer<InnerVariable>
  /// What stands for the chain of a dimension that the problem does not have.
  private let blank: UnsafeMutablePointer<InnerChain>
  /// Of each dimension, the number of its variable.
  let variableNumbers: SIMD8<UInt8>
  let footprints: [Footprint]
  /// Of each memory, the bits it has.
  let available: [Double]
  let footprintTable: UnsafeBufferPointer<Footprint>
  let availableTable: UnsafeBufferPointer<Double>
  /// Of the variables from one on, the least factors of all chains.
  let least: LeastFactors
  /// Whether all chains are listed, or where they are too many, only those whose tiles inside the array level
  /// have no remainder.
  let isWhole: Bool
  /// Entries of all chains' tables, which make up most of the memory.
  let entryCount: Int
  private static let mostEntries = 120_000

  /// `nil` where there are too many chains, or more terms than fit.
  init?(_ context: ProofContext, keeps: [TensorSet]) {
    self.context = context
    self.keeps = keeps
    terms = Terms(
      context.space, keeps: keeps, prices: context.prices, arrayLevel: context.arrayLevel,
      present: context.present, distinctOutputs: context.distinctOutputs)
    inner = Self.merged(terms.inner)
    savings = Savings(inner, iterations: context.iterations)
    ending = terms.tileTransfers(keeps: keeps)
    var (keptInside, kept) = (SIMD16<UInt8>(repeating: 0), UInt8(0))
    for level in keeps.indices.reversed() {
      keptInside[level] = kept
      kept |= keeps[level].rawValue
    }
    self.keptInside = keptInside
    guard inner.count <= TermVector.scalarCount, terms.outer.count <= TermVector.scalarCount
    else { return nil }
    (footprints, available) = Self.footprints(context, keeps: keeps)
    var lists = Self.chains(context, keeps: keeps, isEven: false)
    isWhole = lists != nil
    if lists == nil && !context.isPerfect {
      lists = Self.chains(context, keeps: keeps, isEven: true)
    }
    guard let (chains, entries) = lists else { return nil }
    entryCount = entries
    let order = Self.order(context, counts: chains.map(\.count))
    var variables: [InnerVariable] = []
    var numbers = SIMD8<UInt8>(repeating: 0)
    for (number, dimension) in order.enumerated() {
      numbers[dimension] = UInt8(number)
      let filters = context.windowOfOutputs[dimension].map { context.windows[$0].r }
      let partner = filters.flatMap { order.firstIndex(of: $0) }
      variables.append(
        InnerVariable(
          dimension, chains[dimension], partner: partner,
          partnerChains: filters.map { chains[$0] }, context, inner, savings, footprints))
    }
    self.variables = UnsafeBufferPointer(copying: variables)
    variableNumbers = numbers
    blank = .allocate(capacity: 1)
    blank.initialize(to: InnerChain())
    footprintTable = UnsafeBufferPointer(copying: footprints)
    availableTable = UnsafeBufferPointer(copying: available)
    termTable = UnsafeBufferPointer(copying: inner)
    transferTable = UnsafeBufferPointer(
      copying: ending.dropFirst(context.arrayLevel + 1).flatMap { $0.filter(\.isTimed) })
    least = LeastFactors(variables, context)
  }

  deinit {
    for variable in variables { variable.deallocate() }
    variables.deallocate()
    blank.deallocate()
    footprintTable.deallocate()
    availableTable.deallocate()
    termTable.deallocate()
    transferTable.deallocate()
  }

  /// The chains of each dimension, and the entries that their tables have; `nil` where there are too many.
  private static func chains(
    _ context: ProofContext, keeps: [TensorSet], isEven: Bool
  ) -> (chains: [[InnerChain]], entries: Int)? {
    let loops = NeededLoops(context, keeps: keeps).dimensions
    var chains: [[InnerChain]] = []
    for dimension in 0..<context.dimensionCount {
      guard
        let list = InnerChains(
          context.space, arrayLevel: context.arrayLevel, dimension: dimension,
          longest: context.longestTiles(dimension, keeps: keeps), loops: loops, isEven: isEven)
      else { return nil }
      chains.append(list.all)
    }
    var entries = 0
    for (dimension, list) in chains.enumerated() {
      let filters = context.windowOfOutputs[dimension].map { context.windows[$0].r }
      entries += list.count * max(1, filters.map { chains[$0].count } ?? 1)
    }
    if entries > mostEntries { return nil }
    return (chains.map { $0.ordered(context.fanouts) }, entries)
  }

  /// The chain of each dimension that a part has chosen.
  @inline(__always)
  func chosen(_ numbers: SIMD8<UInt16>) -> ChosenChains {
    var chains = ChosenChains(blank)
    for number in variables.indices {
      let variable = variables[number]
      chains[variable.dimension] = UnsafePointer(variable.chains + Int(numbers[number]))
    }
    return chains
  }

  /// Terms that are as many as fit: of the others, one whose words are served along more axes takes
  /// the price, which is never more.
  private static func merged(_ terms: [Term]) -> [Term] {
    var terms = terms
    while terms.count > TermVector.scalarCount {
      let last = terms.indices.last { index in
        terms[index].price >= 0
          && terms[..<index].contains {
            $0.role == terms[index].role && $0.child == terms[index].child
          }
      }
      guard let last,
        let first = terms.firstIndex(where: {
          $0.role == terms[last].role && $0.child == terms[last].child
        })
      else { return terms }
      terms[first].price += terms[last].price
      terms.remove(at: last)
    }
    return terms
  }

  /// Filter dimensions of axes first, those of outputs last, and short lists before long ones.
  private static func order(_ context: ProofContext, counts: [Int]) -> [Int] {
    let rank = { (dimension: Int) -> (Int, Int, Int) in
      if context.windowOfFilters[dimension] != nil { return (0, counts[dimension], dimension) }
      if context.windowOfOutputs[dimension] != nil { return (2, counts[dimension], dimension) }
      return (1, counts[dimension], dimension)
    }
    return (0..<context.dimensionCount).sorted { rank($0) < rank($1) }
  }

  private static func footprints(
    _ context: ProofContext, keeps: [TensorSet]
  ) -> ([Footprint], [Double]) {
    var found: [Footprint] = []
    var available: [Double] = []
    let space = context.space
    for level in keeps.indices where level > context.arrayLevel {
      guard let memory = space.hierarchy.levels[level].memory else { continue }
      let first = available.count
      if case .shared(let bits) = memory.capacity { available.append(Double(bits)) }
      for role in keeps[level].members where context.present.contains(role) {
        switch memory.capacity {
        case .unbounded: continue
        case .shared: break
        case .partitions(let bits): available.append(Double(bits[role] ?? 0))
        }
        if found.count == TermVector.scalarCount { continue }
        let number = if case .shared = memory.capacity { first } else { available.count - 1 }
        found.append(
          Footprint(
            level: level, role: role,
            bits: Double(space.widthBits(role, level: level, outermostReduction: nil)),
            memory: number))
      }
    }
    return (found, available)
  }
}
