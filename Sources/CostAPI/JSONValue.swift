/// A JSON document; the keys of an object keep the order they were given in.
public enum JSONValue: Hashable, Sendable {
  /// One key of an object and its value.
  public struct Member: Hashable, Sendable {
    /// The key, which may hold any character.
    public var key: String
    /// The value of the key.
    public var value: JSONValue

    /// A key and its value.
    public init(_ key: String, _ value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  case null
  case bool(Bool)
  /// A number written without a point.
  case integer(Int64)
  /// A number with a point; `null` in text where it is not finite.
  case number(Double)
  case string(String)
  case array([JSONValue])
  /// Keys with values, in the order they are written.
  case object([Member])
}

// MARK: - Making values

extension JSONValue {
  /// A computed number to 12 significant digits, or `null` for none.
  ///
  /// The last few of a sum's 16 digits tell only in which order it was added up.
  public static func rounded(_ value: Double?) -> JSONValue {
    value.map { .number(RoundedNumber.nearest(to: $0, digits: 12)) } ?? .null
  }

  /// The number, or `null` for none.
  public static func optional(_ value: Double?) -> JSONValue { value.map(Self.number) ?? .null }

  /// The whole number, or `null` for none.
  public static func optional(_ value: Int64?) -> JSONValue { value.map(Self.integer) ?? .null }

  /// The text, or `null` for none.
  public static func optional(_ value: String?) -> JSONValue { value.map(Self.string) ?? .null }

  /// The value of a key of an object; `nil` where there is none.
  public subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral,
  ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByNilLiteral
{
  /// An object with the keys in the order written.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map { Member($0.0, $0.1) })
  }

  /// An array of the values written.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// The text written.
  public init(stringLiteral value: String) { self = .string(value) }
  /// The whole number written.
  public init(integerLiteral value: Int64) { self = .integer(value) }
  /// The truth value written.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// `null`.
  public init(nilLiteral: ()) { self = .null }
}

// MARK: - Writing

extension JSONValue {
  /// The document on one line, without spaces and without a line end.
  public var compactText: String {
    var text = ""
    write(to: &text, indent: nil)
    return text
  }

  /// The document over many lines, each level two spaces further in, without a line end.
  ///
  /// An array of plain values and an object of a few of them stay on one line.
  public var indentedText: String {
    var text = ""
    write(to: &text, indent: 0)
    return text
  }

  private func write(to text: inout String, indent: Int?) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    // JSON has no word for what is not a number; Swift prints any other as JSON wants it, with the
    // fewest digits that read back as the same value.
    case .number(let value): text += value.isFinite ? String(describing: value) : "null"
    case .string(let value): Self.write(value, to: &text)
    case .array(let values):
      write(values, open: "[", close: "]", to: &text, indent: indent) { value, text, indent in
        value.write(to: &text, indent: indent)
      }
    case .object(let members):
      write(members, open: "{", close: "}", to: &text, indent: indent) { member, text, indent in
        Self.write(member.key, to: &text)
        text += indent == nil ? ":" : ": "
        member.value.write(to: &text, indent: indent)
      }
    }
  }

  private func write<Element>(
    _ elements: [Element], open: String, close: String, to text: inout String, indent: Int?,
    each: (Element, inout String, Int?) -> Void
  ) {
    let inner = indent.map { $0 + 2 }
    let breaks = inner != nil && !staysOnOneLine && !elements.isEmpty
    text += open
    for (index, element) in elements.enumerated() {
      if index > 0 { text += indent == nil || breaks ? "," : ", " }
      if breaks, let inner { text += "\n" + String(repeating: " ", count: inner) }
      each(element, &text, inner)
    }
    if breaks, let indent { text += "\n" + String(repeating: " ", count: indent) }
    text += close
  }

  /// Whether the value is short enough for one line of the indented form.
  private var staysOnOneLine: Bool {
    switch self {
    case .array(let values): values.allSatisfy(\.isPlain)
    case .object(let members): members.count <= 6 && members.allSatisfy(\.value.isPlain)
    default: true
    }
  }

  private var isPlain: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }

  private static func write(_ value: String, to text: inout String) {
    text += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
