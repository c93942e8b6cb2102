internal import Ops

/// FBNet's search space: 22 blocks, each one of nine (B. Wu et al., CVPR 2019, arXiv:1812.03443,
/// tables 1 and 2).
public struct FBNet: SearchSpace {
  /// Which network the blocks stand in.
  ///
  /// Two dialects exist. HW-NAS-Bench (C. Li et al., ICLR 2021) has the first 1x1 convolution in
  /// every block; Facebook's own models (mobile-vision, `irf_block.py`) leave it out where the
  /// expansion is 1, and their FBNet-A has a head of 1,504 channels.
  public enum Variant: CaseIterable, Hashable, Sendable {
    case cifar100, imageNet, imageNetFacebook

    /// The name of the search space.
    public var spaceName: String {
      switch self {
      case .cifar100: "fbnet-cifar100"
      case .imageNet: "fbnet-imagenet"
      case .imageNetFacebook: "fbnet-imagenet-facebook"
      }
    }

    /// Rows and columns of an image.
    var imageSize: Int { self == .cifar100 ? 32 : 224 }
    var stemStride: Int { self == .cifar100 ? 1 : 2 }
    /// The stride of each stage's first block.
    var stageStrides: [Int] { self == .cifar100 ? [1, 1, 2, 2, 1, 2, 1] : [1, 2, 2, 2, 1, 2, 1] }
    var headChannels: Int { self == .imageNet ? 1984 : 1504 }
    var classes: Int { self == .cifar100 ? 100 : 1000 }
    var expandsAlways: Bool { self != .imageNetFacebook }
  }

  /// A candidate for a block; raw values are choices.
  enum Block: Int, CaseIterable, Sendable {
    case k3e1, k3e1Groups2, k3e3, k3e6, k5e1, k5e1Groups2, k5e3, k5e6, skip

    var kernel: Int { rawValue < Block.k5e1.rawValue ? 3 : 5 }

    var expansion: Int {
      switch self {
      case .k3e3, .k5e3: 3
      case .k3e6, .k5e6: 6
      default: 1
      }
    }

    var groups: Int { self == .k3e1Groups2 || self == .k5e1Groups2 ? 2 : 1 }
  }

  /// Where a block stands.
  struct Position: Sendable {
    var name: String
    var input: FeatureMap
    var outputChannels: Int
    var stride: Int

    var output: FeatureMap {
      FeatureMap(
        channels: outputChannels, height: input.height / stride, width: input.width / stride)
    }
    /// Whether input and output have the same shape.
    var isIdentity: Bool { output == input }
  }

  static let stageChannels = [16, 24, 32, 64, 112, 184, 352]
  static let stageBlocks = [1, 4, 4, 4, 4, 4, 1]
  static let blockCount = 22

  /// Which network the blocks stand in.
  public let variant: Variant
  let input: FeatureMap
  let stem: Layer
  let positions: [Position]
  /// By position, then by choice.
  let blocks: [[[Layer]]]
  let head: [Layer]

  /// The space of a variant.
  public init(_ variant: Variant) {
    self.variant = variant
    let size = variant.imageSize
    input = FeatureMap(channels: 3, height: size, width: size)
    stem = .convolution(
      "stem", input, to: 16, Window(square: 3, stride: variant.stemStride, padding: 1))
    var map = stem.op.output
    var blocks: [[[Layer]]] = []
    var positions: [Position] = []
    for (stage, channels) in Self.stageChannels.enumerated() {
      for index in 0..<Self.stageBlocks[stage] {
        let position = Position(
          name: "block\(blocks.count)", input: map, outputChannels: channels,
          stride: index == 0 ? variant.stageStrides[stage] : 1)
        blocks.append(
          Block.allCases.map {
            Self.layers(of: $0, at: position, expandsAlways: variant.expandsAlways)
          })
        positions.append(position)
        map = position.output
      }
    }
    self.positions = positions
    self.blocks = blocks
    head = Self.head(map, channels: variant.headChannels, classes: variant.classes)
  }

  /// The name of the variant's space.
  public var name: String { variant.spaceName }
  /// Nine choices for each of the 22 blocks.
  public var choiceCounts: [Int] {
    Array(repeating: Block.allCases.count, count: Self.blockCount)
  }
  /// What a network's text looks like.
  public var textForm: String { "22 numbers from 0 to 8: '0 3 8 …'" }

  /// Its 22 choices with a space between each two.
  public func text(of architecture: Architecture) -> String {
    architecture.choices.map { "\($0)" }.joined(separator: " ")
  }

  /// The layers of a network: stem, blocks, head.
  public func network(of architecture: Architecture) -> Network {
    precondition(
      architecture.choices.count == Self.blockCount, "an architecture of another space than FBNet")
    var layers = [stem]
    var current = TensorSource.layer(0)
    for (position, choice) in architecture.choices.enumerated() {
      layers.append(block: blocks[position][choice], reading: &current)
    }
    layers.append(block: head, reading: &current)
    return Network(unchecked: text(of: architecture), input: input, layers: layers)
  }
}

// MARK: - Layers

extension FBNet {
  /// An inverted residual; a skip is the tensor itself, or a 1x1 convolution where the shape
  /// changes.
  private static func layers(
    of block: Block, at position: Position, expandsAlways: Bool
  ) -> [Layer] {
    let (name, input) = (position.name, position.input)
    guard block != .skip else {
      return position.isIdentity
        ? []
        : [
          .convolution(
            "\(name).skip", input, to: position.outputChannels,
            Window(square: 1, stride: position.stride))
        ]
    }
    return InvertedResidual(
      name: name, input: input, wideChannels: input.channels * block.expansion,
      outputChannels: position.outputChannels, kernel: block.kernel, stride: position.stride,
      groups: block.groups, expands: expandsAlways || block.expansion > 1
    ).layers
  }

  private static func head(_ map: FeatureMap, channels: Int, classes: Int) -> [Layer] {
    let convolution = Layer.convolution("head", map, to: channels, Window(square: 1))
    return [
      convolution,
      .globalPooling("pool", convolution.op.output, reading: .layer(0)),
      .linear("classifier", channels, to: classes, hasBias: true, reading: .layer(1)),
    ]
  }
}

// MARK: - Text

extension FBNet {
  /// Reads 22 choices apart by spaces, commas or underscores, in brackets or not.
  ///
  /// - Throws: `TextError` for the first word that is no choice, and for too few or too many.
  public func architecture(_ text: String) throws(TextError) -> Architecture {
    if let choices = Self.choices(ofPlain: text) { return Architecture(choices: choices) }
    var choices: [Int] = []
    var word = String.UnicodeScalarView()
    var position = 0
    for scalar in text.unicodeScalars {
      position += 1
      guard scalar.properties.isWhitespace || ",_[]()".unicodeScalars.contains(scalar) else {
        word.append(scalar)
        continue
      }
      try Self.read(&word, endingAt: position - 1, of: text, into: &choices)
    }
    try Self.read(&word, endingAt: position, of: text, into: &choices)
    guard choices.count == Self.blockCount else {
      throw TextError(
        text: text, column: position + 1,
        message: "found \(choices.count) of \(Self.blockCount) numbers",
        hint: "one number from 0 to 8 a block, such as '0 3 8 …'")
    }
    return Architecture(choices: choices)
  }

  /// The choices of a text of 22 single digits from 0 to 8 with what may stand between them; `nil`
  /// for any other text, which is read with care.
  ///
  /// Search algorithms ask for millions of texts, nearly all of them of this form.
  private static func choices(ofPlain text: String) -> [Int]? {
    var text = text
    return text.withUTF8 { bytes in
      var choices: [Int] = []
      choices.reserveCapacity(blockCount)
      var follows = false
      for byte in bytes {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "8"):
          guard !follows, choices.count < blockCount else { return nil }
          choices.append(Int(byte &- UInt8(ascii: "0")))
          follows = true
        case UInt8(ascii: " "), UInt8(ascii: ","), UInt8(ascii: "_"), UInt8(ascii: "["),
          UInt8(ascii: "]"), UInt8(ascii: "("), UInt8(ascii: ")"):
          follows = false
        default: return nil
        }
      }
      return choices.count == blockCount ? choices : nil
    }
  }

  private static func read(
    _ word: inout String.UnicodeScalarView, endingAt end: Int, of text: String,
    into choices: inout [Int]
  ) throws(TextError) {
    guard !word.isEmpty else { return }
    let digits = String(word)
    let column = end - word.count + 1
    word = String.UnicodeScalarView()
    guard let choice = Int(digits), Block(rawValue: choice) != nil else {
      throw TextError(
        text: text, column: column, message: "'\(digits)' is not a block",
        hint: "a whole number from 0 to 8: k3_e1, k3_e1_g2, k3_e3, k3_e6, k5_e1, k5_e1_g2, k5_e3, "
          + "k5_e6, skip")
    }
    guard choices.count < blockCount else {
      throw TextError(
        text: text, column: column, message: "more than \(blockCount) numbers", hint: nil)
    }
    choices.append(choice)
  }
}
