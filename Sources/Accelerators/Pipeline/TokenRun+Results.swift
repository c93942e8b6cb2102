extension TokenRun {
  /// What a run that is finished says.
  ///
  /// - Parameter showsDepths: Whether the depths that hold nobody back are looked for.
  func timing(showsDepths: Bool) -> TokenTiming {
    let output = graph.stages[graph.output].firings
    let count = Int64(images)
    let activities = graph.stages.indices.map { index in
      let (stage, cursor) = (graph.stages[index], cursors[index])
      var activity = TokenTiming.Activity(firstStart: cursor.firstStart, lastEnd: cursor.lastEnd)
      activity.computing = stage.computeCycles * count
      activity.waitingForMemory = (stage.cycles - stage.computeCycles) * count
      let idle = cursor.lastEnd - cursor.firstStart - stage.cycles * count
      activity.starved = cursor.isLimited ? cursor.starved : idle
      activity.blocked = idle - activity.starved
      return activity
    }
    let periods = graph.stages.indices.map { period(of: $0) }
    return TokenTiming(
      activities: activities,
      firstOutputs: (0..<images).map { end(graph.output, $0 * output) },
      lastOutputs: (0..<images).map { end(graph.output, ($0 + 1) * output - 1) },
      sufficientDepths: showsDepths ? links.map { sufficientDepth(of: $0) } : [],
      periods: periods, intervalCycles: interval(periods))
  }

  /// By how much all firings of the last image come after those of the image before, and these after
  /// those before them.
  private func period(of stage: Int) -> Int64? {
    guard images >= 3 else { return nil }
    let firings = graph.stages[stage].firings
    let first = (images - 3) * firings
    let shift = end(stage, first + firings) - end(stage, first)
    for firing in first..<first + 2 * firings
    where end(stage, firing + firings) - end(stage, firing) != shift {
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
  private func sufficientDepth(of link: Link) -> Int {
    let isInstant = graph.stages.contains { $0.cycles < Int64($0.firings) }
    let (producer, consumer) = (cursors[link.producer], cursors[link.consumer])
    var reader = consumer
    (reader.firing, reader.image, reader.row, reader.column) = (0, 0, 0, 0)
    var (depth, released, due) = (1, 0, Int64(0))
    for token in 0..<link.tokens * images {
      due += producer.longer
      let isLonger = due >= producer.firings
      due -= isLonger ? producer.firings : 0
      let start = end(link.producer, token) - producer.service - (isLonger ? 1 : 0)
      let limit = isInstant ? start - 1 : start
      while reader.image < images, end(link.consumer, reader.firing) <= limit {
        released = max(released, self.released(link, reader.image, reader.row, reader.column))
        reader.step(by: 1)
      }
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
      if let edge = missingInput(of: stage) {
        path.append((stage, nil))
        stage = links[edge].producer
      } else if let edge = fullOutput(of: stage) {
        path.append((stage, edge))
        stage = links[edge].consumer
      } else {
        break
      }
    }
    let start = path.firstIndex { $0.stage == stage } ?? 0
    let cycle = path[start...]
    return .deadlock(stages: cycle.map(\.stage), fullEdges: cycle.compactMap(\.fullEdge))
  }

  private func missingInput(of stage: Int) -> Int? {
    let cursor = cursors[stage]
    return inputs.numbers[inputs.ranges[stage]].first { number in
      let needed = graph.edges[number].reach.lastNeeded(row: cursor.row, column: cursor.column)
      return needed >= 0
        && cursor.image * links[number].tokens + needed >= cursors[links[number].producer].firing
    }
  }

  private func fullOutput(of stage: Int) -> Int? {
    outputs.numbers[outputs.ranges[stage]].first { number in
      guard let depth = links[number].depth else { return false }
      return cursors[stage].firing >= depth
        && cursors[stage].firing - depth >= links[number].released
    }
  }
}
