import Accelerators
import Testing

/// Expected numbers are FINN's own test oracles, the examples printed by AccDNN's file, or worked by hand
/// from the published code.
@Suite("Published formulas")
struct PublishedFormulaTests {
  private func unit(usesDSPs: Bool) -> FINNUnit {
    FINNUnit(
      matrixHeight: 4, matrixWidth: 4, processingElements: 1, simd: 1, weightBits: 2,
      inputBits: 2, isInputSigned: true, accumulatorBits: 32, usesDSPs: usesDSPs)
  }

  /// finn `test_fpgadataflow_res_estimate.py`: a 4 x 4 unit of INT2 has 317 LUT, or 313 and a DSP.
  @Test("FINN's own test figures of a matrix vector unit are met")
  func finnOracle() {
    #expect(unit(usesDSPs: false).lookUpTables(weightsInTables: true) == 317)
    #expect(unit(usesDSPs: false).dsps == 0)
    #expect(unit(usesDSPs: true).lookUpTables(weightsInTables: true) == 313)
    #expect(unit(usesDSPs: true).dsps == 1)
  }

  @Test("FINN's cycles and memories are those of its code")
  func finnUnit() {
    // CNV-W1A1, layer 1: 64 x 576, 32 x 32, 784 vectors; memory 1024 bits wide and 36 deep.
    let unit = FINNUnit(
      matrixHeight: 64, matrixWidth: 576, processingElements: 32, simd: 32, weightBits: 1,
      inputBits: 1, isInputSigned: false, accumulatorBits: 16, usesDSPs: false)
    #expect(unit.cycles(vectors: 784) == 28224)
    #expect(unit.weightDepth == 36)
    #expect(unit.blockRAMs18Kb == 29)
    // UltraRAM: 1024 / 72 rounded up, one deep.
    #expect(unit.ultraRAMs == 15)
    #expect(unit.registerTransferDSPs == 8 * 32)
  }

  @Test(
    "FINN's block RAM of a depth and a width",
    arguments: [
      (16384, 1, 1), (16385, 1, 2), (8192, 2, 1), (4096, 4, 1), (2048, 9, 1), (2049, 9, 2),
      (1024, 18, 1), (512, 36, 1), (513, 36, 2), (1024, 37, 3),
    ])
  func finnBlocks(depth: Int64, width: Int64, blocks: Int64) {
    #expect(MemoryBlocks.finn(depth: depth, width: width) == blocks)
  }

  @Test("FINN's sliding window has k + stride rows, and fills k of them first")
  func finnWindow() {
    // 30 x 64 / 32 = 60 deep: 36 bits wide each; 32 bits fit one; 4 rows.
    #expect(
      FINNUnit.windowBlockRAMs18Kb(
        width: 30, channels: 64, simd: 32, bits: 1, kernel: 3, stride: 1) == 4)
    // 30 · 3 · 2 + 28 · max(28 · 9 · 2, 30 · 2).
    #expect(
      FINNUnit.windowCycles(
        inputWidth: 30, outputHeight: 28, outputWidth: 28, channels: 64, simd: 32, kernel: 3,
        stride: 1, dilation: 1) == 180 + 28 * 504)
  }

  @Test(
    "fpgaConvNet's block RAM of a depth and a width",
    arguments: [
      (64, 8, 0), (128, 8, 1), (2048, 8, 1), (2049, 8, 2), (1024, 16, 1), (512, 36, 1),
      (512, 37, 2), (1023, 1, 0), (16385, 1, 2),
    ])
  func fpgaConvNetBlocks(depth: Int64, width: Int64, blocks: Int64) {
    #expect(MemoryBlocks.fpgaConvNet(depth: depth, width: width) == blocks)
  }

  @Test("fpgaConvNet's convolution is that of its code")
  func fpgaConvNet() {
    let layer = FPGAConvNetConvolution(
      channels: 64, filters: 128, groups: 1, kernelElements: 9, inputPixels: 1024,
      outputPixels: 1024, coarseIn: 4, coarseOut: 8, coarseGroup: 1, fine: 3, weightBits: 16,
      inputBits: 16)
    // 128 · 64 · 9 / 96 = 768 words of 16 bit: one block for each of 96 multipliers.
    #expect(layer.weightDepth == 768)
    #expect(layer.weightBlockRAMs18Kb == 96)
    #expect(layer.dsps == 96)
    // 1024 · 64 · 128 · 9 / 96; the streams need 16,384 each.
    #expect(layer.cycles == 786_432)
    var wide = layer
    wide.coarseIn = 1
    wide.coarseOut = 128
    wide.fine = 9
    // The input stream, 1024 · 64, is as long as the products, 1024 · 64.
    #expect(wide.cycles == 65536)
    wide.weightBits = 28
    wide.inputBits = 19
    #expect(wide.dsps == 4 * 1152)
  }

  /// Worked module by module from fpgaConvNet's features, without the program.
  @Test("fpgaConvNet's regressions are those of its modules")
  func fpgaConvNetRegressions() {
    var layer = FPGAConvNetConvolution(
      channels: 64, filters: 128, groups: 1, kernelElements: 9, inputPixels: 1024,
      outputPixels: 1024, coarseIn: 4, coarseOut: 8, coarseGroup: 1, fine: 9, weightBits: 16,
      inputBits: 16)
    var modules = FPGAConvNetRegressions(layer: layer, kernel: 3, accumulatorBits: 32)
    // Window 570.3, fork 435, products 13988.2, sums 3291.8, glue 1235.5, each rounded down.
    #expect(modules.flipFlops == 19519)
    // Window 1857.8, fork 293, products 8990.3, sums 3607.9, glue 1292.3.
    #expect(modules.logicLookUpTables == 16039)
    // With a third of the filter at once a squeeze comes in: 1931.0 flip-flops.
    layer.fine = 3
    modules.layer = layer
    #expect(modules.flipFlops == 11989)
    #expect(modules.logicLookUpTables == nil)
    // Pointwise and one stream: products 74.7 and sums 140.2 are left.
    layer.kernelElements = 1
    (layer.coarseIn, layer.coarseOut, layer.fine) = (1, 1, 1)
    modules = FPGAConvNetRegressions(layer: layer, kernel: 1, accumulatorBits: 32)
    #expect(modules.flipFlops == 214)
    #expect(modules.logicLookUpTables == 254)
  }

  @Test("AccDNN's block RAM is what its file prints for its examples")
  func accDNNBlocks() {
    func blocks(_ a: Int64, _ b: Int64, _ c: Int64, _ d: Int64) -> Int64 {
      MemoryBlocks.dnnBuilder(writeWidth: a, writeDepth: b, readWidth: c, readDepth: d)
    }
    // 64 bits, 2016 deep: 4 blocks of 36 bits and 4 for the other 28.
    #expect(blocks(16, 8064, 64, 2016) == 8)
    // 512 bits, 49 deep: seven slices of 72 bits, two blocks each, and one for the last 8.
    #expect(blocks(512, 49, 512, 49) == 15)
    // 256 bits, 2310 deep: three slices of 5 pairs, 5 blocks of 36 bits and one of 4.
    #expect(blocks(256, 2310, 128, 4620) == 36)
    // 1024 bits, 300 deep: 14 slices, and 16 bits more.
    #expect(blocks(512, 600, 1024, 300) == 29)
  }

  @Test("AccDNN's convolution is that of its code")
  func accDNN() {
    // VGG's conv1_2: 64 to 64 channels, 224 x 224, CPF 16 and KPF 8.
    var layer = DNNBuilderConvolution(
      channels: 64, filters: 64, kernelHeight: 3, kernelWidth: 3, inputHeight: 224,
      outputPixels: 50176, stride: 1, channelParallelism: 16, kernelParallelism: 8,
      inputParallelism: 16, dataBits: 16, weightBits: 16)
    #expect(layer.cycles == 50176 * 64 * 64 * 9 / 128)
    #expect(layer.dsps == 128)
    // 256 bits, 64 · 224 · 4 / 16 = 3584 deep: 3 slices of 7 pairs, 7 of 36 bits, and one of 4.
    #expect(layer.reshapeBlockRAMs18Kb == 50)
    // 2048 bits, 288 deep: 28 slices of a pair, and 32 bits more.
    #expect(layer.weightBlockRAMs18Kb == 57)
    layer.dataBits = 8
    #expect(layer.dsps == 64)
    #expect(DNNBuilderConvolution.controllerDSPs == (6, 2))
  }

  @Test(
    "our own block RAM is the best of all shapes; 7-series depths are powers of two",
    arguments: [
      (1000, 36, false, 2), (600, 36, false, 2), (600, 36, true, 2), (1100, 18, false, 2),
    ])
  func fewestBlocks(depth: Int64, width: Int64, rounds: Bool, blocks: Int64) {
    #expect(MemoryBlocks.fewest(depth: depth, width: width, roundsDepthUp: rounds) == blocks)
  }

  @Test("a depth of three quarters of a power of two costs more where it is rounded up")
  func roundedDepths() {
    // 6144 of 9 bits are three blocks; 8192 are four.
    #expect(MemoryBlocks.fewest(depth: 6144, width: 9) == 3)
    #expect(MemoryBlocks.fewest(depth: 6144, width: 9, roundsDepthUp: true) == 4)
  }
}
