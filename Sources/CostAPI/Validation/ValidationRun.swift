internal import Accelerators
internal import CostDiagnostics
internal import HardwareConfigs
public import Mapper
internal import MeasuredTables
internal import Networks

/// Compares published figures with ours.
public struct ValidationRun: Sendable {
  /// Where suites, targets and networks are looked up.
  public let catalog: TargetCatalog
  /// Folders of files that only their publishers may hand on, first to last.
  public let dataFolders: [String]
  let threads: Int
  let cache: MappingCache
  private var targets: [String: LoadedTarget] = [:]
  private var reports: [ReportKey: CostReport] = [:]

  /// What a report was made of; rows that share it are costed once.
  private struct ReportKey: Hashable {
    var target: String
    var network: ValidationSuite.NetworkReference
  }

  /// A run over the suites of a catalog.
  ///
  /// - Parameters:
  ///   - dataFolders: Folders of files that only their publishers may hand on, first to last.
  ///   - threads: Threads that cost networks.
  ///   - cache: What the mapper knows already, and where it keeps what it finds.
  public init(
    _ catalog: TargetCatalog, dataFolders: [String], threads: Int = 1,
    cache: MappingCache = MappingCache()
  ) {
    self.catalog = catalog
    self.dataFolders = dataFolders
    self.threads = threads
    self.cache = cache
  }

  /// What a suite's comparisons come to, in the suite's order.
  ///
  /// A figure that cannot be compared does not keep the others from being.
  public mutating func results(of loaded: LoadedSuite) -> [ValidationResult] {
    var results: [ValidationResult] = []
    for comparison in loaded.suite.comparisons {
      let blank = ValidationResult(
        suite: loaded.suite.name, comparison: comparison.name, row: "", subject: "",
        metric: comparison.metric.name, tolerance: comparison.tolerance, verdict: .failed,
        source: loaded.suite.sources[comparison.source] ?? comparison.source,
        worked: comparison.worked, reason: comparison.reason)
      switch (comparison.figures, comparison.tolerance) {
      case (.rows(let rows), .rank(let spearman, let kendall)):
        results += ranked(rows, comparison.metric, blank, spearman: spearman, kendall: kendall)
      case (.rows(let rows), _):
        results += rows.map { result(of: $0, comparison.metric, blank) }
      case (.table(let table), _):
        results.append(result(of: table, comparison.metric, blank))
      }
    }
    return results
  }
}

// MARK: - Rows
extension ValidationRun {
  private mutating func result(
    of row: ValidationSuite.Row, _ metric: ValidationSuite.Metric, _ blank: ValidationResult
  ) -> ValidationResult {
    var result = blank
    result.row = row.name
    result.subject = row.subject.text
    result.published = row.published
    do throws(CostAPIError) {
      let ours = try value(of: row.subject, metric)
      result.ours = ours
      result.deviation = Self.deviation(of: ours, from: row.published.value)
      result.verdict = Self.verdict(blank.tolerance.admits(ours, row.published))
    } catch {
      Self.note(error, in: &result)
    }
    return result
  }

  /// A result for each rank correlation that is asked for.
  private mutating func ranked(
    _ rows: [ValidationSuite.Row], _ metric: ValidationSuite.Metric, _ blank: ValidationResult,
    spearman: Double?, kendall: Double?
  ) -> [ValidationResult] {
    var points: [ValidationResult.Point] = []
    var blank = blank
    blank.subject = rows.first?.subject.place ?? ""
    blank.count = rows.count
    var problem: (row: String, error: CostAPIError)?
    for row in rows where problem == nil {
      do throws(CostAPIError) {
        points.append(
          .init(
            name: row.name, published: row.published.value, ours: try value(of: row.subject, metric)
          ))
      } catch {
        problem = (row.name, error)
      }
    }
    func result(_ name: String, least: Double, _ found: Double?) -> ValidationResult {
      var result = blank
      result.row = name
      if let problem {
        Self.note(problem.error, in: &result)
        result.message = "\(problem.row): \(result.message ?? "")"
        return result
      }
      result.points = points
      result.ours = found
      guard let found else {
        result.message = "all figures are equal: they have no order"
        return result
      }
      result.verdict = found >= least ? .within : .outside
      return result
    }
    let (published, ours) = (points.map(\.published), points.map(\.ours))
    var results: [ValidationResult] = []
    if let spearman {
      blank.tolerance = .rank(spearman: spearman, kendall: nil)
      results.append(
        result("spearman", least: spearman, RankCorrelation.spearman(published, ours)))
    }
    if let kendall {
      blank.tolerance = .rank(spearman: nil, kendall: kendall)
      results.append(result("kendall", least: kendall, RankCorrelation.kendall(published, ours)))
    }
    return results
  }

  private static func deviation(of ours: Double, from published: Double) -> Double? {
    guard ours != published else { return 0 }
    let deviation = ours / published - 1
    return deviation.isFinite ? deviation : nil
  }

  private static func verdict(_ isAdmitted: Bool?) -> ValidationResult.Verdict {
    isAdmitted.map { $0 ? .within : .outside } ?? .reported
  }

  /// Says why there is nothing of ours; numbers that are yet to be imported are no failure.
  private static func note(_ error: CostAPIError, in result: inout ValidationResult) {
    if case .notImported = error { result.verdict = .skipped } else { result.verdict = .failed }
    result.message = error.message
  }
}

// MARK: - Tables
extension ValidationRun {
  private mutating func result(
    of table: ValidationSuite.Table, _ metric: ValidationSuite.Metric, _ blank: ValidationResult
  ) -> ValidationResult {
    var result = blank
    result.row = table.file
    result.subject = "\(table.target), \(table.space)"
    guard let path = dataFolders.map({ "\($0)/\(table.file)" }).first(where: TextFile.exists) else {
      result.verdict = .skipped
      result.count = 0
      result.message =
        "there is no '\(table.file)', which hwcost may not ship; name its folder with --data"
      return result
    }
    do throws(CostAPIError) {
      try compare(PublishedTable(table, at: path), table, metric, &result)
    } catch {
      Self.note(error, in: &result)
    }
    return result
  }

  private mutating func compare(
    _ published: PublishedTable, _ table: ValidationSuite.Table, _ metric: ValidationSuite.Metric,
    _ result: inout ValidationResult
  ) throws(CostAPIError) {
    let target = try loadedTarget(table.target)
    let estimator = try estimator(for: target)
    let reports = try estimator.answers(for: published.entries.map(\.subject))
    var outside: [String] = []
    var farthest = 0.0
    var withoutShare = 0
    for (entry, report) in zip(published.entries, reports) {
      let ours = try metric.value(in: report, layers: [])
      if let deviation = Self.deviation(of: ours, from: entry.published.value) {
        if abs(deviation) > abs(farthest) { farthest = deviation }
      } else {
        withoutShare += 1
      }
      if result.tolerance.admits(ours, entry.published) == false {
        outside.append(
          "line \(entry.line): published \(HumanNumber.plain(entry.published.value)), ours "
            + HumanNumber.plain(ours))
      }
    }
    result.count = reports.count
    result.deviation = withoutShare == 0 ? farthest : nil
    result.verdict =
      result.tolerance == .reported ? .reported : outside.isEmpty ? .within : .outside
    var remarks: [String] = []
    if !outside.isEmpty {
      remarks.append(
        "\(outside.count) of \(reports.count) figures are outside: "
          + outside.prefix(3).joined(separator: "; "))
    }
    if withoutShare > 0 {
      remarks.append(
        "\(withoutShare) of \(reports.count) published figures are 0 and ours not: no deviation")
    }
    result.message = remarks.isEmpty ? nil : remarks.joined(separator: "; ")
  }
}

// MARK: - Ours
extension ValidationRun {
  private mutating func value(
    of subject: ValidationSuite.Subject, _ metric: ValidationSuite.Metric
  ) throws(CostAPIError) -> Double {
    switch subject {
    case .formula(let formula, let arguments):
      guard let value = formula.value(metric.name, arguments) else {
        throw .request(
          "'\(formula.rawValue)' does not say '\(metric.name)' for these arguments",
          hint: formula.gap(metric.name))
      }
      return value
    case .network(let target, let network, let layers):
      return try metric.value(in: report(of: network, on: target), layers: layers)
    }
  }

  private mutating func report(
    of network: ValidationSuite.NetworkReference, on target: String
  ) throws(CostAPIError) -> CostReport {
    let key = ReportKey(target: target, network: network)
    if let known = reports[key] { return known }
    let subject: CostSubject
    switch network {
    case .file(let name): subject = CostSubject(try catalog.network(name))
    case .member(let space, let text):
      let reader = try MemberReader(spaceName: space)
      subject = CostSubject(try reader.architecture(text), of: reader.space)
    }
    let estimator = try estimator(for: loadedTarget(target))
    guard let report = try estimator.answers(for: [subject]).first else {
      throw .request("'\(target)' gives no report", hint: nil)
    }
    reports[key] = report
    return report
  }

  private mutating func loadedTarget(_ name: String) throws(CostAPIError) -> LoadedTarget {
    if let known = targets[name] { return known }
    let target = try catalog.target(name)
    targets[name] = target
    return target
  }

  private func estimator(for target: LoadedTarget) throws(CostAPIError) -> CostEstimator {
    let options = try target.options(CostOptions(), factors: nil)
    return CostEstimator(
      target.hardwareTarget(options, cache: cache), threads: threads, listsLayers: true)
  }
}

extension ValidationSuite.Subject {
  /// For tables: `zhang15-alexnet: alexnet conv1`, or a formula's name.
  var text: String {
    switch self {
    case .formula(let formula, _): return formula.rawValue
    case .network(let target, let network, let layers):
      let parts = [network.text] + layers
      return "\(target): \(parts.joined(separator: " "))"
    }
  }

  /// The target or the formula alone.
  var place: String {
    switch self {
    case .formula(let formula, _): formula.rawValue
    case .network(let target, _, _): target
    }
  }
}

extension ValidationSuite.NetworkReference {
  var text: String {
    switch self {
    case .file(let name): name
    case .member(let space, let text): "\(space) '\(text)'"
    }
  }
}
