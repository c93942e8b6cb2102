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
  private var mostInside: [[Double]]
  private var optionLists: [[Int32: [SpatialOption]]]

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

  init(_ space: Mapspace, minimizing objective: Objective) {
    self.space = space
    self.objective = objective
    tiles = space.tiles
    levels = space.levels
    costs = CostTables(space)
    let shared = LoopOrders(tiles: space.tiles, fixed: nil)
    orders = space.levels.map { $0.order.map { LoopOrders(tiles: space.tiles, fixed: $0) } ?? shared }
    options = space.levels.indices.map {
      SpatialOptions(
        tiles: space.tiles, rules: space.levels[$0], level: space.hierarchy.levels[$0],
        counting: space.rules)
    }
    cuts = space.levels.map { Self.cuts(at: $0, tiles: space.tiles) }
    keepChoices = space.levels.map { TensorSet.between($0.mustKeep, $0.mayKeep) }
    iterations = Double(space.problem.iterations)
    relevantOutput = space.tiles.relevant.output
    let unknown = [Double](repeating: 0, count: space.tiles.count)
    mostInside = space.levels.map { $0.sizeX * $0.sizeY > 1 ? unknown : [] }
    optionLists = Array(repeating: [:], count: space.levels.count)
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
  private mutating func bound(_ label: SearchLabel, next: Int, fanout: Int) -> Figures {
    var energy = label.energy + costs.floorPicojoules
    let tile = Int(label.tile)
    let inner = costs.innerPicojoules[next]
    let has = costs.hasInnerKeeper[next]
    if has[0] {
      let words =
        label.passes / label.stays[0] * tiles.words.weight[tile] * label.lanes / label.copies[0]
        * label.groups[0]
      energy += words * (costs.energy(Int(label.keeper[0]), .weight, .reads) + inner[0])
    }
    if has[1] {
      let words = inputWords(label, tile: tile) * label.lanes / label.copies[1] * label.groups[1]
      energy += words * (costs.energy(Int(label.keeper[1]), .input, .reads) + inner[1])
    }
    if has[2] {
      let visits =
        label.passes / label.stays[2] * tiles.words.output[tile] * label.lanes / label.copies[2]
      let keeper = Int(label.keeper[2])
      energy += visits * label.groups[2] * (costs.energy(keeper, .output, .updates) + inner[2])
      energy += max(0, visits * label.outputChildren - label.starts)
        * costs.energy(keeper, .output, .reads)
    }
    var most = label.lanes
    for level in fanout..<levels.count where !mostInside[level].isEmpty {
      most *= mostChildren(of: tile, level: level)
    }
    let cycles = max(iterations / most + label.exposed, Double(label.ports.max()))
    return Figures(energy: energy + costs.picojoulesPerCycle * cycles, cycles: cycles)
  }

  private mutating func mostChildren(of tile: Int, level: Int) -> Double {
    let known = mostInside[level][tile]
    if known > 0 { return known }
    let size = Double(levels[level].sizeX) * Double(levels[level].sizeY)
    let most = size > 4096 ? size : max(1, options[level].mostChildren(of: tile))
    mostInside[level][tile] = most
    return most
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
  /// Labels that can still be improved on, at most some for each tile.
  private struct Buckets {
    var labels: [SearchLabel] = []
    var scores: [Double] = []
    private var next: [Int32] = []
    private var heads: [Int32]
    private var alive: [Bool] = []

    init(count: Int) { heads = Array(repeating: -1, count: count) }

    mutating func insert(_ label: SearchLabel, score: Double) {
      var index = heads[Int(label.tile)]
      while index >= 0 {
        let position = Int(index)
        if alive[position] {
          if scores[position] <= score {
            if label.isDominated(by: labels[position]) { return }
          } else if labels[position].isDominated(by: label) {
            alive[position] = false
          }
        }
        index = next[position]
      }
      next.append(heads[Int(label.tile)])
      heads[Int(label.tile)] = Int32(labels.count)
      labels.append(label)
      scores.append(score)
      alive.append(true)
    }

    /// The best labels by score; of equal ones, those found first.
    func best(_ width: Int) -> (labels: [SearchLabel], isCut: Bool) {
      let living = labels.indices.filter { alive[$0] }
        .sorted { (scores[$0], $0) < (scores[$1], $1) }
      return (living.prefix(width).map { labels[$0] }, living.count > width)
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
    var buckets = Buckets(count: tiles.count)
    for (index, label) in labels.enumerated() {
      cutTile(of: label, previous: base + Int32(index), level: level, into: &buckets)
    }
    let best = buckets.best(width * 4)
    hasOverflowed = hasOverflowed || best.isCut
    return best.labels
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
      if fitsWhenReduced || !reduces {
        var next = label
        next.previous = previous
        next.tile = Int32(tile)
        next.passes = label.passes * product
        if reduces && label.reduction == .max { next.reduction = Int8(level) }
        addOrders(
          of: active, passes: passes, to: next, level: level, onlyOne: isInnermost, into: &buckets)
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
    of active: UInt8, passes: SIMD8<Double>, to label: SearchLabel, level: Int, onlyOne: Bool,
    into buckets: inout Buckets
  ) {
    for order in orders[level].ranges[Int(active)] {
      evaluations += 1
      var next = label
      next.order = Int32(order)
      apply(orders[level].orders[order], active: active, passes: passes, to: &next)
      let figures = bound(next, next: level + 1, fanout: level)
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
    var buckets = Buckets(count: level + 1 < levels.count ? tiles.count : 1)
    for (index, label) in labels.enumerated() {
      var next = label
      next.previous = base + Int32(index)
      next.x = SIMD8(repeating: 0)
      next.y = SIMD8(repeating: 0)
      guard levels[level].sizeX * levels[level].sizeY > 1 else {
        enter(level + 1, next, into: &buckets)
        continue
      }
      let fitsWhenReduced =
        label.reduction != .max
        || fits(
          level, Int(history[Int(label.previous)].tile), TensorSet(rawValue: label.keeps),
          reduction: Int8(level))
      for option in spatialOptions(of: label.tile, level: level) {
        var child = next
        child.tile = option.tile
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
    let best = buckets.best(width)
    hasOverflowed = hasOverflowed || best.isCut
    return best.labels
  }

  private mutating func spatialOptions(of tile: Int32, level: Int) -> [SpatialOption] {
    if let known = optionLists[level][tile] { return known }
    let below = levels[level].cuttableBelow
    let list = options[level].options(of: Int(tile)).filter { option in
      let digits = tiles.digits[Int(option.tile)]
      return tiles.dimensions.indices.allSatisfy {
        digits[$0] == 0 || below & (1 << UInt8($0)) != 0
      }
    }
    optionLists[level][tile] = list
    return list
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
      perParent = (united == tile ? perChild : inputWords(label, tile: united))
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
