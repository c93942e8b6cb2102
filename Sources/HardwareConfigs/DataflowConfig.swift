internal import Accelerators
internal import CostDiagnostics
internal import CostYAML
internal import Dataflow
internal import Ops

/// Decodes `dataflow`.
extension SpatialArrayConfig {
  /// The constraints: free where the key is absent, a preset, a file's, or written out.
  func dataflow(
    from reader: inout YAMLReader, levels: [ArrayLevel], dataflows: (String) -> InputText?,
    _ problemsElsewhere: inout [Diagnostic]
  ) -> DataflowConstraints? {
    guard let value = reader.value("dataflow", required: false) else {
      return .free(levelCount: levels.count)
    }
    if value.node.entries != nil {
      return reader.mapping(value) {
        DataflowConfig.constraints(from: &$0, levels: levelNames, defaultName: "custom")
      }
    }
    guard let name = reader.identifier(value) else { return nil }
    if let preset = DataflowPreset(rawValue: name) { return preset.constraints(on: levels) }
    guard let file = dataflows(name) else {
      let presets = DataflowPreset.allCases.map(\.rawValue)
      reader.report(
        value, "there is no dataflow '\(name)'",
        hint: reader.didYouMean(name, among: presets)
          ?? "the presets are \(presets.joined(separator: ", "))")
      return nil
    }
    // Mistakes in another file are not in this file's source order.
    do throws(InputError) {
      return try DataflowConfig.decode(file, levels: levelNames, defaultName: name)
    } catch {
      problemsElsewhere += error.diagnostics
      return .free(levelCount: levels.count)
    }
  }
}

/// Decodes a dataflow that is written out, in a hardware file or in one of its own.
enum DataflowConfig {
  private enum Factors: String, CaseIterable { case perfect, imperfect }

  /// A file of `hwconfigs/dataflows`: `schema`, `kind: dataflow`, then the keys of a dataflow.
  static func decode(
    _ file: InputText, levels: [String], defaultName: String
  ) throws(InputError) -> DataflowConstraints {
    let document = try YAMLDocument(parsing: file.text, file: file.file)
    return try YAMLReader.decode(document) { reader in
      _ = reader.integer("schema", in: 1...HardwareConfig.newestSchema)
      if let kind = reader.value("kind") { _ = reader.choice(kind, among: ["dataflow"]) }
      return constraints(from: &reader, levels: levels, defaultName: defaultName)
    }
  }

  static func constraints(
    from reader: inout YAMLReader, levels: [String], defaultName: String
  ) -> DataflowConstraints? {
    let name = reader.has("name") ? reader.identifier("name") : defaultName
    let factors = reader.choice("factors", of: Factors.self, required: false)
    var constraints = DataflowConstraints.free(levelCount: levels.count)
    constraints.allowsImperfectFactors = factors != .perfect
    var isGood = true
    if reader.has("levels") {
      let found = reader.mapping("levels") { reader -> Bool? in
        level(from: &reader, levels: levels, into: &constraints)
        return true
      }
      isGood = found != nil
    }
    guard let name, isGood else { return nil }
    constraints.name = name
    return constraints
  }

  private static func level(
    from reader: inout YAMLReader, levels: [String], into constraints: inout DataflowConstraints
  ) {
    for (name, location, value) in reader.remainingEntries() {
      let index = levels.firstIndex(of: name)
      // Where the list of levels itself is wrong, no name can be checked.
      if index == nil, !levels.isEmpty {
        reader.report(
          at: location, keyPath: reader.value.keyPath, "there is no level '\(name.prefix(64))'",
          hint: reader.didYouMean(name, among: levels)
            ?? "the levels are \(levels.joined(separator: ", "))")
      }
      let level = reader.mapping(value) { Self.constraints(ofLevel: &$0) }
      if let index, let level { constraints.levels[index] = level }
    }
  }

  private static func constraints(
    ofLevel reader: inout YAMLReader
  ) -> DataflowConstraints.Level? {
    var level = DataflowConstraints.Level()
    level.temporal = reader.dimensions("temporal").map(DimensionSet.init(members:))
    level.order = reader.dimensions("order")
    level.spatialX = reader.dimensions("spatial_x").map(DimensionSet.init(members:))
    level.spatialY = reader.dimensions("spatial_y").map(DimensionSet.init(members:))
    level.temporalPasses = passes("temporal_passes", from: &reader)
    level.spatialPasses = passes("spatial_passes", from: &reader)
    return level
  }

  /// `{q: 4, r: [1, 3]}`: a number, or the least and the most.
  private static func passes(
    _ key: String, from reader: inout YAMLReader
  ) -> [LoopDimension: ClosedRange<Int32>] {
    guard reader.has(key) else { return [:] }
    let found = reader.mapping(key) { reader in
      var found: [LoopDimension: ClosedRange<Int32>] = [:]
      for (name, _, value) in reader.remainingEntries() {
        guard let dimension = reader.dimension(named: name, at: value),
          let range = range(value, from: &reader)
        else { continue }
        found[dimension] = range
      }
      return found
    }
    return found ?? [:]
  }

  private static func range(
    _ value: YAMLReader.Value, from reader: inout YAMLReader
  ) -> ClosedRange<Int32>? {
    let allowed = 1...Int64(Problem.largestExtent)
    guard value.node.items != nil else {
      return reader.integer(value, in: allowed).map { Int32($0)...Int32($0) }
    }
    guard let ends = reader.values(value), ends.count == 2 else {
      reader.report(value, "expected two numbers", hint: "write '[least, most]'")
      return nil
    }
    guard let least = reader.integer(ends[0], in: allowed),
      let most = reader.integer(ends[1], in: allowed)
    else { return nil }
    guard least <= most else {
      reader.report(value, "\(least) is more than \(most)", hint: "write '[\(most), \(least)]'")
      return nil
    }
    return Int32(least)...Int32(most)
  }
}

extension DimensionSet {
  init(members: [LoopDimension]) {
    self = members.reduce(into: []) { $0.insert(DimensionSet($1)) }
  }
}
