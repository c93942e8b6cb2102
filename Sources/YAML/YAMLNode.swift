public import CostDiagnostics

/// A YAML value that remembers where it was written.
///
/// Scalars stay text: what `16` or `true` means is for the reader to say. Aliases are already
/// replaced by what they stand for, at the place where that was written.
public struct YAMLNode: Hashable, Sendable {
  /// What a node is.
  public enum Content: Hashable, Sendable {
    /// Text, with or without quotes.
    case scalar(String, isQuoted: Bool)
    /// Values in order.
    case sequence([YAMLNode])
    /// Keys with values, in the order of the file.
    case mapping([Entry])
  }

  /// A key of a mapping with its value; keys are always text, and each occurs once.
  public struct Entry: Hashable, Sendable {
    /// The key as written, without quotes.
    public var key: String
    /// Where the key starts.
    public var keyLocation: SourceLocation
    /// What stands behind the key.
    public var value: YAMLNode

    /// An entry that was not read from a file says where it belongs.
    public init(key: String, keyLocation: SourceLocation, value: YAMLNode) {
      self.key = key
      self.keyLocation = keyLocation
      self.value = value
    }
  }

  /// A scalar, a list or a mapping.
  public var content: Content
  /// Where the node starts.
  public var location: SourceLocation
  /// The node's tag, such as `!Component`, where the parser was told to allow tags.
  public var tag: String?

  /// A node, with the tag that was written in front of it.
  public init(_ content: Content, at location: SourceLocation, tag: String? = nil) {
    self.content = content
    self.location = location
    self.tag = tag
  }
}

// MARK: - Lenient access, for files of other tools
extension YAMLNode {
  /// The text of a scalar; `nil` for anything else, and for a value left empty.
  public var scalar: String? {
    guard case .scalar(let text, _) = content, !isNull else { return nil }
    return text
  }

  /// The elements of a sequence; `nil` for anything else.
  public var items: [YAMLNode]? {
    guard case .sequence(let items) = content else { return nil }
    return items
  }

  /// The entries of a mapping in the order written; `nil` for anything else.
  public var entries: [Entry]? {
    guard case .mapping(let entries) = content else { return nil }
    return entries
  }

  /// The value of a mapping's key; `nil` where there is none, or the node is no mapping.
  ///
  /// - Complexity: O(*n*) in the entries of the mapping.
  public subscript(key: String) -> YAMLNode? {
    entries?.first { $0.key == key }?.value
  }

  /// Whether the value was left empty, or written as `null` or `~`.
  public var isNull: Bool {
    guard case .scalar(let text, isQuoted: false) = content else { return false }
    return text.isEmpty || text == "~" || text == "null"
  }

  /// The whole number a plain scalar writes in decimal digits; `nil` for anything else.
  public var integer: Int64? {
    guard case .scalar(let text, isQuoted: false) = content else { return nil }
    return Int64(text)
  }

  /// The finite decimal number a plain scalar writes; `nil` for anything else.
  public var number: Double? {
    guard case .scalar(let text, isQuoted: false) = content,
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }),
      let value = Double(text), value.isFinite
    else { return nil }
    return value
  }

  /// What a message calls the node: `a mapping`, `a list`, `'text'`, `nothing`.
  public var summary: String {
    switch content {
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .scalar(let text, _):
      isNull ? "nothing" : text.count <= 40 ? "'\(text)'" : "'\(text.prefix(40))…'"
    }
  }
}
