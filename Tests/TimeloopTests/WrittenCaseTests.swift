import Dataflow
import Ops
import Testing

@Suite("Timeloop's counts, written out")
struct WrittenCaseTests {
  @Test("a filter over a row moves the words Timeloop prints")
  func oneDimensional() throws {
    try check(WrittenCase.oneDimensional())
  }

  @Test("a layer on an array moves the words Timeloop prints")
  func layers() throws {
    try check(WrittenCase.layers())
  }

  private func check(_ cases: [WrittenCase]) throws {
    for one in cases {
      let found = try TimeloopAnalysis(one.problem, on: one.hierarchy)
        .accessCounts(under: one.mapping)
      #expect(found.levels.map { WrittenCase.plain($0.traffic) } == one.expected, "\(one.name)")
      #expect(found.operations == one.problem.iterations, "\(one.name)")
    }
  }
}
