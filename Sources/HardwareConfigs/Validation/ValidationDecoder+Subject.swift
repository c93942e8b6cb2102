internal import CostYAML
internal import Networks

extension ValidationDecoder {
  func target(from reader: inout YAMLReader, required: Bool) -> String? {
    name("target", from: &reader, required: required, among: names.targets)
  }

  /// A name that is known, or a path.
  private func name(
    _ key: String, from reader: inout YAMLReader, required: Bool, among known: [String]?
  ) -> String? {
    guard let value = reader.value(key, required: required), let name = reader.string(value) else {
      return nil
    }
    let isPath = name.contains("/") || name.hasSuffix(".yaml") || name.hasSuffix(".yml")
    if let known, !isPath, !known.contains(name) {
      reader.report(
        value, "there is no \(key) '\(name)'", hint: reader.didYouMean(name, among: known))
      return nil
    }
    return name
  }

  func space(from reader: inout YAMLReader) -> String? {
    guard let value = reader.value("space", required: false), let name = reader.string(value)
    else { return nil }
    // Spaces of one image size are not listed.
    return SearchSpaces.named(name) == nil ? reader.choice(value, among: SearchSpaces.names) : name
  }

  /// A network by name, or a member of a space by its text.
  ///
  /// - Parameter shared: What the comparison has, with the row's own space.
  func network(
    from reader: inout YAMLReader, _ shared: Shared
  ) -> ValidationSuite.NetworkReference? {
    let network = name("network", from: &reader, required: false, among: names.networks)
    guard let value = reader.value("arch", required: false) else {
      return network.map { .file($0) }
    }
    guard network == nil else {
      reader.report(value, "a row is about a network or a member of a space", hint: "keep one")
      return nil
    }
    guard let text = reader.string(value) else { return nil }
    guard let space = shared.space, let known = SearchSpaces.named(space) else {
      if !shared.keys.contains("space") {
        reader.report(value, "'arch' needs the space it is of", hint: "write 'space'")
      }
      return nil
    }
    do throws(TextError) {
      _ = try known.architecture(text)
      return .member(space: space, text: text)
    } catch {
      reader.report(value, error.message, hint: error.hint)
      return nil
    }
  }

  func layers(
    from reader: inout YAMLReader, _ metric: ValidationSuite.Metric?
  ) -> [String]? {
    guard let layers = reader.strings("layers", required: false) else { return nil }
    if case .report(let metric)? = metric, !metric.isOfLayers, let value = reader.value("layers") {
      reader.report(value, "'\(metric.rawValue)' is of whole networks", hint: "leave it out")
      return nil
    }
    return layers
  }
}
