public import CostDiagnostics
public import CostYAML
public import Dataflow
internal import Ops

extension MappingFile {
  /// What is wrong with a mapping as a whole, at the place of its file that has to change: the
  /// level's loops along an axis, what it keeps, or the level.
  public static func diagnostic(
    for error: MappingError, in document: YAMLDocument
  ) -> Diagnostic {
    let items = document.root["levels"]?.items ?? []
    let (level, key) = error.place
    let index =
      level.map { level in items.firstIndex { $0["level"]?.scalar == level } }
      ?? items.indices.first
    var keyPath = "levels"
    var location = document.root["levels"]?.location ?? document.root.location
    if let index {
      keyPath = KeyPathText.appending(index, to: keyPath)
      location = items[index].location
      if let key, let value = items[index][key] {
        keyPath = KeyPathText.appending(key, to: keyPath)
        location = value.location
      }
    }
    return Diagnostic(.error, at: location, keyPath: keyPath, error.message)
  }

}

extension MappingError {
  /// The name of the level that the error is about, `nil` for the mapping as a whole, and which of
  /// the level's keys in a mapping file.
  package var place: (level: String?, key: String?) {
    switch self {
    case .exceedsFanout(let level, let axis, _, _): (level, "spatial_\(axis.name)")
    case .cannotKeep(let level, _), .mustKeep(let level, _): (level, "keeps")
    case .outermostBypasses: (nil, "keeps")
    case .doesNotFit(let level, _, _, _), .breaksConstraint(let level, _),
      .imperfectFactor(let level, _, _, _), .passesDoNotCover(let level, _, _, _, _, _):
      (level, nil)
    default: (nil, nil)
    }
  }
}
