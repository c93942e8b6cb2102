import Accelerators
import CostDiagnostics
import CostYAML
import MeasuredTables
import Networks
import Testing

@Suite("Measured devices")
struct MeasuredDeviceTests {
  static let manifest = """
    schema: 1
    kind: measured
    name: phone
    granularity: network
    space: nasbench201-cifar10
    table: t.csv
    key: architecture
    columns:
      latency: {name: time, unit: us}
      energy: {name: energy, unit: J}
    measurement: {device: some phone, license: CC0-1.0}
    """
  static let allNone = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"
  static let allSkip =
    "|skip_connect~0|+|skip_connect~0|skip_connect~1|"
    + "+|skip_connect~0|skip_connect~1|skip_connect~2|"

  static func device(
    _ table: String, manifest: String = manifest
  ) throws(InputError) -> MeasuredDevice {
    let document = try YAMLDocument(parsing: manifest, file: "device.yaml")
    return try MeasuredDevice(TableManifest(decoding: document), table: table, file: "t.csv")
  }

  static func messages(_ body: () throws -> Void) throws -> String {
    let error = #expect(throws: InputError.self) { try body() }
    return DiagnosticRenderer(sources: [:]).render(try #require(error))
  }

  static func report(_ device: MeasuredDevice, _ text: String) throws -> CostReport {
    let space = NASBench201(.cifar10)
    let network = space.network(of: try space.architecture(text))
    let origin = ArchitectureOrigin(space: space.name, text: text, index: nil)
    return try device.report(for: network, from: origin)
  }

  @Test("a row is found by its architecture and read in the manifest's units")
  func lookUp() throws {
    let device = try Self.device("energy,time,architecture\n0.25,1500,\(Self.allNone)\n")
    let report = try Self.report(device, Self.allNone)
    // 1500 us are 1.5 ms, 0.25 J are 250 mJ.
    #expect(report.latencyMilliseconds == 1.5)
    #expect(report.energyMillijoules == 250)
    #expect(report.layers.isEmpty)
  }

  @Test("a row is found by its index in the space")
  func byIndex() throws {
    let manifest = Self.manifest.replacing("key: architecture", with: "key: index")
    let space = NASBench201(.cifar10)
    let index = try #require(space.index(of: try space.architecture(Self.allNone)))
    let device = try Self.device("index,time,energy\n\(index),1000,1\n", manifest: manifest)
    #expect(try Self.report(device, Self.allNone).latencyMilliseconds == 1)
  }

  @Test("what the table lacks is not measured, never a guess")
  func notMeasured() throws {
    let device = try Self.device("energy,time,architecture\n0.25,1500,\(Self.allNone)\n")
    #expect(throws: CostError.notMeasured(entry: Self.allSkip, table: "t.csv")) {
      try Self.report(device, Self.allSkip)
    }
  }

  @Test("a network of a space without a table, or of none, is told what the device holds")
  func noTable() throws {
    let device = try Self.device("energy,time,architecture\n0.25,1500,\(Self.allNone)\n")
    let space = try #require(SearchSpaces.named("ofa-mbv3-224"))
    let text = "224 k3e3 k3e3 | k3e3 k3e3 | k3e3 k3e3 | k3e3 k3e3 | k3e3 k3e3"
    let network = space.network(of: try space.architecture(text))
    let contents = "1 network of nasbench201-cifar10"
    let origin = ArchitectureOrigin(space: space.name, text: text, index: nil)
    #expect(
      throws: CostError.noTable(device: "phone", space: "ofa-mbv3-224", contents: contents)
    ) {
      try device.report(for: network, from: origin)
    }
    #expect(throws: CostError.noTable(device: "phone", space: nil, contents: contents)) {
      try device.report(for: network, from: nil)
    }
  }

  @Test("every bad row of a table is reported with its place")
  func badRows() throws {
    let table = """
      architecture,time,energy
      |none~0|+|none~0|nne~1|+|none~0|none~1|none~2|,1,1
      \(Self.allNone),fast,1
      \(Self.allNone),1,-1
      \(Self.allNone),1,1
      \(Self.allNone),2,2
      """
    let messages = try Self.messages { _ = try Self.device(table) }
    let places = messages.split(separator: "\n").filter { $0.hasPrefix("t.csv") }.map {
      $0.split(separator: " ")[0]
    }
    #expect(
      places == ["t.csv:2:18:", "t.csv:3:49:", "t.csv:4:51:", "t.csv:5:1:", "t.csv:6:1:"])
    #expect(messages.contains("'fast' is no measured value"))
    #expect(messages.contains("this network is already at line 4"))
  }

  @Test("a missing column, an unknown space and a number without unit are mistakes")
  func badManifest() throws {
    #expect(
      try Self.messages { _ = try Self.device("architecture,tim,energy\n") }
        == """
        t.csv:1:1: error: there is no column 'time'
        hint: did you mean 'tim'?

        """)
    let space = Self.manifest.replacing("nasbench201-cifar10", with: "nasbench201-cifar1")
    #expect(
      try Self.messages { _ = try Self.device("a\n", manifest: space) }
        == """
        device.yaml:5:8: error: space: unknown search space 'nasbench201-cifar1'
        hint: did you mean 'nasbench201-cifar10'?

        """)
    let unit = Self.manifest.replacing("{name: time, unit: us}", with: "{name: time}")
    #expect(
      try Self.messages { _ = try Self.device("a\n", manifest: unit) }
        == "device.yaml:9:12: error: columns.latency: the key 'unit' is missing\n")
  }
}
