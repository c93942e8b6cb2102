import Accelerators
import Dataflow
import Mapper
import Ops
import TestSupport
import Testing

@Suite("Bounds of the proof")
struct BoundsTests {
  /// Problems whose mappings are too many to look at all of them: dimensions of up to 40, windows that
  /// slide along both axes, tiles at the border of several levels.
  @Test(
    "no drawn mapping costs less than its bounds, and no search misses one",
    arguments: [Factors.perfect, .imperfect], UInt64(0)..<8)
  func hold(factors: Factors, seed: UInt64) throws {
    var random = SplitMix64(seed: seed &* 7919 &+ (factors == .perfect ? 1 : 2))
    var (mappings, ratios) = (0, SIMD8<Double>(repeating: 0))
    var searches = ProofAudit.SearchCounts()
    for number in 0..<40 {
      guard let problem = try Self.problem(&random) else { continue }
      let array = DrawnTargets(
        problem: problem, levelCount: random.pick([2, 3, 3, 4]),
        mostChildren: random.pick([2, 3, 4, 6])
      ).array(using: &random)
      guard var audit = ProofAudit(Mapspace(problem, on: array, factors: factors)) else { continue }
      for _ in 0..<3 { audit.draw(6, using: &random) }
      mappings += audit.mappingCount
      ratios += audit.ratios
      searches.add(audit.searches)
      if let complaint = audit.complaints.first {
        Issue.record(
          "seed \(seed), problem \(number), \(audit.complaints.count) of \(audit.mappingCount): \(complaint)\n\(problem)\n\(array)"
        )
        return
      }
    }
    print(
      "\(factors.rawValue), seed \(seed): \(mappings) mappings, mean bounds \(ratios / Double(max(1, mappings))), \(searches)"
    )
    #expect(mappings > 1000)
    // So many searches came to an end; others gave up, as they are given little time.
    #expect(searches.pairs > 1000)
    #expect(min(searches.innerLists, searches.outerLists) > 100)
    #expect(searches.whole > 80)
  }

  private static func problem(_ random: inout SplitMix64) throws -> Problem? {
    let draw = { (choices: [Int32], random: inout SplitMix64) in random.pick(choices) }
    var bounds: [LoopDimension: Int32] = [:]
    bounds[.k] = draw([1, 1, 4, 6, 10], &random)
    bounds[.c] = draw([1, 3, 4, 9], &random)
    bounds[.g] = draw([1, 1, 1, 6], &random)
    bounds[.n] = draw([1, 1, 1, 3], &random)
    bounds[.p] = draw([1, 7, 12, 16, 25, 40], &random)
    bounds[.q] = draw([1, 1, 6, 11, 14], &random)
    bounds[.r] = draw([1, 2, 3, 5], &random)
    bounds[.s] = draw([1, 1, 3], &random)
    let extents = Extents(bounds)
    let (stride, dilation) = (draw([1, 1, 2, 3], &random), draw([1, 1, 1, 2], &random))
    let axis = { (outputs: LoopDimension, filters: LoopDimension, padding: Int32) in
      let reach = stride * (extents[outputs] - 1) + dilation * (extents[filters] - 1) + 1
      return AffineAxis(
        [.init(stride, outputs), .init(dilation, filters)], offset: -padding,
        extent: max(1, reach - 2 * padding))
    }
    let padding = draw([0, 0, 1], &random)
    let plain = { (dimensions: [LoopDimension]) in
      dimensions.map { AffineAxis($0, extent: extents[$0]) }
    }
    return try Problem(
      bounds: extents,
      projections: PerTensor(
        weight: Projection(plain([.g, .k, .c, .r, .s])),
        input: Projection(plain([.n, .g, .c]) + [axis(.p, .r, padding), axis(.q, .s, padding)]),
        output: Projection(plain([.n, .g, .k, .p, .q]))),
      precision: Precision(weightBits: 8, activationBits: 8, accumulatorBits: 16))
  }
}
