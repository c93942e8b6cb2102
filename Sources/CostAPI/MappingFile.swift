internal import CostDiagnostics
internal import CostYAML
public import Dataflow
internal import Ops

/// A mapping as YAML: what `hwcost map` prints and `hwcost evaluate` reads.
///
///     levels:
///       - level: dram
///         keeps: [weight, input, output]
///         temporal: [c 2, k 4]
///       - level: buffer
///         keeps: [input, output]
///         temporal: [q 8@4]
///         spatial_x: [q 4]
///
/// Levels and loops are outermost first. `q 8@4` gives the step; without it the step is the product
/// of the passes inside on that dimension.
public struct MappingFile: Hashable, Sendable {
  public var mapping: Mapping
  /// Outermost first, one a level of the mapping.
  public var levelNames: [String]

  public init(_ mapping: Mapping, levelNames: [String]) {
    precondition(mapping.levels.count == levelNames.count, "each level has a name")
    self.mapping = mapping
    self.levelNames = levelNames
  }
}

// MARK: - Writing
extension MappingFile {
  /// The mapping as YAML; steps are written where they are not the product of the passes inside.
  public var yaml: String {
    let steps = mapping.explicitSteps
    var lines = ["levels:"]
    for (index, level) in mapping.levels.enumerated() {
      lines.append("  - level: \(levelNames[index])")
      lines.append("    keeps: [\(level.keeps.members.map(\.name).joined(separator: ", "))]")
      var texts = zip(level.allLoops, steps[index]).map { loop, step in
        "\(loop.dimension.name) \(loop.passes)" + (step.map { "@\($0)" } ?? "")
      }[...]
      for (key, loops) in [
        ("temporal", level.temporal), ("spatial_x", level.spatialX), ("spatial_y", level.spatialY),
      ] where !loops.isEmpty {
        lines.append("    \(key): [\(texts.prefix(loops.count).joined(separator: ", "))]")
        texts = texts.dropFirst(loops.count)
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension LevelMapping {
  /// The loops in the order in which they cut tiles: over time, along x, along y.
  var allLoops: [Loop] { temporal + spatialX + spatialY }
}

extension Mapping {
  /// For each of a level's loops its step where that is not the product of the passes inside on
  /// the dimension, else `nil`.
  var explicitSteps: [[Int32?]] {
    var inside: [LoopDimension: Int64] = [:]
    let steps = levels.reversed().map { level in
      let steps = level.allLoops.reversed().map { loop -> Int32? in
        let product = inside[loop.dimension] ?? 1
        let (next, overflow) = product.multipliedReportingOverflow(by: Int64(loop.passes))
        inside[loop.dimension] = overflow ? .max : next
        return Int64(loop.step) == product ? nil : loop.step
      }
      return Array(steps.reversed())
    }
    return steps.reversed()
  }
}

// MARK: - Reading
extension MappingFile {
  /// A loop as written, its step perhaps left to be computed.
  private struct WrittenLoop {
    var dimension: LoopDimension
    var passes: Int32
    var step: Int32?
    var place: YAMLReader.Value
  }

  private struct WrittenLevel {
    var keeps: TensorSet
    var temporal: [WrittenLoop]
    var spatialX: [WrittenLoop]
    var spatialY: [WrittenLoop]
  }

  /// Reads the mapping of a hierarchy.
  ///
  /// - Throws: `InputError` with every mistake of the file.
  static func read(
    _ document: YAMLDocument, for hierarchy: Hierarchy
  ) throws(InputError) -> Mapping {
    try YAMLReader.decode(document) { reader in
      guard let values = reader.values("levels") else { return nil }
      let names = hierarchy.levels.map(\.name)
      guard values.count == names.count else {
        if let place = reader.value("levels") {
          reader.report(
            place, "\(values.count) levels, the target has \(names.count)",
            hint: "list \(names.joined(separator: ", "))")
        }
        return nil
      }
      var levels: [WrittenLevel] = []
      for (value, level) in zip(values, hierarchy.levels) {
        let written = reader.mapping(value) { reader in Self.level(&reader, level) }
        if let written { levels.append(written) }
      }
      guard levels.count == values.count else { return nil }
      return Self.mapping(of: levels, &reader)
    }
  }

  private static func level(
    _ reader: inout YAMLReader, _ level: Hierarchy.Level
  ) -> WrittenLevel? {
    let name = reader.value("level").flatMap { reader.choice($0, among: [level.name]) }
    var keeps: TensorSet? = []
    if let values = reader.values("keeps", required: level.memory != nil) {
      for value in values {
        let words = TensorRole.allCases.map(\.name)
        let role = reader.choice(value, among: words).flatMap { TensorRole(name: $0) }
        if let role { keeps?.insert(TensorSet(role)) } else { keeps = nil }
      }
    }
    let temporal = Self.loops("temporal", &reader)
    let spatialX = Self.loops("spatial_x", &reader)
    let spatialY = Self.loops("spatial_y", &reader)
    guard name != nil, let keeps, let temporal, let spatialX, let spatialY else { return nil }
    return WrittenLevel(keeps: keeps, temporal: temporal, spatialX: spatialX, spatialY: spatialY)
  }

  private static func loops(_ key: String, _ reader: inout YAMLReader) -> [WrittenLoop]? {
    guard reader.has(key) else { return [] }
    guard let values = reader.values(key) else { return nil }
    let loops = values.compactMap { Self.loop($0, &reader) }
    return loops.count == values.count ? loops : nil
  }

  private static func loop(
    _ value: YAMLReader.Value, _ reader: inout YAMLReader
  ) -> WrittenLoop? {
    guard let text = reader.string(value) else { return nil }
    let words = text.split(separator: " ")
    let names = LoopDimension.allCases.map(\.name).joined(separator: ", ")
    guard words.count == 2, let dimension = LoopDimension(name: words[0]) else {
      reader.report(
        value, "'\(text)' is no loop", hint: "write 'q 4' or 'q 4@2'; dimensions are \(names)")
      return nil
    }
    let numbers = words[1].split(separator: "@", omittingEmptySubsequences: false).map {
      Int32($0).flatMap { (1...Problem.largestExtent).contains($0) ? $0 : nil }
    }
    guard (1...2).contains(numbers.count), let passes = numbers[0],
      numbers.count == 1 || numbers[1] != nil
    else {
      reader.report(
        value, "'\(words[1])' is no count of passes",
        hint: "write '\(dimension.name) 4', or '\(dimension.name) 4@2' with the step")
      return nil
    }
    return WrittenLoop(
      dimension: dimension, passes: passes, step: numbers.count == 2 ? numbers[1] : nil,
      place: value)
  }

  /// The mapping with the steps that were left out.
  private static func mapping(
    of levels: [WrittenLevel], _ reader: inout YAMLReader
  ) -> Mapping? {
    var inside: [LoopDimension: Int64] = [:]
    var result: [LevelMapping] = []
    for level in levels.reversed() {
      guard let y = steps(of: level.spatialY, &inside, &reader),
        let x = steps(of: level.spatialX, &inside, &reader),
        let temporal = steps(of: level.temporal, &inside, &reader)
      else { return nil }
      result.append(
        LevelMapping(keeps: level.keeps, temporal: temporal, spatialX: x, spatialY: y))
    }
    return Mapping(levels: result.reversed())
  }

  private static func steps(
    of loops: [WrittenLoop], _ inside: inout [LoopDimension: Int64], _ reader: inout YAMLReader
  ) -> [Loop]? {
    var result: [Loop] = []
    for loop in loops.reversed() {
      let product = inside[loop.dimension] ?? 1
      let next = product.multipliedReportingOverflow(by: Int64(loop.passes))
      guard !next.overflow, let step = loop.step ?? Int32(exactly: product),
        step <= Problem.largestExtent
      else {
        reader.report(
          loop.place, "the passes on '\(loop.dimension.name)' multiply to more than any extent")
        return nil
      }
      result.append(Loop(loop.dimension, passes: loop.passes, step: step))
      inside[loop.dimension] = next.partialValue
    }
    return result.reversed()
  }
}
