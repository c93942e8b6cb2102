internal import Accelerators

/// A YAML text in the making; numbers know where they come from until the text is written.
indirect enum ConfigTree {
  /// A scalar as it stands in the file.
  case text(String)
  /// A number with its unit.
  case number(String, Provenance?)
  case list([ConfigTree])
  case mapping([(key: String, value: ConfigTree)])

  /// A list of words.
  static func words(_ words: [String]) -> ConfigTree { .list(words.map { .text($0) }) }

  /// Text between quotes.
  static func quoted(_ text: String) -> ConfigTree {
    var output = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": output += "\\\""
      case "\\": output += "\\\\"
      case "\n": output += "\\n"
      case "\t": output += "\\t"
      default:
        let isControl =
          scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
          || scalar.value == 0x2028 || scalar.value == 0x2029 || scalar.value == 0xFEFF
        if isControl {
          let hex = String(scalar.value, radix: 16)
          output += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        } else {
          output.unicodeScalars.append(scalar)
        }
      }
    }
    return .text(output + "\"")
  }

  /// A name, quoted where it would not be read as text.
  static func name(_ name: String) -> ConfigTree { .text(plain(name)) }

  /// A name, between quotes where it would not be read as text.
  private static func plain(_ name: String) -> String {
    let starts = name.first.map { $0.isASCII && ($0.isLetter || $0 == "_") } ?? false
    let isPlain = starts && name != "null" && name.unicodeScalars.allSatisfy(\.isPartOfName)
    return isPlain ? name : quoted(name).flow
  }
}

// MARK: - Sources
extension ConfigTree {
  /// The tree with `source` and `assumed` written out: at the outermost mapping all of whose numbers
  /// come from the same place, else at each number.
  func withSources() -> ConfigTree { expanding(inherited: nil) }

  /// The provenances of all numbers of the tree, `nil` for a number without one.
  private var provenances: Set<Provenance?> {
    switch self {
    case .text: []
    case .number(_, let provenance): [provenance]
    case .list(let items): items.reduce(into: []) { $0.formUnion($1.provenances) }
    case .mapping(let entries): entries.reduce(into: []) { $0.formUnion($1.value.provenances) }
    }
  }

  private func expanding(inherited: Provenance?) -> ConfigTree {
    switch self {
    case .text: return self
    case .number(let text, let provenance):
      guard let provenance, provenance != inherited else { return .text(text) }
      return .mapping([("value", .text(text)), Self.entry(provenance)])
    case .list(let items):
      return .list(items.map { $0.expanding(inherited: inherited) })
    case .mapping(let entries):
      let found = provenances
      guard found.count == 1, let common = found.first, let common, common != inherited else {
        return .mapping(entries.map { ($0.key, $0.value.expanding(inherited: inherited)) })
      }
      return .mapping(
        entries.map { ($0.key, $0.value.expanding(inherited: common)) } + [Self.entry(common)])
    }
  }

  private static func entry(_ provenance: Provenance) -> (key: String, value: ConfigTree) {
    switch provenance {
    case .source(let name): ("source", .name(name))
    case .assumed(let reason): ("assumed", .quoted(reason))
    }
  }
}

// MARK: - Text
extension ConfigTree {
  private static let longestLine = 96

  /// The tree as YAML: a line for what fits one, indented blocks for the rest.
  var yaml: String {
    guard case .mapping(let entries) = self else { return flow + "\n" }
    return entries.map { Self.block($0.key, $0.value, indent: 0) }.joined()
  }

  /// The tree on one line.
  private var flow: String {
    switch self {
    case .text(let text), .number(let text, _): text
    case .list(let items): "[" + items.map(\.flow).joined(separator: ", ") + "]"
    case .mapping(let entries):
      "{" + entries.map { "\(Self.plain($0.key)): \($0.value.flow)" }.joined(separator: ", ") + "}"
    }
  }

  private static func block(_ key: String, _ value: ConfigTree, indent: Int) -> String {
    let margin = String(repeating: " ", count: indent)
    let key = plain(key)
    let line = "\(margin)\(key): \(value.flow)"
    switch value {
    case .mapping(let entries) where line.count > longestLine || indent == 0:
      return "\(margin)\(key):\n"
        + entries.map { block($0.key, $0.value, indent: indent + 2) }.joined()
    case .list(let items) where line.count > longestLine || (indent == 0 && !items.isEmpty):
      return "\(margin)\(key):\n" + items.map { element($0, indent: indent + 2) }.joined()
    default:
      return line + "\n"
    }
  }

  private static func element(_ item: ConfigTree, indent: Int) -> String {
    let margin = String(repeating: " ", count: indent)
    let line = "\(margin)- \(item.flow)\n"
    guard case .mapping(let entries) = item, line.count > longestLine else { return line }
    let lines = entries.map { block($0.key, $0.value, indent: indent + 2) }.joined()
    // The dash takes the place of the first line's margin.
    return margin + "- " + lines.dropFirst(indent + 2)
  }
}

extension Unicode.Scalar {
  /// Whether names hold the character: letters, digits, `_`, `-` and `.`.
  var isPartOfName: Bool {
    switch self {
    case "a"..."z", "A"..."Z", "0"..."9", "_", "-", ".": true
    default: false
    }
  }
}
