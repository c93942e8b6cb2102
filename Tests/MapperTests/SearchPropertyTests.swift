import Accelerators
import Dataflow
import Mapper
import Ops
import TestSupport
import Testing

/// What holds of the best mappings whatever they are.
@Suite("Properties of proven searches")
struct SearchPropertyTests {
  private static let tolerance = EvaluatedFront.tolerance

  @Test(
    "steps that need not divide are never worse than those that do", arguments: UInt64(300)..<304)
  func imperfect(seed: UInt64) throws {
    var (compared, better) = (0, 0)
    for number in 0..<40 {
      let one = try PropertyCase(seed: seed, number: number)
      guard let perfect = front(of: one.problem, on: one.array, .perfect) else { continue }
      let imperfect = try #require(front(of: one.problem, on: one.array, .imperfect))
      for objective in Objective.allCases {
        let (any, dividing) = (
          imperfect.best(minimizing: objective), perfect.best(minimizing: objective)
        )
        let (found, limit) = (
          objective.rank(try #require(any)).0, objective.rank(try #require(dividing)).0
        )
        #expect(
          found <= limit * (1 + Self.tolerance),
          "seed \(seed), number \(number), \(objective.rawValue): \(found / limit) times")
        if found < limit * (1 - Self.tolerance) { better += 1 }
        compared += 1
      }
    }
    print("seed \(seed): better for \(better) of \(compared) objectives")
    #expect(compared > 50)
  }

  @Test(
    "more capacity, faster ports or more children never make the best worse",
    arguments: UInt64(310)..<314)
  func monotone(seed: UInt64) throws {
    var (compared, better) = (0, 0)
    for number in 0..<40 {
      var random = SplitMix64(seed: seed &* 7919 &+ UInt64(number))
      let one = try PropertyCase(seed: seed, number: number)
      let larger = one.array.enlarged(using: &random)
      guard larger.array != one.array,
        let before = front(of: one.problem, on: one.array, .imperfect)
      else { continue }
      let after = try #require(front(of: one.problem, on: larger.array, .imperfect))
      // Every point of the old front is reached, and so is every objective's best.
      for point in before.points {
        let isReached = after.points.contains {
          $0.cycles <= point.cycles
            && $0.energyPicojoules <= point.energyPicojoules * (1 + Self.tolerance)
        }
        #expect(
          isReached,
          """
          seed \(seed), number \(number), \(larger.change): \
          \(point.cycles) cycles and \(point.energyPicojoules) pJ are lost
          \(one.array)
          \(point.mapping)
          """)
      }
      if after.points.map(\.cycles) != before.points.map(\.cycles) { better += 1 }
      compared += 1
    }
    print("seed \(seed): \(better) of \(compared) fronts moved")
    #expect(compared > 15)
  }

  @Test("searches that run at the same time answer as one alone does")
  func concurrent() async throws {
    let cases = try (0..<12).map { try SearchCase(seed: 320, number: $0, factors: .imperfect) }
    let alone = cases.map(Answers.init)
    let together = await withTaskGroup(of: (Int, Answers).self) { group in
      for (index, one) in cases.enumerated() { group.addTask { (index, Answers(one)) } }
      return await group.reduce(into: [Int: Answers]()) { $0[$1.0] = $1.1 }
    }
    for (index, answers) in alone.enumerated() {
      #expect(together[index] == answers, "number \(index)")
    }
  }

  /// All answers to a case, to the last bit.
  private struct Answers: Equatable, Sendable {
    var best: [SearchResult?]
    var front: FrontResult?

    init(_ one: SearchCase) {
      best = Objective.allCases.map { try? MappingSearch(one.space, minimizing: $0).best() }
      front = try? MappingSearch(one.space, minimizing: .energy).front()
    }
  }

  /// The front found; `nil` where nothing fits. On the largest problems its proof is given up.
  private func front(
    of problem: Problem, on array: SpatialArray, _ factors: Factors
  ) -> EvaluatedFront? {
    let space = Mapspace(problem, on: array, factors: factors)
    guard let result = try? MappingSearch(space, minimizing: .energy).front() else { return nil }
    return EvaluatedFront(result.points)
  }
}

/// A problem and an array that uses power only by what it does.
private struct PropertyCase {
  var problem: Problem
  var array: SpatialArray

  init(seed: UInt64, number: Int) throws {
    var random = SplitMix64(seed: seed &* 1_000_003 &+ UInt64(number))
    while true {
      let shape = random.pick(Shape.allCases)
      guard let problem = shape.problem(using: &random) else { continue }
      self.problem = problem
      array = DrawnTargets(
        problem: problem, levelCount: random.pick(shape.levelCounts), isFreeOfLeakage: true
      ).array(using: &random)
      return
    }
  }
}

extension SpatialArray {
  /// The same array with one thing more: capacity, bandwidth or children.
  fileprivate func enlarged(
    using random: inout SplitMix64
  ) -> (array: SpatialArray, change: String) {
    var array = self
    let level = Int(random.number(in: 0...Int32(levels.count - 1)))
    let kind = random.pick(["capacity", "ports", "children"])
    switch kind {
    case "capacity":
      switch levels[level].memory?.storage {
      case .shared(let bytes?):
        array.levels[level].memory?.storage = .shared(
          capacityBytes: bytes + Int64(random.number(in: 1...12)))
      case .partitions(let bytes):
        array.levels[level].memory?.storage = .partitions(bytes.map { $0.map { $0 + 2 } })
      default: break
      }
    case "ports":
      for port in (levels[level].memory?.ports ?? []).indices {
        let rate: Port.Rate? =
          switch levels[level].memory?.ports[port].rate {
          case .wordsPerCycle(let words)?: .wordsPerCycle(1.5 * words)
          case .bytesPerCycle(let bytes)?: .bytesPerCycle(1.5 * bytes)
          case nil: nil
          }
        if let rate { array.levels[level].memory?.ports[port].rate = rate }
      }
    default:
      if levels[level].fanout.x.size > 1 { array.levels[level].fanout.x.size += 1 }
      if levels[level].fanout.y.size > 1 { array.levels[level].fanout.y.size += 1 }
    }
    return (array, "more \(kind) at level \(level)")
  }
}
