public import Accelerators
public import CostDiagnostics
public import CostYAML
public import Dataflow
internal import Ops

/// A mapping in Timeloop's v0.4 form.
///
/// Factors left out are 1, a factor 0 is the whole dimension, tensors not named are kept, and
/// permutations begin with the innermost loop; the loops before `split` lie along x.
public struct TimeloopMapping: Hashable, Sendable {
  /// The mapping, outermost level first.
  public let mapping: Mapping
  /// What the file says that changes nothing here.
  public let warnings: [Diagnostic]

  /// - Throws: `InputError` with everything that is wrong or cannot be represented.
  public init(
    reading document: YAMLDocument, for problem: TimeloopProblem, on array: SpatialArray
  ) throws(InputError) {
    var reader = TimeloopReader(document)
    var builder = Builder(problem: problem, array: array)
    let root = Place(document.root, path: "")
    reader.checkKeys(of: root, known: ["mapping"])
    for directive in reader.items("mapping", of: root) ?? [] {
      builder.read(directive, &reader)
    }
    let mapping = builder.mapping(root, &reader)
    try reader.finish()
    self.mapping = mapping
    warnings = reader.warnings
  }
}

extension TimeloopMapping {
  /// Loops of a level along one axis or in time, innermost first.
  fileprivate struct Loops {
    var place: Place
    var loops: [(dimension: LoopDimension, factor: TimeloopFactor, position: Int)]
    var split: Int
  }

  fileprivate struct Builder {
    let problem: TimeloopProblem
    let array: SpatialArray
    private var temporal: [Int: Loops] = [:]
    private var spatial: [Int: Loops] = [:]
    private var bypassed: [Int: TensorSet] = [:]
    private var hasBypass: Set<Int> = []

    init(problem: TimeloopProblem, array: SpatialArray) {
      self.problem = problem
      self.array = array
    }
  }
}

// MARK: - Directives
extension TimeloopMapping.Builder {
  /// Keys that change what Timeloop counts, where they name a tensor.
  private static var unsupported: [String] {
    [
      "no_link_transfer", "no_multicast_no_reduction", "no_temporal_reuse",
      "rmw_on_first_writeback", "rmw_first_update", "passthrough", "no_coalesce", "no_reuse",
    ]
  }

  mutating func read(_ directive: Place, _ reader: inout TimeloopReader) {
    reader.checkKeys(
      of: directive,
      known: ["target", "type", "factors", "permutation", "split", "keep", "bypass"]
        + Self.unsupported)
    for key in Self.unsupported {
      if let value = directive[key], !reader.names(value).isEmpty {
        reader.error(value, "'\(key)' cannot be represented")
      }
    }
    guard let type = reader.text("type", of: directive),
      let level = level(of: directive, &reader)
    else { return }
    switch type {
    case "temporal":
      refuseSecond(temporal[level] != nil, directive, type, level, &reader)
      temporal[level] = loops(of: directive, &reader)
    case "spatial":
      refuseSecond(spatial[level] != nil, directive, type, level, &reader)
      spatial[level] = loops(of: directive, &reader)
    case "datatype", "bypass":
      refuseSecond(!hasBypass.insert(level).inserted, directive, type, level, &reader)
      readBypass(directive, level, &reader)
    default:
      reader.error(
        directive["type"] ?? directive, "a directive of type '\(type)' cannot be represented",
        hint: "the types are temporal, spatial and datatype")
    }
  }

  private func refuseSecond(
    _ isSecond: Bool, _ directive: Place, _ type: String, _ level: Int,
    _ reader: inout TimeloopReader
  ) {
    guard isSecond else { return }
    reader.error(
      directive, "a second directive of type '\(type)' for '\(array.levels[level].name)'")
  }

  /// Index of the target, which is a name or counts memories from the innermost.
  private func level(of directive: Place, _ reader: inout TimeloopReader) -> Int? {
    guard let target = reader.required("target", of: directive) else { return nil }
    let names = array.levels.map(\.name)
    if let index = names.firstIndex(where: { $0 == target.text }) { return index }
    if let id = target.node.integer, id >= 0, id < Int64(names.count) {
      return names.count - 1 - Int(id)
    }
    let near = target.text.flatMap { EditDistance.nearest(to: $0, among: names) }
    reader.error(
      target, "there is no level \(target.node.summary) in the architecture",
      hint: near.map { "did you mean '\($0)'?" }
        ?? "the levels are \(names.joined(separator: ", "))")
    return nil
  }

  private mutating func readBypass(
    _ directive: Place, _ level: Int, _ reader: inout TimeloopReader
  ) {
    for (key, isKept) in [("keep", true), ("bypass", false)] {
      guard let value = directive[key] else { continue }
      for name in reader.names(value) {
        guard let role = name.text.flatMap({ problem.tensor(named: $0) }) else {
          let names = TensorRole.allCases.compactMap { problem.tensorNames[$0] }
          reader.error(
            name, "there is no data space \(name.node.summary) in the problem",
            hint: "the data spaces are \(names.joined(separator: ", "))")
          continue
        }
        if !isKept { bypassed[level, default: []].insert(TensorSet(role)) }
      }
    }
  }
}

// MARK: - Loops
extension TimeloopMapping.Builder {
  private func loops(
    of directive: Place, _ reader: inout TimeloopReader
  ) -> TimeloopMapping.Loops {
    let factors = factors(of: directive, &reader)
    let order = permutation(of: directive, &reader)
    let loops = order.enumerated().compactMap { position, name in
      problem.dimensions[name].flatMap { dimension in
        factors[dimension].map { (dimension: dimension, factor: $0, position: position) }
      }
    }
    var split = order.count
    if let value = directive["split"] {
      split = reader.integer(value, in: 0...(1 << 20)).map { Int($0) } ?? split
    }
    return .init(place: directive, loops: loops.filter { $0.factor.end > 1 }, split: split)
  }

  private func factors(
    of directive: Place, _ reader: inout TimeloopReader
  ) -> [LoopDimension: TimeloopFactor] {
    guard let value = directive["factors"], !value.node.isNull else { return [:] }
    let texts = value.items ?? [value]
    var factors: [LoopDimension: TimeloopFactor] = [:]
    for item in texts {
      guard let text = item.text else {
        reader.error(item, "expected factors such as 'P=4', found \(item.node.summary)")
        continue
      }
      let (written, rest) = TimeloopFactor.parse(text)
      if !rest.isEmpty {
        reader.error(
          item, "'\(rest)' is no factor", hint: "write 'P=4', or 'P=4,3' with a remainder")
      }
      for factor in written {
        guard let dimension = problem.dimensions[factor.name] else {
          reader.error(
            item, "there is no dimension '\(factor.name)' in the problem",
            hint: "the dimensions are \(problem.dimensionNames.joined(separator: ", "))")
          continue
        }
        if factors[dimension] != nil {
          reader.error(item, "a second factor for '\(factor.name)'")
        }
        factors[dimension] = checked(factor, dimension, item, &reader)
      }
    }
    return factors
  }

  private func checked(
    _ factor: TimeloopFactor.Written, _ dimension: LoopDimension, _ place: Place,
    _ reader: inout TimeloopReader
  ) -> TimeloopFactor {
    let bound = Int64(problem.problem.bounds[dimension])
    var end = factor.end
    if end == 0 {
      end = bound
    } else if end < 0 {
      reader.error(
        place, "a factor of \(end) for '\(factor.name)'",
        hint: "write 0 for the whole dimension, or the number of passes")
      end = 1
    } else if end > bound {
      reader.warn(
        place, "\(factor.name)=\(end) exceeds the dimension, which has \(bound); taken as \(bound)")
      end = bound
    }
    let residual = factor.residualEnd ?? end
    guard (1...end).contains(residual) else {
      reader.error(
        place, "a remainder of \(residual) for '\(factor.name)'",
        hint: "write a number from 1 to \(end)")
      return TimeloopFactor(end: end, residualEnd: end)
    }
    return TimeloopFactor(end: end, residualEnd: residual)
  }

  /// The names of all dimensions, innermost first.
  private func permutation(of directive: Place, _ reader: inout TimeloopReader) -> [String] {
    var order: [String] = []
    if let value = directive["permutation"] {
      for name in names(of: value, &reader) {
        guard problem.dimensions[name] != nil, !order.contains(name) else {
          reader.error(
            value, "'\(name)' is no dimension of the problem, or is named twice",
            hint: "the dimensions are \(problem.dimensionNames.joined(separator: ", "))")
          continue
        }
        order.append(name)
      }
    }
    return order + problem.dimensionNames.filter { !order.contains($0) }
  }

  /// `RSC`, `R S C`, `R,S,C` or a list.
  private func names(of value: Place, _ reader: inout TimeloopReader) -> [String] {
    let parts = reader.names(value).compactMap { $0.text }
    guard parts.count == 1, let only = parts.first, problem.dimensions[only] == nil else {
      return parts
    }
    return only.map { String($0) }
  }
}

// MARK: - Mapping
extension TimeloopMapping.Builder {
  /// The mapping, and a report for each dimension the factors do not cover.
  func mapping(_ root: Place, _ reader: inout TimeloopReader) -> Mapping {
    if reader.errors.isEmpty { checkProducts(root, &reader) }
    var mapping = Mapping(levels: array.levels.indices.map { levelMapping($0, &reader) })
    setSteps(of: &mapping)
    return mapping
  }

  private func levelMapping(_ index: Int, _ reader: inout TimeloopReader) -> LevelMapping {
    let present = TensorRole.allCases.filter { problem.tensorNames[$0] != nil }
    let bypassed = bypassed[index] ?? []
    var keeps = TensorSet()
    for role in present where !bypassed.contains(role) { keeps.insert(TensorSet(role)) }
    let level = array.levels[index]
    if level.memory == nil, !keeps.isEmpty {
      let names = keeps.members.compactMap { problem.tensorNames[$0] }.joined(separator: ", ")
      reader.error(
        spatial[index]?.place ?? temporal[index]?.place
          ?? Place(.empty, path: ""),
        "'\(level.name)' has no memory, but the mapping keeps \(names) there",
        hint: "bypass them, or give '\(level.name)' a table in ERT")
    }
    var result = LevelMapping(keeps: keeps)
    result.temporal = (temporal[index]?.loops ?? []).reversed().map(Self.loop)
    guard let spatial = spatial[index] else { return result }
    let isAlongX = { (position: Int) in position < spatial.split }
    result.spatialX = spatial.loops.filter { isAlongX($0.position) }.reversed().map(Self.loop)
    result.spatialY = spatial.loops.filter { !isAlongX($0.position) }.reversed().map(Self.loop)
    return result
  }

  private static func loop(
    _ loop: (dimension: LoopDimension, factor: TimeloopFactor, position: Int)
  ) -> Loop {
    Loop(loop.dimension, passes: Int32(clamping: loop.factor.end), step: 1)
  }

  /// Steps from the inside out, then passes from the outside in, where a remainder leaves fewer.
  private func setSteps(of mapping: inout Mapping) {
    var steps = Extents()
    for level in mapping.levels.indices.reversed() {
      for path in [\LevelMapping.spatialY, \.spatialX, \.temporal] {
        for index in mapping.levels[level][keyPath: path].indices.reversed() {
          let loop = mapping.levels[level][keyPath: path][index]
          let step = steps[loop.dimension]
          mapping.levels[level][keyPath: path][index].step = step
          steps[loop.dimension] = step.multipliedReportingOverflow(by: loop.passes).partialValue
        }
      }
    }
    var extents = problem.problem.bounds
    for level in mapping.levels.indices {
      for path in [\LevelMapping.temporal, \.spatialX, \.spatialY] {
        for index in mapping.levels[level][keyPath: path].indices {
          let loop = mapping.levels[level][keyPath: path][index]
          let step = max(1, loop.step)
          let extent = extents[loop.dimension]
          mapping.levels[level][keyPath: path][index].passes = (extent - 1) / step + 1
          extents[loop.dimension] = min(step, extent)
        }
        mapping.levels[level][keyPath: path].removeAll { $0.passes == 1 }
      }
    }
  }

  /// Each dimension's factors multiply up to its bound, remainders counted.
  private func checkProducts(_ root: Place, _ reader: inout TimeloopReader) {
    for name in problem.dimensionNames {
      guard let dimension = problem.dimensions[name] else { continue }
      var covered: Int64 = 0
      for index in array.levels.indices {
        for loops in [temporal[index], spatial[index]] {
          for loop in (loops?.loops ?? []).reversed() where loop.dimension == dimension {
            covered = min(covered * loop.factor.end + loop.factor.residualEnd - 1, 1 << 30)
          }
        }
      }
      let bound = Int64(problem.problem.bounds[dimension])
      guard covered + 1 != bound else { continue }
      reader.error(
        root["mapping"] ?? root,
        "the factors of '\(name)' cover \(covered + 1) of \(bound) iterations",
        hint: "write a remainder as '\(name)=4,3'")
    }
  }
}
