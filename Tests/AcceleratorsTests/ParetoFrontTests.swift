import Accelerators
import Testing

@Suite("Pareto fronts")
struct ParetoFrontTests {
  private static func front(_ points: [(cycles: Double, energy: Double)]) -> ParetoFront<Int> {
    var front = ParetoFront<Int>()
    for (number, point) in points.enumerated() {
      front.insert(energyPicojoules: point.energy, cycles: point.cycles, number)
    }
    return front
  }

  /// Cycles and energies from small ranges, so that many are equal: a linear congruential generator
  /// (Knuth, MMIX).
  private static func points(_ count: Int, seed: UInt64) -> [(cycles: Double, energy: Double)] {
    var state = seed
    let draw = { () -> Double in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 33 & 31)
    }
    return (0..<count).map { _ in (draw() + 1, draw() + 1) }
  }

  /// By definition: those that no other beats, of equal ones the first.
  private static func unbeaten(_ points: [(cycles: Double, energy: Double)]) -> [Int] {
    points.indices.filter { index in
      !points.indices.contains { other in
        let (one, two) = (points[other], points[index])
        guard one.cycles <= two.cycles, one.energy <= two.energy else { return false }
        return one != two || other < index
      }
    }
  }

  @Test("keep what no other point beats, in order of cycles", arguments: 0..<200 as Range<UInt64>)
  func insertion(seed: UInt64) {
    let points = Self.points(Int(seed % 23), seed: seed)
    let front = Self.front(points)
    let expected = Self.unbeaten(points).sorted { points[$0].cycles < points[$1].cycles }
    #expect(front.map(\.payload) == expected)
    #expect(front.map(\.cycles) == expected.map { points[$0].cycles })
    #expect(front.map(\.energyPicojoules) == expected.map { points[$0].energy })
  }

  @Test("tell whether a point is covered", arguments: 0..<50 as Range<UInt64>)
  func covering(seed: UInt64) {
    let points = Self.points(12, seed: seed)
    let front = Self.front(points)
    for asked in Self.points(20, seed: seed + 1000) {
      let least = points.filter { $0.cycles <= asked.cycles }.map(\.energy).min()
      #expect(front.leastEnergyPicojoules(withinCycles: asked.cycles) == least)
      #expect(
        front.covers(energyPicojoules: asked.energy, cycles: asked.cycles)
          == (least.map { $0 <= asked.energy } ?? false))
    }
  }

  @Test("say whether a point was added, and ask for its payload only then")
  func result() {
    var front = Self.front([(10, 5), (20, 3)])
    let added = front.insert(energyPicojoules: 2, cycles: 20, 2)
    #expect(added)
    #expect(front.map(\.payload) == [0, 2])
    let refused = front.insert(
      energyPicojoules: 5, cycles: 15,
      {
        Issue.record("a covered point needs no payload")
        return 3
      }())
    #expect(!refused)
    #expect(front.leastProductIndex == 1)
    #expect(ParetoFront<Int>().leastProductIndex == nil)
  }

  @Test("remove energies that a factor lifts to the new point's")
  func factor() {
    var front = Self.front([(10, 5), (20, 3.99)])
    front.insert(energyPicojoules: 4, cycles: 15, removingEnergiesTimes: 1.01, 2)
    #expect(front.map(\.payload) == [0, 2])
  }

  @Test("add up to the front of all sums", arguments: 0..<100 as Range<UInt64>)
  func sums(seed: UInt64) {
    let (first, second) = (Self.points(9, seed: seed), Self.points(7, seed: seed + 500))
    let all = first.flatMap { one in
      second.map { (cycles: one.cycles + $0.cycles, energy: one.energy + $0.energy) }
    }
    let sums = Self.front(first).sums(with: Self.front(second)) { ($0, $1) }
    let expected = Self.unbeaten(all).map { all[$0] }.sorted { $0.cycles < $1.cycles }
    #expect(sums.map(\.cycles) == expected.map(\.cycles))
    #expect(sums.map(\.energyPicojoules) == expected.map(\.energy))
    for sum in sums {
      let (one, two) = (Self.front(first)[sum.payload.0], Self.front(second)[sum.payload.1])
      #expect(one.cycles + two.cycles == sum.cycles)
      #expect(one.energyPicojoules + two.energyPicojoules == sum.energyPicojoules)
    }
  }

  @Test("thin to points within the tolerance of all, both ends among them")
  func thinning() {
    let all = Self.front((0..<1000).map { (Double($0 + 1), 2000 - Double($0)) })
    let thin = all.thinned(withinTolerance: 0.01)
    #expect(thin.count < 100)
    #expect(thin.first == all.first)
    #expect(thin.last == all.last)
    for point in all {
      #expect(
        thin.covers(energyPicojoules: point.energyPicojoules * 1.01, cycles: point.cycles))
    }
  }
}
