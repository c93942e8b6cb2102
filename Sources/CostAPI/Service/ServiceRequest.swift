internal import Accelerators
internal import CostDiagnostics
internal import CostYAML
internal import Dataflow

/// A request of other languages, decoded: `{"op": "cost", …}`.
enum ServiceRequest: Sendable {
  /// How models are asked; what a measured device cannot use is passed over.
  struct Model: Sendable {
    var objective = "edp"
    var factors: Factors?
    var counting: CountingRules = .exact
    var batch: Int?
    var overrides: [String: String] = [:]

    /// The options that are in force on a target.
    func options(on target: LoadedTarget) throws(CostAPIError) -> CostOptions {
      try target.options(
        CostOptions(
          objective: Objective(rawValue: objective) ?? .energyDelayProduct, factors: .perfect,
          counting: counting, batch: batch ?? 1, listsFront: objective == "pareto"),
        factors: factors)
    }
  }

  struct Cost: Sendable {
    var targets: [String]
    var space: String?
    /// Architectures by text, or by number where the space counts its members.
    var members: [String]
    /// Architectures by number.
    var indices: [String]
    var networks: [String]
    var listsLayers: Bool
    var eliminatesDeadNodes: Bool
    var model: Model
  }

  struct Table: Sendable {
    var targets: [String]
    var space: String
    var model: Model
    /// The figures that are wanted of each target; `nil` for all that it tells.
    var metrics: [CostMetric]?
  }

  struct Map: Sendable {
    var target: String
    var layer: String
    var model: Model
  }

  case version
  case targets
  case spaces
  case cost(Cost)
  case map(Map)
  case table(Table)
  case batch(Table, rows: [[Int]])
  /// The choices of architectures that are named, or of all that have an index.
  case members(space: String, texts: [String]?)
  /// The texts of choices.
  case texts(space: String, rows: [[Int]])
  /// The keys of blocks, and what they cost on targets.
  case blocks(Table)

  static let names = [
    "version", "targets", "spaces", "cost", "map", "table", "batch", "members", "texts", "blocks",
  ]
}

// MARK: - Reading
extension ServiceRequest {
  /// The request of an object.
  ///
  /// - Throws: `CostAPIError.input` for what is no request, with every mistake.
  init(_ document: YAMLDocument) throws(CostAPIError) {
    do throws(InputError) {
      self = try YAMLReader.decode(document) { reader -> ServiceRequest? in
        _ = reader.value("id", required: false)
        return Self.decoded(&reader)
      }
    } catch {
      throw .input(error, sources: [:])
    }
  }

  /// The object of a text.
  ///
  /// The parser is that of YAML, of which JSON is a part; what it says of a text that is neither is
  /// put in the words of JSON.
  ///
  /// - Throws: `CostAPIError.input` for what is no object.
  static func document(of text: String) throws(CostAPIError) -> YAMLDocument {
    do throws(InputError) {
      return try object(of: text)
    } catch {
      throw .input(error, sources: [:])
    }
  }

  private static func object(of text: String) throws(InputError) -> YAMLDocument {
    guard text.contains(where: { !$0.isWhitespace }) else {
      throw InputError(
        at: SourceLocation(file: "request", line: 1, column: 1), "the request is empty",
        hint: requestHint)
    }
    let document: YAMLDocument
    do throws(InputError) {
      document = try YAMLDocument(parsing: text, file: "request")
    } catch {
      throw InputError(
        error.diagnostics.map { diagnostic in
          var diagnostic = diagnostic
          diagnostic.message = jsonMessage(diagnostic.message)
          diagnostic.hint = requestHint
          return diagnostic
        })
    }
    guard document.root.entries != nil else {
      throw InputError(
        at: document.root.location, keyPath: "",
        "a request is an object, not \(document.root.summary)", hint: requestHint)
    }
    return document
  }

  private static let requestHint = #"write one JSON object, such as {"op": "version"}"#

  /// A message of the parser without YAML's names for what it was reading, which stand in brackets.
  private static func jsonMessage(_ message: String) -> String {
    let prefix = "not YAML: "
    guard message.hasPrefix(prefix) else { return message }
    let problem = message.dropFirst(prefix.count)
    return "not JSON: " + problem[..<(problem.firstRange(of: " (")?.lowerBound ?? problem.endIndex)]
  }

  private static func decoded(_ reader: inout YAMLReader) -> ServiceRequest? {
    guard let op = reader.value("op").flatMap({ reader.choice($0, among: names) }) else {
      // The keys of another request would all be unknown.
      _ = reader.remainingEntries()
      return nil
    }
    switch op {
    case "version": return .version
    case "targets": return .targets
    case "spaces": return .spaces
    case "cost": return cost(&reader).map { .cost($0) }
    case "map":
      let target = reader.string("target")
      let layer = reader.string("layer")
      guard let model = model(&reader), let target, let layer else { return nil }
      return .map(Map(target: target, layer: layer, model: model))
    case "table": return table(&reader).map { .table($0) }
    case "members":
      let space = reader.string("space")
      let texts = texts("arch", required: false, &reader)
      return space.map { .members(space: $0, texts: texts) }
    case "texts":
      let space = reader.string("space")
      let rows = rows("choices", &reader)
      guard let space, let rows else { return nil }
      return .texts(space: space, rows: rows)
    case "blocks": return table(&reader, needsTarget: false).map { .blocks($0) }
    default:
      let table = table(&reader)
      let rows = rows("choices", &reader)
      guard let table, let rows else { return nil }
      return .batch(table, rows: rows)
    }
  }

  private static func table(
    _ reader: inout YAMLReader, needsTarget: Bool = true
  ) -> Table? {
    let targets = texts("target", required: needsTarget, &reader)
    let space = reader.string("space")
    var metrics: [CostMetric]?
    if let values = reader.values("columns", required: false) {
      metrics = values.compactMap { reader.choice($0, of: CostMetric.self) }
      guard metrics?.count == values.count else { return nil }
    }
    guard let model = model(&reader), let space, targets != nil || !needsTarget else { return nil }
    return Table(targets: targets ?? [], space: space, model: model, metrics: metrics)
  }

  private static func cost(_ reader: inout YAMLReader) -> Cost? {
    let targets = texts("target", required: true, &reader)
    let space = reader.string("space", required: false)
    let texts = texts("arch", required: false, &reader)
    let indices = Self.texts("index", required: false, &reader)
    let networks = Self.texts("network", required: false, &reader)
    let listsLayers = flag("per_layer", &reader)
    let eliminates = flag("eliminate_dead_nodes", &reader)
    guard let model = model(&reader), let targets else { return nil }
    return Cost(
      targets: targets, space: space, members: texts ?? [], indices: indices ?? [],
      networks: networks ?? [], listsLayers: listsLayers, eliminatesDeadNodes: eliminates,
      model: model)
  }

  /// The options of a model; `nil` after a mistake.
  private static func model(_ reader: inout YAMLReader) -> Model? {
    var model = Model()
    if let value = reader.value("objective", required: false) {
      guard
        let word = reader.choice(
          value, among: Objective.allCases.map(\.rawValue) + ["pareto"])
      else { return nil }
      model.objective = word
    }
    if let value = reader.value("factors", required: false) {
      guard let word = reader.choice(value, among: ["imperfect", "perfect"]) else { return nil }
      model.factors = word == "perfect" ? .perfect : .imperfect
    }
    if let value = reader.value("counting", required: false) {
      guard let word = reader.choice(value, among: ["exact", "timeloop"]) else { return nil }
      model.counting = word == "timeloop" ? .timeloop : .exact
    }
    if reader.has("batch") {
      guard let batch = reader.integer("batch", in: 1...(1 << 24)) else { return nil }
      model.batch = Int(batch)
    }
    if let value = reader.value("set", required: false), value.node.entries == nil {
      reader.report(
        value, "expected an object of key paths and values, found \(value.node.summary)",
        hint: #"write for example {"levels[buffer].capacity": "64 KiB"}"#)
      return nil
    }
    _ = reader.mapping("set", required: false) { reader -> Bool? in
      for entry in reader.remainingEntries() {
        if let text = reader.string(entry.value) { model.overrides[entry.key] = text }
      }
      return true
    }
    return model
  }

  private static func flag(_ key: String, _ reader: inout YAMLReader) -> Bool {
    guard let value = reader.value(key, required: false) else { return false }
    return reader.choice(value, among: ["true", "false"]) == "true"
  }

  /// One text or number, or a list of them.
  private static func texts(
    _ key: String, required: Bool, _ reader: inout YAMLReader
  ) -> [String]? {
    guard let value = reader.value(key, required: required) else { return nil }
    guard value.node.items != nil else { return reader.string(value).map { [$0] } }
    let values = reader.values(value) ?? []
    let texts = values.compactMap { reader.string($0) }
    return texts.count == values.count ? texts : nil
  }

  private static func rows(_ key: String, _ reader: inout YAMLReader) -> [[Int]]? {
    guard let rows = reader.values(key) else { return nil }
    var found: [[Int]] = []
    for row in rows {
      guard let values = reader.values(row) else { return nil }
      var numbers: [Int] = []
      for value in values {
        guard let number = reader.integer(value, in: 0...(1 << 24)) else { return nil }
        numbers.append(Int(number))
      }
      found.append(numbers)
    }
    return found
  }
}

extension JSONValue {
  /// What a node of a request says: texts, numbers, lists and objects.
  init(_ node: YAMLNode) {
    if let items = node.items {
      self = .array(items.map { JSONValue($0) })
    } else if let entries = node.entries {
      self = .object(entries.map { Member($0.key, JSONValue($0.value)) })
    } else if node.isNull {
      self = .null
    } else if let integer = node.integer {
      self = .integer(integer)
    } else if let number = node.number {
      self = .number(number)
    } else {
      self = .string(node.scalar ?? "")
    }
  }
}
