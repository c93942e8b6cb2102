package import Dataflow
package import Ops

/// One level of a mapping as text, for tests: `LevelText("c 2, p 4@4", x: "k 3")`.
///
/// A loop without a step gets the product of the passes inside it on its dimension.
package struct LevelText: Sendable {
  package var temporal: String
  package var x: String
  package var y: String
  package var keeps: TensorSet

  package init(_ temporal: String = "", x: String = "", y: String = "", keeps: TensorSet = .all) {
    self.temporal = temporal
    self.x = x
    self.y = y
    self.keeps = keeps
  }
}

extension Mapping {
  /// The mapping that the texts, outermost level first, spell.
  package init(text levels: [LevelText]) {
    var inside = Extents(repeating: 1)
    var result: [LevelMapping] = []
    for level in levels.reversed() {
      let y = Self.loops(level.y, inside: &inside)
      let x = Self.loops(level.x, inside: &inside)
      let temporal = Self.loops(level.temporal, inside: &inside)
      result.append(
        LevelMapping(keeps: level.keeps, temporal: temporal, spatialX: x, spatialY: y))
    }
    self.init(levels: result.reversed())
  }

  private static func loops(_ text: String, inside: inout Extents) -> [Loop] {
    var loops: [Loop] = []
    for part in text.split(separator: ",").reversed() {
      let words = part.split(whereSeparator: { $0 == " " || $0 == "@" })
      guard let dimension = words.first.flatMap({ LoopDimension(name: $0) }),
        let passes = words.dropFirst().first.flatMap({ Int32($0) })
      else { preconditionFailure("'\(part)' is not written like 'p 4' or 'p 4@8'") }
      let step = words.count > 2 ? Int32(words[2]) ?? 1 : inside[dimension]
      loops.append(Loop(dimension, passes: passes, step: step))
      inside[dimension] = passes * step
    }
    return loops.reversed()
  }
}
