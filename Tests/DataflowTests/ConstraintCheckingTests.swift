import Dataflow
import Ops
import TestSupport
import Testing

/// Every way in which a mapping can break a dataflow.
@Suite("dataflow constraints")
struct ConstraintCheckingTests {
  private static let hierarchy = Hierarchy(levels: [
    .init(name: "dram", memory: .init()),
    .init(name: "buffer", memory: .init(), x: .init(size: 4), y: .init(size: 4)),
  ])

  /// Checks a mapping of k 4, c 6 against constraints on its second level.
  private static func check(
    _ levels: [LevelText], allowsImperfectFactors: Bool = true,
    _ constrain: (inout DataflowConstraints.Level) -> Void = { _ in }
  ) throws {
    var constraints = DataflowConstraints.free(levelCount: 2)
    constraints.allowsImperfectFactors = allowsImperfectFactors
    constrain(&constraints.levels[1])
    let problem = try ReferenceSimulatorTests.linear(k: 4, c: 6)
    let mapping = Mapping(text: levels)
    try ReuseAnalysis(problem, on: hierarchy).checkStructure(of: mapping)
    try constraints.check(mapping, of: problem, on: hierarchy)
  }

  private static let levels = [LevelText("c 2"), LevelText("c 3", x: "k 4")]

  /// Whether a constraint of the buffer is named as the one that is broken.
  private static func breaks(
    _ levels: [LevelText] = levels, _ constrain: (inout DataflowConstraints.Level) -> Void
  ) -> Bool {
    do {
      try check(levels, constrain)
      return false
    } catch MappingError.breaksConstraint(let level, _) {
      return level == "buffer"
    } catch {
      return false
    }
  }

  @Test("no constraints refuse no mapping")
  func free() throws {
    try Self.check(Self.levels)
    try Self.check([LevelText("c 2@4"), LevelText("c 2@3, c 3@1", x: "k 4")])
  }

  @Test("where only factors are allowed a remainder is refused")
  func factors() throws {
    try Self.check(Self.levels, allowsImperfectFactors: false)
    #expect(throws: MappingError.imperfectFactor(level: "dram", .c, extent: 6, step: 4)) {
      try Self.check(
        [LevelText("c 2@4"), LevelText("c 4", x: "k 4")], allowsImperfectFactors: false)
    }
  }

  @Test("only the allowed dimensions have loops over time and along each axis")
  func dimensions() {
    #expect(!Self.breaks { $0.temporal = DimensionSet(.c) })
    #expect(Self.breaks { $0.temporal = DimensionSet(.k) })
    #expect(!Self.breaks { $0.spatialX = DimensionSet(.k) })
    #expect(Self.breaks { $0.spatialX = DimensionSet(.c) })
    #expect(!Self.breaks { $0.spatialY = [] })
    #expect(Self.breaks([LevelText("c 2"), LevelText("c 3", y: "k 4")]) { $0.spatialY = [] })
  }

  @Test("a loop of one pass breaks nothing")
  func onePass() {
    #expect(
      !Self.breaks([LevelText("c 2"), LevelText("c 3, k 1", x: "k 4")]) {
        $0.temporal = DimensionSet(.c)
      })
  }

  @Test("the passes of a dimension at a level are in their range, all loops together")
  func passes() {
    #expect(!Self.breaks { $0.temporalPasses = [.c: 3...3] })
    #expect(Self.breaks { $0.temporalPasses = [.c: 1...2] })
    // No loop is one pass.
    #expect(Self.breaks { $0.temporalPasses = [.k: 2...4] })
    #expect(!Self.breaks { $0.spatialPasses = [.k: 4...4] })
    #expect(Self.breaks { $0.spatialPasses = [.k: 1...3] })
    // 2 x 2 on both axes.
    let folded = [LevelText("c 2"), LevelText("c 3", x: "k 2", y: "k 2")]
    #expect(!Self.breaks(folded) { $0.spatialPasses = [.k: 4...4] })
  }

  @Test("named dimensions are innermost and in their order")
  func order() {
    let levels = [LevelText(), LevelText("k 4, c 6")]
    #expect(!Self.breaks(levels) { $0.order = [.k, .c] })
    #expect(Self.breaks(levels) { $0.order = [.c, .k] })
    #expect(!Self.breaks(levels) { $0.order = [.c] })
    #expect(Self.breaks(levels) { $0.order = [.k] })
  }
}
