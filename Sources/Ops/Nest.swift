/// The loop nests that ops share; every number in it has passed an op's checks.
enum Nest {
  /// A problem from bounds and axes, with the batch checked.
  static func problem(
    batch: Int, bounds: Extents, weight: [AffineAxis]?, input: [AffineAxis], output: [AffineAxis],
    precision: Precision, body: Problem.Body
  ) throws(ProblemError) -> Problem {
    let images = try images(batch)
    var bounds = bounds
    bounds[.n] = images.extent
    return try Problem(
      bounds: bounds,
      projections: PerTensor(
        weight: weight.map(Projection.init), input: Projection([images] + input),
        output: Projection([images] + output)),
      precision: precision, body: body)
  }

  /// The axis of the images of a batch, which is checked.
  private static func images(_ batch: Int) throws(ProblemError) -> AffineAxis {
    guard (1...Int(Problem.largestExtent)).contains(batch) else {
      throw .boundOutOfRange(.n, Int64(batch))
    }
    return AffineAxis(.n, extent: Int32(batch))
  }

  /// The nest of a window over groups of channels: convolutions and poolings.
  static func window(
    _ window: Window, input: FeatureMap, output: FeatureMap, groups: Int, hasWeights: Bool,
    batch: Int, precision: Precision, body: Problem.Body
  ) throws(ProblemError) -> Problem {
    var bounds = Extents()
    bounds[.g] = Int32(groups)
    bounds[.k] = Int32(output.channels / groups)
    bounds[.c] = Int32(input.channels / groups)
    bounds[.p] = Int32(output.height)
    bounds[.q] = Int32(output.width)
    bounds[.r] = Int32(window.rows.filter)
    bounds[.s] = Int32(window.columns.filter)
    let weightDimensions: [LoopDimension] = [.g, .k, .c, .r, .s]
    return try problem(
      batch: batch, bounds: bounds,
      weight: hasWeights ? weightDimensions.map { AffineAxis($0, extent: bounds[$0]) } : nil,
      input: [
        AffineAxis(.g, extent: bounds[.g]), AffineAxis(.c, extent: bounds[.c]),
        slide(window.rows, over: input.height, .p, .r),
        slide(window.columns, over: input.width, .q, .s),
      ],
      output: [LoopDimension.g, .k, .p, .q].map { AffineAxis($0, extent: bounds[$0]) },
      precision: precision, body: body)
  }

  /// The input axis along which a window slides.
  private static func slide(
    _ axis: WindowAxis, over extent: Int, _ position: LoopDimension, _ filter: LoopDimension
  ) -> AffineAxis {
    AffineAxis(
      [
        AffineAxis.Term(Int32(axis.stride), position),
        AffineAxis.Term(Int32(axis.dilation), filter),
      ], offset: -Int32(axis.padding), extent: Int32(extent))
  }

  /// The nest that visits every element of a map once: copies and vector ops.
  ///
  /// With more than one operand the input has that many maps, and the output is their reduction;
  /// with factors, each image has one number a channel in the place of weights.
  static func elementwise(
    _ map: FeatureMap, operands: Int = 1, hasFactors: Bool = false, batch: Int,
    precision: Precision, kind: OpKind
  ) throws(ProblemError) -> Problem {
    var bounds = Extents()
    bounds[.g] = Int32(map.channels)
    bounds[.c] = Int32(operands)
    bounds[.p] = Int32(map.height)
    bounds[.q] = Int32(map.width)
    let axes = [LoopDimension.g, .p, .q].map { AffineAxis($0, extent: bounds[$0]) }
    return try problem(
      batch: batch, bounds: bounds,
      weight: hasFactors ? [try images(batch), AffineAxis(.g, extent: bounds[.g])] : nil,
      input: operands == 1 ? axes : [AffineAxis(.c, extent: bounds[.c])] + axes, output: axes,
      precision: precision, body: .other(kind))
  }
}
