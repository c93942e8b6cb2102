internal import CostDiagnostics
internal import CostYAML
internal import HardwareConfigs

/// Looks for every mistake of files, whatever kind of file each is.
public struct FileCheck: Sendable {
  /// What was found out about one file.
  public struct Finding: Sendable {
    /// The file that was checked.
    public var path: String
    /// What the file is: `spatial-array`, `measured`, `network`, `validation`; `nil` where that is not
    /// clear.
    public var kind: String?
    /// `nil` for a file without mistakes.
    public var error: CostAPIError?

    /// How many mistakes the file has.
    public var mistakes: Int {
      guard case .input(let input, _)? = error else { return error == nil ? 0 : 1 }
      return input.diagnostics.count
    }
  }

  /// The YAML files that a path stands for: itself, or all in a folder and the folders in it.
  ///
  /// - Throws: `CostAPIError` for a path that does not exist, and a folder without such files.
  public static func files(at path: String) throws(CostAPIError) -> [String] {
    guard TextFile.isFolder(path) else {
      guard TextFile.exists(path) else {
        throw .file(.cannotRead(path: path, reason: "no such file or directory"))
      }
      return [path]
    }
    let files = yamlFiles(in: path, depth: 0)
    guard !files.isEmpty else {
      throw .request("there is no YAML file in '\(path)'", hint: nil)
    }
    return files
  }

  private static func yamlFiles(in folder: String, depth: Int) -> [String] {
    // Deeper than any tree of hardware files; a link to a folder above must not go on for ever.
    guard depth < 8 else { return [] }
    let start = folder.hasSuffix("/") ? folder : folder + "/"
    return TextFile.names(in: folder).flatMap { name -> [String] in
      let path = start + name
      if TextFile.isFolder(path) { return yamlFiles(in: path, depth: depth + 1) }
      return name.hasSuffix(".yaml") || name.hasSuffix(".yml") ? [path] : []
    }
  }

  /// Checks one file.
  ///
  /// - Parameter names: Where a design's board is looked up that does not stand beside it, and the
  ///   targets and networks of a suite.
  public static func check(
    _ path: String, names: SearchPath = SearchPath(folders: [])
  ) -> Finding {
    var finding = Finding(path: path, kind: nil, error: nil)
    do throws(CostAPIError) {
      let file = try YAMLFile(path)
      if NetworkFile.isNetwork(file.document) {
        finding.kind = "network"
        _ = try file.decode { document throws(InputError) in try NetworkFile.decode(document) }
      } else if ValidationFile.isSuite(file.document) {
        finding.kind = ValidationFile.kind
        _ = try TargetCatalog(names).suite(in: file)
      } else {
        finding.kind = file.document.root["kind"]?.scalar
        _ = try TargetCatalog.load(path, boards: names)
      }
    } catch {
      // A manifest whose numbers are yet to be imported is whole.
      if case .notImported = error { return finding }
      finding.error = error
    }
    return finding
  }
}
