/// Why numbers do not describe an op.
public enum OpError: Error, Hashable, Sendable {
  /// A number the op needs was not given.
  case missing(OpAttribute)
  /// A number is below what makes sense or above `Problem.largestExtent`.
  case outOfRange(OpAttribute, Int)
  /// Channels do not divide evenly into groups.
  case notDivisible(OpAttribute, Int, groups: Int)
  /// The window spans more elements than the padded input has.
  case windowLargerThanInput(OpAttribute, span: Int, available: Int)
  /// A pooling window could see nothing but padding.
  case paddingAboveHalfWindow(OpAttribute, padding: Int, window: Int)
  /// The output would have more rows or columns than `Problem.largestExtent`.
  case outputTooLarge(OpAttribute, Int)
  /// More than 2^48 words or operations an image.
  case tooLarge

  /// The number to change.
  public var attribute: OpAttribute? {
    switch self {
    case .missing(let attribute), .outOfRange(let attribute, _), .notDivisible(let attribute, _, _),
      .windowLargerThanInput(let attribute, _, _), .paddingAboveHalfWindow(let attribute, _, _),
      .outputTooLarge(let attribute, _):
      attribute
    case .tooLarge: nil
    }
  }

  /// What is wrong, in the style of the project's diagnostics.
  public var message: String {
    switch self {
    case .missing(let attribute):
      "'\(attribute.name)' is missing"
    case .outOfRange(let attribute, let value):
      "\(attribute.name)=\(value) is not between \(attribute.smallest) and \(Problem.largestExtent)"
    case .notDivisible(let attribute, let value, let groups):
      "\(attribute.name)=\(value) does not divide into groups=\(groups)"
    case .windowLargerThanInput(let attribute, let span, let available):
      "the window's \(attribute.name) spans \(span) elements, the padded input has \(available)"
    case .paddingAboveHalfWindow(let attribute, let padding, let window):
      "\(attribute.name)=\(padding) is more than half the window of \(window)"
    case .outputTooLarge(let attribute, let value):
      "the output's \(attribute.name) would be \(value), more than \(Problem.largestExtent)"
    case .tooLarge:
      "more than 2^48 words or operations an image"
    }
  }
}

/// Why an op cannot read the tensors it is given.
public enum OpInputError: Error, Hashable, Sendable {
  /// More or fewer inputs than the op reads.
  case wrongCount(expected: Int, found: Int)
  /// Input number `index`, counted from 0, has another shape than the op reads.
  case wrongShape(index: Int, expected: FeatureMap, found: FeatureMap)
  /// The inputs together have another number of words or channels than the op reads.
  case wrongTotal(OpAttribute, expected: Int64, found: Int64)

  /// What is wrong, in the style of the project's diagnostics.
  public var message: String {
    switch self {
    case .wrongCount(let expected, let found):
      "reads \(expected) \(expected == 1 ? "input" : "inputs"), but is given \(found)"
    case .wrongShape(_, let expected, let found):
      "reads \(expected), but is given \(found)"
    case .wrongTotal(let attribute, let expected, let found):
      "reads \(attribute.name)=\(expected), but is given \(found)"
    }
  }
}
