/// How many blocks of memory a depth and a width take, by the rules of those who published some.
///
/// An 18 kbit block RAM is 512 x 36, 1024 x 18, 2048 x 9, 4096 x 4, 8192 x 2 or 16384 x 1 (Xilinx
/// UG473, table 1-7; UG573, table 1-10: simple dual port).
public enum MemoryBlocks {
  /// Widths in bits with the depth that a block has at each, the widest first.
  static let shapes: [(width: Int64, depth: Int64)] = [
    (36, 512), (18, 1024), (9, 2048), (4, 4096), (2, 8192), (1, 16384),
  ]

  /// The fewest blocks of any one shape.
  ///
  /// - Parameter roundsDepthUp: Whether depths are rounded up to powers of two, as the tools do for
  ///   7-series devices.
  public static func fewest(depth: Int64, width: Int64, roundsDepthUp: Bool = false) -> Int64 {
    guard depth > 0, width > 0 else { return 0 }
    let depth = roundsDepthUp ? powerOfTwo(atLeast: depth) : depth
    // The shapes one by one, as divisions by constants are multiplications.
    func blocks(_ shapeWidth: Int64, _ shapeDepth: Int64) -> Int64 {
      width.dividedRoundingUp(by: shapeWidth)
        .saturatingProduct(depth.dividedRoundingUp(by: shapeDepth))
    }
    return min(
      min(blocks(36, 512), blocks(18, 1024), blocks(9, 2048)),
      min(blocks(4, 4096), blocks(2, 8192), blocks(1, 16384)))
  }

  /// FINN's rule for a weight memory (finn `matrixvectoractivation.py`, `bram_estimation`).
  public static func finn(depth: Int64, width: Int64) -> Int64 {
    let shape: (width: Int64, depth: Int64) =
      switch width {
      case ...1: (1, 16384)
      case 2: (2, 8192)
      case ...4: (4, 4096)
      case ...9: (9, 2048)
      case ...18: (18, 1024)
      default: depth > 512 ? (18, 1024) : (36, 512)
      }
    return depth.dividedRoundingUp(by: shape.depth)
      .saturatingProduct(width.dividedRoundingUp(by: shape.width))
  }

  /// fpgaConvNet's rule for a memory (fpgaconvnet-model `resource_analytical_model.py`,
  /// `bram_array_resource_model`): the narrowest shape that takes the width, none below a kilobit.
  public static func fpgaConvNet(depth: Int64, width: Int64) -> Int64 {
    guard depth.saturatingProduct(width) >= 1024 else { return 0 }
    let narrow = min(width, 36)
    let shape = shapes.last { $0.width >= narrow } ?? (36, 512)
    return width.dividedRoundingUp(by: 36)
      .saturatingProduct(depth.dividedRoundingUp(by: shape.depth))
  }

  /// DNNBuilder's rule (AccDNN `util/resource.py`, `get_brams`): slices of 72 bits first, then one of
  /// 36, then what is left; the wider port and the shallower one count.
  ///
  /// The depth of a block of one bit is 16392 there.
  public static func dnnBuilder(
    writeWidth: Int64, writeDepth: Int64, readWidth: Int64, readDepth: Int64
  ) -> Int64 {
    var width = max(writeWidth, readWidth)
    let depth = min(writeDepth, readDepth)
    let rows = depth.dividedRoundingUp(by: 512)
    var blocks = (width / 72).saturatingProduct(rows).saturatingProduct(2)
    width %= 72
    if width >= 36 {
      blocks = blocks.saturatingSum(rows)
      width -= 36
    }
    let shapes: [(width: Int64, depth: Int64)] = [
      (1, 16392), (2, 8192), (4, 4096), (9, 2048), (18, 1024), (36, 512),
    ]
    let shape = shapes.first { width <= $0.width } ?? (36, 512)
    return blocks.saturatingSum(depth.dividedRoundingUp(by: shape.depth))
  }

  /// UltraRAM blocks of 72 x 4096 (Xilinx UG573; finn `uram_estimation`).
  public static func ultra(depth: Int64, width: Int64) -> Int64 {
    width.dividedRoundingUp(by: 72).saturatingProduct(depth.dividedRoundingUp(by: 4096))
  }

  /// The least power of two that is not below a positive number.
  static func powerOfTwo(atLeast number: Int64) -> Int64 {
    guard number > 1 else { return 1 }
    let bits = Int64.bitWidth - (number - 1).leadingZeroBitCount
    return bits < 62 ? 1 << Int64(bits) : 1 << 62
  }
}
