/// The three tensors of a problem.
public enum TensorRole: UInt8, CaseIterable, Hashable, Sendable {
  case weight, input, output

  /// The name used in files and reports.
  public var name: String {
    switch self {
    case .weight: "weight"
    case .input: "input"
    case .output: "output"
    }
  }

  /// The tensor with the given name, if there is one.
  public init?(name: some StringProtocol) {
    guard let match = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = match
  }
}

/// A set of tensors.
public struct TensorSet: OptionSet, Hashable, Sendable {
  /// One bit a tensor, that of its role's raw value.
  public let rawValue: UInt8

  /// The set of the given bits.
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The set of one tensor.
  @inlinable public init(_ role: TensorRole) { rawValue = 1 << role.rawValue }

  /// The set of the weights.
  public static let weight = TensorSet(.weight)
  /// The set of the input.
  public static let input = TensorSet(.input)
  /// The set of the output.
  public static let output = TensorSet(.output)
  /// All three tensors.
  public static let all: TensorSet = [.weight, .input, .output]

  /// Whether the set holds a tensor.
  @inlinable public func contains(_ role: TensorRole) -> Bool {
    rawValue & (1 << role.rawValue) != 0
  }

  /// The members in the order weight, input, output.
  public var members: [TensorRole] { TensorRole.allCases.filter { contains($0) } }
}

/// One value for each tensor of a problem.
public struct PerTensor<Value> {
  /// The value of the weights.
  public var weight: Value
  /// The value of the input.
  public var input: Value
  /// The value of the output.
  public var output: Value

  /// Three values, one a tensor.
  @inlinable public init(weight: Value, input: Value, output: Value) {
    self.weight = weight
    self.input = input
    self.output = output
  }

  /// The same value for every tensor.
  @inlinable public init(repeating value: Value) {
    self.init(weight: value, input: value, output: value)
  }

  /// The value of a tensor.
  @inlinable public subscript(role: TensorRole) -> Value {
    get {
      switch role {
      case .weight: weight
      case .input: input
      case .output: output
      }
    }
    set {
      switch role {
      case .weight: weight = newValue
      case .input: input = newValue
      case .output: output = newValue
      }
    }
  }

  /// The values transformed one by one.
  public func map<Result>(_ transform: (Value) throws -> Result) rethrows -> PerTensor<Result> {
    PerTensor<Result>(
      weight: try transform(weight), input: try transform(input), output: try transform(output))
  }
}

extension PerTensor: Equatable where Value: Equatable {}
extension PerTensor: Hashable where Value: Hashable {}
extension PerTensor: Sendable where Value: Sendable {}

/// One axis of a tensor as a sum of loop indices: `stride * p + dilation * r − padding` for the
/// input rows of a convolution.
public struct AffineAxis: Hashable, Sendable {
  /// A loop index times a constant.
  public struct Term: Hashable, Sendable {
    /// What the loop's index is multiplied with.
    public var coefficient: Int32
    /// The loop.
    public var dimension: LoopDimension

    /// The index of a loop, times a coefficient.
    public init(_ coefficient: Int32, _ dimension: LoopDimension) {
      self.coefficient = coefficient
      self.dimension = dimension
    }
  }

  /// One or two terms; coefficients are at least 1.
  public var terms: [Term]
  /// Added to the sum: minus the padding before the first element.
  public var offset: Int32
  /// How many elements the tensor has along this axis; indices outside `0 ..< extent` are padding,
  /// which is no data.
  public var extent: Int32

  /// A sum of terms as given; a `Problem` refuses those that it cannot count.
  public init(_ terms: [Term], offset: Int32 = 0, extent: Int32) {
    self.terms = terms
    self.offset = offset
    self.extent = extent
  }

  /// The axis that one loop index runs along, word by word.
  public init(_ dimension: LoopDimension, extent: Int32) {
    self.init([Term(1, dimension)], extent: extent)
  }
}

/// Which element of a tensor each iteration touches.
///
/// No dimension occurs in two axes, so that sets of elements are products of sets of indices.
public struct Projection: Hashable, Sendable {
  /// How each axis of the tensor is indexed.
  public var axes: [AffineAxis]

  /// A tensor with the given axes.
  public init(_ axes: [AffineAxis]) { self.axes = axes }

  /// The dimensions whose index moves the element touched.
  public var relevantDimensions: DimensionSet {
    axes.reduce(into: []) { set, axis in
      for term in axis.terms { set.insert(DimensionSet(term.dimension)) }
    }
  }
}
