internal import Accelerators

/// A published estimate that a suite can ask for by name, with the numbers it is made of.
public enum PublishedFormula: String, CaseIterable, Hashable, Sendable {
  case finnUnit = "finn-mvau"
  case finnWindow = "finn-window"
  case fpgaConvNet = "fpgaconvnet-conv"
  case dnnBuilder = "dnnbuilder-conv"
  case dnnBuilderMemory = "dnnbuilder-memory"

  /// A number that a formula takes: a count of at least `least`.
  struct Argument {
    var name: String
    var least: Int64 = 1
    /// The largest; products of a few stay inside 64 bits or are held there.
    var most: Int64 = 1 << 24
  }

  /// What it takes, all of it required.
  var arguments: [Argument] {
    func counts(_ names: String...) -> [Argument] { names.map { Argument(name: $0) } }
    func bits(_ names: String...) -> [Argument] { names.map { Argument(name: $0, most: 64) } }
    func flags(_ names: String...) -> [Argument] {
      names.map { Argument(name: $0, least: 0, most: 1) }
    }
    switch self {
    case .finnUnit:
      return counts("matrix_height", "matrix_width", "pe", "simd", "vectors")
        + bits("weight_bits", "input_bits", "accumulator_bits")
        + flags("input_signed", "multiplies_in_dsp", "weights_in_lut")
    case .finnWindow:
      return counts(
        "input_width", "output_height", "output_width", "channels", "simd", "kernel", "stride",
        "dilation") + bits("bits")
    case .fpgaConvNet:
      return counts(
        "channels", "filters", "groups", "kernel", "input_rows", "input_columns", "output_rows",
        "output_columns", "coarse_in", "coarse_out", "coarse_group", "fine")
        + bits("weight_bits", "input_bits", "accumulator_bits")
    case .dnnBuilder:
      return counts(
        "channels", "filters", "kernel", "input_height", "output_pixels", "stride", "cpf", "kpf",
        "input_parallelism") + bits("data_bits", "weight_bits")
    case .dnnBuilderMemory:
      return counts("write_width", "write_depth", "read_width", "read_depth")
    }
  }

  /// What it gives.
  public var results: [String] { evaluate { _ in 1 }.map(\.name) }

  /// A result of the formula; `nil` where it has none of that name, or says nothing for these arguments.
  ///
  /// - Parameter arguments: All of the formula's, each in its range.
  public func value(_ result: String, _ arguments: [String: Int64]) -> Double? {
    evaluate { arguments[$0] ?? 1 }.first { $0.name == result }?.value
  }

  /// For which arguments the formula says nothing of a result, and what to do; `nil` for a result that
  /// it gives for all.
  public func gap(_ result: String) -> String? {
    self == .fpgaConvNet && result == "logic_lut"
      ? "the coefficients of a module for 'fine' below kernel x kernel are not known here; compare a "
        + "layer whose 'fine' is kernel x kernel" : nil
  }

  private typealias Results = [(name: String, value: Double?)]

  private func evaluate(_ number: (String) -> Int64) -> Results {
    switch self {
    case .finnUnit: finnUnit(number)
    case .finnWindow: finnWindow(number)
    case .fpgaConvNet: fpgaConvNet(number)
    case .dnnBuilder: dnnBuilder(number)
    case .dnnBuilderMemory:
      [
        (
          "bram18",
          Double(
            MemoryBlocks.dnnBuilder(
              writeWidth: number("write_width"), writeDepth: number("write_depth"),
              readWidth: number("read_width"), readDepth: number("read_depth")))
        )
      ]
    }
  }

  private func finnUnit(_ number: (String) -> Int64) -> Results {
    let unit = FINNUnit(
      matrixHeight: number("matrix_height"), matrixWidth: number("matrix_width"),
      processingElements: number("pe"), simd: number("simd"), weightBits: number("weight_bits"),
      inputBits: number("input_bits"), isInputSigned: number("input_signed") == 1,
      accumulatorBits: number("accumulator_bits"), usesDSPs: number("multiplies_in_dsp") == 1)
    let isInTables = number("weights_in_lut") == 1
    return [
      ("cycles", Double(unit.cycles(vectors: number("vectors")))), ("dsp", Double(unit.dsps)),
      ("bram18", isInTables ? 0 : Double(unit.blockRAMs18Kb)),
      ("lut", Double(unit.lookUpTables(weightsInTables: isInTables))),
    ]
  }

  private func finnWindow(_ number: (String) -> Int64) -> Results {
    [
      (
        "cycles",
        Double(
          FINNUnit.windowCycles(
            inputWidth: number("input_width"), outputHeight: number("output_height"),
            outputWidth: number("output_width"), channels: number("channels"),
            simd: number("simd"), kernel: number("kernel"), stride: number("stride"),
            dilation: number("dilation")))
      ),
      (
        "bram18",
        Double(
          FINNUnit.windowBlockRAMs18Kb(
            width: number("input_width"), channels: number("channels"), simd: number("simd"),
            bits: number("bits"), kernel: number("kernel"), stride: number("stride")))
      ),
    ]
  }

  private func dnnBuilder(_ number: (String) -> Int64) -> Results {
    let layer = DNNBuilderConvolution(
      channels: number("channels"), filters: number("filters"), kernelHeight: number("kernel"),
      kernelWidth: number("kernel"), inputHeight: number("input_height"),
      outputPixels: number("output_pixels"), stride: number("stride"),
      channelParallelism: number("cpf"), kernelParallelism: number("kpf"),
      inputParallelism: number("input_parallelism"), dataBits: number("data_bits"),
      weightBits: number("weight_bits"))
    return [
      ("cycles", Double(layer.cycles)), ("dsp", Double(layer.dsps)),
      ("window_bram18", Double(layer.reshapeBlockRAMs18Kb)),
      ("weight_bram18", Double(layer.weightBlockRAMs18Kb)),
      ("bias_bram18", Double(layer.biasBlockRAMs18Kb)),
    ]
  }

  private func fpgaConvNet(_ number: (String) -> Int64) -> Results {
    let layer = FPGAConvNetConvolution(
      channels: number("channels"), filters: number("filters"), groups: number("groups"),
      kernelElements: number("kernel") * number("kernel"),
      inputPixels: number("input_rows") * number("input_columns"),
      outputPixels: number("output_rows") * number("output_columns"),
      coarseIn: number("coarse_in"), coarseOut: number("coarse_out"),
      coarseGroup: number("coarse_group"), fine: number("fine"),
      weightBits: number("weight_bits"), inputBits: number("input_bits"))
    let modules = FPGAConvNetRegressions(
      layer: layer, kernel: number("kernel"), accumulatorBits: number("accumulator_bits"))
    return [
      ("cycles", Double(layer.cycles)), ("dsp", Double(layer.dsps)),
      ("weight_bram18", Double(layer.weightBlockRAMs18Kb)), ("ff", Double(modules.flipFlops)),
      ("logic_lut", modules.logicLookUpTables.map { Double($0) }),
    ]
  }
}
