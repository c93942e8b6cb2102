import Accelerators
import Dataflow
import Mapper
import Ops
import Testing

@Suite("Mapping search")
struct MappingSearchTests {
  /// A layer, and cycles and pJ of the least product of both over all row-stationary mappings, by
  /// an independent branch and bound whose optima timeloop-model confirmed.
  struct Optimum: Sendable {
    var g: Int32 = 1
    var k: Int32
    var c: Int32
    var p: Int32
    var r: Int32
    var stride: Int32 = 1
    var cycles: Int64
    var picojoules: Double
  }

  @Test(
    "finds the proven optima of Timeloop's rules for eyeriss-like",
    arguments: [
      Optimum(k: 16, c: 16, p: 32, r: 3, cycles: 24576, picojoules: 6.70339e6),
      Optimum(k: 32, c: 32, p: 16, r: 1, cycles: 4096, picojoules: 1.61391e6),
      Optimum(k: 32, c: 16, p: 16, r: 3, stride: 2, cycles: 12288, picojoules: 4.11752e6),
      Optimum(k: 32, c: 16, p: 16, r: 1, cycles: 2048, picojoules: 1.0681e6),
      Optimum(k: 96, c: 16, p: 112, r: 1, cycles: 114688, picojoules: 1.25952e8),
      Optimum(
        g: 96, k: 1, c: 1, p: 56, r: 3, stride: 2, cycles: 113904, picojoules: 1.09346e8),
      Optimum(k: 64, c: 3, p: 224, r: 3, cycles: 516096, picojoules: 3.73703e8),
      Optimum(k: 512, c: 512, p: 28, r: 3, cycles: 11_010_048, picojoules: 3.67665e9),
      Optimum(k: 96, c: 3, p: 55, r: 11, stride: 4, cycles: 732050, picojoules: 2.43218e8),
      Optimum(k: 384, c: 256, p: 13, r: 3, cycles: 958464, picojoules: 3.4959e8),
      Optimum(g: 2, k: 128, c: 192, p: 13, r: 3, cycles: 479232, picojoules: 1.7922e8),
    ])
  func timeloopOptima(layer: Optimum) throws {
    let problem = try convolution(
      g: layer.g, k: layer.k, c: layer.c, p: layer.p, q: layer.p, r: layer.r, s: layer.r,
      stride: layer.stride)
    let result = try MappingSearch(
      Mapspace(problem, on: eyerissLike(), rules: .timeloop), minimizing: .energyDelayProduct
    ).best()
    // 0.1 %: the two differ in whether the multiply-accumulate unit leaks.
    let optimum = layer.picojoules * Double(layer.cycles)
    print("k \(layer.k) c \(layer.c): \(result.cost.edpPicojouleCycles / optimum)")
    #expect(result.cost.edpPicojouleCycles <= optimum * 1.001)
    #expect(result.cost.macs == problem.iterations)
  }
}

@Suite("Chosen mappings")
struct ChosenMappingTests {
  private static let problems: [Problem] =
    (try? [
      convolution(k: 16, c: 16, p: 8, q: 8, r: 3, s: 3, padding: 1),
      convolution(g: 12, k: 1, c: 1, p: 14, q: 14, r: 3, s: 3, stride: 2),
      convolution(k: 10, c: 64, p: 1, q: 1, r: 1, s: 1),
    ]) ?? []

  @Test("keep to the dataflow and fit", arguments: Objective.allCases)
  func validity(objective: Objective) throws {
    #expect(Self.problems.count == 3)
    let array = eyerissLike(dramBytesPerCycle: 4)
    for problem in Self.problems {
      let result = try MappingSearch(Mapspace(problem, on: array), minimizing: objective).best()
      let counts = try ReuseAnalysis(problem, on: array.hierarchy).accessCounts(
        under: result.mapping)
      try array.dataflow.check(result.mapping, of: problem, on: array.hierarchy)
      let cost = SpatialArrayModel(array).cost(
        of: problem, under: result.mapping, counts: counts)
      #expect(cost == result.cost)
      #expect(cost.macs == problem.iterations)
    }
  }

  @Test("each objective is best at its own figure")
  func objectives() throws {
    let space = Mapspace(Self.problems[0], on: eyerissLike(dramBytesPerCycle: 4))
    let cost = { (objective: Objective) in
      try MappingSearch(space, minimizing: objective).best().cost
    }
    let (edp, energy, latency) = (
      try cost(.energyDelayProduct), try cost(.energy), try cost(.latency)
    )
    #expect(energy.energyPicojoules <= edp.energyPicojoules)
    #expect(latency.cycles <= edp.cycles)
    #expect(edp.edpPicojouleCycles <= energy.edpPicojouleCycles)
    #expect(edp.edpPicojouleCycles <= latency.edpPicojouleCycles)
  }

  @Test("are the same however many searches run at once")
  func determinism() async throws {
    let space = Mapspace(Self.problems[0], on: eyerissLike())
    let search = MappingSearch(space, minimizing: .energyDelayProduct)
    let alone = try search.best()
    let together = try await withThrowingTaskGroup(of: SearchResult.self) { group in
      for _ in 0..<4 { group.addTask { try search.best() } }
      return try await group.reduce(into: [SearchResult]()) { $0.append($1) }
    }
    #expect(together.allSatisfy { $0 == alone })
  }

  @Test("more capacity never hurts")
  func capacity() throws {
    var array = eyerissLike()
    var last = Double.infinity
    for kibibytes in [1, 4, 16, 64] as [Int64] {
      array.levels[1].memory?.storage = .shared(capacityBytes: kibibytes * 1024)
      let cost = try MappingSearch(
        Mapspace(Self.problems[0], on: array), minimizing: .energy
      ).best().cost
      #expect(cost.energyPicojoules <= last)
      last = cost.energyPicojoules
    }
  }

  @Test("a memory too small for one word is named with its numbers")
  func tooSmall() throws {
    var array = eyerissLike()
    array.levels[4].memory?.storage = .shared(capacityBytes: 1)
    let error = #expect(throws: UnmappableError.self) {
      try MappingSearch(Mapspace(Self.problems[0], on: array), minimizing: .energy).best()
    }
    #expect(
      error?.reason
        == "the smallest tiles of level 'psum_spad' need 16 bits, and 8 are available")
  }

  @Test("a dimension that no level may cut is named")
  func uncuttable() throws {
    var array = eyerissLike()
    for level in array.dataflow.levels.indices {
      array.dataflow.levels[level].temporal = [DimensionSet(.k), DimensionSet(.c)]
      array.dataflow.levels[level].spatialX = DimensionSet(.k)
      array.dataflow.levels[level].spatialY = DimensionSet(.k)
    }
    let error = #expect(throws: UnmappableError.self) {
      try MappingSearch(Mapspace(Self.problems[0], on: array), minimizing: .energy).best()
    }
    #expect(error?.reason == "no level may have a loop over p, whose bound is 8")
  }
}
