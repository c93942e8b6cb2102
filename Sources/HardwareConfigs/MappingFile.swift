public import CostDiagnostics
public import CostYAML
public import Dataflow
public import Ops

/// Mappings as YAML: a list of levels with their loops, outermost first.
///
///     levels:
///       - level: dram
///         keeps: [weight, input, output]
///         temporal: [c 2, k 4]
///       - level: buffer
///         temporal: [q 3@14]
///         spatial_x: [q 14]
///
/// `q 3@14` is three passes of a step of 14; without a step it is the product of the passes inside on
/// that dimension. A level that is left out has no loops; without `keeps` a level keeps what it may.
public enum MappingFile {
  /// Decodes a mapping's text.
  ///
  /// - Parameters:
  ///   - file: The name messages give the text.
  ///   - hierarchy: The levels the mapping is for.
  ///   - bounds: The bounds of the problem the mapping is for.
  /// - Throws: `InputError` with every mistake: unknown levels, loops that do not cover their tile,
  ///   dimensions that are left over.
  public static func decode(
    text: String, file: String, hierarchy: Hierarchy, bounds: Extents
  ) throws(InputError) -> Mapping {
    let document = try YAMLDocument(parsing: text, file: file)
    return try decode(document, hierarchy: hierarchy, bounds: bounds)
  }

  /// Decodes a mapping from a parsed document.
  ///
  /// - Throws: `InputError` with every mistake.
  public static func decode(
    _ document: YAMLDocument, hierarchy: Hierarchy, bounds: Extents
  ) throws(InputError) -> Mapping {
    try YAMLReader.decode(document) { reader in
      MappingDecoding(hierarchy: hierarchy, bounds: bounds).mapping(from: &reader)
    }
  }

  /// A mapping as YAML that decodes to the same mapping.
  ///
  /// - Precondition: The mapping has the hierarchy's levels.
  public static func yaml(for mapping: Mapping, on hierarchy: Hierarchy) -> String {
    precondition(
      mapping.levels.count == hierarchy.levels.count, "a mapping has its hierarchy's levels")
    var steps = StepProducts()
    var levels: [ConfigTree] = []
    for (level, place) in zip(mapping.levels, hierarchy.levels).reversed() {
      // Innermost first, because a step is implied by the loops inside.
      let y = steps.words(level.spatialY)
      let x = steps.words(level.spatialX)
      let temporal = steps.words(level.temporal)
      var entries: [(key: String, value: ConfigTree)] = [("level", .name(place.name))]
      if place.memory != nil || !level.keeps.isEmpty {
        entries.append(("keeps", .words(level.keeps.members.map(\.name))))
      }
      for (key, words) in [("temporal", temporal), ("spatial_x", x), ("spatial_y", y)]
      where !words.isEmpty {
        entries.append((key, .words(words)))
      }
      levels.append(.mapping(entries))
    }
    return ConfigTree.mapping([("levels", .list(levels.reversed()))]).yaml
  }
}

/// For each dimension the product of the passes met so far, from the inside out.
private struct StepProducts {
  private var products: [LoopDimension: Int64] = [:]

  /// The step a loop has when none is written; `nil` beyond 64 bits.
  func implied(_ dimension: LoopDimension) -> Int64 { products[dimension] ?? 1 }

  /// Adds a loop around those met so far.
  mutating func add(_ dimension: LoopDimension, passes: Int64) {
    let (product, overflow) = implied(dimension).multipliedReportingOverflow(by: passes)
    products[dimension] = overflow ? .max : product
  }

  /// Loops as text, outermost first as they are given.
  mutating func words(_ loops: [Loop]) -> [String] {
    var words: [String] = []
    for loop in loops.reversed() {
      let isImplied = implied(loop.dimension) == Int64(loop.step)
      words.append(
        "\(loop.dimension.name) \(loop.passes)" + (isImplied ? "" : "@\(loop.step)"))
      add(loop.dimension, passes: Int64(loop.passes))
    }
    return words.reversed()
  }
}

/// A loop as written, with its place.
private struct WrittenLoop {
  var dimension: LoopDimension
  var passes: Int64
  var step: Int64?
  var value: YAMLReader.Value
}

/// A level as written.
private struct WrittenLevel {
  var index: Int
  var keeps: TensorSet?
  var temporal: [WrittenLoop]
  var spatialX: [WrittenLoop]
  var spatialY: [WrittenLoop]
}

private struct MappingDecoding {
  let hierarchy: Hierarchy
  let bounds: Extents

  func mapping(from reader: inout YAMLReader) -> Mapping? {
    guard let values = reader.values("levels") else { return nil }
    var levels: [WrittenLevel] = []
    for value in values {
      let level = reader.mapping(value) { reader in
        self.level(from: &reader, after: levels.last?.index ?? -1)
      }
      guard let level else { continue }
      levels.append(level)
    }
    guard levels.count == values.count else { return nil }
    return mapping(of: levels, &reader)
  }

  private func level(from reader: inout YAMLReader, after previous: Int) -> WrittenLevel? {
    let index = index(from: &reader, after: previous)
    let keeps = reader.tensors("keeps")
    let temporal = loops("temporal", from: &reader)
    let x = loops("spatial_x", from: &reader)
    let y = loops("spatial_y", from: &reader)
    guard let index else { return nil }
    if hierarchy.levels[index].memory == nil, keeps?.isEmpty == false {
      reader.report(
        reader.value, keyed: "keeps", "the level '\(hierarchy.levels[index].name)' has no memory")
    }
    return WrittenLevel(index: index, keeps: keeps, temporal: temporal, spatialX: x, spatialY: y)
  }

  private func index(from reader: inout YAMLReader, after previous: Int) -> Int? {
    guard let value = reader.value("level"), let name = reader.string(value) else { return nil }
    guard let index = hierarchy.levels.firstIndex(where: { $0.name == name }) else {
      let names = hierarchy.levels.map(\.name)
      reader.report(
        value, "there is no level '\(name.prefix(64))'",
        hint: reader.didYouMean(name, among: names)
          ?? "the levels are \(names.joined(separator: ", "))")
      return nil
    }
    guard index > previous else {
      reader.report(
        value,
        index == previous
          ? "the level '\(name)' is here twice" : "the level '\(name)' is out of order",
        hint: "the order is " + hierarchy.levels.map(\.name).joined(separator: ", "))
      return nil
    }
    return index
  }

  private func loops(_ key: String, from reader: inout YAMLReader) -> [WrittenLoop] {
    guard let values = reader.values(key, required: false) else { return [] }
    return values.compactMap { loop($0, from: &reader) }
  }

  /// `q 3` or `q 3@14`.
  private func loop(
    _ value: YAMLReader.Value, from reader: inout YAMLReader
  ) -> WrittenLoop? {
    guard let text = reader.string(value) else { return nil }
    let parts = text.split(separator: " ")
    let numbers = parts.last?.split(separator: "@", omittingEmptySubsequences: false) ?? []
    let counts = numbers.compactMap { Int64($0) }
    let allowed = 1...Int64(Problem.largestExtent)
    guard parts.count == 2, (1...2).contains(numbers.count), counts.count == numbers.count else {
      reader.report(
        value, "\(value.node.summary) is no loop",
        hint: "write a dimension and its passes, 'q 3', or with a step 'q 3@14'")
      return nil
    }
    guard let dimension = reader.dimension(named: parts[0], at: value) else { return nil }
    guard counts.allSatisfy({ allowed.contains($0) }) else {
      reader.report(
        value, "\(value.node.summary) is out of range",
        hint: "write numbers from 1 to \(allowed.upperBound)")
      return nil
    }
    return WrittenLoop(
      dimension: dimension, passes: counts[0], step: counts.count == 2 ? counts[1] : nil,
      value: value)
  }
}

// MARK: - Steps
extension MappingDecoding {
  /// The mapping once every step is known and every loop covers its tile.
  private func mapping(of written: [WrittenLevel], _ reader: inout YAMLReader) -> Mapping? {
    var steps = StepProducts()
    var levels = hierarchy.levels.map { level in
      LevelMapping(keeps: level.memory?.mayKeep ?? [])
    }
    var resolved: [(index: Int, level: LevelMapping, written: WrittenLevel)] = []
    for level in written.reversed() {
      let y = resolve(level.spatialY, &steps)
      let x = resolve(level.spatialX, &steps)
      let temporal = resolve(level.temporal, &steps)
      let keeps = level.keeps ?? levels[level.index].keeps
      levels[level.index] = LevelMapping(
        keeps: keeps, temporal: temporal, spatialX: x, spatialY: y)
      resolved.append((level.index, levels[level.index], level))
    }
    guard covers(resolved.reversed(), &reader) else { return nil }
    return Mapping(levels: levels)
  }

  private func resolve(_ loops: [WrittenLoop], _ steps: inout StepProducts) -> [Loop] {
    var found: [Loop] = []
    for loop in loops.reversed() {
      // A product beyond the range is cut here; it cannot cover its tile, which is reported.
      let step = min(
        loop.step ?? steps.implied(loop.dimension), Int64(Problem.largestExtent))
      found.append(Loop(loop.dimension, passes: Int32(loop.passes), step: Int32(step)))
      steps.add(loop.dimension, passes: loop.passes)
    }
    return found.reversed()
  }

  /// Whether every loop's passes cover its tile and every dimension ends with steps of 1.
  private func covers(
    _ levels: [(index: Int, level: LevelMapping, written: WrittenLevel)],
    _ reader: inout YAMLReader
  ) -> Bool {
    var extents = bounds
    var isGood = true
    for (_, level, written) in levels {
      let loops = level.temporal + level.spatialX + level.spatialY
      let values = written.temporal + written.spatialX + written.spatialY
      for (loop, value) in zip(loops, values.map(\.value)) {
        let extent = extents[loop.dimension]
        let expected = (extent - 1) / loop.step + 1
        extents[loop.dimension] = loop.step
        guard loop.passes != expected || loop.step > extent else { continue }
        isGood = false
        report(loop, extent: extent, expected: expected, at: value, &reader)
      }
    }
    for dimension in LoopDimension.allCases where extents[dimension] > 1 && isGood {
      isGood = false
      let rest = extents[dimension]
      reader.report(
        reader.value, keyed: "levels",
        bounds[dimension] == rest
          ? "no loop covers \(dimension.name), whose bound is \(rest)"
          : "the innermost loop of \(dimension.name) has a step of \(rest), not 1",
        hint: "add a loop '\(dimension.name) \(rest)' inside")
    }
    return isGood
  }

  private func report(
    _ loop: Loop, extent: Int32, expected: Int32, at value: YAMLReader.Value,
    _ reader: inout YAMLReader
  ) {
    let name = loop.dimension.name
    reader.report(
      value,
      loop.step > extent
        ? "a step of \(loop.step) is more than the \(extent) of \(name) that are left"
        : "\(extent) of \(name) in steps of \(loop.step) take "
          + "\(expected == 1 ? "1 pass" : "\(expected) passes"), not \(loop.passes)",
      hint: loop.step > extent ? nil : "write '\(name) \(expected)@\(loop.step)'")
  }
}
