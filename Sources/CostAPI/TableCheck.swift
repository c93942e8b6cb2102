internal import MeasuredTables
internal import Networks

/// What the tables of a measured device hold of search spaces.
public struct TableCheck: Sendable {
  /// What one table holds of one space.
  public struct Finding: Sendable {
    /// The table's file.
    public var table: String
    /// What a row is of: `network`, `block` or `layer`.
    public var granularity: String
    /// How many rows the table has.
    public var entries: Int
    /// The space that is looked at; `nil` where the table is of none.
    public var space: String?
    /// Entries that the space's members are made of; `nil` where they cannot be listed.
    public var needed: Int?
    /// Entries of the space that are interpolated; `nil` where they cannot be listed.
    public var interpolated: Int?
    /// Names of the entries that the table lacks.
    public var missing: [String]
  }

  /// One for each table of the device.
  public var findings: [Finding]

  /// Looks at the tables of a device.
  ///
  /// - Parameter spaceName: The space that tables of layers are compared with.
  /// - Throws: `CostAPIError` for a target that is not measured, and an unknown space.
  public init(_ target: LoadedTarget, spaceName: String? = nil) throws(CostAPIError) {
    guard case .measured(let device) = target.model else {
      throw .request(
        "'\(target.reference)' is no measured device",
        hint: "'hwcost targets' lists them as measured")
    }
    let given: (any SearchSpace)?
    if let spaceName { given = try MemberReader(spaceName: spaceName).space } else { given = nil }
    findings = device.tables.map { table in
      let isOfLayers = table.description.granularity == .layer
      let coverage = table.coverage(of: isOfLayers ? given ?? table.space : nil)
      return Finding(
        table: table.file, granularity: table.description.granularity.rawValue,
        entries: table.count, space: coverage?.space ?? table.description.space,
        needed: coverage?.needed, interpolated: coverage?.interpolated,
        missing: coverage?.missing ?? [])
    }
  }

  /// The findings as objects.
  public var json: [JSONValue] {
    findings.map { finding in
      [
        "table": .string(finding.table), "granularity": .string(finding.granularity),
        "entries": .integer(Int64(finding.entries)), "space": .optional(finding.space),
        "needed": .optional(finding.needed.map(Int64.init)),
        "missing": .optional(finding.needed.map { _ in Int64(finding.missing.count) }),
        "interpolated": .optional(finding.interpolated.map(Int64.init)),
        "first_missing": .optional(finding.missing.first),
      ]
    }
  }

  /// The findings in words, a line each.
  public var text: String {
    findings.map { finding in
      var line =
        "\(finding.table): \(HumanNumber.grouped(Int64(finding.entries))) "
        + "\(finding.granularity)s"
      if let needed = finding.needed, let space = finding.space {
        let missing = finding.missing.count
        // A table may hold blocks and layers of other spaces too.
        let own = needed - missing - (finding.interpolated ?? 0)
        let all = HumanNumber.grouped(Int64(needed))
        line +=
          own == finding.entries
          ? " of \(all) in \(space)"
          : ", with \(HumanNumber.grouped(Int64(own))) of the \(all) in \(space)"
        line +=
          missing == 0 ? ", none is missing" : ", \(HumanNumber.grouped(Int64(missing))) missing"
        if let first = finding.missing.first { line += ", the first '\(first)'" }
        if let count = finding.interpolated, count > 0 { line += ", \(count) interpolated" }
      }
      return line + "\n"
    }.joined()
  }
}
