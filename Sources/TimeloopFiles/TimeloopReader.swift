internal import CostDiagnostics
internal import CostYAML

/// Reads other people's files: keys with `-` or `_`, known keys that mean nothing here, and a
/// collection of what is wrong.
struct TimeloopReader {
  private(set) var errors: [Diagnostic] = []
  private(set) var warnings: [Diagnostic] = []

  init(_ document: YAMLDocument) {
    for diagnostic in document.diagnostics {
      if diagnostic.severity == .error {
        errors.append(diagnostic)
      } else {
        warnings.append(diagnostic)
      }
    }
  }

  mutating func error(_ node: Place, _ message: String, hint: String? = nil) {
    errors.append(
      Diagnostic(.error, at: node.node.location, keyPath: node.path, message, hint: hint))
  }

  mutating func warn(_ node: Place, _ message: String) {
    warnings.append(Diagnostic(.warning, at: node.node.location, keyPath: node.path, message))
  }

  /// - Throws: `InputError` with everything that was found wrong, if anything was.
  func finish() throws(InputError) {
    if !errors.isEmpty { throw InputError(errors) }
  }
}

/// A node and where it is in its document.
struct Place: Hashable {
  var node: YAMLNode
  var path: String

  init(_ node: YAMLNode, path: String) {
    self.node = node
    self.path = path
  }

  /// The value of a key, written with `-` or `_`.
  subscript(key: String) -> Place? {
    entries.first { $0.key == key }?.value
  }

  /// The value of the first of several keys that is there.
  func first(of keys: String...) -> Place? {
    for key in keys {
      if let value = self[key] { return value }
    }
    return nil
  }

  /// The entries of a mapping, keys with `_` for `-`.
  var entries: [(key: String, value: Place)] {
    (node.entries ?? []).map { entry in
      (
        String(entry.key.map { $0 == "-" ? "_" : $0 }),
        Place(entry.value, path: KeyPathText.appending(entry.key, to: path))
      )
    }
  }

  /// The elements of a list.
  var items: [Place]? {
    node.items?.enumerated().map { Place($1, path: KeyPathText.appending($0, to: path)) }
  }

  var text: String? { node.scalar }
}

extension TimeloopReader {
  /// Reports a key that is neither read nor known to mean nothing.
  mutating func checkKeys(of place: Place, known: [String], ignored: [String] = []) {
    guard place.node.entries != nil else { return }
    for (key, value) in place.entries where !known.contains(key) && !ignored.contains(key) {
      error(
        value, "'\(key)' is not a key that is understood here",
        hint: EditDistance.nearest(to: key, among: known).map { "did you mean '\($0)'?" })
    }
  }

  /// The value of a key that must be there.
  mutating func required(_ key: String, of place: Place) -> Place? {
    if let value = place[key] { return value }
    error(place, "the key '\(key)' is missing")
    return nil
  }

  /// The text of a key that must be there.
  mutating func text(_ key: String, of place: Place) -> String? {
    guard let value = required(key, of: place) else { return nil }
    guard let text = value.text else {
      error(value, "expected a name, found \(value.node.summary)")
      return nil
    }
    return text
  }

  /// The elements of a list that must be there.
  mutating func items(_ key: String, of place: Place) -> [Place]? {
    guard let value = required(key, of: place) else { return nil }
    guard let items = value.items else {
      error(value, "expected a list, found \(value.node.summary)")
      return nil
    }
    return items
  }

  /// A whole number within a range.
  mutating func integer(_ place: Place, in range: ClosedRange<Int64>) -> Int64? {
    guard let number = place.node.number, let whole = Int64(exactly: number) else {
      error(place, "expected a whole number, found \(place.node.summary)")
      return nil
    }
    guard range.contains(whole) else {
      error(
        place, "\(whole) is out of range",
        hint: "write a number from \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return whole
  }

  /// A number that is not negative.
  mutating func number(_ place: Place) -> Double? {
    guard let number = place.node.number else {
      error(place, "expected a number, found \(place.node.summary)")
      return nil
    }
    guard number >= 0, number < 1e18 else {
      error(place, "\(place.node.summary) is out of range", hint: "write a number from 0 to 1e18")
      return nil
    }
    return number
  }

  /// A list of names, or names separated by commas or spaces.
  mutating func names(_ place: Place) -> [Place] {
    if place.node.isNull { return [] }
    if let items = place.items { return items }
    guard let text = place.text else {
      error(place, "expected a list of names, found \(place.node.summary)")
      return []
    }
    return text.split { $0 == "," || $0 == " " }.map {
      Place(
        YAMLNode(.scalar(String($0), isQuoted: false), at: place.node.location), path: place.path)
    }
  }

  /// Whether a value says yes: `true`, `yes`, `on` or a number other than 0.
  static func isTrue(_ place: Place) -> Bool {
    switch place.text?.lowercased() {
    case "true", "yes", "on": true
    default: (place.node.number ?? 0) != 0
    }
  }
}
