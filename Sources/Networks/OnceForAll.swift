internal import Ops

/// Once-for-all's search space of MobileNetV3s (H. Cai et al., ICLR 2020, arXiv:1908.09791): five
/// stages of two to four inverted residuals, each of a kernel and an expansion, at an image size.
///
/// Channels, strides, and the stages with squeeze-and-excite and with h-swish are those of the
/// authors' code (mit-han-lab/once-for-all, `ofa_mbv3.py`).
///
/// Choices are in the order of that code's `ks`, `e`, `d` and image size: the kernels of 20 blocks,
/// their expansions, the depths of the five stages, and the size. What is chosen for blocks beyond a
/// stage's depth changes nothing.
public struct OnceForAllMobileNetV3: SearchSpace {
  /// A factor of all channels.
  public enum Width: CaseIterable, Hashable, Sendable {
    case one, oneAndAFifth

    var factor: Double { self == .one ? 1 : 1.2 }
    /// The name of the search space.
    public var spaceName: String { self == .one ? "ofa-mbv3" : "ofa-mbv3-w1.2" }
  }

  /// A stage of blocks.
  struct Stage: Sendable {
    var channels: Int
    /// The stride of the first block.
    var stride: Int
    var squeezes: Bool
    var hasHardSwish: Bool
  }

  /// Where a block stands, at one image size.
  struct Position: Sendable {
    var stage: Int
    var input: FeatureMap
    var stride: Int
  }

  /// Everything at one image size.
  struct Skeleton: Sendable {
    var image: FeatureMap
    /// The first convolution, and the block that all networks have.
    var stem: Layer
    var first: [Layer]
    /// By block.
    var positions: [Position]
    var lastMap: FeatureMap
  }

  static let kernels = [3, 5, 7]
  static let expansions = [3, 4, 6]
  static let depths = [2, 3, 4]
  static let (stageCount, largestDepth) = (5, 4)
  static let blockCount = stageCount * largestDepth
  /// Places of variables: kernels start at 0.
  static let (firstExpansion, firstDepth, sizeVariable) = (blockCount, 2 * blockCount, 45)
  /// The image sizes for which the authors' tutorial makes look-up tables.
  static let usualSizes = [160, 176, 192, 208, 224]
  static let classes = 1000

  /// The width's name, followed by the image size where the space has but one.
  public let name: String
  /// The factor of all channels.
  public let width: Width
  /// Rows and columns that an image may have.
  public let sizes: [Int]
  let stages: [Stage]
  let skeletons: [Skeleton]
  let (firstChannels, finalChannels, lastChannels): (Int, Int, Int)

  /// Image sizes that a space may have; below 32 nothing is left of an image behind the strides.
  private static let possibleSizes = stride(from: 32, through: 1024, by: 4)

  /// - Parameter size: The only image size; the usual ones unless given.
  init(_ width: Width, size: Int? = nil) {
    func scaled(_ channels: Int) -> Int { Self.divisible(Double(channels) * width.factor) }
    self.width = width
    sizes = size.map { [$0] } ?? Self.usualSizes
    name = width.spaceName + (size.map { "-\($0)" } ?? "")
    (firstChannels, finalChannels, lastChannels) = (scaled(16), scaled(960), scaled(1280))
    let stages = zip([24, 40, 80, 112, 160], zip([2, 2, 2, 1, 2], [1, 2, 3, 4, 5])).map {
      Stage(
        channels: scaled($0), stride: $1.0, squeezes: [2, 4, 5].contains($1.1),
        hasHardSwish: $1.1 >= 3)
    }
    self.stages = stages
    let channels = firstChannels
    skeletons = sizes.map { Self.skeleton($0, channels: channels, stages) }
  }

  /// The space of a name such as `ofa-mbv3`, `ofa-mbv3-w1.2` or `ofa-mbv3-224`, if there is one.
  static func named(_ name: String) -> OnceForAllMobileNetV3? {
    for width in Width.allCases.reversed() {
      let prefix = width.spaceName
      if name == prefix { return OnceForAllMobileNetV3(width) }
      guard name.hasPrefix(prefix + "-") else { continue }
      let digits = name.dropFirst(prefix.count + 1)
      guard let size = Int(digits), String(size) == digits, possibleSizes.contains(size) else {
        return nil
      }
      return OnceForAllMobileNetV3(width, size: size)
    }
    return nil
  }

  /// The nearest image size that a space may have, for a name such as `ofa-mbv3-225`; `nil` for
  /// names of another form.
  static func sizeHint(for name: String) -> String? {
    for width in Width.allCases.reversed() where name.hasPrefix(width.spaceName + "-") {
      let digits = name.dropFirst(width.spaceName.count + 1)
      guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
        return nil
      }
      let size = min(max(Int(digits) ?? Int.max, 32), 1024)
      return "an image size is a multiple of 4 from 32 to 1024, such as "
        + "\(width.spaceName)-\((size + 2) / 4 * 4)"
    }
    return nil
  }

  /// A whole number of eights near a number of channels, and no more than a tenth below it, as the
  /// authors' `make_divisible` rounds.
  static func divisible(_ channels: Double) -> Int {
    let nearest = max(8, Int(channels + 4) / 8 * 8)
    return Double(nearest) < 0.9 * channels ? nearest + 8 : nearest
  }

  private static func skeleton(_ size: Int, channels: Int, _ stages: [Stage]) -> Skeleton {
    let image = FeatureMap(channels: 3, height: size, width: size)
    let stem = Layer.convolution(
      "stem", image, to: channels, Window(square: 3, stride: 2, padding: 1))
    var map = stem.op.output
    let first = InvertedResidual(
      name: "first", input: map, wideChannels: map.channels, outputChannels: channels, kernel: 3,
      stride: 1, expands: false)
    var positions: [Position] = []
    for (number, stage) in stages.enumerated() {
      for index in 0..<largestDepth {
        let position = Position(stage: number, input: map, stride: index == 0 ? stage.stride : 1)
        positions.append(position)
        map = FeatureMap(
          channels: stage.channels, height: (map.height - 1) / position.stride + 1,
          width: (map.width - 1) / position.stride + 1)
      }
    }
    return Skeleton(
      image: image, stem: stem, first: first.layers, positions: positions, lastMap: map)
  }

  /// Kernels and expansions of 20 blocks, depths of five stages, and image sizes.
  public var choiceCounts: [Int] {
    Array(repeating: Self.kernels.count, count: Self.blockCount)
      + Array(repeating: Self.expansions.count, count: Self.blockCount)
      + Array(repeating: Self.depths.count, count: Self.stageCount) + [sizes.count]
  }

  /// Networks, not choices: blocks beyond a stage's depth do not count.
  public var size: Double {
    let blocks = Double(Self.kernels.count * Self.expansions.count)
    let stage = Self.depths.reduce(0) { sum, depth in
      sum + (0..<depth).reduce(1) { product, _ in product * blocks }
    }
    return Double(sizes.count) * (0..<Self.stageCount).reduce(1) { product, _ in product * stage }
  }

  /// The layers of the blocks that the depths keep, with stem and head.
  public func network(of architecture: Architecture) -> Network {
    let choices = architecture.choices
    precondition(
      choices.count == Self.sizeVariable + 1,
      "an architecture of another space than Once-for-all's MobileNetV3")
    let skeleton = skeletons[choices[Self.sizeVariable]]
    var layers = [skeleton.stem]
    var current = TensorSource.layer(0)
    layers.append(block: skeleton.first, reading: &current)
    for block in activeBlocks(of: choices) {
      layers.append(
        block: self.block(
          block, kernel: choices[block], expansion: choices[Self.firstExpansion + block],
          in: skeleton
        ).layers,
        reading: &current)
    }
    layers.append(block: head(skeleton.lastMap), reading: &current)
    return Network(unchecked: text(of: architecture), input: skeleton.image, layers: layers)
  }

  /// The blocks within their stage's depth, in order.
  func activeBlocks(of choices: [Int]) -> [Int] {
    (0..<Self.stageCount).flatMap { stage in
      (0..<Self.depths[choices[Self.firstDepth + stage]]).map { stage * Self.largestDepth + $0 }
    }
  }
}

// MARK: - Blocks and their shapes
extension OnceForAllMobileNetV3 {
  /// A block by its choices.
  func block(
    _ number: Int, kernel: Int, expansion: Int, in skeleton: Skeleton
  ) -> InvertedResidual {
    let position = skeleton.positions[number]
    let stage = stages[position.stage]
    let wide = position.input.channels * Self.expansions[expansion]
    return InvertedResidual(
      name: "block\(number)", input: position.input, wideChannels: wide,
      outputChannels: stage.channels, kernel: Self.kernels[kernel], stride: position.stride,
      squeezedChannels: stage.squeezes ? Self.divisible(Double(wide / 4)) : nil)
  }

  private func head(_ map: FeatureMap) -> [Layer] {
    let expand = Layer.convolution("expand", map, to: finalChannels, Window(square: 1))
    return [
      expand,
      .globalPooling("pool", expand.op.output, reading: .layer(0)),
      .linear("mix", finalChannels, to: lastChannels, hasBias: false, reading: .layer(1)),
      .linear("classifier", lastChannels, to: Self.classes, hasBias: true, reading: .layer(2)),
    ]
  }

  private func shape(_ number: Int, kernel: Int, expansion: Int, in skeleton: Skeleton)
    -> BlockShape
  {
    let block = block(number, kernel: kernel, expansion: expansion, in: skeleton)
    let stage = stages[skeleton.positions[number].stage]
    return .mobileNetV3(
      input: block.input, outputChannels: block.outputChannels, wideChannels: block.wideChannels,
      kernel: block.kernel, stride: block.stride, squeezes: stage.squeezes,
      hasHardSwish: stage.hasHardSwish)
  }

  /// What all networks of one image size have: each block's shape with its layers.
  private func commonBlocks(in skeleton: Skeleton) -> [(shape: BlockShape, layers: [Layer])] {
    let (map, head) = (skeleton.stem.op.output, head(skeleton.lastMap))
    return [
      (
        .convolution(
          input: skeleton.image, outputChannels: firstChannels, kernel: 3, stride: 2, groups: 1),
        [skeleton.stem]
      ),
      (
        .mobileNetV3(
          input: map, outputChannels: map.channels, wideChannels: map.channels, kernel: 3,
          stride: 1, squeezes: false, hasHardSwish: false), skeleton.first
      ),
      (
        .convolution(
          input: skeleton.lastMap, outputChannels: finalChannels, kernel: 1, stride: 1, groups: 1),
        [head[0]]
      ),
      (
        .averagePool(
          input: head[0].op.output, outputChannels: finalChannels, kernel: skeleton.lastMap.height,
          stride: 1), [head[1]]
      ),
      (
        .convolution(
          input: head[1].op.output, outputChannels: lastChannels, kernel: 1, stride: 1, groups: 1),
        [head[2]]
      ),
      (.linear(inputs: lastChannels, outputs: Self.classes), [head[3]]),
    ]
  }

  /// For every block, what decides on it, and for each way to choose what `make` makes of it; `nil`
  /// where it is beyond its stage's depth.
  private func everyBlock<Value>(
    _ make: (_ number: Int, _ kernel: Int, _ expansion: Int, Skeleton) -> Value
  ) -> [(variables: [Int], values: [Value?])] {
    (0..<Self.blockCount).map { number in
      let index = number % Self.largestDepth
      let isAlways = index < Self.depths[0]
      let depth = Self.firstDepth + number / Self.largestDepth
      var values: [Value?] = []
      for kernel in Self.kernels.indices {
        for expansion in Self.expansions.indices {
          for depth in isAlways ? [Self.largestDepth] : Self.depths {
            values += skeletons.map { skeleton in
              index < depth ? make(number, kernel, expansion, skeleton) : nil
            }
          }
        }
      }
      return (
        [number, Self.firstExpansion + number] + (isAlways ? [] : [depth]) + [Self.sizeVariable],
        values
      )
    }
  }

  /// One term for each block, of all decisions that it depends on.
  public var parts: NetworkParts {
    let common = skeletons.map { commonBlocks(in: $0) }
    let skeletonTerms = common[0].indices.map { block in
      NetworkParts.Term(
        variables: [Self.sizeVariable], layers: common.map { $0[block].layers })
    }
    let blocks = everyBlock { block($0, kernel: $1, expansion: $2, in: $3).layers }
    return NetworkParts(
      fixed: [],
      terms: skeletonTerms.prefix(2)
        + blocks.map { .init(variables: $0.variables, layers: $0.values.map { $0 ?? [] }) }
        + skeletonTerms.dropFirst(2))
  }

  /// The blocks by the shapes that Once-for-all's latency tables are keyed by.
  public var blockShapes: SpaceBlocks? {
    let common = skeletons.map { commonBlocks(in: $0) }
    let skeletonTerms = common[0].indices.map { block in
      SpaceBlocks.Term(
        variables: [Self.sizeVariable], blocks: common.map { $0[block].shape })
    }
    let blocks = everyBlock { shape($0, kernel: $1, expansion: $2, in: $3) }
    return SpaceBlocks(
      fixed: [],
      terms: skeletonTerms.prefix(2)
        + blocks.map { .init(variables: $0.variables, blocks: $0.values) }
        + skeletonTerms.dropFirst(2))
  }
}
