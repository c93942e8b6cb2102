import Foundation
import Testing

@Suite("Joined columns")
struct JoinTests {
  private static let cell = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"

  /// Costs networks of a space with a joined table, which has to work.
  private static func join(
    _ table: String, space: String = "nasbench201-cifar10", _ networks: [String],
    quiet: Bool = false
  ) throws -> (values: [Any?], errors: String, path: String) {
    let folder = try TemporaryFolder()
    let path = try folder.write(table, to: "acc.csv")
    let run = try Program.run(
      ["cost", "--target", "eyeriss", "--space", space, "--join", path, "--format", "json"]
        + networks + (quiet ? ["--quiet"] : []))
    try #require(run.status == 0, "\(run.errors)")
    let reports = try #require(try run.object()["reports"] as? [[String: Any]])
    return (reports.map { $0["accuracy"] }, run.errors, path)
  }

  @Test("an architecture joins in whatever form it is written: with spaces, or by its index")
  func forms() throws {
    let join = try Self.join(
      "arch,accuracy\n\" \(Self.cell) \",10.5\n 0,90\n", ["--index", "0", "1651"])
    #expect(join.values as? [Double] == [90, 10.5])
    #expect(join.errors.isEmpty)
  }

  @Test(
    "an architecture of FBNet joins with any separators",
    arguments: [
      "8 2 0 8 8 7 2 4 2 7 6 5 7 3 5 6 1 7 7 6 7 7",
      "\"8, 2, 0, 8, 8, 7, 2, 4, 2, 7, 6, 5, 7, 3, 5, 6, 1, 7, 7, 6, 7, 7\"",
      "\"[8,2,0,8,8,7,2,4,2,7,6,5,7,3,5,6,1,7,7,6,7,7]\"",
    ])
  func fbnet(text: String) throws {
    let join = try Self.join(
      "arch,accuracy\n\(text),73.0\n", space: "fbnet-imagenet",
      ["--arch", "8_2_0_8_8_7_2_4_2_7_6_5_7_3_5_6_1_7_7_6_7_7"])
    #expect(join.values as? [Double] == [73])
    #expect(join.errors.isEmpty)
  }

  @Test("rows and networks without a partner are counted, and the first are named")
  func unmatched() throws {
    let table = "arch,accuracy\n1,1\nw,2\nx,3\ny,4\nz,5\n"
    let join = try Self.join(table, ["--index", "1", "1651"])
    #expect(join.values[1] is NSNull)
    #expect(
      join.errors == """
        warning: 1 of 2 networks has no row in '\(join.path)': '\(Self.cell)'
        remark: 4 of 5 rows of '\(join.path)' name no network of this call: 'w', 'x', 'y' and 1 more

        """)
    #expect(try Self.join(table, ["--index", "1", "1651"], quiet: true).errors.isEmpty)
  }

  @Test("a column called like one of a layer's joins networks, but not rows that are layers")
  func layerColumns() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("arch,name\nalexnet,first\n", to: "names.csv")
    let arguments = [
      "cost", "--target", "eyeriss", "--network", "alexnet", "--per-layer", "--join", path,
    ]
    let json = try Program.run(arguments + ["--format", "json"]).object()
    #expect((json["reports"] as? [[String: Any]])?.first?["name"] as? String == "first")
    let csv = try Program.run(arguments + ["--format", "csv"])
    #expect(csv.status == 1)
    #expect(csv.errors.contains("the column 'name' is called like a key of the report"))
  }

  @Test("two forms of one architecture are in the table twice")
  func twice() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("arch,accuracy\n1651,1\n\(Self.cell),2\n", to: "acc.csv")
    let run = try Program.run(
      "cost", "--target", "eyeriss", "--space", "nasbench201-cifar10", "--index", "0", "--join",
      path)
    #expect(run.status == 1)
    #expect(
      run.errors.hasPrefix(
        "\(path):3:1: error: '\(Self.cell)' is in the table twice, first on line 2\n"))
  }
}
