public import Networks
public import Ops

/// What of a layer's activations stays on chip, in the array's resident level.
public struct ResidentTensors: Hashable, Sendable {
  /// How much of an input.
  public enum Input: Hashable, Sendable {
    /// None: all of it comes from the outermost memory.
    case none
    /// All that the layer reads, which is one tensor.
    case whole
    /// One of several operands, of so many words an image.
    case operand(words: Int64)
  }

  /// How much of the input stays.
  public var input: Input
  /// Whether the output stays.
  public var output: Bool

  /// Nothing, unless told otherwise.
  public init(input: Input = .none, output: Bool = false) {
    self.input = input
    self.output = output
  }

  /// Nothing.
  public static let none = ResidentTensors()

  /// The tensors of which something stays.
  public var tensors: TensorSet {
    var tensors: TensorSet = output ? .output : []
    if input != .none { tensors.insert(.input) }
    return tensors
  }

  /// The part of one of a layer's nests: the first reads the operand, the last writes the output.
  public func ofNest(_ index: Int, of count: Int) -> ResidentTensors {
    ResidentTensors(input: index == 0 ? input : .none, output: output && index == count - 1)
  }

  /// Of the words a nest moves, those that stay.
  func words(of words: PerTensor<Int64>, batch: Int64) -> PerTensor<Int64> {
    let inputs =
      switch input {
      case .none: Int64(0)
      case .whole: words.input
      case .operand(let image): min(words.input, image.multipliedReportingOverflow(by: batch).0)
      }
    return PerTensor(weight: 0, input: inputs, output: output ? words.output : 0)
  }
}

/// A layer where it stands in a network: layers placed alike cost the same.
public struct PlacedLayer: Hashable, Sendable {
  /// What the layer computes.
  public var identity: LayerIdentity
  /// What of its activations stays on chip there.
  public var resident: ResidentTensors

  /// A layer at a place that keeps nothing on chip, unless told otherwise.
  public init(_ identity: LayerIdentity, resident: ResidentTensors = .none) {
    self.identity = identity
    self.resident = resident
  }
}
