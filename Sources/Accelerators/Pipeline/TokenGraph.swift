public import Ops

/// Which tokens of a producer each firing of a consumer needs.
///
/// Tokens and firings are the pixels, or the rows, of feature maps in raster order. A firing needs the
/// tokens under its window: those from a first to a last row and column. Where the window hangs over
/// the map's edge, only what is inside counts.
public struct TokenReach: Hashable, Sendable {
  /// Tokens of the producer's image.
  public let tokens: Int
  /// Firings of the consumer's image.
  public let firings: Int
  /// By row of the consumer's map: the first token of the last row needed, or `nil` where the window
  /// meets no row.
  let lastRowStarts: [Int?]
  /// By column of the consumer's map, the last column needed; `nil` where the window meets none.
  let lastColumns: [Int?]
  /// By row, the first token of the first row needed; `nil` where the window meets no row.
  let firstRowStarts: [Int?]
  /// By column, the least column that any column after it needs; `nil` where none needs any.
  let leastLaterColumns: [Int?]
  /// By row, the least token that any row after it needs; all tokens where none needs any.
  let leastLaterTokens: [Int]

  /// Along one axis, which of the producer's positions each of the consumer's needs.
  public struct Axis: Hashable, Sendable {
    /// Positions of the producer and of the consumer: at least 1.
    var inputs: Int
    var outputs: Int
    var window: WindowAxis
    /// Whether every position needs all of the producer's.
    var isWhole: Bool

    public init(inputs: Int, outputs: Int, window: WindowAxis, isWhole: Bool = false) {
      self.inputs = inputs
      self.outputs = outputs
      self.window = window
      self.isWhole = isWhole
    }

    /// The first and last position under a window inside the map.
    func range(of output: Int) -> (first: Int, last: Int)? {
      if isWhole { return (0, inputs - 1) }
      let start = output * window.stride - window.padding
      let step = window.dilation
      // The first filter element at or after 0, and the last before the end.
      let skipped = start >= 0 ? 0 : (-start + step - 1) / step
      let available = inputs - 1 - start
      guard available >= 0 else { return nil }
      let last = min(window.filter - 1, available / step)
      guard skipped <= last else { return nil }
      return (start + skipped * step, start + last * step)
    }
  }

  /// The reach of a window that slides over rows and columns.
  ///
  /// - Complexity: O(*rows* + *columns*).
  public init(rows: Axis, columns: Axis) {
    tokens = rows.inputs * columns.inputs
    firings = rows.outputs * columns.outputs
    let rowRanges = (0..<rows.outputs).map { rows.range(of: $0) }
    let columnRanges = (0..<columns.outputs).map { columns.range(of: $0) }
    let width = columns.inputs
    lastRowStarts = rowRanges.map { range in range.map { $0.last * width } }
    firstRowStarts = rowRanges.map { range in range.map { $0.first * width } }
    lastColumns = columnRanges.map { $0?.last }
    var later: Int?
    var leastLater: [Int?] = []
    for range in columnRanges.reversed() {
      leastLater.append(later)
      if let first = range?.first { later = min(later ?? first, first) }
    }
    leastLaterColumns = leastLater.reversed()
    // `later` is now the least column that any firing of a row needs.
    var token = rows.inputs * width
    var leastTokens: [Int] = []
    for range in rowRanges.reversed() {
      leastTokens.append(token)
      if let first = range?.first, let column = later { token = min(token, first * width + column) }
    }
    leastLaterTokens = leastTokens.reversed()
  }

  /// Each firing needs the token of its own number.
  public static func oneToOne(rows: Int, columns: Int) -> TokenReach {
    let pixel = WindowAxis(filter: 1)
    return TokenReach(
      rows: Axis(inputs: rows, outputs: rows, window: pixel),
      columns: Axis(inputs: columns, outputs: columns, window: pixel))
  }

  /// Every firing needs all tokens.
  public static func everything(tokens: Int, firings: Int) -> TokenReach {
    TokenReach(allOf: tokens, firings: firings)
  }

  private init(allOf tokens: Int, firings: Int) {
    self.tokens = tokens
    self.firings = firings
    lastRowStarts = Array(repeating: tokens - 1, count: firings)
    firstRowStarts = Array(repeating: 0, count: firings)
    lastColumns = [0]
    leastLaterColumns = [nil]
    leastLaterTokens = (0..<firings).map { $0 == firings - 1 ? tokens : 0 }
  }

  /// Rows and columns of the consumer's firings.
  var rowCount: Int { lastRowStarts.count }
  var columnCount: Int { lastColumns.count }

  /// The last token that the firing at a row and column needs; `nil` where it needs none.
  public func lastNeeded(row: Int, column: Int) -> Int? {
    guard let start = lastRowStarts[row], let last = lastColumns[column] else { return nil }
    return start + last
  }

  /// How many of the image's tokens nobody needs any more once the firing is done.
  public func released(row: Int, column: Int) -> Int {
    guard let start = firstRowStarts[row], let least = leastLaterColumns[column] else {
      return leastLaterTokens[row]
    }
    return min(start + least, leastLaterTokens[row])
  }
}

/// Stages that hand tokens to each other through buffers.
///
/// A stage fires again and again, once for each of its output tokens. It starts a firing when the one
/// before is done, when every token under its window is there, and when each of its buffers has room
/// for the token; it hands over the token, and gives up those that no later firing needs, when the
/// firing is done.
public struct TokenGraph: Hashable, Sendable {
  /// What fires.
  public struct Stage: Hashable, Sendable {
    public var name: String
    /// Firings for an image: the tokens it gives.
    public var firings: Int
    /// Cycles of all firings of an image, which share them as evenly as whole cycles allow.
    public var cycles: Int64
    /// Of these, the cycles that the stage would need if its memory were never slow.
    public var computeCycles: Int64

    public init(name: String, firings: Int, cycles: Int64, computeCycles: Int64? = nil) {
      self.name = name
      self.firings = firings
      self.cycles = cycles
      self.computeCycles = min(computeCycles ?? cycles, cycles)
    }
  }

  /// A buffer between two stages.
  public struct Edge: Hashable, Sendable {
    public var producer: Int
    public var consumer: Int
    public var reach: TokenReach
    /// Tokens it holds, those under the window included; `nil` for as many as come.
    public var depth: Int?
    /// Where a file sets the depth, for messages.
    public var place: String?

    public init(
      producer: Int, consumer: Int, reach: TokenReach, depth: Int? = nil, place: String? = nil
    ) {
      self.producer = producer
      self.consumer = consumer
      self.reach = reach
      self.depth = depth
      self.place = place
    }
  }

  /// In an order in which every stage comes after those it reads.
  public var stages: [Stage]
  public var edges: [Edge]
  /// The stage that gives the network's output.
  public var output: Int

  public init(stages: [Stage], edges: [Edge], output: Int) {
    self.stages = stages
    self.edges = edges
    self.output = output
  }

  /// Cycles of the slowest stage for an image: no schedule gives images faster.
  public var leastIntervalCycles: Int64 { stages.map(\.cycles).max() ?? 0 }

  /// The slowest stage; the first of equally slow ones.
  public var slowestStage: Int? {
    stages.indices.max { (stages[$0].cycles, $1) < (stages[$1].cycles, $0) }
  }
}
