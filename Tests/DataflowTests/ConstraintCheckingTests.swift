import Dataflow
import Ops
import Testing

@Suite("Constraints of a dataflow")
struct ConstraintCheckingTests {
  private let hierarchy = Hierarchy(levels: [
    Hierarchy.Level(name: "dram", memory: Hierarchy.Memory(), x: Hierarchy.Wires(size: 4)),
    Hierarchy.Level(name: "buffer", memory: Hierarchy.Memory()),
  ])

  private func problem() throws -> Problem {
    try Problem(
      bounds: Extents([.k: 4, .c: 6]),
      projections: PerTensor(
        weight: Projection([AffineAxis(.k, extent: 4), AffineAxis(.c, extent: 6)]),
        input: Projection([AffineAxis(.c, extent: 6)]),
        output: Projection([AffineAxis(.k, extent: 4)])),
      precision: Precision(weightBits: 8, activationBits: 8, accumulatorBits: 8))
  }

  /// k 2, c 3 over time, k 2 across; c 2 in the buffer.
  private let mapping = Mapping(levels: [
    LevelMapping(
      keeps: .all, temporal: [Loop(.k, passes: 2, step: 2), Loop(.c, passes: 3, step: 2)],
      spatialX: [Loop(.k, passes: 2, step: 1)]),
    LevelMapping(keeps: .all, temporal: [Loop(.c, passes: 2, step: 1)]),
  ])

  private func broken(
    _ mapping: Mapping? = nil, _ change: (inout DataflowConstraints) -> Void
  ) throws -> MappingError? {
    var constraints = DataflowConstraints.free(levelCount: 2)
    change(&constraints)
    let problem = try problem()
    do throws(MappingError) {
      try constraints.check(mapping ?? self.mapping, of: problem, on: hierarchy)
      return nil
    } catch {
      return error
    }
  }

  @Test("no constraint is broken by a mapping that keeps them all")
  func kept() throws {
    let error = try broken {
      $0.allowsImperfectFactors = false
      $0.levels[0].temporal = [DimensionSet(.k), DimensionSet(.c)]
      $0.levels[0].spatialX = DimensionSet(.k)
      $0.levels[0].order = [.k, .c]
      $0.levels[0].temporalPasses[.c] = 2...3
      $0.levels[0].spatialPasses[.k] = 2...2
      $0.levels[1].temporalPasses[.k] = 1...1
    }
    #expect(error == nil)
  }

  @Test("a loop over a dimension that is not allowed is named")
  func dimension() throws {
    #expect(
      try broken { $0.levels[0].temporal = DimensionSet(.k) }
        == .breaksConstraint(
          level: "dram", constraint: "temporal allows [k], and c has 3 passes"))
    #expect(
      try broken { $0.levels[0].spatialX = DimensionSet(.c) }
        == .breaksConstraint(
          level: "dram", constraint: "spatial_x allows [c], and k has 2 passes"))
  }

  @Test("passes out of their range are named")
  func passes() throws {
    #expect(
      try broken { $0.levels[1].temporalPasses[.c] = 3...6 }
        == .breaksConstraint(
          level: "buffer", constraint: "temporal passes of c must be 3 to 6, and are 2"))
    #expect(
      try broken { $0.levels[0].spatialPasses[.k] = 4...4 }
        == .breaksConstraint(
          level: "dram", constraint: "spatial passes of k must be 4 to 4, and are 2"))
  }

  @Test("named dimensions are in order, and inside of all others")
  func order() throws {
    #expect(
      try broken { $0.levels[0].order = [.c, .k] }
        == .breaksConstraint(level: "dram", constraint: "order is [c k], and c is out of it"))
    #expect(try broken { $0.levels[0].order = [.c] } == nil)
    #expect(
      try broken { $0.levels[0].order = [.k] }
        == .breaksConstraint(level: "dram", constraint: "order is [k], and c is out of it"))
  }

  @Test("a step that does not divide is refused where only those that do are allowed")
  func imperfect() throws {
    var imperfect = mapping
    imperfect.levels[0].temporal[1] = Loop(.c, passes: 2, step: 4)
    imperfect.levels[1].temporal = [Loop(.c, passes: 4, step: 1)]
    #expect(
      try broken(imperfect) { $0.allowsImperfectFactors = false }
        == .imperfectFactor(level: "dram", .c, extent: 6, step: 4))
    #expect(try broken(imperfect) { _ in } == nil)
  }
}
