internal import Accelerators
internal import CostDiagnostics
internal import CostYAML
internal import HardwareConfigs

// MARK: - FPGAs
extension TargetCatalog {
  /// Reads a design and its board, which stands beside it, in `boards` beside it, or where names are
  /// looked up.
  static func pipeline(
    _ file: YAMLFile, overriding overrides: [String: String], boards: SearchPath
  ) throws(CostAPIError) -> LoadedTarget {
    var sources = [file.path: file.text]
    var parts = [file.text]
    let replaced = overrides.sorted { $0.key < $1.key }
    for (keyPath, text) in replaced { sources["\(keyPath)=\(text)"] = text }
    let folder = SearchPath.parent(of: file.path)
    do throws(InputError) {
      let decoded = try PipelineConfig.decode(file.document, overriding: overrides) { name in
        let beside = ["\(folder)/\(name).yaml", "\(folder)/boards/\(name).yaml"]
        for path in beside + [boards.file(of: name, .target)].compactMap({ $0 }) {
          guard let text = try? TextFile.read(path) else { continue }
          sources[path] = text
          parts.append(text)
          return InputText(text: text, file: path)
        }
        return nil
      }
      parts += replaced.map { "\n\($0.key)=\($0.value)" }
      return LoadedTarget(
        name: decoded.design.name, reference: file.path, path: file.path,
        model: .pipeline(decoded.design), unsourcedNumbers: decoded.unsourcedNumbers,
        overrides: overrides, configSHA256: SHA256.hexadecimal(of: parts.joined()))
    } catch {
      throw .input(error, sources: sources)
    }
  }

  static func board(
    _ file: YAMLFile, overriding overrides: [String: String]
  ) throws(CostAPIError) -> LoadedTarget {
    var sources = [file.path: file.text]
    let replaced = overrides.sorted { $0.key < $1.key }
    for (keyPath, text) in replaced { sources["\(keyPath)=\(text)"] = text }
    do throws(InputError) {
      let decoded = try BoardConfig.decode(file.document, overriding: overrides)
      let parts = [file.text] + replaced.map { "\n\($0.key)=\($0.value)" }
      return LoadedTarget(
        name: decoded.board.name, reference: file.path, path: file.path,
        model: .board(decoded.board), unsourcedNumbers: decoded.unsourcedNumbers,
        overrides: overrides, configSHA256: SHA256.hexadecimal(of: parts.joined()))
    } catch {
      throw .input(error, sources: sources)
    }
  }
}
