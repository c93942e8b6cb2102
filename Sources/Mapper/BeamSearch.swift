internal import Accelerators
internal import Dataflow
internal import Ops

/// Builds mappings level by level from the outside in, keeping the most promising outer parts.
///
/// Costs follow `Documentation/Model.md` for factors that divide, with three simplifications: a
/// tile at the border has the mean size of all tiles, a slide that wraps back over its start is
/// not seen, and neighbours forward nothing. The best mappings found are evaluated exactly by the
/// caller. A part is dropped when another part of the same tile is at least as good, when a lower
/// bound of what it leads to is above the incumbent, or when the beam is full.
struct BeamSearch {
  let space: Mapspace
  let tiles: TileTables
  let costs: CostTables
  let objective: Objective
  private let levels: [Mapspace.LevelRules]
  private let orders: [LoopOrders]
  private let options: [SpatialOptions]
  /// Cuts of a tile's extent over time, by level, dimension and index of the extent.
  private let cuts: [[[[Cut]]]]
  private let keepChoices: [[TensorSet]]
  private let iterations: Double
  private let relevantOutput: UInt8

  /// Every label that others continue.
  private(set) var history: [SearchLabel] = []
  private(set) var evaluations: Int64 = 0
  /// Whether a promising part was dropped because the beam was full.
  private(set) var hasOverflowed = false
  private var limit: Limit?
  private var finished: [Finished] = []
  /// Of each level and tile, the most children that can work on the tile or a part of it, by
  /// fan-out alone.
  private let mostChildren: [Double]
  /// Of each level and tile, the most children that leave a tile the level inside can take in; 0
  /// where there is no such way, negative where it is not known yet.
  private var bestChildren: [Double]
  /// Of each level and tile, whether the tile may enter it: 0 not known, 1 yes, 2 no.
  private var admitted: [UInt8]

  private struct Cut: Sendable {
    var digit: UInt8
    var passes: Int32
  }

  /// Estimated figures of a part or a whole.
  struct Figures: Hashable, Sendable {
    var energy: Double
    var cycles: Double
  }

  /// A whole mapping by its last label.
  struct Finished: Sendable {
    var label: SearchLabel
    var figures: Figures
    var score: Double
  }

  /// What a part must not exceed.
  private struct Limit {
    var score: Double
    var figures: Figures
  }

  /// What searches of the same problem share, whatever the levels keep.
  struct Shared: Sendable {
    let orders: [LoopOrders]
    let options: [SpatialOptions]

    init(_ space: Mapspace) {
      let free = LoopOrders(tiles: space.tiles, fixed: nil)
      orders = space.levels.map {
        $0.order.map { LoopOrders(tiles: space.tiles, fixed: $0) } ?? free
      }
      options = space.levels.indices.map {
        SpatialOptions(
          tiles: space.tiles, rules: space.levels[$0], level: space.hierarchy.levels[$0],
          counting: space.rules)
      }
    }
  }

  init(_ space: Mapspace, _ shared: Shared, minimizing objective: Objective) {
    self.space = space
    self.objective = objective
    tiles = space.tiles
    levels = space.levels
    costs = CostTables(space)
    orders = shared.orders
    options = shared.options
    cuts = space.levels.map { Self.cuts(at: $0, tiles: space.tiles) }
    keepChoices = space.levels.map { TensorSet.between($0.mustKeep, $0.mayKeep) }
    iterations = Double(space.problem.iterations)
    relevantOutput = space.tiles.relevant.output
    let entries = tiles.count * (space.levels.count + 1)
    admitted = Array(repeating: 0, count: entries)
    bestChildren = Array(repeating: -1, count: entries)
    var most: [Double] = []
    for options in shared.options {
      var children = [Double](repeating: 1, count: tiles.count)
      for option in options.merged {
        children[tiles.tile(option.passes)] = max(
          children[tiles.tile(option.passes)], option.lanes)
      }
      if options.merged.count > 1 { tiles.spread(&children) }
      most += children
    }
    mostChildren = most
  }

  private static func cuts(at level: Mapspace.LevelRules, tiles: TileTables) -> [[[Cut]]] {
    tiles.divisors.indices.map { dimension in
      let list = tiles.divisors[dimension]
      let bit = UInt8(1) << UInt8(dimension)
      let mayRemain = (level.spatialX | level.spatialY | level.cuttableBelow) & bit != 0
      return list.indices.map { whole in
        list.indices.compactMap { part in
          guard list[whole] % list[part] == 0, part == 0 || mayRemain else { return nil }
          let passes = list[whole] / list[part]
          guard passes == 1 || level.temporal & bit != 0,
            level.temporalPasses[dimension].contains(passes)
          else { return nil }
          return Cut(digit: UInt8(part), passes: passes)
        }
      }
    }
  }

  /// The best mappings found, best first.
  ///
  /// - Parameters:
  ///   - width: how many parts are kept at each step.
  ///   - incumbent: figures known to be possible; worse parts are dropped.
  mutating func run(width: Int, incumbent: Figures?, count: Int) -> [Finished] {
    history.removeAll(keepingCapacity: true)
    finished.removeAll(keepingCapacity: true)
    hasOverflowed = false
    limit = incumbent.map { Limit(score: score($0), figures: $0) }
    var labels: [SearchLabel] = []
    var start = SearchLabel(tile: Int32(tiles.count - 1))
    start.starts = tiles.words.output[tiles.count - 1]
    for keeps in keepChoices[0] where fits(0, Int(start.tile), keeps, reduction: .max) {
      start.keeps = keeps.rawValue
      labels.append(start)
    }
    for level in levels.indices {
      let cut = expandTemporal(labels, level: level, width: width)
      labels = expandSpatial(cut, level: level, width: width)
    }
    finished.sort { $0.score < $1.score }
    return Array(finished.prefix(count))
  }

  /// The dimensions of one of a level's orders, outermost first.
  func orders(_ level: Int, _ order: Int) -> SIMD8<UInt8> { orders[level].orders[order] }

  /// The dimensions unrolled along an axis of a level, outermost first.
  func spatialOrder(_ passes: SIMD8<UInt8>, level: Int) -> [Int] { options[level].order(passes) }

  /// A score that no mapping of the space undercuts.
  var leastScore: Double {
    var start = SearchLabel(tile: Int32(tiles.count - 1))
    start.starts = tiles.words.output[tiles.count - 1]
    return score(bound(start, next: 1, fanout: 0))
  }

  // MARK: Scores

  /// One number to minimize; ties are broken by a small share of the second figure.
  func score(_ figures: Figures) -> Double {
    switch objective {
    case .energyDelayProduct: figures.energy * figures.cycles
    case .energy: figures.energy * (1 + 1e-9 * figures.cycles / iterations)
    case .latency: figures.cycles + figures.energy / (1e3 * (costs.floorPicojoules + 1))
    }
  }

  private func exceeds(_ figures: Figures, _ score: Double) -> Bool {
    guard let limit else { return false }
    switch objective {
    case .energyDelayProduct, .energy:
      return score > limit.score * 1.02
    case .latency:
      if figures.cycles > limit.figures.cycles * 1.002 { return true }
      return figures.cycles > limit.figures.cycles * 0.998
        && figures.energy > limit.figures.energy * 1.03
    }
  }

  /// Figures that no completion of a part undercuts.
  ///
  /// - Parameters:
  ///   - next: the level that the part's tile is to enter.
  ///   - fanout: the outermost level whose children are still to be chosen.
  ///   - known: the most children that level can use, if it is known.
  private func bound(
    _ label: SearchLabel, next: Int, fanout: Int, children known: Double = 0
  ) -> Figures {
    var energy = label.energy + costs.floorPicojoules
    let tile = Int(label.tile)
    let inner = costs.innerPicojoules[next]
    let keepers = costs.innerKeepers[next]
    if keepers & 1 != 0 {
      let words =
        label.passes / label.stays[0] * tiles.words.weight[tile] * label.lanes / label.copies[0]
        * label.groups[0]
      energy += words * (costs.energy(Int(label.keeper[0]), .weight, .reads) + inner[0])
    }
    if keepers & 2 != 0 {
      let words = inputWords(label, tile: tile) * label.lanes / label.copies[1] * label.groups[1]
      energy += words * (costs.energy(Int(label.keeper[1]), .input, .reads) + inner[1])
    }
    if keepers & 4 != 0 {
      let visits =
        label.passes / label.stays[2] * tiles.words.output[tile] * label.lanes / label.copies[2]
      let keeper = Int(label.keeper[2])
      energy += visits * label.groups[2] * (costs.energy(keeper, .output, .updates) + inner[2])
      energy +=
        max(0, visits * label.outputChildren - label.starts)
        * costs.energy(keeper, .output, .reads)
    }
    var most = label.lanes
    if known > 0 {
      most *= known
    }
    for level in (known > 0 ? fanout + 1 : fanout)..<levels.count {
      most *= mostChildren[level * tiles.count + tile]
    }
    let cycles = max(iterations / most + label.exposed, Double(label.ports.max()))
    return Figures(energy: energy + costs.picojoulesPerCycle * cycles, cycles: cycles)
  }

  /// Input words one instance takes in over the whole run when it holds tiles of a shape.
  private func inputWords(_ label: SearchLabel, tile: Int) -> Double {
    let visits = label.passes / (label.stays[1] * label.slidePasses)
    let words = tiles.words.input[tile]
    guard label.slide >= 0, let slide = tiles.slides[Int(label.slide)] else {
      return visits * words
    }
    let new = tiles.slideWords(ofTile: tile, along: slide, step: label.slideStep)
    return visits * (words + (label.slidePasses - 1) * new)
  }

  private func fits(_ level: Int, _ tile: Int, _ keeps: TensorSet, reduction: Int8) -> Bool {
    space.overflow(
      atLevel: level, tile: tile, keeps: keeps,
      outermostReduction: reduction == .max ? nil : Int(reduction)) == nil
  }
}

// MARK: Temporal loops

extension BeamSearch {
  /// The best labels so far, without those that another label of the same tile dominates.
  private struct Buckets {
    let width: Int
    private var labels: [SearchLabel] = []
    private var entries: [Entry] = []
    private var heads: [Int32]
    private var living = 0
    /// Score of the last label that is sure to be kept out.
    private var threshold = Double.infinity
    private(set) var isCut = false

    /// What is looked at before a whole label is.
    private struct Entry {
      var score: Double
      var energy: Double
      var lanes: Double
      var next: Int32
      var lives: Bool
    }

    init(tileCount: Int, width: Int) {
      self.width = width
      heads = Array(repeating: -1, count: tileCount)
    }

    mutating func insert(_ label: SearchLabel, score: Double) {
      if score >= threshold {
        isCut = true
        return
      }
      var index = Int(heads[Int(label.tile)])
      while index >= 0 {
        let entry = entries[index]
        if entry.lives, entry.lanes == label.lanes {
          if entry.score <= score {
            if entry.energy <= label.energy, label.isDominated(by: labels[index]) { return }
          } else if label.energy <= entry.energy, labels[index].isDominated(by: label) {
            entries[index].lives = false
            living -= 1
          }
        }
        index = Int(entry.next)
      }
      entries.append(
        Entry(
          score: score, energy: label.energy, lanes: label.lanes, next: heads[Int(label.tile)],
          lives: true))
      heads[Int(label.tile)] = Int32(labels.count)
      labels.append(label)
      living += 1
      if living > 4 * width { tighten() }
    }

    /// Drops all but the best labels.
    private mutating func tighten() {
      let order = sorted()
      for index in order[width...] { entries[index].lives = false }
      threshold = entries[order[width]].score
      living = width
      isCut = true
    }

    /// The living labels by score; of equal ones, those found first.
    private func sorted() -> [Int] {
      entries.indices.filter { entries[$0].lives }
        .sorted { (entries[$0].score, $0) < (entries[$1].score, $1) }
    }

    /// The best labels.
    mutating func best() -> [SearchLabel] {
      let order = sorted()
      if order.count > width { isCut = true }
      return order.prefix(width).map { labels[$0] }
    }
  }

  private mutating func expandTemporal(
    _ labels: [SearchLabel], level: Int, width: Int
  ) -> [SearchLabel] {
    let base = Int32(history.count)
    history.append(contentsOf: labels)
    guard levels[level].hasMemory else {
      return labels.indices.map { index in
        var label = labels[index]
        label.previous = base + Int32(index)
        label.order = 0
        return label
      }
    }
    var buckets = Buckets(tileCount: tiles.count, width: 4 * width)
    for (index, label) in labels.enumerated() {
      cutTile(of: label, previous: base + Int32(index), level: level, into: &buckets)
    }
    let best = buckets.best()
    hasOverflowed = hasOverflowed || buckets.isCut
    return best
  }

  private mutating func cutTile(
    of label: SearchLabel, previous: Int32, level: Int, into buckets: inout Buckets
  ) {
    let isInnermost = level == levels.count - 1
    let keeps = TensorSet(rawValue: label.keeps)
    let fitsWhenReduced =
      label.reduction != .max
      || fits(level, Int(label.tile), keeps, reduction: Int8(level))
    let digit = tiles.digits[Int(label.tile)]
    let count = tiles.dimensions.count
    // An odometer over the cuts of every dimension.
    var positions = [Int](repeating: 0, count: count)
    let lists = (0..<count).map { cuts[level][$0][Int(digit[$0])] }
    if lists.contains(where: \.isEmpty) { return }
    var passes = SIMD8<Double>(repeating: 1)
    while true {
      var tile = 0
      var active: UInt8 = 0
      var product = 1.0
      for dimension in 0..<count {
        let cut = lists[dimension][positions[dimension]]
        tile += Int(cut.digit) * tiles.strides[dimension]
        passes[dimension] = Double(cut.passes)
        product *= Double(cut.passes)
        if cut.passes > 1 { active |= 1 << UInt8(dimension) }
      }
      let reduces = active & ~relevantOutput != 0
      let children = fitsWhenReduced || !reduces ? children(of: tile, level: level) : 0
      if children > 0 {
        var next = label
        next.previous = previous
        next.tile = Int32(tile)
        next.passes = label.passes * product
        if reduces && label.reduction == .max { next.reduction = Int8(level) }
        addOrders(
          of: active, passes: passes, to: next, level: level, children: children,
          onlyOne: isInnermost, into: &buckets)
      }
      var dimension = 0
      while dimension < count {
        positions[dimension] += 1
        if positions[dimension] < lists[dimension].count { break }
        positions[dimension] = 0
        dimension += 1
      }
      if dimension == count { return }
    }
  }

  private mutating func addOrders(
    of active: UInt8, passes: SIMD8<Double>, to label: SearchLabel, level: Int,
    children: Double, onlyOne: Bool, into buckets: inout Buckets
  ) {
    for order in orders[level].ranges[Int(active)] {
      evaluations += 1
      var next = label
      next.order = Int32(order)
      apply(orders[level].orders[order], active: active, passes: passes, to: &next)
      let figures = bound(next, next: level + 1, fanout: level, children: children)
      let score = score(figures)
      if !exceeds(figures, score) { buckets.insert(next, score: score) }
      // The order of the innermost loops moves nothing: lanes keep nothing.
      if onlyOne { return }
    }
  }

  /// Follows what stays and what slides from the innermost loop of a level outwards.
  private func apply(
    _ order: SIMD8<UInt8>, active: UInt8, passes: SIMD8<Double>, to label: inout SearchLabel
  ) {
    let count = active.nonzeroBitCount
    guard count > 0 else { return }
    for tensor in 0..<3 {
      let relevant = tiles.relevant[Self.roles[tensor]]
      var run = 1.0
      var index = count - 1
      while index >= 0 {
        let dimension = Int(order[index])
        if relevant & (1 << UInt8(dimension)) != 0 { break }
        run *= passes[dimension]
        index -= 1
      }
      if index < 0 {
        label.stays[tensor] *= run
        continue
      }
      let outerStays = label.stays[tensor]
      label.stays[tensor] = run
      guard tensor == 1 else { continue }
      let dimension = Int(order[index])
      let step = Double(tiles.extents[Int(label.tile)][dimension])
      guard tiles.slides[dimension] != nil else {
        label.slide = -1
        label.slidePasses = 1
        continue
      }
      // A loop that alone follows one of the same dimension goes on where that one is.
      let continues = index == 0 && outerStays == 1 && Int(label.slide) == dimension
      label.slidePasses = passes[dimension] * (continues ? label.slidePasses : 1)
      label.slide = Int8(dimension)
      label.slideStep = step
    }
  }

  static let roles: [TensorRole] = [.weight, .input, .output]
}

// MARK: Spatial loops and what a level takes in

extension BeamSearch {
  private mutating func expandSpatial(
    _ labels: [SearchLabel], level: Int, width: Int
  ) -> [SearchLabel] {
    let base = Int32(history.count)
    history.append(contentsOf: labels)
    var buckets = Buckets(tileCount: level + 1 < levels.count ? tiles.count : 1, width: width)
    for (index, label) in labels.enumerated() {
      var next = label
      next.previous = base + Int32(index)
      next.x = SIMD8(repeating: 0)
      next.y = SIMD8(repeating: 0)
      guard options[level].merged.count > 1 else {
        enter(level + 1, next, into: &buckets)
        continue
      }
      let fitsWhenReduced =
        label.reduction != .max
        || fits(
          level, Int(history[Int(label.previous)].tile), TensorSet(rawValue: label.keeps),
          reduction: Int8(level))
      for option in options[level].merged {
        guard let tile = tiles.tile(Int(label.tile), dividedBy: option.passes),
          admits(tile, entering: level + 1)
        else { continue }
        var child = next
        child.tile = Int32(tile)
        child.x = option.x
        child.y = option.y
        child.lanes *= option.lanes
        child.copies *= option.lanes
        child.groups *= option.groups
        child.outputChildren *= option.outputChildren
        child.reach = child.reach &* option.reach
        let reduces = option.outputChildren < option.lanes
        if reduces && child.reduction == .max {
          guard fitsWhenReduced else { continue }
          child.reduction = Int8(level)
        }
        enter(level + 1, child, into: &buckets)
      }
    }
    let best = buckets.best()
    hasOverflowed = hasOverflowed || buckets.isCut
    return best
  }

  /// Whether a tile may enter a level.
  private mutating func admits(_ tile: Int, entering level: Int) -> Bool {
    let entry = level * tiles.count + tile
    if admitted[entry] != 0 { return admitted[entry] == 1 }
    let admits = space.admits(tile, enteringLevel: level)
    admitted[entry] = admits ? 1 : 2
    return admits
  }

  /// The most children that can work on a tile left by a level's loops in time; 0 where the tile
  /// leads to no mapping.
  private mutating func children(of tile: Int, level: Int) -> Double {
    let entry = level * tiles.count + tile
    if bestChildren[entry] >= 0 { return bestChildren[entry] }
    var best = 0.0
    for option in options[level].merged {
      guard let rest = tiles.tile(tile, dividedBy: option.passes),
        admits(rest, entering: level + 1)
      else { continue }
      best = option.lanes
      break
    }
    bestChildren[entry] = best
    return best
  }

  /// Brings a tile into a level, or to the lanes, with each choice of what is kept there.
  private mutating func enter(_ level: Int, _ label: SearchLabel, into buckets: inout Buckets) {
    guard level < levels.count else {
      guard label.tile == 0 else { return }
      finish(label)
      return
    }
    for keeps in keepChoices[level] {
      guard fits(level, Int(label.tile), keeps, reduction: label.reduction) else { continue }
      evaluations += 1
      var next = label
      next.keeps = keeps.rawValue
      takeIn(keeps, at: level, &next)
      let figures = bound(next, next: level + 1, fanout: level)
      let score = score(figures)
      if !exceeds(figures, score) { buckets.insert(next, score: score) }
    }
  }

  private mutating func finish(_ label: SearchLabel) {
    evaluations += 1
    var last = label
    takeIn(.all, at: levels.count, &last)
    let cycles = max(last.passes + last.exposed, Double(last.ports.max()))
    let energy =
      last.energy + iterations * space.array.compute.operationPicojoules
      + costs.picojoulesPerCycle * cycles
    let figures = Figures(energy: energy, cycles: cycles)
    let score = score(figures)
    if exceeds(figures, score) { return }
    if limit == nil || score < (limit?.score ?? 0) { limit = Limit(score: score, figures: figures) }
    finished.append(Finished(label: last, figures: figures, score: score))
    if finished.count > 8192 {
      finished.sort { $0.score < $1.score }
      finished.removeLast(finished.count - 2048)
    }
  }

  /// Charges the words that tensors kept at a level, or used by the lanes, take in.
  private func takeIn(_ keeps: TensorSet, at level: Int, _ label: inout SearchLabel) {
    let isLanes = level == levels.count
    let stops = !isLanes && costs.stops[level]
    var fill = CostTables.PortCycles(repeating: 0)
    var drain = fill
    let tile = Int(label.tile)
    for tensor in 0..<3 {
      let role = Self.roles[tensor]
      guard keeps.contains(role), space.problem.projections[role] != nil else { continue }
      if role == .output {
        takeOutputs(at: level, tile: tile, stops: stops, &label, &drain)
      } else {
        takeOperands(role, at: level, tile: tile, stops: stops, &label, &fill)
      }
      label.keeper[tensor] = Int8(level)
      label.copies[tensor] = 1
      label.groups[tensor] = 1
    }
    if keeps.contains(.input) { label.reach = SIMD8(repeating: 1) }
    if keeps.contains(.output) { label.outputChildren = 1 }
    if !isLanes && space.rules == .exact {
      label.exposed += Double(fill.max()) + Double(drain.max())
    }
  }

  private func takeOperands(
    _ role: TensorRole, at level: Int, tile: Int, stops: Bool, _ label: inout SearchLabel,
    _ fill: inout CostTables.PortCycles
  ) {
    let tensor = Int(role.rawValue)
    let isLanes = level == levels.count
    let keeper = Int(label.keeper[tensor])
    let parents = label.lanes / label.copies[tensor]
    let words = tiles.words[role][tile]
    var perChild: Double
    var perParent: Double
    var firstOfParent: Double
    if isLanes {
      perChild = label.passes * words
      firstOfParent = 0
      let united = role == .input ? unitedTile(label) : tile
      perParent = label.passes * tiles.words[role][united] * label.groups[tensor]
    } else if role == .input {
      perChild = inputWords(label, tile: tile)
      let united = unitedTile(label)
      perParent =
        (united == tile ? perChild : inputWords(label, tile: united))
        * label.groups[tensor]
      firstOfParent = tiles.words[role][united] * label.groups[tensor]
    } else {
      perChild = label.passes / label.stays[tensor] * words
      perParent = perChild * label.groups[tensor]
      firstOfParent = words * label.groups[tensor]
    }
    let fills = perChild * label.lanes
    label.energy += perParent * parents * costs.energy(keeper, role, .reads)
    label.ports += costs.cycles(keeper, role, .reads) * Float(perParent)
    label.energy += fills * costs.hop(wires(from: keeper, to: level), role)
    guard !isLanes else { return }
    label.energy += fills * costs.energy(level, role, .fills)
    let childCycles = costs.cycles(level, role, .fills)
    label.ports += childCycles * Float(perChild)
    if stops {
      fill += childCycles * Float(perChild)
    } else {
      fill += childCycles * Float(words)
      fill += costs.cycles(keeper, role, .reads) * Float(firstOfParent)
    }
  }

  private func takeOutputs(
    at level: Int, tile: Int, stops: Bool, _ label: inout SearchLabel,
    _ drain: inout CostTables.PortCycles
  ) {
    let isLanes = level == levels.count
    let keeper = Int(label.keeper[2])
    let parents = label.lanes / label.copies[2]
    let words = tiles.words.output[tile]
    let visits = (isLanes ? label.passes : label.passes / label.stays[2]) * words
    let updates = visits * label.groups[2]
    let arriving = visits * label.outputChildren * parents
    var returns = max(0, arriving - label.starts)
    if space.array.switches.readsFirstPartialSum { returns = arriving }
    // Timeloop refills a partial sum into every child of a reduction.
    let copies = space.rules == .timeloop ? label.copies[2] / label.outputChildren : 1
    let reduction = Int(label.reduction)
    let partialAtKeeper = reduction <= keeper
    let partialOnWires = reduction < level
    label.energy += returns * costs.energy(keeper, .output, .reads, partial: partialAtKeeper)
    label.energy +=
      updates * parents * costs.energy(keeper, .output, .updates, partial: partialAtKeeper)
    label.ports +=
      costs.cycles(keeper, .output, .reads, partial: partialAtKeeper) * Float(returns / parents)
    label.ports +=
      costs.cycles(keeper, .output, .updates, partial: partialAtKeeper) * Float(updates)
    let sent = visits * label.lanes
    let below = wires(from: keeper, to: level)
    label.energy += (sent + returns) * costs.hop(below, .output, partial: partialOnWires)
    label.energy += (sent - updates * parents) * costs.additionPicojoules[below]
    guard !isLanes else { return }
    let delivered = returns * copies
    label.starts = sent - delivered
    label.energy += delivered * costs.energy(level, .output, .fills, partial: partialOnWires)
    label.ports +=
      costs.cycles(level, .output, .fills, partial: partialOnWires)
      * Float(delivered / label.lanes)
    if space.rules == .exact {
      label.energy += sent * costs.energy(level, .output, .drains, partial: partialOnWires)
      let childCycles = costs.cycles(level, .output, .drains, partial: partialOnWires)
      label.ports += childCycles * Float(visits)
      if stops {
        drain += childCycles * Float(visits)
      } else {
        drain += childCycles * Float(words)
        drain +=
          costs.cycles(keeper, .output, .updates, partial: partialAtKeeper)
          * Float(words * label.groups[2])
      }
    }
  }

  /// The innermost level with a fan-out between a keeper and a level.
  private func wires(from keeper: Int, to level: Int) -> Int {
    for index in stride(from: level - 1, to: keeper, by: -1)
    where levels[index].sizeX * levels[index].sizeY > 1 {
      return index
    }
    return keeper
  }

  /// The tile that all children served by one read cover together.
  private func unitedTile(_ label: SearchLabel) -> Int {
    if label.reach == SIMD8(repeating: 1) { return Int(label.tile) }
    let extents = tiles.extents[Int(label.tile)] &* label.reach
    var digits = tiles.digits[Int(label.tile)]
    for dimension in tiles.dimensions.indices where label.reach[dimension] > 1 {
      if let index = tiles.divisors[dimension].firstIndex(of: extents[dimension]) {
        digits[dimension] = UInt8(index)
      }
    }
    return tiles.tile(digits)
  }
}
