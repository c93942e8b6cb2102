import Accelerators
import Ops
import TestSupport

/// A pipeline as a test draws it: maps, windows, service times and buffers.
struct DrawnPipeline: Sendable {
  struct Input: Sendable {
    var producer: Int
    /// `nil` where every firing needs the producer's whole image.
    var window: Window?
    var depth: Int?
    /// Whether whole rows under the window are needed.
    var needsRows = false
  }

  struct Stage: Sendable {
    var rows: Int
    var columns: Int
    var cycles: Int64
    var inputs: [Input]

    var firings: Int { rows * columns }
  }

  var stages: [Stage]
  var output: Int
  var images: Int
  var pace: Int64

  /// The same as the recurrence reads it.
  var graph: TokenGraph {
    TokenGraph(
      stages: stages.enumerated().map { index, stage in
        TokenGraph.Stage(name: "s\(index)", firings: stage.firings, cycles: stage.cycles)
      },
      edges: stages.enumerated().flatMap { index, stage in
        stage.inputs.map { input in
          TokenGraph.Edge(
            producer: input.producer, consumer: index, reach: reach(of: input, stage),
            depth: input.depth)
        }
      }, output: output)
  }

  private func reach(of input: Input, _ stage: Stage) -> TokenReach {
    let producer = stages[input.producer]
    guard let window = input.window else {
      return .everything(tokens: producer.firings, firings: stage.firings)
    }
    return TokenReach(
      rows: TokenReach.Axis(inputs: producer.rows, outputs: stage.rows, window: window.rows),
      columns: TokenReach.Axis(
        inputs: producer.columns, outputs: stage.columns, window: window.columns,
        isWhole: input.needsRows))
  }

  /// The tokens of an image that a firing needs, by looking at each.
  func needs(_ input: Input, of stage: Stage, firing: Int) -> [Int] {
    let producer = stages[input.producer]
    guard let window = input.window else { return Array(0..<producer.firings) }
    var tokens: [Int] = []
    for r in 0..<window.rows.filter {
      for s in 0..<window.columns.filter {
        let row =
          firing / stage.columns * window.rows.stride - window.rows.padding
          + r * window.rows.dilation
        let column =
          firing % stage.columns * window.columns.stride - window.columns.padding
          + s * window.columns.dilation
        if input.needsRows, (0..<producer.rows).contains(row) {
          tokens += (0..<producer.columns).map { row * producer.columns + $0 }
        } else if (0..<producer.rows).contains(row), (0..<producer.columns).contains(column) {
          tokens.append(row * producer.columns + column)
        }
      }
    }
    return tokens
  }
}

extension DrawnPipeline {
  /// A chain or a graph with branches that meet again, of two to seven stages.
  init(_ random: inout SplitMix64) {
    func number(_ range: ClosedRange<Int32>) -> Int { Int(random.number(in: range)) }
    let height = number(1...5)
    let width = number(1...5)
    var stages = [
      Stage(rows: height, columns: width, cycles: Int64(number(0...40)), inputs: [])
    ]
    for _ in 0..<number(1...6) {
      let depth = { (random: inout SplitMix64) -> Int? in
        random.chance(1, in: 3) ? nil : Int(random.number(in: 1...12))
      }
      let first = number(0...Int32(stages.count - 1))
      let producer = stages[first]
      // Another stage with the same map, for an addition.
      let same = stages.indices.filter {
        stages[$0].rows == producer.rows && stages[$0].columns == producer.columns && $0 != first
      }
      if !same.isEmpty, random.chance(1, in: 2) {
        let pixel = Window(square: 1)
        stages.append(
          Stage(
            rows: producer.rows, columns: producer.columns, cycles: Int64(number(0...40)),
            inputs: [first, random.pick(same)].map {
              Input(producer: $0, window: pixel, depth: depth(&random))
            }))
      } else if stages.count > 1, random.chance(1, in: 4) {
        // All of another stage beside the pixels of the first, as a scale has its factors.
        let others = stages.indices.filter { $0 != first }
        stages.append(
          Stage(
            rows: producer.rows, columns: producer.columns, cycles: Int64(number(0...40)),
            inputs: [
              Input(producer: first, window: Window(square: 1), depth: depth(&random)),
              Input(producer: random.pick(others), window: nil, depth: depth(&random)),
            ]))
      } else if random.chance(1, in: 8) {
        stages.append(
          Stage(
            rows: number(1...2), columns: 1, cycles: Int64(number(0...40)),
            inputs: [Input(producer: first, window: nil, depth: depth(&random))]))
      } else {
        let axis = { (random: inout SplitMix64, inputs: Int) -> (WindowAxis, Int)? in
          let axis = WindowAxis(
            filter: Int(random.number(in: 1...3)), stride: Int(random.number(in: 1...3)),
            padding: Int(random.number(in: 0...2)), dilation: Int(random.number(in: 1...2)))
          let span = axis.dilation * (axis.filter - 1) + 1
          let room = inputs + 2 * axis.padding - span
          return room < 0 ? nil : (axis, room / axis.stride + 1)
        }
        guard let rows = axis(&random, producer.rows),
          let columns = axis(&random, producer.columns)
        else { continue }
        stages.append(
          Stage(
            rows: rows.1, columns: columns.1, cycles: Int64(number(0...60)),
            inputs: [
              Input(
                producer: first, window: Window(rows: rows.0, columns: columns.0),
                depth: depth(&random), needsRows: random.chance(1, in: 4))
            ]))
      }
    }
    self.stages = stages
    output = number(0...Int32(stages.count - 1))
    images = number(1...5)
    pace = random.chance(1, in: 2) ? 0 : Int64(number(1...60))
  }
}

/// Moves tokens cycle by cycle and knows no recurrence.
struct TokenSimulator {
  private let pipeline: DrawnPipeline
  /// By stage and firing, when it started and ended.
  private(set) var starts: [[Int64]]
  private(set) var ends: [[Int64]]
  /// Whether it stopped before all firings were done.
  private(set) var isStuck = false
  /// By stage, cycles between firings in which a token was missing, and in which only room was.
  private(set) var starved: [Int64]
  private(set) var blocked: [Int64]

  init(_ pipeline: DrawnPipeline) {
    self.pipeline = pipeline
    starts = pipeline.stages.map { _ in [] }
    ends = starts
    starved = pipeline.stages.map { _ in 0 }
    blocked = starved
    run()
  }

  /// Cycles of one firing: the image's cycles, shared so that after n firings ⌊n · cycles / firings⌋
  /// have passed.
  private func service(_ stage: DrawnPipeline.Stage, _ firing: Int) -> Int64 {
    let local = Int64(firing % stage.firings)
    let count = Int64(stage.firings)
    return (local + 1) * stage.cycles / count - local * stage.cycles / count
  }

  private mutating func run() {
    let all = pipeline.stages.reduce(0) { $0 + $1.firings } * pipeline.images
    var time: Int64 = 0
    var quiet = 0
    while ends.reduce(0, { $0 + $1.count }) < all {
      var moved = false
      var changes = true
      while changes {
        changes = false
        for stage in pipeline.stages.indices {
          if finish(stage, at: time) || begin(stage, at: time) { changes = true }
        }
        moved = moved || changes
      }
      let isBusy = pipeline.stages.indices.contains { starts[$0].count > ends[$0].count }
      // A paced source waits for its time.
      let isWaiting =
        pipeline.pace > 0 && starts[0].count < pipeline.stages[0].firings * pipeline.images
      if !moved, !isBusy { quiet += 1 } else { quiet = 0 }
      if quiet > 0, !isWaiting || quiet > Int(pipeline.pace) + 1 {
        isStuck = true
        return
      }
      for stage in pipeline.stages.indices { count(stage, at: time) }
      time += 1
    }
  }

  private mutating func finish(_ stage: Int, at time: Int64) -> Bool {
    let firing = ends[stage].count
    guard firing < starts[stage].count,
      starts[stage][firing] + service(pipeline.stages[stage], firing) == time
    else { return false }
    ends[stage].append(time)
    return true
  }

  private mutating func begin(_ stage: Int, at time: Int64) -> Bool {
    let firing = starts[stage].count
    guard firing == ends[stage].count, firing < pipeline.stages[stage].firings * pipeline.images,
      hasTokens(stage, firing, at: time), hasRoom(stage, firing)
    else { return false }
    starts[stage].append(time)
    return true
  }

  private func hasTokens(_ index: Int, _ firing: Int, at time: Int64) -> Bool {
    let stage = pipeline.stages[index]
    let image = firing / stage.firings
    if stage.inputs.isEmpty {
      // A paced source has its tokens at even times.
      let place = Int64(firing % stage.firings)
      return time >= Int64(image) * pipeline.pace + place * pipeline.pace / Int64(stage.firings)
    }
    return stage.inputs.allSatisfy { input in
      let tokens = pipeline.stages[input.producer].firings
      return pipeline.needs(input, of: stage, firing: firing % stage.firings).allSatisfy {
        image * tokens + $0 < ends[input.producer].count
      }
    }
  }

  private func hasRoom(_ index: Int, _ token: Int) -> Bool {
    pipeline.stages.indices.allSatisfy { reader in
      pipeline.stages[reader].inputs.allSatisfy { input in
        guard input.producer == index, let depth = input.depth else { return true }
        return token - released(input, by: reader) < depth
      }
    }
  }

  /// Tokens before the first that a firing still to come needs.
  private func released(_ input: DrawnPipeline.Input, by reader: Int) -> Int {
    let stage = pipeline.stages[reader]
    let tokens = pipeline.stages[input.producer].firings
    let done = ends[reader].count
    let image = done / stage.firings
    guard image < pipeline.images else { return pipeline.images * tokens }
    let rest = (done % stage.firings..<stage.firings).flatMap {
      pipeline.needs(input, of: stage, firing: $0)
    }
    // Before an image's first firing nothing of it has been given up.
    guard done % stage.firings > 0 else { return image * tokens }
    return image * tokens + (rest.min() ?? tokens)
  }

  /// Counts a cycle in which a stage that has fired before does not fire.
  private mutating func count(_ stage: Int, at time: Int64) {
    let firing = starts[stage].count
    guard firing > 0, firing == ends[stage].count,
      firing < pipeline.stages[stage].firings * pipeline.images
    else { return }
    if hasTokens(stage, firing, at: time) { blocked[stage] += 1 } else { starved[stage] += 1 }
  }
}
