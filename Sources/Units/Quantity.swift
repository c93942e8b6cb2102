/// A family of units that convert into one another, such as bytes and kibibytes.
public protocol UnitFamily: Sendable {
  /// What the family measures, as messages name it: `an amount of data`.
  static var name: String { get }
  /// Each unit of the family; the first is the one hints suggest.
  static var units: [UnitSpelling] { get }
  /// The range of values that make sense, in the canonical unit.
  static var range: ClosedRange<Double> { get }
}

/// How a unit is written and how large it is.
public struct UnitSpelling: Hashable, Sendable {
  /// As it is written after the number and a space, such as `KiB`.
  public var symbol: String
  /// Size in the family's canonical unit.
  public var size: Double

  /// A spelling, and its size in the family's canonical unit.
  public init(_ symbol: String, _ size: Double) {
    self.symbol = symbol
    self.size = size
  }
}

/// Why a text is not a quantity of the family asked for.
public struct QuantityError: Error, Hashable, Sendable {
  /// What was found and what was expected.
  public var message: String
  /// What to write instead.
  public var hint: String?

  /// A message and, where there is one, what to write instead.
  public init(_ message: String, hint: String? = nil) {
    self.message = message
    self.hint = hint
  }
}

/// A number read together with its unit, already in the family's canonical unit.
public struct Quantity<Family: UnitFamily>: Hashable, Sendable {
  /// The value in the family's canonical unit.
  public let canonical: Double
  /// The unit as it was written.
  public let symbol: String

  /// Parses text such as `108 KiB`.
  ///
  /// - Throws: `QuantityError` when the number or the unit is missing, the unit is of another
  ///   family, or the value is outside the family's range.
  public init(parsing text: some StringProtocol) throws(QuantityError) {
    let (number, symbol) = try QuantityText.split(text, for: Family.self)
    guard let unit = Family.units.first(where: { $0.symbol == symbol }) else {
      throw QuantityText.unknownUnit(symbol, in: text, number: number, for: Family.self)
    }
    canonical = number * unit.size
    self.symbol = unit.symbol
    guard canonical.isFinite, Family.range.contains(canonical) else {
      throw QuantityText.outOfRange(text, for: Family.self)
    }
  }
}

/// The parts of a quantity's text and what can be wrong with them.
private enum QuantityText {
  /// The number and the unit's symbol.
  static func split<Family: UnitFamily>(
    _ text: some StringProtocol, for family: Family.Type
  ) throws(QuantityError) -> (number: Double, symbol: String) {
    let end = text.firstIndex { !isPartOfNumber($0) } ?? text.endIndex
    // The e of an exponent is part of the number only before a digit or a sign: `3 em` is not.
    guard let (number, rest) = leadingNumber(text, upTo: end) else {
      throw QuantityError(
        "'\(clipped(text))' is not \(Family.name)",
        hint: "write a number and its unit, \(examples("1", family))")
    }
    let symbol = rest.drop { $0 == " " }
    let written = clipped(text.prefix(text.count - rest.count))
    if symbol.isEmpty {
      throw QuantityError(
        "'\(clipped(text))' has no unit", hint: "write \(examples(written, family))")
    }
    if rest.first != " ", Family.units.contains(where: { $0.symbol == symbol }) {
      throw QuantityError(
        "'\(clipped(text))' has no space before its unit", hint: "write '\(written) \(symbol)'")
    }
    return (number, String(symbol))
  }

  private static func isPartOfNumber(_ character: Character) -> Bool {
    character.isASCII && (character.isNumber || "+-.eE".contains(character))
  }

  /// The longest prefix that is a decimal number, and what follows it.
  private static func leadingNumber<Text: StringProtocol>(
    _ text: Text, upTo end: Text.Index
  ) -> (Double, Text.SubSequence)? {
    var end = end
    while end > text.startIndex {
      let candidate = text[..<end]
      let startsAsNumber = candidate.first.map { $0.isNumber || "+-.".contains($0) } ?? false
      if startsAsNumber, candidate.last?.isNumber ?? false, let number = Double(candidate) {
        return (number, text[end...])
      }
      end = text.index(before: end)
    }
    return nil
  }

  /// `'108 KiB' or '108 B'`.
  private static func examples<Family: UnitFamily>(_ number: String, _: Family.Type) -> String {
    Family.units.prefix(2).map { "'\(number) \($0.symbol)'" }.joined(separator: " or ")
  }

  static func unknownUnit<Family: UnitFamily>(
    _ symbol: String, in text: some StringProtocol, number: Double, for _: Family.Type
  ) -> QuantityError {
    let shown = clipped(text)
    if let ambiguous = AmbiguousUnit(symbol),
      let binary = Family.units.first(where: { $0.symbol == ambiguous.binary })
    {
      let written = text.prefix { $0 != " " && !$0.isLetter }
      return QuantityError(
        "'\(symbol)' in '\(shown)' could mean \(ambiguous.decimalBytes) or "
          + "\(Int64(binary.size)) bytes",
        hint: "write '\(clipped(written)) \(ambiguous.binary)' for \(Int64(binary.size)) bytes each"
      )
    }
    if let other = unitFamilies.first(where: { $0.units.contains { $0.symbol == symbol } }) {
      return QuantityError(
        "'\(shown)' is \(other.name), expected \(Family.name)", hint: list(Family.self))
    }
    let near = Family.units.first { $0.symbol.lowercased() == symbol.lowercased() }
    return QuantityError(
      "'\(shown)' has the unknown unit '\(clipped(symbol))'",
      hint: near.map { "did you mean '\($0.symbol)'?" } ?? list(Family.self))
  }

  static func outOfRange<Family: UnitFamily>(
    _ text: some StringProtocol, for _: Family.Type
  ) -> QuantityError {
    guard let unit = Family.units.first else { return QuantityError("'\(clipped(text))'") }
    let low = shortNumber(Family.range.lowerBound / unit.size)
    let high = shortNumber(Family.range.upperBound / unit.size)
    return QuantityError(
      "'\(clipped(text))' is out of range",
      hint: "write a value from \(low) \(unit.symbol) to \(high) \(unit.symbol)")
  }

  private static func list<Family: UnitFamily>(_: Family.Type) -> String {
    "the units are " + Family.units.map(\.symbol).joined(separator: ", ")
  }

  private static func shortNumber(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
  }

  /// At most 40 characters of what the user wrote.
  private static func clipped(_ text: some StringProtocol) -> String {
    text.count <= 40 ? String(text) : text.prefix(40) + "…"
  }
}

/// `KB`, `MB`, `GB`: 1000 in one tool, 1024 in the next.
private struct AmbiguousUnit {
  var binary: String
  var decimalBytes: String

  init?(_ symbol: String) {
    switch symbol.lowercased() {
    case "k", "kb": (binary, decimalBytes) = ("KiB", "1000")
    case "m", "mb": (binary, decimalBytes) = ("MiB", "1000000")
    case "g", "gb": (binary, decimalBytes) = ("GiB", "1000000000")
    default: return nil
    }
  }
}
