public import CostDiagnostics

/// Published figures and how ours are to be compared with them: a file of `validation/`.
public struct ValidationSuite: Hashable, Sendable {
  /// The name by which the suite is asked for.
  public var name: String
  /// What is compared with what, in a line.
  public var title: String
  /// Citations by short name.
  public var sources: [String: String]
  /// What is compared, in the order of the file; at least one.
  public var comparisons: [Comparison]

  /// A suite of its parts; `ValidationFile` decodes files.
  public init(name: String, title: String, sources: [String: String], comparisons: [Comparison]) {
    self.name = name
    self.title = title
    self.sources = sources
    self.comparisons = comparisons
  }

  /// Figures of one kind, from one source, that one tolerance is for.
  public struct Comparison: Hashable, Sendable {
    /// The comparison's name, which no other of the suite has.
    public var name: String
    /// The short name of the source; it is in `sources`.
    public var source: String
    /// How the figures were worked out by hand from the source; `nil` for figures that stand there as
    /// they are, but for their unit.
    public var worked: String?
    /// What is compared.
    public var metric: Metric
    /// How far ours may be off.
    public var tolerance: Tolerance
    /// Why the tolerance is what it is.
    public var reason: String
    /// The published figures.
    public var figures: Figures

    /// A comparison of its parts.
    public init(
      name: String, source: String, worked: String? = nil, metric: Metric, tolerance: Tolerance,
      reason: String, figures: Figures
    ) {
      self.name = name
      self.source = source
      self.worked = worked
      self.metric = metric
      self.tolerance = tolerance
      self.reason = reason
      self.figures = figures
    }
  }

  /// Where the published figures are.
  public enum Figures: Hashable, Sendable {
    /// In the suite itself; at least one.
    case rows([Row])
    /// In a file that only its publisher may hand on.
    case table(Table)
  }

  /// A published figure.
  public struct Row: Hashable, Sendable {
    /// The row's name, which no other of the comparison has.
    public var name: String
    /// The figure, in the unit of the metric.
    public var published: Published
    /// What the figure is about.
    public var subject: Subject
    /// Where the row is in the file.
    public var location: SourceLocation

    /// A row of its parts.
    public init(name: String, published: Published, subject: Subject, location: SourceLocation) {
      self.name = name
      self.published = published
      self.subject = subject
      self.location = location
    }
  }

  /// A figure with as many digits as were printed.
  public struct Published: Hashable, Sendable {
    /// The figure.
    public var value: Double
    /// Digits behind the point.
    public var decimals: Int

    /// A figure of so many digits behind the point.
    public init(value: Double, decimals: Int) {
      self.value = value
      self.decimals = decimals
    }

    /// A plain decimal number; `nil` for anything else.
    public init?(_ text: String) {
      let digits = text.drop { $0 == "-" }
      let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
      guard text.count - digits.count <= 1, (1...2).contains(parts.count),
        parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
        let value = Double(text), value.isFinite
      else { return nil }
      self.init(value: value, decimals: parts.count == 2 ? parts[1].count : 0)
    }
  }

  /// Published figures in a file of comma-separated values whose rows are networks of a search space.
  public struct Table: Hashable, Sendable {
    /// The file's name, without a folder.
    public var file: String
    /// The target that is asked.
    public var target: String
    /// Name of the search space whose members the rows are.
    public var space: String
    /// The column of the decision, counted from 0.
    public var decisionColumn: String
    /// The column of the choice's name.
    public var choiceColumn: String
    /// The column of the published figure.
    public var publishedColumn: String
    /// Names of the choices, from 0.
    public var choices: [String]
    /// The choice of all other decisions; one of `choices`.
    public var others: String
    /// Where the table is described in the suite.
    public var location: SourceLocation
  }

  /// What a figure is about.
  public enum Subject: Hashable, Sendable {
    /// A network on a target; `layers` are patterns of layer names, empty for the whole network.
    case network(target: String, NetworkReference, layers: [String])
    /// What a published formula gives for its arguments, by name.
    case formula(PublishedFormula, arguments: [String: Int64])
  }

  /// A network by name, or a member of a search space by its text.
  public enum NetworkReference: Hashable, Sendable {
    /// A network by the name of its file.
    case file(String)
    /// An architecture by its text in a search space.
    case member(space: String, text: String)
  }

  /// How far ours may be off.
  public enum Tolerance: Hashable, Sendable {
    /// The same number.
    case exact
    /// The same number to the last digit that was printed.
    case printed
    /// Ours over the published figure, less 1, lies in the range.
    case within(ClosedRange<Double>)
    /// The order of all rows: the least rank correlations that do.
    case rank(spearman: Double?, kendall: Double?)
    /// None: the figure is shown beside ours.
    case reported
  }

  /// What of a report, or of a formula, is compared; in the units of reports.
  public enum Metric: Hashable, Sendable {
    /// A number of a report.
    case report(ReportMetric)
    /// A result of the comparison's formula, by name.
    case formula(String)

    /// The report's key, which ends in its unit, or the formula's result.
    public var name: String {
      switch self {
      case .report(let metric): metric.rawValue
      case .formula(let name): name
      }
    }
  }

  /// A number of a network's report.
  public enum ReportMetric: String, CaseIterable, Hashable, Sendable {
    case latencyMilliseconds = "latency_ms"
    /// Cycles of the layers, one after the other.
    case cycles
    case intervalCycles = "interval_cycles"
    case intervalMilliseconds = "interval_ms"
    case imagesPerSecond = "images_per_second"
    case energyMillijoules = "energy_mj"
    case macs
    case parameters = "params"
    case dramBytes = "dram_bytes"
    case dsp
    case blockRAM18 = "bram18"
    case ultraRAM = "uram"
    case lookUpTable = "lut"
    case flipFlop = "ff"

    /// Whether single layers have it.
    public var isOfLayers: Bool {
      switch self {
      case .latencyMilliseconds, .cycles, .energyMillijoules, .macs, .dramBytes: true
      default: false
      }
    }
  }
}
