internal import CLibrary
internal import CostAPI

// The functions that `include/hwcost.h` declares. None of them throws or traps on what a caller
// gives: null pointers, sizes that do not fit and texts that are none come back as an error string.

/// What an estimator's handle stands for.
private final class EstimatorBox: Sendable {
  let service: CostService

  init(_ service: CostService) { self.service = service }
}

/// What a table's handle stands for.
private final class TableBox: Sendable {
  let table: CostTable
  /// The names of the columns, one a line, and a zero.
  let names: [CChar]

  init(_ table: CostTable) {
    self.table = table
    names = Array(table.columnNames.joined(separator: "\n").utf8CString)
  }
}

/// The statuses of the header.
private enum Status: Int32 {
  case done = 0
  case failed = 1
}

/// Why a call fails; its text goes to the caller.
private struct CallError: Error {
  var text: String

  init(_ text: String) { self.text = text }
  init(_ error: CostAPIError) { text = error.message }
  init(_ error: CostTableError) { text = "error: " + error.message }
}

private typealias ErrorPointer = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?

/// Runs a body, and hands what it throws to the caller as a string of malloc.
private func guarded(
  _ error: ErrorPointer, _ body: () throws(CallError) -> Void
) -> Int32 {
  error?.pointee = nil
  do throws(CallError) {
    try body()
    return Status.done.rawValue
  } catch let failure {
    error?.pointee = strdup(failure.text)
    return Status.failed.rawValue
  }
}

/// The text of a C string.
private func text(_ pointer: UnsafePointer<CChar>?, _ name: String) throws(CallError) -> String {
  guard let pointer else { throw CallError("error: '\(name)' is a null pointer") }
  guard let text = String(validatingCString: pointer) else {
    throw CallError("error: '\(name)' is not UTF-8")
  }
  return text
}

private func estimator(_ handle: OpaquePointer?) throws(CallError) -> EstimatorBox {
  guard let handle else { throw CallError("error: the estimator is a null pointer") }
  return Unmanaged<EstimatorBox>.fromOpaque(UnsafeRawPointer(handle)).takeUnretainedValue()
}

private func table(_ handle: OpaquePointer?) throws(CallError) -> TableBox {
  guard let handle else { throw CallError("error: the table is a null pointer") }
  return Unmanaged<TableBox>.fromOpaque(UnsafeRawPointer(handle)).takeUnretainedValue()
}

private func handle(_ box: AnyObject) -> OpaquePointer {
  OpaquePointer(Unmanaged.passRetained(box).toOpaque())
}

// MARK: - Versions
private let abiVersion: Int32 = 1
/// A C string that lives as long as the program; a class because its storage must not move.
private final class VersionText: Sendable {
  static let shared = VersionText()
  let characters = Array(Release.version.utf8CString)
}

/// The version of the interface.
@c(hwcost_abi_version)
public func hwcostAbiVersion() -> Int32 { abiVersion }

/// The version of the library; lives as long as the program.
@c(hwcost_version)
public func hwcostVersion() -> UnsafePointer<CChar>? {
  VersionText.shared.characters.withUnsafeBufferPointer(\.baseAddress)
}

// MARK: - Estimators
/// Opens an estimator, which the caller closes with `hwcost_close`.
///
/// - Parameters:
///   - folders: Where targets and networks are looked up, separated by colons; may be null.
///   - threads: Threads that one call works on, from 0, all processors, to 4096.
///   - out: Set to the handle; null after an error.
/// - Returns: 0, or 1 with `error` set to a text that the caller frees: for a folder that is not
///   there, and a count of threads out of range.
@c(hwcost_open)
public func hwcostOpen(
  _ folders: UnsafePointer<CChar>?, _ threads: Int32,
  _ out: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  guarded(error) { () throws(CallError) in
    guard let out else { throw CallError("error: 'out' is a null pointer") }
    out.pointee = nil
    guard (0...4096).contains(threads) else {
      throw CallError("error: \(threads) threads are not between 0 and 4096")
    }
    let names = SearchPath.folders(
      inEnvironment: folders == nil ? nil : try text(folders, "folders"))
    for folder in names where !TextFile.isFolder(folder) {
      throw CallError("error: there is no folder '\(folder)'")
    }
    let processors = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    let service = CostService(
      TargetCatalog(SearchPath(folders: names)), threads: threads == 0 ? processors : Int(threads))
    out.pointee = handle(EstimatorBox(service))
  }
}

/// Closes an estimator; its tables stay open. Null is passed over.
@c(hwcost_close)
public func hwcostClose(_ estimator: OpaquePointer?) {
  guard let estimator else { return }
  Unmanaged<EstimatorBox>.fromOpaque(UnsafeRawPointer(estimator)).release()
}

/// Hands a request to an estimator; what the estimator throws becomes the call's failure.
private func ask(
  _ handle: OpaquePointer?, _ request: UnsafePointer<CChar>?,
  _ body: (CostService, String) throws(CostAPIError) -> Void
) throws(CallError) {
  let service = try estimator(handle).service
  let request = try text(request, "request")
  do throws(CostAPIError) {
    try body(service, request)
  } catch let failure {
    throw CallError(failure)
  }
}

/// Answers a request, a JSON object as `hwcost serve` takes it.
///
/// - Parameter reply: Set to a JSON object, which the caller frees with `hwcost_free`; null after
///   an error.
/// - Returns: 0, or 1 with `error` set to a text that the caller frees: for whatever cannot be
///   answered.
@c(hwcost_request)
public func hwcostRequest(
  _ handle: OpaquePointer?, _ request: UnsafePointer<CChar>?,
  _ reply: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
  _ error: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  guarded(error) { () throws(CallError) in
    guard let reply else { throw CallError("error: 'reply' is a null pointer") }
    reply.pointee = nil
    try ask(handle, request) { (service, request) throws(CostAPIError) in
      reply.pointee = strdup(try service.answer(toText: request).compactText)
    }
  }
}

// MARK: - Tables
/// Opens the table of a request with `"op": "table"`, which the caller closes with
/// `hwcost_table_close`; it outlives its estimator.
///
/// - Parameter out: Set to the handle; null after an error.
/// - Returns: 0, or 1 with `error` set to a text that the caller frees: also where costs do not
///   add up over choices.
@c(hwcost_table_open)
public func hwcostTableOpen(
  _ handle: OpaquePointer?, _ request: UnsafePointer<CChar>?,
  _ out: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  guarded(error) { () throws(CallError) in
    guard let out else { throw CallError("error: 'out' is a null pointer") }
    out.pointee = nil
    try ask(handle, request) { (service, request) throws(CostAPIError) in
      let table = try service.table(toText: request)
      out.pointee = OpaquePointer(Unmanaged.passRetained(TableBox(table)).toOpaque())
    }
  }
}

/// Closes a table. Null is passed over.
@c(hwcost_table_close)
public func hwcostTableClose(_ table: OpaquePointer?) {
  guard let table else { return }
  Unmanaged<TableBox>.fromOpaque(UnsafeRawPointer(table)).release()
}

/// How many variables a network of the table's space has; 0 for a null pointer.
@c(hwcost_table_variables)
public func hwcostTableVariables(_ handle: OpaquePointer?) -> Int32 {
  guard let box = try? table(handle) else { return 0 }
  return Int32(clamping: box.table.choiceCounts.count)
}

/// How many numbers a row of costs has; 0 for a null pointer.
@c(hwcost_table_columns)
public func hwcostTableColumns(_ handle: OpaquePointer?) -> Int32 {
  guard let box = try? table(handle) else { return 0 }
  return Int32(clamping: box.table.columns.count)
}

/// The names of the columns, one a line, each with its unit: `latency_ms`, `energy_mj`,
/// `dram_bytes`. The text is the table's own; null for a null pointer.
@c(hwcost_table_column_names)
public func hwcostTableColumnNames(_ handle: OpaquePointer?) -> UnsafePointer<CChar>? {
  guard let box = try? table(handle) else { return nil }
  // The array lives as long as the box, which is immutable: its storage does not move.
  return box.names.withUnsafeBufferPointer(\.baseAddress)
}

/// How many choices a variable has; 0 for one that is not there.
@c(hwcost_table_choices)
public func hwcostTableChoices(_ handle: OpaquePointer?, _ variable: Int32) -> Int32 {
  guard let box = try? table(handle), box.table.choiceCounts.indices.contains(Int(variable)) else {
    return 0
  }
  return Int32(clamping: box.table.choiceCounts[Int(variable)])
}

/// Costs of many networks, by rows, in the columns' units.
///
/// - Parameters:
///   - choices: `[rows][variables]`; may be null for no rows.
///   - costs: Set to `[rows][columns]`; not defined after an error.
/// - Returns: 0, or 1 with `error` set to a text that the caller frees: for choices out of range,
///   with the row, and counts that are not the table's.
@c(hwcost_table_costs)
public func hwcostTableCosts(
  _ handle: OpaquePointer?, _ choices: UnsafePointer<Int32>?, _ rows: Int64,
  _ variables: Int32, _ costs: UnsafeMutablePointer<Double>?, _ columns: Int32,
  _ error: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  guarded(error) { () throws(CallError) in
    let table = try table(handle).table
    try check(variables, table.choiceCounts.count, "variables")
    try check(columns, table.columns.count, "columns")
    guard rows >= 0, rows <= Int64(1) << 40 else {
      throw CallError("error: \(rows) rows are not between 0 and 2^40")
    }
    guard rows > 0 else { return }
    guard let choices, let costs else {
      throw CallError("error: '\(choices == nil ? "choices" : "costs")' is a null pointer")
    }
    let input = UnsafeBufferPointer(
      start: choices, count: Int(rows) * table.choiceCounts.count)
    let output = UnsafeMutableBufferPointer(
      start: costs, count: Int(rows) * table.columns.count)
    do throws(CostTableError) {
      var span = output.mutableSpan
      try table.costs(of: input.span, into: &span)
    } catch let failure {
      throw CallError(failure)
    }
  }
}

/// Costs of one network by its text, in the columns' units.
///
/// - Parameter costs: Set to `[columns]`.
/// - Returns: 0, or 1 with `error` set to a text that the caller frees: for a text that is no
///   network of the space, with the place of the mistake.
@c(hwcost_table_cost_of_text)
public func hwcostTableCostOfText(
  _ handle: OpaquePointer?, _ architecture: UnsafePointer<CChar>?,
  _ costs: UnsafeMutablePointer<Double>?, _ columns: Int32,
  _ error: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  guarded(error) { () throws(CallError) in
    let table = try table(handle).table
    try check(columns, table.columns.count, "columns")
    guard let costs else { throw CallError("error: 'costs' is a null pointer") }
    let text = try text(architecture, "architecture")
    do throws(CostAPIError) {
      for (column, cost) in try table.costs(ofText: text).enumerated() { costs[column] = cost }
    } catch let failure {
      throw CallError(failure)
    }
  }
}

/// Expected costs in the columns' units, their variances in the squares of these, and the gradient.
///
/// - Parameters:
///   - probabilities: `[count]`, variable after variable, each summing to 1.
///   - expectation: Set to `[columns]`; may be null, as may the other results.
///   - variance: Set to `[columns]`.
///   - gradient: Set to `[count][columns]`.
/// - Returns: 0, or 1 with `error` set to a text that the caller frees: for what is no
///   distribution.
@c(hwcost_table_distribution)
public func hwcostTableDistribution(
  _ handle: OpaquePointer?, _ probabilities: UnsafePointer<Double>?, _ count: Int64,
  _ expectation: UnsafeMutablePointer<Double>?, _ variance: UnsafeMutablePointer<Double>?,
  _ gradient: UnsafeMutablePointer<Double>?,
  _ error: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  guarded(error) { () throws(CallError) in
    let table = try table(handle).table
    guard count == Int64(table.probabilityCount) else {
      throw CallError(
        "error: \(count) probabilities are given, the table has \(table.probabilityCount)")
    }
    guard let probabilities else { throw CallError("error: 'probabilities' is a null pointer") }
    let given = Array(UnsafeBufferPointer(start: probabilities, count: table.probabilityCount))
    do throws(CostTableError) {
      let result = try table.distribution(given)
      for (column, value) in result.expectation.enumerated() { expectation?[column] = value }
      for (column, value) in result.variance.enumerated() { variance?[column] = value }
      for (place, value) in result.gradient.enumerated() { gradient?[place] = value }
    } catch let failure {
      throw CallError(failure)
    }
  }
}

private func check(_ given: Int32, _ count: Int, _ name: String) throws(CallError) {
  guard Int(given) == count else {
    throw CallError("error: \(given) \(name) are given, the table has \(count)")
  }
}

// MARK: - Strings
/// Frees a text of this library. Null is passed over.
@c(hwcost_free)
public func hwcostFree(_ text: UnsafeMutablePointer<CChar>?) { free(text) }
