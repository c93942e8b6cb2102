internal import CostDiagnostics

/// Builds the tree of a document from its events, within limits.
struct Composer: ~Copyable {
  struct Settings {
    var file: String
    var limits: YAMLDocument.Limits
    var allowsTags: Bool
  }

  /// A node that has an anchor, with what repeating it costs.
  private struct Anchored {
    var node: YAMLNode
    var nodes: Int
    var depth: Int
  }

  /// A node with how many levels of mappings and sequences it has.
  private struct Composed {
    var node: YAMLNode
    var depth: Int
  }

  private var events: EventParser
  private let settings: Settings
  private var anchors: [String: Anchored] = [:]
  private var nodeCount = 0
  private var path = KeyPathStack()
  private var diagnostics: [Diagnostic] = []

  init(_ events: consuming EventParser, _ settings: Settings) {
    self.events = events
    self.settings = settings
  }

  /// The stream's only document.
  mutating func document() throws(InputError) -> YAMLDocument {
    _ = try events.next()
    guard case (.documentStart, let start) = try events.next() else { throw emptyFile() }
    let (first, location) = try events.next()
    let root = try node(first, at: location, depth: 0).node
    _ = try events.next()
    if root.isNull { throw emptyFile() }
    let (last, secondStart) = try events.next()
    if case .documentStart = last {
      throw InputError(
        at: secondStart, "a second document starts here; the first is at line \(start.line)",
        hint: "keep one document a file")
    }
    return YAMLDocument(root: root, diagnostics: diagnostics)
  }

  private func emptyFile() -> InputError {
    InputError(
      at: SourceLocation(file: settings.file, line: 1, column: 1), "the file is empty")
  }

  private mutating func node(
    _ event: YAMLEvent, at location: SourceLocation, depth: Int
  ) throws(InputError) -> Composed {
    let before = nodeCount
    try count(1, at: location)
    let composed: Composed
    let properties: YAMLEvent.Properties
    switch event {
    case .alias(let name):
      return try repeated(name, at: location, depth: depth)
    case .scalar(let text, let isQuoted, let given):
      properties = given
      composed = Composed(
        node: YAMLNode(.scalar(text, isQuoted: isQuoted), at: location), depth: 0)
    case .sequenceStart(let given):
      properties = given
      try checkDepth(depth + 1, at: location)
      composed = try sequence(at: location, depth: depth)
    case .mappingStart(let given):
      properties = given
      try checkDepth(depth + 1, at: location)
      composed = try mapping(at: location, depth: depth)
    default:
      throw InputError(at: location, keyPath: path.text, "a value is missing")
    }
    return finish(composed, properties, nodes: nodeCount - before)
  }

  /// Notes the node's anchor and tag.
  private mutating func finish(
    _ composed: Composed, _ properties: YAMLEvent.Properties, nodes: Int
  ) -> Composed {
    var composed = composed
    // The non-specific tag ! only says that a scalar is text.
    if let tag = properties.tag, tag != "!" {
      if settings.allowsTags {
        composed.node.tag = tag
      } else {
        diagnostics.append(
          Diagnostic(
            .error, at: composed.node.location, keyPath: path.text,
            "the tag '\(tag)' has no meaning here", hint: "leave it out"))
      }
    }
    if let name = properties.anchor {
      anchors[name] = Anchored(node: composed.node, nodes: nodes, depth: composed.depth)
    }
    return composed
  }

  private mutating func repeated(
    _ name: String, at location: SourceLocation, depth: Int
  ) throws(InputError) -> Composed {
    guard let anchored = anchors[name] else {
      throw InputError(
        at: location, keyPath: path.text, "the alias '*\(name)' has no anchor before it",
        hint: EditDistance.didYouMean(name, among: anchors.keys.sorted()))
    }
    try count(anchored.nodes - 1, at: location)
    try checkDepth(depth + anchored.depth, at: location)
    return Composed(node: anchored.node, depth: anchored.depth)
  }

  private func checkDepth(_ levels: Int, at location: SourceLocation) throws(InputError) {
    guard levels <= settings.limits.depth else {
      throw InputError(
        at: location, keyPath: path.shortText,
        "nested more than \(settings.limits.depth) levels deep")
    }
  }

  private mutating func count(_ nodes: Int, at location: SourceLocation) throws(InputError) {
    // No overflow: both are at most the limit, because every anchored node was counted itself.
    nodeCount += nodes
    guard nodeCount <= settings.limits.nodes else {
      throw InputError(
        at: location, keyPath: path.shortText,
        "more than \(settings.limits.nodes) values, those that aliases repeat counted each time")
    }
  }

  private mutating func sequence(
    at location: SourceLocation, depth: Int
  ) throws(InputError) -> Composed {
    var items: [YAMLNode] = []
    var inner = 0
    while true {
      let (event, place) = try events.next()
      if case .sequenceEnd = event { break }
      path.push(index: items.count)
      let item = try node(event, at: place, depth: depth + 1)
      path.pop()
      items.append(item.node)
      inner = max(inner, item.depth)
    }
    return Composed(node: YAMLNode(.sequence(items), at: location), depth: inner + 1)
  }

  private mutating func mapping(
    at location: SourceLocation, depth: Int
  ) throws(InputError) -> Composed {
    var entries: [YAMLNode.Entry] = []
    var keys = FirstKeys()
    var inner = 0
    while true {
      let (event, place) = try events.next()
      if case .mappingEnd = event { break }
      guard case .scalar(let key, _, _) = event else {
        throw InputError(at: place, keyPath: path.text, "a key must be text")
      }
      try count(1, at: place)
      let (valueEvent, valuePlace) = try events.next()
      path.push(key: key)
      let value = try node(valueEvent, at: valuePlace, depth: depth + 1)
      path.pop()
      inner = max(inner, value.depth)
      if let first = keys.place(of: key, in: entries) {
        diagnostics.append(
          Diagnostic(
            .error, at: place, keyPath: path.text,
            "the key '\(key)' is already at line \(first.line), column \(first.column)",
            hint: "keep one of the two"))
      } else {
        entries.append(YAMLNode.Entry(key: key, keyLocation: place, value: value.node))
        keys.add(entries)
      }
    }
    return Composed(node: YAMLNode(.mapping(entries), at: location), depth: inner + 1)
  }
}

/// Finds a key written twice: by looking along a short mapping, by a table of a long one.
private struct FirstKeys {
  private static let longest = 16
  private var table: [String: SourceLocation] = [:]

  func place(of key: String, in entries: [YAMLNode.Entry]) -> SourceLocation? {
    entries.count > Self.longest ? table[key] : entries.first { $0.key == key }?.keyLocation
  }

  /// Notes the last entry.
  mutating func add(_ entries: [YAMLNode.Entry]) {
    if entries.count == Self.longest + 1 {
      for entry in entries { table[entry.key] = entry.keyLocation }
    } else if entries.count > Self.longest, let last = entries.last {
      table[last.key] = last.keyLocation
    }
  }
}

/// Where in the document the composer stands.
private struct KeyPathStack {
  private enum Part {
    case key(String)
    case index(Int)
  }

  private var parts: [Part] = []

  mutating func push(key: String) { parts.append(.key(key)) }
  mutating func push(index: Int) { parts.append(.index(index)) }
  mutating func pop() { _ = parts.popLast() }

  /// The form `levels[1].capacity`.
  var text: String { Self.text(parts[...]) }

  /// The first parts of a path that may be very long.
  var shortText: String { Self.text(parts.prefix(4)) + (parts.count > 4 ? "…" : "") }

  private static func text(_ parts: ArraySlice<Part>) -> String {
    parts.reduce(into: "") { text, part in
      switch part {
      case .key(let key): text = KeyPathText.appending(key, to: text)
      case .index(let index): text += "[\(index)]"
      }
    }
  }
}
