import CostYAML
import Dataflow
import Foundation
import Ops
import Testing
import TimeloopFiles

/// The folder of Timeloop's own results, where it is there.
enum ReferenceFolders {
  /// `reference/timeloop`, beside the package or where `HWCOST_REFERENCE` says.
  static let root: URL? = {
    let package = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    var candidates = [package, package.deletingLastPathComponent()].map {
      $0.deletingLastPathComponent().appendingPathComponent("shared/reference")
    }
    if let named = ProcessInfo.processInfo.environment["HWCOST_REFERENCE"] {
      candidates.insert(URL(fileURLWithPath: named), at: 0)
    }
    return candidates.map { $0.appendingPathComponent("timeloop") }
      .first { FileManager.default.fileExists(atPath: $0.path) }
  }()

  /// Names of the cases, sorted; empty where the folder is not there.
  static let cases: [String] = {
    guard let root, let names = try? FileManager.default.contentsOfDirectory(atPath: root.path)
    else { return [] }
    return names.filter { name in
      FileManager.default.fileExists(
        atPath: root.appendingPathComponent(name).appendingPathComponent("digest.json").path)
    }.sorted()
  }()

  static func document(_ name: String, of folder: String) throws -> YAMLDocument {
    let url = try #require(root).appendingPathComponent(folder).appendingPathComponent(name)
    return try YAMLDocument(parsing: [UInt8](Data(contentsOf: url)), file: name)
  }

  static func read(_ folder: String) throws -> TimeloopCase {
    try TimeloopCase(
      architecture: document("arch.yaml", of: folder),
      problem: document("problem.yaml", of: folder),
      mapping: document("mapping.yaml", of: folder), name: folder)
  }

  static func digest(_ folder: String) throws -> Digest {
    let url = try #require(root).appendingPathComponent(folder)
      .appendingPathComponent("digest.json")
    return try JSONDecoder().decode(Digest.self, from: Data(contentsOf: url))
  }
}

/// What Timeloop printed for a case.
struct Digest: Decodable {
  struct Tensor: Decodable {
    var capacity: Double
    var instances: Double
    var reads: Double
    var fills: Double
    var updates: Double
    var energy: Double

    enum CodingKeys: String, CodingKey {
      case capacity = "Utilized capacity"
      case instances = "Utilized instances (max)"
      case reads = "Scalar reads (per-instance)"
      case fills = "Scalar fills (per-instance)"
      case updates = "Scalar updates (per-instance)"
      case energy = "Energy (total)"
    }
  }

  struct Level: Decodable {
    var cycles: Double
    var weights: Tensor?
    var inputs: Tensor?
    var outputs: Tensor?

    enum CodingKeys: String, CodingKey {
      case cycles = "Cycles"
      case weights = "Weights"
      case inputs = "Inputs"
      case outputs = "Outputs"
    }

    func tensor(_ role: TensorRole) -> Tensor? {
      switch role {
      case .weight: weights
      case .input: inputs
      case .output: outputs
      }
    }
  }

  var levels: [String: Level]
  var utilization: Double
  var cycles: Int64
  var computes: Int64
  var femtojoulesPerCompute: [String: Double]
  var microjoules: Double

  enum CodingKeys: String, CodingKey {
    case levels, utilization, cycles, computes
    case femtojoulesPerCompute = "fJ_per_compute"
    case microjoules = "energy_uJ"
  }
}
