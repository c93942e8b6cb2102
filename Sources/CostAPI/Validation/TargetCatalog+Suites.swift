internal import CostDiagnostics
public import HardwareConfigs

/// A suite as read from its file.
public struct LoadedSuite: Sendable {
  /// What the file says.
  public var suite: ValidationSuite
  /// Where the file is.
  public var path: String
  /// The file's text, so that mistakes found later can be shown in it.
  var text: String
}

extension TargetCatalog {
  /// Every suite's name and file, sorted by name.
  public var suites: [(name: String, path: String)] { files(.suite) }

  /// The suite of a name or of a path to its file.
  ///
  /// - Throws: `CostAPIError` when there is none, or its file has mistakes; a target or a network that
  ///   is not there is one.
  public func suite(_ nameOrPath: String) throws(CostAPIError) -> LoadedSuite {
    try suite(in: YAMLFile(path(of: nameOrPath, .suite)))
  }

  func suite(in file: YAMLFile) throws(CostAPIError) -> LoadedSuite {
    let names = ValidationFile.KnownNames(
      targets: targets.map(\.name), networks: networks.map(\.name))
    let suite = try file.decode { document throws(InputError) in
      try ValidationFile.decode(document, knowing: names)
    }
    return LoadedSuite(suite: suite, path: file.path, text: file.text)
  }
}
