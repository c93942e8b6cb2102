public import HardwareConfigs

/// A published figure beside ours.
public struct ValidationResult: Hashable, Sendable {
  /// What came of a comparison.
  public enum Verdict: String, CaseIterable, Hashable, Sendable {
    /// Ours is as near as the suite asks for.
    case within
    /// Ours is farther off than that.
    case outside
    /// Shown only: the suite sets no tolerance for it.
    case reported
    /// What it needs is not there, which is no fault of the model.
    case skipped
    /// It could not be compared at all.
    case failed

    /// Whether the status of the run is 1.
    public var isBad: Bool { self == .outside || self == .failed }
  }

  /// One of the figures whose order is compared.
  public struct Point: Hashable, Sendable {
    /// The row of the figure.
    public var name: String
    /// The published figure, in the unit of the metric.
    public var published: Double
    /// Ours, in the same unit.
    public var ours: Double
  }

  /// The name of the suite.
  public var suite: String
  /// The name of the comparison in the suite.
  public var comparison: String
  /// The row's name, a table's file, or the rank correlation.
  public var row: String
  /// A target with its network, or a formula.
  public var subject: String
  /// What is compared, by the report's key, which ends in its unit.
  public var metric: String
  /// `nil` where the result stands for many figures.
  public var published: ValidationSuite.Published?
  /// Ours, in the unit of the metric; `nil` where there is none, or the result stands for many.
  public var ours: Double?
  /// Ours over the published figure, less 1; of many, the one farthest from 0. `nil` where a
  /// published figure is 0 and ours is not: no share of nothing says how far they are apart.
  public var deviation: Double?
  /// How far ours may be off.
  public var tolerance: ValidationSuite.Tolerance
  /// What came of it.
  public var verdict: Verdict
  /// The whole citation.
  public var source: String
  /// How the figures were worked out by hand; `nil` for figures that stand there as they are.
  public var worked: String?
  /// Why the tolerance is what it is.
  public var reason: String
  /// Why it was skipped or failed, or what else there is to say.
  public var message: String?
  /// Figures that the result stands for.
  public var count = 1
  /// The figures whose order is compared, in the suite's order.
  public var points: [Point] = []
}

extension ValidationSuite.Tolerance {
  /// In words, for tables.
  public var text: String {
    switch self {
    case .exact: return "exact"
    case .printed: return "as printed"
    case .within(let range):
      let (low, high) = (HumanNumber.plain(range.lowerBound), HumanNumber.plain(range.upperBound))
      if low == "-" + high { return "+-\(Self.percent(range.upperBound))" }
      return "\(Self.number(range.lowerBound)) to \(Self.percent(range.upperBound))"
    case .rank(let spearman, let kendall):
      return ">= \(HumanNumber.plain(spearman ?? kendall ?? 0))"
    case .reported: return "-"
    }
  }

  private static func number(_ share: Double) -> String {
    // Shares were written in percent, with few digits.
    HumanNumber.plain(RoundedNumber.nearest(to: share * 100, digits: 9))
  }

  private static func percent(_ share: Double) -> String { number(share) + " %" }

  /// Whether ours is near enough to a published figure; `nil` where nothing decides that.
  func admits(_ ours: Double, _ published: ValidationSuite.Published) -> Bool? {
    switch self {
    case .exact: return ours == published.value
    case .printed:
      return HumanNumber.printed(ours, decimals: published.decimals)
        == HumanNumber.printed(published.value, decimals: published.decimals)
    case .within(let range):
      // Any share of nothing is nothing.
      guard published.value != 0 else { return ours == 0 }
      return range.contains(ours / published.value - 1)
    case .rank, .reported: return nil
    }
  }
}

extension ValidationResult {
  /// The published figure with the digits that were printed.
  public var publishedText: String {
    guard let published else { return "-" }
    return HumanNumber.printed(published.value, decimals: published.decimals)
  }

  /// Ours, with as many digits as the published one; more where that one is whole and ours is not.
  public var oursText: String {
    guard let ours else { return "-" }
    guard let published else { return HumanNumber.significant(ours) }
    if published.decimals == 0, ours != ours.rounded() { return HumanNumber.significant(ours) }
    return HumanNumber.printed(ours, decimals: published.decimals)
  }

  /// The deviation in percent with its sign, or `-` for none.
  public var deviationText: String {
    guard let deviation else { return "-" }
    guard deviation != 0 else { return "0" }
    let text = HumanNumber.fixed(deviation * 100, decimals: 2)
    return (deviation > 0 ? "+" : "") + text + " %"
  }

  /// A whole number as one, so that counts read as counts.
  private static func plain(_ number: Double?) -> JSONValue {
    guard let number, number == number.rounded(), abs(number) < 0x1p53 else {
      return .optional(number)
    }
    return .integer(Int64(number))
  }

  /// The result as an object; lists are left out of tables.
  public var json: JSONValue {
    [
      "suite": .string(suite), "comparison": .string(comparison), "row": .string(row),
      "subject": .string(subject), "metric": .string(metric),
      "published": Self.plain(published?.value), "ours": Self.plain(ours),
      "deviation": .rounded(deviation), "tolerance": .string(tolerance.text),
      "verdict": .string(verdict.rawValue), "figures": .integer(Int64(count)),
      "source": .string(source), "worked": .optional(worked), "reason": .string(reason),
      "message": .optional(message),
      "points": .array(
        points.map { point -> JSONValue in
          [
            "row": .string(point.name), "published": Self.plain(point.published),
            "ours": Self.plain(point.ours),
          ]
        }),
    ]
  }
}
