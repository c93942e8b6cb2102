internal import Networks
internal import Ops

/// Which designs are looked at for a board.
public enum DesignFamily: String, CaseIterable, Hashable, Sendable {
  /// A stage for each layer (`StreamFamily`).
  case stream
  /// One engine for all layers (`TiledFamily`).
  case tiled
}

/// The family of designs with one engine that runs layer after layer, tile by tile (Zhang et al., FPGA
/// 2015).
///
/// The engine multiplies Tm output by Tn input channels at once, the same for all layers; layers without
/// sums over channels use Tm lanes. Each layer is cut into tiles of Tr rows and Tc columns of its own,
/// which have to fit the engine's buffers. Transfers run beside the passes.
public struct TiledFamily: Sendable {
  /// What designs are built on.
  public let board: Board
  /// What is asked of them besides.
  public let options: DesignOptions
  /// Cycles to fill and empty the engine in each pass.
  public let overheadCycles: Int64
  /// DSPs of one multiply-accumulate; `nil` for as many as the widths need.
  public let dspsPerMAC: Int64?

  /// - Parameter overheadCycles: 20 unless given, which gives the total of Zhang et al.'s design.
  public init(
    _ board: Board, _ options: DesignOptions, overheadCycles: Int64 = 20, dspsPerMAC: Int64? = nil
  ) {
    self.board = board
    self.options = options
    self.overheadCycles = max(0, overheadCycles)
    self.dspsPerMAC = dspsPerMAC
  }

  /// The engine with the unrolling of a layer.
  func engine(_ lanes: Lanes, for kind: OpKind) -> Engine {
    var unroll = Extents()
    var tile: [LoopDimension: TileExtent] = [.r: .whole, .s: .whole]
    if kind.isMultiplyAccumulate, kind != .depthwise {
      unroll[.k] = Int32(clamping: lanes.outputs)
      unroll[.c] = Int32(clamping: lanes.inputs)
    } else {
      unroll[.g] = Int32(clamping: lanes.outputs)
      tile[.c] = .whole
    }
    return Engine(
      name: "engine", ops: Set(OpKind.allCases.filter { $0 != .skip && $0 != .zero }),
      unroll: unroll, tile: tile, overheadCycles: overheadCycles, dspsPerMAC: dspsPerMAC)
  }

  /// Output and input channels that the engine works on at once.
  struct Lanes: Hashable, Sendable {
    var outputs: Int64
    var inputs: Int64
  }

  /// Rows and columns of a layer's tile.
  struct Tile: Hashable, Sendable {
    var rows: Int64
    var columns: Int64
  }

  /// The design with lanes and, by layer, tiles.
  func design(
    _ lanes: Lanes, tiles: [Int: Tile], of network: Network, name: String
  ) -> PipelineDesign {
    var assignments: [Assignment] = []
    for (index, layer) in network.layers.enumerated() {
      guard let tile = tiles[index] else { continue }
      let engine = engine(lanes, for: layer.op.kind)
      var extents = engine.tile
      extents[.p] = .iterations(tile.rows)
      extents[.q] = .iterations(tile.columns)
      assignments.append(
        Assignment(layers: [layer.name], engine: 0, unroll: engine.unroll, tile: extents))
    }
    var engine = engine(lanes, for: .convolution)
    engine.tile = [:]
    return PipelineDesign(
      name: name, board: board, clockMegahertz: options.clockMegahertz,
      precision: options.precision, style: .hwcost, engines: [engine], assignments: assignments,
      composition: .sequential,
      memory: MemoryPort(
        bytesPerSecond: board.memoryBytesPerSecond * board.memoryEfficiency, isOverlapped: true),
      power: board.power)
  }
}

/// A design of the tiled family with the least interval.
struct TiledSolution {
  var lanes: TiledFamily.Lanes
  /// By index of the layer; layers that cost nothing are left out.
  var tiles: [Int: TiledFamily.Tile]
  var intervalCycles: Int64
  var resources: FPGAResources
}

/// Finds the tiled design with the least sum of cycles, by going through all lanes and tiles that may be
/// better than the best one known.
///
/// Of numbers of lanes, and of rows and columns, that cut every layer into equally many pieces the least
/// is no slower, moves no more, and takes no more of the device: the others are left out. Lanes come in
/// the order of what all layers take with any tiles at least; where that is no less than the best sum,
/// the best is proven. For given lanes layers are independent: the device has to hold the largest.
struct TiledSearch {
  /// A layer and how often it comes.
  private struct Job {
    var layer: Layer
    var problems: [Problem]
    var work: EngineWork
    var places: [Int]
    /// Cycles in which its tensors are moved once.
    var leastTransfer: Int64
    var tiles: [TiledFamily.Tile]

    var count: Int64 { Int64(places.count) }
  }

  private let family: TiledFamily
  private let network: Network
  private let design: PipelineDesign
  private let formulas: ResourceFormulas
  private var jobs: [Job] = []

  /// - Throws: `CostError.unsupported` for a layer whose numbers are out of range.
  init(_ family: TiledFamily, _ network: Network) throws(CostError) {
    self.family = family
    self.network = network
    design = family.design(
      TiledFamily.Lanes(outputs: 1, inputs: 1), tiles: [:], of: network, name: "")
    formulas = ResourceFormulas(style: .hwcost, family: family.board.family)
    var known: [LayerIdentity: Int] = [:]
    for (index, layer) in network.layers.enumerated()
    where layer.op.kind != .skip && layer.op.kind != .zero {
      if let place = known[layer.identity] {
        jobs[place].places.append(index)
        continue
      }
      known[layer.identity] = jobs.count
      let problems = try PipelinePlan.problems(of: layer, in: design)
      guard let first = problems.first else { continue }
      let work = EngineWork(first)
      var job = Job(
        layer: layer, problems: problems, work: work, places: [index], leastTransfer: 0, tiles: [])
      for rows in Self.steps(of: work[.p]).reversed() {
        for columns in Self.steps(of: work[.q]).reversed() {
          job.tiles.append(TiledFamily.Tile(rows: rows, columns: columns))
        }
      }
      let precision = layer.precision.applied(to: family.options.precision)
      let bits = layer.op.weights.saturatingProduct(Int64(precision.weightBits))
        .saturatingSum(
          layer.op.output.words.saturatingProduct(Int64(precision.activationBits)))
      job.leastTransfer =
        design.memory?.cycles(
          moving: bits / 8, clockMegahertz: family.options.clockMegahertz) ?? 0
      jobs.append(job)
    }
  }

  /// The least sizes of the pieces that a number can be cut into, one for each count of pieces.
  static func steps(of bound: Int64) -> [Int64] {
    var steps: [Int64] = []
    var size: Int64 = 1
    while size <= bound {
      steps.append(size)
      let count = bound.dividedRoundingUp(by: size)
      guard count > 1 else { break }
      size = bound.dividedRoundingUp(by: count - 1)
    }
    return steps
  }

  private func isSum(_ job: Job) -> Bool {
    job.layer.op.kind.isMultiplyAccumulate && job.layer.op.kind != .depthwise
  }

  /// The cycles of a layer with any tile, at least.
  private func least(_ job: Job, _ lanes: TiledFamily.Lanes) -> Int64 {
    var engine = family.engine(lanes, for: job.layer.op.kind)
    (engine.tile[.p], engine.tile[.q]) = (.whole, .whole)
    guard let cycles = engine.cycles(of: job.work) else { return .max }
    return max(cycles.saturatingProduct(Int64(job.problems.count)), job.leastTransfer)
  }

  /// Every pair of lanes with the least all layers take.
  private func pairs() -> [(lanes: TiledFamily.Lanes, bound: Int64)] {
    var (outputs, inputs): (Set<Int64>, Set<Int64>) = ([1], [1])
    for job in jobs {
      outputs.formUnion(Self.steps(of: isSum(job) ? job.work[.k] : job.work[.g]))
      if isSum(job) { inputs.formUnion(Self.steps(of: job.work[.c])) }
    }
    var pairs: [(lanes: TiledFamily.Lanes, bound: Int64)] = []
    let widths = inputs.sorted()
    for outputs in outputs.sorted() {
      // More lanes take no less of anything: the first that cannot be built, by halving.
      var (low, high) = (0, widths.count)
      while low < high {
        let middle = (low + high) / 2
        let lanes = TiledFamily.Lanes(outputs: outputs, inputs: widths[middle])
        if isBuildable(lanes) { low = middle + 1 } else { high = middle }
      }
      guard low > 0 else { break }
      for inputs in widths[..<low] {
        let lanes = TiledFamily.Lanes(outputs: outputs, inputs: inputs)
        let bound = jobs.reduce(Int64(0)) {
          $0.saturatingSum(least($1, lanes).saturatingProduct($1.count))
        }
        pairs.append((lanes, bound))
      }
    }
    return pairs.sorted {
      ($0.bound, $0.lanes.outputs, $0.lanes.inputs) < ($1.bound, $1.lanes.outputs, $1.lanes.inputs)
    }
  }

  /// Whether every layer has room with tiles of a pixel, however long it takes.
  private func isBuildable(_ lanes: TiledFamily.Lanes) -> Bool {
    jobs.allSatisfy { job in
      let built = PipelinePlan.PlacedWork(
        layer: 0, engine: 0,
        configured: engine(of: job, lanes, TiledFamily.Tile(rows: 1, columns: 1)),
        works: job.problems.map { EngineWork($0) },
        precision: job.layer.precision.applied(to: design.precision), computeCycles: 0,
        memoryBytes: 0, cycles: 0, fifoDepths: [])
      return resources(of: job, built).fits(family.board.budget)
    }
  }

  private func engine(
    of job: Job, _ lanes: TiledFamily.Lanes, _ tile: TiledFamily.Tile
  ) -> Engine {
    var engine = family.engine(lanes, for: job.layer.op.kind)
    engine.tile[.p] = .iterations(tile.rows)
    engine.tile[.q] = .iterations(tile.columns)
    return engine
  }

  /// A layer with its cycles; `nil` where it would keep the engine busy for too long.
  private func placed(
    _ job: Job, _ lanes: TiledFamily.Lanes, _ tile: TiledFamily.Tile
  ) -> PipelinePlan.PlacedWork? {
    let engine = engine(of: job, lanes, tile)
    return try? PipelinePlan.placed(
      job.layer, 0, job.problems,
      PipelinePlan.Choice(engine: 0, configured: engine, fifoDepths: []),
      in: design, groupOutput: job.layer.op.output)
  }

  private func resources(of job: Job, _ placed: PipelinePlan.PlacedWork) -> FPGAResources {
    let range = formulas.range(of: placed, op: job.layer.op)
    return family.options.estimate == .low ? range.low : range.high
  }

  /// The fastest tile of a layer that fits, below so many cycles; `nil` where there is none.
  private func fastest(
    _ job: Job, _ lanes: TiledFamily.Lanes, below limit: Int64
  ) -> (tile: TiledFamily.Tile, cycles: Int64)? {
    var best: (tile: TiledFamily.Tile, cycles: Int64)?
    var engine = family.engine(lanes, for: job.layer.op.kind)
    let nests = Int64(job.problems.count)
    for tile in job.tiles {
      engine.tile[.p] = .iterations(tile.rows)
      engine.tile[.q] = .iterations(tile.columns)
      guard let computing = engine.cycles(of: job.work)?.saturatingProduct(nests),
        computing < best?.cycles ?? limit, let placed = placed(job, lanes, tile),
        placed.cycles < best?.cycles ?? limit,
        resources(of: job, placed).fits(family.board.budget)
      else { continue }
      best = (tile, placed.cycles)
    }
    return best
  }

  /// The design with the least sum of cycles.
  ///
  /// - Throws: `CostError.unsupported` where not even one lane fits, where all that fits is too slow to be
  ///   told, and for a network without anything to run.
  func least() throws(CostError) -> TiledSolution {
    let board = family.board.name
    guard !jobs.isEmpty else {
      throw .unsupported(
        layer: network.name, reason: "it has no layer that an engine on '\(board)' would run")
    }
    let pairs = pairs()
    guard !pairs.isEmpty else {
      throw .unsupported(
        layer: network.name,
        reason: "no tiled design fits '\(board)': not even one that multiplies a number at once")
    }
    var best: (lanes: TiledFamily.Lanes, tiles: [TiledFamily.Tile], cycles: Int64)?
    for (lanes, bound) in pairs {
      guard bound < best?.cycles ?? .max else { break }
      var (sum, left) = (Int64(0), bound)
      var tiles: [TiledFamily.Tile] = []
      for job in jobs {
        left -= least(job, lanes).saturatingProduct(job.count)
        // What is left for the layer where all that follow are as fast as they can be.
        let room = (best?.cycles ?? .max) - sum - left
        let limit = room / job.count + (room % job.count > 0 ? 1 : 0)
        guard room > 0, let found = fastest(job, lanes, below: limit) else { break }
        sum = sum.saturatingSum(found.cycles.saturatingProduct(job.count))
        tiles.append(found.tile)
      }
      if tiles.count == jobs.count, sum < best?.cycles ?? .max { best = (lanes, tiles, sum) }
    }
    guard let best else {
      throw .unsupported(
        layer: network.name,
        reason: "every tiled design that fits '\(board)' is busy with an image for too long")
    }
    var solution = TiledSolution(
      lanes: best.lanes, tiles: [:], intervalCycles: best.cycles, resources: .none)
    for (job, tile) in zip(jobs, best.tiles) {
      for place in job.places { solution.tiles[place] = tile }
      guard let placed = placed(job, best.lanes, tile) else { continue }
      solution.resources = solution.resources.combined(with: resources(of: job, placed)) {
        max($0, $1)
      }
    }
    return solution
  }
}
