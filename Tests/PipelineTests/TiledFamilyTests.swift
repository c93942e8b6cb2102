import Accelerators
import CostDiagnostics
import HardwareConfigs
import Networks
import Ops
import TestSupport
import Testing

@Suite("Tiled designs")
struct TiledFamilyTests {
  /// A board on which little fits.
  private static func board(dsps: Int64, blockRAMs: Int64, bytesPerSecond: Double) -> Board {
    Board(
      name: "small", part: "none", family: .ultraScalePlus,
      resources: FPGAResources(
        dsps: dsps, blockRAMs18Kb: blockRAMs, ultraRAMs: 0, lookUpTables: 20_000,
        flipFlops: 20_000),
      usableShare: 1, memoryBytesPerSecond: bytesPerSecond, memoryEfficiency: 1,
      clockMegahertz: 100)
  }

  private static func network(_ random: inout SplitMix64) throws -> Network {
    let channels = (0..<3).map { _ in Int(random.number(in: 1...5)) }
    let size = Int(random.number(in: 3...5))
    return try NetworkFile.decode(
      text: """
        name: small
        input: [\(channels[0]), \(size), \(size)]
        layers:
          - {name: a, layer: 'conv c=\(channels[0]) k=\(channels[1]) h=\(size) r=3 pad=1', inputs: [data]}
          - {name: b, layer: 'depthwise c=\(channels[1]) h=\(size) r=3 pad=1', inputs: [a]}
          - {name: c, layer: 'conv c=\(channels[1]) k=\(channels[2]) h=\(size) r=1', inputs: [b]}
          - {name: d, layer: 'maxpool c=\(channels[2]) h=\(size) r=2', inputs: [c]}
        """, file: "n")
  }

  /// The engine with given lanes and, by layer, tiles of a pixel up.
  private static func design(
    on board: Board, _ network: Network, lanes: (Int32, Int32), tiles: [(Int64, Int64)]
  ) -> PipelineDesign {
    var assignments: [Assignment] = []
    for (layer, tile) in zip(network.layers, tiles) {
      var unroll = Extents()
      var extents: [LoopDimension: TileExtent] = [
        .r: .whole, .s: .whole, .p: .iterations(tile.0), .q: .iterations(tile.1),
      ]
      if layer.op.kind == .convolution {
        (unroll[.k], unroll[.c]) = lanes
      } else {
        unroll[.g] = lanes.0
        extents[.c] = .whole
      }
      assignments.append(
        Assignment(
          layers: [layer.name], engine: 0, unroll: unroll, tile: extents, overheadCycles: 4))
    }
    let options = DesignOptions(for: board)
    return PipelineDesign(
      name: "one", board: board, clockMegahertz: 100, precision: options.precision,
      engines: [Engine(name: "e", ops: [.convolution, .depthwise, .maxPool])],
      assignments: assignments, composition: .sequential,
      memory: MemoryPort(bytesPerSecond: board.memoryBytesPerSecond, isOverlapped: true))
  }

  /// The least cycles over all lanes and, layer by layer, all tiles, from the reports of designs.
  private static func leastOfAll(on board: Board, _ network: Network) throws -> Int64? {
    var best: Int64?
    for outputs in 1...Int32(6) {
      for inputs in 1...Int32(6) {
        var sum: Int64? = 0
        for index in network.layers.indices {
          var least: Int64?
          let output = network.layers[index].op.output
          for rows in 1...Int64(output.height) {
            for columns in 1...Int64(output.width) {
              let tiles = network.layers.indices.map {
                $0 == index ? (rows, columns) : (Int64(1), Int64(1))
              }
              let report = try PipelineAccelerator(
                design(on: board, network, lanes: (outputs, inputs), tiles: tiles)
              ).report(for: network, from: nil)
              let fits = report.pipeline?.resources?.total.low.fits(board.budget) ?? false
              guard fits else { continue }
              least = min(least ?? .max, report.layers[index].cycles ?? .max)
            }
          }
          if let sofar = sum, let least { sum = sofar + least } else { sum = nil }
        }
        if let sum { best = min(best ?? .max, sum) }
      }
    }
    return best
  }

  @Test("the least interval equals that of all lanes and tiles", arguments: 0..<3)
  func bruteForce(part: Int) throws {
    let seed = 0x71_1E + UInt64(part)
    var random = SplitMix64(seed: seed)
    var (found, bound) = (0, 0)
    for number in 0..<6 {
      let network = try Self.network(&random)
      let board = Self.board(
        dsps: Int64(random.number(in: 0...8)), blockRAMs: Int64(random.number(in: 0...4)),
        bytesPerSecond: random.chance(1, in: 2) ? 1e8 : 1e10)
      let best = try Self.leastOfAll(on: board, network)
      let designed = DesignedBoard(board, designs: .tiled, overheadCycles: 4)
      guard let best else {
        #expect(throws: CostError.self) { try designed.leastInterval(for: network) }
        continue
      }
      let solution = try designed.leastInterval(for: network)
      found += 1
      if solution.resources.dsps == board.budget.dsps { bound += 1 }
      #expect(solution.intervalCycles == best, "seed \(seed), case \(number)")
      // The design costs what the search says.
      let report = try PipelineAccelerator(solution.design).report(for: network, from: nil)
      #expect(report.pipeline?.latencyCycles == best, "seed \(seed), case \(number)")
      #expect(report.pipeline?.resources?.total.low == solution.resources)
      #expect(solution.resources.fits(board.budget), "seed \(seed), case \(number)")
    }
    #expect(found > 2)
  }

  /// AlexNet's convolutions as Zhang et al. count them: the halves of a layer of two groups one by one, twice
  /// the cycles of their table.
  private static let alexnet = """
    name: alexnet-convolutions
    input: [6, 224, 224]
    layers:
      - {name: conv1, layer: 'conv c=6 k=96 h=224 r=11 stride=4 pad=2 groups=2', inputs: [data]}
      - {name: pool1, layer: 'maxpool c=96 h=55 r=3 stride=2', inputs: [conv1]}
      - {name: conv2, layer: 'conv c=96 k=256 h=27 r=5 pad=2 groups=2', inputs: [pool1]}
      - {name: pool2, layer: 'maxpool c=256 h=27 r=3 stride=2', inputs: [conv2]}
      - {name: conv3a, layer: 'conv c=256 k=192 h=13 r=3 pad=1', inputs: [pool2]}
      - {name: conv3b, layer: 'conv c=256 k=192 h=13 r=3 pad=1', inputs: [pool2]}
      - {name: conv4a, layer: 'conv c=192 k=192 h=13 r=3 pad=1', inputs: [conv3a]}
      - {name: conv4b, layer: 'conv c=192 k=192 h=13 r=3 pad=1', inputs: [conv3b]}
      - {name: conv5a, layer: 'conv c=192 k=128 h=13 r=3 pad=1', inputs: [conv4a]}
      - {name: conv5b, layer: 'conv c=192 k=128 h=13 r=3 pad=1', inputs: [conv4b]}
      - {name: sum, layer: add, inputs: [conv5a, conv5b]}
    """

  @Test("Zhang et al.'s unrolling is the best for AlexNet in single precision on the VC707")
  func zhang() throws {
    var board = try PipelineFiles.board("vc707").board
    // 80 % of 2800 DSPs: the paper's design takes all of them.
    board.usableShare = 0.8
    var options = DesignOptions(for: board)
    options.precision = Precision(weightBits: 32, activationBits: 32, accumulatorBits: 32)
    options.clockMegahertz = 100
    let network = try NetworkFile.decode(text: Self.alexnet, file: "alexnet")
    let found = try DesignedBoard(board, options: options, designs: .tiled, dspsPerMAC: 5)
      .leastInterval(for: network)
    #expect(found.certificate.isProven)
    #expect(found.design.engines.map { $0.unroll[.k] } == [64])
    #expect(found.design.engines.map { $0.unroll[.c] } == [7])
    #expect(found.resources.dsps == 2240)
    // The convolutions take twice the 1,008,246 cycles of the paper, and for the first layer 20 cycles
    // more a pass, as the paper's total has none there.
    let report = try PipelineAccelerator(found.design).report(for: network, from: nil)
    let cycles = zip(network.layers, report.layers)
      .filter { $0.0.op.kind == .convolution }.reduce(Int64(0)) { $0 + ($1.1.cycles ?? 0) }
    #expect(abs(cycles - 2 * 1_008_246) < 2 * 10_000)
  }

  @Test("are what a board is costed by where its file says so")
  func boardKey() throws {
    let text = try PipelineFiles.text("hwconfigs/boards/zc706.yaml") + "\ndesigns: tiled\n"
    let board = try BoardConfig.decode(text: text, file: "zc706.yaml").board
    #expect(DesignedBoard(board).designs == .tiled)
    #expect(DesignedBoard(board, designs: .stream).designs == .stream)
    let network = try PipelineFiles.network("cnv")
    let report = try DesignedBoard(board).report(for: network, from: nil)
    #expect(report.pipeline?.tokens == nil)
    #expect(throws: InputError.self) {
      try BoardConfig.decode(
        text: text.replacing("designs: tiled", with: "designs: both"), file: "zc706.yaml")
    }
  }

  @Test("few lanes that tiles of a pixel keep busy for too long are built with larger tiles")
  func slowPixels() throws {
    // 2^24 pairs of channels by 16 pixels, each with 2^20 cycles to fill: 2^48 cycles are too many.
    let network = try NetworkFile.decode(
      text: """
        name: wide
        input: [4096, 4, 4]
        layers: [{name: a, layer: 'conv c=4096 k=4096 h=4 r=1', inputs: [data]}]
        """, file: "n")
    let board = Self.board(dsps: 1, blockRAMs: 600, bytesPerSecond: 1e12)
    let designed = DesignedBoard(board, designs: .tiled, overheadCycles: 1 << 20, dspsPerMAC: 1)
    let found = try designed.leastInterval(for: network)
    // One multiplier: each pair of channels takes a pass of 16 pixels.
    #expect(found.intervalCycles == (1 << 24) * (16 + (1 << 20)))
    #expect(found.certificate.isProven)
  }

  @Test("a network without anything to run is refused")
  func nothingToRun() throws {
    let network = try NetworkFile.decode(
      text: """
        name: none
        input: [4, 4, 4]
        layers: [{name: a, layer: skip, inputs: [data]}]
        """, file: "n")
    let board = Self.board(dsps: 10, blockRAMs: 600, bytesPerSecond: 1e9)
    #expect(throws: CostError.self) {
      _ = try DesignedBoard(board, designs: .tiled).leastInterval(for: network)
    }
  }
}
