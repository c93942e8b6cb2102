import CostCABI
import Foundation
import Testing

/// The C functions as a C program calls them.
enum CInterface {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// Runs a call that can fail; its error text, or `nil`.
  static func error(
    _ call: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32
  ) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    let status = call(&text)
    defer { hwcostFree(text) }
    #expect((status == 0) == (text == nil))
    return text.map { String(cString: $0) }
  }

  static func open() throws -> OpaquePointer {
    var handle: OpaquePointer?
    #expect(error { hwcostOpen(root, 2, &handle, $0) } == nil)
    return try #require(handle)
  }

  static func table(_ estimator: OpaquePointer?, _ request: String) throws -> OpaquePointer {
    var handle: OpaquePointer?
    #expect(error { hwcostTableOpen(estimator, request, &handle, $0) } == nil)
    return try #require(handle)
  }

  static let request =
    #"{"op": "table", "target": "eyeriss-like", "space": "nasbench201-cifar10", "factors": "perfect"}"#
  static let architecture =
    "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|"

  static func costs(_ table: OpaquePointer?, _ choices: [Int32], rows: Int64) -> [Double] {
    var costs = Array(repeating: -1.0, count: Int(rows) * Int(hwcostTableColumns(table)))
    #expect(
      error {
        hwcostTableCosts(table, choices, rows, 6, &costs, hwcostTableColumns(table), $0)
      } == nil)
    return costs
  }
}

@Suite("C interface")
struct CInterfaceTests {
  @Test("versions are told without a handle")
  func versions() throws {
    #expect(hwcostAbiVersion() == 1)
    #expect(String(cString: try #require(hwcostVersion())) == "0.1.0")
  }

  @Test("a request is answered as the command line answers it")
  func request() throws {
    let estimator = try CInterface.open()
    defer { hwcostClose(estimator) }
    var reply: UnsafeMutablePointer<CChar>?
    let request = """
      {"op": "cost", "target": "example", "space": "nasbench201-cifar10",
       "arch": "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"}
      """
    #expect(CInterface.error { hwcostRequest(estimator, request, &reply, $0) } == nil)
    let text = String(cString: try #require(reply))
    hwcostFree(reply)
    #expect(text.contains("\"latency_ms\":2.0"))
    #expect(text.hasPrefix("{\"schema\":1,\"reports\":[{\"target\":\"example\""))
  }

  @Test("a batch costs what its networks cost one by one")
  func batch() throws {
    let estimator = try CInterface.open()
    let table = try CInterface.table(estimator, CInterface.request)
    // A table stays open when its estimator is gone.
    hwcostClose(estimator)
    defer { hwcostTableClose(table) }
    #expect(hwcostTableVariables(table) == 6)
    #expect(hwcostTableColumns(table) == 5)
    #expect(hwcostTableChoices(table, 5) == 5)
    #expect(hwcostTableChoices(table, 6) == 0)
    let names = String(cString: try #require(hwcostTableColumnNames(table)))
    #expect(names == "latency_ms\nenergy_mj\ndram_bytes\nmacs\nparams")
    let both = CInterface.costs(table, [3, 0, 1, 4, 0, 2, 0, 0, 0, 0, 0, 0], rows: 2)
    var one = Array(repeating: 0.0, count: 5)
    #expect(
      CInterface.error {
        hwcostTableCostOfText(table, CInterface.architecture, &one, 5, $0)
      } == nil)
    #expect(Array(both.prefix(5)) == one)
    // 113.95 M of the published network differ from these; what is certain is the skeleton's
    // 7,783,050 and 35,389,440 a 3x3 and 3,932,160 a 1x1 convolution.
    #expect(one[3] == 7_783_040 + 35_389_440 + 3_932_160 + (both[8] - 7_783_040))
  }

  @Test("expectation and gradient of a uniform distribution")
  func distribution() throws {
    let estimator = try CInterface.open()
    defer { hwcostClose(estimator) }
    let table = try CInterface.table(estimator, CInterface.request)
    defer { hwcostTableClose(table) }
    let uniform = Array(repeating: 0.2, count: 30)
    var (mean, variance) = (Array(repeating: 0.0, count: 5), Array(repeating: 0.0, count: 5))
    var gradient = Array(repeating: 0.0, count: 150)
    #expect(
      CInterface.error {
        hwcostTableDistribution(table, uniform, 30, &mean, &variance, &gradient, $0)
      } == nil)
    let zero = CInterface.costs(table, [0, 0, 0, 0, 0, 0], rows: 1)
    // Six edges, each a 3x3 or a 1x1 convolution with probability 0.2.
    #expect(abs(mean[3] - zero[3] - 6 * 0.2 * (35_389_440 + 3_932_160)) < 1)
    #expect(gradient[3 * 5 + 3] == 35_389_440)
    #expect(
      CInterface.error {
        hwcostTableDistribution(table, uniform, 29, &mean, nil, nil, $0)
      } == "error: 29 probabilities are given, the table has 30")
    #expect(
      CInterface.error { hwcostTableDistribution(table, uniform, 30, nil, nil, nil, $0) } == nil)
  }

  @Test("null pointers, wrong shapes and unknown names are error strings")
  func mistakes() throws {
    var handle: OpaquePointer?
    var reply: UnsafeMutablePointer<CChar>?
    #expect(
      CInterface.error { hwcostOpen("/no/such/folder", 1, &handle, $0) }
        == "error: there is no folder '/no/such/folder'")
    #expect(CInterface.error { hwcostOpen(nil, 1, nil, $0) } == "error: 'out' is a null pointer")
    #expect(
      CInterface.error { hwcostOpen(nil, -1, &handle, $0) }
        == "error: -1 threads are not between 0 and 4096")
    #expect(
      CInterface.error { hwcostRequest(nil, "{}", &reply, $0) }
        == "error: the estimator is a null pointer")
    // An error pointer that is null is passed over.
    #expect(hwcostRequest(nil, "{}", &reply, nil) == 1)
    hwcostClose(nil)
    hwcostTableClose(nil)
    hwcostFree(nil)
    #expect(hwcostTableColumns(nil) == 0)
    #expect(hwcostTableColumnNames(nil) == nil)
    let estimator = try CInterface.open()
    defer { hwcostClose(estimator) }
    for request in ["", "{", "[]", "nonsense", #"{"op": "fly"}"#, #"{"op": "cost"}"#] {
      #expect(
        CInterface.error { hwcostRequest(estimator, request, &reply, $0) } != nil, "\(request)")
    }
    #expect(
      CInterface.error { hwcostRequest(estimator, nil, &reply, $0) }
        == "error: 'request' is a null pointer")
    let unknown = CInterface.request.replacingOccurrences(of: "eyeriss-like", with: "eyeris")
    #expect(
      CInterface.error { hwcostTableOpen(estimator, unknown, &handle, $0) }
        == "error: unknown target 'eyeris'\nhint: did you mean 'eyeriss'?")
    let table = try CInterface.table(estimator, CInterface.request)
    defer { hwcostTableClose(table) }
    var costs = Array(repeating: 0.0, count: 5)
    let choices: [Int32] = [0, 0, 0, 0, 0, 5]
    #expect(
      CInterface.error { hwcostTableCosts(table, choices, 1, 6, &costs, 5, $0) }
        == "error: row 0: choice 5 is 5, expected 0 to 4")
    #expect(
      CInterface.error { hwcostTableCosts(table, choices, 1, 7, &costs, 5, $0) }
        == "error: 7 variables are given, the table has 6")
    #expect(
      CInterface.error { hwcostTableCosts(table, choices, 1, 6, &costs, 4, $0) }
        == "error: 4 columns are given, the table has 5")
    #expect(
      CInterface.error { hwcostTableCosts(table, choices, -1, 6, &costs, 5, $0) }
        == "error: -1 rows are not between 0 and 2^40")
    #expect(
      CInterface.error { hwcostTableCosts(table, nil, 1, 6, &costs, 5, $0) }
        == "error: 'choices' is a null pointer")
    #expect(CInterface.error { hwcostTableCosts(table, nil, 0, 6, nil, 5, $0) } == nil)
    #expect(
      CInterface.error { hwcostTableCostOfText(table, "|none", &costs, 5, $0) } != nil)
  }
}

@Suite("C interface on threads")
struct CInterfaceThreadsTests {
  @Test("eight threads that share an estimator get the same answers")
  func eightThreads() throws {
    let estimator = try CInterface.open()
    defer { hwcostClose(estimator) }
    let shared = try CInterface.table(estimator, CInterface.request)
    defer { hwcostTableClose(shared) }
    let expected = CInterface.costs(shared, [3, 0, 1, 4, 0, 2], rows: 1)
    // Handles are pointers, which the interface lets any thread use.
    nonisolated(unsafe) let (handle, table) = (estimator, shared)
    let wrong = Wrong()
    DispatchQueue.concurrentPerform(iterations: 8) { thread in
      for _ in 0..<20 {
        guard let own = try? CInterface.table(handle, CInterface.request) else {
          wrong.add()
          continue
        }
        for table in [own, table]
        where CInterface.costs(table, [3, 0, 1, 4, 0, 2], rows: 1) != expected { wrong.add() }
        hwcostTableClose(own)
        var reply: UnsafeMutablePointer<CChar>?
        let request =
          #"{"op":"cost","target":"example","space":"nasbench201-cifar10","index":\#(thread)}"#
        // The example holds five networks; the others are errors, each with its text.
        _ = CInterface.error { hwcostRequest(handle, request, &reply, $0) }
        hwcostFree(reply)
      }
    }
    #expect(wrong.count == 0)
  }
}

/// A count that threads share.
private final class Wrong: @unchecked Sendable {
  private let lock = NSLock()
  private var value = 0
  func add() { lock.withLock { value += 1 } }
  var count: Int { lock.withLock { value } }
}
