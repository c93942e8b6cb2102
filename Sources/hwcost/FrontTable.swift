internal import CostAPI

/// A front of energy and latency as a table for people: each point beside the two ends of the front,
/// the one of the least energy-delay product marked.
struct FrontTable {
  /// One point of a front.
  struct Point {
    /// `nil` leaves the column out.
    var cycles: Int64?
    var latencyMilliseconds: Double
    var energyPicojoules: Double

    var product: Double { latencyMilliseconds * energyPicojoules }
  }

  /// In order of latency.
  let points: [Point]
  /// More points than this are not all shown.
  static let mostRows = 24

  init(_ points: [Point]) { self.points = points }

  /// Whether some points are not shown.
  var isShortened: Bool { points.count > Self.mostRows }

  private var best: Int {
    points.indices.min { (points[$0].product, $0) < (points[$1].product, $1) } ?? 0
  }

  /// The indices shown: of very many points some evenly spread, both ends and the best.
  private var shown: [Int] {
    guard isShortened else { return Array(points.indices) }
    let last = points.count - 1
    let spread = (0..<Self.mostRows).map { $0 * last / (Self.mostRows - 1) }
    return Set(spread + [best]).sorted()
  }

  var table: TextTable {
    let showsCycles = points.first?.cycles != nil
    var columns: [TextTable.Column] = showsCycles ? [.init("cycles", .right)] : []
    columns += [
      .init("latency [ms]", .right), .init("energy [uJ]", .right), .init("EDP [uJ ms]", .right),
      .init("latency / least", .right), .init("energy / least", .right),
      .init("EDP / least", .right), .init(""),
    ]
    var table = TextTable(columns)
    guard let fastest = points.first, let thriftiest = points.last else { return table }
    let ratio = { (value: Double, least: Double) -> String in
      least > 0 ? HumanNumber.fixed(value / least, decimals: 4) : "-"
    }
    for index in shown {
      let point = points[index]
      var row: [String] = []
      if showsCycles { row.append(HumanNumber.grouped(point.cycles ?? 0)) }
      row += [
        HumanNumber.significant(point.latencyMilliseconds),
        HumanNumber.significant(point.energyPicojoules * 1e-6),
        HumanNumber.significant(point.product * 1e-6),
        ratio(point.latencyMilliseconds, fastest.latencyMilliseconds),
        ratio(point.energyPicojoules, thriftiest.energyPicojoules),
        ratio(point.product, points[best].product), index == best ? "shown" : "",
      ]
      table.add(row)
    }
    return table
  }
}
