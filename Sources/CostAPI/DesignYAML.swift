public import Accelerators
internal import Ops

/// A design found by a search as a hardware file.
public enum DesignYAML {
  /// The file's text; its board is found by name.
  ///
  /// - Parameters:
  ///   - name: What the design is called.
  ///   - reason: Why its numbers are what they are: the search that found them.
  public static func text(of design: PipelineDesign, name: String, reason: String) -> String {
    let precision = design.precision
    var lines = [
      "# \(reason)", "schema: 1", "kind: pipeline", "name: \(name)", "assumed: \"\(reason)\"",
      "board: \(design.board.name)", "clock: \(HumanNumber.plain(design.clockMegahertz)) MHz",
      "precision: {weight: \(precision.weightBits) bit, activation: \(precision.activationBits) bit, "
        + "accumulator: \(precision.accumulatorBits) bit}",
      "style: \(design.style.rawValue)", "compose: \(design.composition.rawValue)",
    ]
    if design.memory != nil { lines.append("memory: {overlap: true}") }
    lines.append("engines:")
    for engine in design.engines {
      // Every op is assigned by name, so that an engine needs only those of its layers.
      let ops = OpKind.allCases.filter { engine.ops.contains($0) }.map(\.rawValue)
      lines.append(
        "  - {name: \(engine.name), ops: [\(ops.joined(separator: ", "))], "
          + (engine.isReplicated ? "copies: layer, " : "") + "weights: "
          + "\(engine.weightHome.rawValue), weight_memory: \(engine.weightMemory.rawValue)"
          + (engine.overheadCycles > 0 ? ", overhead: \(engine.overheadCycles)" : "")
          + (engine.dspsPerMAC.map { ", dsps_per_mac: \($0)" } ?? "") + "}")
    }
    lines.append("assign:")
    for assignment in design.assignments {
      guard let index = assignment.engine, let unroll = assignment.unroll else { continue }
      let unrolled = LoopDimension.allCases.filter { unroll[$0] > 1 }
        .map { "\($0.name): \(unroll[$0])" }
      let layers = assignment.layers.map { "\"\($0)\"" }.joined(separator: ", ")
      let tile = LoopDimension.allCases.compactMap { dimension -> String? in
        switch assignment.tile[dimension] {
        case nil: nil
        case .whole?: "\(dimension.name): all"
        case .iterations(let count)?: "\(dimension.name): \(count)"
        }
      }
      lines.append(
        "  - {layers: [\(layers)], engine: \(design.engines[index].name), unroll: "
          + "{\(unrolled.joined(separator: ", "))}"
          + (tile.isEmpty ? "" : ", tile: {\(tile.joined(separator: ", "))}") + "}")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
