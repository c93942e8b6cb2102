public import Ops

/// A block of a network as tables of block costs name it: what it is made of, and its shape.
public enum BlockShape: Hashable, Sendable {
  /// A convolution with its normalisation.
  case convolution(input: FeatureMap, outputChannels: Int, kernel: Int, stride: Int, groups: Int)
  /// A 1x1 convolution that expands, a depthwise one, and a 1x1 one that projects.
  case invertedResidual(
    input: FeatureMap, outputChannels: Int, expansion: Int, kernel: Int, stride: Int, groups: Int)
  /// An inverted residual of a MobileNetV3, by the channels of its depthwise convolution.
  case mobileNetV3(
    input: FeatureMap, outputChannels: Int, wideChannels: Int, kernel: Int, stride: Int,
    squeezes: Bool, hasHardSwish: Bool)
  /// The tensor itself, or a 1x1 convolution where the shape changes.
  case skip(input: FeatureMap, outputChannels: Int, stride: Int)
  case averagePool(input: FeatureMap, outputChannels: Int, kernel: Int, stride: Int)
  case linear(inputs: Int, outputs: Int)
}

// MARK: - HW-NAS-Bench's keys
extension BlockShape {
  /// The key of HW-NAS-Bench's look-up tables (C. Li et al., ICLR 2021), such as
  /// `ConvBlock_H32_W32_Cin16_Cout24_exp3_kernel5_stride1_group1`; blocks of a MobileNetV3, which
  /// those have not, are `MBV3Block` with `mid`, `se` and `hs`.
  public var hwNASBenchKey: String {
    func map(_ word: String, _ input: FeatureMap, _ outputs: Int) -> String {
      "\(word)_H\(input.height)_W\(input.width)_Cin\(input.channels)_Cout\(outputs)"
    }
    switch self {
    case .convolution(let input, let outputs, let kernel, let stride, let groups):
      return map("ConvNorm", input, outputs) + "_kernel\(kernel)_stride\(stride)_group\(groups)"
    case .invertedResidual(
      let input, let outputs, let expansion, let kernel, let stride, let groups):
      return map("ConvBlock", input, outputs)
        + "_exp\(expansion)_kernel\(kernel)_stride\(stride)_group\(groups)"
    case .mobileNetV3(
      let input, let outputs, let wide, let kernel, let stride, let squeezes, let hasHardSwish):
      return map("MBV3Block", input, outputs)
        + "_mid\(wide)_kernel\(kernel)_stride\(stride)_se\(squeezes ? 1 : 0)"
        + "_hs\(hasHardSwish ? 1 : 0)"
    case .skip(let input, let outputs, let stride):
      return map("Skip", input, outputs) + "_stride\(stride)"
    case .averagePool(let input, let outputs, let kernel, let stride):
      return map("AvgP", input, outputs) + "_kernel\(kernel)_stride\(stride)"
    case .linear(let inputs, let outputs): return "FC_Cin\(inputs)_Cout\(outputs)"
    }
  }

  /// Reads a key of HW-NAS-Bench's look-up tables.
  ///
  /// - Throws: `TextError` for the first part of the key that is wrong.
  public init(hwNASBenchKey text: String) throws(TextError) {
    var reader = BlockKeyReader(text, separator: "_")
    let kinds = ["ConvNorm", "ConvBlock", "MBV3Block", "Skip", "AvgP", "FC"]
    let kind = try reader.word(of: kinds)
    if kind == "FC" {
      self = .linear(inputs: try reader.number("Cin"), outputs: try reader.number("Cout"))
    } else {
      let (height, width) = (try reader.number("H"), try reader.number("W"))
      let input = FeatureMap(channels: try reader.number("Cin"), height: height, width: width)
      let outputs = try reader.number("Cout")
      switch kind {
      case "ConvNorm":
        self = .convolution(
          input: input, outputChannels: outputs, kernel: try reader.number("kernel"),
          stride: try reader.number("stride"), groups: try reader.number("group"))
      case "ConvBlock":
        self = .invertedResidual(
          input: input, outputChannels: outputs, expansion: try reader.number("exp"),
          kernel: try reader.number("kernel"), stride: try reader.number("stride"),
          groups: try reader.number("group"))
      case "MBV3Block":
        self = .mobileNetV3(
          input: input, outputChannels: outputs, wideChannels: try reader.number("mid"),
          kernel: try reader.number("kernel"), stride: try reader.number("stride"),
          squeezes: try reader.flag("se"), hasHardSwish: try reader.flag("hs"))
      case "Skip":
        self = .skip(
          input: input, outputChannels: outputs, stride: try reader.number("stride"))
      default:
        self = .averagePool(
          input: input, outputChannels: outputs, kernel: try reader.number("kernel"),
          stride: try reader.number("stride"))
      }
    }
    try reader.expectEnd()
  }
}

// MARK: - Once-for-all's keys
extension BlockShape {
  /// The key of Once-for-all's latency tables (H. Cai et al., ICLR 2020), such as
  /// `expanded_conv-input:7x7x192-output:7x7x320-expand:6-kernel:5-stride:1-idskip:0`.
  ///
  /// Blocks of a MobileNetV3 are `expanded_conv` too, with `se:` and `hs:` behind, and `expand:` is
  /// the count of their wide channels then. Tables of that kind know no groups and no skips; blocks of
  /// more than one group get a part of their own, `group:2`, and skips the name of HW-NAS-Bench.
  public var onceForAllKey: String {
    func size(_ map: FeatureMap) -> String { "\(map.height)x\(map.width)x\(map.channels)" }
    func shapes(_ input: FeatureMap, _ outputs: Int, _ stride: Int) -> String {
      let output = FeatureMap(
        channels: outputs, height: (input.height + stride - 1) / stride,
        width: (input.width + stride - 1) / stride)
      return "-input:\(size(input))-output:\(size(output))"
    }
    switch self {
    case .convolution(let input, let outputs, let kernel, let stride, let groups):
      let word =
        kernel == 1 ? (input.height == 1 && input.width == 1 ? "Conv_2" : "Conv_1") : "Conv"
      return word + shapes(input, outputs, stride)
        + (groups > 1 ? "-group:\(groups)" : "")
    case .invertedResidual(
      let input, let outputs, let expansion, let kernel, let stride, let groups):
      let isIdentity = stride == 1 && input.channels == outputs
      return "expanded_conv" + shapes(input, outputs, stride)
        + "-expand:\(expansion)-kernel:\(kernel)-stride:\(stride)-idskip:\(isIdentity ? 1 : 0)"
        + (groups > 1 ? "-group:\(groups)" : "")
    case .mobileNetV3(
      let input, let outputs, let wide, let kernel, let stride, let squeezes, let hasHardSwish):
      let isIdentity = stride == 1 && input.channels == outputs
      return "expanded_conv" + shapes(input, outputs, stride)
        + "-expand:\(wide)-kernel:\(kernel)-stride:\(stride)-idskip:\(isIdentity ? 1 : 0)"
        + "-se:\(squeezes ? 1 : 0)-hs:\(hasHardSwish ? 1 : 0)"
    case .skip(let input, let outputs, let stride):
      return "Skip" + shapes(input, outputs, stride) + "-stride:\(stride)"
    case .averagePool(let input, _, _, _):
      return "AvgPool2D-input:\(size(input))-output:1x1x\(input.channels)"
    case .linear(let inputs, let outputs): return "Logits-input:1x1x\(inputs)-output:\(outputs)"
    }
  }

  /// Reads a key of Once-for-all's latency tables.
  ///
  /// - Throws: `TextError` for the first part of the key that is wrong.
  public init(onceForAllKey text: String) throws(TextError) {
    var reader = BlockKeyReader(text, separator: "-")
    let kind = try reader.word(
      of: ["expanded_conv", "Conv", "Conv_1", "Conv_2", "Skip", "AvgPool2D", "Logits"])
    let input = try reader.shape("input:")
    guard kind != "Logits" else {
      self = .linear(inputs: input.channels, outputs: try reader.number("output:"))
      try reader.expectEnd()
      return
    }
    let output = try reader.shape("output:")
    let stride = (input.height + output.height - 1) / output.height
    switch kind {
    case "expanded_conv":
      let (expansion, kernel) = (try reader.number("expand:"), try reader.number("kernel:"))
      let written = try reader.number("stride:")
      _ = try reader.flag("idskip:")
      if let squeezes = try reader.optionalFlag("se:") {
        self = .mobileNetV3(
          input: input, outputChannels: output.channels, wideChannels: expansion, kernel: kernel,
          stride: written, squeezes: squeezes, hasHardSwish: try reader.flag("hs:"))
        break
      }
      self = .invertedResidual(
        input: input, outputChannels: output.channels, expansion: expansion, kernel: kernel,
        stride: written, groups: try reader.optionalNumber("group:") ?? 1)
    case "Skip":
      self = .skip(
        input: input, outputChannels: output.channels, stride: try reader.number("stride:"))
    case "AvgPool2D":
      self = .averagePool(
        input: input, outputChannels: output.channels, kernel: input.height, stride: 1)
    default:
      self = .convolution(
        input: input, outputChannels: output.channels, kernel: kind == "Conv" ? 3 : 1,
        stride: stride, groups: try reader.optionalNumber("group:") ?? 1)
    }
    try reader.expectEnd()
  }
}

// MARK: - Work
extension BlockShape {
  /// Words for what blocks have in common that are compared by their work: all but channels and
  /// map.
  public var family: String {
    switch self {
    case .convolution(_, _, let kernel, let stride, let groups):
      "ConvNorm kernel \(kernel) stride \(stride) group \(groups)"
    case .invertedResidual(_, _, _, let kernel, let stride, let groups):
      "ConvBlock kernel \(kernel) stride \(stride) group \(groups)"
    case .mobileNetV3(_, _, _, let kernel, let stride, let squeezes, _):
      "MBV3Block kernel \(kernel) stride \(stride) se \(squeezes ? 1 : 0)"
    case .skip(let input, let outputs, let stride):
      stride == 1 && input.channels == outputs ? "Skip identity" : "Skip stride \(stride)"
    case .averagePool(_, _, let kernel, let stride): "AvgP kernel \(kernel) stride \(stride)"
    case .linear: "FC"
    }
  }

  /// Multiply-accumulates, or where a block has none, words that it reads; a number that only
  /// orders the blocks of a family.
  public var work: Double {
    func area(_ map: FeatureMap) -> Double { Double(map.height) * Double(map.width) }
    switch self {
    case .convolution(let input, let outputs, let kernel, let stride, let groups):
      return area(input) / Double(stride) / Double(stride) * Double(input.channels)
        * Double(outputs) * Double(kernel) * Double(kernel) / Double(groups)
    case .invertedResidual(
      let input, let outputs, let expansion, let kernel, let stride, let groups):
      let wide = Double(input.channels) * Double(expansion)
      let after = area(input) / Double(stride) / Double(stride)
      return area(input) * Double(input.channels) * wide / Double(groups)
        + after * wide * Double(kernel) * Double(kernel)
        + after * wide * Double(outputs) / Double(groups)
    case .mobileNetV3(let input, let outputs, let wide, let kernel, let stride, _, _):
      let after = area(input) / Double(stride) / Double(stride)
      return Double(wide)
        * (area(input) * Double(input.channels)
          + after * (Double(kernel) * Double(kernel) + Double(outputs)))
    case .skip(let input, let outputs, let stride):
      let words = area(input) * Double(input.channels)
      return stride == 1 && input.channels == outputs
        ? words : words * Double(outputs) / Double(stride) / Double(stride)
    case .averagePool(let input, _, _, _): return area(input) * Double(input.channels)
    case .linear(let inputs, let outputs): return Double(inputs) * Double(outputs)
    }
  }
}

/// Reads the parts of a key, each a name and a number, from the left.
private struct BlockKeyReader {
  private let text: String
  private let separator: Character
  private var parts: [(text: Substring, column: Int)] = []
  private var next = 0

  init(_ text: String, separator: Character) {
    self.text = text
    self.separator = separator
    var column = 1
    for part in text.split(separator: separator, omittingEmptySubsequences: false) {
      parts.append((part, column))
      column += part.unicodeScalars.count + 1
    }
  }

  /// The kind of block, which may hold the separator itself.
  mutating func word(of words: [String]) throws(TextError) -> String {
    let found = parts[0].text
    guard let word = words.first(where: { $0 == found }) else {
      throw TextError(
        text: text, column: 1, message: "unknown block '\(found)'",
        hint: "one of " + words.joined(separator: ", "))
    }
    next = 1
    return word
  }

  /// A whole number from 1 to 2^24 behind a name.
  mutating func number(_ name: String) throws(TextError) -> Int {
    let part = try part(name)
    return try number(part.text, column: part.column, name)
  }

  /// A number behind a name, if that name comes next.
  mutating func optionalNumber(_ name: String) throws(TextError) -> Int? {
    guard next < parts.count, parts[next].text.hasPrefix(name) else { return nil }
    return try number(name)
  }

  /// 0 or 1 behind a name, if that name comes next.
  mutating func optionalFlag(_ name: String) throws(TextError) -> Bool? {
    guard next < parts.count, parts[next].text.hasPrefix(name) else { return nil }
    return try flag(name)
  }

  /// 0 or 1 behind a name.
  mutating func flag(_ name: String) throws(TextError) -> Bool {
    let part = try part(name)
    guard part.text == "0" || part.text == "1" else {
      throw TextError(
        text: text, column: part.column, message: "'\(part.text)' is neither 0 nor 1", hint: nil)
    }
    return part.text == "1"
  }

  /// `HxWxC` behind a name.
  mutating func shape(_ name: String) throws(TextError) -> FeatureMap {
    let part = try part(name)
    let sizes = part.text.split(separator: "x", omittingEmptySubsequences: false)
    guard sizes.count == 3 else {
      throw TextError(
        text: text, column: part.column, message: "'\(part.text)' is no shape",
        hint: "write height, width and channels, such as '7x7x192'")
    }
    return FeatureMap(
      channels: try number(sizes[2], column: part.column, name),
      height: try number(sizes[0], column: part.column, name),
      width: try number(sizes[1], column: part.column, name))
  }

  func expectEnd() throws(TextError) {
    guard next < parts.count else { return }
    throw TextError(
      text: text, column: parts[next].column,
      message: "the key goes on with '\(parts[next].text)'", hint: nil)
  }

  private mutating func part(_ name: String) throws(TextError) -> (text: Substring, column: Int) {
    guard next < parts.count else {
      throw TextError(
        text: text, column: text.unicodeScalars.count + 1,
        message: "the key ends where '\(name)' is expected", hint: nil)
    }
    let part = parts[next]
    guard part.text.hasPrefix(name) else {
      throw TextError(
        text: text, column: part.column, message: "expected '\(name)', found '\(part.text)'",
        hint: nil)
    }
    next += 1
    return (part.text.dropFirst(name.count), part.column + name.count)
  }

  private func number(
    _ digits: Substring, column: Int, _ name: String
  ) throws(TextError) -> Int {
    guard let value = Int(digits), (1...(1 << 24)).contains(value) else {
      throw TextError(
        text: text, column: column,
        message: "'\(digits)' after '\(name)' is no whole number from 1 to 16777216", hint: nil)
    }
    return value
  }
}
