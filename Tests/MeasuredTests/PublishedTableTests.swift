import Accelerators
import MeasuredTables
import Networks
import TestSupport
import Testing

@Suite("Published tables")
struct PublishedTableTests {
  @Test(
    "blocks fitted to some networks of a device cost all 5,000 of them to 1e-9",
    .enabled(
      if: Reference.has("fbnet_cifar100_measured.csv"),
      "fbnet_cifar100_measured.csv is not there"),
    arguments: ["raspi4_ms", "pixel3_ms"])
  func additive(column: String) throws {
    let space = FBNet(.cifar100)
    let rows = try Reference.rows("fbnet_cifar100_measured.csv")
    #expect(rows.count == 5000)
    let measured = try rows.map { row in
      (try space.architecture(row["arch"] ?? ""), try #require(Double(row[column] ?? "")))
    }
    // A fifth of the networks says what blocks cost; the others are held out.
    let table = try FittedBlocks(of: space, to: Array(measured.prefix(1000))).csv
    let device = try MeasuredFixtures.device(
      table,
      manifest: MeasuredFixtures.manifest(
        "granularity: block\nspace: fbnet-cifar100\nkey: hw-nas-bench\nadditive: true"))
    var worst = 0.0
    for (architecture, milliseconds) in measured {
      let text = space.text(of: architecture)
      let report = try MeasuredFixtures.report(device, text, of: space)
      worst = max(worst, abs(report.latencyMilliseconds - milliseconds) / milliseconds)
    }
    #expect(worst < 1e-9)
  }

  @Test(
    "NAS-Bench-201's table answers all 15,625 networks by index and by text",
    .enabled(
      if: Reference.has("nasbench201_cifar10.csv"), "nasbench201_cifar10.csv is not there"),
    arguments: [("index", "index"), ("architecture", "arch")])
  func nasBench201(key: String, column: String) throws {
    let space = NASBench201(.cifar10)
    let rows = try Reference.rows("nasbench201_cifar10.csv")
    #expect(rows.count == 15625)
    let table =
      "key,ms,mj\n" + rows.map { "\($0[column] ?? ""),\($0["raspi4_ms"] ?? ""),0\n" }.joined()
    let device = try MeasuredFixtures.device(
      table,
      manifest: MeasuredFixtures.manifest(
        "granularity: network\nspace: nasbench201-cifar10\nkey: \(key)\nkey_column: key"))
    var wrong = 0
    for row in rows {
      let answer = device.tables[0].network(row["arch"] ?? "")
      if answer?.latencyMilliseconds != Double(row["raspi4_ms"] ?? "") { wrong += 1 }
      let index = try #require(Int(row["index"] ?? ""))
      let member = try #require(space.architecture(at: index))
      if device.tables[0].network(space.text(of: member)) != answer { wrong += 1 }
    }
    #expect(wrong == 0)
    #expect(device.tables[0].coverage()?.missing.isEmpty == true)
  }

  @Test("the fit finds the blocks of networks that are sums of blocks")
  func fit() throws {
    let space = FBNet(.cifar100)
    let blocks = try #require(space.blockShapes)
    let numbers = Dictionary(
      uniqueKeysWithValues: blocks.distinct.enumerated().map { ($0.element, Double($0.offset)) })
    var measured: [(Architecture, Double)] = []
    var state: UInt64 = 1
    for _ in 0..<400 {
      let choices = space.choiceCounts.map { count -> Int in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % count
      }
      let member = try space.architecture(choices: choices)
      let shapes = blocks.blocks(of: member, counts: space.choiceCounts)
      measured.append((member, shapes.reduce(0) { $0 + (numbers[$1] ?? 0) }))
    }
    let device = try MeasuredFixtures.device(
      try FittedBlocks(of: space, to: Array(measured.prefix(250))).csv,
      manifest: BlockTableTests.manifest)
    for (architecture, milliseconds) in measured {
      let report = try MeasuredFixtures.report(
        device, space.text(of: architecture), of: space)
      #expect(abs(report.latencyMilliseconds - milliseconds) < 1e-9 * milliseconds)
    }
  }
}

/// Costs of blocks by least squares from costs of whole networks.
///
/// A network has one block at each position: what all choices of a position have in common cannot be
/// told from what is fixed. It is given to the stem, so that the least of each position costs 0.
struct FittedBlocks {
  let csv: String

  init(of space: FBNet, to measured: [(Architecture, Double)]) throws {
    let blocks = try #require(space.blockShapes)
    // Every block is one variable's own.
    let choices = blocks.terms.map { $0.blocks.compactMap { $0 } }
    // Unknown are the fixed part and, at each distinct position, all choices but the last.
    var unknowns: [BlockShape: Int] = [:]
    for shape in choices.flatMap({ $0.dropLast() }) where unknowns[shape] == nil {
      unknowns[shape] = unknowns.count + 1
    }
    let count = unknowns.count + 1
    var matrix = Array(repeating: Array(repeating: 0.0, count: count + 1), count: count)
    for (architecture, value) in measured {
      let columns = [0] + zip(choices, architecture.choices).compactMap { unknowns[$0[$1]] }
      for row in columns {
        for column in columns { matrix[row][column] += 1 }
        matrix[row][count] += value
      }
    }
    var solution = Self.solve(matrix)
    // A block that costs less than its position's skip would be below 0: raise the whole position.
    var (rows, seen) = ([String](), Set<BlockShape>())
    for shapes in choices {
      let costs = shapes.map { shape in unknowns[shape].map { solution[$0] } ?? 0 }
      let lowest = min(0, costs.min() ?? 0)
      solution[0] += lowest
      for (shape, cost) in zip(shapes, costs) where seen.insert(shape).inserted {
        rows.append("\(shape.hwNASBenchKey),\(cost - lowest),0\n")
      }
    }
    for (index, shape) in blocks.fixed.enumerated() {
      rows.append("\(shape.hwNASBenchKey),\(index == 0 ? solution[0] : 0),0\n")
    }
    csv = "block,ms,mj\n" + rows.joined()
  }

  /// Gauss's elimination with the largest pivot.
  private static func solve(_ given: [[Double]]) -> [Double] {
    var matrix = given
    let count = matrix.count
    for step in 0..<count {
      let pivot = (step..<count).max { abs(matrix[$0][step]) < abs(matrix[$1][step]) } ?? step
      matrix.swapAt(step, pivot)
      for row in 0..<count where row != step {
        let factor = matrix[row][step] / matrix[step][step]
        guard factor != 0 else { continue }
        for column in step...count { matrix[row][column] -= factor * matrix[step][column] }
      }
    }
    return (0..<count).map { matrix[$0][count] / matrix[$0][$0] }
  }
}
