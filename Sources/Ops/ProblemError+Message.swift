extension ProblemError {
  /// What is wrong, in the style of the project's diagnostics.
  public var message: String {
    switch self {
    case .boundOutOfRange(let dimension, let bound):
      "the bound of \(dimension.name) is \(bound), not between 1 and \(Problem.largestExtent)"
    case .tooManyOperations: "more operations than can be counted exactly (2^53 bits of words)"
    case .unsupportedAxis(let role): "an axis of \(role.name) is not one the models can count"
    case .dimensionInTwoAxes(let role, let dimension):
      "\(dimension.name) occurs in two axes of \(role.name)"
    case .bitWidthOutOfRange(let bits): "\(bits) bits are not between 1 and 1024"
    }
  }
}
