internal import Dataflow
internal import Ops

/// The inner chains of one dimension and what each contributes, to be read without counting
/// references.
///
/// Where the counts depend on the chain of another variable as well (on r, of the axis whose p this
/// is), tables have a row for each chain of that one.
struct InnerVariable {
  let dimension: Int
  let count: Int
  /// The variable whose chain rows are for; -1 if there is one row.
  let partner: Int
  let rows: Int
  let bound: Double
  /// Tensors (bits) that the dimension moves.
  let movedRoles: UInt8
  let chains: UnsafeMutablePointer<InnerChain>
  /// Factors of each term where the tensor moves as often as loops outside ask for, and where it
  /// stays over all of them.
  let moving: UnsafeMutablePointer<TermVector>
  let staying: UnsafeMutablePointer<TermVector>
  /// Words that tiles hold, by what ``InnerTables/footprints`` lists.
  let sizes: UnsafeMutablePointer<TermVector>
  /// Of each chain, passes along x and y of up to four fan-outs.
  let passesX: UnsafeMutablePointer<SIMD4<Int32>>
  let passesY: UnsafeMutablePointer<SIMD4<Int32>>
  let steps: UnsafeMutablePointer<Double>
  /// Of each chain, 1 for the terms whose tensor its loops in time move between the array level and the
  /// level that the term goes to, and 2 where they do so just around that level, with further levels between:
  /// then the loops in time of those count too, and factors are those of `deep`. With steps that divide only.
  let stops: UnsafeMutablePointer<TermVector>
  let deep: UnsafeMutablePointer<TermVector>
  /// Of each chain, the children that no access serves together, by term that ``Savings`` lists.
  let apart: UnsafeMutablePointer<SIMD4<Double>>
  /// Of each chain, its border shares (``ProofContext/borderShares(_:front:)``), and the largest of all.
  let shares: UnsafeMutablePointer<BorderShares>
  let mostShares: BorderShares
  /// Chains that are unrolled much alike and follow one another, so that what holds for all of them rules many
  /// out at once.
  let groups: UnsafeBufferPointer<ChainGroup>
  /// The least of each number in a group's chains, by row and group, where rows have them.
  let groupMoving: UnsafeMutablePointer<TermVector>
  let groupStaying: UnsafeMutablePointer<TermVector>
  let groupSizes: UnsafeMutablePointer<TermVector>
  private let hasGroups: UnsafeMutablePointer<Bool>

  init(
    _ dimension: Int, _ chains: [InnerChain], partner: Int?, partnerChains: [InnerChain]?,
    _ context: ProofContext, _ inner: [Term], _ savings: Savings,
    _ footprints: [InnerTables.Footprint]
  ) {
    self.dimension = dimension
    count = chains.count
    self.partner = partner ?? -1
    rows = max(1, partnerChains?.count ?? 1)
    bound = Double(context.bounds[dimension])
    movedRoles = (0..<3).reduce(UInt8(0)) {
      context.relevant[$1] & (1 << UInt8(dimension)) != 0 ? $0 | (1 << UInt8($1)) : $0
    }
    self.chains = .allocate(capacity: count)
    self.chains.initialize(from: chains, count: count)
    moving = .allocate(capacity: rows * count)
    staying = .allocate(capacity: rows * count)
    sizes = .allocate(capacity: rows * count)
    passesX = .allocate(capacity: count)
    passesY = .allocate(capacity: count)
    steps = .allocate(capacity: count)
    shares = .allocate(capacity: count)
    stops = .allocate(capacity: context.isPerfect ? count : 0)
    deep = .allocate(capacity: context.isPerfect ? rows * count : 0)
    apart = .allocate(capacity: count)
    let factors = ChainFactors(context: context, dimension: dimension)
    var most = BorderShares()
    for (number, chain) in chains.enumerated() {
      var (x, y) = (SIMD4<Int32>(repeating: 1), SIMD4<Int32>(repeating: 1))
      for (slot, level) in context.fanouts.enumerated() {
        x[slot] = chain.x[level]
        y[slot] = chain.y[level]
      }
      (passesX + number).initialize(to: x)
      (passesY + number).initialize(to: y)
      (steps + number).initialize(to: chain.steps)
      if context.isPerfect { (stops + number).initialize(to: factors.stops(chain, inner)) }
      (apart + number).initialize(to: factors.apart(chain, inner, savings))
      let share = context.borderShares(dimension, front: chain.mostFront)
      (shares + number).initialize(to: share)
      most = BorderShares.most(most, share)
      let alone = Entry(factors, chain, inner, footprints)
      for row in 0..<rows {
        var entry = alone
        if let partnerChains, row < partnerChains.count {
          entry.addWindow(factors, chain, filters: partnerChains[row], inner, footprints)
        }
        (moving + row * count + number).initialize(to: entry.moving)
        if context.isPerfect {
          (deep + row * count + number).initialize(
            to: factors.deep(chain, inner, moving: entry.moving))
        }
        (staying + row * count + number).initialize(to: entry.staying)
        (sizes + row * count + number).initialize(to: entry.sizes)
      }
    }
    mostShares = most
    groups = Self.grouped(chains, passesX, passesY, steps, shares, apart)
    let places = rows * groups.count
    groupMoving = .allocate(capacity: places)
    groupStaying = .allocate(capacity: places)
    groupSizes = .allocate(capacity: places)
    hasGroups = .allocate(capacity: rows)
    hasGroups.initialize(repeating: false, count: rows)
  }

  /// Chains of a group at most, and of a list that is worth grouping at least.
  private static let mostInGroup = 8
  private static let fewestGrouped = 24

  private static func grouped(
    _ chains: [InnerChain], _ x: UnsafeMutablePointer<SIMD4<Int32>>,
    _ y: UnsafeMutablePointer<SIMD4<Int32>>, _ steps: UnsafeMutablePointer<Double>,
    _ shares: UnsafeMutablePointer<BorderShares>, _ apart: UnsafeMutablePointer<SIMD4<Double>>
  ) -> UnsafeBufferPointer<ChainGroup> {
    let isAlike = { (first: Int, second: Int) in x[first] == x[second] && y[first] == y[second] }
    let kinds = chains.indices.dropFirst().count { !isAlike($0 - 1, $0) } + 1
    // Where few chains are unrolled alike, those go together whose passes along y are not far apart.
    let isNear =
      chains.count < 3 * kinds
      ? { (first: Int, second: Int) in
        x[first] == x[second] && all(y[second] .<= y[first] &+ (y[first] &>> 1))
      } : isAlike
    var groups: [ChainGroup] = []
    for number in chains.indices {
      if chains.count >= fewestGrouped, let last = groups.last,
        last.end - last.start < mostInGroup, isNear(last.start, number)
      {
        groups[groups.count - 1].end += 1
        groups[groups.count - 1].steps = min(last.steps, steps[number])
        groups[groups.count - 1].shares = BorderShares.most(last.shares, shares[number])
        groups[groups.count - 1].apart = larger(last.apart, apart[number])
        groups[groups.count - 1].y = smaller(last.y, y[number])
      } else {
        groups.append(
          ChainGroup(
            start: number, end: number + 1, y: y[number], steps: steps[number],
            shares: shares[number], apart: apart[number]))
      }
    }
    return UnsafeBufferPointer(copying: groups)
  }

  /// Makes the tables of a row's groups, when they are first needed.
  func fillGroups(row: Int) {
    if hasGroups[row] { return }
    hasGroups[row] = true
    for (number, group) in groups.enumerated() where group.isLarge {
      let entry = row * count + group.start
      var (move, stay, size) = (moving[entry], staying[entry], sizes[entry])
      for chain in 1..<max(1, group.end - group.start) {
        move = smaller(move, moving[entry + chain])
        stay = smaller(stay, staying[entry + chain])
        size = smaller(size, sizes[entry + chain])
      }
      let place = row * groups.count + number
      (groupMoving[place], groupStaying[place], groupSizes[place]) = (move, stay, size)
    }
  }

  func deallocate() {
    chains.deallocate()
    moving.deallocate()
    staying.deallocate()
    sizes.deallocate()
    passesX.deallocate()
    passesY.deallocate()
    steps.deallocate()
    shares.deallocate()
    stops.deallocate()
    deep.deallocate()
    apart.deallocate()
    groups.deallocate()
    groupMoving.deallocate()
    groupStaying.deallocate()
    groupSizes.deallocate()
    hasGroups.deallocate()
  }

  /// One chain's numbers.
  private struct Entry {
    var moving = TermVector(repeating: 1)
    var staying = TermVector(repeating: 1)
    var sizes = TermVector(repeating: 1)

    init(
      _ factors: ChainFactors, _ chain: InnerChain, _ inner: [Term],
      _ footprints: [InnerTables.Footprint]
    ) {
      for (index, term) in inner.enumerated() {
        (moving[index], staying[index]) = factors.factors(of: term, chain)
      }
      for (index, footprint) in footprints.enumerated() {
        sizes[index] = factors.size(at: footprint.level, of: footprint.role, chain)
      }
    }

    /// Takes the input's numbers from an axis that two dimensions reach.
    mutating func addWindow(
      _ factors: ChainFactors, _ chain: InnerChain, filters: InnerChain, _ inner: [Term],
      _ footprints: [InnerTables.Footprint]
    ) {
      let context = factors.context
      guard let number = context.windowOfOutputs[factors.dimension] else { return }
      let window = context.windows[number]
      for (index, term) in inner.enumerated() where term.role == .input {
        let words = factors.window(window, term, chain, filters: filters)
        moving[index] = words.moving
        staying[index] = words.staying
      }
      for (index, footprint) in footprints.enumerated() where footprint.role == .input {
        sizes[index] = factors.windowSize(window, at: footprint.level, chain, filters: filters)
      }
    }
  }
}

/// Some chains of a dimension with the same passes along x: places in its list, the fewest passes along y,
/// the fewest steps, the largest border shares and the most children apart.
struct ChainGroup {
  var start: Int
  var end: Int
  var y: SIMD4<Int32>
  var steps: Double
  var shares: BorderShares
  var apart: SIMD4<Double>

  /// Whether it has numbers of its own: those of one chain or two are as soon looked at.
  var isLarge: Bool { end - start > 2 }
}

/// The inner chain of each dimension.
struct ChosenChains {
  private var pointers: InlineArray<8, UnsafePointer<InnerChain>>

  /// - Parameter chain: what a dimension that the problem does not have gives.
  init(_ chain: UnsafePointer<InnerChain>) {
    pointers = InlineArray(repeating: chain)
  }

  @inline(__always)
  subscript(dimension: Int) -> UnsafePointer<InnerChain> {
    get { pointers[dimension] }
    set { pointers[dimension] = newValue }
  }
}
