internal import Accelerators
internal import Networks

/// What HW-NAS-Bench published, for any targets: every architecture of a space, or where those are
/// too many, every block, with all figures.
public struct CostDataset: Sendable {
  /// Where the numbers come from, one remark a line.
  public var provenance: [String]
  /// Names of the columns: those that name the row, then the figures.
  public var columns: [String]
  /// How many of the columns name the row.
  public var keyCount: Int
  /// One list of values a row, in the order of the columns.
  public var rows: [[JSONValue]]

  /// - Parameters:
  ///   - provenance: What to say of each target.
  /// - Throws: `CostAPIError` for a space that is neither listed nor made of blocks.
  public init(_ table: CostTable, provenance: [String]) throws(CostAPIError) {
    self.provenance =
      ["hwcost \(Release.version), model \(Release.modelVersion), \(table.space)"] + provenance
    // Every column has its target in front, also where there is but one.
    let figures = table.columns.map { "\($0.target).\($0.metric.rawValue)" }
    guard let space = table.searchSpace else {
      throw .request("the table is of no search space", hint: nil)
    }
    if let count = space.indexedCount {
      columns = ["index", "arch"] + figures
      keyCount = 2
      rows = (0..<count).compactMap { index in
        space.architecture(at: index).map { member in
          [.integer(Int64(index)), .string(space.text(of: member))]
            + table.costs(of: member).map { .rounded($0) }
        }
      }
    } else if let blocks = space.blockShapes {
      columns = ["block"] + figures
      keyCount = 1
      rows = try BlockCosts(table, blocks).rows.map { row in
        [.string(row.shape.hwNASBenchKey)] + row.costs.map { .rounded($0) }
      }
    } else {
      throw .request(
        "\(space.name) is too large to list, and not made of blocks that have keys", hint: nil)
    }
  }

  /// The rows as CSV, below remarks that start with `#`.
  public var csv: String {
    var writer = CSVWriter()
    writer.add(columns)
    for row in rows { writer.add(row.map(\.fieldText)) }
    return provenance.map { "# \($0)\n" }.joined() + writer.text
  }

  /// The dataset as one object, for the script that writes other forms.
  public var json: JSONValue {
    [
      "provenance": .array(provenance.map { .string($0) }),
      "columns": .array(columns.map { .string($0) }), "keys": .integer(Int64(keyCount)),
      "rows": .array(rows.map { .array($0) }),
    ]
  }
}

extension CostReportJSON {
  /// The reports that no other beats: less cost, and more of a joined column.
  ///
  /// - Parameters:
  ///   - cost: The figure that is made small.
  ///   - column: The joined column that is made large; reports without a number there are left out.
  /// - Returns: in ascending order of the cost, each target's for itself in the order of reports.
  public static func front(
    of reports: [CostReportJSON], cost: CostMetric, against column: String
  ) -> [CostReportJSON] {
    var (targets, byTarget): ([String], [String: [(cost: Double, gain: Double, index: Int)]])
    (targets, byTarget) = ([], [:])
    for (index, report) in reports.enumerated() {
      guard let value = report.report.figure(cost), let gain = report.joinedNumber(column) else {
        continue
      }
      if byTarget[report.report.target] == nil { targets.append(report.report.target) }
      byTarget[report.report.target, default: []].append((value, gain, index))
    }
    return targets.flatMap { target -> [CostReportJSON] in
      let sorted = (byTarget[target] ?? []).sorted {
        ($0.cost, -$0.gain, $0.index) < ($1.cost, -$1.gain, $1.index)
      }
      var (best, front) = (-Double.infinity, [CostReportJSON]())
      for point in sorted where point.gain > best {
        best = point.gain
        front.append(reports[point.index])
      }
      return front
    }
  }

  private func joinedNumber(_ column: String) -> Double? {
    switch joined.first(where: { $0.key == column })?.value {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
}
