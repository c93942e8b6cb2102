/// A loop of the canonical nest every op is written as.
///
/// Names follow Timeloop: batch `n`, groups `g`, output channels of a group `k`, input channels of
/// a group `c`, output rows `p` and columns `q`, filter rows `r` and columns `s`.
public enum LoopDimension: UInt8, CaseIterable, Hashable, Sendable {
  case n, g, k, c, p, q, r, s

  /// The one-letter name, as written in mapping files and loop nests.
  public var name: String {
    switch self {
    case .n: "n"
    case .g: "g"
    case .k: "k"
    case .c: "c"
    case .p: "p"
    case .q: "q"
    case .r: "r"
    case .s: "s"
    }
  }

  /// The dimension with the given one-letter name, if there is one.
  public init?(name: some StringProtocol) {
    guard let match = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = match
  }
}

/// A set of loop dimensions.
public struct DimensionSet: OptionSet, Hashable, Sendable {
  /// One bit a dimension, that of its own raw value.
  public let rawValue: UInt8

  /// The set of the given bits.
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The set of one dimension.
  @inlinable public init(_ dimension: LoopDimension) { rawValue = 1 << dimension.rawValue }

  /// Every dimension.
  public static let all = DimensionSet(rawValue: 0xFF)

  /// Whether the set holds a dimension.
  @inlinable public func contains(_ dimension: LoopDimension) -> Bool {
    rawValue & (1 << dimension.rawValue) != 0
  }

  /// The members in the canonical order n g k c p q r s.
  public var members: [LoopDimension] { LoopDimension.allCases.filter { contains($0) } }
}

/// One whole number per dimension: bounds, a tile's shape, or a count of tiles.
public struct Extents: Hashable, Sendable {
  @usableFromInline var storage: SIMD8<Int32>

  /// The same number for every dimension.
  @inlinable public init(repeating value: Int32 = 1) { storage = SIMD8(repeating: value) }

  /// Numbers by dimension; dimensions left out are 1.
  public init(_ values: [LoopDimension: Int32]) {
    self.init(repeating: 1)
    for (dimension, value) in values { self[dimension] = value }
  }

  /// The number of one dimension.
  @inlinable public subscript(dimension: LoopDimension) -> Int32 {
    get { storage[Int(dimension.rawValue)] }
    set { storage[Int(dimension.rawValue)] = newValue }
  }

  /// The product over all dimensions, or `nil` where it leaves the range of `Int64`.
  public var checkedProduct: Int64? {
    var product: Int64 = 1
    for index in storage.indices {
      let (next, overflow) = product.multipliedReportingOverflow(by: Int64(storage[index]))
      if overflow { return nil }
      product = next
    }
    return product
  }
}
