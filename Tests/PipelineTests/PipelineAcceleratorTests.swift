import Accelerators
import HardwareConfigs
import Networks
import Ops
import Testing

@Suite("Networks on pipelines")
struct PipelineAcceleratorTests {
  private static let head = """
    schema: 1
    kind: pipeline
    name: mine
    board: zc706
    clock: 100 MHz
    precision: {weight: 8 bit, activation: 8 bit, accumulator: 32 bit}

    """

  private static let network = """
    name: small
    input: [8, 8, 8]
    layers:
      - {name: a, layer: 'conv c=8 k=8 r=3 pad=1', inputs: [data]}
      - {name: b, layer: 'conv c=8 k=8 r=3 pad=1', inputs: [a]}
      - {name: sum, layer: add, inputs: [a, b]}
    """

  private func report(_ text: String, batch: Int = 1) throws -> CostReport {
    let design = try PipelineFiles.decode(Self.head + text).design
    return try PipelineAccelerator(design, batch: batch)
      .report(for: NetworkFile.decode(text: Self.network, file: "n"), from: nil)
  }

  private func failure(_ text: String) throws -> CostError? {
    let design = try PipelineFiles.decode(Self.head + text).design
    let network = try NetworkFile.decode(text: Self.network, file: "n")
    do throws(CostError) {
      _ = try PipelineAccelerator(design).report(for: network, from: nil)
      return nil
    } catch {
      return error
    }
  }

  private static let stream = """
    compose: pipeline
    engines: [{name: e, ops: [conv, add], copies: layer, unroll: {c: 8}}]
    assign:
      - {layers: [a, b], engine: e}
    """

  @Test("one engine takes turns: cycles add up")
  func sequential() throws {
    let report = try report(
      "compose: sequential\nengines: [{name: e, ops: [conv, add], unroll: {c: 8}}]")
    // 64 pixels, 8 filters, 9 taps; the sum reads 2 operands of 8 channels at once, one by one.
    #expect(report.layers.map(\.cycles) == [4608, 4608, 512])
    #expect(report.pipeline?.latencyCycles == 9728)
    #expect(report.latencyMilliseconds == 0.09728)
  }

  @Test("engines of a group run at once, and the slower one counts")
  func concurrent() throws {
    let report = try report(
      """
      compose: concurrent
      engines:
        - {name: e, ops: [conv], unroll: {c: 8}}
        - {name: f, ops: [add], unroll: {g: 8}}
      """)
    // Each layer is a group of its own.
    let figures = try #require(report.pipeline)
    #expect(figures.latencyCycles == 4608 + 4608 + 128)
  }

  @Test("a pipeline's interval is its slowest stage, and images follow at it")
  func pipeline() throws {
    let figures = try #require(report(Self.stream, batch: 5).pipeline)
    let one = try #require(report(Self.stream).pipeline)
    #expect(figures.intervalCycles == 4608)
    #expect(figures.boundBy == "a")
    #expect(figures.latencyCycles == one.latencyCycles + 4 * 4608)
    // b waits for the first row and two pixels of a, at 72 cycles each, before its first window.
    #expect(one.latencyCycles > 4608 + 9 * 72)
    #expect(one.latencyCycles < 2 * 4608)
  }

  @Test("a layer no engine runs is named, with what the engines run")
  func unsupported() throws {
    #expect(
      try failure("compose: sequential\nengines: [{name: e, ops: [conv]}]")
        == .unsupported(
          layer: "sum", reason: "no engine of 'mine' runs add; 'e' runs conv"))
  }

  @Test(
    "a buffer that is too small on a path that meets another is a deadlock, named with what would do"
  )
  func deadlock() throws {
    let text = Self.stream + "\n  - {layers: sum, engine: e, fifo: [1, 8]}"
    let error = try #require(try failure(text))
    guard case .unsupported(let layer, let reason) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(layer == "sum")
    #expect(reason.contains("the pipeline stops for ever"))
    #expect(reason.contains("the buffer from 'a' to 'sum' holds 2"))
    // The depth it names does.
    let words = reason.split(separator: " ").map(String.init)
    let place = try #require(words.firstIndex(of: "would"))
    let enough = try #require(Int(words[place - 1]))
    #expect(
      try failure(Self.stream + "\n  - {layers: sum, engine: e, fifo: [\(enough - 1), 8]}") == nil)
  }

  @Test("zero words before every stage of a plain chain stop nothing")
  func zeroDepth() throws {
    let chain = """
      name: chain
      input: [8, 8, 8]
      layers:
        - {name: a, layer: 'conv c=8 k=8 r=3 pad=1', inputs: [data]}
        - {name: b, layer: 'conv c=8 k=8 r=3 pad=1', inputs: [a]}
      """
    let design = try PipelineFiles.decode(
      Self.head
        + """
        compose: pipeline
        engines: [{name: e, ops: [conv], copies: layer, unroll: {c: 8}}]
        assign: [{engine: e, fifo: 0}]
        """
    ).design
    let report = try PipelineAccelerator(design)
      .report(for: NetworkFile.decode(text: chain, file: "n"), from: nil)
    let figures = try #require(report.pipeline)
    #expect(figures.isIntervalProven)
    #expect(figures.intervalCycles >= 4608)
    #expect(try #require(figures.buffers).figures.allSatisfy { $0.depth != nil })
  }

  @Test("factors of a whole channel stay until the last pixel is scaled", arguments: [0, 1, 3])
  func scale(room: Int) throws {
    let text = """
      name: squeeze
      input: [8, 4, 4]
      layers:
        - {name: a, layer: 'conv c=8 k=8 h=4 r=1', inputs: [data]}
        - {name: g, layer: globalpool, inputs: [a]}
        - {name: s, layer: scale, inputs: [a, g]}
      """
    let design = try PipelineFiles.decode(
      Self.head
        + """
        compose: pipeline
        engines: [{name: e, ops: [conv, globalpool, scale], copies: layer, unroll: {c: 8}}]
        assign:
          - {layers: [s], engine: e, fifo: [31, \(room)]}
          - {layers: [a, g], engine: e, fifo: 40}
        """
    ).design
    let images = 6
    let report = try PipelineAccelerator(design, batch: images)
      .report(for: NetworkFile.decode(text: text, file: "n"), from: nil)
    let figures = try #require(report.pipeline)
    #expect(figures.stages.map(\.name) == ["data", "a", "g", "s"])
    let cycles = figures.stages.map(\.cycles)
    let depths = try #require(figures.buffers).figures.map(\.depth)
    let pixel = Window(square: 1)
    let pipeline = DrawnPipeline(
      stages: [
        .init(rows: 4, columns: 4, cycles: cycles[0], inputs: []),
        .init(
          rows: 4, columns: 4, cycles: cycles[1],
          inputs: [.init(producer: 0, window: pixel, depth: depths[0])]),
        .init(
          rows: 1, columns: 1, cycles: cycles[2],
          inputs: [.init(producer: 1, window: nil, depth: depths[1])]),
        .init(
          rows: 4, columns: 4, cycles: cycles[3],
          inputs: [
            .init(producer: 1, window: pixel, depth: depths[2]),
            .init(producer: 2, window: nil, depth: depths[3]),
          ]),
      ], output: 3, images: images, pace: 0)
    #expect(depths[3] == room + 1)
    let simulator = TokenSimulator(pipeline)
    #expect(!simulator.isStuck)
    #expect(figures.latencyCycles == simulator.ends[3].last)
    if room == 0 {
      // The pool has no room for the next image's factors before the last pixel is scaled.
      #expect(figures.intervalCycles >= cycles[2] + cycles[3])
    }
  }

  @Test("the memory's bytes set the interval where weights stream in through a thin port")
  func memory() throws {
    let figures = try #require(
      report(
        """
        compose: pipeline
        memory: {bandwidth: 100 MB/s, overlap: true}
        engines:
          - {name: e, ops: [conv, add], copies: layer, unroll: {c: 8, k: 8}, weights: streamed}
        """
      ).pipeline)
    // 576 bytes of weights for each of 8 rows and 2 layers, 512 bytes in and out: 10,240 at 1 a cycle.
    #expect(figures.intervalCycles == 10240)
    #expect(figures.boundBy == "memory")
  }

  @Test("an engine with other layers in between cannot be one stage")
  func interrupted() throws {
    let error = try failure(
      """
      compose: pipeline
      engines:
        - {name: e, ops: [conv, add], unroll: {c: 8}}
        - {name: f, ops: [conv], copies: layer}
      assign: [{layers: b, engine: f}]
      """)
    guard case .unsupported("sum", let reason)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason.contains("follow each other"))
  }

  @Test("over budget: which resource, by how much, and which stage takes most")
  func overBudget() throws {
    let report = try report(
      """
      compose: pipeline
      engines: [{name: e, ops: [conv, add], copies: layer, dsps_per_mac: 10, unroll: {c: 8, k: 8}}]
      """)
    let resources = try #require(report.pipeline?.resources)
    // 64 multiplications of 10 DSPs in each of two layers, beside 810 that may be used.
    #expect(resources.excesses.map(\.resource) == [.dsp])
    #expect(resources.excesses.map(\.amount) == [2 * 640 - 810])
    #expect(resources.excesses.allSatisfy { ["a", "b"].contains($0.stage) })
  }

  @Test("a found design costs what the search says, and fits the board")
  func found() throws {
    let board = try PipelineFiles.board("pynq-z1").board
    let network = try PipelineFiles.network("cnv")
    let designed = DesignedBoard(board)
    let found = try designed.leastInterval(for: network)
    #expect(found.certificate.isProven)
    let report = try PipelineAccelerator(found.design).report(for: network, from: nil)
    let figures = try #require(report.pipeline)
    #expect(figures.intervalCycles == found.intervalCycles)
    #expect(figures.resources?.total.low == found.resources)
    #expect(figures.resources?.excesses == [])
    #expect(
      try designed.report(for: network, from: nil).latencyMilliseconds == report.latencyMilliseconds
    )
    // As little as possible at half the rate: no more of the largest share than at the full one.
    let stream = try #require(found.stream)
    let search = DesignSearch(stream.placed.problem)
    let relaxed = try designed.leastResources(
      for: network, intervalCycles: 2 * found.intervalCycles)
    let choice = try #require(relaxed.stream).solution.choice
    #expect(search.share(of: choice) <= search.share(of: stream.solution.choice))
    let quick = try designed.leastLatency(for: network, limit: 200)
    let latency = try PipelineAccelerator(quick.design).report(for: network, from: nil)
    #expect(latency.latencyMilliseconds <= report.latencyMilliseconds)
  }
}
