/// The state of a run: how far each stage is, when each firing ended, when each token was released.
///
/// All times are in one piece of memory, stage after stage and then buffer after buffer, and a stage is
/// advanced by as much of a row of firings as can be told at once: an array for each stage and a look-up
/// for each firing were some twenty times slower (`Benchmarks/Benchmarks/Pipelines`). The invariant is
/// that of `init`: a reach has as many tokens as its producer has firings, and as many firings as its
/// consumer. It is checked there, and every access in debug builds.
struct TokenRun: ~Copyable {
  let graph: TokenGraph
  let images: Int
  let pace: Int64
  /// Numbers of links, by consumer and then by producer, with where those of each stage start.
  let inputs: LinkLists
  let outputs: LinkLists
  /// By edge.
  var links: [Link]
  var cursors: [Cursor]
  private let times: UnsafeMutableBufferPointer<Int64>
  /// Where the ends of each stage's firings start.
  let places: [Int]
  /// Where a row of times can be put together, and where one of zeros is.
  private let scratch: (ready: Int, zeros: Int)
  private let rowTable: [TokenReach.Row]
  private let columnTable: [TokenReach.Column]

  /// For each stage a range of a list.
  struct LinkLists {
    var numbers: [Int] = []
    var ranges: [Range<Int>] = []

    init(_ edges: [TokenGraph.Edge], stages: Int, by stage: (TokenGraph.Edge) -> Int) {
      var lists = Array(repeating: [Int](), count: stages)
      for (index, edge) in edges.enumerated() { lists[stage(edge)].append(index) }
      for list in lists {
        ranges.append(numbers.count..<numbers.count + list.count)
        numbers += list
      }
    }
  }

  /// A buffer as a firing sees it: copying a graph's edge would count references to its tables.
  struct Link {
    var producer: Int
    var consumer: Int
    var tokens: Int
    /// Tokens it holds; `nil` where it is unlimited.
    var depth: Int?
    var isWhole: Bool
    var needsOwnColumn: Bool
    var needsOwnToken: Bool
    var furthestColumn: Int
    /// Where its rows and columns start in the tables, and when its tokens were released in the times.
    var rows: Int
    var columns: Int
    var releases: Int
    /// Tokens that have been released.
    var released = 0
  }

  /// Where a stage is.
  struct Cursor {
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
    var firings: Int64 = 1
    var firstStart: Int64 = 0
    var lastEnd: Int64 = 0
    /// Cycles between firings in which a token was missing, where a buffer may be full besides.
    var starved: Int64 = 0
    /// Whether a buffer behind it is limited.
    var isLimited = false
    /// Whether each firing needs the tokens of its own number, and no buffer beside it is limited.
    var isAligned = false

    /// Goes on by some firings of a row.
    @inline(__always)
    mutating func step(by count: Int) {
      firing += count
      column += count
      guard column == columns else { return }
      column = 0
      row += 1
      guard row == rows else { return }
      row = 0
      image += 1
    }
  }

  /// - Precondition: Stages come after those they read, and reaches fit their stages.
  init(_ graph: TokenGraph, images: Int, pace: Int64) {
    self.graph = graph
    self.images = images
    self.pace = pace
    inputs = LinkLists(graph.edges, stages: graph.stages.count, by: \.consumer)
    outputs = LinkLists(graph.edges, stages: graph.stages.count, by: \.producer)
    var cursors = graph.stages.map { stage in
      var cursor = Cursor()
      cursor.columns = stage.firings
      cursor.firings = Int64(stage.firings)
      cursor.service = stage.cycles / cursor.firings
      cursor.longer = stage.cycles % cursor.firings
      return cursor
    }
    var size = 0
    var places: [Int] = []
    for stage in graph.stages {
      places.append(size)
      size += stage.firings * images
    }
    self.places = places
    var (links, rowTable, columnTable): ([Link], [TokenReach.Row], [TokenReach.Column]) =
      ([], [], [])
    for edge in graph.edges {
      let reach = edge.reach
      precondition(
        reach.tokens == graph.stages[edge.producer].firings
          && reach.firings == graph.stages[edge.consumer].firings,
        "a reach fits the stages it is between")
      links.append(
        Link(
          producer: edge.producer, consumer: edge.consumer, tokens: reach.tokens,
          depth: edge.depth, isWhole: reach.isWhole, needsOwnColumn: reach.needsOwnColumn,
          needsOwnToken: reach.needsOwnToken, furthestColumn: reach.furthestColumn,
          rows: rowTable.count, columns: columnTable.count, releases: size))
      if edge.depth != nil {
        size += reach.tokens * images
        cursors[edge.producer].isLimited = true
      }
      guard !reach.isWhole else { continue }
      rowTable += reach.rows
      columnTable += reach.columns
      cursors[edge.consumer].rows = reach.rows.count
      cursors[edge.consumer].columns = reach.columns.count
    }
    for edge in graph.edges where !edge.reach.isWhole {
      precondition(
        cursors[edge.consumer].columns == edge.reach.columns.count,
        "all windows of a stage slide over the same map")
    }
    for (stage, range) in inputs.ranges.enumerated() where !cursors[stage].isLimited {
      var isAligned = !range.isEmpty
      for place in range {
        let link = links[inputs.numbers[place]]
        isAligned = isAligned && link.needsOwnToken && link.depth == nil
      }
      cursors[stage].isAligned = isAligned
    }
    self.links = links
    self.rowTable = rowTable
    self.columnTable = columnTable
    let widest = cursors.reduce(1) { max($0, $1.columns) }
    scratch = (size, size + widest)
    times = .allocate(capacity: size + 2 * widest)
    for index in scratch.zeros..<scratch.zeros + widest { times[index] = 0 }
    self.cursors = cursors
  }

  deinit { times.deallocate() }

  func isFinished(_ stage: Int) -> Bool { cursors[stage].image == images }

  /// When a firing of a stage, counted over all images, ended.
  @inline(__always)
  func end(_ stage: Int, _ firing: Int) -> Int64 { times[places[stage] + firing] }
}

// MARK: - Firing
extension TokenRun {
  /// Fires a stage as often as it can tell when; whether it could at least once.
  mutating func advance(_ stage: Int) -> Bool {
    var cursor = cursors[stage]
    let first = cursor.firing
    while cursor.image < images {
      if cursor.isAligned {
        guard fireAligned(stage, &cursor) else { break }
        continue
      }
      let end = tellable(stage, cursor)
      guard end > cursor.column else { break }
      fire(stage, &cursor, until: end)
    }
    cursors[stage] = cursor
    return cursor.firing > first
  }

  /// Fires a stage whose firings need the tokens of their own numbers, as far as the image's are there;
  /// whether it could at least once.
  private func fireAligned(_ stage: Int, _ cursor: inout Cursor) -> Bool {
    let range = inputs.ranges[stage]
    let firings = Int(cursor.firings)
    let before = cursor.image * firings
    var known = firings
    for place in range {
      known = min(known, cursors[links[inputs.numbers[place]].producer].firing - before)
    }
    let count = before + known - cursor.firing
    guard count > 0 else { return false }
    let own = places[stage] + cursor.firing
    var arrivals = places[links[inputs.numbers[range.lowerBound]].producer] + cursor.firing
    for place in range.dropFirst() {
      // The latest tokens, where the ends will be.
      let source = places[links[inputs.numbers[place]].producer] + cursor.firing
      for index in 0..<count {
        times[own + index] = max(times[arrivals + index], times[source + index])
      }
      arrivals = own
    }
    if cursor.firing == 0 {
      cursor.firstStart = times[arrivals]
      cursor.lastEnd = cursor.firstStart
    }
    run(&cursor, from: arrivals, to: own, count)
    cursor.firing += count
    let place = cursor.firing - before
    (cursor.row, cursor.column) =
      place == firings ? (0, 0) : (place / cursor.columns, place % cursor.columns)
    if place == firings { cursor.image += 1 }
    return true
  }

  /// The ends of firings that only wait for their tokens and for each other.
  @inline(__always)
  private func run(_ cursor: inout Cursor, from arrivals: Int, to own: Int, _ count: Int) {
    var (last, due) = (cursor.lastEnd, cursor.due)
    let service = cursor.service
    if cursor.longer == 0 {
      for index in 0..<count {
        last = max(last, times[arrivals + index]) + service
        times[own + index] = last
      }
    } else {
      for index in 0..<count {
        due += cursor.longer
        let isLonger = due >= cursor.firings
        last = max(last, times[arrivals + index]) + service + (isLonger ? 1 : 0)
        due -= isLonger ? cursor.firings : 0
        times[own + index] = last
      }
    }
    (cursor.lastEnd, cursor.due) = (last, due)
  }

  /// The column up to which the firings of a row know what they wait for.
  private func tellable(_ stage: Int, _ cursor: Cursor) -> Int {
    var end = cursor.columns
    for place in inputs.ranges[stage] {
      let link = links[inputs.numbers[place]]
      let known = cursors[link.producer].firing - cursor.image * link.tokens
      if link.isWhole {
        if known < link.tokens { return cursor.column }
        continue
      }
      let start = rowTable[link.rows + cursor.row].lastStart
      guard start >= 0, start + link.furthestColumn >= known else { continue }
      var column = cursor.column
      while column < end {
        let last = columnTable[link.columns + column].last
        if last >= 0, start + last >= known { break }
        column += 1
      }
      end = column
    }
    guard cursor.isLimited else { return end }
    for place in outputs.ranges[stage] {
      let link = links[outputs.numbers[place]]
      guard let depth = link.depth else { continue }
      end = min(end, cursor.column + link.released + depth - cursor.firing)
    }
    return end
  }

  /// Fires a stage from where it is up to a column of the same row.
  private mutating func fire(_ stage: Int, _ cursor: inout Cursor, until end: Int) {
    let count = end - cursor.column
    let arrivals = gatherArrivals(stage, cursor, count)
    let own = places[stage] + cursor.firing
    if cursor.firing == 0 {
      // Its first token finds every buffer empty.
      cursor.firstStart = times[arrivals]
      cursor.lastEnd = cursor.firstStart
    }
    if cursor.isLimited {
      runLimited(stage, &cursor, from: arrivals, to: own, count)
    } else {
      run(&cursor, from: arrivals, to: own, count)
    }
    release(stage, cursor, count)
    cursor.step(by: count)
  }

  /// The ends of firings that wait for room in buffers besides.
  private func runLimited(
    _ stage: Int, _ cursor: inout Cursor, from arrivals: Int, to own: Int, _ count: Int
  ) {
    var (last, due, starved) = (cursor.lastEnd, cursor.due, cursor.starved)
    for index in 0..<count {
      let ready = times[arrivals + index]
      starved += max(0, ready - last)
      last = max(last, room(stage, cursor.firing + index))
      due += cursor.longer
      let isLonger = due >= cursor.firings
      last = max(last, ready) + cursor.service + (isLonger ? 1 : 0)
      due -= isLonger ? cursor.firings : 0
      times[own + index] = last
    }
    (cursor.lastEnd, cursor.due, cursor.starved) = (last, due, starved)
  }

  /// Where the times stand at which the tokens of the next firings of a row are all there.
  @inline(__always)
  private func gatherArrivals(_ stage: Int, _ cursor: Cursor, _ count: Int) -> Int {
    let range = inputs.ranges[stage]
    let ready = scratch.ready
    if range.isEmpty {
      guard pace > 0 else { return scratch.zeros }
      for index in 0..<count {
        let share = pace.multipliedFullWidth(by: Int64(cursor.column + index))
        times[ready + index] =
          Int64(cursor.image) * pace + cursor.firings.dividingFullWidth(share).quotient
      }
      return ready
    }
    var isFirst = true
    for place in range {
      let link = links[inputs.numbers[place]]
      var source = places[link.producer] + cursor.image * link.tokens
      if link.isWhole {
        let all = times[source + link.tokens - 1]
        for index in 0..<count {
          times[ready + index] = isFirst ? all : max(times[ready + index], all)
        }
        isFirst = false
        continue
      }
      let start = rowTable[link.rows + cursor.row].lastStart
      guard start >= 0 else { continue }
      source += start
      if link.needsOwnColumn {
        if range.count == 1 { return source + cursor.column }
        for index in 0..<count {
          let time = times[source + cursor.column + index]
          times[ready + index] = isFirst ? time : max(times[ready + index], time)
        }
      } else {
        for index in 0..<count {
          let last = columnTable[link.columns + cursor.column + index].last
          let time = last >= 0 ? times[source + last] : 0
          times[ready + index] = isFirst ? time : max(times[ready + index], time)
        }
      }
      isFirst = false
    }
    return isFirst ? scratch.zeros : ready
  }

  /// When every buffer behind a stage has room for a token.
  @inline(__always)
  private func room(_ stage: Int, _ token: Int) -> Int64 {
    var room: Int64 = 0
    for place in outputs.ranges[stage] {
      let link = links[outputs.numbers[place]]
      guard let depth = link.depth, token >= depth else { continue }
      room = max(room, times[link.releases + token - depth])
    }
    return room
  }

  /// Gives up the tokens that a stage needs no more after some firings.
  @inline(__always)
  private mutating func release(_ stage: Int, _ cursor: Cursor, _ count: Int) {
    for place in inputs.ranges[stage] {
      let number = inputs.numbers[place]
      let link = links[number]
      guard link.depth != nil else { continue }
      var released = link.released
      let own = places[stage] + cursor.firing
      for index in 0..<count {
        let after = self.released(link, cursor.image, cursor.row, cursor.column + index)
        while released < after {
          times[link.releases + released] = times[own + index]
          released += 1
        }
      }
      links[number].released = released
    }
  }

  /// How many tokens of all images nobody needs any more once a firing is done.
  @inline(__always)
  func released(_ link: Link, _ image: Int, _ row: Int, _ column: Int) -> Int {
    let before = image * link.tokens
    if link.isWhole {
      let consumer = cursors[link.consumer]
      let isLast = row + 1 == consumer.rows && column + 1 == consumer.columns
      return before + (isLast ? link.tokens : 0)
    }
    return before + rowTable[link.rows + row].released(after: columnTable[link.columns + column])
  }
}
