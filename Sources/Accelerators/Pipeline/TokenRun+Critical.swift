/// Whether images come at a pace for ever, and what stands in the way.
///
/// Every firing ends at a maximum of sums of a cycle count and the end of another one, of the same image or
/// of one before. So where in some image no firing comes later after the same firing of the image before
/// than the pace, nor in as many images before as a firing waits for, none ever will, and the pipeline
/// keeps the pace. Where instead firings wait for each other in a circle, each time round by more than the
/// images between its ends have, they fall behind for ever (Baccelli, Cohen, Olsder and Quadrat, 1992,
/// theorem 3.17).
extension TokenRun {
  /// What a run at a pace shows of it.
  enum Pace {
    case kept
    /// A cycle takes longer; each edge is a buffer on it that was full.
    case missed(edges: [Int])
    /// The images run were too few.
    case unknown
  }

  /// - Precondition: The run is finished, and its pace is above 0.
  func verdict(graph: TokenGraph) -> Pace {
    // A firing waits for others of at most so many images before.
    var span = 1
    for edge in graph.edges {
      guard let depth = edge.depth else { continue }
      span = max(span, (depth + edge.reach.tokens - 1) / edge.reach.tokens)
    }
    guard images > span else { return .unknown }
    var isKept = true
    var trail = Trail(graph)
    for (stage, each) in graph.stages.enumerated() {
      let firings = each.firings
      let late = ((images - span) * firings..<images * firings).last {
        end(stage, $0) - end(stage, $0 - firings) > pace
      }
      guard let late else { continue }
      isKept = false
      if let edges = trail.fullBuffers(before: stage, late % firings, of: self) {
        return .missed(edges: edges)
      }
    }
    return isKept ? .kept : .unknown
  }

  /// The ways by which firings of the last image came to start when they did.
  private struct Trail {
    private let graph: TokenGraph
    /// By stage, the buffers it reads, and the limited ones it writes.
    private var reads: [[Int]]
    private var writes: [[Int]]
    /// By buffer, the firings that give tokens up, once asked for.
    private var releasers: [Int: [Int32]] = [:]

    init(_ graph: TokenGraph) {
      self.graph = graph
      reads = graph.stages.map { _ in [] }
      writes = reads
      for (index, edge) in graph.edges.enumerated() {
        reads[edge.consumer].append(index)
        if edge.depth != nil { writes[edge.producer].append(index) }
      }
    }

    /// What a firing of an image waited for: another, so many images before, through a full buffer or
    /// not.
    private struct Cause {
      var stage: Int
      var firing: Int
      var images: Int64
      var fullBuffer: Int?
    }

    /// The full buffers on a cycle of firings that takes longer than its images have, followed from a
    /// firing of the last image; `nil` where the way ends, or leads round in no more than that time.
    ///
    /// What led to a firing of an image before is taken to be what leads to the same firing of the last
    /// image. The weight of the cycle is summed up, so that it proves itself.
    mutating func fullBuffers(before stage: Int, _ firing: Int, of run: borrowing TokenRun)
      -> [Int]?
    {
      var (stage, firing) = (stage, firing)
      var visits: [Int: (weight: Int64, buffers: Int)] = [:]
      var weight: Int64 = 0
      var full: [Int] = []
      while true {
        let key = run.places[stage] + firing
        if let visit = visits[key] {
          guard weight > visit.weight else { return nil }
          return Array(Set(full[visit.buffers...])).sorted()
        }
        visits[key] = (weight, full.count)
        guard let cause = cause(of: stage, firing, in: run) else { return nil }
        weight += graph.stages[stage].service(of: firing) - run.pace * cause.images
        if let buffer = cause.fullBuffer { full.append(buffer) }
        (stage, firing) = (cause.stage, cause.firing)
      }
    }

    private mutating func cause(of stage: Int, _ local: Int, in run: borrowing TokenRun) -> Cause? {
      let firings = graph.stages[stage].firings
      let firing = (run.images - 1) * firings + local
      let start = run.end(stage, firing) - graph.stages[stage].service(of: local)
      for index in reads[stage] {
        let edge = graph.edges[index]
        let needed = edge.reach.lastNeeded(firing: local)
        let before = (run.images - 1) * edge.reach.tokens
        guard needed >= 0, run.end(edge.producer, before + needed) == start else { continue }
        return Cause(stage: edge.producer, firing: needed, images: 0)
      }
      for index in writes[stage] {
        let edge = graph.edges[index]
        guard let depth = edge.depth, firing >= depth else { continue }
        let table = releasers[index] ?? edge.reach.releasers
        releasers[index] = table
        let (image, token) = (firing - depth).quotientAndRemainder(dividingBy: edge.reach.tokens)
        let releaser = Int(table[token])
        guard run.end(edge.consumer, image * edge.reach.firings + releaser) == start else {
          continue
        }
        return Cause(
          stage: edge.consumer, firing: releaser, images: Int64(run.images - 1 - image),
          fullBuffer: index)
      }
      guard firing > 0, run.end(stage, firing - 1) == start else { return nil }
      return local > 0
        ? Cause(stage: stage, firing: local - 1, images: 0)
        : Cause(stage: stage, firing: firings - 1, images: 1)
    }
  }
}

extension TokenGraph.Stage {
  /// Cycles of a firing of an image.
  func service(of firing: Int) -> Int64 {
    let (quotient, remainder) = cycles.quotientAndRemainder(dividingBy: Int64(firings))
    let due = Int64(firing) * remainder % Int64(firings)
    return quotient + (due + remainder >= Int64(firings) ? 1 : 0)
  }
}

extension TokenReach {
  /// The last token that a firing needs; -1 where it needs none.
  func lastNeeded(firing: Int) -> Int {
    if isWhole { return tokens - 1 }
    return lastNeeded(row: firing / columns.count, column: firing % columns.count)
  }

  /// By token, the firing that gives it up.
  ///
  /// - Complexity: O(*tokens* + *firings*).
  var releasers: [Int32] {
    if isWhole { return Array(repeating: Int32(firings - 1), count: tokens) }
    var releasers: [Int32] = []
    releasers.reserveCapacity(tokens)
    for row in rows.indices {
      for column in columns.indices {
        let released = released(row: row, column: column)
        while releasers.count < released {
          releasers.append(Int32(row * columns.count + column))
        }
      }
    }
    return releasers
  }
}
