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
  let levels: [Mapspace.LevelRules]
  let orders: [LoopOrders]
  let options: [SpatialOptions]
  /// Cuts of a tile's extent over time, by level, dimension and index of the extent.
  let cuts: [[[[Cut]]]]
  let keepChoices: [[TensorSet]]
  let iterations: Double
  let relevantOutput: UInt8

  /// Every label that others continue.
  var history: [SearchLabel] = []
  var evaluations: Int64 = 0
  /// Whether a promising part was dropped because the beam was full.
  var hasOverflowed = false
  var limit: Limit?
  var finished: [Finished] = []
  /// Of each level and tile, the most children that can work on the tile or a part of it, by
  /// fan-out alone.
  let mostChildren: [Double]
  /// Of each level and tile, the most children that leave a tile the level inside can take in; 0
  /// where there is no such way, negative where it is not known yet.
  var bestChildren: [Double] = []
  /// Of each level and tile, whether the tile may enter it: 0 not known, 1 yes, 2 no.
  var admitted: [UInt8] = []

  struct Cut: Sendable {
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
  struct Limit {
    var score: Double
    var figures: Figures
  }

  /// What searches of the same problem share, whatever the levels keep.
  struct Shared: Sendable {
    let orders: [LoopOrders]
    let options: [SpatialOptions]
    let mostChildren: [Double]
    let tiles: TileTables

    init(_ space: Mapspace) {
      let tiles = space.tiles
      self.tiles = tiles
      let free = LoopOrders(tiles: tiles, fixed: nil)
      orders = space.levels.map {
        $0.order.map { LoopOrders(tiles: tiles, fixed: $0) } ?? free
      }
      options = space.levels.indices.map {
        SpatialOptions(
          tiles: tiles, rules: space.levels[$0], level: space.hierarchy.levels[$0],
          counting: space.rules)
      }
      mostChildren = options.flatMap { options in
        var children = [Double](repeating: 1, count: tiles.count)
        for option in options.merged {
          let tile = tiles.tile(option.passes)
          children[tile] = max(children[tile], option.lanes)
        }
        if options.merged.count > 1 { tiles.spread(&children) }
        return children
      }
    }
  }

  init(_ space: Mapspace, _ shared: Shared, minimizing objective: Objective) {
    self.space = space
    self.objective = objective
    tiles = shared.tiles
    levels = space.levels
    costs = CostTables(space)
    orders = shared.orders
    options = shared.options
    cuts = space.levels.map { Self.cuts(at: $0, tiles: shared.tiles) }
    keepChoices = space.levels.map { TensorSet.between($0.mustKeep, $0.mayKeep) }
    iterations = Double(space.problem.iterations)
    relevantOutput = shared.tiles.relevant.output
    mostChildren = shared.mostChildren
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
  ///   - effort: parts looked at in a step after which no further part is continued.
  ///   - incumbent: figures known to be possible; worse parts are dropped.
  mutating func run(
    width: Int, effort: Int64, incumbent: Figures?, count: Int
  ) -> [Finished] {
    let entries = tiles.count * (levels.count + 1)
    admitted = Array(repeating: 0, count: entries)
    bestChildren = Array(repeating: -1, count: entries)
    defer {
      admitted = []
      bestChildren = []
    }
    history.removeAll()
    finished.removeAll()
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
      let cut = expandTemporal(labels, level: level, width: width, effort: effort)
      labels = expandSpatial(cut, level: level, width: width)
    }
    finished.sort { $0.score < $1.score }
    finished.removeLast(max(0, finished.count - count))
    return finished
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

  func exceeds(_ figures: Figures, _ score: Double) -> Bool {
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
  func bound(
    _ label: SearchLabel, next: Int, fanout: Int, children known: Double = 0
  ) -> Figures {
    let tile = Int(label.tile)
    let words = costs.innerKeepers[next] & 2 != 0 ? inputWords(label, tile: tile) : 0
    return bound(
      label, Demand(label), inputWords: words, tile: tile, next: next, fanout: fanout,
      children: known)
  }

  /// What decides how often tiles are taken in.
  struct Demand {
    var passes: Double
    var stays: SIMD4<Double>

    init(_ label: SearchLabel) {
      passes = label.passes
      stays = label.stays
    }
  }

  func bound(
    _ label: SearchLabel, _ demand: Demand, inputWords: Double, tile: Int, next: Int,
    fanout: Int, children known: Double
  ) -> Figures {
    var energy = label.energy + costs.floorPicojoules
    let inner = costs.innerPicojoules[next]
    let keepers = costs.innerKeepers[next]
    if keepers & 1 != 0 {
      let words =
        demand.passes / demand.stays[0] * tiles.words.weight[tile] * label.lanes / label.copies[0]
        * label.groups[0]
      energy += words * (costs.energy(Int(label.keeper[0]), .weight, .reads) + inner[0])
    }
    if keepers & 2 != 0 {
      let words = inputWords * label.lanes / label.copies[1] * label.groups[1]
      energy += words * (costs.energy(Int(label.keeper[1]), .input, .reads) + inner[1])
    }
    if keepers & 4 != 0 {
      let visits =
        demand.passes / demand.stays[2] * tiles.words.output[tile] * label.lanes / label.copies[2]
      let keeper = Int(label.keeper[2])
      energy += visits * label.groups[2] * (costs.energy(keeper, .output, .updates) + inner[2])
      energy +=
        max(0, visits * label.outputChildren - label.starts)
        * costs.energy(keeper, .output, .reads)
    }
    var most = label.lanes
    if known > 0 { most *= known }
    for level in (known > 0 ? fanout + 1 : fanout)..<levels.count {
      most *= mostChildren[level * tiles.count + tile]
    }
    let cycles = max(iterations / most + label.exposed, Double(label.ports.max()))
    return Figures(energy: energy + costs.picojoulesPerCycle * cycles, cycles: cycles)
  }

  /// Input words one instance takes in over the whole run when it holds tiles of a shape.
  func inputWords(_ label: SearchLabel, tile: Int) -> Double {
    let visits = label.passes / (label.stays[1] * label.slidePasses)
    let words = tiles.words.input[tile]
    guard label.slide >= 0, let slide = tiles.slides[Int(label.slide)] else {
      return visits * words
    }
    let new = tiles.slideWords(ofTile: tile, along: slide, step: label.slideStep)
    return visits * (words + (label.slidePasses - 1) * new)
  }

  func fits(_ level: Int, _ tile: Int, _ keeps: TensorSet, reduction: Int8) -> Bool {
    space.overflow(
      atLevel: level, tile: tile, keeps: keeps,
      outermostReduction: reduction == .max ? nil : Int(reduction), of: tiles) == nil
  }
}
