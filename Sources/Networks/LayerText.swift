public import Ops

/// One layer as text: `conv n=1 c=16 k=16 h=32 w=32 r=3 s=3 stride=1 pad=1`.
///
/// An op's word, then `key=value` in any order; which keys an op has and what stands in for one
/// left out is `OpKind.rows`. `n` is the batch; `wbits`, `abits` and `accbits` are bit widths that
/// replace the target's.
public struct LayerText: Sendable {
  /// The op that the text describes.
  public var op: any TensorOp
  /// `nil` where the text does not say, which means 1.
  public var batch: Int?
  /// The bit widths that it sets.
  public var precision: PrecisionOverride

  /// A layer that was not read from a text.
  ///
  /// - Parameters:
  ///   - batch: Images at once; `nil` means 1.
  ///   - precision: Bit widths that the layer sets for itself.
  public init(op: any TensorOp, batch: Int? = nil, precision: PrecisionOverride = .none) {
    self.op = op
    self.batch = batch
    self.precision = precision
  }

  /// Reads a layer.
  ///
  /// - Parameter inputs: the shapes the layer reads in a network; what they determine may be left
  ///   out of the text. Whether they fit is for `TensorOp.checkInputs` to say.
  /// - Throws: `TextError` for the first mistake.
  public init(_ text: String, reading inputs: [FeatureMap] = []) throws(TextError) {
    var reader = try LayerTextReader(text)
    if let mistake = reader.readKeys(reading: inputs).first { throw mistake }
    self = try reader.layer(reading: inputs)
  }

  /// Reads a layer of a file, with everything that is wrong in it.
  ///
  /// - Parameter inputs: the shapes the layer reads; `nil` where they are not known, because they
  ///   are wrong themselves. A layer that leaves to them what they determine is then `nil` without
  ///   a mistake.
  public static func read(
    _ text: String, reading inputs: [FeatureMap]?
  ) -> (layer: LayerText?, mistakes: [TextError]) {
    do throws(TextError) {
      var reader = try LayerTextReader(text)
      let mistakes = reader.readKeys(reading: inputs)
      guard mistakes.isEmpty, inputs != nil || reader.isComplete else { return (nil, mistakes) }
      return (try reader.layer(reading: inputs ?? []), [])
    } catch {
      return (nil, [error])
    }
  }

  /// The layer with every key of its op, in canonical order; bit widths only where they are set.
  public var canonical: String {
    var text = "\(op.kind.rawValue) n=\(batch ?? 1)"
    for (attribute, value) in op.attributes.list { text += " \(attribute.name)=\(value)" }
    if let bits = precision.weightBits { text += " wbits=\(bits)" }
    if let bits = precision.activationBits { text += " abits=\(bits)" }
    if let bits = precision.accumulatorBits { text += " accbits=\(bits)" }
    return text
  }

  static let example = "conv c=16 k=16 h=32 r=3 pad=1"

  /// A word of a text and where it starts.
  struct Token {
    var text: String
    var column: Int
  }

  static func tokens(of text: String) -> [Token] {
    var tokens: [Token] = []
    var current = String.UnicodeScalarView()
    for (offset, scalar) in text.unicodeScalars.enumerated() {
      if scalar.properties.isWhitespace {
        if !current.isEmpty {
          tokens.append(Token(text: String(current), column: offset + 1 - current.count))
        }
        current = String.UnicodeScalarView()
      } else {
        current.append(scalar)
      }
    }
    if !current.isEmpty {
      let end = text.unicodeScalars.count
      tokens.append(Token(text: String(current), column: end + 1 - current.count))
    }
    return tokens
  }
}

extension LayerText: Hashable {
  /// Whether two layers are the same, however their texts were written.
  public static func == (a: LayerText, b: LayerText) -> Bool {
    a.op.isEqual(to: b.op) && a.batch == b.batch && a.precision == b.precision
  }

  /// Hashes the layer's meaning, not its text.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(op)
    hasher.combine(batch)
    hasher.combine(precision)
  }
}
