import Ops
import Testing

let sixteenBits = Precision(weightBits: 16, activationBits: 16, accumulatorBits: 32)

/// The distinct elements of a tensor that a problem touches, by running all its iterations.
func touchedWords(_ problem: Problem, _ role: TensorRole) -> Int {
  guard let projection = problem.projections[role] else { return 0 }
  var words: Set<[Int32]> = []
  var index = Extents(repeating: 0)
  func visit(_ dimensions: ArraySlice<LoopDimension>) {
    guard let dimension = dimensions.first else {
      let element = projection.axes.map { axis in
        axis.terms.reduce(axis.offset) { $0 + $1.coefficient * index[$1.dimension] }
      }
      let isInside = zip(element, projection.axes).allSatisfy { (0..<$1.extent).contains($0) }
      if isInside { words.insert(element) }
      return
    }
    for value in 0..<problem.bounds[dimension] {
      index[dimension] = value
      visit(dimensions.dropFirst())
    }
    index[dimension] = 0
  }
  visit(LoopDimension.allCases[...])
  return words.count
}

@Suite("Loop nests of ops")
struct OpProblemTests {
  /// What every op that touches all its words must satisfy.
  func checkOp(_ op: some TensorOp, batch: Int = 2) throws {
    let problems = try op.problems(batch: batch, precision: sixteenBits)
    for problem in problems {
      #expect(touchedWords(problem, .output) == batch * Int(op.output.words))
      let inputs = op.kind == .add ? 2 : 1
      #expect(touchedWords(problem, .input) == batch * inputs * Int(op.inputs[0].words))
      let hasWeights = op.kind.isMultiplyAccumulate
      #expect(touchedWords(problem, .weight) == (hasWeights ? Int(op.weights) : 0))
      #expect(
        problem.body == (hasWeights ? .multiplyAccumulate : .other(op.kind)))
      if hasWeights { #expect(problem.iterations == Int64(batch) * op.macs) }
    }
  }

  let small = FeatureMap(channels: 4, height: 5, width: 3)

  @Test("a nest touches every word of its tensors and no padding")
  func footprints() throws {
    try checkOp(
      Convolution(input: small, outputChannels: 6, window: Window(square: 3, padding: 1)))
    try checkOp(
      Convolution(
        input: small, outputChannels: 6, window: Window(square: 3, padding: 1), groups: 2))
    try checkOp(DepthwiseConvolution(input: small, window: Window(square: 3, padding: 2)))
    try checkOp(Linear(inputFeatures: 7, outputFeatures: 3))
    try checkOp(Pooling(.maximum, input: small, window: Window(square: 3, stride: 2, padding: 1)))
    try checkOp(GlobalPooling(input: small))
    try checkOp(ElementwiseAdd(small, operands: 3))
    try checkOp(Concat(output: small))
    try checkOp(ChannelShuffle(small, groups: 2))
    try checkOp(BatchNormReLU(small))
  }

  @Test("a scaling touches its tensor once, and one factor a channel of each image")
  func scaling() throws {
    let op = try ChannelScale(small)
    let problem = try #require(op.problems(batch: 2, precision: sixteenBits).first)
    #expect(touchedWords(problem, .input) == 2 * 60)
    #expect(touchedWords(problem, .output) == 2 * 60)
    #expect(touchedWords(problem, .weight) == 2 * 4)
    #expect(problem.body == .other(.scale))
    #expect(problem.iterations == 2 * op.otherOperations)
    #expect(op.macs == 0)
    // The factors are a tensor that another layer gives.
    try op.checkInputs([small, FeatureMap(channels: 4, height: 1, width: 1)])
    #expect(throws: OpInputError.wrongCount(expected: 2, found: 1)) { try op.checkInputs([small]) }
  }

  @Test("a strided 1x1 convolution touches only the words it uses")
  func strided() throws {
    let op = try Convolution(
      input: FeatureMap(channels: 3, height: 5, width: 4), outputChannels: 2,
      window: Window(square: 1, stride: 2))
    let problem = try #require(op.problems(batch: 1, precision: sixteenBits).first)
    // Rows 0, 2, 4 and columns 0, 2 of three channels.
    #expect(touchedWords(problem, .input) == 18)
  }

  @Test("padding is an offset, and the extent is the input's own")
  func padding() throws {
    let op = try Convolution(
      input: small, outputChannels: 6,
      window: Window(square: 3, stride: 2, padding: 1, dilation: 1))
    let problem = try #require(op.problems(batch: 1, precision: sixteenBits).first)
    let rows = AffineAxis(
      [AffineAxis.Term(2, .p), AffineAxis.Term(1, .r)], offset: -1, extent: 5)
    #expect(problem.projections.input?.axes[3] == rows)
    #expect(problem.bounds[.p] == 3)
    #expect(problem.bounds[.q] == 2)
  }

  @Test("a depthwise convolution is a group a channel")
  func depthwise() throws {
    let op = try DepthwiseConvolution(input: small, window: Window(square: 3, padding: 1))
    let problem = try #require(op.problems(batch: 1, precision: sixteenBits).first)
    #expect(problem.bounds[.g] == 4)
    #expect(problem.bounds[.k] == 1)
    #expect(problem.bounds[.c] == 1)
  }

  @Test("skip and zero run nothing")
  func nothing() throws {
    #expect(try Skip(small).problems(batch: 1, precision: sixteenBits).isEmpty)
    #expect(try Zero(small).problems(batch: 1, precision: sixteenBits).isEmpty)
  }

  @Test("an impossible batch or width is refused")
  func refusal() throws {
    let op = try Linear(inputFeatures: 8, outputFeatures: 8)
    #expect(throws: ProblemError.boundOutOfRange(.n, 0)) {
      try op.problems(batch: 0, precision: sixteenBits)
    }
    #expect(throws: ProblemError.boundOutOfRange(.n, Int64.max)) {
      try op.problems(batch: .max, precision: sixteenBits)
    }
    #expect(throws: ProblemError.bitWidthOutOfRange(0)) {
      try op.problems(
        batch: 1, precision: Precision(weightBits: 0, activationBits: 1, accumulatorBits: 1))
    }
  }
}
