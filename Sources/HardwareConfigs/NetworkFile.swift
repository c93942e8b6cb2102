public import CostDiagnostics
public import CostYAML
public import Networks
internal import Ops

/// Networks as YAML: an input and the layers that read it, in execution order.
///
///     name: small
///     input: [3, 224, 224]
///     layers:
///       - {name: conv1, layer: 'conv k=64 r=7 stride=2 pad=3', inputs: [data], batch_norm: true}
///       - {name: pool1, layer: 'maxpool r=3 stride=2 pad=1'}
///       - {name: conv2, layer: 'conv k=64 r=3 pad=1', bias: true}
///       - {name: sum, layer: add, inputs: [pool1, conv2]}
///
/// `data` is the network's input; a layer without `inputs` reads the one before it. A layer text may
/// leave out what its inputs determine (`c`, `h`, `w`, the operands of an addition); what it says
/// has to fit. `batch_norm` and `bias` are folded into their layer and counted as parameters. The
/// last layer gives the network's output.
public enum NetworkFile {
  /// The name by which layers read the network's input.
  public static let inputName = "data"

  /// The newest `schema` this version reads.
  public static let newestSchema: Int64 = 1

  /// Whether a document looks like a network rather than a target.
  public static func isNetwork(_ document: YAMLDocument) -> Bool {
    document.root["layers"] != nil && document.root["kind"] == nil
  }

  /// Decodes a network's text.
  ///
  /// - Parameter file: The name messages give the text.
  /// - Throws: `InputError` with every mistake of the file.
  public static func decode(text: String, file: String) throws(InputError) -> Network {
    try decode(YAMLDocument(parsing: text, file: file))
  }

  /// Decodes a network from a parsed document.
  ///
  /// - Throws: `InputError` with every mistake of the file.
  public static func decode(_ document: YAMLDocument) throws(InputError) -> Network {
    if let schema = document.root["schema"], let number = schema.integer, number > newestSchema {
      throw InputError(
        at: schema.location, keyPath: "schema",
        "the file needs a hwcost that reads schema \(number); this one reads up to \(newestSchema)",
        hint: "update hwcost")
    }
    return try YAMLReader.decode(document) { reader in
      _ = reader.integer("schema", in: 1...newestSchema, required: false)
      // Where the shapes come from, for people to read.
      _ = reader.string("source", required: false)
      let name = reader.string("name")
      let input = reader.featureMap("input")
      let values = reader.values("layers")
      guard let values else { return nil }
      guard (1...Network.largestLayerCount).contains(values.count) else {
        reader.report(
          at: document.root["layers"]?.location ?? document.root.location, keyPath: "layers",
          "a network has 1 to \(Network.largestLayerCount) layers, not \(values.count)")
        return nil
      }
      var decoding = NetworkDecoding(input: input, values: values)
      let layers = decoding.layers(from: &reader)
      guard let name, let input, let layers else { return nil }
      do {
        return try Network(name: name, input: input, layers: layers)
      } catch {
        // The decoding above has checked all that can be wrong; what is left is told as it is.
        reader.report(
          at: document.root["layers"]?.location ?? document.root.location, keyPath: "layers",
          "the layers are no network: \(error)")
        return nil
      }
    }
  }
}

extension YAMLReader {
  /// The list `[channels, height, width]` of a key.
  fileprivate mutating func featureMap(_ key: String) -> FeatureMap? {
    guard let value = value(key), let values = values(value) else { return nil }
    guard values.count == 3 else {
      report(value, "expected [channels, height, width], found \(values.count) numbers")
      return nil
    }
    let range = 1...Int64(Problem.largestExtent)
    let numbers = values.compactMap { integer($0, in: range) }
    guard numbers.count == 3 else { return nil }
    let map = FeatureMap(
      channels: Int(numbers[0]), height: Int(numbers[1]), width: Int(numbers[2]))
    do throws(OpError) {
      _ = try Skip(map)
      return map
    } catch {
      report(value, error.message)
      return nil
    }
  }
}

/// Reads the layers one by one, each against the shapes of those before it.
private struct NetworkDecoding {
  /// `nil` where the file's input is wrong.
  let input: FeatureMap?
  let values: [YAMLReader.Value]
  /// The layer of each name, the first where two share one.
  private var indexOf: [String: Int] = [:]
  /// What each layer read so far gives; `nil` where that cannot be told.
  private var outputs: [FeatureMap?] = []

  init(input: FeatureMap?, values: [YAMLReader.Value]) {
    self.input = input
    self.values = values
    for (index, value) in values.enumerated() {
      guard let name = value.node["name"]?.scalar, indexOf[name] == nil else { continue }
      indexOf[name] = index
    }
  }

  /// All layers, or `nil` when any is wrong.
  mutating func layers(from reader: inout YAMLReader) -> [Layer]? {
    var layers: [Layer] = []
    for value in values {
      outputs.append(nil)
      // A closure cannot take `self` along while it changes.
      var decoding = self
      let layer = reader.mapping(value) { decoding.layer(from: &$0) }
      self = decoding
      if let layer { layers.append(layer) }
    }
    return layers.count == values.count ? layers : nil
  }

  private mutating func layer(from reader: inout YAMLReader) -> Layer? {
    let index = outputs.count - 1
    let name = name(from: &reader, at: index)
    let sources = sources(from: &reader, at: index)
    let text = reader.value("layer")
    let hasBatchNorm = reader.value("batch_norm", required: false)
    let hasBias = reader.value("bias", required: false)
    guard let text else { return nil }
    let layerText = layerText(text, reading: sources, from: &reader)
    outputs[index] = layerText?.op.output
    var extras: [Bool] = []
    for (key, value) in [("batch_norm", hasBatchNorm), ("bias", hasBias)] {
      let isThere = value == nil ? false : reader.boolean(key, required: false)
      if let value, let op = layerText?.op, !op.kind.isMultiplyAccumulate {
        reader.report(value, "'\(op.kind.rawValue)' has no weights to fold it into")
      }
      guard let isThere else { continue }
      extras.append(isThere)
    }
    guard let name, let sources, let layerText, extras.count == 2 else { return nil }
    return Layer(
      name: name, op: layerText.op, inputs: sources, hasBatchNorm: extras[0], hasBias: extras[1],
      precision: layerText.precision)
  }

  private func name(from reader: inout YAMLReader, at index: Int) -> String? {
    guard let value = reader.value("name"), let name = reader.string(value) else { return nil }
    if name == NetworkFile.inputName {
      reader.report(value, "'\(name)' is the name of the network's input")
      return nil
    }
    if let first = indexOf[name], first != index {
      reader.report(
        value,
        "the name '\(name)' is taken by the layer on line \(values[first].node.location.line)")
      return nil
    }
    return name
  }

  // MARK: Inputs

  private func sources(from reader: inout YAMLReader, at index: Int) -> [TensorSource]? {
    guard let names = reader.value("inputs", required: false) else {
      return [index == 0 ? .networkInput : .layer(index - 1)]
    }
    guard let names = reader.values(names) else { return nil }
    var sources: [TensorSource] = []
    for value in names {
      guard let name = reader.string(value) else { continue }
      if name == NetworkFile.inputName {
        sources.append(.networkInput)
      } else if let other = indexOf[name], other < index {
        sources.append(.layer(other))
      } else {
        reportUnreadable(name, value, at: index, in: &reader)
      }
    }
    return sources.count == names.count ? sources : nil
  }

  private func reportUnreadable(
    _ name: String, _ value: YAMLReader.Value, at index: Int, in reader: inout YAMLReader
  ) {
    guard let other = indexOf[name] else {
      let before = values[..<index].compactMap { $0.node["name"]?.scalar }
      reader.report(
        value, "no layer is called '\(name)'",
        hint: EditDistance.didYouMean(name, among: before + [NetworkFile.inputName]))
      return
    }
    if let way = way(from: other, to: index) {
      let steps = ([index] + way).map { "'\(values[$0].node["name"]?.scalar ?? "")'" }
      reader.report(value, "a cycle: " + steps.joined(separator: " reads "))
    } else {
      reader.report(
        value, "'\(name)' comes later; a layer reads only layers before it",
        hint: "move '\(name)' up")
    }
  }

  /// The layers on a way by which one layer reads another, both included.
  private func way(from start: Int, to end: Int) -> [Int]? {
    var cameFrom: [Int: Int] = [start: start]
    var open = [start]
    while let index = open.popLast() {
      if index == end {
        var way = [end]
        while let last = way.last, last != start, let next = cameFrom[last] { way.append(next) }
        return way.reversed()
      }
      for name in values[index].node["inputs"]?.items?.compactMap(\.scalar) ?? [] {
        guard let next = indexOf[name], cameFrom[next] == nil else { continue }
        cameFrom[next] = index
        open.append(next)
      }
      // Without `inputs` a layer reads the one before it.
      if values[index].node["inputs"] == nil, index > 0, cameFrom[index - 1] == nil {
        cameFrom[index - 1] = index
        open.append(index - 1)
      }
    }
    return nil
  }

  // MARK: The op

  private func layerText(
    _ value: YAMLReader.Value, reading sources: [TensorSource]?, from reader: inout YAMLReader
  ) -> LayerText? {
    guard let text = reader.string(value) else { return nil }
    let maps = sources?.map { map(of: $0) }
    let known = maps?.compactMap { $0 }
    let inputs = known?.count == maps?.count ? known : nil
    let (layer, mistakes) = LayerText.read(text, reading: inputs)
    for mistake in mistakes { report(mistake, in: value, to: &reader) }
    guard let layer else { return nil }
    if layer.batch != nil {
      reader.report(value, "the batch is no property of a layer", hint: "leave out 'n'")
    }
    // Where what the layer reads is wrong, a text that says everything still has an output.
    guard let inputs else { return layer }
    do throws(OpInputError) {
      try layer.op.checkInputs(inputs)
    } catch {
      reader.report(value, message(error, sources ?? []))
    }
    return layer
  }

  private func map(of source: TensorSource) -> FeatureMap? {
    switch source {
    case .networkInput: input
    case .layer(let index): outputs[index]
    }
  }

  /// Reports a mistake inside a layer text at its own column.
  private func report(
    _ error: TextError, in value: YAMLReader.Value, to reader: inout YAMLReader
  ) {
    var location = value.node.location
    if case .scalar(_, let isQuoted) = value.node.content {
      location.column += error.column - 1 + (isQuoted ? 1 : 0)
    }
    reader.report(at: location, keyPath: value.keyPath, error.message, hint: error.hint)
  }

  private func message(_ error: OpInputError, _ sources: [TensorSource]) -> String {
    guard case .wrongShape(let index, let expected, let found) = error,
      sources.indices.contains(index)
    else { return error.message }
    let name =
      switch sources[index] {
      case .networkInput: NetworkFile.inputName
      case .layer(let layer): values[layer].node["name"]?.scalar ?? "layer \(layer)"
      }
    return "reads \(expected), '\(name)' gives \(found)"
  }
}
