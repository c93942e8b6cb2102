import Accelerators
import CostDiagnostics
import CostYAML
import MeasuredTables
import Networks
import Testing

/// Devices of tests, made from texts.
enum MeasuredFixtures {
  /// A manifest of one table; the lines are those that a test is about.
  static func manifest(_ lines: String) -> String {
    """
    schema: 1
    kind: measured
    name: phone
    table: t.csv
    \(lines)
    columns:
      latency: {name: ms, unit: ms}
      energy: {name: mj, unit: mJ}
    measurement: {device: some phone, license: CC0-1.0}
    """
  }

  static func device(_ table: String, manifest: String) throws(InputError) -> MeasuredDevice {
    let document = try YAMLDocument(parsing: manifest, file: "device.yaml")
    return try MeasuredDevice(TableManifest(decoding: document), table: table, file: "t.csv")
  }

  /// All mistakes that a body throws, as a user sees them.
  static func messages(_ body: () throws -> Void) throws -> String {
    let error = #expect(throws: InputError.self) { try body() }
    return DiagnosticRenderer(sources: [:]).render(try #require(error))
  }

  static func report(
    _ device: MeasuredDevice, _ text: String, of space: any SearchSpace
  ) throws -> CostReport {
    let architecture = try space.architecture(text)
    let origin = ArchitectureOrigin(
      space: space.name, text: space.text(of: architecture), index: nil)
    return try device.report(for: space.network(of: architecture), from: origin)
  }
}
