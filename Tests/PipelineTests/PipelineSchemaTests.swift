import Accelerators
import CostDiagnostics
import Foundation
import HardwareConfigs
import Ops
import Testing

@Suite("The JSON Schema of boards and designs")
struct PipelineSchemaTests {
  private func definition(_ name: String) throws -> [String: Any] {
    let text = try PipelineFiles.text("hwconfigs/pipeline-schema.json")
    let json = try JSONSerialization.jsonObject(with: Data(text.utf8))
    let root = try #require(json as? [String: Any])
    let all = try #require(root["$defs"] as? [String: Any])
    return try #require(all[name] as? [String: Any])
  }

  private func keys(_ name: String) throws -> Set<String> {
    let object = try definition(name)
    #expect(object["additionalProperties"] as? Bool == false)
    return Set(try #require(object["properties"] as? [String: Any]).keys)
  }

  /// One of everything, with a key in each mapping that none of them has.
  private let board = """
    schema: 1
    kind: fpga-board
    name: b
    part: p
    family: 7-series
    zzzzzzzz: 1
    resources: {dsp: 1, bram18: 2, lut: 1, ff: 1, zzzzzzzz: 1}
    memory: {bandwidth: 1 GB/s, zzzzzzzz: 1}
    clock: 1 MHz
    disagreements: [{of: memory.bandwidth, says: x, source: y, zzzzzzzz: 1}]
    """

  private let design = """
    schema: 1
    kind: pipeline
    name: d
    board: zc706
    clock: 1 MHz
    zzzzzzzz: 1
    precision: {weight: 8 bit, activation: 8 bit, accumulator: 8 bit, zzzzzzzz: 1}
    compose: sequential
    memory: {overlap: true, zzzzzzzz: 1}
    engines: [{name: e, ops: [conv], zzzzzzzz: 1}]
    assign: [{engine: e, zzzzzzzz: 1}]
    """

  /// The keys that the decoder knows in each mapping, by key path, as its hints list them.
  private func knownKeys(_ decode: () throws -> Void) throws -> [String: Set<String>] {
    do {
      try decode()
      return [:]
    } catch let error as InputError {
      var known: [String: Set<String>] = [:]
      for diagnostic in error.diagnostics where diagnostic.message == "unknown key 'zzzzzzzz'" {
        let list = diagnostic.hint?.replacing("the keys here are ", with: "") ?? ""
        known[diagnostic.keyPath] = Set(list.split(separator: ", ").map(String.init))
      }
      return known
    }
  }

  @Test("the decoder and the schema know the same keys")
  func sameKeys() throws {
    let ofBoard = try knownKeys { _ = try BoardConfig.decode(text: board, file: "b") }
    let places = [
      "": "board", "resources": "resources", "memory": "boardMemory",
      "disagreements[0]": "disagreement",
    ]
    for (place, name) in places { #expect(ofBoard[place] == (try keys(name)), "\(name)") }
    #expect(ofBoard.count == places.count)
    let ofDesign = try knownKeys { _ = try PipelineFiles.decode(design) }
    let others = [
      "": "design", "precision": "precision", "memory": "memory", "engines[0]": "engine",
    ]
    for (place, name) in others { #expect(ofDesign[place] == (try keys(name)), "\(name)") }
    #expect(ofDesign.count >= others.count)
  }

  @Test("the schema and the models know the same words")
  func sameWords() throws {
    func words(_ name: String, _ key: String) throws -> [String]? {
      let properties = try #require(try definition(name)["properties"] as? [String: Any])
      return (properties[key] as? [String: Any])?["enum"] as? [String]
    }
    #expect(try words("design", "style") == ResourceStyle.allCases.map(\.rawValue))
    #expect(try words("design", "compose") == Composition.allCases.map(\.rawValue))
    #expect(try words("design", "group") == LayerGrouping.allCases.map(\.rawValue))
    #expect(try words("board", "family") == Board.Family.allCases.map(\.rawValue))
    #expect(try words("board", "designs") == DesignFamily.allCases.map(\.rawValue))
    #expect(try words("engine", "resolution") == Engine.Resolution.allCases.map(\.rawValue))
    #expect(try words("engine", "weights") == Engine.WeightHome.allCases.map(\.rawValue))
    #expect(try words("engine", "multipliers") == Engine.Multipliers.allCases.map(\.rawValue))
    #expect(try words("engine", "weight_memory") == Engine.WeightMemory.allCases.map(\.rawValue))
    #expect(try words("engine", "window") == Engine.WindowBuffer.allCases.map(\.rawValue))
    let ops = OpKind.allCases.filter { $0 != .skip && $0 != .zero }.map(\.rawValue)
    #expect(try definition("op")["enum"] as? [String] == ops)
  }
}
