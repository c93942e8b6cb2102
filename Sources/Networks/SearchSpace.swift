internal import CostDiagnostics

/// A family of networks whose members are choices, one a decision.
public protocol SearchSpace: Sendable {
  /// What requests and reports call the space: `fbnet-cifar100`.
  var name: String { get }
  /// How many choices each decision has.
  var choiceCounts: [Int] { get }
  /// How many architectures there are; exact up to 2^53.
  var size: Double { get }
  /// What an architecture's text looks like.
  var textForm: String { get }
  /// How many architectures have an index; `nil` for a space too large to list.
  var indexedCount: Int? { get }

  /// Reads an architecture's text.
  ///
  /// - Throws: `TextError` for the first mistake.
  func architecture(_ text: String) throws(TextError) -> Architecture
  /// The canonical text.
  func text(of architecture: Architecture) -> String
  /// The architecture with an index, if there is one.
  func architecture(at index: Int) -> Architecture?
  /// The index of an architecture, in a space that has indices.
  func index(of architecture: Architecture) -> Int?
  /// The layers of a member.
  func network(of architecture: Architecture) -> Network
  /// The layers that all members have, and those that each choice brings.
  var parts: NetworkParts { get }
  /// The blocks that tables of block costs know; `nil` where the space is not made of such.
  var blockShapes: SpaceBlocks? { get }
}

/// A member of a search space: one choice a decision.
public struct Architecture: Hashable, Sendable {
  /// Each from 0 up to the count of its decision.
  public let choices: [Int]

  init(choices: [Int]) { self.choices = choices }
}

/// Why numbers are not choices of a search space.
public enum ChoicesError: Error, Hashable, Sendable {
  /// More or fewer choices than the space has decisions.
  case wrongCount(expected: Int, found: Int)
  /// A choice, counted from 0, is below 0 or not below `count`.
  case outOfRange(position: Int, value: Int, count: Int)

  /// What is wrong, in the style of the project's diagnostics.
  public var message: String {
    switch self {
    case .wrongCount(let expected, let found):
      "\(found) choices are given, the space has \(expected)"
    case .outOfRange(let position, let value, let count):
      "choice \(position) is \(value), expected 0 to \(count - 1)"
    }
  }
}

extension SearchSpace {
  /// The architecture of the given choices.
  public func architecture(choices: [Int]) throws(ChoicesError) -> Architecture {
    let counts = choiceCounts
    guard choices.count == counts.count else {
      throw .wrongCount(expected: counts.count, found: choices.count)
    }
    for (position, value) in choices.enumerated() where !(0..<counts[position]).contains(value) {
      throw .outOfRange(position: position, value: value, count: counts[position])
    }
    return Architecture(choices: choices)
  }

  /// The product of all counts.
  public var size: Double { choiceCounts.reduce(1) { $0 * Double($1) } }

  /// `nil`: tables of blocks do not know the space.
  public var blockShapes: SpaceBlocks? { nil }
  /// `nil`: the space is not listed.
  public var indexedCount: Int? { nil }
  /// `nil`: no architecture has an index.
  public func architecture(at index: Int) -> Architecture? { nil }
  /// `nil`: no architecture has an index.
  public func index(of architecture: Architecture) -> Int? { nil }
}

/// The one list of search spaces.
public enum SearchSpaces {
  /// Every space, in the order in which they are listed.
  public static var all: [any SearchSpace] {
    NASBench201.Dataset.allCases.map { NASBench201($0) } + FBNet.Variant.allCases.map { FBNet($0) }
      + OnceForAllMobileNetV3.Width.allCases.map { OnceForAllMobileNetV3($0) }
  }

  /// The names of all spaces.
  public static var names: [String] {
    NASBench201.Dataset.allCases.map(\.spaceName) + FBNet.Variant.allCases.map(\.spaceName)
      + OnceForAllMobileNetV3.Width.allCases.map(\.spaceName)
  }

  /// The space of a name, if there is one; also spaces that are not listed, such as `ofa-mbv3-236`.
  public static func named(_ name: String) -> (any SearchSpace)? {
    if let dataset = NASBench201.Dataset.allCases.first(where: { $0.spaceName == name }) {
      return NASBench201(dataset)
    }
    if let variant = FBNet.Variant.allCases.first(where: { $0.spaceName == name }) {
      return FBNet(variant)
    }
    return OnceForAllMobileNetV3.named(name)
  }

  /// What to write in place of a name that no space has: an image size that can be, the nearest name,
  /// or all names.
  public static func hint(for name: String) -> String {
    OnceForAllMobileNetV3.sizeHint(for: name) ?? EditDistance.didYouMean(name, among: names)
      ?? "known are " + names.joined(separator: ", ")
  }
}

/// The value of an initializer whose arguments are constants of this module.
func constant<Value, Failure: Error>(_ make: () throws(Failure) -> Value) -> Value {
  do {
    return try make()
  } catch {
    preconditionFailure("a layer of a built-in search space is impossible: \(error)")
  }
}

extension [Layer] {
  /// Appends layers whose inputs are relative: `.networkInput` is the tensor the block reads,
  /// `.layer(i)` its own layer i. The block's last layer is what is read next.
  mutating func append(block: [Layer], reading current: inout TensorSource) {
    let offset = count
    for var layer in block {
      for (operand, source) in layer.inputs.enumerated() {
        layer.inputs[operand] =
          switch source {
          case .networkInput: current
          case .layer(let index): .layer(offset + index)
          }
      }
      append(layer)
    }
    if !block.isEmpty { current = .layer(count - 1) }
  }
}
