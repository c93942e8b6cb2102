/// Writes comma-separated values as RFC 4180 describes them, with line feeds between the rows.
public struct CSVWriter: Hashable, Sendable {
  /// The rows so far, each closed by a line feed.
  public private(set) var text = ""

  /// A table without rows.
  public init() {}

  /// Adds a row; a field with a comma, a quote or a line end is quoted.
  public mutating func add(_ fields: [String]) {
    text += fields.map(Self.quoted).joined(separator: ",")
    text += "\n"
  }

  private static func quoted(_ field: String) -> String {
    let isPlain = field.unicodeScalars.allSatisfy { !["\"", ",", "\n", "\r"].contains($0) }
    guard !isPlain else { return field }
    let doubled = field.map { $0 == "\"" ? "\"\"" : String($0) }.joined()
    return "\"\(doubled)\""
  }
}

extension JSONValue {
  /// The value as a field of a table: numbers plain, nothing for `null`.
  public var fieldText: String {
    switch self {
    case .null: ""
    case .string(let text): text
    default: compactText
    }
  }
}
