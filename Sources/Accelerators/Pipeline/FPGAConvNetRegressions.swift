/// fpgaConvNet's linear regressions of flip-flops and of look-up tables used as logic, for a convolution
/// of its Chisel backend.
///
/// What each coefficient multiplies is in fpgaconvnet-model, `models/modules/*.py` (`utilisation_model`);
/// which modules a layer has is in `models/layers/ConvolutionLayer.py` (`resource`). The coefficients
/// themselves are arrays of its `coefficients/chisel`, of which the large ones have 4 digits here, so that sums
/// are off by up to 0.05 %. Padding and biases are left out, and so are look-up tables used as memory and as shift
/// registers: their coefficients are not known here.
public struct FPGAConvNetRegressions: Hashable, Sendable {
  /// The convolution with its folding.
  public var layer: FPGAConvNetConvolution
  /// Rows, and columns, of the filter.
  public var kernel: Int64
  /// Width of a partial sum in bits.
  public var accumulatorBits: Int64

  /// The regressions of a convolution with square filters of so many rows.
  public init(layer: FPGAConvNetConvolution, kernel: Int64, accumulatorBits: Int64) {
    self.layer = layer
    self.kernel = kernel
    self.accumulatorBits = accumulatorBits
  }

  /// The numbers that features are made of.
  private var streamsIn: Double { Double(layer.coarseIn) * Double(layer.coarseGroup) }
  private var streamsOut: Double { Double(layer.coarseOut) * Double(layer.coarseGroup) }
  private var products: Double { streamsIn * Double(layer.coarseOut) }
  private var inputBits: Double { Double(layer.inputBits) }
  private var sumBits: Double { Double(accumulatorBits) }
  private var fine: Double { Double(layer.fine) }
  /// Channels of a stream, and filters of a stream of one group.
  private var channels: Int64 {
    layer.channels / layer.coarseIn.saturatingProduct(layer.coarseGroup)
  }
  private var filters: Int64 { layer.filters / layer.coarseOut.saturatingProduct(layer.groups) }

  // A module that has nothing to do is not built.
  private var hasWindow: Bool { kernel > 1 }
  private var hasSqueeze: Bool { layer.fine != layer.kernelElements }
  private var hasFork: Bool { layer.coarseOut > 1 }
  private var hasAccumulator: Bool { channels != 1 }
  private var hasGlue: Bool { layer.coarseIn > 1 }

  /// Flip-flops of all modules; each module's are rounded down.
  public var flipFlops: Int64 {
    let side = Double(kernel)
    var modules: [Double] = []
    if hasWindow {
      modules.append(
        20.77 * Self.bits(channels) + 5.212 * side * side
          + 3.440 * streamsIn * inputBits * (side - 1))
    }
    if hasSqueeze {
      let buffer = Self.leastCommonMultiple(layer.kernelElements, layer.fine)
      modules.append(
        15.87 * Double(buffer) + 3.485 * streamsIn * inputBits * fine
          + 5.69 * fine * Self.bits(buffer / layer.fine) + 1084.9)
    }
    if hasFork { modules.append(12 * streamsIn * fine + 3) }
    modules.append(
      21.37 * (Self.bits(layer.fine) + 1) + 1.486 * products * sumBits * fine
        + 0.182 * products * sumBits)
    if hasAccumulator {
      let sums = layer.kernelElements.saturatingProduct(channels) / layer.fine
      modules.append(
        3.210 * products * sumBits + 0.0073 * Double(sums) + 0.289 * Double(filters))
    }
    if hasGlue {
      let width = streamsOut * sumBits
      var leaves = 1.0
      for _ in 0..<Int(Self.bits(layer.coarseIn)) { leaves *= 2 }
      modules.append(
        9.54 * Double(layer.coarseIn) + width * (0.361 + 0.051 * leaves)
          + 1.028 * width * Double(layer.coarseIn))
    }
    return Self.total(modules)
  }

  /// Look-up tables used as logic, each module's rounded down; `nil` with a squeeze between window and
  /// multipliers, whose coefficients are not known here.
  public var logicLookUpTables: Int64? {
    guard !hasSqueeze else { return nil }
    let side = Double(kernel)
    var modules: [Double] = []
    if hasWindow {
      let width = streamsIn * inputBits
      modules.append(width * (6.468 + 3.927 * (side - 1) + 2.451 * side * (side - 1)))
    }
    if hasFork { modules.append(0.5 * streamsIn * inputBits * fine + 5) }
    modules.append(2.571 * fine + 0.973 * products * sumBits * fine)
    if hasAccumulator { modules.append(0.854 * Double(filters) + 3.510 * products * sumBits) }
    if hasGlue { modules.append(1.262 * streamsOut * sumBits * Double(layer.coarseIn)) }
    return Self.total(modules)
  }

  private static func total(_ modules: [Double]) -> Int64 {
    modules.reduce(0) { sum, module in
      module < 1e18 ? sum.saturatingSum(Int64(module)) : .max
    }
  }

  /// `int2bits`: the logarithm to base 2, rounded up.
  private static func bits(_ number: Int64) -> Double {
    number > 1 ? Double(Int64.bitWidth - (number - 1).leadingZeroBitCount) : 0
  }

  private static func leastCommonMultiple(_ one: Int64, _ other: Int64) -> Int64 {
    var (a, b) = (one, other)
    while b != 0 { (a, b) = (b, a % b) }
    return (one / max(1, a)).saturatingProduct(other)
  }
}
