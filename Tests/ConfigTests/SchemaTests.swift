import Accelerators
import CostDiagnostics
import CostUnits
import Foundation
import HardwareConfigs
import Ops
import Testing

@Suite("The JSON Schema of hardware files")
struct SchemaTests {
  /// The schema as JSON, and the objects it defines.
  private func schema() throws -> [String: Any] {
    let file = ShippedFiles.package.appending(path: "hwconfigs/schema.json")
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
    return try #require(json as? [String: Any])
  }

  private func definition(_ name: String) throws -> [String: Any] {
    let all = try #require(try schema()["$defs"] as? [String: Any])
    return try #require(all[name] as? [String: Any])
  }

  private func keys(_ object: [String: Any]) throws -> Set<String> {
    #expect(object["additionalProperties"] as? Bool == false)
    return Set(try #require(object["properties"] as? [String: Any]).keys)
  }

  /// One of everything, with a key in each mapping that none of them has.
  private let everything = """
    schema: 1
    kind: spatial-array
    name: all
    zzzzzzzz: 1
    clock: {value: 1 MHz, zzzzzzzz: 1}
    precision: {weight: 8 bit, activation: 8 bit, accumulator: 8 bit, zzzzzzzz: 1}
    compute: {energy: 1 pJ, zzzzzzzz: 1}
    levels:
      - name: d
        zzzzzzzz: 1
        word: {weight: 8 bit, zzzzzzzz: 1}
        energy: {weight: {read: 1 pJ/bit, write: 1 pJ/bit, zzzzzzzz: 1}, zzzzzzzz: 1}
        ports: [{name: p, bandwidth: 1 B/cycle, carries: [weight.reads], zzzzzzzz: 1}]
        fanout: {x: {size: 1, zzzzzzzz: 1}, zzzzzzzz: 1}
      - name: e
        partitions:
          weight:
            capacity: 1 B
            ports: [{name: q, bandwidth: 1 B/cycle, carries: [reads], zzzzzzzz: 1}]
            zzzzzzzz: 1
          zzzzzzzz: 1
        energy: {read: {value: 1 pJ/access, access: 8 bit, zzzzzzzz: 1}, write: 1 pJ/bit}
    units: {v: {lanes: 1, energy: 1 pJ, ops: [], at: d, zzzzzzzz: 1}}
    dataflow: {zzzzzzzz: 1, levels: {d: {zzzzzzzz: 1}}}
    """

  /// The keys that the decoder knows in each mapping of `everything`, by key path, as its hints
  /// list them.
  private func knownKeys() -> [String: Set<String>] {
    do throws(InputError) {
      _ = try HardwareConfig(text: everything, file: "all.yaml")
      return [:]
    } catch {
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
    let known = knownKeys()
    let places = [
      "levels[0]": "level", "levels[0].word": "wordByTensor", "levels[0].energy": "energyByTensor",
      "levels[0].energy.weight": "energies", "levels[0].ports[0]": "port",
      "levels[0].fanout": "fanout", "levels[0].fanout.x": "axis",
      "levels[1].partitions": "partitions", "levels[1].partitions.weight": "partition",
      "levels[1].partitions.weight.ports[0]": "partitionPort", "units.v": "unit",
      "dataflow": "dataflow", "dataflow.levels.d": "constraints",
    ]
    for (keyPath, name) in places {
      #expect(known[keyPath] == (try keys(definition(name))), "\(keyPath) is \(name)")
    }
    let root = try schema()
    #expect(known[""] == (try keys(root)))
    let properties = try #require(root["properties"] as? [String: [String: Any]])
    for key in ["precision", "compute"] {
      #expect(known[key] == (try keys(try #require(properties[key]))))
    }
    for (keyPath, name) in [
      ("clock", "frequencyNumber"), ("levels[1].energy.read", "transferEnergyNumber"),
    ] {
      let forms = try #require(try definition(name)["anyOf"] as? [[String: Any]])
      #expect(known[keyPath] == (try keys(forms[1])))
    }
    // Every mapping of the file was compared.
    #expect(known.count == places.count + 5)
  }

  @Test("the schema and the reader know the same units")
  func sameUnits() throws {
    func check<Family: UnitFamily>(_ name: String, _: Family.Type) throws {
      let pattern = try #require(try definition(name)["pattern"] as? String)
      let units = Family.units.map(\.symbol).joined(separator: "|")
      #expect(pattern.hasSuffix(" +(\(units))$"), "\(name): \(pattern)")
    }
    try check("information", Information.self)
    try check("bitWidth", BitWidth.self)
    try check("accessWidth", AccessWidth.self)
    try check("energy", Energy.self)
    try check("energyPerBit", EnergyPerBit.self)
    try check("energyPerCycle", EnergyPerCycle.self)
    try check("transferEnergy", TransferEnergy.self)
    try check("frequency", Frequency.self)
    try check("power", Power.self)
    try check("length", Length.self)
    try check("voltage", Voltage.self)
    try check("rate", TransferRate.self)
  }

  @Test("the schema and the models know the same words")
  func sameWords() throws {
    func words(_ name: String) throws -> [String]? { try definition(name)["enum"] as? [String] }
    #expect(try words("tensor") == TensorRole.allCases.map(\.name))
    #expect(try words("dimension") == LoopDimension.allCases.map(\.name))
    #expect(
      try words("partialAccess") == AccessEnergy.PartialAccess.allCases.map(\.rawValue))
    let unit = try #require(try definition("unit")["properties"] as? [String: [String: Any]])
    let ops = try #require(unit["ops"]?["items"] as? [String: [String]])["enum"]
    let others = OpKind.allCases.filter {
      !$0.isMultiplyAccumulate && $0 != .skip && $0 != .zero
    }
    #expect(ops == others.map(\.rawValue))
  }
}
