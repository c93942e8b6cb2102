internal import Ops

/// The network around the cells: a stem, three stages of five cells with residual blocks between
/// them, and the head.
///
/// Ops and names are made once; a network only puts them together.
struct NASBench201Macro: Sendable {
  /// The ops of a cell at one stage, with their parameters.
  struct Stage: Sendable {
    let convolution1x1: Layer
    let convolution3x3: Layer
    let pool: Layer
    /// Additions of two and of three operands.
    let sums: [Layer]
    let zero: Layer
  }

  static let cellsInStage = 5

  let input: FeatureMap
  let stem: Layer
  let stages: [Stage]
  /// The layers of the block before stages 1 and 2.
  let residualBlocks: [[Layer]]
  let head: [Layer]
  /// By cell, then by edge in the order of the text.
  let edgeNames: [[String]]
  /// By cell, then by node.
  let nodeNames: [[String]]

  init(_ dataset: NASBench201.Dataset) {
    let size = dataset.imageSize
    let input = FeatureMap(channels: 3, height: size, width: size)
    let maps = (0..<3).map {
      FeatureMap(channels: 16 << $0, height: size >> $0, width: size >> $0)
    }
    self.input = input
    stem = Self.convolution("stem", input, to: 16, Window(square: 3, padding: 1))
    stages = maps.map(Self.stage)
    residualBlocks = (1..<3).map { Self.residualBlock($0, from: maps[$0 - 1], to: maps[$0]) }
    head = Self.head(maps[2], classes: dataset.classes)
    let cells = 1...(3 * Self.cellsInStage)
    edgeNames = cells.map { cell in
      (1...3).flatMap { node in (0..<node).map { "cell\(cell).edge\($0)-\(node)" } }
    }
    nodeNames = cells.map { cell in (0...3).map { "cell\(cell).node\($0)" } }
  }

  func network(of choices: [Int], name: String) -> Network {
    var layers: [Layer] = []
    layers.reserveCapacity(160)
    layers.append(stem)
    var current = TensorSource.layer(0)
    var cell = 0
    for (index, stage) in stages.enumerated() {
      if index > 0 { layers.append(block: residualBlocks[index - 1], reading: &current) }
      for _ in 0..<Self.cellsInStage {
        current = appendCell(cell, of: stage, reading: current, choices: choices, to: &layers)
        cell += 1
      }
    }
    layers.append(block: head, reading: &current)
    return Network(unchecked: name, input: input, layers: layers)
  }

  /// Appends a cell whose node 0 is the given tensor; its node 3 is returned.
  ///
  /// A `none` edge is no operand of its node's addition, and a skip edge is the tensor itself; a
  /// node with one operand is that operand, one without any a tensor of zeros.
  private func appendCell(
    _ cell: Int, of stage: Stage, reading current: TensorSource, choices: [Int],
    to layers: inout [Layer]
  ) -> TensorSource {
    var nodes = [current]
    var edge = 0
    for node in 1...3 {
      var operands: [TensorSource] = []
      for source in 0..<node {
        let template: Layer? =
          switch NASBench201.EdgeOp(rawValue: choices[edge]) ?? .none {
          case .none, .skipConnect: nil
          case .convolution1x1: stage.convolution1x1
          case .convolution3x3: stage.convolution3x3
          case .averagePool3x3: stage.pool
          }
        if var layer = template {
          layer.name = edgeNames[cell][edge]
          layer.inputs = [nodes[source]]
          operands.append(.layer(layers.count))
          layers.append(layer)
        } else if choices[edge] == NASBench201.EdgeOp.skipConnect.rawValue {
          operands.append(nodes[source])
        }
        edge += 1
      }
      if operands.count == 1 {
        nodes.append(operands[0])
      } else {
        var layer = operands.isEmpty ? stage.zero : stage.sums[operands.count - 2]
        layer.name = nodeNames[cell][node]
        layer.inputs = operands
        nodes.append(.layer(layers.count))
        layers.append(layer)
      }
    }
    return nodes[3]
  }
}

// MARK: - The fixed layers

extension NASBench201Macro {
  private static func convolution(
    _ name: String, _ input: FeatureMap, to channels: Int, _ window: Window,
    reading source: TensorSource = .networkInput, hasBatchNorm: Bool = true
  ) -> Layer {
    let op = constant { () throws(OpError) in
      try Convolution(input: input, outputChannels: channels, window: window)
    }
    return Layer(name: name, op: op, inputs: [source], hasBatchNorm: hasBatchNorm)
  }

  private static func pool(_ name: String, _ input: FeatureMap, _ window: Window) -> Layer {
    let op = constant { () throws(OpError) in
      try Pooling(.average, input: input, window: window)
    }
    return Layer(name: name, op: op, inputs: [.networkInput])
  }

  private static func sum(
    _ name: String, _ map: FeatureMap, of operands: [TensorSource]
  ) -> Layer {
    let op = constant { () throws(OpError) in
      try ElementwiseAdd(map, operands: operands.count)
    }
    return Layer(name: name, op: op, inputs: operands)
  }

  private static func stage(_ map: FeatureMap) -> Stage {
    let zero = constant { () throws(OpError) in try Zero(map) }
    return Stage(
      convolution1x1: convolution("", map, to: map.channels, Window(square: 1)),
      convolution3x3: convolution("", map, to: map.channels, Window(square: 3, padding: 1)),
      pool: pool("", map, Window(square: 3, padding: 1)),
      sums: [2, 3].map { sum("", map, of: Array(repeating: .networkInput, count: $0)) },
      zero: Layer(name: "", op: zero, inputs: []))
  }

  /// Two 3x3 convolutions beside a 2x2 average pooling with a 1x1 convolution, which alone has no
  /// batch norm.
  private static func residualBlock(
    _ number: Int, from input: FeatureMap, to output: FeatureMap
  ) -> [Layer] {
    let name = "res\(number)"
    let narrow = FeatureMap(
      channels: input.channels, height: output.height, width: output.width)
    let strided = Window(square: 3, stride: 2, padding: 1)
    return [
      convolution("\(name).conv_a", input, to: output.channels, strided),
      convolution(
        "\(name).conv_b", output, to: output.channels, Window(square: 3, padding: 1),
        reading: .layer(0)),
      pool("\(name).pool", input, Window(square: 2, stride: 2)),
      convolution(
        "\(name).conv_down", narrow, to: output.channels, Window(square: 1), reading: .layer(2),
        hasBatchNorm: false),
      sum("\(name).add", output, of: [.layer(1), .layer(3)]),
    ]
  }

  private static func head(_ map: FeatureMap, classes: Int) -> [Layer] {
    let norm = constant { () throws(OpError) in try BatchNormReLU(map) }
    let pool = constant { () throws(OpError) in try GlobalPooling(input: map) }
    let classifier = constant { () throws(OpError) in
      try Linear(inputFeatures: map.channels, outputFeatures: classes)
    }
    return [
      Layer(name: "norm", op: norm, inputs: [.networkInput]),
      Layer(name: "pool", op: pool, inputs: [.layer(0)]),
      Layer(name: "classifier", op: classifier, inputs: [.layer(1)], hasBias: true),
    ]
  }
}
