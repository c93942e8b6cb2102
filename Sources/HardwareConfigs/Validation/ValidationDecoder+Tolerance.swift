internal import CostYAML

extension ValidationDecoder {
  private enum Equality: String, CaseIterable { case exact, printed }

  /// One way to judge figures, with its reason.
  func tolerance(
    from reader: inout YAMLReader
  ) -> (ValidationSuite.Tolerance, String)? {
    let reason = reader.string("reason")
    let equal = reader.choice("equal", of: Equality.self, required: false)
    let within = reader.value("within", required: false).flatMap { range($0, from: &reader) }
    let spearman = reader.number("spearman", in: -1...1, required: false)
    let kendall = reader.number("kendall", in: -1...1, required: false)
    let isReported = reader.boolean("reported", required: false)
    let isRank = reader.has("spearman") || reader.has("kendall")
    let kinds = [reader.has("equal"), reader.has("within"), isRank, reader.has("reported")]
    guard kinds.filter({ $0 }).count == 1 else {
      reader.report(
        reader.value, "a tolerance is one of equal, within, spearman with kendall, reported",
        hint: "write for example '{within: 1 %, reason: …}'")
      return nil
    }
    guard let reason else { return nil }
    if let equal { return (equal == .exact ? .exact : .printed, reason) }
    if let within { return (.within(within), reason) }
    if spearman != nil || kendall != nil {
      return (.rank(spearman: spearman, kendall: kendall), reason)
    }
    guard isReported == true else {
      if isReported == false {
        reader.report(reader.value, "'reported' is true or left out")
      }
      return nil
    }
    return (.reported, reason)
  }

  /// `1 %`, up and down, or `[-12 %, 0 %]`.
  private func range(
    _ value: YAMLReader.Value, from reader: inout YAMLReader
  ) -> ClosedRange<Double>? {
    guard value.node.items != nil else {
      guard let share = percent(value, from: &reader) else { return nil }
      guard share >= 0 else {
        reader.report(value, "a tolerance both ways is not below 0", hint: "write '[-1 %, 0 %]'")
        return nil
      }
      return -share...share
    }
    let values = reader.values(value) ?? []
    guard values.count == 2 else {
      reader.report(value, "expected [lowest, highest], found \(values.count) shares")
      return nil
    }
    let shares = values.compactMap { percent($0, from: &reader) }
    guard shares.count == 2 else { return nil }
    guard shares[0] <= shares[1] else {
      reader.report(value, "the lowest share comes first")
      return nil
    }
    return shares[0]...shares[1]
  }

  private func percent(_ value: YAMLReader.Value, from reader: inout YAMLReader) -> Double? {
    let text = value.node.scalar ?? ""
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1] == "%",
      let number = ValidationSuite.Published(String(parts[0])), abs(number.value) <= 1000
    else {
      reader.report(
        value, "expected a share in percent, found \(value.node.summary)", hint: "write '1.5 %'")
      return nil
    }
    return number.value / 100
  }
}
