import CostAPI
import Foundation
import Testing

/// What other programs read on a line.
@Suite("Requests of other programs")
struct ServiceTests {
  private static let service = CostService(
    TargetCatalog(
      SearchPath(folders: [
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
          .deletingLastPathComponent().path(percentEncoded: false)
      ])))

  private func reply(_ request: String) throws -> [String: Any] {
    let text = Self.service.reply(to: request)
    #expect(!text.contains("\n"))
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
    return try #require(object as? [String: Any])
  }

  private func error(_ request: String) throws -> String {
    let reply = try reply(request)
    #expect(reply["ok"] as? Bool == false)
    return try #require(reply["error"] as? String)
  }

  @Test("a network is named by its text or its index, and the id comes back")
  func cost() throws {
    let byIndex = try reply(
      """
      {"id": 7, "op": "cost", "target": "example", "space": "nasbench201-cifar10", "index": 1651}
      """)
    #expect(byIndex["id"] as? Int == 7)
    #expect(byIndex["ok"] as? Bool == true)
    let reports = try #require(byIndex["reports"] as? [[String: Any]])
    let text = try #require(reports.first?["arch"] as? String)
    let byText = try reply(
      """
      {"op": "cost", "target": "example", "space": "nasbench201-cifar10", "arch": "\(text)"}
      """)
    let others = try #require(byText["reports"] as? [[String: Any]])
    #expect(reports as NSArray == others as NSArray)
  }

  @Test(
    "a text that is no request is told in the words of JSON",
    arguments: [
      (" \t", "request:1:1: error: the request is empty"),
      (#"{"op": "version""#, "error: not JSON: did not find expected ',' or '}'"),
      ("[1", "error: not JSON: did not find expected ',' or ']'"),
      (#""op""#, "request:1:1: error: a request is an object, not 'op'"),
      ("[]", "request:1:1: error: a request is an object, not a list"),
    ])
  func noRequest(request: String, expected: String) throws {
    let message = try error(request)
    let lines = message.split(separator: "\n")
    #expect(lines.first?.hasSuffix(expected) == true, "\(message)")
    #expect(lines.dropFirst() == [#"hint: write one JSON object, such as {"op": "version"}"#])
  }

  @Test(
    "the id of a request with mistakes comes back too",
    arguments: [
      (#"{"id": 3, "op": "nothing"}"#, "request:1:17: error: op: 'nothing' is none of version, "),
      (#"{"op": "map", "layer": "", "id": 3}"#, "request:1:1: error: the key 'target' is "),
      (#"{"op": "targets", "id": 3, "sapce": 1}"#, "request:1:28: error: unknown key 'sapce'"),
    ])
  func idOfMistakes(request: String, start: String) throws {
    #expect(try error(request).hasPrefix(start))
    #expect(try reply(request)["id"] as? Int == 3)
  }

  @Test("replaced values are an object")
  func set() throws {
    #expect(
      try error(#"{"op": "map", "target": "eyeriss-like", "layer": "linear c=1 k=1", "set": 3}"#)
        == """
        request:1:75: error: set: expected an object of key paths and values, found '3'
        hint: write for example {"levels[buffer].capacity": "64 KiB"}
        """)
  }

  @Test("an index in a space without indices is refused, and read as nothing else")
  func index() throws {
    #expect(
      try error(#"{"op": "cost", "target": "example", "space": "ofa-mbv3", "index": 5}"#)
        == """
        error: the architectures of ofa-mbv3 have no index
        hint: name them by 'arch', which is image size and five stages of blocks: \
        '224 k3e4 k5e6 | k7e3 k3e3 | …'; ofa-mbv3-224 has one size
        """)
    #expect(
      try error(#"{"op": "cost", "target": "example", "space": "fbnet-imagenet", "index": 5}"#)
        .hasPrefix("error: the architectures of fbnet-imagenet have no index\n"))
    #expect(
      try error(
        #"{"op": "cost", "target": "example", "space": "nasbench201-cifar10", "index": "none"}"#)
        == "error: 'none' is no index\nhint: write a number from 0 to 15624")
  }

  @Test("a measured device without a table of a space says what it holds")
  func noTable() throws {
    let expected = """
      error: 'example' has no table of ofa-mbv3
      hint: it holds 5 networks of nasbench201-cifar10
      """
    let text = "224 k3e3 k3e3 | k3e3 k3e3 | k3e3 k3e3 | k3e3 k3e3 | k3e3 k3e3"
    #expect(
      try error(#"{"op": "cost", "target": "example", "space": "ofa-mbv3", "arch": "\#(text)"}"#)
        == expected)
    #expect(
      try error(#"{"op": "table", "target": "example", "space": "ofa-mbv3"}"#) == expected)
    #expect(
      try error(#"{"op": "cost", "target": "example", "network": "alexnet"}"#)
        == """
        error: 'example' has no table of layers, which other networks are made of
        hint: it holds 5 networks of nasbench201-cifar10
        """)
  }

  @Test("a space of an impossible image size is told the sizes that are possible")
  func sizes() throws {
    #expect(
      try error(#"{"op": "members", "space": "ofa-mbv3-225"}"#)
        == """
        error: unknown search space 'ofa-mbv3-225'
        hint: an image size is a multiple of 4 from 32 to 1024, such as ofa-mbv3-224
        """)
  }
}
