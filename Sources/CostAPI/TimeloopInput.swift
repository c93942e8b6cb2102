public import Accelerators
internal import CostDiagnostics
internal import CostYAML
internal import Dataflow
internal import HardwareConfigs
internal import TimeloopFiles

/// Timeloop's own files, read for a report or for a hardware file.
public struct TimeloopInput: Sendable {
  private let timeloopCase: TimeloopCase
  private let problemFile: String
  private let mappingFile: YAMLFile
  private let configSHA256: String
  /// What the files say that changes nothing here, ready to be shown.
  public let warnings: [String]

  /// Reads a case.
  ///
  /// - Throws: `CostAPIError` with every mistake of the first file that has one.
  public init(
    architecture: String, problem: String, mapping: String
  ) throws(CostAPIError) {
    let files = [
      try YAMLFile(architecture, allowsTags: true), try YAMLFile(problem, allowsTags: true),
      try YAMLFile(mapping, allowsTags: true),
    ]
    let sources = Self.sources(of: files)
    do throws(InputError) {
      timeloopCase = try TimeloopCase(
        architecture: files[0].document, problem: files[1].document, mapping: files[2].document,
        name: Self.name(of: architecture))
    } catch {
      throw .input(error, sources: sources)
    }
    problemFile = problem
    mappingFile = files[2]
    configSHA256 = SHA256.hexadecimal(of: files[0].text)
    let renderer = DiagnosticRenderer(sources: sources)
    warnings = timeloopCase.warnings.map { renderer.render($0) }
  }

  /// What the case costs under Timeloop's rules.
  ///
  /// - Parameter seconds: Asked once the cost is known, for how long that took.
  /// - Throws: `CostAPIError.request` for a mapping that does not fit the architecture.
  public func report(
    _ options: CostOptions, seconds: () -> Double?
  ) throws(CostAPIError) -> LayerReportJSON {
    let result: (counts: AccessCounts, cost: NestCost)
    do throws(MappingError) {
      result = try timeloopCase.cost()
    } catch {
      let diagnostic = Diagnostic(
        .error, at: place(of: error), keyPath: "mapping", error.message)
      throw .input(InputError([diagnostic]), sources: [mappingFile.path: mappingFile.text])
    }
    let nest = MappedNest(
      problem: timeloopCase.problem, mapping: timeloopCase.mapping, cost: result.cost,
      isProvenBest: false, evaluations: 1)
    var options = options
    options.factors = nest.hasShorterPasses ? .imperfect : .perfect
    let cost = LayerCost(
      text: problemFile, nests: [nest], clockMegahertz: timeloopCase.array.clockMegahertz)
    return LayerReportJSON(
      cost, on: timeloopCase.array,
      context: ReportContext(
        .model(options, activations: timeloopCase.array.residency), configSHA256: configSHA256),
      origin: .given, searchSeconds: seconds())
  }

  /// The directive of the mapping file that an error is about.
  private func place(of error: MappingError) -> SourceLocation {
    let (level, key) = error.place
    let type =
      switch key {
      case "spatial_x", "spatial_y": "spatial"
      case "keeps": "datatype"
      default: "temporal"
      }
    let list = mappingFile.document.root["mapping"]
    let directives = list?.items?.filter { level != nil && $0["target"]?.scalar == level } ?? []
    let directive = directives.first { $0["type"]?.scalar == type } ?? directives.first
    return (directive ?? list ?? mappingFile.document.root).location
  }

  /// The hardware file that says what an architecture of Timeloop's says.
  ///
  /// - Throws: `CostAPIError` with every mistake of the file.
  public static func hardwareFile(
    ofArchitecture path: String
  ) throws(CostAPIError) -> (yaml: String, warnings: [String]) {
    let file = try YAMLFile(path, allowsTags: true)
    let architecture = try file.decode { document throws(InputError) in
      try TimeloopArchitecture(reading: document, name: name(of: path))
    }
    let renderer = DiagnosticRenderer(sources: sources(of: [file]))
    return (
      ConfigWriter(architecture.array).yaml, architecture.warnings.map { renderer.render($0) }
    )
  }

  private static func sources(of files: [YAMLFile]) -> [String: String] {
    Dictionary(files.map { ($0.path, $0.text) }) { first, _ in first }
  }

  /// A file's name without its folder and ending.
  private static func name(of path: String) -> String {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    return file.hasSuffix(".yaml") ? String(file.dropLast(5)) : file
  }
}
