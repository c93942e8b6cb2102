internal import Accelerators
internal import CostDiagnostics
internal import CostYAML
internal import Mapper
internal import Networks

/// Answers requests that come as text, one JSON object each: the door for other languages.
///
/// A class because its targets, tables and mappings are found once and shared by all requests, from
/// any thread.
public final class CostService: Sendable {
  /// What a target was asked for: the same is not read twice.
  private struct Key: Hashable {
    var target: String
    var overrides: [String: String]
  }

  /// Where targets and networks are looked up.
  public let catalog: TargetCatalog
  /// Threads that one request works on.
  public let threads: Int
  let cache = MappingCache()
  private let targets = Guarded<[Key: LoadedTarget]>([:])
  private let spaces = Guarded<[String: MemberReader]>([:])

  /// Targets are read again beyond so many: a service may run for days.
  private static let largestCount = 4096

  /// A service for the targets of a catalog.
  ///
  /// - Parameter threads: Threads that one request works on; fewer than one count as one.
  public init(_ catalog: TargetCatalog, threads: Int = 1) {
    self.catalog = catalog
    self.threads = max(1, threads)
  }

  /// The reply to a request: an object on one line, with `ok` and, where that is false, `error`.
  ///
  /// The `id` of an object, whatever it is, comes back in its reply, also where the rest is no request.
  public func reply(to request: String) -> String {
    var members: [JSONValue.Member] = [.init("schema", .integer(Release.schema))]
    do throws(CostAPIError) {
      let document = try ServiceRequest.document(of: request)
      if let id = document.root["id"] { members.append(.init("id", JSONValue(id))) }
      let answer = try answer(ServiceRequest(document))
      members += [.init("ok", true)] + answer
    } catch {
      members += [.init("ok", false), .init("error", .string(error.message))]
    }
    return JSONValue.object(members).compactText
  }

  /// The members of the answer to a request.
  ///
  /// - Throws: `CostAPIError` for a request that is none, or cannot be answered.
  public func answer(toText request: String) throws(CostAPIError) -> JSONValue {
    let request = try ServiceRequest(ServiceRequest.document(of: request))
    return .object([.init("schema", .integer(Release.schema))] + (try answer(request)))
  }
}

// MARK: - What is read once
extension CostService {
  /// A target, read at most once.
  func target(
    _ name: String, overriding overrides: [String: String]
  ) throws(CostAPIError) -> LoadedTarget {
    let key = Key(target: name, overrides: overrides)
    if let known = targets.withLock({ $0[key] }) { return known }
    let loaded = try catalog.target(name, overriding: overrides)
    targets.withLock { targets in
      if targets.count >= Self.largestCount { targets.removeAll() }
      targets[key] = loaded
    }
    return loaded
  }

  /// A search space, made at most once.
  func reader(_ name: String) throws(CostAPIError) -> MemberReader {
    if let known = spaces.withLock({ $0[name] }) { return known }
    let reader = try MemberReader(spaceName: name)
    spaces.withLock { $0[name] = reader }
    return reader
  }

  /// The costs of a search space on one target or several, their columns side by side.
  ///
  /// - Throws: `CostAPIError` for a request that does not ask for a table, and where costs do not add up
  ///   over choices.
  public func table(toText request: String) throws(CostAPIError) -> CostTable {
    let request = try ServiceRequest(ServiceRequest.document(of: request))
    guard case .table(let question) = request else {
      throw .request("a table is asked for with \"op\": \"table\"", hint: nil)
    }
    return try table(question)
  }

  func table(_ question: ServiceRequest.Table) throws(CostAPIError) -> CostTable {
    var tables: [CostTable] = []
    let space = try reader(question.space).space
    for name in question.targets {
      let loaded = try target(name, overriding: question.model.overrides)
      let options = try question.model.options(on: loaded)
      guard !options.listsFront else {
        throw .request("a front does not add up over choices", hint: "take another objective")
      }
      _ = try loaded.context(options, givenBatch: question.model.batch)
      tables.append(
        try CostTable(
          of: space, on: loaded.hardwareTarget(options, cache: cache), named: name,
          threads: threads))
    }
    let table = try CostTable.joining(tables)
    guard let metrics = question.metrics else { return table }
    let kept = table.columns.indices.filter { metrics.contains(table.columns[$0].metric) }
    guard !kept.isEmpty else {
      throw .request("no target tells any of the columns that are asked for", hint: nil)
    }
    do throws(CostTableError) {
      return try table.selecting(kept)
    } catch {
      throw .request(error.message, hint: nil)
    }
  }
}
