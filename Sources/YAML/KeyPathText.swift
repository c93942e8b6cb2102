/// The text form of a place in a document: `levels[1].capacity`.
public enum KeyPathText {
  /// The path of a key of the mapping at a path.
  public static func appending(_ key: String, to path: String) -> String {
    path.isEmpty ? key : "\(path).\(key)"
  }

  /// The path of an element of the sequence at a path.
  public static func appending(_ index: Int, to path: String) -> String { "\(path)[\(index)]" }
}
