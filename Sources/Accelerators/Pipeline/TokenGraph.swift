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
  /// Whether every firing needs all tokens; the tables below are empty then.
  let isWhole: Bool
  /// By row of the consumer's map.
  let rows: [Row]
  /// By column of the consumer's map.
  let columns: [Column]
  /// The last column that any firing of a row needs; -1 where none needs any.
  let furthestColumn: Int
  /// Whether each column needs the column of its own number and no later one.
  let needsOwnColumn: Bool
  /// Whether there are as many firings as tokens, and each needs that of its own number and no later.
  let needsOwnToken: Bool

  /// What the firings of a row need; -1 for what the window does not meet.
  struct Row: Hashable, Sendable {
    /// The first token of the last row needed.
    var lastStart: Int
    /// The first token of the first row needed.
    var firstStart: Int
    /// The least token that any row after it needs; all tokens where none needs any.
    var leastLater: Int

    /// How many of the image's tokens nobody needs any more once the firing at a column is done.
    @inline(__always)
    func released(after column: Column) -> Int {
      firstStart < 0 || column.leastLater < 0
        ? leastLater : min(firstStart + column.leastLater, leastLater)
    }
  }

  /// What the firings of a column need; -1 for what the window does not meet.
  struct Column: Hashable, Sendable {
    /// The last column needed.
    var last: Int
    /// The least column that any column after it needs.
    var leastLater: Int
  }

  /// Along one axis, which of the producer's positions each of the consumer's needs.
  public struct Axis: Hashable, Sendable {
    /// Positions of the producer and of the consumer: at least 1.
    var inputs: Int
    var outputs: Int
    var window: WindowAxis
    /// Whether every position needs all of the producer's.
    var isWhole: Bool

    /// An axis of so many positions, which a window slides along.
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
    isWhole = false
    var later = -1
    var columnTable: [Column] = []
    columnTable.reserveCapacity(columns.outputs)
    for column in (0..<columns.outputs).reversed() {
      let range = columns.range(of: column)
      columnTable.append(Column(last: range?.last ?? -1, leastLater: later))
      if let first = range?.first { later = later < 0 ? first : min(later, first) }
    }
    columnTable.reverse()
    self.columns = columnTable
    furthestColumn = columnTable.reduce(-1) { max($0, $1.last) }
    needsOwnColumn = columnTable.indices.allSatisfy { columnTable[$0].last == $0 }
    // `later` is now the least column that any firing of a row needs.
    let width = columns.inputs
    var token = tokens
    var rowTable: [Row] = []
    rowTable.reserveCapacity(rows.outputs)
    for row in (0..<rows.outputs).reversed() {
      guard let range = rows.range(of: row) else {
        rowTable.append(Row(lastStart: -1, firstStart: -1, leastLater: token))
        continue
      }
      let first = range.first * width
      rowTable.append(Row(lastStart: range.last * width, firstStart: first, leastLater: token))
      if later >= 0 { token = min(token, first + later) }
    }
    rowTable.reverse()
    self.rows = rowTable
    needsOwnToken =
      needsOwnColumn && width == columns.outputs && tokens == firings
      && rowTable.indices.allSatisfy { rowTable[$0].lastStart == $0 * width }
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
    isWhole = true
    rows = []
    columns = []
    furthestColumn = -1
    needsOwnColumn = false
    needsOwnToken = false
  }

  /// The last token that the firing at a row and column needs; -1 where it needs none.
  @inline(__always)
  func lastNeeded(row: Int, column: Int) -> Int {
    if isWhole { return tokens - 1 }
    let (start, last) = (rows[row].lastStart, columns[column].last)
    return start < 0 || last < 0 ? -1 : start + last
  }

  /// How many of the image's tokens nobody needs any more once the firing is done.
  ///
  /// - Precondition: The reach is not whole: all tokens of such a one are given up by its last firing.
  @inline(__always)
  func released(row: Int, column: Int) -> Int {
    rows[row].released(after: columns[column])
  }

  /// The most tokens that lie between the first and the last one under the window of a firing.
  ///
  /// - Complexity: O(*firings*).
  var widest: Int {
    if isWhole { return tokens }
    var (widest, released) = (1, 0)
    for row in rows.indices {
      for column in columns.indices {
        widest = max(widest, lastNeeded(row: row, column: column) - released + 1)
        released = self.released(row: row, column: column)
      }
    }
    return widest
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
    /// The name in messages and reports.
    public var name: String
    /// Firings for an image: the tokens it gives.
    public var firings: Int
    /// Cycles of all firings of an image, which share them as evenly as whole cycles allow.
    public var cycles: Int64
    /// Of these, the cycles that the stage would need if its memory were never slow.
    public var computeCycles: Int64

    /// A stage that fires so often for an image; no memory slows it unless it computes in fewer
    /// cycles.
    public init(name: String, firings: Int, cycles: Int64, computeCycles: Int64? = nil) {
      self.name = name
      self.firings = firings
      self.cycles = cycles
      self.computeCycles = min(computeCycles ?? cycles, cycles)
    }
  }

  /// A buffer between two stages.
  public struct Edge: Hashable, Sendable {
    /// The number of the stage that gives tokens.
    public var producer: Int
    /// The number of the stage that takes them.
    public var consumer: Int
    /// Which tokens each firing of the consumer needs.
    public var reach: TokenReach
    /// Tokens it holds, those under the window included; `nil` for as many as come.
    public var depth: Int?
    /// Where a file sets the depth, for messages.
    public var place: String?

    /// A buffer between stages by their numbers; of any depth unless given.
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
  /// The buffers between stages, in any order.
  public var edges: [Edge]
  /// The stage that gives the network's output.
  public var output: Int

  /// Stages in an order in which each comes after those it reads, and what is between them.
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
