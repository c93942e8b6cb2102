internal import CostDiagnostics
internal import Ops

/// Gathers the keys of one layer text.
struct LayerTextReader {
  let text: String
  let kind: OpKind
  let kindColumn: Int
  private(set) var batch: Int?
  private(set) var precision = PrecisionOverride.none
  private var attributes = OpAttributes()
  /// Where each key was written.
  private var columns: [String: Int] = [:]
  /// The words after the op's.
  private let keyTokens: [LayerText.Token]

  /// - Throws: `TextError` for a text that begins with no op.
  init(_ text: String) throws(TextError) {
    let tokens = LayerText.tokens(of: text)
    guard let word = tokens.first else {
      throw TextError(
        text: text, column: 1, message: "no layer is given",
        hint: "such as '\(LayerText.example)'")
    }
    guard let kind = OpKind(rawValue: word.text) else {
      throw TextError(
        text: text, column: word.column, message: "unknown op '\(word.text)'",
        hint: EditDistance.hint(for: word.text, among: OpKind.allCases.map(\.rawValue)))
    }
    self.text = text
    self.kind = kind
    kindColumn = word.column
    keyTokens = Array(tokens.dropFirst())
  }

  /// Reads every `key=value`, and gives what is wrong with them: what has to be there is looked for
  /// once all that is there is right.
  ///
  /// - Parameter inputs: `nil` where the shapes are not known; what such determine may be left out.
  mutating func readKeys(reading inputs: [FeatureMap]?) -> [TextError] {
    var mistakes: [TextError] = []
    for token in keyTokens {
      do throws(TextError) { try read(token) } catch { mistakes.append(error) }
    }
    guard mistakes.isEmpty else { return mistakes }
    let anything = [FeatureMap(channels: 1, height: 1, width: 1)]
    let determined = Set(kind.attributes(reading: inputs ?? anything).map(\.0))
    return required.filter { !determined.contains($0) }.map { attribute in
      error(
        kindColumn, OpError.missing(attribute).message, "add '\(attribute.name)=…'")
    }
  }

  /// Whether the text says all that the op needs.
  var isComplete: Bool { required.isEmpty }

  /// What the op needs and the text does not say.
  private var required: [OpAttribute] {
    kind.rows.filter { $0.standard == .required && attributes[$0.attribute] == nil }
      .map(\.attribute)
  }

  /// Takes one `key=value`.
  private mutating func read(_ token: LayerText.Token) throws(TextError) {
    let parts = token.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty else {
      let key = Int(token.text) == nil ? nil : required.first?.name
      throw error(
        token.column, "'\(token.text)' is not key=value",
        key.map { "write a key before each number, such as '\($0)=\(token.text)'" }
          ?? "write '\(token.text)=…' without spaces")
    }
    let (key, digits) = (String(parts[0]), parts[1])
    guard keys.contains(key) else {
      throw error(token.column, "'\(kind.rawValue)' has no key '\(key)'", hint(forKey: key))
    }
    guard columns.updateValue(token.column, forKey: key) == nil else {
      throw error(token.column, "'\(key)' is given twice")
    }
    guard let value = Int(digits) else {
      throw error(
        token.column + parts[0].unicodeScalars.count + 1,
        "'\(key)' needs a whole number, not '\(digits)'")
    }
    try set(key, to: value, column: token.column)
  }

  /// The layer, once all keys are read.
  func layer(reading inputs: [FeatureMap]) throws(TextError) -> LayerText {
    var attributes = attributes
    for (attribute, value) in kind.attributes(reading: inputs)
    where attributes[attribute] == nil { attributes[attribute] = value }
    do {
      return LayerText(op: try kind.op(attributes), batch: batch, precision: precision)
    } catch {
      throw self.error(column(of: error), error.message)
    }
  }

  private mutating func set(_ key: String, to value: Int, column: Int) throws(TextError) {
    switch key {
    case "n":
      guard (1...Int(Problem.largestExtent)).contains(value) else {
        throw error(column, "n=\(value) is not between 1 and \(Problem.largestExtent)")
      }
      batch = value
    case "wbits", "abits", "accbits":
      guard (1...1024).contains(value) else {
        throw error(column, "\(key)=\(value) is not between 1 and 1024 bits")
      }
      if key == "wbits" { precision.weightBits = value }
      if key == "abits" { precision.activationBits = value }
      if key == "accbits" { precision.accumulatorBits = value }
    default:
      guard let attribute = OpAttribute(rawValue: key) else { return }
      for other in OpAttribute.allCases
      where other.axes.contains(attribute) || attribute.axes.contains(other) {
        guard attributes[other] == nil else {
          throw error(column, "'\(key)' and '\(other.name)' exclude each other")
        }
      }
      attributes[attribute] = value
    }
  }

  private var keys: [String] {
    let own = kind.rows.flatMap { [$0.attribute] + $0.attribute.axes }.map(\.name)
    return ["n"] + own + ["wbits", "abits", "accbits"]
  }

  /// What was meant by a key that other tools know under this name.
  private func hint(forKey key: String) -> String {
    let synonyms = [
      "kernel": "r", "kernel_size": "r", "padding": "pad", "in": "c", "in_channels": "c",
      "out": "k", "out_channels": "k", "m": "k", "group": "groups", "batch": "n", "height": "h",
      "width": "w",
    ]
    if let synonym = synonyms[key.lowercased()], keys.contains(synonym) {
      return "did you mean '\(synonym)'?"
    }
    return EditDistance.hint(for: key, among: keys)
  }

  /// Where the number to change was written; a number left out stands at the one it follows.
  private func column(of error: OpError) -> Int {
    guard let attribute = error.attribute else { return kindColumn }
    if let column = columns[attribute.name] { return column }
    let both = OpAttribute.allCases.first { $0.axes.contains(attribute) }
    if let both, let column = columns[both.name] { return column }
    for row in kind.rows where row.attribute == attribute {
      if case .same(let other) = row.standard, let column = columns[other.name] { return column }
    }
    if case .notDivisible = error, let column = columns[OpAttribute.groups.name] { return column }
    return kindColumn
  }

  private func error(_ column: Int, _ message: String, _ hint: String? = nil) -> TextError {
    TextError(text: text, column: column, message: message, hint: hint)
  }
}

extension OpKind {
  /// What the shapes an op reads say about it.
  fileprivate func attributes(reading inputs: [FeatureMap]) -> [(OpAttribute, Int)] {
    guard let first = inputs.first else { return [] }
    let size = [(OpAttribute.height, first.height), (.width, first.width)]
    switch self {
    case .zero: return []
    case .linear: return [(.inputChannels, Int(first.words))]
    case .concat: return [(.inputChannels, inputs.reduce(0) { $0 + $1.channels })] + size
    case .add:
      // One tensor is no addition: that it does not fit says more than a number of operands.
      return [(.inputChannels, first.channels), (.operands, max(2, inputs.count))] + size
    default: return [(.inputChannels, first.channels)] + size
    }
  }
}
