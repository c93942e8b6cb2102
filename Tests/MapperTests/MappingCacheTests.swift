import Accelerators
import Dataflow
import Dispatch
import Mapper
import Networks
import Ops
import Testing

@Suite("Known mappings")
struct MappingCacheTests {
  private static func layer(_ text: String) throws -> LayerIdentity {
    LayerIdentity(op: try LayerText(text).op)
  }

  static func cost(
    _ text: String, on array: SpatialArray = eyerissLike(), _ options: CostOptions = CostOptions(),
    knowing cache: MappingCache
  ) throws -> LayerCost {
    try MappedArray(array, options: options, cache: cache).cost(of: layer(text))
  }

  @Test("the same problem is searched once, however the layer is written")
  func sameProblem() throws {
    let cache = MappingCache()
    let one = try Self.cost("depthwise c=8 h=8 r=3", knowing: cache)
    let again = try Self.cost("depthwise c=8 h=8 r=3", knowing: cache)
    #expect(one == again)
    #expect(cache.searchCount == 1)
    let grouped = try Self.cost("conv c=8 k=8 h=8 r=3 groups=8", knowing: cache)
    #expect(cache.searchCount == 1)
    #expect(grouped.energyPicojoules == one.energyPicojoules)
    #expect(grouped.text != one.text)
  }

  @Test("an array's name, sources and units do not matter, a number of it does")
  func whatMatters() throws {
    let cache = MappingCache()
    _ = try Self.cost("linear c=16 k=8", knowing: cache)
    var renamed = eyerissLike()
    renamed.name = "other"
    renamed.sources = ["paper": "a paper"]
    renamed.provenance = ["clock": .assumed("a guess")]
    renamed.nodeNanometers = 7
    renamed.dataflow.name = "other"
    _ = try Self.cost("linear c=16 k=8", on: renamed, knowing: cache)
    #expect(cache.searchCount == 1)
    var slower = eyerissLike()
    slower.compute.operationPicojoules *= 2
    _ = try Self.cost("linear c=16 k=8", on: slower, knowing: cache)
    #expect(cache.searchCount == 2)
  }

  @Test(
    "another objective, front, rule set or kind of factors is another question",
    arguments: [
      CostOptions(objective: .energy), CostOptions(listsFront: true),
      CostOptions(counting: .timeloop), CostOptions(factors: .imperfect),
    ])
  func otherQuestions(options: CostOptions) throws {
    let cache = MappingCache()
    _ = try Self.cost("linear c=16 k=8", knowing: cache)
    _ = try Self.cost("linear c=16 k=8", options, knowing: cache)
    #expect(cache.searchCount == 2)
  }

  @Test("factors that the dataflow forbids are no other question")
  func forbiddenFactors() throws {
    let cache = MappingCache()
    var array = eyerissLike()
    array.dataflow.allowsImperfectFactors = false
    _ = try Self.cost("linear c=16 k=8", on: array, knowing: cache)
    _ = try Self.cost(
      "linear c=16 k=8", on: array, CostOptions(factors: .imperfect), knowing: cache)
    #expect(cache.searchCount == 1)
  }

  @Test("a proof serves whatever the time limit")
  func provenServesAll() throws {
    let cache = MappingCache()
    let cost = try Self.cost("linear c=16 k=8", CostOptions(timeLimitSeconds: 60), knowing: cache)
    try #require(cost.optimality?.isProven == true)
    _ = try Self.cost("linear c=16 k=8", knowing: cache)
    _ = try Self.cost("linear c=16 k=8", CostOptions(timeLimitSeconds: 90), knowing: cache)
    #expect(cache.searchCount == 1)
  }

  @Test("what a time limit may have cut short serves a shorter one only")
  func timeLimits() throws {
    let cache = MappingCache()
    // Nothing is proven under Timeloop's rules in a space of this size.
    let ask = { (limit: Double?) in
      try Self.cost(
        "conv c=16 k=8 h=8 r=3", CostOptions(counting: .timeloop, timeLimitSeconds: limit),
        knowing: cache)
    }
    try #require(try ask(60).optimality?.isProven == false)
    _ = try ask(30)
    #expect(cache.searchCount == 1)
    _ = try ask(90)
    #expect(cache.searchCount == 2)
    _ = try ask(60)
    _ = try ask(90)
    #expect(cache.searchCount == 2)
    _ = try ask(nil)
    #expect(cache.searchCount == 3)
    _ = try ask(90)
    #expect(cache.searchCount == 3)
  }

  @Test("that there is no mapping is known as well")
  func errors() throws {
    let cache = MappingCache()
    var array = eyerissLike()
    array.levels[4].memory?.storage = .shared(capacityBytes: 1)
    for _ in 0..<2 {
      #expect(throws: CostError.self) {
        try Self.cost("linear c=16 k=8", on: array, knowing: cache)
      }
    }
    #expect(cache.searchCount == 1)
  }

  @Test("a front's points have their whole cost, and the layer's own is the best product")
  func front() throws {
    let cost = try Self.cost(
      "conv c=8 k=8 h=8 r=3", on: eyerissLike(dramBytesPerCycle: 4), CostOptions(listsFront: true),
      knowing: MappingCache())
    #expect(cost.front.count > 1)
    let products = cost.front.map { Double($0.cycles ?? 0) * ($0.energyPicojoules ?? 0) }
    #expect(Double(cost.cycles ?? 0) * (cost.energyPicojoules ?? 0) == products.min())
    #expect(cost.front.map(\.nests.first?.cost.cycles) == cost.front.map(\.cycles))
    #expect(cost.nests.first?.front.count == cost.front.count)
    // A layer without arithmetic has one way to run.
    let array = eyerissLike()
    #expect(throws: CostError.self) {
      try Self.cost("maxpool c=8 h=8 r=2", on: array, knowing: MappingCache())
    }
  }
}

@Suite("Known mappings, asked for at once")
struct MappingCacheThreadsTests {
  @Test("two who ask at once search once, and get the same as one alone")
  func atOnce() throws {
    let texts = ["linear c=16 k=8", "conv c=8 k=8 h=8 r=3", "depthwise c=8 h=8 r=3"]
    let alone = try texts.map { try MappingCacheTests.cost($0, knowing: MappingCache()) }
    let cache = MappingCache()
    DispatchQueue.concurrentPerform(iterations: 24) { index in
      let text = texts[index % 3]
      let cost = try? MappingCacheTests.cost(text, knowing: cache)
      #expect(cost == alone[index % 3])
    }
    #expect(cache.searchCount == 3)
  }
}
