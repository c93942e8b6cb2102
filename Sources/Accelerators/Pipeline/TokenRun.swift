/// The state of a run: how far each stage is, when each firing ended, when each token was released.
struct TokenRun {
  private let graph: TokenGraph
  private let images: Int
  private let pace: Int64
  /// By stage, the edges it reads and those it writes.
  private let inputs: [[Int]]
  private let outputs: [[Int]]
  /// By edge, what a firing looks up.
  private let links: [Link]
  private var cursors: [Cursor]
  /// By stage, when each firing ended.
  private var ends: [[Int64]]
  /// By stage, when each firing started.
  private var starts: [[Int64]]
  /// By edge, when each token was given up.
  private var releases: [[Int64]]

  /// A buffer with its reach as one table for all edges: copying a graph's edge would count references
  /// to its tables at every firing.
  private struct Link {
    var producer: Int
    var tokens: Int
    /// Tokens it holds; the largest number where it is unlimited.
    var depth: Int
    /// Where its rows and columns start in the tables.
    var rows: Int
    var columns: Int
  }

  /// What a row of firings looks up; -1 for what no firing needs.
  private struct RowEntry {
    var last: Int
    var first: Int
    var leastLater: Int
  }

  /// What a column of firings looks up; -1 for what no firing needs.
  private struct ColumnEntry {
    var last: Int
    var leastLater: Int
  }

  private let rowTable: [RowEntry]
  private let columnTable: [ColumnEntry]

  /// Where a stage is.
  private struct Cursor {
    var firing = 0
    var image = 0
    var row = 0
    var column = 0
    var columns = 1
    var rows = 1
    /// Cycles of a firing, and of how many of the image's firings one more.
    var service: Int64 = 0
    var longer: Int64 = 0
    /// What of the longer firings is due.
    var due: Int64 = 0
    var activity = TokenTiming.Activity()
  }

  init(_ graph: TokenGraph, images: Int, pace: Int64) {
    self.graph = graph
    self.images = images
    self.pace = pace
    var inputs = Array(repeating: [Int](), count: graph.stages.count)
    var outputs = inputs
    for (index, edge) in graph.edges.enumerated() {
      inputs[edge.consumer].append(index)
      outputs[edge.producer].append(index)
    }
    self.inputs = inputs
    self.outputs = outputs
    var (links, rowTable, columnTable): ([Link], [RowEntry], [ColumnEntry]) = ([], [], [])
    for edge in graph.edges {
      let reach = edge.reach
      links.append(
        Link(
          producer: edge.producer, tokens: reach.tokens, depth: edge.depth ?? .max,
          rows: rowTable.count, columns: columnTable.count))
      for row in 0..<reach.rowCount {
        rowTable.append(
          RowEntry(
            last: reach.lastRowStarts[row] ?? -1, first: reach.firstRowStarts[row] ?? -1,
            leastLater: reach.leastLaterTokens[row]))
      }
      for column in 0..<reach.columnCount {
        columnTable.append(
          ColumnEntry(
            last: reach.lastColumns[column] ?? -1,
            leastLater: reach.leastLaterColumns[column] ?? -1))
      }
    }
    self.links = links
    self.rowTable = rowTable
    self.columnTable = columnTable
    cursors = graph.stages.enumerated().map { index, stage in
      var cursor = Cursor()
      if let edge = inputs[index].first {
        cursor.columns = graph.edges[edge].reach.columnCount
        cursor.rows = graph.edges[edge].reach.rowCount
      } else {
        cursor.rows = stage.firings
      }
      let firings = Int64(stage.firings)
      cursor.service = stage.cycles / firings
      cursor.longer = stage.cycles % firings
      return cursor
    }
    ends = graph.stages.map { stage in
      var list: [Int64] = []
      list.reserveCapacity(stage.firings * images)
      return list
    }
    starts = ends
    releases = graph.edges.map { edge in
      var list: [Int64] = []
      list.reserveCapacity(edge.reach.tokens * images)
      return list
    }
  }

  func isFinished(_ stage: Int) -> Bool { cursors[stage].image == images }

  /// Fires a stage as often as it can tell when; whether it could at least once.
  mutating func advance(_ stage: Int) -> Bool {
    var cursor = cursors[stage]
    let first = cursor.firing
    let firings = graph.stages[stage].firings
    let (reads, writes) = (inputs[stage], outputs[stage])
    // Taken out while the stage fires, so that nothing is copied.
    var (ownStarts, ownEnds): ([Int64], [Int64]) = ([], [])
    swap(&ownStarts, &starts[stage])
    swap(&ownEnds, &ends[stage])
    while cursor.image < images {
      guard let arrival = arrival(reads, cursor), let room = room(writes, cursor.firing) else {
        break
      }
      var ready = arrival
      if pace > 0, reads.isEmpty {
        let place = Int64(cursor.firing - cursor.image * firings)
        let share = pace.multipliedFullWidth(by: place)
        ready = Int64(cursor.image) * pace + Int64(firings).dividingFullWidth(share).quotient
      }
      let before = cursor.firing > 0 ? ownEnds[cursor.firing - 1] : 0
      let start = max(before, ready, room)
      cursor.due += cursor.longer
      var service = cursor.service
      if cursor.due >= Int64(firings) {
        service += 1
        cursor.due -= Int64(firings)
      }
      if cursor.firing == 0 {
        cursor.activity.firstStart = start
      } else {
        cursor.activity.starved += max(0, ready - before)
        cursor.activity.blocked += start - max(before, ready)
      }
      let end = start + service
      ownStarts.append(start)
      ownEnds.append(end)
      release(reads, cursor, end)
      step(&cursor)
    }
    if let end = ownEnds.last { cursor.activity.lastEnd = end }
    swap(&ownStarts, &starts[stage])
    swap(&ownEnds, &ends[stage])
    cursors[stage] = cursor
    return cursor.firing > first
  }

  /// When the last token that a firing needs is there; `nil` where that is not known yet.
  @inline(__always)
  private func arrival(_ reads: [Int], _ cursor: Cursor) -> Int64? {
    var arrival: Int64 = 0
    for index in reads {
      let link = links[index]
      let row = rowTable[link.rows + cursor.row].last
      let column = columnTable[link.columns + cursor.column].last
      guard row >= 0, column >= 0 else { continue }
      let token = cursor.image * link.tokens + row + column
      guard token < ends[link.producer].count else { return nil }
      arrival = max(arrival, ends[link.producer][token])
    }
    return arrival
  }

  /// When every buffer behind a stage has room for a token; `nil` where that is not known yet.
  @inline(__always)
  private func room(_ writes: [Int], _ token: Int) -> Int64? {
    var room: Int64 = 0
    for index in writes {
      let depth = links[index].depth
      guard token >= depth else { continue }
      guard token - depth < releases[index].count else { return nil }
      room = max(room, releases[index][token - depth])
    }
    return room
  }

  /// Gives up the tokens that a stage needs no more after a firing.
  @inline(__always)
  private mutating func release(_ reads: [Int], _ cursor: Cursor, _ end: Int64) {
    for index in reads {
      let link = links[index]
      let row = rowTable[link.rows + cursor.row]
      let column = columnTable[link.columns + cursor.column].leastLater
      var count = row.leastLater
      if row.first >= 0, column >= 0 { count = min(count, row.first + column) }
      count += cursor.image * link.tokens
      var known = releases[index].count
      while known < count {
        releases[index].append(end)
        known += 1
      }
    }
  }

  private func step(_ cursor: inout Cursor) {
    cursor.firing += 1
    cursor.column += 1
    guard cursor.column == cursor.columns else { return }
    cursor.column = 0
    cursor.row += 1
    guard cursor.row == cursor.rows else { return }
    cursor.row = 0
    cursor.image += 1
  }
}

// MARK: - Results
extension TokenRun {
  /// What a run that is finished says.
  var timing: TokenTiming {
    let output = graph.stages[graph.output].firings
    let outputEnds = ends[graph.output]
    let activities = graph.stages.indices.map { index in
      var activity = cursors[index].activity
      let count = Int64(images)
      activity.computing = graph.stages[index].computeCycles * count
      activity.waitingForMemory =
        (graph.stages[index].cycles - graph.stages[index].computeCycles) * count
      return activity
    }
    let periods = graph.stages.indices.map { period(of: $0) }
    return TokenTiming(
      activities: activities,
      firstOutputs: (0..<images).map { outputEnds[$0 * output] },
      lastOutputs: (0..<images).map { outputEnds[($0 + 1) * output - 1] },
      sufficientDepths: graph.edges.indices.map { sufficientDepth(of: $0) },
      periods: periods, intervalCycles: interval(periods))
  }

  /// By how much all firings of the last image come after those of the image before, and these after
  /// those before them.
  private func period(of stage: Int) -> Int64? {
    guard images >= 3 else { return nil }
    let firings = graph.stages[stage].firings
    let ends = ends[stage]
    let first = (images - 3) * firings
    let shift = ends[first + firings] - ends[first]
    for firing in first..<first + 2 * firings where ends[firing + firings] - ends[firing] != shift {
      return nil
    }
    return shift
  }

  /// The output's period, where the run proves that it lasts.
  ///
  /// Every firing depends on firings of at most the image before if buffers hold at most an image.
  /// Where all firings of three images in a row are shifted by the same, stages that hold each other
  /// back (across a buffer that can be full) by the same number, and no stage is shifted by less than
  /// one it reads, the fourth image's are too: each firing's terms move by at most its own shift, and
  /// the term that was the largest moves by it.
  private func interval(_ periods: [Int64?]) -> Int64? {
    for edge in graph.edges {
      guard let producer = periods[edge.producer], let consumer = periods[edge.consumer] else {
        return nil
      }
      if let depth = edge.depth {
        guard producer == consumer, depth <= edge.reach.tokens else { return nil }
      } else {
        guard consumer >= producer else { return nil }
      }
    }
    return periods[graph.output]
  }

  /// The least depth with which the buffer would have held nobody back.
  ///
  /// A token given up in the very cycle in which another starts makes room for it, unless firings that
  /// take no time could make the first wait for the second.
  private func sufficientDepth(of index: Int) -> Int {
    let starts = starts[graph.edges[index].producer]
    let releases = releases[index]
    let isInstant = graph.stages.contains { $0.cycles < Int64($0.firings) }
    var (depth, released) = (1, 0)
    for (token, start) in starts.enumerated() {
      let limit = isInstant ? start - 1 : start
      while released < releases.count, releases[released] <= limit { released += 1 }
      depth = max(depth, token - released + 1)
    }
    return depth
  }

  /// The stages that wait for each other.
  var deadlock: TokenError {
    guard var stage = graph.stages.indices.first(where: { !isFinished($0) }) else {
      return .deadlock(stages: [], fullEdges: [])
    }
    var path: [(stage: Int, fullEdge: Int?)] = []
    while !path.contains(where: { $0.stage == stage }) {
      let cursor = cursors[stage]
      if let edge = missingInput(of: stage, cursor) {
        path.append((stage, nil))
        stage = graph.edges[edge].producer
      } else if let edge = fullOutput(of: stage, cursor) {
        path.append((stage, edge))
        stage = graph.edges[edge].consumer
      } else {
        break
      }
    }
    let start = path.firstIndex { $0.stage == stage } ?? 0
    let cycle = path[start...]
    return .deadlock(stages: cycle.map(\.stage), fullEdges: cycle.compactMap(\.fullEdge))
  }

  private func missingInput(of stage: Int, _ cursor: Cursor) -> Int? {
    inputs[stage].first { index in
      let edge = graph.edges[index]
      guard let needed = edge.reach.lastNeeded(row: cursor.row, column: cursor.column) else {
        return false
      }
      return cursor.image * edge.reach.tokens + needed >= ends[edge.producer].count
    }
  }

  private func fullOutput(of stage: Int, _ cursor: Cursor) -> Int? {
    outputs[stage].first { index in
      guard let depth = graph.edges[index].depth, cursor.firing >= depth else { return false }
      return cursor.firing - depth >= releases[index].count
    }
  }
}
