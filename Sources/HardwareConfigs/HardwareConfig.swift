public import Accelerators
public import CostDiagnostics
public import CostYAML

/// A decoded file of `hwconfigs/`.
///
/// `hwconfigs/README.md` is the grammar, key by key.
public struct HardwareConfig: Hashable, Sendable {
  /// The kinds of target a hardware file can describe.
  public enum Kind: String, CaseIterable, Hashable, Sendable {
    /// An array of lanes under a hierarchy of memories.
    case spatialArray = "spatial-array"
    /// A measured device; its manifest is read by the module that reads its table.
    case measured
    /// An FPGA on which engines run layers.
    case pipeline
    /// What an FPGA board has.
    case board = "fpga-board"
  }

  /// What the file describes.
  public var array: SpatialArray
  /// Key paths of the numbers that have neither a source nor a reason to be assumed.
  public var unsourcedNumbers: [String]

  /// The newest `schema` this version reads.
  public static let newestSchema: Int64 = 1

  /// Decodes a spatial array's text, with values at some key paths replaced first.
  ///
  /// - Parameters:
  ///   - file: The name messages give the text.
  ///   - overrides: Key path to YAML text, for example `levels[1].capacity` to `64 KiB`; a path
  ///     that names nothing in the document is an error, with its nearest neighbour as hint.
  ///   - dataflows: The file of a dataflow's name, for a `dataflow:` that is no preset.
  /// - Throws: `InputError` with every mistake of the file.
  public init(
    text: String, file: String, overriding overrides: [String: String] = [:],
    dataflows: (String) -> InputText? = { _ in nil }
  ) throws(InputError) {
    let document = try YAMLDocument(parsing: text, file: file)
    try self.init(document, overriding: overrides, dataflows: dataflows)
  }

  /// Decodes a spatial array from a parsed document.
  ///
  /// - Throws: `InputError` with every mistake of the file.
  public init(
    _ document: YAMLDocument, overriding overrides: [String: String] = [:],
    dataflows: (String) -> InputText? = { _ in nil }
  ) throws(InputError) {
    let kind = try Self.kind(of: document)
    guard kind == .spatialArray else {
      throw InputError(
        at: document.root["kind"]?.location ?? document.root.location, keyPath: "kind",
        "'\(kind.rawValue)' is not a spatial array")
    }
    let replaced = try Self.replace(overrides, in: document)
    let decoded = try SpatialArrayConfig.decode(
      replaced, overridden: Set(overrides.keys), dataflows: dataflows)
    array = decoded.array
    unsourcedNumbers = decoded.unsourced
  }

  /// The kind of a hardware file, once its `schema` is one this version reads.
  ///
  /// - Throws: `InputError` for a missing, newer or unknown schema or kind; nothing else of the file
  ///   is looked at, because the keys of another kind would all be unknown.
  public static func kind(of document: YAMLDocument) throws(InputError) -> Kind {
    var reader = YAMLReader(YAMLReader.Value(document.root, keyPath: ""))
    if let schema = document.root["schema"], let number = schema.integer, number > newestSchema {
      throw InputError(
        at: schema.location, keyPath: "schema",
        "the file needs a hwcost that reads schema \(number); this one reads up to \(newestSchema)",
        hint: "update hwcost")
    }
    let kind = reader.choice("kind", of: Kind.self)
    if !reader.has("kind"), document.root.entries != nil {
      reader.report(
        at: document.root.location, keyPath: "", "the key 'kind' is missing",
        hint: "write 'kind: spatial-array'")
    }
    guard let kind, reader.diagnostics.isEmpty else {
      throw InputError(document.diagnostics + reader.diagnostics)
    }
    return kind
  }

  /// Checks that a file is of a kind.
  ///
  /// - Parameter name: What a file of that kind is called, with its article.
  static func check(
    _ document: YAMLDocument, is kind: Kind, _ name: String
  ) throws(InputError) {
    let own = try self.kind(of: document)
    guard own == kind else {
      throw InputError(
        at: document.root["kind"]?.location ?? document.root.location, keyPath: "kind",
        "'\(own.rawValue)' is not \(name)")
    }
  }

  static func replace(
    _ overrides: [String: String], in document: YAMLDocument
  ) throws(InputError) -> YAMLDocument {
    var document = document
    var problems: [Diagnostic] = []
    for (keyPath, text) in overrides.sorted(by: { $0.key < $1.key }) {
      let file = "\(keyPath)=\(text)"
      let node = try YAMLNode.parse(text, file: file)
      do throws(UnknownKeyPath) {
        document.root = try document.root.replacing(keyPath, with: node)
      } catch {
        problems.append(
          Diagnostic(
            .error, at: SourceLocation(file: file, line: 1, column: 1), keyPath: "",
            error.message, hint: error.hint))
      }
    }
    if !problems.isEmpty { throw InputError(problems) }
    return document
  }
}

/// The text of a file and the name messages give it.
public struct InputText: Hashable, Sendable {
  /// The content.
  public var text: String
  /// The path, which messages name.
  public var file: String

  /// A file that was read already.
  public init(text: String, file: String) {
    self.text = text
    self.file = file
  }
}
