internal import Ops

/// The networks of a search space taken apart: the layers that all of them have, and those that
/// choices bring.
///
/// A network's layers are the fixed ones and, of every term, those of its variables' choices; only
/// their order and what they read is lost. So where a target's costs add up over layers, a sum over
/// the terms is the cost of a network.
public struct NetworkParts: Sendable {
  /// Layers that some variables together decide on.
  public struct Term: Sendable {
    /// Decisions of the space, ascending.
    public var variables: [Int]
    /// One list for each way to choose, the last variable's choices fastest.
    public var layers: [[Layer]]

    /// A term as given: `layers` has a list for each way to choose.
    public init(variables: [Int], layers: [[Layer]]) {
      self.variables = variables
      self.layers = layers
    }
  }

  /// The layers that every network has.
  public var fixed: [Layer]
  /// The layers that choices bring.
  public var terms: [Term]

  /// Parts as given.
  public init(fixed: [Layer], terms: [Term]) {
    self.fixed = fixed
    self.terms = terms
  }
}

/// The blocks of a search space whose members are told apart by blocks alone.
public struct SpaceBlocks: Hashable, Sendable {
  /// A block that some variables together decide on.
  public struct Term: Hashable, Sendable {
    /// Decisions of the space, ascending.
    public var variables: [Int]
    /// One for each way to choose, the last variable's choices fastest; `nil` where there is no
    /// block then.
    public var blocks: [BlockShape?]

    /// A term as given: `blocks` has an entry for each way to choose.
    public init(variables: [Int], blocks: [BlockShape?]) {
      self.variables = variables
      self.blocks = blocks
    }
  }

  /// What every network has.
  public var fixed: [BlockShape]
  /// In the order of the terms of the space's parts.
  public var terms: [Term]

  /// Blocks as given.
  public init(fixed: [BlockShape], terms: [Term]) {
    self.fixed = fixed
    self.terms = terms
  }

  /// Each block once, in the order in which they first occur.
  public var distinct: [BlockShape] {
    var seen: Set<BlockShape> = []
    return (fixed + terms.flatMap { $0.blocks.compactMap { $0 } }).filter {
      seen.insert($0).inserted
    }
  }

  /// The blocks of a member, in order.
  ///
  /// - Parameter counts: how many choices each decision of the space has.
  public func blocks(of member: Architecture, counts: [Int]) -> [BlockShape] {
    fixed
      + terms.compactMap { term in
        term.blocks[
          term.variables.reduce(0) { entry, variable in
            entry * counts[variable] + member.choices[variable]
          }]
      }
  }
}

extension NASBench201 {
  /// A term for each edge, and one for each node's addition, of all edges that lead to the node.
  public var parts: NetworkParts {
    func inEveryCell(_ layer: (NASBench201Macro.Stage) -> Layer) -> [Layer] {
      macro.stages.flatMap { stage in
        Array(repeating: layer(stage), count: NASBench201Macro.cellsInStage)
      }
    }
    let edges = (0..<6).map { edge in
      NetworkParts.Term(
        variables: [edge],
        layers: EdgeOp.allCases.map { op in
          switch op {
          case .none, .skipConnect: []
          case .convolution1x1: inEveryCell(\.convolution1x1)
          case .convolution3x3: inEveryCell(\.convolution3x3)
          case .averagePool3x3: inEveryCell(\.pool)
          }
        })
    }
    // A node of one operand is that operand; of none, zeros; of more, their sum.
    let nodes = [[0], [1, 2], [3, 4, 5]].map { edges in
      let operands = Self.operandCounts(ofEdges: edges.count)
      return NetworkParts.Term(
        variables: edges,
        layers: operands.map { count in
          switch count {
          case 0: inEveryCell(\.zero)
          case 1: []
          default: inEveryCell { $0.sums[count - 2] }
          }
        })
    }
    return NetworkParts(
      fixed: [macro.stem] + macro.residualBlocks.joined() + macro.head, terms: edges + nodes)
  }

  /// How many of some edges are not `none`, of every way to choose them.
  private static func operandCounts(ofEdges edges: Int) -> [Int] {
    (0..<edges).reduce([0]) { counts, _ in
      counts.flatMap { count in EdgeOp.allCases.map { count + ($0 == .none ? 0 : 1) } }
    }
  }
}

extension FBNet {
  /// One term a place: the layers of each block that can stand there.
  public var parts: NetworkParts {
    NetworkParts(
      fixed: [stem] + head,
      terms: blocks.enumerated().map { .init(variables: [$0.offset], layers: $0.element) })
  }

  /// The blocks by the shapes that HW-NAS-Bench's tables are keyed by; Facebook's dialect, whose
  /// blocks of no expansion are others, has none.
  public var blockShapes: SpaceBlocks? {
    guard variant.expandsAlways, let last = positions.last else { return nil }
    let size = variant.imageSize
    let (map, channels) = (last.output, variant.headChannels)
    let fixed: [BlockShape] = [
      .convolution(
        input: FeatureMap(channels: 3, height: size, width: size), outputChannels: 16, kernel: 3,
        stride: variant.stemStride, groups: 1),
      .convolution(input: map, outputChannels: channels, kernel: 1, stride: 1, groups: 1),
      .averagePool(
        input: FeatureMap(channels: channels, height: map.height, width: map.width),
        outputChannels: channels, kernel: map.height, stride: 1),
      .linear(inputs: channels, outputs: variant.classes),
    ]
    let choices = positions.map { position in
      Block.allCases.map { block -> BlockShape? in
        guard block != .skip else {
          return .skip(
            input: position.input, outputChannels: position.outputChannels, stride: position.stride)
        }
        return .invertedResidual(
          input: position.input, outputChannels: position.outputChannels,
          expansion: block.expansion, kernel: block.kernel, stride: position.stride,
          groups: block.groups)
      }
    }
    return SpaceBlocks(
      fixed: fixed,
      terms: choices.enumerated().map { .init(variables: [$0.offset], blocks: $0.element) })
  }
}
