internal import CostAPI
internal import Mapper

/// What every command shares once the command line is understood.
struct Session {
  let options: CommonOptions
  let catalog: TargetCatalog
  /// What the mapper has found in this run.
  let cache = MappingCache()

  /// - Throws: `Failure` for a folder of `--config` that is not there; one of `$HWCOST_CONFIG` gets
  ///   a warning, because that may be left over from another day.
  init(_ options: CommonOptions) throws {
    self.options = options
    let environment = Console.environment("HWCOST_CONFIG")
    catalog = TargetCatalog(
      SearchPath(
        given: options.config, environment: environment, executable: Console.executablePath))
    for folder in options.config where !TextFile.isFolder(folder) {
      throw Failure(text: "error: --config: there is no folder '\(folder)'")
    }
    for folder in SearchPath.folders(inEnvironment: environment)
    where !TextFile.isFolder(folder) {
      remark("warning: $HWCOST_CONFIG: there is no folder '\(folder)'")
    }
  }

  /// Threads to work on.
  var threads: Int { options.jobs?.value ?? Console.processorCount }

  /// Runs a body whose mistakes are the user's, and turns them into a message.
  func perform<Value>(_ body: () throws(CostAPIError) -> Value) throws -> Value {
    do throws(CostAPIError) {
      return try body()
    } catch {
      throw Failure(text: error.message)
    }
  }

  /// Writes a result to standard output, or to the file asked for.
  func emit(_ text: String) throws {
    guard let path = options.output else {
      Console.write(text)
      return
    }
    do throws(FileError) {
      try TextFile.write(text, to: path)
    } catch {
      throw Failure(text: CostAPIError.file(error).message)
    }
  }

  /// Writes a list of like things in the format asked for.
  ///
  /// - Parameters:
  ///   - key: The key of the list in the JSON form.
  ///   - table: The form for people.
  func emit(_ objects: [JSONValue], key: String, table: () -> String) throws {
    switch options.format {
    case .table: try emit(table())
    case .json:
      let document: JSONValue = [
        "schema": .integer(Release.schema), "hwcost": .string(Release.version),
        key: .array(objects),
      ]
      try emit(document.indentedText + "\n")
    case .jsonl: try emit(objects.map { $0.compactText + "\n" }.joined())
    case .csv: try emit(Self.csv(objects))
    }
  }

  /// Rows of comma-separated values named by the objects' keys, in the order in which those first
  /// occur; lists and objects in an object are left out.
  static func csv(_ objects: [JSONValue]) -> String {
    var (keys, seen): ([String], Set<String>) = ([], [])
    for object in objects {
      guard case .object(let members) = object else { continue }
      for member in members where member.value.isField && seen.insert(member.key).inserted {
        keys.append(member.key)
      }
    }
    var writer = CSVWriter()
    writer.add(keys)
    for object in objects { writer.add(keys.map { object[$0]?.fieldText ?? "" }) }
    return writer.text
  }

  /// A heading in bold on a terminal.
  func heading(_ text: String) -> String {
    guard options.output == nil, !options.noColor, Console.showsColor else { return text }
    return "\u{1B}[1m\(text)\u{1B}[0m"
  }

  /// A remark on standard error, unless asked to be quiet.
  func remark(_ text: String) {
    if !options.quiet { Console.complain(text) }
  }

  /// Counts work that is done on one line of the terminal.
  var progress: (@Sendable (_ done: Int, _ all: Int) -> Void)? {
    guard !options.quiet, Console.showsProgress else { return nil }
    return { done, all in
      guard all > 20 else { return }
      Console.overwriteLine(done == all ? "" : "\(done) of \(all) layers")
    }
  }
}

extension JSONValue {
  /// Whether the value is one field of a table.
  fileprivate var isField: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }
}
