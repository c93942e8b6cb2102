internal import Ops

/// The block that mobile networks are made of (M. Sandler et al., CVPR 2018): a 1x1 convolution that
/// widens, a depthwise one, and a 1x1 one that narrows, around which the input is added where the
/// shape stays.
struct InvertedResidual {
  var name: String
  var input: FeatureMap
  /// Channels of the depthwise convolution; a factor times those of the input.
  var wideChannels: Int
  var outputChannels: Int
  var kernel: Int
  var stride: Int
  /// Groups of the two 1x1 convolutions; a channel shuffle follows the first where there are more
  /// than one.
  var groups = 1
  /// Whether there is the 1x1 convolution that widens.
  var expands = true
  /// Channels that squeeze-and-excite (J. Hu et al., CVPR 2018) squeezes the wide ones to; `nil` for
  /// none.
  var squeezedChannels: Int?

  /// The layers; `.networkInput` is the tensor the block reads.
  ///
  /// Activations, h-swish and the sigmoid of squeeze-and-excite too, are part of the layers that they
  /// follow.
  var layers: [Layer] {
    let wide = FeatureMap(
      channels: wideChannels, height: input.height, width: input.width)
    var layers: [Layer] = []
    var last: TensorSource { layers.isEmpty ? .networkInput : .layer(layers.count - 1) }
    if expands {
      layers.append(
        .convolution(
          "\(name).expand", input, to: wideChannels, Window(square: 1), groups: groups))
    }
    if groups > 1 {
      let shuffle = constant { () throws(OpError) in try ChannelShuffle(wide, groups: groups) }
      layers.append(Layer(name: "\(name).shuffle", op: shuffle, inputs: [last]))
    }
    let depthwise = constant { () throws(OpError) in
      try DepthwiseConvolution(
        input: wide, window: Window(square: kernel, stride: stride, padding: kernel / 2))
    }
    layers.append(
      Layer(name: "\(name).depthwise", op: depthwise, inputs: [last], hasBatchNorm: true))
    if let squeezedChannels {
      layers += squeezeAndExcite(depthwise.output, to: squeezedChannels, reading: layers.count - 1)
    }
    layers.append(
      .convolution(
        "\(name).project", depthwise.output, to: outputChannels, Window(square: 1),
        groups: groups, reading: last))
    if layers[layers.count - 1].op.output == input {
      let sum = constant { () throws(OpError) in try ElementwiseAdd(input) }
      layers.append(Layer(name: "\(name).add", op: sum, inputs: [last, .networkInput]))
    }
    return layers
  }

  /// The mean of each channel, two linear layers, and the product of what they give with the tensor.
  private func squeezeAndExcite(
    _ map: FeatureMap, to squeezed: Int, reading source: Int
  ) -> [Layer] {
    let scale = constant { () throws(OpError) in try ChannelScale(map) }
    return [
      .globalPooling("\(name).squeeze", map, reading: .layer(source)),
      .linear(
        "\(name).reduce", map.channels, to: squeezed, hasBias: true, reading: .layer(source + 1)),
      .linear(
        "\(name).excite", squeezed, to: map.channels, hasBias: true, reading: .layer(source + 2)),
      Layer(name: "\(name).scale", op: scale, inputs: [.layer(source), .layer(source + 3)]),
    ]
  }
}

extension Layer {
  /// A convolution with its batch norm, of numbers that are known to fit.
  static func convolution(
    _ name: String, _ input: FeatureMap, to channels: Int, _ window: Window, groups: Int = 1,
    reading source: TensorSource = .networkInput
  ) -> Layer {
    let op = constant { () throws(OpError) in
      try Convolution(input: input, outputChannels: channels, window: window, groups: groups)
    }
    return Layer(name: name, op: op, inputs: [source], hasBatchNorm: true)
  }

  /// A fully connected layer, of numbers that are known to fit.
  static func linear(
    _ name: String, _ inputs: Int, to outputs: Int, hasBias: Bool, reading source: TensorSource
  ) -> Layer {
    let op = constant { () throws(OpError) in
      try Linear(inputFeatures: inputs, outputFeatures: outputs)
    }
    return Layer(name: name, op: op, inputs: [source], hasBias: hasBias)
  }

  /// The mean of each channel of a map.
  static func globalPooling(
    _ name: String, _ map: FeatureMap, reading source: TensorSource
  ) -> Layer {
    let op = constant { () throws(OpError) in try GlobalPooling(input: map) }
    return Layer(name: name, op: op, inputs: [source])
  }
}
