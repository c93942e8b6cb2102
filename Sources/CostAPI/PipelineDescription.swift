public import Accelerators
internal import Ops

/// Designs and boards as text for people, with where each number comes from.
public enum PipelineDescription {
  /// A board's lines, each closed by a line feed.
  public static func text(of board: Board, unsourced: [String]) -> String {
    var lines = [
      "\(board.name): FPGA board, \(board.part), \(board.family.rawValue)",
      "designs run at about \(HumanNumber.plain(board.clockMegahertz)) MHz and may use "
        + "\(HumanNumber.percent(board.usableShare)) of",
    ]
    for resource in FPGAResource.allCases {
      let count = HumanNumber.grouped(board.resources[resource])
      lines.append("  \(resource.name.padded(to: 8))\(count)")
    }
    let rate = HumanNumber.significant(board.memoryBytesPerSecond * 1e-9)
    lines.append(
      "memory: \(rate) GB/s, of which \(HumanNumber.percent(board.memoryEfficiency)) is reached")
    if let power = board.power { lines.append(Self.line(of: power)) }
    if !board.disagreements.isEmpty {
      lines += ["", "other sources say"]
      lines += board.disagreements.map { "  \($0.of): \($0.says) (\($0.source))" }
    }
    return (lines + origins(board.provenance, board.sources, unsourced)).joined(separator: "\n")
      + "\n"
  }

  /// A design's lines, each closed by a line feed.
  public static func text(of design: PipelineDesign, unsourced: [String]) -> String {
    let precision = design.precision
    var lines = [
      "\(design.name): \(design.composition.rawValue) design on \(design.board.name), "
        + "\(HumanNumber.plain(design.clockMegahertz)) MHz",
      "words: weights \(precision.weightBits) bit, activations \(precision.activationBits) bit, "
        + "partial sums \(precision.accumulatorBits) bit",
    ]
    for engine in design.engines { lines.append("  " + line(of: engine)) }
    for assignment in design.assignments {
      let engine = assignment.engine.map { design.engines[$0].name } ?? "nothing is charged"
      lines.append("  \(subject(of: assignment)): \(engine)")
    }
    if let power = design.power { lines.append(Self.line(of: power)) }
    return (lines + origins(design.provenance, design.sources, unsourced)).joined(separator: "\n")
      + "\n"
  }

  private static func line(of engine: Engine) -> String {
    let unrolled = LoopDimension.allCases.filter { engine.unroll[$0] > 1 }
      .map { "\($0.name) \(engine.unroll[$0])" }
    let tiles = LoopDimension.allCases.compactMap { dimension -> String? in
      switch engine.tile[dimension] {
      case .iterations(let count)?: "\(dimension.name) \(count)"
      case .whole?: "all \(dimension.name)"
      case nil: nil
      }
    }
    let ops = OpKind.allCases.filter { engine.ops.contains($0) }.map(\.rawValue)
    var text = "\(engine.name) runs \(ops.joined(separator: ", "))"
    if !unrolled.isEmpty { text += ", unrolled \(unrolled.joined(separator: " "))" }
    if !tiles.isEmpty { text += ", tile \(tiles.joined(separator: " "))" }
    if engine.intervalCycles > 1 { text += ", a step in \(engine.intervalCycles) cycles" }
    if engine.overheadCycles > 0 { text += ", \(engine.overheadCycles) cycles more a pass" }
    if engine.isReplicated { text += ", one for each layer" }
    return text
  }

  private static func subject(of assignment: Assignment) -> String {
    var parts = assignment.layers
    if let ops = assignment.ops {
      parts.append(
        "every "
          + OpKind.allCases.filter { ops.contains($0) }.map(\.rawValue)
          .joined(separator: ", "))
    }
    return parts.isEmpty ? "all others" : parts.joined(separator: ", ")
  }

  private static func line(of power: PipelinePower) -> String {
    switch power {
    case .constant(let milliwatts):
      "power: \(HumanNumber.significant(milliwatts.value / 1000)) W, whatever happens"
    case .events(let energies):
      "power: \(HumanNumber.significant(energies.staticMilliwatts.value / 1000)) W static, "
        + "\(HumanNumber.significant(energies.processorMilliwatts.value / 1000)) W processor, and "
        + "what each event costs"
    }
  }

  private static func origins(
    _ provenance: [String: Provenance], _ sources: [String: String], _ unsourced: [String]
  ) -> [String] {
    var lines: [String] = []
    if !provenance.isEmpty { lines += ["", "where the numbers are from"] }
    for (path, origin) in provenance.sorted(by: { $0.key < $1.key }) {
      switch origin {
      case .source(let name): lines.append("  \(path): \(name)")
      case .assumed(let reason): lines.append("  \(path): assumed, \(reason)")
      }
    }
    lines += sources.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
    if !unsourced.isEmpty { lines.append("without a source: " + unsourced.joined(separator: ", ")) }
    return lines
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
