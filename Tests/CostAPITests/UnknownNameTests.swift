import CostAPI
import Testing

@Suite("Names that stand for nothing")
struct UnknownNameTests {
  @Test("who has no folder of targets is told how to name one")
  func noFolders() {
    let error = #expect(throws: CostAPIError.self) {
      try TargetCatalog(SearchPath(folders: ["/nowhere"])).target("eyeriss")
    }
    #expect(
      error?.message == """
        error: unknown target 'eyeriss'
        hint: no folder has any: write a path, or name the folder of hwconfigs and networks by \
        --config or HWCOST_CONFIG
        """)
  }
}
