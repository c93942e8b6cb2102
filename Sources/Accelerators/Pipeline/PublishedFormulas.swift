/// FINN's estimates of a matrix vector unit and a sliding window (finn 0.10,
/// `custom_op/fpgadataflow/hls`; M. Blott et al., FINN-R, ACM TRETS 11(3), 2018).
public struct FINNUnit: Hashable, Sendable {
  /// Rows and columns of the weight matrix: output channels, and inputs of each.
  public var matrixHeight: Int64
  /// Inputs of each output channel: the columns of the weight matrix, MW.
  public var matrixWidth: Int64
  /// Rows that are worked on at once, PE.
  public var processingElements: Int64
  /// Columns that are worked on at once, SIMD.
  public var simd: Int64
  /// Width of a weight in bits.
  public var weightBits: Int64
  /// Width of an input in bits.
  public var inputBits: Int64
  /// Whether inputs can be negative.
  public var isInputSigned: Bool
  /// Width of a partial sum in bits, where fewer do not do.
  public var accumulatorBits: Int64
  /// Whether DSPs multiply; look-up tables otherwise.
  public var usesDSPs: Bool

  /// A unit by the numbers that FINN's configuration of it has; widths in bits.
  public init(
    matrixHeight: Int64, matrixWidth: Int64, processingElements: Int64, simd: Int64,
    weightBits: Int64, inputBits: Int64, isInputSigned: Bool, accumulatorBits: Int64,
    usesDSPs: Bool
  ) {
    self.matrixHeight = matrixHeight
    self.matrixWidth = matrixWidth
    self.processingElements = processingElements
    self.simd = simd
    self.weightBits = weightBits
    self.inputBits = inputBits
    self.isInputSigned = isInputSigned
    self.accumulatorBits = accumulatorBits
    self.usesDSPs = usesDSPs
  }

  /// Words of the weight memory of one processing element: `calc_wmem`.
  public var weightDepth: Int64 {
    matrixHeight.saturatingProduct(matrixWidth)
      .dividedRoundingUp(by: processingElements.saturatingProduct(simd))
  }

  /// `get_exp_cycles` for so many input vectors.
  public func cycles(vectors: Int64) -> Int64 {
    matrixHeight.dividedRoundingUp(by: processingElements)
      .saturatingProduct(matrixWidth.dividedRoundingUp(by: simd)).saturatingProduct(vectors)
  }

  /// `dsp_estimation` of the HLS unit.
  public var dsps: Int64 {
    guard usesDSPs else { return 0 }
    return processingElements.saturatingProduct(simd)
      .saturatingProduct((weightBits + inputBits).dividedRoundingUp(by: 48))
  }

  /// `dsp_estimation` of the RTL unit on a DSP48: four narrow products in a slice.
  public var registerTransferDSPs: Int64 {
    processingElements.dividedRoundingUp(by: 4).saturatingProduct(simd)
  }

  /// `bram_estimation` with weights streamed from block RAM.
  public var blockRAMs18Kb: Int64 {
    MemoryBlocks.finn(
      depth: weightDepth,
      width: simd.saturatingProduct(weightBits).saturatingProduct(processingElements))
  }

  /// `uram_estimation` with weights in UltraRAM.
  public var ultraRAMs: Int64 {
    MemoryBlocks.ultra(
      depth: weightDepth,
      width: simd.saturatingProduct(weightBits).saturatingProduct(processingElements))
  }

  /// The bits that a sum of all products needs: ⌈α + log2(1 + 2^-α) + 1⌉ with α = log2(MW) + W + A - 1,
  /// one less for a signed input (arXiv:2301.13376). As 2^α is whole, that is one bit more than 2^α has.
  var neededAccumulatorBits: Int64 {
    let shift = weightBits + inputBits - 1 - (isInputSigned ? 1 : 0)
    guard shift < 62 else { return accumulatorBits }
    let largest = matrixWidth.saturatingProduct(1 << max(0, shift))
    return 1 + Int64(Int64.bitWidth - largest.leadingZeroBitCount)
  }

  /// `lut_estimation` without thresholds: 300 + 1.1 · PE · (multipliers + adder tree + accumulator),
  /// and the weights where they are in look-up tables.
  public func lookUpTables(weightsInTables: Bool) -> Int64 {
    let widths = weightBits + inputBits
    let product =
      usesDSPs ? 0 : Double(simd) * Double(2 * widths.dividedRoundingUp(by: 6) - 1) * Double(widths)
    let tree = Double(widths) * Double(2 * simd - 1)
    let accumulator = Double(min(accumulatorBits, neededAccumulatorBits))
    var tables = 300 + 1.1 * (Double(processingElements) * (product + tree + accumulator))
    if weightsInTables {
      let depth = weightDepth.dividedRoundingUp(by: 64)
      tables += Double(processingElements) * Double(simd) * Double(weightBits) * Double(depth)
    }
    return tables < 1e18 ? Int64(tables) : .max
  }

  /// `bram_estimation` of the HLS sliding window of a square map: (k + stride) rows.
  public static func windowBlockRAMs18Kb(
    width: Int64, channels: Int64, simd: Int64, bits: Int64, kernel: Int64, stride: Int64
  ) -> Int64 {
    let depth = width.saturatingProduct(channels).dividedRoundingUp(by: simd)
    let shape = MemoryBlocks.shapes.first { depth <= $0.depth } ?? (1, 16384)
    return (kernel + stride)
      .saturatingProduct(simd.saturatingProduct(bits).dividedRoundingUp(by: shape.width))
  }

  /// `get_exp_cycles` of the HLS sliding window.
  public static func windowCycles(
    inputWidth: Int64, outputHeight: Int64, outputWidth: Int64, channels: Int64, simd: Int64,
    kernel: Int64, stride: Int64, dilation: Int64
  ) -> Int64 {
    let fold = channels / simd
    let write = outputWidth.saturatingProduct(kernel).saturatingProduct(kernel)
      .saturatingProduct(fold)
    let read = stride.saturatingProduct(inputWidth).saturatingProduct(fold)
    return inputWidth.saturatingProduct(kernel).saturatingProduct(dilation)
      .saturatingProduct(fold).saturatingSum(outputHeight.saturatingProduct(max(write, read)))
  }
}

/// fpgaConvNet's estimates of a convolution (fpgaconvnet-model, `models/layers/convolution/base.py`
/// and `tools/resource_analytical_model.py`).
public struct FPGAConvNetConvolution: Hashable, Sendable {
  /// Channels of the input.
  public var channels: Int64
  /// Channels of the output.
  public var filters: Int64
  /// Groups of channels.
  public var groups: Int64
  /// Elements of a filter.
  public var kernelElements: Int64
  /// Pixels of the input's map.
  public var inputPixels: Int64
  /// Pixels of the output's map.
  public var outputPixels: Int64
  /// Input channels that are worked on at once.
  public var coarseIn: Int64
  /// Output channels that are worked on at once.
  public var coarseOut: Int64
  /// Groups that are worked on at once.
  public var coarseGroup: Int64
  /// Elements of a filter that are worked on at once.
  public var fine: Int64
  /// Width of a weight in bits.
  public var weightBits: Int64
  /// Width of an input in bits.
  public var inputBits: Int64

  /// A convolution with its folding; channels and filters of all groups, widths in bits.
  public init(
    channels: Int64, filters: Int64, groups: Int64, kernelElements: Int64, inputPixels: Int64,
    outputPixels: Int64, coarseIn: Int64, coarseOut: Int64, coarseGroup: Int64, fine: Int64,
    weightBits: Int64, inputBits: Int64
  ) {
    self.channels = channels
    self.filters = filters
    self.groups = groups
    self.kernelElements = kernelElements
    self.inputPixels = inputPixels
    self.outputPixels = outputPixels
    self.coarseIn = coarseIn
    self.coarseOut = coarseOut
    self.coarseGroup = coarseGroup
    self.fine = fine
    self.weightBits = weightBits
    self.inputBits = inputBits
  }

  private var streams: Int64 {
    fine.saturatingProduct(coarseIn).saturatingProduct(coarseOut).saturatingProduct(coarseGroup)
  }

  /// `get_weight_memory_depth`.
  public var weightDepth: Int64 {
    (filters / groups).saturatingProduct(channels).saturatingProduct(kernelElements) / streams
  }

  /// `get_weight_resources`: one memory a multiplier.
  public var weightBlockRAMs18Kb: Int64 {
    MemoryBlocks.fpgaConvNet(depth: weightDepth, width: weightBits).saturatingProduct(streams)
  }

  /// `dsp_multiplier_resource_model` a multiplier.
  public var dsps: Int64 {
    inputBits.dividedRoundingUp(by: 18).saturatingProduct(weightBits.dividedRoundingUp(by: 27))
      .saturatingProduct(streams)
  }

  /// Cycles of an image: the multipliers, or the streams in or out where these are slower.
  public var cycles: Int64 {
    let group = groups.saturatingProduct(coarseIn).saturatingProduct(coarseOut)
      .saturatingProduct(fine)
    let products = outputPixels.saturatingProduct(channels).saturatingProduct(filters)
      .saturatingProduct(kernelElements)
    let compute = products.dividedRoundingUp(by: group.saturatingProduct(coarseGroup))
    let input = inputPixels.saturatingProduct(channels)
      .dividedRoundingUp(by: coarseIn.saturatingProduct(coarseGroup))
    let output = outputPixels.saturatingProduct(filters)
      .dividedRoundingUp(by: coarseOut.saturatingProduct(coarseGroup))
    return max(compute, max(input, output))
  }
}

/// DNNBuilder's estimates of a convolution (AccDNN, `layers/convolution.py`, `profile` and
/// `module_params_compute`).
public struct DNNBuilderConvolution: Hashable, Sendable {
  /// Channels of the input.
  public var channels: Int64
  /// Channels of the output.
  public var filters: Int64
  /// Rows of a filter.
  public var kernelHeight: Int64
  /// Columns of a filter.
  public var kernelWidth: Int64
  /// Rows of the input's map.
  public var inputHeight: Int64
  /// Pixels of the output's map.
  public var outputPixels: Int64
  /// Rows and columns from a window to the next.
  public var stride: Int64
  /// Channel and kernel parallelism: CPF and KPF.
  public var channelParallelism: Int64
  /// Output channels that are worked on at once, KPF.
  public var kernelParallelism: Int64
  /// Channels of a word that comes in: the kernel parallelism of the layer before.
  public var inputParallelism: Int64
  /// Width of an activation in bits.
  public var dataBits: Int64
  /// Width of a weight in bits.
  public var weightBits: Int64

  /// A layer with its parallelism; widths in bits.
  public init(
    channels: Int64, filters: Int64, kernelHeight: Int64, kernelWidth: Int64, inputHeight: Int64,
    outputPixels: Int64, stride: Int64, channelParallelism: Int64, kernelParallelism: Int64,
    inputParallelism: Int64, dataBits: Int64, weightBits: Int64
  ) {
    self.channels = channels
    self.filters = filters
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
    self.inputHeight = inputHeight
    self.outputPixels = outputPixels
    self.stride = stride
    self.channelParallelism = channelParallelism
    self.kernelParallelism = kernelParallelism
    self.inputParallelism = inputParallelism
    self.dataBits = dataBits
    self.weightBits = weightBits
  }

  /// DSPs of the controllers of a layer with weights and of any other.
  public static let controllerDSPs: (weighted: Int64, other: Int64) = (6, 2)

  private var lanes: Int64 { channelParallelism.saturatingProduct(kernelParallelism) }

  /// `clocks`.
  public var cycles: Int64 {
    filters.saturatingProduct(outputPixels).saturatingProduct(channels)
      .saturatingProduct(kernelHeight.saturatingProduct(kernelWidth)) / lanes
  }

  /// `dsps`: two 8-bit products share a slice where the filters are even.
  public var dsps: Int64 { dataBits == 8 && filters % 2 == 0 ? lanes / 2 : lanes }

  /// `rm_blks`: the columns of the input that a window needs, and those of the next stride.
  public var reshapeBlockRAMs18Kb: Int64 {
    let ring = stride + kernelWidth
    let writeWidth = inputParallelism.saturatingProduct(dataBits)
    let writeDepth =
      channels.saturatingProduct(inputHeight).saturatingProduct(ring)
      / inputParallelism
    let readWidth = channelParallelism.saturatingProduct(dataBits)
    let readDepth = writeWidth.saturatingProduct(writeDepth) / readWidth
    return MemoryBlocks.dnnBuilder(
      writeWidth: writeWidth, writeDepth: writeDepth, readWidth: readWidth, readDepth: readDepth)
  }

  /// `wm_blks` of weights that are all on the chip.
  public var weightBlockRAMs18Kb: Int64 {
    let width = lanes.saturatingProduct(weightBits)
    let depth =
      channels.saturatingProduct(filters)
      .saturatingProduct(kernelHeight.saturatingProduct(kernelWidth)) / lanes
    let blocks = depth == 1 ? 2 : depth
    return MemoryBlocks.dnnBuilder(
      writeWidth: width, writeDepth: blocks, readWidth: width, readDepth: blocks)
  }

  /// `bm_blks`: a bias for each filter.
  public var biasBlockRAMs18Kb: Int64 {
    let width = kernelParallelism.saturatingProduct(weightBits)
    let depth = max(2, filters / kernelParallelism)
    return MemoryBlocks.dnnBuilder(
      writeWidth: width, writeDepth: depth, readWidth: width, readDepth: depth)
  }
}
