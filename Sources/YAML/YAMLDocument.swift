public import CostDiagnostics

/// The text of one YAML file as a tree, with the mistakes that did not stop the parser.
public struct YAMLDocument: Hashable, Sendable {
  /// How much a document may hold, so that no input can exhaust memory or the stack.
  public struct Limits: Hashable, Sendable {
    /// Mappings and sequences inside one another.
    public var depth: Int
    /// Nodes of the tree, those that aliases repeat counted each time.
    public var nodes: Int
    /// Size of the text.
    public var bytes: Int

    /// Limits other than the standard ones: levels of nesting, nodes, and bytes of text.
    public init(depth: Int = 64, nodes: Int = 200_000, bytes: Int = 16 << 20) {
      self.depth = depth
      self.nodes = nodes
      self.bytes = bytes
    }
  }

  /// The document's value.
  public var root: YAMLNode
  /// Duplicate keys and tags: mistakes that leave a tree to go on with.
  public var diagnostics: [Diagnostic]

  /// A document made of a tree.
  public init(root: YAMLNode, diagnostics: [Diagnostic] = []) {
    self.root = root
    self.diagnostics = diagnostics
  }

  /// Parses the only document of a text.
  ///
  /// - Parameters:
  ///   - file: The name messages give the text.
  ///   - allowsTags: Whether tags such as `!Component` are kept instead of reported.
  /// - Throws: `InputError` for what is not YAML, an empty text, several documents, a key that is
  ///   no text, an alias without anchor, and anything beyond the limits.
  public init(
    parsing text: String, file: String, limits: Limits = Limits(), allowsTags: Bool = false
  ) throws(InputError) {
    self = try Self.compose(
      Array(text.utf8), Composer.Settings(file: file, limits: limits, allowsTags: allowsTags))
  }

  /// Parses the only document of a file's bytes, which must be UTF-8.
  ///
  /// - Throws: `InputError` as for a text, and for bytes that are not UTF-8.
  public init(
    parsing bytes: [UInt8], file: String, limits: Limits = Limits(), allowsTags: Bool = false
  ) throws(InputError) {
    try UTF8Check.check(bytes, file: file)
    self = try Self.compose(
      bytes, Composer.Settings(file: file, limits: limits, allowsTags: allowsTags))
  }

  private static func compose(
    _ bytes: [UInt8], _ settings: Composer.Settings
  ) throws(InputError) -> YAMLDocument {
    guard bytes.count <= settings.limits.bytes else {
      throw InputError(
        at: SourceLocation(file: settings.file, line: 1, column: 1),
        "the file has \(bytes.count) bytes, more than the \(settings.limits.bytes) allowed")
    }
    return try bytes.withUnsafeBufferPointer { buffer throws(InputError) in
      var composer = Composer(EventParser(buffer, file: settings.file), settings)
      return try composer.document()
    }
  }
}

extension YAMLNode {
  /// Parses the only document of a text, allowing no duplicate keys and no tags.
  ///
  /// - Throws: `InputError` with every mistake.
  public static func parse(
    _ text: String, file: String, limits: YAMLDocument.Limits = .init()
  ) throws(InputError) -> YAMLNode {
    let document = try YAMLDocument(parsing: text, file: file, limits: limits)
    guard document.diagnostics.isEmpty else { throw InputError(document.diagnostics) }
    return document.root
  }
}

/// Finds the first byte that is not UTF-8.
enum UTF8Check {
  static func check(_ bytes: [UInt8], file: String) throws(InputError) {
    guard String(validating: bytes, as: UTF8.self) == nil else { return }
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    var (line, column) = (1, 1)
    decoding: while true {
      switch decoder.decode(&iterator) {
      case .scalarValue("\n"): (line, column) = (line + 1, 1)
      case .scalarValue: column += 1
      case .emptyInput, .error: break decoding
      }
    }
    throw InputError(
      at: SourceLocation(file: file, line: line, column: column), "the file is not UTF-8 here",
      hint: "save the file as UTF-8")
  }
}
