internal import Accelerators
internal import CostDiagnostics
internal import CostUnits
internal import CostYAML
internal import Ops

/// A value with where it comes from.
struct Sourced<Value> {
  var value: Value
  var source: Provenance?
}

/// What decoding gathers beside the values themselves: where each number comes from.
struct ConfigDecoding {
  private(set) var provenance: [String: Provenance] = [:]
  private(set) var unsourced: [String] = []
  /// Names of the file's `sources`; `nil` while they are not known, because they are wrong.
  var sourceNames: [String]?
  /// Key paths that were replaced: what the file says of their source is no longer true.
  var overridden: Set<String> = []

  /// Notes where the number at a key path comes from.
  mutating func record(_ keyPath: String, _ source: Provenance?) {
    if let source { provenance[keyPath] = source } else { unsourced.append(keyPath) }
  }

  /// The provenance of a mapping's numbers: its own `source` or `assumed`, else the enclosing one.
  func provenance(
    of reader: inout YAMLReader, inheriting inherited: Provenance?
  ) -> Provenance? {
    let source = reader.value("source", required: false)
    let assumed = reader.value("assumed", required: false)
    if let source, assumed != nil {
      reader.report(source, "a number has a source or is assumed, not both", hint: "keep one")
      return inherited
    }
    if let source, let name = reader.string(source) {
      guard sourceNames?.contains(name) ?? true else {
        reader.report(
          source, "'\(name)' is not in the file's sources",
          hint: reader.didYouMean(name, among: sourceNames ?? [])
            ?? "add '\(name): \"where the number is from\"' to sources")
        return inherited
      }
      return .source(name)
    }
    if let assumed, let reason = reader.string(assumed) { return .assumed(reason) }
    return inherited
  }

  /// Reads the number of a key, written plainly or as `{value: …, source: …}`, and notes where it is
  /// from.
  mutating func number<Number>(
    _ key: String, from reader: inout YAMLReader, _ inherited: Provenance?, required: Bool = true,
    read: (inout YAMLReader, YAMLReader.Value) -> Number?
  ) -> Number? {
    guard let value = reader.value(key, required: required) else { return nil }
    guard let found = sourced(value, from: &reader, inherited, read: read) else { return nil }
    record(value.keyPath, found.source)
    return found.value
  }

  /// Reads a number with the place it is from, and leaves noting that to the caller.
  func sourced<Number>(
    _ value: YAMLReader.Value, from reader: inout YAMLReader, _ inherited: Provenance?,
    read: (inout YAMLReader, YAMLReader.Value) -> Number?
  ) -> Sourced<Number>? {
    let inherited: Provenance? =
      overridden.contains(value.keyPath) ? .assumed("set from outside the file") : inherited
    guard value.node.entries != nil else {
      return read(&reader, value).map { Sourced(value: $0, source: inherited) }
    }
    return reader.mapping(value) { inner in
      let source = provenance(of: &inner, inheriting: inherited)
      guard let inside = inner.value("value") else { return nil }
      let isOverridden = overridden.contains(inside.keyPath)
      return read(&inner, inside).map {
        Sourced(value: $0, source: isOverridden ? .assumed("set from outside the file") : source)
      }
    }
  }

  /// Reads the number with unit of a key.
  mutating func quantity<Family: UnitFamily>(
    _ key: String, _ family: Family.Type, from reader: inout YAMLReader, _ inherited: Provenance?,
    required: Bool = true
  ) -> Quantity<Family>? {
    number(key, from: &reader, inherited, required: required) { $0.quantity($1, family) }
  }

  /// Reads the whole number of a key.
  mutating func count(
    _ key: String, in range: ClosedRange<Int64>, from reader: inout YAMLReader,
    _ inherited: Provenance?, required: Bool = true
  ) -> Int64? {
    number(key, from: &reader, inherited, required: required) { $0.integer($1, in: range) }
  }
}

// MARK: - Words of the models
extension YAMLReader {
  /// A list of tensors: `[weight, input]`.
  mutating func tensors(_ key: String) -> TensorSet? {
    guard let values = values(key, required: false) else { return nil }
    var set: TensorSet = []
    for value in values {
      guard let name = choice(value, among: TensorRole.allCases.map(\.name)),
        let role = TensorRole(name: name)
      else { continue }
      if set.contains(role) { report(value, "'\(name)' is here twice", hint: "keep one") }
      set.insert(TensorSet(role))
    }
    return set
  }

  /// A list of loop dimensions, each once: `[q, k]`.
  mutating func dimensions(_ key: String) -> [LoopDimension]? {
    guard let values = values(key, required: false) else { return nil }
    var found: [LoopDimension] = []
    for value in values {
      guard let dimension = dimension(value) else { continue }
      if found.contains(dimension) {
        report(value, "'\(dimension.name)' is here twice", hint: "keep one")
      }
      found.append(dimension)
    }
    return found
  }

  /// One loop dimension.
  mutating func dimension(_ value: Value) -> LoopDimension? {
    guard let text = string(value) else { return nil }
    return dimension(named: text, at: value)
  }

  /// The loop dimension of a name that stands in a value.
  mutating func dimension(named text: some StringProtocol, at value: Value) -> LoopDimension? {
    guard let dimension = LoopDimension(name: text) else {
      let names = LoopDimension.allCases.map(\.name).joined(separator: ", ")
      report(
        value, "'\(text.prefix(40))' is no loop dimension",
        hint: LoopDimension(name: text.lowercased()).map { "did you mean '\($0.name)'?" }
          ?? "the dimensions are \(names)")
      return nil
    }
    return dimension
  }

  /// A name that reports, key paths and file names can hold: letters, digits, `_`, `-` and `.`.
  mutating func identifier(_ key: String) -> String? {
    guard let value = value(key) else { return nil }
    return identifier(value)
  }

  /// A name that reports, key paths and file names can hold: letters, digits, `_`, `-` and `.`.
  mutating func identifier(_ value: Value) -> String? {
    guard let text = string(value) else { return nil }
    return checkIdentifier(text, at: value.node.location, keyPath: value.keyPath) ? text : nil
  }

  /// Whether a text is a name; anything else is reported.
  mutating func checkIdentifier(
    _ text: String, at location: SourceLocation, keyPath: String
  ) -> Bool {
    if text.unicodeScalars.allSatisfy(\.isPartOfName), (1...64).contains(text.utf8.count) {
      return true
    }
    report(
      at: location, keyPath: keyPath, "'\(text.prefix(64))' is no name",
      hint: "use at most 64 letters, digits, '_', '-' and '.'")
    return false
  }
}
