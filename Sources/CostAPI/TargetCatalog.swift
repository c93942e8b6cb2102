public import Accelerators
internal import CostDiagnostics
internal import CostYAML
internal import Dataflow
internal import HardwareConfigs
public import Mapper
public import MeasuredTables
public import Networks

/// A target as read from its files.
public struct LoadedTarget: Sendable {
  /// What the target is.
  public enum Model: Sendable {
    /// An array on which layers are mapped one by one.
    case spatialArray(SpatialArray)
    /// A device of which costs were measured.
    case measured(MeasuredDevice)
    /// Engines that a file describes.
    case pipeline(PipelineDesign)
    /// A board: a design for it is found for each network.
    case board(Board)
  }

  /// The name that the file gives the target; reports carry it.
  public var name: String
  /// The name or path by which the target is found again.
  public var reference: String
  /// The file that was read.
  public var path: String
  /// What the target is.
  public var model: Model
  /// Key paths of the file's numbers that have neither a source nor a reason to be assumed.
  public var unsourcedNumbers: [String] = []
  /// Values that replaced those of the file, by key path.
  public var overrides: [String: String] = [:]
  /// SHA-256 of the files that describe the target and of what replaced values in them, one after
  /// the other.
  public var configSHA256: String

  /// Whether the target is a table of measurements, which no option of a model changes.
  public var isMeasured: Bool {
    if case .measured = model { true } else { false }
  }
}

extension LoadedTarget {
  /// Whether the target is a table of blocks or layers, so that its reports can list them.
  public var listsParts: Bool {
    guard case .measured(let device) = model else { return false }
    return device.tables.contains { $0.description.granularity != .network }
  }

  /// Whether the target has stages with buffers in between: a streaming pipeline, or a board that is given
  /// one.
  public var hasBuffers: Bool {
    switch model {
    case .pipeline(let design): design.composition == .pipeline
    case .board(let board): board.designs == .stream
    case .spatialArray, .measured: false
    }
  }

  /// The target, asked in a certain way.
  ///
  /// - Parameter cache: what the mapper knows already; targets that share it search nothing twice.
  public func hardwareTarget(
    _ options: CostOptions, cache: MappingCache = MappingCache()
  ) -> any HardwareTarget {
    switch model {
    case .spatialArray(let array): MappedArray(array, options: options, cache: cache)
    case .measured(let device): device
    case .pipeline(let design): PipelineAccelerator(design, batch: options.batch)
    case .board(let board): DesignedBoard(board, batch: options.batch)
    }
  }

  /// The options with the factors that are in force on the target: those asked for, or else
  /// imperfect ones wherever the dataflow and the counting rules allow them.
  ///
  /// - Throws: `CostAPIError.request` for imperfect factors that are asked for and cannot be had.
  public func options(
    _ options: CostOptions, factors: Factors?
  ) throws(CostAPIError) -> CostOptions {
    guard case .spatialArray(let array) = model else { return options }
    var options = options
    let isFree = array.dataflow.allowsImperfectFactors
    options.factors =
      factors ?? (isFree && options.counting != .timeloop ? .imperfect : .perfect)
    guard options.factors == .imperfect else { return options }
    guard isFree else {
      throw .request(
        "'\(reference)' allows perfect factors only: its dataflow '\(array.dataflow.name)' says so",
        hint: "leave 'factors' out, or write 'factors: imperfect' in its dataflow")
    }
    guard options.counting == .exact else {
      throw .request(
        "imperfect factors cannot be searched by Timeloop's rules, which refuse some of them",
        hint: "leave 'factors' out, or the counting 'timeloop'")
    }
    return options
  }

  /// What is in force when the target is asked in a certain way.
  ///
  /// - Parameter givenBatch: The batch the user asked for, if any.
  /// - Throws: `CostAPIError.request` for a batch that was not measured.
  public func context(
    _ options: CostOptions, givenBatch: Int?
  ) throws(CostAPIError) -> ReportContext {
    switch model {
    case .spatialArray(let array):
      return ReportContext(
        .model(options, activations: array.residency), overrides: overrides,
        configSHA256: configSHA256)
    case .measured(let device):
      let batch = device.manifest.batch
      if let givenBatch, givenBatch != batch {
        throw .request(
          "'\(reference)' was measured with batch \(batch), not \(givenBatch)",
          hint: "leave 'batch' out"
        )
      }
      return ReportContext(.measurement(batch: batch), configSHA256: configSHA256)
    case .pipeline, .board:
      return ReportContext(
        .pipeline(batch: options.batch), overrides: overrides, configSHA256: configSHA256)
    }
  }
}

extension LoadedTarget {
  /// The array behind the target.
  ///
  /// - Throws: `CostAPIError.request` for a target that maps no layers.
  public func spatialArray() throws(CostAPIError) -> SpatialArray {
    switch model {
    case .spatialArray(let array): return array
    case .measured:
      throw .request(
        "'\(reference)' is measured: it maps no layers",
        hint: "ask for the cost of whole networks")
    case .pipeline, .board:
      throw .request(
        "'\(reference)' is an FPGA: its engines run layers in one way each",
        hint: "ask for the cost of whole networks, which is told layer by layer too")
    }
  }
}

/// Finds targets and networks by name or path, and reads them.
public struct TargetCatalog: Sendable {
  /// Where targets and networks are looked up.
  public let searchPath: SearchPath

  /// A catalog of what some folders hold; they are read when something is asked for.
  public init(_ searchPath: SearchPath) { self.searchPath = searchPath }

  /// Every target's name and file, sorted by name.
  public var targets: [(name: String, path: String)] { files(.target) }

  /// Every network's name and file, sorted by name.
  public var networks: [(name: String, path: String)] { files(.network) }

  /// The target of a name or of a path to its file.
  ///
  /// - Parameter overrides: Key path to YAML text: values that replace those of the file.
  /// - Throws: `CostAPIError` when there is none, or its files have mistakes.
  public func target(
    _ nameOrPath: String, overriding overrides: [String: String] = [:]
  ) throws(CostAPIError) -> LoadedTarget {
    var target = try Self.load(
      try path(of: nameOrPath, .target), overriding: overrides, boards: searchPath)
    target.reference = nameOrPath
    return target
  }

  /// The network of a name or of a path to its file.
  ///
  /// - Throws: `CostAPIError` when there is none, or its file has mistakes.
  public func network(_ nameOrPath: String) throws(CostAPIError) -> Network {
    try YAMLFile(path(of: nameOrPath, .network)).decode { document throws(InputError) in
      try NetworkFile.decode(document)
    }
  }

  /// The file that a name or a path stands for.
  func path(
    of nameOrPath: String, _ kind: SearchPath.Kind
  ) throws(CostAPIError) -> String {
    let isPath =
      nameOrPath.contains("/") || [".", ".."].contains(nameOrPath)
      || [".yaml", ".yml"].contains { nameOrPath.hasSuffix($0) }
    if isPath {
      guard TextFile.isFolder(nameOrPath) else { return nameOrPath }
      let device = "\(nameOrPath)/device.yaml"
      guard kind == .target, TextFile.exists(device) else {
        throw .request(
          "'\(nameOrPath)' is a folder\(kind == .target ? " without a device.yaml" : "")",
          hint: "name a YAML file, or look names up in the folder with --config")
      }
      return device
    }
    if let path = searchPath.file(of: nameOrPath, kind) { return path }
    if let here = Self.near(nameOrPath, kind) {
      throw .request(
        "unknown \(kind.noun) '\(nameOrPath)'",
        hint: "write '\(here)' for the one in this folder")
    }
    throw .unknownName(
      kind: kind.noun, name: nameOrPath,
      known: files(kind).map(\.name))
  }

  /// The path that somebody may have meant who wrote a name: a file beside where the program runs.
  private static func near(_ name: String, _ kind: SearchPath.Kind) -> String? {
    guard !name.isEmpty else { return nil }
    if kind == .target, TextFile.exists("\(name)/device.yaml") { return "./\(name)" }
    return ["\(name).yaml", "\(name).yml"].first { TextFile.exists($0) }.map { "./\($0)" }
  }

  /// The files of a kind; one that stands in a folder of its own choosing has to look like it.
  func files(_ kind: SearchPath.Kind) -> [(name: String, path: String)] {
    searchPath.files(kind).filter { $0.isCertain || Self.mayBe(kind, $0.path) }
      .map { (name: $0.name, path: $0.path) }
  }

  /// Whether a file looks like one of a kind; a file that cannot be read may be anything.
  private static func mayBe(_ kind: SearchPath.Kind, _ path: String) -> Bool {
    guard let document = try? YAMLFile(path).document else { return kind == .target }
    switch kind {
    case .target: return document.root["kind"] != nil && !ValidationFile.isSuite(document)
    case .network: return NetworkFile.isNetwork(document)
    case .suite: return ValidationFile.isSuite(document)
    }
  }
}

extension SearchPath.Kind {
  /// What messages call it.
  fileprivate var noun: String {
    switch self {
    case .target: "target"
    case .network: "network"
    case .suite: "validation suite"
    }
  }
}

extension LoadedTarget {
  /// The board behind the target.
  ///
  /// - Throws: `CostAPIError.request` for a target that is none.
  public func board() throws(CostAPIError) -> Board {
    if case .board(let board) = model { return board }
    if case .pipeline(let design) = model {
      throw .request(
        "'\(reference)' is a design already", hint: "name its board, '\(design.board.name)'")
    }
    throw .request(
      "'\(reference)' is no FPGA board", hint: "'hwcost targets' lists boards as fpga-board")
  }
}

// MARK: - Reading files
extension TargetCatalog {
  /// Reads a target's file, and those it names.
  ///
  /// - Parameters:
  ///   - overrides: Key path to YAML text: values that replace those of the file.
  ///   - boards: Where a design's board is looked up that does not stand beside it.
  /// - Throws: `CostAPIError` with every mistake of the files.
  public static func load(
    _ path: String, overriding overrides: [String: String] = [:],
    boards: SearchPath = SearchPath(folders: [])
  ) throws(CostAPIError) -> LoadedTarget {
    let file = try YAMLFile(path)
    let kind = try file.decode { document throws(InputError) in
      try HardwareConfig.kind(of: document)
    }
    switch kind {
    case .measured:
      guard overrides.isEmpty else {
        throw .request(
          "'\(path)' is measured: none of its values can be set", hint: "leave 'set' out")
      }
      return try measuredDevice(file)
    case .spatialArray: return try spatialArray(file, overriding: overrides)
    case .pipeline: return try pipeline(file, overriding: overrides, boards: boards)
    case .board: return try board(file, overriding: overrides)
    }
  }

  /// - Throws: `CostAPIError.notImported` where tables are to be filled from a published file and
  ///   are not there.
  private static func measuredDevice(_ file: YAMLFile) throws(CostAPIError) -> LoadedTarget {
    let manifest = try manifest(in: file)
    var sources = [file.path: file.text]
    var texts: [String: String] = [:]
    for description in manifest.tables where texts[description.table] == nil {
      let path = "\(SearchPath.parent(of: file.path))/\(description.table)"
      if manifest.isFilledByImport, !TextFile.exists(path) {
        throw .notImported(device: manifest.name, table: path)
      }
      do throws(FileError) {
        let text = try TextFile.read(path)
        texts[description.table] = text
        sources[path] = text
      } catch {
        throw .file(error)
      }
    }
    do throws(InputError) {
      let device = try MeasuredDevice(manifest) { description in
        (
          texts[description.table] ?? "",
          "\(SearchPath.parent(of: file.path))/\(description.table)"
        )
      }
      let tables = texts.sorted { $0.key < $1.key }.map(\.value).joined()
      return LoadedTarget(
        name: device.name, reference: file.path, path: file.path, model: .measured(device),
        configSHA256: SHA256.hexadecimal(of: file.text + tables))
    } catch {
      throw .input(error, sources: sources)
    }
  }

  private static func manifest(in file: YAMLFile) throws(CostAPIError) -> TableManifest {
    try file.decode { document throws(InputError) in try TableManifest(decoding: document) }
  }

  /// The manifest of a measured device, whether its tables are there or not, and its file.
  ///
  /// - Throws: `CostAPIError` where there is no such file, it is of another kind or has mistakes.
  public func manifest(
    of nameOrPath: String
  ) throws(CostAPIError) -> (manifest: TableManifest, path: String) {
    let file = try YAMLFile(path(of: nameOrPath, .target))
    let kind = try file.decode { document throws(InputError) in
      try HardwareConfig.kind(of: document)
    }
    guard kind == .measured else {
      throw .request(
        "'\(nameOrPath)' is no measured device", hint: "'hwcost targets' lists them as measured")
    }
    return (try Self.manifest(in: file), file.path)
  }
}

/// A YAML file with its text, so that mistakes can be shown in it.
struct YAMLFile {
  let path: String
  let text: String
  let document: YAMLDocument

  init(_ path: String, allowsTags: Bool = false) throws(CostAPIError) {
    do throws(FileError) { text = try TextFile.read(path) } catch { throw .file(error) }
    self.path = path
    do throws(InputError) {
      document = try YAMLDocument(parsing: text, file: path, allowsTags: allowsTags)
    } catch {
      throw .input(error, sources: [path: text])
    }
  }

  /// What the document stands for.
  func decode<Value>(
    _ body: (YAMLDocument) throws(InputError) -> Value
  ) throws(CostAPIError) -> Value {
    do throws(InputError) {
      return try body(document)
    } catch {
      throw .input(error, sources: [path: text])
    }
  }

  /// A mistake at a key of the file's top level, or at its start.
  func error(_ message: String, key: String = "", hint: String? = nil) -> CostAPIError {
    let location = document.root[key]?.location ?? document.root.location
    return .input(
      InputError(at: location, keyPath: key, message, hint: hint), sources: [path: text])
  }
}
