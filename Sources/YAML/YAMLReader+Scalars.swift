internal import CostDiagnostics
public import CostUnits

// Each kind of scalar can be read by key, or from a value found another way.

// MARK: - Text
extension YAMLReader {
  /// The text of a key.
  public mutating func string(_ key: String, required: Bool = true) -> String? {
    guard let value = value(key, required: required) else { return nil }
    return string(value)
  }

  /// The text of a value; an empty one is reported.
  public mutating func string(_ value: Value) -> String? {
    guard let text = value.node.scalar else {
      report(value, "expected text, found \(value.node.summary)")
      return nil
    }
    guard !text.isEmpty else {
      report(value, "the text is empty")
      return nil
    }
    return text
  }

  /// The list of texts of a key; `nil` when any of them is wrong.
  public mutating func strings(_ key: String, required: Bool = true) -> [String]? {
    guard let values = values(key, required: required) else { return nil }
    let texts = values.compactMap { string($0) }
    return texts.count == values.count ? texts : nil
  }

  /// One of a closed set of words, for example the cases of an enum.
  public mutating func choice<Choice: CaseIterable & RawRepresentable<String>>(
    _ key: String, of type: Choice.Type, required: Bool = true
  ) -> Choice? {
    guard let value = value(key, required: required) else { return nil }
    return choice(value, of: type)
  }

  /// One of a closed set of words, for example the cases of an enum.
  public mutating func choice<Choice: CaseIterable & RawRepresentable<String>>(
    _ value: Value, of _: Choice.Type
  ) -> Choice? {
    choice(value, among: Choice.allCases.map(\.rawValue)).flatMap { Choice(rawValue: $0) }
  }

  /// One of the words given.
  public mutating func choice(_ value: Value, among words: [String]) -> String? {
    guard let text = string(value) else { return nil }
    guard words.contains(text) else {
      report(
        value, "\(value.node.summary) is none of \(words.joined(separator: ", "))",
        hint: EditDistance.didYouMean(text, among: words))
      return nil
    }
    return text
  }
}

// MARK: - Numbers
extension YAMLReader {
  /// The whole number of a key.
  public mutating func integer(
    _ key: String, in range: ClosedRange<Int64>, required: Bool = true
  ) -> Int64? {
    guard let value = value(key, required: required) else { return nil }
    return integer(value, in: range)
  }

  /// A whole number in decimal digits.
  public mutating func integer(_ value: Value, in range: ClosedRange<Int64>) -> Int64? {
    guard let number = value.node.integer else {
      // Digits that Int64 cannot take are a number all the same: say the range.
      let isWhole = value.node.number.map { $0 == $0.rounded() && abs($0) > 1e15 } ?? false
      report(
        value,
        isWhole
          ? "\(value.node.summary) is out of range"
          : "expected a whole number, found \(value.node.summary)",
        hint: "write a number from \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    guard range.contains(number) else {
      report(
        value, "'\(number)' is out of range",
        hint: "write a number from \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return number
  }

  /// The number without unit of a key: a ratio or a count that need not be whole.
  public mutating func number(
    _ key: String, in range: ClosedRange<Double>, required: Bool = true
  ) -> Double? {
    guard let value = value(key, required: required) else { return nil }
    return number(value, in: range)
  }

  /// A number without unit: a ratio or a count that need not be whole.
  public mutating func number(_ value: Value, in range: ClosedRange<Double>) -> Double? {
    guard let number = value.node.number else {
      report(value, "expected a number, found \(value.node.summary)")
      return nil
    }
    guard range.contains(number) else {
      report(
        value, "\(value.node.summary) is out of range",
        hint: "write a number from \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return number
  }

  /// The truth value of a key: `true` or `false`.
  public mutating func boolean(_ key: String, required: Bool = true) -> Bool? {
    guard let value = value(key, required: required) else { return nil }
    switch value.node.scalar {
    case "true": return true
    case "false": return false
    default:
      report(value, "expected true or false, found \(value.node.summary)")
      return nil
    }
  }
}

// MARK: - Quantities
extension YAMLReader {
  /// The number with unit of a key.
  public mutating func quantity<Family: UnitFamily>(
    _ key: String, _ family: Family.Type, required: Bool = true
  ) -> Quantity<Family>? {
    guard let value = value(key, required: required) else { return nil }
    return quantity(value, family)
  }

  /// A number with its unit.
  public mutating func quantity<Family: UnitFamily>(
    _ value: Value, _: Family.Type
  ) -> Quantity<Family>? {
    guard let text = value.node.scalar else {
      report(value, "expected \(Family.name), found \(value.node.summary)")
      return nil
    }
    do throws(QuantityError) {
      return try Quantity<Family>(parsing: text)
    } catch {
      report(value, error.message, hint: error.hint)
      return nil
    }
  }
}

// MARK: - Hints
extension YAMLReader {
  /// The hint `did you mean 'capacity'?`, if one of the words is near.
  public func didYouMean(_ word: String, among words: some Sequence<String>) -> String? {
    EditDistance.didYouMean(word, among: words)
  }
}
