/// A number that describes an op, by the name that layer texts, keys and tables share.
public enum OpAttribute: String, CaseIterable, Hashable, Sendable {
  /// Input channels, all groups together.
  case inputChannels = "c"
  /// Output channels, all groups together.
  case outputChannels = "k"
  /// Input rows.
  case height = "h"
  /// Input columns.
  case width = "w"
  /// Filter rows.
  case filterHeight = "r"
  /// Filter columns.
  case filterWidth = "s"
  case stride
  case strideHeight = "stride_h"
  case strideWidth = "stride_w"
  case padding = "pad"
  case paddingHeight = "pad_h"
  case paddingWidth = "pad_w"
  case dilation
  case dilationHeight = "dilation_h"
  case dilationWidth = "dilation_w"
  case groups
  /// How many tensors an addition adds.
  case operands

  /// The name in a layer text.
  public var name: String { rawValue }

  /// The two attributes that set the axes apart where this one sets both; empty for the others.
  public var axes: [OpAttribute] {
    switch self {
    case .stride: [.strideHeight, .strideWidth]
    case .padding: [.paddingHeight, .paddingWidth]
    case .dilation: [.dilationHeight, .dilationWidth]
    default: []
    }
  }

  /// The smallest value that means something.
  public var smallest: Int {
    switch self {
    case .padding, .paddingHeight, .paddingWidth: 0
    case .operands: 2
    default: 1
    }
  }
}

/// The attributes of one op; those not set are `nil`.
public struct OpAttributes: Hashable, Sendable {
  private var values: [OpAttribute: Int] = [:]

  /// No attribute is set.
  public init() {}

  /// Values by attribute.
  public init(_ values: [OpAttribute: Int]) { self.values = values }

  /// The value of an attribute; `nil` where it is not set.
  public subscript(attribute: OpAttribute) -> Int? {
    get { values[attribute] }
    set { values[attribute] = newValue }
  }

  /// The attributes set, in the order of `OpAttribute.allCases`.
  public var list: [(attribute: OpAttribute, value: Int)] {
    OpAttribute.allCases.compactMap { attribute in values[attribute].map { (attribute, $0) } }
  }
}

/// How tables and caches name an op: its kind and every attribute that changes its cost.
public struct OpKey: Hashable, Sendable {
  /// What the op is.
  public var kind: OpKind
  /// Every number that changes its cost.
  public var attributes: OpAttributes

  /// A key as given; no op is asked whether it is possible.
  public init(kind: OpKind, attributes: OpAttributes) {
    self.kind = kind
    self.attributes = attributes
  }
}

extension OpKey: CustomStringConvertible {
  /// The layer text without a batch: `conv c=16 k=16 h=32 w=32 r=3 s=3 stride=1 pad=1 …`.
  public var description: String {
    attributes.list.reduce(into: kind.rawValue) { $0 += " \($1.attribute.name)=\($1.value)" }
  }
}
