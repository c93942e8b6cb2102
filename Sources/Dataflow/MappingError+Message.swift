internal import Ops

extension MappingError {
  /// What is wrong, in the style of the project's diagnostics.
  public var message: String {
    switch self {
    case .wrongLevelCount(let expected, let found):
      "the mapping has \(found) levels, the target \(expected)"
    case .passesDoNotCover(let level, let dimension, let extent, let step, let expected, let found):
      "\(level): \(dimension.name) has \(found) passes of \(step) over \(extent), expected "
        + "\(expected)"
    case .dimensionNotExhausted(let dimension, let remaining):
      "\(dimension.name) is not covered: a tile of \(remaining) is left"
    case .doesNotFit(let level, let tensor, let needed, let available):
      "\(level): \(tensor.map { "\($0.name) needs" } ?? "the tiles need") \(needed) bit, "
        + "\(available) are there"
    case .exceedsFanout(let level, let axis, let needed, let available):
      "\(level): \(needed) children along \(axis.name), \(available) are there"
    case .cannotKeep(let level, let role): "\(level) cannot keep \(role.name)"
    case .mustKeep(let level, let role): "\(level) must keep \(role.name)"
    case .outermostBypasses(let role): "the outermost level must keep \(role.name)"
    case .breaksConstraint(let level, let constraint): "\(level): \(constraint)"
    case .imperfectFactor(let level, let dimension, let extent, let step):
      "\(level): a step of \(step) does not divide \(extent) of \(dimension.name)"
    case .tooManyVisits(let limit):
      "the mapping has too many loops for Timeloop's rules, which would visit it more than "
        + "\(limit) times"
    }
  }
}
