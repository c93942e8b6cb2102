internal import Accelerators
internal import CostDiagnostics
internal import CostYAML
internal import HardwareConfigs

/// The texts that a target is made of: messages show them, and their digest tells targets apart.
private struct TargetTexts {
  /// By the name that messages give each.
  private(set) var sources: [String: String]
  private var parts: [String]
  private let replaced: [String]

  init(_ file: YAMLFile, overriding overrides: [String: String]) {
    sources = [file.path: file.text]
    for (keyPath, text) in overrides { sources["\(keyPath)=\(text)"] = text }
    parts = [file.text]
    replaced = overrides.sorted { $0.key < $1.key }.map { "\n\($0.key)=\($0.value)" }
  }

  /// The first of some files that can be read; it is a part of the target then.
  mutating func first(of paths: [String]) -> InputText? {
    for path in paths {
      guard let text = try? TextFile.read(path) else { continue }
      sources[path] = text
      parts.append(text)
      return InputText(text: text, file: path)
    }
    return nil
  }

  /// SHA-256 of the files in the order read, then of what replaced values in them.
  var digest: String { SHA256.hexadecimal(of: (parts + replaced).joined()) }
}

/// What a decoder makes of a target's file.
private struct DecodedTarget {
  var name: String
  var model: LoadedTarget.Model
  var unsourcedNumbers: [String]
}

// MARK: - Targets that are models
extension TargetCatalog {
  /// Reads a target with a decoder that may read further files.
  private static func load(
    _ file: YAMLFile, overriding overrides: [String: String],
    _ decode: (inout TargetTexts) throws(InputError) -> DecodedTarget
  ) throws(CostAPIError) -> LoadedTarget {
    var texts = TargetTexts(file, overriding: overrides)
    do throws(InputError) {
      let decoded = try decode(&texts)
      return LoadedTarget(
        name: decoded.name, reference: file.path, path: file.path, model: decoded.model,
        unsourcedNumbers: decoded.unsourcedNumbers, overrides: overrides,
        configSHA256: texts.digest)
    } catch {
      throw .input(error, sources: texts.sources)
    }
  }

  /// Reads an array and its dataflow, which stands in `dataflows` beside it.
  static func spatialArray(
    _ file: YAMLFile, overriding overrides: [String: String]
  ) throws(CostAPIError) -> LoadedTarget {
    let folder = SearchPath.parent(of: file.path)
    return try load(file, overriding: overrides) { texts throws(InputError) in
      let config = try HardwareConfig(file.document, overriding: overrides) { name in
        texts.first(of: ["\(folder)/dataflows/\(name).yaml"])
      }
      return DecodedTarget(
        name: config.array.name, model: .spatialArray(config.array),
        unsourcedNumbers: config.unsourcedNumbers)
    }
  }

  /// Reads a design and its board, which stands beside it, in `boards` beside it, or where names are
  /// looked up.
  static func pipeline(
    _ file: YAMLFile, overriding overrides: [String: String], boards: SearchPath
  ) throws(CostAPIError) -> LoadedTarget {
    let folder = SearchPath.parent(of: file.path)
    return try load(file, overriding: overrides) { texts throws(InputError) in
      let decoded = try PipelineConfig.decode(file.document, overriding: overrides) { name in
        let beside = ["\(folder)/\(name).yaml", "\(folder)/boards/\(name).yaml"]
        return texts.first(of: beside + [boards.file(of: name, .target)].compactMap { $0 })
      }
      return DecodedTarget(
        name: decoded.design.name, model: .pipeline(decoded.design),
        unsourcedNumbers: decoded.unsourcedNumbers)
    }
  }

  static func board(
    _ file: YAMLFile, overriding overrides: [String: String]
  ) throws(CostAPIError) -> LoadedTarget {
    try load(file, overriding: overrides) { _ throws(InputError) in
      let decoded = try BoardConfig.decode(file.document, overriding: overrides)
      return DecodedTarget(
        name: decoded.board.name, model: .board(decoded.board),
        unsourcedNumbers: decoded.unsourcedNumbers)
    }
  }
}
