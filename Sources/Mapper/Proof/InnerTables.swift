internal import Dataflow
internal import Ops

/// A number for each term of the inner part.
typealias TermVector = SIMD16<Double>

/// What each inner chain of each dimension contributes, for one choice of what the levels keep.
final class InnerTables {
  /// A dimension in the order in which the search assigns them.
  struct Variable {
    var dimension: Int
    var chains: [InnerChain]
    /// The variable whose chain this one's counts depend on (r of the axis whose p this is).
    var partner: Int?
    /// By chain of the partner (if any), then by own chain: factors of each term where the tensor
    /// moves as often as loops outside ask for, and where it stays over all loops outside.
    var moving: UnsafeMutableBufferPointer<TermVector>
    var staying: UnsafeMutableBufferPointer<TermVector>
    /// Words that tiles hold, by what ``footprints`` lists.
    var sizes: UnsafeMutableBufferPointer<TermVector>
    /// Of each chain, passes along x and y of up to four fan-outs.
    var passesX: UnsafeMutableBufferPointer<SIMD4<Int32>>
    var passesY: UnsafeMutableBufferPointer<SIMD4<Int32>>
    var steps: UnsafeMutableBufferPointer<Double>
    var fronts: UnsafeMutableBufferPointer<Double>
  }

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
  /// Of each level, the transfers that end there.
  let ending: [[TileTransfer]]
  private(set) var variables: [Variable] = []
  let footprints: [Footprint]
  /// Of each memory, the bits it has.
  let available: [Double]
  /// Of the variables from one on, the least factors of all chains.
  let leastMoving: UnsafeBufferPointer<TermVector>
  let leastStaying: UnsafeBufferPointer<TermVector>
  /// The same tables, to be read without counting references.
  let columns: UnsafeBufferPointer<Column>
  let footprintTable: UnsafeBufferPointer<Footprint>
  let availableTable: UnsafeBufferPointer<Double>
  let leastSteps: LeastSteps

  /// `nil` where there are too many chains, or more terms than fit.
  init?(_ context: ProofContext, keeps: [TensorSet]) {
    self.context = context
    self.keeps = keeps
    terms = Terms(
      context.space, keeps: keeps, prices: context.prices, arrayLevel: context.arrayLevel,
      present: context.present, distinctOutputs: context.distinctOutputs)
    inner = Self.merged(terms.inner)
    ending = terms.tileTransfers(keeps: keeps)
    guard inner.count <= TermVector.scalarCount else { return nil }
    (footprints, available) = Self.footprints(context, keeps: keeps)
    var chains: [[InnerChain]] = []
    for dimension in 0..<context.dimensionCount {
      guard
        let list = InnerChains(
          context.space, arrayLevel: context.arrayLevel, dimension: dimension,
          longest: context.longestTiles(dimension, keeps: keeps))
      else { return nil }
      chains.append(list.all)
    }
    let order = Self.order(context, counts: chains.map(\.count))
    for dimension in order {
      let filters = context.windowOfOutputs[dimension].map { context.windows[$0].r }
      let partner = filters.flatMap { order.firstIndex(of: $0) }
      variables.append(
        Self.variable(
          dimension, chains[dimension], partner: partner,
          partnerChains: filters.map { chains[$0] }, context, inner, footprints))
    }
    var (moving, staying) = ([TermVector(repeating: 1)], [TermVector(repeating: 1)])
    for variable in variables.reversed() {
      moving.append(moving[moving.count - 1] * variable.moving.least)
      staying.append(staying[staying.count - 1] * variable.staying.least)
    }
    leastMoving = UnsafeBufferPointer(copying: moving.reversed())
    leastStaying = UnsafeBufferPointer(copying: staying.reversed())
    footprintTable = UnsafeBufferPointer(copying: footprints)
    availableTable = UnsafeBufferPointer(copying: available)
    columns = UnsafeBufferPointer(copying: variables.compactMap { $0.column(context) })
    leastSteps = LeastSteps(variables, context)
  }

  deinit {
    for variable in variables {
      variable.moving.deallocate()
      variable.staying.deallocate()
      variable.sizes.deallocate()
      variable.passesX.deallocate()
      variable.passesY.deallocate()
      variable.steps.deallocate()
      variable.fronts.deallocate()
    }
    columns.deallocate()
    footprintTable.deallocate()
    availableTable.deallocate()
    leastMoving.deallocate()
    leastStaying.deallocate()
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

  private static func variable(
    _ dimension: Int, _ chains: [InnerChain], partner: Int?, partnerChains: [InnerChain]?,
    _ context: ProofContext, _ inner: [Term], _ footprints: [Footprint]
  ) -> Variable {
    let rows = max(1, partnerChains?.count ?? 1)
    let factors = ChainFactors(context: context, dimension: dimension)
    let count = chains.count
    let one = TermVector(repeating: 1)
    let variable = Variable(
      dimension: dimension, chains: chains, partner: partner,
      moving: .filled(with: one, count: rows * count),
      staying: .filled(with: one, count: rows * count),
      sizes: .filled(with: one, count: rows * count),
      passesX: .filled(with: SIMD4(repeating: 1), count: count),
      passesY: .filled(with: SIMD4(repeating: 1), count: count),
      steps: .filled(with: 1, count: count), fronts: .filled(with: 1, count: count))
    for (number, chain) in chains.enumerated() {
      for (slot, level) in context.fanouts.enumerated() {
        variable.passesX[number][slot] = chain.x[level]
        variable.passesY[number][slot] = chain.y[level]
      }
      variable.steps[number] = chain.steps
      variable.fronts[number] = Double(chain.mostFront)
      var (moving, staying) = (one, one)
      for (index, term) in inner.enumerated() {
        (moving[index], staying[index]) = factors.factors(of: term, chain)
      }
      var sizes = one
      for (index, footprint) in footprints.enumerated() {
        sizes[index] = factors.size(at: footprint.level, of: footprint.role, chain)
      }
      for row in 0..<rows {
        var (rowMoving, rowStaying, rowSizes) = (moving, staying, sizes)
        if let partnerChains, row < partnerChains.count,
          let window = context.windowOfOutputs[dimension]
        {
          for (index, term) in inner.enumerated() where term.role == .input {
            let words = factors.window(
              context.windows[window], term, chain, filters: partnerChains[row])
            rowMoving[index] = words.moving
            rowStaying[index] = words.staying
          }
          for (index, footprint) in footprints.enumerated() where footprint.role == .input {
            rowSizes[index] = factors.windowSize(
              context.windows[window], at: footprint.level, chain, filters: partnerChains[row])
          }
        }
        variable.moving[row * count + number] = rowMoving
        variable.staying[row * count + number] = rowStaying
        variable.sizes[row * count + number] = rowSizes
      }
    }
    return variable
  }
}

extension InnerTables.Variable {
  /// The variable's tables as pointers.
  func column(_ context: ProofContext) -> Column? {
    guard let moving = moving.baseAddress, let staying = staying.baseAddress,
      let sizes = sizes.baseAddress, let passesX = passesX.baseAddress,
      let passesY = passesY.baseAddress, let steps = steps.baseAddress,
      let fronts = fronts.baseAddress
    else { return nil }
    return Column(
      count: chains.count, partner: partner ?? -1, bound: Double(context.bounds[dimension]),
      movedRoles: (0..<3).reduce(UInt8(0)) {
        context.relevant[$1] & (1 << UInt8(dimension)) != 0 ? $0 | (1 << UInt8($1)) : $0
      }, moving: moving, staying: staying, sizes: sizes, passesX: passesX, passesY: passesY,
      steps: steps, fronts: fronts)
  }
}

extension UnsafeMutableBufferPointer<TermVector> {
  /// The least of each number; infinite for an empty list.
  var least: TermVector {
    reduce(TermVector(repeating: .infinity)) { pointwiseMin($0, $1) }
  }
}

/// What one chain of a dimension contributes to counts, at least.
struct ChainFactors {
  let context: ProofContext
  let dimension: Int

  private func divided(_ whole: Int64, _ part: Int64) -> Int64 {
    (whole + part - 1) / max(1, part)
  }

  /// A term's factors where the tensor moves as often as loops outside ask for, and where it stays
  /// over all of them.
  func factors(of term: Term, _ chain: InnerChain) -> (moving: Double, staying: Double) {
    if context.isRelevant(dimension, to: term.role) {
      if term.role == .input && context.isInWindow(dimension) { return (1, 1) }
      let words = context.words(term.role, along: dimension)
      return (words, words)
    }
    if term.child == context.levelCount {
      var shared: Int64 = 1
      for level in context.arrayLevel..<context.levelCount {
        shared *= chain.split(level, term.shared[level]).shared
      }
      let count = Double(divided(Int64(context.bounds[dimension]), shared))
      return (count, count)
    }
    return (
      moves(of: term, chain, stayingInside: context.arrayLevel),
      Double(apart(of: term, chain, from: context.arrayLevel))
    )
  }

  /// Children at levels from one on that no access serves together.
  private func apart(of term: Term, _ chain: InnerChain, from level: Int) -> Int64 {
    groups(term.shared, chain, level..<max(level, term.child))
  }

  /// Children at some levels that no access serves together. With imperfect factors only the first
  /// child of a level surely has as many of its own as there can be.
  func groups(_ shared: SIMD16<UInt8>, _ chain: InnerChain, _ levels: Range<Int>) -> Int64 {
    levels.reversed().reduce(1) { inner, level in
      let own = apart(at: level, shared[level], chain)
      return context.isPerfect ? own * inner : own - 1 + inner
    }
  }

  /// Children of one level that no access serves together, at least: with imperfect factors the last
  /// along one axis may leave nothing for the last along the other.
  func apart(at level: Int, _ shared: UInt8, _ chain: InnerChain) -> Int64 {
    let split = chain.split(level, shared)
    guard !context.isPerfect, split.apart > 1 else { return split.apart }
    let front = Int64(level == context.arrayLevel ? chain.leastFront : chain.front[level])
    let tile = level + 1 < context.levelCount ? Int64(chain.tile[level + 1]) : 1
    return max(1, min(split.apart, divided(front, tile * split.shared)))
  }

  /// How often a tensor that the dimension does not move is moved along it, at least, where it stays
  /// over the loops in time of levels inside one.
  func moves(of term: Term, _ chain: InnerChain, stayingInside level: Int) -> Double {
    let shared = (context.arrayLevel...level).reduce(Int64(1)) {
      $0 * chain.split($1, term.shared[$1]).shared
    }
    let tile = level + 1 < context.levelCount ? Int64(chain.tile[level + 1]) : 1
    let whole = divided(Int64(context.bounds[dimension]), tile * shared)
    let inner = apart(of: term, chain, from: level + 1)
    return Double(context.isPerfect ? whole * inner : whole - 1 + inner)
  }

  /// Extent of a dimension that one access serves, and children that hold parts of it by themselves.
  private func reach(
    of term: Term, _ chain: InnerChain
  ) -> (extent: Int64, apart: Int64, isOneRange: Bool) {
    var extent = term.child < context.levelCount ? Int64(chain.tile[term.child]) : 1
    var isOneRange = true
    for level in (context.arrayLevel..<term.child).reversed() {
      let shared = term.shared[level]
      let passes = chain.split(level, shared).shared
      let tile = level + 1 < context.levelCount ? Int64(chain.tile[level + 1]) : 1
      if passes > 1, extent != tile || shared == 1 && chain.y[level] > 1 { isOneRange = false }
      extent *= passes
    }
    return (
      extent, groups(term.shared, chain, context.arrayLevel..<term.child), isOneRange
    )
  }

  /// Words of the input along an axis, in all tiles of the term: each time that loops outside make it
  /// move anew, and the first time.
  ///
  /// A sweep over the axis that begins anew may find some of its first tile still held by the last.
  func window(
    _ window: WindowWords, _ term: Term, _ chain: InnerChain, filters: InnerChain
  ) -> (moving: Double, staying: Double) {
    let (rows, apart, isOneRange) = reach(of: term, chain)
    let (wide, filtersApart, areOneRange) = reach(of: term, filters)
    // Ranges apart may share more than neighbours do, if the rows of p are several words apart.
    if !(isOneRange && areOneRange), window.strideOfOutputs > 1 {
      return (term.child == context.levelCount ? window.all : 0, window.all)
    }
    let bound = Int64(context.bounds[dimension])
    let pieces = Int(divided(bound, rows))
    let longest = Int32(clamping: wide)
    if term.child == context.levelCount {
      let words = window.present(outputs: pieces, longestFilter: longest)
      return (words, words)
    }
    if wide * filtersApart < Int64(context.bounds[window.r]) { return (0, window.all) }
    var gap: Int64 = 0
    if context.isPerfect && term.child == context.arrayLevel + 1 {
      gap = max(0, Int64(chain.mostFront) - rows)
    }
    let instances = Int(min(apart, Int64(pieces)))
    let once = window.slid(
      outputs: pieces, longestFilter: longest, instances: instances,
      stepsOver: Int32(clamping: gap))
    if pieces <= instances && (context.isPerfect || pieces == 1) { return (once, once) }
    return (
      window.slidAgain(outputs: pieces, longestFilter: longest, stepsOver: Int32(clamping: gap)),
      once
    )
  }

  /// The same where no tile shares words with the one before it.
  func windowPresent(
    _ window: WindowWords, _ term: Term, _ chain: InnerChain, filters: InnerChain
  ) -> Double {
    let (rows, _, isOneRange) = reach(of: term, chain)
    let (wide, _, areOneRange) = reach(of: term, filters)
    if !(isOneRange && areOneRange), window.strideOfOutputs > 1 { return window.all }
    return window.present(
      outputs: Int(divided(Int64(context.bounds[dimension]), rows)),
      longestFilter: Int32(clamping: wide))
  }

  /// What the dimension contributes to the words of a tile that surely exists.
  func size(at level: Int, of role: TensorRole, _ chain: InnerChain) -> Double {
    guard context.isRelevant(dimension, to: role) else { return 1 }
    if role == .input && context.isInWindow(dimension) { return 1 }
    return context.isSimple(role, dimension) ? Double(chain.tile[level]) : 0
  }

  func windowSize(
    _ window: WindowWords, at level: Int, _ chain: InnerChain, filters: InnerChain
  ) -> Double {
    let full = { (chain: InnerChain, dimension: Int) -> Int32 in
      let (tile, bound) = (chain.tile[level], context.bounds[dimension])
      if tile == 1 || context.isPerfect { return bound / tile }
      return max(1, Int32(clamping: chain.passes(context.arrayLevel..<level)) - 1)
    }
    return window.words(
      outputs: chain.tile[level], filters: filters.tile[level],
      fullOutputs: full(chain, window.p), fullFilters: full(filters, window.r))
  }
}

/// The fewest steps in time of the dimensions from one on, by the children left along each axis.
struct LeastSteps {
  private let indexX: [Int]
  private let indexY: [Int]
  private let widthY: Int
  private let size: Int
  private var table: [Double]

  init(_ variables: [InnerTables.Variable], _ context: ProofContext) {
    let rules = context.space.levels[context.arrayLevel]
    let (valuesX, indexX) = Self.quotients(of: rules.sizeX)
    let (valuesY, indexY) = Self.quotients(of: rules.sizeY)
    self.indexX = indexX
    self.indexY = indexY
    widthY = valuesY.count
    size = valuesX.count * valuesY.count
    table = Array(repeating: 1, count: size * (variables.count + 1))
    for (number, variable) in variables.enumerated().reversed() {
      var best: [SIMD2<Int32>: Double] = [:]
      for chain in variable.chains {
        let key = SIMD2(chain.x[context.arrayLevel], chain.y[context.arrayLevel])
        best[key] = min(best[key] ?? .infinity, chain.steps)
      }
      let ways = Array(best)
      for (i, x) in valuesX.enumerated() {
        for (j, y) in valuesY.enumerated() {
          var least = Double.infinity
          for (passes, steps) in ways where passes.x <= x && passes.y <= y {
            let rest =
              (number + 1) * size + indexX[Int(x / passes.x)] * widthY + indexY[Int(y / passes.y)]
            least = min(least, steps * table[rest])
          }
          table[number * size + i * widthY + j] = least
        }
      }
    }
  }

  /// The values that a size can be divided to, and of each number up to it the index of the largest
  /// of them that is not larger.
  private static func quotients(of size: Int32) -> (values: [Int32], index: [Int]) {
    var values: Set<Int32> = []
    var divisor: Int32 = 1
    while divisor <= size {
      let quotient = size / divisor
      values.insert(quotient)
      divisor = size / quotient + 1
    }
    let sorted = values.sorted()
    var index: [Int] = [0]
    for number in 1...max(1, size) {
      index.append((sorted.lastIndex { $0 <= number } ?? 0))
    }
    return (sorted, index)
  }

  @inline(__always)
  func callAsFunction(_ variable: Int, x: Int32, y: Int32) -> Double {
    table[variable * size + indexX[Int(x)] * widthY + indexY[Int(y)]]
  }
}
