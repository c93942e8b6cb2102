import Accelerators
import Dataflow
import Mapper
import Networks
import Ops
import TestSupport
import Testing

/// Arrays that often leave a small problem no mapping.
private struct TightArrays {
  var searches: SmallSearches

  init(seed: UInt64) { searches = SmallSearches(generator: SplitMix64(seed: seed)) }

  mutating func problem() throws -> Problem { try searches.problem() }

  mutating func array() -> SpatialArray {
    var array = searches.array()
    array.dataflow = .free(levelCount: array.levels.count)
    for index in array.levels.indices {
      if index > 0, array.levels[index].memory != nil { tighten(&array.levels[index]) }
      array.dataflow.levels[index] = constraints()
    }
    return array
  }

  private mutating func tighten(_ level: inout ArrayLevel) {
    let bytes = { (tests: inout SmallSearches) in tests.pick([Int64(1), 2, 3, 4, 8, 16]) }
    level.memory?.storage =
      searches.pick([true, false])
      ? .shared(capacityBytes: bytes(&searches))
      : .partitions(
        PerTensor(weight: bytes(&searches), input: bytes(&searches), output: bytes(&searches)))
  }

  private mutating func constraints() -> DataflowConstraints.Level {
    var level = DataflowConstraints.Level()
    let sets: [DimensionSet?] = [
      nil, nil, [], DimensionSet(.k), [DimensionSet(.c), DimensionSet(.p)],
      [DimensionSet(.p), DimensionSet(.q), DimensionSet(.r)],
      [DimensionSet(.k), DimensionSet(.c), DimensionSet(.r), DimensionSet(.s)],
    ]
    level.temporal = searches.pick(sets)
    level.spatialX = searches.pick(sets)
    level.spatialY = searches.pick(sets)
    let dimension = searches.pick([LoopDimension.k, .c, .p, .r])
    let range = searches.pick([1...1, 1...2, 2...2, 2...3, 3...3] as [ClosedRange<Int32>])
    switch searches.pick([0, 1, 2, 3]) {
    case 0: level.temporalPasses[dimension] = range
    case 1: level.spatialPasses[dimension] = range
    default: break
    }
    return level
  }
}

@Suite("Changes that leave a mapping")
struct RelaxationTests {
  /// Whether any of all mappings fits; `nil` where they are too many.
  private static func hasMapping(_ problem: Problem, _ array: SpatialArray) -> Bool? {
    let space = Mapspace(problem, on: array)
    guard let mappings = MappingEnumeration(space).mappings(atMost: 1500) else { return nil }
    let search = MappingSearch(space, minimizing: .energy)
    return mappings.contains { (try? search.cost(of: $0)) != nil }
  }

  /// The change by the smallest unit less.
  private static func smaller(_ change: Relaxation, of array: SpatialArray) -> Relaxation? {
    switch change {
    case .capacity(let level, let tensor, let bytes):
      return .capacity(level: level, tensor: tensor, bytes: bytes - 1)
    case .fanout(let level, let axis, let size):
      return .fanout(level: level, axis, size: size - 1)
    case .passes(let level, let dimension, let isSpatial, let range):
      let rules = array.dataflow.levels[level]
      let ranges = isSpatial ? rules.spatialPasses : rules.temporalPasses
      guard let old = ranges[dimension] else { return nil }
      let less =
        range.upperBound > old.upperBound
        ? range.lowerBound...range.upperBound - 1 : range.lowerBound + 1...range.upperBound
      return .passes(level: level, dimension, isSpatial: isSpatial, less)
    default: return nil
    }
  }

  @Test(
    "each alone gives a problem without a mapping one, and a little less does not",
    arguments: 1...2 as ClosedRange<UInt64>)
  func againstEveryMapping(seed: UInt64) throws {
    var drawing = TightArrays(seed: seed)
    var (unmappable, helped, changes) = (0, 0, 0)
    for number in 0..<100 {
      let (problem, array) = (try drawing.problem(), drawing.array())
      guard let isMappable = Self.hasMapping(problem, array) else { continue }
      let found = Mapspace(problem, on: array).relaxations()
      if isMappable {
        #expect(found.isEmpty, "seed \(seed), case \(number)")
        continue
      }
      unmappable += 1
      if !found.isEmpty { helped += 1 }
      for change in found {
        changes += 1
        let text = "seed \(seed), case \(number): \(change.text(on: array))"
        #expect(Self.hasMapping(problem, change.applied(to: array)) != false, "\(text)")
        guard let less = Self.smaller(change, of: array) else { continue }
        #expect(Self.hasMapping(problem, less.applied(to: array)) != true, "less than \(text)")
      }
    }
    print("seed \(seed): \(unmappable) without a mapping, \(helped) helped by \(changes) changes")
    #expect(unmappable >= 20)
    #expect(changes >= 30)
  }

  @Test("what one capacity alone would have to be is never missed")
  func capacities() throws {
    var drawing = TightArrays(seed: 99)
    var compared = 0
    for number in 0..<150 {
      let (problem, array) = (try drawing.problem(), drawing.array())
      guard Self.hasMapping(problem, array) == false else { continue }
      let found = Mapspace(problem, on: array).relaxations()
      for level in array.levels.indices.dropFirst() {
        guard case .shared? = array.levels[level].memory?.storage else { continue }
        let unbounded = Relaxation.capacity(level: level, tensor: nil, bytes: 1 << 20)
        guard let helps = Self.hasMapping(problem, unbounded.applied(to: array)) else { continue }
        compared += 1
        let isTold = found.contains {
          if case .capacity(level, nil, _) = $0 { return true }
          return false
        }
        #expect(isTold == helps, "case \(number), level \(level)")
      }
    }
    #expect(compared >= 50)
  }
}

@Suite("What a user is told where nothing fits")
struct UnmappableMessageTests {
  private static func error(_ text: String, on array: SpatialArray) throws -> CostError? {
    let layer = LayerIdentity(op: try LayerText(text).op)
    return #expect(throws: CostError.self) { try MappedArray(array).cost(of: layer) }
  }

  private static let layer = "conv c=8 k=16 h=8 r=3"
  private static let canonical =
    "conv n=1 c=8 k=16 h=8 w=8 r=3 s=3 stride=1 pad=0 dilation=1 groups=1"

  @Test("a memory too small for one word: its size, or its bypass")
  func tooSmall() throws {
    var array = eyerissLike()
    array.levels[4].memory?.storage = .shared(capacityBytes: 1)
    #expect(
      try Self.error(Self.layer, on: array)
        == .unmappable(
          layer: Self.canonical,
          reason: "the smallest tiles of level 'psum_spad' need 16 bits, and 8 are available",
          changes: ["2 B for 'psum_spad'", "output bypassing 'psum_spad'"]))
  }

  @Test("a double buffer counts twice")
  func doubleBuffer() throws {
    var array = eyerissLike()
    array.levels[4].memory?.storage = .shared(capacityBytes: 3)
    array.levels[4].memory?.buffering = .double
    #expect(
      try Self.error(Self.layer, on: array)
        == .unmappable(
          layer: Self.canonical,
          reason: "the smallest tiles of level 'psum_spad' need 16 bits, and 12 are available",
          changes: ["4 B for 'psum_spad'", "output bypassing 'psum_spad'"]))
  }

  @Test("a partition too small: that of its tensor")
  func partition() throws {
    var array = eyerissLike()
    array.levels[3].memory?.storage = .partitions(PerTensor(weight: 0, input: nil, output: nil))
    #expect(
      try Self.error(Self.layer, on: array)
        == .unmappable(
          layer: Self.canonical,
          reason: "the smallest weight tile of level 'weights_spad' needs 8 bits, and 0 are "
            + "available",
          changes: ["1 B for weight in 'weights_spad'", "weight bypassing 'weights_spad'"]))
  }

  @Test("two memories too small: both sizes at once")
  func twoMemories() throws {
    var array = eyerissLike()
    array.levels[1].memory?.storage = .shared(capacityBytes: 1)
    array.levels[4].memory?.storage = .shared(capacityBytes: 1)
    #expect(
      try Self.error(Self.layer, on: array)
        == .unmappable(
          layer: Self.canonical,
          reason: "the smallest tiles of level 'buffer' need 16 bits, and 8 are available",
          changes: ["2 B for 'buffer' and 2 B for 'psum_spad'"]))
  }

  @Test("a dimension that no level may cut: where it would help")
  func uncuttable() throws {
    var array = eyerissLike()
    for level in array.dataflow.levels.indices {
      array.dataflow.levels[level].temporal = [
        DimensionSet(.k), DimensionSet(.c), DimensionSet(.q), DimensionSet(.r), DimensionSet(.s),
      ]
    }
    #expect(
      try Self.error(Self.layer, on: array)
        == .unmappable(
          layer: Self.canonical, reason: "no level may have a loop over p, whose bound is 6",
          changes: ["p in 'temporal' of 'dram'"]))
  }

  @Test("an unrolling that needs more children than there are: their number, or the passes")
  func fanout() throws {
    var array = eyerissLike()
    array.dataflow.levels[1].spatialX = DimensionSet(.k)
    array.dataflow.levels[1].spatialY = []
    array.dataflow.levels[1].spatialPasses[.k] = 16...16
    #expect(
      try Self.error(Self.layer, on: array)
        == .unmappable(
          layer: Self.canonical,
          reason: "the levels that may have loops over k allow no passes that cut its bound of 16",
          changes: [
            "16 children of 'buffer' along x", "8 to 16 spatial passes of k at 'buffer'",
            "k in 'spatial_y' of 'buffer'",
          ]))
  }

  @Test("passes that do not divide the bound: the nearest that do")
  func passes() throws {
    var array = eyerissLike()
    for level in array.dataflow.levels.indices {
      array.dataflow.levels[level].temporalPasses[.p] = 1...1
    }
    array.dataflow.levels[0].temporalPasses[.p] = 4...5
    #expect(
      try Self.error(Self.layer, on: array)
        == .unmappable(
          layer: Self.canonical,
          reason: "the levels that may have loops over p allow no passes that cut its bound of 6",
          changes: ["4 to 6 temporal passes of p at 'dram'"]))
  }
}
