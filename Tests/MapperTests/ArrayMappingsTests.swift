import Accelerators
import Dataflow
import Mapper
import Ops
import TestSupport
import Testing

@Suite("Listing every mapping")
struct ArrayMappingsTests {
  @Test(
    "lists each mapping once that the definitions and the dataflow allow",
    arguments: Factors.allCases)
  func listing(factors: Factors) throws {
    var (compared, mappingCount, constrained) = (0, 0, 0)
    for number in 0..<60 {
      let drawn = try TinyCase(number: number)
      let mappings = ArrayMappings(
        of: drawn.problem, on: drawn.array, factors: factors, ordersEveryAxis: true)
      guard let count = mappings.count(atMost: 3000) else { continue }
      var listed: Set<Mapping> = []
      mappings.forEach { listed.insert(Mapping($0)) }
      #expect(listed.count == count, "number \(number)")
      #expect(listed == drawn.allowed(factors), "number \(number)")
      compared += 1
      mappingCount += count
      if drawn.array.dataflow != .free(levelCount: drawn.array.levels.count), count > 0 {
        constrained += 1
      }
    }
    print("\(factors.rawValue): \(compared) problems, \(mappingCount) mappings")
    #expect(compared > 40)
    #expect(constrained > 5)
  }

  /// A case so small that all structures of loops can be tried.
  private struct TinyCase {
    var problem: Problem
    var array: SpatialArray

    init(number: Int) throws {
      var random = SplitMix64(seed: UInt64(900 + number))
      problem = try convolution(
        k: random.pick([1, 3, 4]), c: 1, p: random.pick([2, 3]), q: 1, r: random.pick([1, 2]), s: 1)
      array = DrawnTargets(problem: problem, levelCount: 2, mostChildren: 3)
        .array(using: &random)
    }

    /// Of all structures of loops, those that pass the checks of the model.
    func allowed(_ factors: Factors) -> Set<Mapping> {
      let analysis = ReuseAnalysis(problem, on: array.hierarchy)
      var dataflow = array.dataflow
      if factors == .perfect { dataflow.allowsImperfectFactors = false }
      var mappings: Set<Mapping> = []
      EveryMapping(of: problem, on: array.hierarchy).forEach { mapping in
        let hasLoopsInTimeElsewhere = zip(mapping.levels, array.levels).contains {
          $1.memory == nil && !$0.temporal.isEmpty
        }
        guard !hasLoopsInTimeElsewhere, (try? analysis.checkStructure(of: mapping)) != nil,
          (try? dataflow.check(mapping, of: problem, on: array.hierarchy)) != nil
        else { return }
        mappings.insert(mapping)
      }
      return mappings
    }
  }

  @Test("where no wires forward and none are diagonal, the order of an axis's loops costs nothing")
  func axisOrders() throws {
    var (compared, additional) = (0, 0)
    for number in 0..<400 where compared < 10 {
      let one = try SearchCase(seed: 31, number: number, factors: .imperfect)
      let everyOrder = ArrayMappings(
        of: one.problem, on: one.array, factors: one.factors, ordersEveryAxis: true)
      guard let count = everyOrder.count(atMost: SearchCase.mostMappings),
        count > one.mappingCount
      else { continue }
      let evaluator = MappingEvaluator(one.problem, on: one.array)
      // Loops of an axis in the order of their dimensions stand for those in any order.
      var figures: [Mapping: MappingEvaluator.Figures?] = [:]
      everyOrder.forEach { compact in
        let mapping = Mapping(compact)
        guard !one.tellsOrdersApart(mapping) else { return }
        let found = evaluator.figures(of: compact)
        let known = figures.updateValue(found, forKey: mapping.withSortedAxes)
        guard let known else { return }
        additional += 1
        #expect(known?.cycles == found?.cycles, "number \(number)\n\(mapping)")
        let energies = (known?.energyPicojoules ?? 0, found?.energyPicojoules ?? 0)
        #expect(abs(energies.0 - energies.1) <= 1e-12 * energies.0, "number \(number)\n\(mapping)")
      }
      compared += 1
    }
    print("\(compared) problems, \(additional) other orders")
    #expect(additional > 1000)
  }
}

extension SearchCase {
  /// Whether some level with loops to order has wires that tell the orders apart.
  fileprivate func tellsOrdersApart(_ mapping: Mapping) -> Bool {
    zip(mapping.levels, array.levels).contains { mapped, level in
      let (x, y) = (level.fanout.x, level.fanout.y)
      let isPlain = x.forward.isEmpty && y.forward.isEmpty && level.fanout.diagonal.isEmpty
      return !isPlain && (mapped.spatialX.count > 1 || mapped.spatialY.count > 1)
    }
  }
}

extension Mapping {
  fileprivate var withSortedAxes: Mapping {
    var sorted = self
    for level in sorted.levels.indices {
      sorted.levels[level].spatialX.sort { $0.dimension.rawValue < $1.dimension.rawValue }
      sorted.levels[level].spatialY.sort { $0.dimension.rawValue < $1.dimension.rawValue }
    }
    return sorted
  }
}
