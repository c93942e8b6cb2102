internal import CostDiagnostics

/// A key path that names nothing in a document.
public struct UnknownKeyPath: Error, Hashable, Sendable {
  /// The path that was to be replaced, such as `levels[buffer].capacity`.
  public var keyPath: String
  /// What was found and what was expected.
  public var message: String
  /// What to write instead.
  public var hint: String?
}

extension YAMLNode {
  /// The tree with the value at a key path replaced.
  ///
  /// - Parameter keyPath: Keys joined by dots, elements of lists by index: `levels[1].capacity`; an
  ///   element that has a `name` also by that: `levels[buffer].capacity`.
  /// - Throws: `UnknownKeyPath` when there is no such value, with its nearest neighbour as hint.
  public func replacing(
    _ keyPath: String, with node: YAMLNode
  ) throws(UnknownKeyPath) -> YAMLNode {
    guard let parts = Self.parts(of: keyPath), !parts.isEmpty else {
      throw UnknownKeyPath(
        keyPath: keyPath, message: "'\(keyPath)' is not a key path",
        hint: "write keys and indices, as in 'levels[1].capacity'")
    }
    return try replacing(parts[...], of: keyPath, before: "", with: node)
  }

  private enum Part {
    case key(String)
    case element(String)
  }

  private static func parts(of keyPath: String) -> [Part]? {
    var parts: [Part] = []
    for piece in keyPath.split(separator: ".", omittingEmptySubsequences: false) {
      var rest = piece
      let key = rest.prefix { $0 != "[" }
      guard !key.isEmpty else { return nil }
      parts.append(.key(String(key)))
      rest = rest.dropFirst(key.count)
      while !rest.isEmpty {
        guard rest.first == "[", let end = rest.firstIndex(of: "]") else { return nil }
        parts.append(.element(String(rest[rest.index(after: rest.startIndex)..<end])))
        rest = rest[rest.index(after: end)...]
      }
    }
    return parts
  }

  private func replacing(
    _ parts: ArraySlice<Part>, of whole: String, before: String, with node: YAMLNode
  ) throws(UnknownKeyPath) -> YAMLNode {
    guard let part = parts.first else { return node }
    var copy = self
    let rest = parts.dropFirst()
    switch part {
    case .key(let key):
      guard var entries else {
        throw nothing(at: whole, "'\(before)' is no mapping")
      }
      guard let index = entries.firstIndex(where: { $0.key == key }) else {
        // A list's element may be meant, by its name.
        let list = entries.first { $0.value.items.map { Self.index(key, in: $0) } ?? nil != nil }
        let near =
          list.map { "\($0.key)[\(key)]" }
          ?? EditDistance.nearest(to: key, among: entries.map(\.key))
        throw nothing(
          at: whole, KeyPathText.appending(key, to: before),
          hint: near.map { "did you mean '\(KeyPathText.appending($0, to: before))'?" }
            ?? "the keys there are " + entries.map(\.key).joined(separator: ", "))
      }
      entries[index].value = try entries[index].value.replacing(
        rest, of: whole, before: KeyPathText.appending(key, to: before), with: node)
      copy.content = .mapping(entries)
    case .element(let name):
      guard var items else { throw nothing(at: whole, "'\(before)' is no list") }
      guard let index = Self.index(name, in: items) else {
        throw nothing(
          at: whole, "\(before)[\(name)]", hint: Self.elements(items, nearest: name, at: before))
      }
      items[index] = try items[index].replacing(
        rest, of: whole, before: KeyPathText.appending(index, to: before), with: node)
      copy.content = .sequence(items)
    }
    return copy
  }

  private static func index(_ name: String, in items: [YAMLNode]) -> Int? {
    if let index = Int(name) { return items.indices.contains(index) ? index : nil }
    return items.firstIndex { $0["name"]?.scalar == name }
  }

  private static func elements(
    _ items: [YAMLNode], nearest name: String, at path: String
  ) -> String {
    if Int(name) == nil,
      let near = EditDistance.nearest(to: name, among: items.compactMap { $0["name"]?.scalar })
    {
      return "did you mean '\(path)[\(near)]'?"
    }
    return items.isEmpty ? "the list is empty" : "the last element is '\(path)[\(items.count - 1)]'"
  }

  private func nothing(at keyPath: String, _ what: String, hint: String? = nil) -> UnknownKeyPath {
    UnknownKeyPath(
      keyPath: keyPath,
      message: hint == nil ? what : "'\(what)' names nothing in the file", hint: hint)
  }
}
