public import Ops

/// Why a mapping cannot run on a hierarchy.
public enum MappingError: Error, Hashable, Sendable {
  /// The mapping has more or fewer levels than the hierarchy.
  case wrongLevelCount(expected: Int, found: Int)
  /// A loop's passes are not `ceil(extent / step)` of the tile it cuts.
  case passesDoNotCover(
    level: String, LoopDimension, extent: Int64, step: Int64, expected: Int64, found: Int64)
  /// A dimension's innermost step is not 1, or a bound above 1 has no loop.
  case dimensionNotExhausted(LoopDimension, remaining: Int64)
  /// A tile is larger than its memory.
  case doesNotFit(level: String, tensor: TensorRole?, neededBits: Int64, availableBits: Int64)
  /// Loops in space have more passes along an axis than there are children.
  case exceedsFanout(level: String, ArrayAxis, needed: Int64, available: Int64)
  /// A tensor is kept where it may not be.
  case cannotKeep(level: String, TensorRole)
  /// A tensor bypasses a level that must keep it.
  case mustKeep(level: String, TensorRole)
  /// The outermost level keeps every tensor of the problem.
  case outermostBypasses(TensorRole)
  /// A constraint of the dataflow is broken.
  case breaksConstraint(level: String, constraint: String)
  /// The dataflow allows only steps that divide, and this one does not.
  case imperfectFactor(level: String, LoopDimension, extent: Int64, step: Int64)
  /// Counting by Timeloop's rules would visit the nest too often.
  case tooManyVisits(limit: Int64)
}
