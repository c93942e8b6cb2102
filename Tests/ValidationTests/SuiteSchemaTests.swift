import CostDiagnostics
import Foundation
import HardwareConfigs
import Testing

@Suite("The JSON Schema of validation suites")
struct SuiteSchemaTests {
  private func definition(_ name: String) throws -> [String: Any] {
    let file = ShippedSuites.package.appending(path: "validation/schema.json")
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
    let all = try #require((json as? [String: Any])?["$defs"] as? [String: Any])
    return try #require(all[name] as? [String: Any])
  }

  private func keys(_ name: String) throws -> Set<String> {
    let object = try definition(name)
    #expect(object["additionalProperties"] as? Bool == false)
    return Set(try #require(object["properties"] as? [String: Any]).keys)
  }

  /// One of everything, with a key in each mapping that none of them has.
  private let everything = """
    schema: 1
    kind: validation
    name: all
    title: all
    zzzzzzzz: 1
    comparisons:
      - name: a
        zzzzzzzz: 1
        tolerance: {zzzzzzzz: 1}
        target: t
        network: n
        metric: cycles
        rows: [{name: r, zzzzzzzz: 1}]
      - name: b
        formula: finn-mvau
        metric: lut
        rows: [{name: r, zzzzzzzz: 1}]
      - name: c
        table: {zzzzzzzz: 1}
    """

  @Test("the decoder and the schema know the same keys")
  func sameKeys() throws {
    var known: [String: Set<String>] = [:]
    do throws(InputError) {
      _ = try ValidationFile.decode(text: everything, file: "all.yaml")
    } catch {
      for diagnostic in error.diagnostics where diagnostic.message == "unknown key 'zzzzzzzz'" {
        let list = diagnostic.hint?.replacing("the keys here are ", with: "") ?? ""
        known[diagnostic.keyPath] = Set(list.split(separator: ", ").map(String.init))
      }
    }
    #expect(known[""] == (try keys("suite")))
    // A comparison that has rows is not asked for a table's keys, and the other way round.
    #expect(known["comparisons[0]"] == (try keys("comparison")))
    #expect(known["comparisons[0].tolerance"] == (try keys("tolerance")))
    let row = try #require(known["comparisons[0].rows[0]"])
    let formulaRow = try #require(known["comparisons[1].rows[0]"])
    #expect(row.union(formulaRow) == (try keys("row")))
    #expect(known["comparisons[2].table"] == (try keys("table")))
    #expect(known.count == 6)
  }

  @Test("the decoder and the schema know the same words")
  func sameWords() throws {
    let metrics = try #require(try definition("metric")["enum"] as? [String])
    #expect(metrics == ValidationSuite.ReportMetric.allCases.map(\.rawValue))
    let comparison = try #require(try definition("comparison")["properties"] as? [String: Any])
    let formulas = (comparison["formula"] as? [String: Any])?["enum"] as? [String]
    #expect(formulas == PublishedFormula.allCases.map(\.rawValue))
  }
}
