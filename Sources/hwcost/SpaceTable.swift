internal import ArgumentParser
internal import CostAPI

/// The options that name a search space and targets, and make a table of them.
struct SpaceTable: ParsableArguments {
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Targets: names, or paths to their files.", valueName: "target"))
  var target: [String]

  @Option(help: ArgumentHelp("The search space.", valueName: "space"))
  var space: String

  @OptionGroup var replacing: ReplacedValues
  @OptionGroup var model: ModelOptions

  mutating func validate() throws {
    if target.isEmpty { throw ValidationError("name at least one target with --target") }
    if model.objective == .pareto {
      throw ValidationError("--objective pareto does not add up over choices")
    }
  }

  /// The table with the columns of every target, and what to say of where they come from.
  func table(
    in session: Session
  ) throws -> (table: CostTable, provenance: [String]) {
    try session.perform { () throws(CostAPIError) in
      let space = try MemberReader(spaceName: space).space
      var (tables, provenance): ([CostTable], [String]) = ([], [])
      for name in target {
        let loaded = try session.catalog.target(name, overriding: replacing.overrides)
        let options = try model.costOptions(on: loaded)
        let context = try loaded.context(options, givenBatch: model.batch)
        provenance.append("\(name): \(context.summary); config_sha256 \(loaded.configSHA256)")
        tables.append(
          try CostTable(
            of: space, on: loaded.hardwareTarget(options, cache: session.cache), named: name,
            threads: session.threads, progress: session.progress))
      }
      return (try CostTable.joining(tables), provenance)
    }
  }
}
