public import CostDiagnostics
public import CostYAML

/// Decodes the files of `validation/`: `kind: validation`.
///
/// `validation/README.md` is the grammar, key by key.
public enum ValidationFile {
  /// The word that a suite's `kind` is.
  public static let kind = "validation"

  /// The names that a suite may use; `nil` for lists that are not looked at.
  public struct KnownNames: Hashable, Sendable {
    /// Names of targets; paths are not looked at.
    public var targets: [String]?
    /// Names of networks; paths are not looked at.
    public var networks: [String]?

    /// The names that there are; `nil` for a list that is not to be looked at.
    public init(targets: [String]? = nil, networks: [String]? = nil) {
      self.targets = targets
      self.networks = networks
    }
  }

  /// Whether a document says that it is a suite.
  public static func isSuite(_ document: YAMLDocument) -> Bool {
    document.root["kind"]?.scalar == kind
  }

  /// Decodes a suite's text.
  ///
  /// - Parameter file: The name messages give the text.
  /// - Throws: `InputError` with every mistake of the file.
  public static func decode(
    text: String, file: String, knowing names: KnownNames = KnownNames()
  ) throws(InputError) -> ValidationSuite {
    try decode(YAMLDocument(parsing: text, file: file), knowing: names)
  }

  /// Decodes a suite from a parsed document.
  ///
  /// - Throws: `InputError` with every mistake of the file.
  public static func decode(
    _ document: YAMLDocument, knowing names: KnownNames = KnownNames()
  ) throws(InputError) -> ValidationSuite {
    if let schema = document.root["schema"], let number = schema.integer,
      number > HardwareConfig.newestSchema
    {
      throw InputError(
        at: schema.location, keyPath: "schema",
        "the file needs a hwcost that reads schema \(number); this one reads up to "
          + "\(HardwareConfig.newestSchema)",
        hint: "update hwcost")
    }
    return try YAMLReader.decode(document) { reader in
      ValidationDecoder(names: names).suite(from: &reader)
    }
  }
}

/// Reads the keys of a suite.
struct ValidationDecoder {
  let names: ValidationFile.KnownNames

  /// What rows leave to their comparison; `nil` also for what is wrong there, which is told once.
  struct Shared {
    /// The keys that the comparison has, right or wrong.
    var keys: Set<String>
    var isFormula: Bool { keys.contains("formula") }
    var target: String?
    var network: ValidationSuite.NetworkReference?
    var space: String?
    var layers: [String]?
    var formula: PublishedFormula?
    var metric: ValidationSuite.Metric?
  }

  func suite(from reader: inout YAMLReader) -> ValidationSuite? {
    _ = reader.integer("schema", in: 1...HardwareConfig.newestSchema)
    if let kind = reader.value("kind"), let word = reader.string(kind), word != ValidationFile.kind
    {
      reader.report(kind, "'\(word)' is not \(ValidationFile.kind)")
    }
    let name = reader.identifier("name")
    let title = reader.string("title")
    let sources = reader.citations()
    var seen: Set<String> = []
    let comparisons = reader.sequence("comparisons") { inner in
      comparison(from: &inner, sources: sources?.keys.sorted(), &seen)
    }
    guard let name, let title, let sources, let comparisons else { return nil }
    guard !comparisons.isEmpty else {
      if let value = reader.value("comparisons") {
        reader.report(value, "a suite compares something", hint: "write a comparison")
      }
      return nil
    }
    return ValidationSuite(name: name, title: title, sources: sources, comparisons: comparisons)
  }

  private func comparison(
    from reader: inout YAMLReader, sources: [String]?, _ seen: inout Set<String>
  ) -> ValidationSuite.Comparison? {
    let name = uniqueName(from: &reader, &seen)
    let source = source(from: &reader, among: sources)
    let worked = reader.string("worked", required: false)
    let tolerance = reader.mapping("tolerance") { self.tolerance(from: &$0) }
    var shared = Shared(keys: Set(reader.keys))
    shared.formula = reader.choice("formula", of: PublishedFormula.self, required: false)
    let metric: ValidationSuite.Metric?
    if shared.isFormula {
      metric = result(of: shared.formula, from: &reader)
    } else {
      metric = reader.choice("metric", of: ValidationSuite.ReportMetric.self).map { .report($0) }
      shared.target = target(from: &reader, required: false)
      shared.space = space(from: &reader)
      shared.network = network(from: &reader, shared)
      shared.layers = layers(from: &reader, metric)
    }
    shared.metric = metric
    let figures = figures(from: &reader, shared)
    guard let name, let source, let metric, let tolerance, let figures else { return nil }
    if case .rank = tolerance.0, case .rows(let rows) = figures, rows.count < 3 {
      reader.report(reader.value, "an order needs at least 3 rows, not \(rows.count)")
      return nil
    }
    if case .rank = tolerance.0, case .table = figures {
      reader.report(reader.value, "an order is compared row by row", hint: "write 'rows'")
      return nil
    }
    return ValidationSuite.Comparison(
      name: name, source: source, worked: worked, metric: metric, tolerance: tolerance.0,
      reason: tolerance.1, figures: figures)
  }

  /// A name that none before it has.
  private func uniqueName(from reader: inout YAMLReader, _ seen: inout Set<String>) -> String? {
    guard let value = reader.value("name"), let name = reader.string(value) else { return nil }
    guard seen.insert(name).inserted else {
      reader.report(value, "the name '\(name)' is taken")
      return nil
    }
    return name
  }

  private func source(from reader: inout YAMLReader, among sources: [String]?) -> String? {
    guard let value = reader.value("source"), let name = reader.string(value) else { return nil }
    guard sources?.contains(name) ?? true else {
      reader.report(
        value, "'\(name)' is not in the file's sources",
        hint: reader.didYouMean(name, among: sources ?? [])
          ?? "add '\(name): \"paper, table, page\"' to sources")
      return nil
    }
    return name
  }
}

// MARK: - Figures
extension ValidationDecoder {
  private func figures(
    from reader: inout YAMLReader, _ shared: Shared
  ) -> ValidationSuite.Figures? {
    let hasTable = reader.has("table")
    guard reader.has("rows") != hasTable else {
      reader.report(
        reader.value,
        hasTable ? "the figures are in 'rows' or in 'table', not both" : "'rows' are missing",
        hint: "write 'rows', or 'table' for figures in a file of their publisher")
      for key in ["rows", "table"] { _ = reader.value(key, required: false) }
      return nil
    }
    if hasTable { return reader.mapping("table") { table(from: &$0, shared) }.map { .table($0) } }
    var seen: Set<String> = []
    guard let rows = reader.sequence("rows", { row(from: &$0, shared, &seen) }) else { return nil }
    guard !rows.isEmpty else {
      if let value = reader.value("rows") { reader.report(value, "there is no row in it") }
      return nil
    }
    return .rows(rows)
  }

  private func row(
    from reader: inout YAMLReader, _ shared: Shared, _ seen: inout Set<String>
  ) -> ValidationSuite.Row? {
    let name = uniqueName(from: &reader, &seen)
    let published = published(from: &reader)
    let subject =
      shared.isFormula
      ? formulaSubject(from: &reader, shared.formula) : networkSubject(from: &reader, shared)
    guard let name, let published, let subject else { return nil }
    return ValidationSuite.Row(
      name: name, published: published, subject: subject, location: reader.value.node.location)
  }

  private func published(from reader: inout YAMLReader) -> ValidationSuite.Published? {
    guard let value = reader.value("published") else { return nil }
    guard let text = value.node.scalar, let published = ValidationSuite.Published(text) else {
      reader.report(
        value, "expected a number as it was printed, found \(value.node.summary)",
        hint: "write digits with at most one point")
      return nil
    }
    return published
  }

  private func networkSubject(
    from reader: inout YAMLReader, _ shared: Shared
  ) -> ValidationSuite.Subject? {
    let target =
      target(from: &reader, required: !shared.keys.contains("target")) ?? shared.target
    var own = shared
    own.keys.formUnion(reader.keys)
    own.space = space(from: &reader) ?? shared.space
    let network = network(from: &reader, own)
    if own.keys.isDisjoint(with: ["network", "arch"]) {
      reader.report(
        reader.value, "neither the row nor its comparison names a network",
        hint: "write 'network', or 'space' and 'arch'")
    }
    let layers = layers(from: &reader, shared.metric) ?? shared.layers
    guard let target, let network = network ?? shared.network else { return nil }
    return .network(target: target, network, layers: layers ?? [])
  }

  /// - Parameter formula: `nil` for one that is not known, whose arguments are not looked at.
  private func formulaSubject(
    from reader: inout YAMLReader, _ formula: PublishedFormula?
  ) -> ValidationSuite.Subject? {
    guard let formula else {
      _ = reader.value("arguments")
      return nil
    }
    return reader.mapping("arguments") { inner -> ValidationSuite.Subject? in
      var found: [String: Int64] = [:]
      for argument in formula.arguments {
        found[argument.name] = inner.integer(argument.name, in: argument.least...argument.most)
      }
      guard found.count == formula.arguments.count else { return nil }
      return .formula(formula, arguments: found)
    }
  }

  /// The result that is asked for of a formula; of one that is not known, nothing is looked at.
  private func result(
    of formula: PublishedFormula?, from reader: inout YAMLReader
  ) -> ValidationSuite.Metric? {
    guard let value = reader.value("metric"), let formula else { return nil }
    return reader.choice(value, among: formula.results).map { .formula($0) }
  }

  private func table(
    from reader: inout YAMLReader, _ shared: Shared
  ) -> ValidationSuite.Table? {
    let file = reader.value("file").flatMap { value -> String? in
      guard let name = reader.string(value) else { return nil }
      guard !name.contains("/"), !name.hasPrefix(".") else {
        reader.report(
          value, "'\(name)' is no plain file name", hint: "its folder is given with --data")
        return nil
      }
      return name
    }
    let decision = reader.string("decision")
    let choice = reader.string("choice")
    let published = reader.string("published")
    let choices = reader.strings("choices")
    let others = reader.value("others").flatMap { value in
      choices.flatMap { reader.choice(value, among: $0) }
    }
    if shared.formula != nil || shared.target == nil || shared.space == nil {
      reader.report(
        reader.value, "a table is about networks of a space on a target",
        hint: "write 'target' and 'space' in its comparison")
      return nil
    }
    guard let file, let decision, let choice, let published, let choices, let others,
      let target = shared.target, let space = shared.space
    else { return nil }
    return ValidationSuite.Table(
      file: file, target: target, space: space, decisionColumn: decision, choiceColumn: choice,
      publishedColumn: published, choices: choices, others: others,
      location: reader.value.node.location)
  }
}
