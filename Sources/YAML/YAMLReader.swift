public import CostDiagnostics

/// Reads one mapping strictly: each key once, no key left over, every problem reported together.
///
///     let device = try YAMLReader.decode(document) { reader -> Device? in
///       let name = reader.string("name")
///       let clock = reader.quantity("clock", Frequency.self)
///       let levels = reader.sequence("levels") { level in Level(&level) }
///       guard let name, let clock, let levels else { return nil }
///       return Device(name, clock, levels)
///     }
///
/// A method that reads a key gives `nil` when the key is missing or its value is wrong, and has
/// then reported why; so a decoder reads everything first and gives up at the end. With
/// `required: false` a missing key is no mistake, only a wrong value is. What no method asked for
/// is an unknown key, and the hint names the nearest key that was asked for.
public struct YAMLReader: ~Copyable {
  /// A value and its place in the document, to be read by the methods that take a `Value`.
  public struct Value: Hashable, Sendable {
    /// What is read.
    public var node: YAMLNode
    /// For example `levels[1].capacity`.
    public var keyPath: String

    /// A value at a key path, which messages name.
    public init(_ node: YAMLNode, keyPath: String) {
      self.node = node
      self.keyPath = keyPath
    }
  }

  /// The mapping that is read; in front of a node that is no mapping everything is absent, and only
  /// that is reported.
  public let value: Value
  /// What was found wrong so far, in this mapping and those inside it.
  public private(set) var diagnostics: [Diagnostic] = []

  private let entries: [YAMLNode.Entry]
  private let isMapping: Bool
  private var isRead: [Bool]
  private var asked: [String] = []
  private var missing: [String] = []

  /// Starts reading a mapping; anything else is reported.
  public init(_ value: Value) {
    self.value = value
    entries = value.node.entries ?? []
    isMapping = value.node.entries != nil
    isRead = Array(repeating: false, count: entries.count)
    if !isMapping {
      report(
        value, "expected a mapping, found \(value.node.summary)", hint: "write 'key: value' lines")
    }
  }

  /// Decodes a whole document, its own mistakes included.
  ///
  /// - Throws: `InputError` with all problems, in source order.
  public static func decode<Result>(
    _ document: YAMLDocument, _ body: (inout YAMLReader) -> Result?
  ) throws(InputError) -> Result {
    var reader = YAMLReader(Value(document.root, keyPath: ""))
    reader.diagnostics = document.diagnostics + reader.diagnostics
    let result = body(&reader)
    let diagnostics = reader.finished()
    if diagnostics.contains(where: { $0.severity == .error }) { throw InputError(diagnostics) }
    guard let result else {
      throw InputError(at: document.root.location, "the file cannot be read")
    }
    return result
  }

  /// All problems, the keys nobody read included.
  ///
  /// A missing key for which an unknown key was most likely meant is not reported a second time.
  private consuming func finished() -> [Diagnostic] {
    guard isMapping else { return diagnostics }
    let present = Set(entries.map(\.key))
    let candidates = asked.filter { !present.contains($0) }
    var mistyped: Set<String> = []
    let unknown = zip(entries, isRead).filter { !$0.1 }.map(\.0)
    for (index, entry) in unknown.enumerated() {
      // Nobody mistypes a hundred keys of one mapping; such a file is not worth the comparing.
      let isCompared = index < Self.mostComparedKeys
      let near = isCompared ? EditDistance.nearest(to: entry.key, among: candidates) : nil
      if let near { mistyped.insert(near) }
      diagnostics.append(
        Diagnostic(
          .error, at: entry.keyLocation, keyPath: value.keyPath, "unknown key '\(entry.key)'",
          hint: near.map { "did you mean '\($0)'?" } ?? Self.knownKeys(asked)))
    }
    for key in missing where !mistyped.contains(key) {
      diagnostics.append(
        Diagnostic(
          .error, at: value.node.location, keyPath: value.keyPath, "the key '\(key)' is missing"))
    }
    return diagnostics
  }

  private static let mostComparedKeys = 100

  private static func knownKeys(_ keys: [String]) -> String? {
    guard !keys.isEmpty else { return nil }
    var seen: Set<String> = []
    return "the keys here are " + keys.filter { seen.insert($0).inserted }.joined(separator: ", ")
  }
}

// MARK: - Keys
extension YAMLReader {
  /// The mapping's keys in the order written.
  public var keys: [String] { entries.map(\.key) }

  /// Whether a key is there; this counts as knowing the key, not as reading it.
  public mutating func has(_ key: String) -> Bool {
    asked.append(key)
    return entries.contains { $0.key == key }
  }

  /// The value of a key, whatever it is.
  public mutating func value(_ key: String, required: Bool = true) -> Value? {
    asked.append(key)
    guard let index = entries.firstIndex(where: { $0.key == key }) else {
      if required { missing.append(key) }
      return nil
    }
    isRead[index] = true
    return Value(entries[index].value, keyPath: KeyPathText.appending(key, to: value.keyPath))
  }

  /// Every value whose key nobody asked for, with its key; for mappings with keys of the user's.
  public mutating func remainingEntries() -> [(
    key: String, keyLocation: SourceLocation, value: Value
  )] {
    entries.indices.filter { !isRead[$0] }.map { index in
      isRead[index] = true
      let entry = entries[index]
      let path = KeyPathText.appending(entry.key, to: value.keyPath)
      return (entry.key, entry.keyLocation, Value(entry.value, keyPath: path))
    }
  }

  /// Reports a mistake at a value.
  public mutating func report(_ value: Value, _ message: String, hint: String? = nil) {
    report(at: value.node.location, keyPath: value.keyPath, message, hint: hint)
  }

  /// Reports a mistake at a place of the file.
  public mutating func report(
    at location: SourceLocation, keyPath: String, _ message: String, hint: String? = nil
  ) {
    diagnostics.append(Diagnostic(.error, at: location, keyPath: keyPath, message, hint: hint))
  }
}

// MARK: - Structure
extension YAMLReader {
  /// Reads the mapping of a key.
  public mutating func mapping<Result>(
    _ key: String, required: Bool = true, _ body: (inout YAMLReader) -> Result?
  ) -> Result? {
    guard let value = value(key, required: required) else { return nil }
    return mapping(value, body)
  }

  /// Reads a mapping; `nil` when anything in it is wrong.
  public mutating func mapping<Result>(
    _ value: Value, _ body: (inout YAMLReader) -> Result?
  ) -> Result? {
    var inner = YAMLReader(value)
    guard inner.isMapping else {
      diagnostics += inner.diagnostics
      return nil
    }
    let result = body(&inner)
    let found = inner.finished()
    diagnostics += found
    return found.isEmpty ? result : nil
  }

  /// Reads the list of mappings of a key; `nil` when anything in it is wrong.
  public mutating func sequence<Element>(
    _ key: String, required: Bool = true, _ body: (inout YAMLReader) -> Element?
  ) -> [Element]? {
    guard let values = values(key, required: required) else { return nil }
    let elements = values.map { mapping($0, body) }
    let found = elements.compactMap { $0 }
    return found.count == values.count ? found : nil
  }

  /// The elements of the list of a key, whatever they are.
  public mutating func values(_ key: String, required: Bool = true) -> [Value]? {
    guard let value = value(key, required: required) else { return nil }
    return values(value)
  }

  /// The elements of a list, whatever they are.
  public mutating func values(_ value: Value) -> [Value]? {
    guard let items = value.node.items else {
      report(value, "expected a list, found \(value.node.summary)", hint: "write '[a, b]'")
      return nil
    }
    return items.enumerated().map { index, node in
      Value(node, keyPath: KeyPathText.appending(index, to: value.keyPath))
    }
  }
}
