import Accelerators
import Testing

@Suite("Fronts of networks")
struct NetworkFrontTests {
  private static func way(_ cycles: Int64, _ energy: Double, bytes: Int64 = 1) -> LayerCost {
    LayerCost(
      name: "", text: "layer", macs: 1, cycles: cycles, latencyMilliseconds: Double(cycles) / 1000,
      energyPicojoules: energy, dramBytes: bytes)
  }

  /// A layer with the best of some ways by their product as its own figures.
  private static func layer(_ ways: [LayerCost]) throws -> LayerCost {
    let product = { (cost: LayerCost) in Double(cost.cycles ?? 0) * (cost.energyPicojoules ?? 0) }
    var cost = try #require(ways.min { product($0) < product($1) })
    cost.front = ways
    return cost
  }

  /// Fronts of 1 to 4 points with small whole numbers, so that sums meet: a linear congruential
  /// generator (Knuth, MMIX).
  private static func drawn(seed: UInt64) throws -> [LayerCost] {
    var state = seed
    let draw = { (limit: UInt64) -> Int64 in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int64(state >> 33 % limit) + 1
    }
    return try (0..<3).map { _ in
      var (cycles, energy) = (Int64(0), Int64(40))
      let ways = (0..<draw(4)).map { _ in
        cycles += draw(6)
        energy -= draw(8)
        return way(cycles, Double(energy), bytes: draw(9))
      }
      return try layer(ways)
    }
  }

  @Test("are those of every choice of a way for each layer", arguments: 0..<60 as Range<UInt64>)
  func everyChoice(seed: UInt64) throws {
    let costs = try Self.drawn(seed: seed)
    let numbers = [0, 1, 0, 2, 1]
    var sums: [(cycles: Int64, energy: Double)] = [(0, 0)]
    for number in numbers {
      sums = sums.flatMap { sum in
        costs[number].front.map {
          (sum.cycles + ($0.cycles ?? 0), sum.energy + ($0.energyPicojoules ?? 0))
        }
      }
    }
    let expected = sums.filter { sum in
      !sums.contains {
        $0.cycles <= sum.cycles && $0.energy <= sum.energy
          && ($0.cycles < sum.cycles || $0.energy < sum.energy)
      }
    }.map(\.cycles)
    let front = try #require(NetworkFront(of: numbers) { costs[$0] })
    #expect(
      front.points.map { Int64(($0.latencyMilliseconds * 1000).rounded()) }
        == Set(expected).sorted())
    #expect(front.isExact)
    let best = front.points[front.leastProductIndex]
    let product = try #require(sums.map { Double($0.cycles) * $0.energy }.min())
    #expect(abs(best.latencyMilliseconds * 1000 * best.energyMillijoules * 1e9 - product) < 1e-6)
    // What is chosen for the layers adds up to the point, bytes included.
    var report = CostReport(
      target: "", network: "", parameters: 0, layers: [])
    report.add(numbers, costs: { costs[$0] }, names: ["a", "b", "c", "d", "e"])
    #expect(report.layers.map(\.name) == ["a", "b", "c", "d", "e"])
    #expect(abs(report.latencyMilliseconds - best.latencyMilliseconds) < 1e-9)
    #expect(abs((report.energyMillijoules ?? 0) - best.energyMillijoules) < 1e-15)
    #expect(report.dramBytes == best.dramBytes)
  }

  @Test("that are thinned out cover the whole front within the tolerance they tell")
  func thinned() throws {
    // Sums of powers of two are all different: 2^12 points.
    let costs = try (0..<12).map { index in
      let step = Int64(1) << Int64(index)
      return try Self.layer([Self.way(1, 10_000), Self.way(1 + step, 10_000 - Double(step))])
    }
    let numbers = Array(costs.indices)
    let whole = try #require(NetworkFront(of: numbers) { costs[$0] })
    #expect(whole.points.count == 4096)
    #expect(whole.tolerance == 0)
    let thin = try #require(NetworkFront(of: numbers, costs: { costs[$0] }, largestCount: 100))
    #expect(thin.points.count <= 100)
    #expect(thin.tolerance > 0 && thin.tolerance < 0.01)
    #expect(!thin.isExact)
    for point in whole.points {
      #expect(
        thin.points.contains {
          $0.latencyMilliseconds <= point.latencyMilliseconds * (1 + 1e-12)
            && $0.energyMillijoules <= point.energyMillijoules * (1 + thin.tolerance + 1e-12)
        })
    }
  }

  @Test("need a front of every layer")
  func missing() {
    #expect(NetworkFront(of: [0]) { _ in Self.way(1, 1) } == nil)
    #expect(NetworkFront(of: []) { _ in Self.way(1, 1) } == nil)
  }
}

@Suite("Optimality")
struct OptimalityTests {
  @Test("the gap is the share above the bound, 0 with a proof, unknown without a bound")
  func gap() {
    #expect(Optimality(ofValue: 12, isProven: false, lowerBound: 10).gap == 12.0 / 10 - 1)
    let proven = Optimality(ofValue: 12, isProven: true, lowerBound: 10)
    #expect(proven.gap == 0)
    #expect(proven.lowerBound == 12)
    #expect(Optimality(ofValue: 12, isProven: false, lowerBound: nil).gap == nil)
    #expect(Optimality(ofValue: 12, isProven: false, lowerBound: 0).gap == nil)
  }

  @Test("a network counts its unproven layers and takes the largest gap, unknown if one is")
  func network() {
    var search = NetworkSearch()
    search.add(Optimality(ofValue: 12, isProven: true, lowerBound: nil))
    search.add(Optimality(ofValue: 12, isProven: false, lowerBound: 8))
    search.add(Optimality(ofValue: 12, isProven: false, lowerBound: 10))
    #expect(search.unprovenLayers == 2)
    #expect(search.largestGap == 0.5)
    search.add(Optimality(ofValue: 12, isProven: false, lowerBound: nil))
    #expect(search.unprovenLayers == 3)
    #expect(search.largestGap == nil)
  }
}
