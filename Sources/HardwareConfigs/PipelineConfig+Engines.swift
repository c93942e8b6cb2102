internal import Accelerators
internal import CostDiagnostics
internal import CostYAML
internal import Ops

// MARK: - Engines
extension PipelineDecoder {
  /// An engine and where the file describes it.
  struct DecodedEngine {
    var engine: Engine
    var place: YAMLReader.Value
  }

  private enum Copies: String, CaseIterable { case one, layer }

  mutating func engines(
    from reader: inout YAMLReader, _ inherited: Provenance?, grouping: LayerGrouping
  ) -> [DecodedEngine]? {
    guard let value = reader.value("engines"), let items = reader.values(value) else { return nil }
    guard (1...Self.mostEngines).contains(items.count) else {
      reader.report(value, "a design has 1 to \(Self.mostEngines) engines, not \(items.count)")
      return nil
    }
    var engines: [DecodedEngine] = []
    for item in items {
      let engine = reader.mapping(item) { self.engine(from: &$0, inherited, grouping: grouping) }
      guard let engine else { continue }
      if engine.ops.isEmpty {
        reader.report(
          item, "no layer can use the engine '\(engine.name)': it runs no op",
          hint: "name ops, such as 'ops: [conv]'")
      }
      if engines.contains(where: { $0.engine.name == engine.name }) {
        reader.report(item, "there are two engines '\(engine.name)'", hint: "rename one")
      }
      engines.append(DecodedEngine(engine: engine, place: item))
    }
    return engines.count == items.count ? engines : nil
  }

  private mutating func engine(
    from reader: inout YAMLReader, _ inherited: Provenance?, grouping: LayerGrouping
  ) -> Engine? {
    let source = decoding.provenance(of: &reader, inheriting: inherited)
    let name = reader.identifier("name")
    let ops = ops("ops", from: &reader, required: true)
    let unroll = unroll(from: &reader, source)
    let tile = tile(from: &reader, source)
    let interval = decoding.count(
      "interval", in: 1...Self.largestCount, from: &reader, source, required: false)
    let overhead = decoding.count(
      "overhead", in: 0...Self.largestCount, from: &reader, source, required: false)
    let moves = decoding.count(
      "moves", in: 0...Self.largestCount, from: &reader, source, required: false)
    let place = reader.value("resolution", required: false)
    let resolution = place.flatMap { reader.choice($0, of: Engine.Resolution.self) }
    if resolution == .group, let place, grouping == .none {
      reader.report(
        place, "without groups there is no output of a group",
        hint: "write 'group: prefix' at the top, or 'resolution: layer'")
    }
    let padded = paddedChannels(from: &reader, source)
    let copies = reader.choice("copies", of: Copies.self, required: false)
    let weights = reader.choice("weights", of: Engine.WeightHome.self, required: false)
    let multipliers = reader.choice("multipliers", of: Engine.Multipliers.self, required: false)
    let memory = reader.choice("weight_memory", of: Engine.WeightMemory.self, required: false)
    let windows = reader.choice("window", of: Engine.WindowBuffer.self, required: false)
    let dsps = decoding.count(
      "dsps_per_mac", in: 1...64, from: &reader, source, required: false)
    guard let name, let ops, let unroll, let tile, let padded else { return nil }
    checkTile(tile, unroll: unroll, in: &reader)
    return Engine(
      name: name, ops: ops, unroll: unroll, tile: tile, intervalCycles: interval ?? 1,
      overheadCycles: overhead ?? 0, movePasses: moves ?? 0, resolution: resolution ?? .layer,
      paddedChannels: padded, isReplicated: copies == .layer, weightHome: weights ?? .onChip,
      multipliers: multipliers, weightMemory: memory ?? .block,
      windowBuffer: windows ?? .pixels, dspsPerMAC: dsps)
  }

  /// A pass that is smaller than what runs at once leaves lanes idle for ever.
  private func checkTile(
    _ tile: [LoopDimension: TileExtent], unroll: Extents, in reader: inout YAMLReader
  ) {
    for dimension in LoopDimension.allCases {
      guard case .iterations(let count)? = tile[dimension], count < Int64(unroll[dimension]),
        let place = reader.value("tile", required: false)
      else { continue }
      reader.report(
        place,
        "the tile of \(count) in \(dimension.name) is smaller than the \(unroll[dimension]) that "
          + "run at once", hint: "unroll at most the tile")
    }
  }

  /// A list of ops: `[conv, depthwise]`.
  func ops(_ key: String, from reader: inout YAMLReader, required: Bool) -> Set<OpKind>? {
    guard let values = reader.values(key, required: required) else { return nil }
    let known = OpKind.allCases.filter { $0 != .skip && $0 != .zero }
    var ops: Set<OpKind> = []
    for value in values {
      guard let word = reader.choice(value, among: known.map(\.rawValue)),
        let op = OpKind(rawValue: word)
      else { continue }
      if !ops.insert(op).inserted {
        reader.report(value, "'\(word)' is here twice", hint: "keep one")
      }
    }
    return ops
  }

  /// What runs at once: `{k: 4, c: 4}`; dimensions left out are not unrolled.
  mutating func unroll(from reader: inout YAMLReader, _ source: Provenance?) -> Extents? {
    guard let value = reader.value("unroll", required: false) else { return Extents() }
    return unroll(value, from: &reader, source)
  }

  mutating func unroll(
    _ value: YAMLReader.Value, from reader: inout YAMLReader, _ source: Provenance?
  ) -> Extents? {
    reader.mapping(value) { inner in
      let source = decoding.provenance(of: &inner, inheriting: source)
      decoding.record(value.keyPath, source)
      var unroll = Extents()
      for (key, location, value) in inner.remainingEntries() {
        guard let dimension = Self.dimension(key, at: location, value, in: &inner),
          let count = inner.integer(value, in: 1...Self.largestCount)
        else { continue }
        unroll[dimension] = Int32(count)
      }
      return unroll
    }
  }

  /// What a pass covers: `{p: 4, q: 4, r: all}`.
  mutating func tile(
    from reader: inout YAMLReader, _ source: Provenance?
  ) -> [LoopDimension: TileExtent]? {
    guard let value = reader.value("tile", required: false) else { return [:] }
    return reader.mapping(value) { inner in
      let source = decoding.provenance(of: &inner, inheriting: source)
      decoding.record(value.keyPath, source)
      var tile: [LoopDimension: TileExtent] = [:]
      for (key, location, value) in inner.remainingEntries() {
        guard let dimension = Self.dimension(key, at: location, value, in: &inner) else { continue }
        if value.node.scalar == "all" {
          tile[dimension] = .whole
        } else if let count = inner.integer(value, in: 1...Self.largestCount) {
          tile[dimension] = .iterations(count)
        }
      }
      return tile
    }
  }

  /// The loop dimension that a key names.
  private static func dimension(
    _ key: String, at location: SourceLocation, _ value: YAMLReader.Value,
    in reader: inout YAMLReader
  ) -> LoopDimension? {
    if let dimension = LoopDimension(name: key) { return dimension }
    let names = LoopDimension.allCases.map(\.name).joined(separator: ", ")
    reader.report(
      at: location, keyPath: value.keyPath, "'\(key.prefix(40))' is no loop dimension",
      hint: LoopDimension(name: key.lowercased()).map { "did you mean '\($0.name)'?" }
        ?? "the dimensions are \(names)")
    return nil
  }

  /// Channel counts that are rounded up: `{184: 192}`.
  private mutating func paddedChannels(
    from reader: inout YAMLReader, _ source: Provenance?
  ) -> [Int64: Int64]? {
    guard let value = reader.value("pad_channels", required: false) else { return [:] }
    return reader.mapping(value) { inner in
      let source = decoding.provenance(of: &inner, inheriting: source)
      decoding.record(value.keyPath, source)
      var padded: [Int64: Int64] = [:]
      for (key, location, value) in inner.remainingEntries() {
        guard let channels = Int64(key), (1...Self.largestCount).contains(channels) else {
          inner.report(
            at: location, keyPath: value.keyPath, "'\(key.prefix(40))' is no number of channels",
            hint: "write a number from 1 to \(Self.largestCount)")
          continue
        }
        padded[channels] = inner.integer(value, in: channels...Self.largestCount)
      }
      return padded
    }
  }
}

// MARK: - Assignments
extension PipelineDecoder {
  mutating func assignments(
    from reader: inout YAMLReader, _ source: Provenance?, engines: [DecodedEngine]
  ) -> [Assignment]? {
    guard reader.has("assign") else { return [] }
    guard let items = reader.values("assign") else { return nil }
    var assignments: [Assignment] = []
    for item in items {
      let assignment = reader.mapping(item) {
        self.assignment(from: &$0, source, engines: engines)
      }
      guard let assignment else { continue }
      if let last = assignments.last, last.layers.isEmpty, last.ops == nil {
        reader.report(
          item, "no layer comes here: the assignment before takes all of them",
          hint: "put the one without 'layers' and 'ops' last")
      }
      assignments.append(assignment)
    }
    return assignments.count == items.count ? assignments : nil
  }

  private mutating func assignment(
    from reader: inout YAMLReader, _ inherited: Provenance?, engines: [DecodedEngine]
  ) -> Assignment? {
    let source = decoding.provenance(of: &reader, inheriting: inherited)
    var layers: [String] = []
    if let value = reader.value("layers", required: false) {
      if value.node.items != nil {
        layers = (reader.values(value) ?? []).compactMap { reader.string($0) }
      } else if let text = reader.string(value) {
        layers = [text]
      }
    }
    let opsPlace = reader.value("ops", required: false)
    let ops = opsPlace == nil ? nil : self.ops("ops", from: &reader, required: false)
    let engine = engine(from: &reader, engines)
    let unrollPlace = reader.value("unroll", required: false)
    let unroll = unrollPlace.flatMap { self.unroll($0, from: &reader, source) }
    let tile = tile(from: &reader, source)
    let overhead = decoding.count(
      "overhead", in: 0...Self.largestCount, from: &reader, source, required: false)
    let fifos = fifoDepths(from: &reader, source)
    guard let engine, let tile, let fifos, unrollPlace == nil || unroll != nil else { return nil }
    if let index = engine.index, let ops, let opsPlace {
      let served = engines[index].engine
      let missing = OpKind.allCases.filter { ops.contains($0) && !served.ops.contains($0) }
      for op in served.ops.isEmpty ? [] : missing {
        let runs = OpKind.allCases.filter { served.ops.contains($0) }.map(\.rawValue)
        reader.report(
          opsPlace, "the engine '\(served.name)' does not run \(op.rawValue)",
          hint: "it runs \(runs.joined(separator: ", ")); add '\(op.rawValue)' to its ops, or "
            + "assign another engine")
      }
    }
    return Assignment(
      layers: layers, ops: ops, engine: engine.index, unroll: unroll, tile: tile,
      overheadCycles: overhead, fifoDepths: fifos)
  }

  private struct EngineChoice {
    /// `nil` for layers that are not charged.
    var index: Int?
  }

  private func engine(
    from reader: inout YAMLReader, _ engines: [DecodedEngine]
  ) -> EngineChoice? {
    guard let value = reader.value("engine"), let name = reader.string(value) else { return nil }
    if name == "none" { return EngineChoice(index: nil) }
    // Where the list of engines itself is wrong, no name can be checked.
    guard !engines.isEmpty else { return nil }
    let names = engines.map(\.engine.name)
    guard let index = names.firstIndex(of: name) else {
      reader.report(
        value, "there is no engine '\(name.prefix(64))'",
        hint: reader.didYouMean(name, among: names + ["none"])
          ?? "the engines are \(names.joined(separator: ", ")); 'none' charges nothing")
      return nil
    }
    return EngineChoice(index: index)
  }

  /// Words of the buffers before a stage: `64`, or `[0, 64]` by input.
  private mutating func fifoDepths(
    from reader: inout YAMLReader, _ source: Provenance?
  ) -> [Int64]? {
    guard let value = reader.value("fifo", required: false) else { return [] }
    decoding.record(value.keyPath, source)
    let values = value.node.items == nil ? [value] : reader.values(value) ?? []
    let depths = values.compactMap { reader.integer($0, in: 0...Self.largestCount) }
    return depths.count == values.count ? depths : nil
  }

  /// Reports engines that no layer can come to.
  func reportUnusable(
    _ engines: [DecodedEngine], _ assignments: [Assignment], in reader: inout YAMLReader
  ) {
    for (index, decoded) in engines.enumerated() where !decoded.engine.ops.isEmpty {
      let engine = decoded.engine
      let isAssigned = assignments.contains { $0.engine == index }
      let earlier = engines[..<index].map(\.engine)
      let takers = earlier.filter { !$0.ops.isDisjoint(with: engine.ops) }
      let isReached = engine.ops.contains { op in !earlier.contains { $0.ops.contains(op) } }
      if !isAssigned, !isReached {
        let names = takers.map { "'\($0.name)'" }.joined(separator: ", ")
        reader.report(
          decoded.place,
          "no layer can use the engine '\(engine.name)': its ops run on \(names) before it",
          hint: "name it in 'assign', or remove it")
      }
    }
  }
}
