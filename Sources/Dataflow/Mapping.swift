public import Ops

/// An axis of the children of a level.
public enum ArrayAxis: UInt8, CaseIterable, Hashable, Sendable {
  case x, y

  /// The name used in files and reports.
  public var name: String { self == .x ? "x" : "y" }
}

/// A dimension cut into passes of a step: pass `i` covers `i * step ..< min((i + 1) * step, extent)`
/// of the enclosing tile.
public struct Loop: Hashable, Sendable {
  /// Whose index the loop counts.
  public var dimension: LoopDimension
  /// Passes over a full enclosing tile: `ceil(extent / step)`. A shorter enclosing tile has fewer.
  public var passes: Int32
  /// Extent of the tile of one pass; the last pass may be shorter.
  public var step: Int32

  /// A loop as given; counting refuses passes and steps that do not cover the tile.
  public init(_ dimension: LoopDimension, passes: Int32, step: Int32) {
    self.dimension = dimension
    self.passes = passes
    self.step = step
  }
}

/// What one level does: the loops over its children's tiles, and the tensors it keeps.
public struct LevelMapping: Hashable, Sendable {
  /// The tensors stored at the level; the others bypass it.
  public var keeps: TensorSet
  /// Loops over time, outermost first.
  public var temporal: [Loop]
  /// Loops across the children along x, outermost (slowest index) first.
  public var spatialX: [Loop]
  /// Loops across the children along y, outermost (slowest index) first.
  public var spatialY: [Loop]

  /// What a level does, as given; counting refuses loops that do not fit.
  public init(
    keeps: TensorSet, temporal: [Loop] = [], spatialX: [Loop] = [], spatialY: [Loop] = []
  ) {
    self.keeps = keeps
    self.temporal = temporal
    self.spatialX = spatialX
    self.spatialY = spatialY
  }

  /// The spatial loops of one axis.
  public func spatial(_ axis: ArrayAxis) -> [Loop] { axis == .x ? spatialX : spatialY }
}

/// How a problem runs on a hierarchy; levels are outermost (DRAM) first, as in the hierarchy.
///
/// The chain of a dimension's loops runs level by level, within a level through `temporal`, then
/// `spatialX`, then `spatialY`. Each loop cuts the tile of the loop before it (the first one, the
/// problem's bound); the last loop's step is 1. A dimension without loops has bound 1.
public struct Mapping: Hashable, Sendable {
  /// Outermost level first, one for each of the hierarchy.
  public var levels: [LevelMapping]

  /// A mapping as given; counting refuses one that is not possible.
  public init(levels: [LevelMapping]) { self.levels = levels }
}
