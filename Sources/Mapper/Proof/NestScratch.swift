internal import Dataflow
internal import Ops

/// Where whole nests are put together, so that looking at one allocates nothing.
final class NestScratch {
  /// The most flows that are followed through orders of loops; others count as what stays.
  static let mostFlows = 16

  /// Of each dimension, how it is cut, or what holds for all ways that are open.
  let chains: UnsafeMutablePointer<CutChain>
  /// Of each dimension with several ways to cut it, what holds for all of them.
  let open: UnsafeMutablePointer<CutChain>
  /// Of each dimension, the ways to cut it, and the dimensions with more than one.
  let cuts: UnsafeMutablePointer<OpenCuts>
  let cutMemo: CutMemo
  var uncut = InlineArray<8, Int>(repeating: 0)
  var uncutCount = 0
  /// The first three are those to the levels below the array level.
  let flows: UnsafeMutablePointer<Flow>
  var flowCount = 3
  /// Of each dimension (the lowest bits first), the flows whose tensor it moves.
  var moved = SIMD8<UInt16>(repeating: 0)
  /// Of each level, the flows that its loops in time can move, and those that start there.
  var active = PerLevel<UInt16>(repeating: 0)
  var starting = PerLevel<UInt16>(repeating: 0)
  /// Of each level, the orders of its loops in time.
  let orders: UnsafeMutablePointer<UnsafeBufferPointer<LoopOrder>>
  private let memo: OrderMemo
  /// Of each level, what flows that start further out move at least.
  let outside: UnsafeMutablePointer<Traffic>
  /// What those move that start next to the array level, by the set of tensors that the innermost loop
  /// there leaves in place.
  var nearest = InlineArray<3, Traffic>(repeating: Traffic())
  /// Port time of outer parts whose bounds were tightened.
  private var tightPorts: [UnsafeMutablePointer<PortCycles>] = []
  private var usedPorts = 0
  private static let portsInChunk = 512
  /// Orders of the levels down to the array level that bounds do not rule out.
  var found: [FoundOrders] = []
  /// The inner part whose flows are the first three; whoever looks at another one clears it, since it
  /// may be at the same place.
  var part: UnsafePointer<InnerPart>?
  var fixed = Traffic()
  /// The first three flows as the part alone tells them, and whether those in use know more.
  private let partFlows: UnsafeMutablePointer<Flow>
  private var knowsCuts = false
  private let context: ProofContext

  init(_ context: ProofContext) {
    self.context = context
    chains = .allocate(capacity: 8)
    chains.initialize(repeating: CutChain(), count: 8)
    flows = .allocate(capacity: Self.mostFlows)
    flows.initialize(repeating: Flow(role: .weight, level: 0), count: Self.mostFlows)
    partFlows = .allocate(capacity: 3)
    partFlows.initialize(repeating: Flow(role: .weight, level: 0), count: 3)
    cuts = .allocate(capacity: 8)
    open = .allocate(capacity: 8)
    open.initialize(repeating: CutChain(), count: 8)
    cutMemo = CutMemo(context)
    orders = .allocate(capacity: context.levelCount)
    orders.initialize(
      repeating: UnsafeBufferPointer(start: nil, count: 0), count: context.levelCount)
    outside = .allocate(capacity: context.levelCount)
    outside.initialize(repeating: Traffic(), count: context.levelCount)
    memo = OrderMemo(context)
  }

  deinit {
    chains.deallocate()
    cuts.deallocate()
    open.deallocate()
    flows.deallocate()
    partFlows.deallocate()
    orders.deallocate()
    outside.deallocate()
    for ports in tightPorts { ports.deallocate() }
  }

  /// A place for port times of an outer part, by class, until the next call of ``begin(_:)``.
  func placeForPorts() -> UnsafeMutablePointer<PortCycles> {
    if usedPorts == Self.portsInChunk * tightPorts.count {
      tightPorts.append(.allocate(capacity: 3 * Self.portsInChunk))
    }
    let (chunk, place) = usedPorts.quotientAndRemainder(dividingBy: Self.portsInChunk)
    usedPorts += 1
    return tightPorts[chunk] + 3 * place
  }

  /// Gets ready for one choice of what the levels keep.
  func begin(_ tables: InnerTables) {
    part = nil
    usedPorts = 0
    cutMemo.clear()
    flowCount = min(Self.mostFlows, 3 + tables.terms.outer.count)
    moved = SIMD8(repeating: 0)
    active = PerLevel(repeating: 0)
    starting = PerLevel(repeating: 0)
    for number in 0..<flowCount {
      let bit = UInt16(1) << UInt16(number)
      let term = number < 3 ? nil : tables.terms.outer[number - 3]
      let level = term.map { $0.child - 1 } ?? context.arrayLevel
      let relevant = context.relevant[term.map { Int($0.role.rawValue) } ?? number]
      for dimension in 0..<context.dimensionCount where relevant & (1 << UInt8(dimension)) != 0 {
        moved[dimension] |= bit
      }
      for level in 0...level { active[level] |= bit }
      if number >= 3 { starting[level] |= bit }
    }
  }

  /// Gets ready for an inner part; what only cuts of its dimensions tell is forgotten.
  func take(_ part: UnsafePointer<InnerPart>, _ tables: InnerTables) {
    if self.part != part {
      self.part = part
      fixed = tables.fillFlows(flows, of: part)
      partFlows.update(from: flows, count: 3)
    } else if knowsCuts {
      flows.update(from: partFlows, count: 3)
    }
    knowsCuts = false
  }

  /// Counts in the first three flows what the cuts tell.
  func takeCuts(_ tables: InnerTables) {
    guard let part else { return }
    _ = tables.fillFlows(flows, of: part, cuts: UnsafePointer(chains))
    knowsCuts = true
  }

  /// Notes that a dimension has more than one way to cut it; those of few come first.
  func leaveOpen(_ dimension: Int) {
    var place = uncutCount
    while place > 0, cuts[uncut[place - 1]].count > cuts[dimension].count {
      uncut[place] = uncut[place - 1]
      place -= 1
    }
    uncut[place] = dimension
    open[dimension] = chains[dimension]
    uncutCount += 1
  }

  /// Lists the orders of a level's loops, as the chains have them.
  func listOrders(_ level: Int, _ tables: InnerTables) {
    orders[level] = memo.orders(level, loops(level, tables))
  }

  /// How a level's loops run.
  private func loops(_ level: Int, _ tables: InnerTables) -> LoopedDimensions {
    var loops = LoopedDimensions()
    let bit = UInt16(1) << UInt16(level)
    for dimension in 0..<context.dimensionCount {
      let chain = chains + dimension
      guard chain.pointee.looped & bit != 0 else { continue }
      loops.looped |= 1 << UInt8(dimension)
      if chain.pointee.clean & bit != 0 { loops.clean |= 1 << UInt8(dimension) }
      if context.restartsAfresh(dimension, level, UnsafePointer(chains)) {
        loops.afresh |= 1 << UInt8(dimension)
      }
    }
    loops.kept = tables.keptInside[level]
    return loops
  }
}

/// Orders of all levels down to the array level, with lower bounds of mappings that have them.
struct FoundOrders {
  var orders: InlineArray<16, LoopOrder>
  var energy: Double
  var cycles: Double
  var score: Double
}

/// An inner part and an outer one whose tiles are being chosen.
struct NestPair {
  let inner: UnsafePointer<InnerPart>
  let tables: InnerTables
  /// Memories that are not inside the array level's children.
  let footprints: UnsafeBufferPointer<OuterTables.Footprint>
  /// Cycles that come on top of the steps.
  var exposed: Double
  var leastCycles: Double
  /// The least energy without leakage.
  var energy: Double
  /// What moves above the array level at least.
  var outside: Traffic
}
