import Ops
import Testing

@Suite("Shapes and counts of ops")
struct OpShapeTests {
  let map = FeatureMap(channels: 16, height: 32, width: 32)

  @Test("a 3x3 convolution of NAS-Bench-201 has 2,359,296 multiply-accumulates")
  func convolution() throws {
    let op = try Convolution(
      input: map, outputChannels: 16, window: Window(square: 3, padding: 1))
    #expect(op.output == map)
    // 16 * 16 * 3 * 3 filter words, each used at 32 * 32 places.
    #expect(op.weights == 2304)
    #expect(op.macs == 2_359_296)
    #expect(op.otherOperations == 0)
  }

  @Test("rows and columns may slide differently")
  func unevenWindow() throws {
    let op = try Convolution(
      input: FeatureMap(channels: 4, height: 10, width: 7), outputChannels: 6,
      window: Window(
        rows: WindowAxis(filter: 3, stride: 2, padding: 1, dilation: 2),
        columns: WindowAxis(filter: 1, stride: 3)), groups: 2)
    // Rows: (10 + 2 - 5) / 2 + 1 = 4; columns: (7 - 1) / 3 + 1 = 3.
    #expect(op.output == FeatureMap(channels: 6, height: 4, width: 3))
    #expect(op.weights == 6 * 2 * 3)
    #expect(op.macs == 36 * 12)
    #expect(
      op.key.description
        == "conv c=4 k=6 h=10 w=7 r=3 s=1 stride_h=2 stride_w=3 pad_h=1 pad_w=0 dilation_h=2"
        + " dilation_w=1 groups=2")
  }

  @Test("a depthwise convolution has one filter a channel")
  func depthwise() throws {
    let op = try DepthwiseConvolution(
      input: FeatureMap(channels: 96, height: 112, width: 112),
      window: Window(square: 3, stride: 2, padding: 1))
    #expect(op.output == FeatureMap(channels: 96, height: 56, width: 56))
    #expect(op.weights == 864)
    #expect(op.macs == 864 * 3136)
  }

  @Test("a linear layer reads any tensor of its size, flattened")
  func linear() throws {
    let op = try Linear(inputFeatures: 25088, outputFeatures: 4096)
    #expect(op.macs == 102_760_448)
    try op.checkInputs([FeatureMap(channels: 512, height: 7, width: 7)])
    #expect(throws: OpInputError.wrongTotal(.inputChannels, expected: 25088, found: 512)) {
      try op.checkInputs([FeatureMap(channels: 512, height: 1, width: 1)])
    }
  }

  @Test("pooling operates on no padding")
  func pooling() throws {
    let op = try Pooling(
      .average, input: FeatureMap(channels: 2, height: 4, width: 5),
      window: Window(square: 3, padding: 1))
    #expect(op.output == FeatureMap(channels: 2, height: 4, width: 5))
    // Rows see 2, 3, 3, 2 elements, columns 2, 3, 3, 3, 2: 10 * 13 a channel.
    #expect(op.otherOperations == 260)
    #expect(op.macs == 0)
  }

  @Test("dilated pooling counts the elements that meet the input")
  func dilatedPooling() throws {
    let op = try Pooling(
      .maximum, input: FeatureMap(channels: 1, height: 1, width: 6),
      window: Window(
        rows: WindowAxis(filter: 1),
        columns: WindowAxis(filter: 3, stride: 1, padding: 1, dilation: 3)))
    // Columns: 6 + 2 - 7 + 1 = 2 positions; at -1: 2 and 5 inside, at 0: 0 and 3 (6 is outside).
    #expect(op.output.width == 2)
    #expect(op.otherOperations == 4)
  }

  @Test("global pooling adds every element")
  func globalPooling() throws {
    let op = try GlobalPooling(input: FeatureMap(channels: 64, height: 8, width: 7))
    #expect(op.output == FeatureMap(channels: 64, height: 1, width: 1))
    #expect(op.otherOperations == 64 * 56)
  }

  @Test("an addition of k tensors is k - 1 additions")
  func add() throws {
    let op = try ElementwiseAdd(map, operands: 3)
    #expect(op.inputs == [map, map, map])
    #expect(op.otherOperations == 2 * 16384)
    #expect(try op.problems(batch: 1, precision: sixteenBits).count == 2)
  }

  @Test("a concatenation reads tensors that together have its channels")
  func concat() throws {
    let op = try Concat(output: FeatureMap(channels: 24, height: 4, width: 4))
    #expect(op.otherOperations == 384)
    let eight = FeatureMap(channels: 8, height: 4, width: 4)
    try op.checkInputs([eight, eight, eight])
    #expect(throws: OpInputError.wrongTotal(.inputChannels, expected: 24, found: 16)) {
      try op.checkInputs([eight, eight])
    }
    let small = FeatureMap(channels: 16, height: 2, width: 4)
    let wanted = FeatureMap(channels: 16, height: 4, width: 4)
    #expect(throws: OpInputError.wrongShape(index: 1, expected: wanted, found: small)) {
      try op.checkInputs([eight, small])
    }
  }

  @Test("a copy or a vector op touches every word once")
  func copies() throws {
    #expect(try ChannelShuffle(map, groups: 2).otherOperations == 16384)
    #expect(try BatchNormReLU(map).otherOperations == 16384)
    #expect(try BatchNormReLU(map).weights == 32)
    #expect(try Skip(map).otherOperations == 0)
    #expect(try Zero(map).inputs.isEmpty)
  }

  @Test("ops of different types are never equal")
  func equality() throws {
    let skip: any TensorOp = try Skip(map)
    let zero: any TensorOp = try Zero(map)
    let same: any TensorOp = try Skip(map)
    let answers = [skip.isEqual(to: zero), skip.isEqual(to: same)]
    #expect(answers == [false, true])
  }
}

@Suite("Impossible ops")
struct ImpossibleOpTests {
  let map = FeatureMap(channels: 16, height: 8, width: 8)

  @Test("a kernel larger than its padded input is refused")
  func kernel() {
    #expect(throws: OpError.windowLargerThanInput(.filterHeight, span: 11, available: 10)) {
      try Convolution(input: map, outputChannels: 1, window: Window(square: 11, padding: 1))
    }
    #expect(throws: OpError.windowLargerThanInput(.filterWidth, span: 9, available: 8)) {
      try Pooling(
        .maximum, input: map,
        window: Window(
          rows: WindowAxis(filter: 1), columns: WindowAxis(filter: 3, dilation: 4)))
    }
  }

  @Test("channels that do not divide into groups are refused")
  func groups() {
    #expect(throws: OpError.notDivisible(.inputChannels, 16, groups: 3)) {
      try Convolution(input: map, outputChannels: 3, window: Window(square: 1), groups: 3)
    }
    #expect(throws: OpError.notDivisible(.outputChannels, 3, groups: 2)) {
      try Convolution(input: map, outputChannels: 3, window: Window(square: 1), groups: 2)
    }
    #expect(throws: OpError.notDivisible(.inputChannels, 16, groups: 5)) {
      try ChannelShuffle(map, groups: 5)
    }
  }

  @Test("zero, negative and absurd numbers are refused by name")
  func range() {
    #expect(throws: OpError.outOfRange(.inputChannels, 0)) {
      try Skip(FeatureMap(channels: 0, height: 1, width: 1))
    }
    #expect(throws: OpError.outOfRange(.height, -3)) {
      try Skip(FeatureMap(channels: 1, height: -3, width: 1))
    }
    #expect(throws: OpError.outOfRange(.outputChannels, (1 << 24) + 1)) {
      try Linear(inputFeatures: 1, outputFeatures: (1 << 24) + 1)
    }
    #expect(throws: OpError.outOfRange(.stride, 0)) {
      try DepthwiseConvolution(input: map, window: Window(square: 1, stride: 0))
    }
    #expect(throws: OpError.outOfRange(.paddingWidth, -1)) {
      try DepthwiseConvolution(
        input: map,
        window: Window(
          rows: WindowAxis(filter: 1), columns: WindowAxis(filter: 1, padding: -1)))
    }
    #expect(throws: OpError.outOfRange(.dilation, .max)) {
      try DepthwiseConvolution(input: map, window: Window(square: 2, dilation: .max))
    }
    #expect(throws: OpError.outOfRange(.operands, 1)) { try ElementwiseAdd(map, operands: 1) }
  }

  @Test("a pooling window that could see only padding is refused")
  func poolingPadding() {
    #expect(throws: OpError.paddingAboveHalfWindow(.padding, padding: 2, window: 3)) {
      try Pooling(.maximum, input: map, window: Window(square: 3, padding: 2))
    }
  }

  @Test("sizes whose products would overflow are refused")
  func total() {
    let huge = 1 << 24
    #expect(throws: OpError.tooLarge) {
      try Skip(FeatureMap(channels: huge, height: huge, width: huge))
    }
    #expect(throws: OpError.tooLarge) {
      try Convolution(
        input: FeatureMap(channels: huge, height: 1, width: 1), outputChannels: huge,
        window: Window(square: 3, padding: 1))
    }
  }

  @Test("messages name the number and what it may be")
  func messages() {
    #expect(
      OpError.outOfRange(.stride, 0).message == "stride=0 is not between 1 and 16777216")
    #expect(
      OpError.windowLargerThanInput(.filterHeight, span: 11, available: 10).message
        == "the window's r spans 11 elements, the padded input has 10")
    #expect(
      OpInputError.wrongShape(
        index: 0, expected: map, found: FeatureMap(channels: 3, height: 8, width: 8)
      ).message == "reads 16x8x8, but is given 3x8x8")
  }
}
