internal import Ops

/// The cells of NAS-Bench-201 in their macro skeleton (X. Dong and Y. Yang, ICLR 2020,
/// arXiv:2001.00326).
///
/// A cell has four nodes and six edges, each edge one of five ops: 15,625 architectures. The
/// decisions are the edges in the order of the text: 0→1, 0→2, 1→2, 0→3, 1→3, 2→3.
public struct NASBench201: SearchSpace {
  /// What the network classifies.
  public enum Dataset: CaseIterable, Hashable, Sendable {
    case cifar10, cifar100, imageNet16

    /// The name of the search space.
    public var spaceName: String {
      switch self {
      case .cifar10: "nasbench201-cifar10"
      case .cifar100: "nasbench201-cifar100"
      case .imageNet16: "nasbench201-imagenet16-120"
      }
    }

    /// Rows and columns of an image.
    var imageSize: Int { self == .imageNet16 ? 16 : 32 }

    var classes: Int {
      switch self {
      case .cifar10: 10
      case .cifar100: 100
      case .imageNet16: 120
      }
    }
  }

  /// The op of an edge; raw values are choices.
  public enum EdgeOp: Int, CaseIterable, Hashable, Sendable {
    case none, skipConnect, convolution1x1, convolution3x3, averagePool3x3

    /// The word in an architecture's text.
    public var word: String {
      switch self {
      case .none: "none"
      case .skipConnect: "skip_connect"
      case .convolution1x1: "nor_conv_1x1"
      case .convolution3x3: "nor_conv_3x3"
      case .averagePool3x3: "avg_pool_3x3"
      }
    }
  }

  /// Which images the networks are for.
  public let dataset: Dataset
  let macro: NASBench201Macro

  /// The space for the images and classes of a dataset.
  public init(_ dataset: Dataset) {
    self.dataset = dataset
    macro = NASBench201Macro(dataset)
  }

  /// The dataset's space: `nasbench201-cifar10` and so on.
  public var name: String { dataset.spaceName }
  /// Five ops for each of a cell's six edges.
  public var choiceCounts: [Int] { Array(repeating: EdgeOp.allCases.count, count: 6) }
  /// A cell's edges, grouped by the node they lead to.
  public var textForm: String { "|op~0|+|op~0|op~1|+|op~0|op~1|op~2|" }
  /// All 15,625, in the order of the published benchmark.
  public var indexedCount: Int? { NASBench201Order.count }

  /// The cell as the published benchmark writes it.
  public func text(of architecture: Architecture) -> String {
    var edges = architecture.choices.compactMap(EdgeOp.init)[...]
    let nodes = (1...3).map { node in
      let words = (0..<node).map { source in
        (edges.popFirst()?.word ?? "") + "~\(source)|"
      }
      return "|" + words.joined()
    }
    return nodes.joined(separator: "+")
  }

  /// The architecture with an index of HW-NAS-Bench (C. Li et al., ICLR 2021).
  public func architecture(at index: Int) -> Architecture? {
    guard (0..<NASBench201Order.count).contains(index) else { return nil }
    var rest = Int(NASBench201Order.numberAtIndex[index])
    var choices = Array(repeating: 0, count: 6)
    for edge in stride(from: 5, through: 0, by: -1) {
      choices[edge] = rest % 5
      rest /= 5
    }
    return Architecture(choices: choices)
  }

  /// The number that the published benchmark gives the cell.
  public func index(of architecture: Architecture) -> Int? {
    let number = architecture.choices.reduce(0) { $0 * 5 + $1 }
    return Int(NASBench201Order.indexOfNumber[number])
  }

  /// Stem, three stages of five cells with a residual block in between, and the head.
  public func network(of architecture: Architecture) -> Network {
    precondition(
      architecture.choices.count == 6, "an architecture of another space than NAS-Bench-201")
    return macro.network(of: architecture.choices, name: text(of: architecture))
  }
}

/// The order of HW-NAS-Bench's indices: all architectures with the last edge fastest and ops in the
/// order of `EdgeOp`, shuffled by Python's `random` seeded with 88.
enum NASBench201Order {
  static let count = 15_625

  /// By index, an architecture's place in the unshuffled order.
  static let numberAtIndex: [UInt16] = {
    var numbers = Array(0..<UInt16(count))
    var twister = MersenneTwister(seed: 88)
    twister.shuffle(&numbers)
    return numbers
  }()

  /// The inverse of `numberAtIndex`.
  static let indexOfNumber: [UInt16] = {
    var indices = Array(repeating: UInt16(0), count: count)
    for (index, number) in numberAtIndex.enumerated() { indices[Int(number)] = UInt16(index) }
    return indices
  }()
}
