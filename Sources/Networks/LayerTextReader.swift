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

  init(text: String, kind: OpKind, kindColumn: Int) {
    self.text = text
    self.kind = kind
    self.kindColumn = kindColumn
  }

  /// Takes one `key=value`.
  mutating func read(_ token: LayerText.Token) throws(TextError) {
    let parts = token.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty else {
      throw error(
        token.column, "'\(token.text)' is not key=value", "write '\(token.text)=…' without spaces")
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

  /// The op, once all keys are read.
  func op(reading inputs: [FeatureMap]) throws(TextError) -> any TensorOp {
    var attributes = attributes
    for (attribute, value) in kind.attributes(reading: inputs)
    where attributes[attribute] == nil { attributes[attribute] = value }
    do {
      return try kind.op(attributes)
    } catch {
      var hint: String?
      if case .missing(let attribute) = error { hint = "add '\(attribute.name)=…'" }
      throw self.error(column(of: error), error.message, hint)
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
    return Spelling.hint(for: key, among: keys)
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
