/// The smallest buffers with which a pipeline keeps the interval of its slowest stage.
public struct LeastDepths: Hashable, Sendable {
  /// By edge, tokens it holds, those under the window included.
  public var depths: [Int]
  /// The sum of what they hold, by the weights of the search.
  public var total: Int64
  /// What no depths that keep the interval are below.
  public var lowerBound: Int64

  /// Whether no buffers are smaller in sum.
  public var isProven: Bool { total == lowerBound }
}

/// Finds the depths of all buffers of a graph with the least weighted sum that keep the interval which
/// the graph has with unlimited ones.
///
/// Larger buffers never slow a pipeline. So for depths that do not keep the interval, any larger ones
/// that do are larger in some buffer of each cycle that is too slow (the storage dependencies of Stuijk,
/// Geilen and Basten, Exploring trade-offs in buffer requirements and throughput constraints for
/// synchronous dataflow graphs, DAC 2006). The search starts at what the windows need at least, raises
/// a buffer that is alone on a cycle to the depth it needs by itself, and else tries each buffer of the
/// cycle one token larger with those before it left as they are; the smallest sum comes first. The first
/// depths that keep the interval are then the least.
public struct DepthSearch: Sendable {
  /// Its buffers' depths are not looked at.
  public let graph: TokenGraph
  /// By edge, what a token counts in the sum: at least 1.
  public let weights: [Int64]
  /// The most firings that are run before the search settles for what it has.
  public let mostFirings: Int

  /// - Parameter weights: By edge, what a token counts; `nil` for 1 each.
  public init(_ graph: TokenGraph, weights: [Int64]? = nil, mostFirings: Int = 1 << 26) {
    var open = graph
    for edge in open.edges.indices { open.edges[edge].depth = nil }
    self.graph = open
    self.weights = weights?.map { max(1, $0) } ?? graph.edges.map { _ in 1 }
    self.mostFirings = mostFirings
  }

  /// The least depths, or the smallest that were found.
  ///
  /// - Throws: `TokenError.tooLarge` for a graph that is too large to run.
  public func least() throws(TokenError) -> LeastDepths {
    guard graph.leastIntervalCycles > 0 else { return settled(graph.edges.map(\.reach.widest)) }
    var run = DepthRun(graph, weights: weights, left: mostFirings)
    return try run.least()
  }

  /// Nothing takes any time: what the windows need is enough.
  private func settled(_ depths: [Int]) -> LeastDepths {
    let total = DepthRun.total(depths, weights)
    return LeastDepths(depths: depths, total: total, lowerBound: total)
  }
}

/// The state of a search for depths.
private struct DepthRun {
  private let graph: TokenGraph
  private let weights: [Int64]
  private let pace: Int64
  private let firings: Int
  /// Firings that may be run, and that may still be.
  private let budget: Int
  private var left: Int
  /// By edge, the depth below which no other depths keep the interval, once known.
  private var alone: [Int?]
  /// Depths that keep the interval, all together.
  private var enough: [Int] = []

  /// Depths of which no smaller ones keep the interval that differ in other than the open buffers.
  private struct Node {
    var total: Int64
    var depths: [Int]
    /// Buffers that stay as they are.
    var isFixed: [Bool]
    /// Which of two equal sums was met first.
    var number: Int
  }

  init(_ graph: TokenGraph, weights: [Int64], left: Int) {
    self.graph = graph
    self.weights = weights
    budget = max(0, min(left, 1 << 40))
    self.left = budget
    pace = graph.leastIntervalCycles
    firings = graph.stages.reduce(0) { $0 + $1.firings }
    alone = graph.edges.map { _ in nil }
  }

  static func total(_ depths: [Int], _ weights: [Int64]) -> Int64 {
    zip(depths, weights).reduce(0) {
      $0.saturatingSum(Int64($1.0).saturatingProduct($1.1))
    }
  }

  /// Whether depths keep the interval; `nil` edges are unlimited.
  private mutating func verdict(_ depths: [Int?]) throws(TokenError) -> TokenRun.Pace {
    var limited = graph
    for (edge, depth) in depths.enumerated() { limited.edges[edge].depth = depth }
    var images = Self.leastImages
    while images <= Self.mostImages {
      left -= images * firings
      do throws(TokenError) {
        let run = try TokenRecurrence(limited, images: images, pace: pace).run()
        switch run.verdict(graph: limited) {
        case .unknown: images *= 2
        case let known: return known
        }
      } catch {
        switch error {
        case .deadlock(_, let edges): return .missed(edges: edges)
        case .tooLarge where images > Self.leastImages: return .unknown
        case .tooLarge: throw error
        }
      }
    }
    return .unknown
  }

  private static let leastImages = 3
  private static let mostImages = 96
  /// The most depths that wait to be tried: the smallest is looked for among all of them.
  private static let mostNodes = 1 << 13

  private mutating func keeps(_ depths: [Int?]) throws(TokenError) -> Bool {
    if case .kept = try verdict(depths) { return true }
    return false
  }

  /// Whether depths are shown not to keep the interval.
  private mutating func misses(_ depths: [Int?]) throws(TokenError) -> Bool {
    if case .missed = try verdict(depths) { return true }
    return false
  }

  mutating func least() throws(TokenError) -> LeastDepths {
    let start = graph.edges.map(\.reach.widest)
    var images = Self.leastImages
    while true {
      guard images <= Self.mostImages, left > 0 else { throw .tooLarge }
      let free = try TokenRecurrence(graph, images: images, pace: pace).timing()
      enough = zip(start, free.sufficientDepths).map { max($0, $1) }
      left -= images * firings
      if try keeps(enough) { break }
      images *= 2
    }
    var heap: [Node] = [
      Node(
        total: Self.total(start, weights), depths: start, isFixed: start.map { _ in false },
        number: 0)
    ]
    var number = 0
    let most = Self.total(enough, weights)
    while let place = heap.indices.min(by: { Self.comes(heap[$0], before: heap[$1]) }) {
      var node = heap[place]
      // All that is not ruled out holds as much as depths that are known to do.
      if node.total >= most {
        return LeastDepths(depths: enough, total: most, lowerBound: most)
      }
      guard left > 0, heap.count <= Self.mostNodes else { return try settled(from: node) }
      heap.swapAt(place, heap.count - 1)
      heap.removeLast()
      switch try verdict(node.depths) {
      case .kept:
        return LeastDepths(depths: node.depths, total: node.total, lowerBound: node.total)
      case .unknown:
        return try settled(from: node)
      case .missed(let edges):
        let raised = try raise(edges, of: &node)
        if raised {
          heap.append(node)
          continue
        }
        for edge in edges where !node.isFixed[edge] {
          var child = node
          number += 1
          child.number = number
          child.depths[edge] += 1
          child.total = child.total.saturatingSum(weights[edge])
          heap.append(child)
          node.isFixed[edge] = true
        }
      }
    }
    let total = Self.total(start, weights)
    return try settled(from: Node(total: total, depths: start, isFixed: [], number: 0))
  }

  private static func comes(_ one: Node, before other: Node) -> Bool {
    (one.total, one.number) < (other.total, other.number)
  }

  /// Raises buffers to what they need by themselves; whether any was raised.
  private mutating func raise(_ edges: [Int], of node: inout Node) throws(TokenError) -> Bool {
    var isRaised = false
    for edge in edges where !node.isFixed[edge] {
      let needed = try neededAlone(edge)
      guard needed > node.depths[edge] else { continue }
      node.depths[edge] = needed
      isRaised = true
    }
    node.total = Self.total(node.depths, weights)
    return isRaised
  }

  /// The depth of a buffer of which all smaller ones are shown to be too small even with all others
  /// unlimited, by steps that double and then halve. Depths of which a run shows nothing end it early.
  private mutating func neededAlone(_ edge: Int) throws(TokenError) -> Int {
    if let known = alone[edge] { return known }
    var (low, step) = (graph.edges[edge].reach.widest, 1)
    var high = low
    func depths(_ depth: Int) -> [Int?] {
      graph.edges.indices.map { $0 == edge ? depth : nil }
    }
    while high < enough[edge], try misses(depths(high)) {
      low = high + 1
      high = min(enough[edge], high + step)
      step *= 2
    }
    while low < high {
      let middle = (low + high) / 2
      if try misses(depths(middle)) { low = middle + 1 } else { high = middle }
    }
    alone[edge] = low
    return low
  }
}

// MARK: - Without a proof
extension DepthRun {
  /// Depths that keep the interval of which none can be smaller by itself, from the smallest ones that
  /// were not ruled out.
  private mutating func settled(from node: Node) throws(TokenError) -> LeastDepths {
    // As many firings again, at most.
    let end = min(left, 0) - budget
    var depths = node.depths
    grow: while true {
      switch left > end ? try verdict(depths) : .unknown {
      case .kept: break grow
      case .unknown:
        depths = enough
        break grow
      case .missed(let edges):
        let open = edges.filter { depths[$0] < enough[$0] }
        guard !open.isEmpty else {
          depths = enough
          break grow
        }
        for edge in open {
          depths[edge] = min(enough[edge], depths[edge] + max(1, depths[edge] / 8))
        }
      }
    }
    for edge in depths.indices.sorted(by: { (weights[$1], $0) < (weights[$0], $1) }) {
      var low = graph.edges[edge].reach.widest
      while low < depths[edge], left > end {
        var trial = depths
        trial[edge] = (low + depths[edge]) / 2
        if try keeps(trial) { depths = trial } else { low = trial[edge] + 1 }
      }
    }
    let total = Self.total(depths, weights)
    return LeastDepths(
      depths: depths, total: total, lowerBound: min(total, node.total))
  }
}
