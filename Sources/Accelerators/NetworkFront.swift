/// The ways to run a whole network that no other beats in both energy and latency: the sums of its
/// layers' ways, each layer in any of them.
public struct NetworkFront: Hashable, Sendable {
  /// What one way to run the network costs.
  public struct Point: Hashable, Sendable {
    /// Time in milliseconds.
    public var latencyMilliseconds: Double
    /// Energy in millijoules.
    public var energyMillijoules: Double
    /// Bytes to and from the outermost memory; `nil` where the target does not say.
    public var dramBytes: Int64?
  }

  /// In order of latency, so that energies fall.
  public var points: [Point]
  /// For each way that is no point there is a point of no more latency and of at most `1 + tolerance`
  /// times its energy; 0 where no point was left out.
  public var tolerance: Double
  /// Whether the front of every layer is proven to be whole.
  public var isProven: Bool
  /// Index of the point of the least energy-delay product.
  public var leastProductIndex: Int
  /// Of each layer, the index of its way at that point.
  public var chosenWays: [Int]

  /// Whether no way that belongs to the front is missing.
  public var isExact: Bool { isProven && tolerance == 0 }

  /// Fronts of more points than this are thinned out, with a tolerance that the front tells.
  public static let largestCount = 4096
}

extension NetworkFront {
  /// The front of layers that run one after the other; `nil` where one of them lists no front.
  ///
  /// - Parameters:
  ///   - numbers: of each layer, the number of its cost; layers of one number are the same.
  ///   - costs: the cost of a number.
  ///   - largestCount: more points than this are thinned out.
  public init?(
    of numbers: [Int], costs: (Int) -> LayerCost, largestCount: Int = Self.largestCount
  ) {
    guard !numbers.isEmpty, numbers.allSatisfy({ !costs($0).front.isEmpty }) else { return nil }
    var sum = FrontSum(largestCount: largestCount)
    // What has one way only adds to every point alike.
    for number in numbers where costs(number).front.count == 1 { sum.shift(costs(number).front[0]) }
    let choices = numbers.indices.filter { costs(numbers[$0]).front.count > 1 }
    // Same layers together, small fronts first: so few points are carried along.
    let order = choices.sorted {
      let (one, two) = (numbers[$0], numbers[$1])
      return (costs(one).front.count, one, $0) < (costs(two).front.count, two, $1)
    }
    for index in order { sum.add(costs(numbers[index]).front) }
    guard let best = sum.front.leastProductIndex else { return nil }
    var ways = [Int](repeating: 0, count: numbers.count)
    for (index, way) in zip(order, sum.ways(ofPoint: best)) { ways[index] = way }
    let timed = numbers.first { (costs($0).cycles ?? 0) > 0 }.map { costs($0) }
    let millisecondsPerCycle =
      timed.map { $0.latencyMilliseconds / Double($0.cycles ?? 1) } ?? 0
    points = sum.front.map { point in
      Point(
        latencyMilliseconds: point.cycles * millisecondsPerCycle,
        energyMillijoules: point.energyPicojoules * 1e-9, dramBytes: point.payload.dramBytes)
    }
    tolerance = sum.tolerance
    isProven = numbers.allSatisfy { number in
      costs(number).nests.allSatisfy(\.isProvenBest)
    }
    leastProductIndex = best
    chosenWays = ways
  }
}

/// A sum of fronts that remembers how each of its points came about.
private struct FrontSum {
  /// How a point came about at a step: a point of the step before, and a way of the layer added.
  struct Step: Sendable {
    var previous: Int32
    var way: Int32
    var dramBytes: Int64?
  }

  let largestCount: Int
  private(set) var front: ParetoFront<Step>
  private(set) var tolerance = 0.0
  /// Of each step, how its points came about.
  private var steps: [[Step]] = []

  init(largestCount: Int) {
    self.largestCount = max(2, largestCount)
    front = ParetoFront()
    front.insert(energyPicojoules: 0, cycles: 0, Step(previous: 0, way: 0, dramBytes: 0))
  }

  /// Adds what costs the same whatever the others do.
  ///
  /// - Precondition: no choice was added before.
  mutating func shift(_ cost: LayerCost) {
    guard let point = front.first else { return }
    var shifted = ParetoFront<Step>()
    shifted.insert(
      energyPicojoules: point.energyPicojoules + (cost.energyPicojoules ?? 0),
      cycles: point.cycles + Double(cost.cycles ?? 0),
      Step(
        previous: 0, way: 0, dramBytes: sum(point.payload.dramBytes, cost.dramBytes)))
    front = shifted
  }

  /// Adds a layer that runs in any of some ways.
  mutating func add(_ ways: [LayerCost]) {
    var choices = ParetoFront<Int>()
    for (index, way) in ways.enumerated() {
      choices.insert(
        energyPicojoules: way.energyPicojoules ?? 0, cycles: Double(way.cycles ?? 0), index)
    }
    let (before, choicesMade) = (front, choices)
    front = choices.sums(with: before) { choice, previous in
      let way = choicesMade[choice].payload
      return Step(
        previous: Int32(previous), way: Int32(way),
        dramBytes: sum(before[previous].payload.dramBytes, ways[way].dramBytes))
    }
    thin()
    steps.append(front.map(\.payload))
  }

  /// Of each layer added, the way it takes at a point.
  func ways(ofPoint point: Int) -> [Int] {
    var (ways, point) = ([Int](), point)
    for step in steps.reversed() {
      ways.append(Int(step[point].way))
      point = Int(step[point].previous)
    }
    return ways.reversed()
  }

  /// Leaves out points that others nearly cover, as few as the limit asks for.
  private mutating func thin() {
    guard front.count > largestCount else { return }
    var (step, thinned) = (1e-7, front)
    while thinned.count > largestCount / 2, step < 1 {
      step *= 2
      thinned = front.thinned(withinTolerance: step)
    }
    front = thinned
    tolerance = (1 + tolerance) * (1 + step) - 1
  }
}

/// The sum of two counts; `nil` where one of them is not known.
private func sum(_ one: Int64?, _ two: Int64?) -> Int64? {
  guard let one, let two else { return nil }
  return one + two
}
