public import Accelerators
internal import Dataflow
internal import Ops

/// Writes a spatial array as the YAML of `hwconfigs/`, in one canonical form.
///
/// The text decodes to the same array, the sources of its numbers included.
public struct ConfigWriter: Sendable {
  private let array: SpatialArray

  /// A writer of one array's file.
  public init(_ array: SpatialArray) { self.array = array }

  /// The array as a hardware file.
  public var yaml: String { tree.withSources().yaml }

  private var tree: ConfigTree {
    var entries: [(key: String, value: ConfigTree)] = [
      ("schema", .text("\(HardwareConfig.newestSchema)")),
      ("kind", .text(HardwareConfig.Kind.spatialArray.rawValue)),
      ("name", .name(array.name)),
    ]
    if !array.sources.isEmpty {
      let sources = array.sources.sorted { $0.key < $1.key }
      entries.append(("sources", .mapping(sources.map { ($0.key, .quoted($0.value)) })))
    }
    entries.append(("clock", quantity(array.clockMegahertz, "MHz", "clock")))
    if let clock = array.linkClockMegahertz {
      entries.append(("link_clock", quantity(clock, "MHz", "link_clock")))
    }
    if let node = array.nodeNanometers { entries.append(("node", quantity(node, "nm", "node"))) }
    if let voltage = array.voltage {
      entries.append(("voltage", quantity(voltage, "V", "voltage")))
    }
    entries.append(("precision", precision))
    entries += unlessZero("static", array.staticMilliwatts, "mW", "static")
    entries.append(("compute", compute))
    entries.append(("levels", .list(array.levels.indices.map { level($0) })))
    if !array.vectorUnits.isEmpty {
      entries.append(("units", .mapping(array.vectorUnits.map { ($0.name, unit($0)) })))
    }
    entries.append(("activations", .text(array.residency.rawValue)))
    entries.append(("padding", .text(array.switches.storesPadding ? "stored" : "omitted")))
    entries.append(
      ("first_partial_sum", .text(array.switches.readsFirstPartialSum ? "read" : "elided")))
    entries.append(("dataflow", dataflow))
    return .mapping(entries)
  }

  private var precision: ConfigTree {
    .mapping([
      ("weight", bits(array.precision.weightBits, "precision.weight")),
      ("activation", bits(array.precision.activationBits, "precision.activation")),
      ("accumulator", bits(array.precision.accumulatorBits, "precision.accumulator")),
    ])
  }

  private var compute: ConfigTree {
    let unit = array.compute
    return .mapping(
      [
        ("name", .name(unit.name)),
        ("energy", quantity(unit.operationPicojoules, "pJ", "compute.energy")),
      ] + unlessZero("leak", unit.leakPicojoulesPerCycle, "pJ/cycle", "compute.leak"))
  }

  private func unit(_ unit: VectorUnit) -> ConfigTree {
    let path = "units.\(unit.name)"
    return .mapping([
      ("lanes", number("\(unit.lanes)", "\(path).lanes")),
      ("energy", quantity(unit.operationPicojoules, "pJ", "\(path).energy")),
      ("ops", .words(OpKind.allCases.filter { unit.ops.contains($0) }.map(\.rawValue))),
      ("at", .name(array.levels[unit.level].name)),
    ])
  }
}

// MARK: - Numbers
extension ConfigWriter {
  private func number(_ text: String, _ path: String) -> ConfigTree {
    .number(text, array.provenance[path])
  }

  private func quantity(_ value: Double, _ unit: String, _ path: String) -> ConfigTree {
    number("\(Self.decimal(value)) \(unit)", path)
  }

  private func bits(_ width: Int, _ path: String) -> ConfigTree { number("\(width) bit", path) }

  /// The entry of a number that may be left out when it is 0 and nothing is known of it.
  private func unlessZero(
    _ key: String, _ value: Double, _ unit: String, _ path: String
  ) -> [(key: String, value: ConfigTree)] {
    value == 0 && array.provenance[path] == nil ? [] : [(key, quantity(value, unit, path))]
  }

  private func capacity(_ bytes: Int64, _ path: String) -> ConfigTree {
    if bytes % 1_048_576 == 0 { return number("\(bytes / 1_048_576) MiB", path) }
    if bytes % 1024 == 0 { return number("\(bytes / 1024) KiB", path) }
    return number("\(bytes) B", path)
  }

  /// The shortest text that reads back as the same number.
  private static func decimal(_ value: Double) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}

// MARK: - Levels
extension ConfigWriter {
  private func level(_ index: Int) -> ConfigTree {
    let level = array.levels[index]
    let path = "levels[\(index)]"
    var entries: [(key: String, value: ConfigTree)] = [("name", .name(level.name))]
    if let memory = level.memory { entries += self.memory(memory, path) }
    let fanout = fanout(level.fanout, "\(path).fanout")
    if !fanout.isEmpty { entries.append(("fanout", .mapping(fanout))) }
    return .mapping(entries)
  }

  private func memory(
    _ memory: StorageLevel, _ path: String
  ) -> [(key: String, value: ConfigTree)] {
    var entries: [(key: String, value: ConfigTree)] = []
    var partitioned: TensorSet = []
    switch memory.storage {
    case .shared(let bytes):
      let size = bytes.map { capacity($0, "\(path).capacity") } ?? .text("unbounded")
      entries.append(("capacity", size))
    case .partitions(let bytes):
      partitioned = TensorRole.allCases.reduce(into: []) { set, role in
        if bytes[role] != nil { set.insert(TensorSet(role)) }
      }
      entries.append(("partitions", partitions(memory, bytes, "\(path).partitions")))
    }
    entries.append(("keeps", .words(memory.mustKeep.members.map(\.name))))
    let may = memory.mayKeep.subtracting(memory.mustKeep)
    if !may.isEmpty { entries.append(("may_keep", .words(may.members.map(\.name)))) }
    if memory.buffering != .streamed {
      entries.append(("buffers", .text(memory.buffering.rawValue)))
    }
    entries += words(memory, outside: partitioned, path)
    entries += energies(memory, outside: partitioned, path)
    entries += unlessZero("leak", memory.leakPicojoulesPerCycle, "pJ/cycle", "\(path).leak")
    if !memory.ports.isEmpty {
      let ports = memory.ports.indices.map { port(memory.ports[$0], "\(path).ports[\($0)]") }
      entries.append(("ports", .list(ports)))
    }
    return entries
  }

  private func partitions(
    _ memory: StorageLevel, _ bytes: PerTensor<Int64?>, _ path: String
  ) -> ConfigTree {
    var parts: [(key: String, value: ConfigTree)] = []
    for role in TensorRole.allCases {
      guard let size = bytes[role] else { continue }
      let path = "\(path).\(role.name)"
      var entries = [(key: "capacity", value: capacity(size, "\(path).capacity"))]
      if memory.wordBits.common.flatMap({ $0 }) == nil, let word = memory.wordBits[role] {
        entries.append(("word", bits(word, "\(path).word")))
      }
      if memory.energy.common == nil, memory.hasPrice(for: role) {
        entries.append(("energy", energy(memory.energy[role], "\(path).energy")))
      }
      parts.append((role.name, .mapping(entries)))
    }
    return .mapping(parts)
  }

  private func words(
    _ memory: StorageLevel, outside partitioned: TensorSet, _ path: String
  ) -> [(key: String, value: ConfigTree)] {
    if let common = memory.wordBits.common, let word = common {
      return [("word", bits(word, "\(path).word"))]
    }
    let words = TensorRole.allCases.compactMap { role -> (key: String, value: ConfigTree)? in
      guard !partitioned.contains(role), let word = memory.wordBits[role] else { return nil }
      return (role.name, bits(word, "\(path).word.\(role.name)"))
    }
    return words.isEmpty ? [] : [("word", .mapping(words))]
  }

  private func energies(
    _ memory: StorageLevel, outside partitioned: TensorSet, _ path: String
  ) -> [(key: String, value: ConfigTree)] {
    if let common = memory.energy.common { return [("energy", energy(common, "\(path).energy"))] }
    let energies = TensorRole.allCases.compactMap { role -> (key: String, value: ConfigTree)? in
      guard !partitioned.contains(role), memory.hasPrice(for: role) else { return nil }
      return (role.name, energy(memory.energy[role], "\(path).energy.\(role.name)"))
    }
    return energies.isEmpty ? [] : [("energy", .mapping(energies))]
  }

  private func port(_ port: Port, _ path: String) -> ConfigTree {
    let rate =
      switch port.rate {
      case .wordsPerCycle(let words): quantity(words, "words/cycle", "\(path).bandwidth")
      case .bytesPerCycle(let bytes): quantity(bytes, "B/cycle", "\(path).bandwidth")
      }
    return .mapping([
      ("name", .name(port.name)), ("bandwidth", rate),
      ("carries", .words(port.carries.map(\.name))),
    ])
  }

  private func fanout(
    _ fanout: Fanout, _ path: String
  ) -> [(key: String, value: ConfigTree)] {
    var entries: [(key: String, value: ConfigTree)] = []
    for (axis, wires) in [("x", fanout.x), ("y", fanout.y)] where wires != .init() {
      entries.append((axis, self.wires(wires, "\(path).\(axis)")))
    }
    if !fanout.diagonal.isEmpty {
      entries.append(("diagonal", .words(fanout.diagonal.members.map(\.name))))
    }
    entries += unlessZero("hop", fanout.hopPicojoulesPerBit, "pJ/bit", "\(path).hop")
    entries += unlessZero("adder", fanout.additionPicojoules, "pJ", "\(path).adder")
    return entries
  }

  private func wires(_ wires: Hierarchy.Wires, _ path: String) -> ConfigTree {
    var entries = [(key: "size", value: number("\(wires.size)", "\(path).size"))]
    for (key, set) in [
      ("multicast", wires.multicast), ("forward", wires.forward), ("reduce", wires.reduce),
    ] where !set.isEmpty {
      entries.append((key, .words(set.members.map(\.name))))
    }
    return .mapping(entries)
  }
}

extension StorageLevel {
  /// Whether the energies of a tensor are more than the zeros of a tensor that is not kept.
  fileprivate func hasPrice(for role: TensorRole) -> Bool {
    mayKeep.contains(role) || energy[role] != PerAccess(repeating: .zero)
  }
}

// MARK: - Energy
extension ConfigWriter {
  private func energy(_ energy: PerAccess<AccessEnergy>, _ path: String) -> ConfigTree {
    let keys = EnergyKey.keys(of: energy)
    let shapes = Set(keys.compactMap { energy[$0.kind].accessShape })
    let common = shapes.count == 1 ? shapes.first : nil
    var entries = keys.map { key in
      let entry = transfer(energy[key.kind], "\(path).\(key.rawValue)")
      return (key: key.rawValue, value: common == nil ? entry.apart : entry.together)
    }
    if let common { entries += Self.entries(common) }
    return .mapping(entries)
  }

  /// An energy as a number, and with what an access is beside it.
  private func transfer(
    _ energy: AccessEnergy, _ path: String
  ) -> (together: ConfigTree, apart: ConfigTree) {
    switch energy {
    case .perBit(let picojoules):
      let value = quantity(picojoules, "pJ/bit", path)
      return (value, value)
    case .perAccess(let picojoules, _, _):
      let value = quantity(picojoules, "pJ/access", path)
      let shape = energy.accessShape.map(Self.entries) ?? []
      return (value, .mapping([("value", value)] + shape))
    }
  }

  private static func entries(_ shape: AccessShape) -> [(key: String, value: ConfigTree)] {
    [("access", .text("\(shape.bits) bit")), ("partial_access", .text(shape.partial.rawValue))]
  }
}

/// What an access of a memory moves.
struct AccessShape: Hashable {
  var bits: Int
  var partial: AccessEnergy.PartialAccess
}

extension AccessEnergy {
  /// What an access moves; `nil` for an energy a bit.
  fileprivate var accessShape: AccessShape? {
    guard case .perAccess(_, let bits, let partial) = self else { return nil }
    return AccessShape(bits: bits, partial: partial)
  }
}

// MARK: - Dataflow
extension ConfigWriter {
  private var dataflow: ConfigTree {
    let constraints = array.dataflow
    if let preset = DataflowPreset(rawValue: constraints.name),
      preset.constraints(on: array.levels) == constraints
    {
      return .text(preset.rawValue)
    }
    var entries: [(key: String, value: ConfigTree)] = [("name", .name(constraints.name))]
    if !constraints.allowsImperfectFactors { entries.append(("factors", .text("perfect"))) }
    let levels = zip(array.levels, constraints.levels).compactMap { level, constraints in
      constraints == .init() ? nil : (key: level.name, value: Self.constraints(constraints))
    }
    if !levels.isEmpty { entries.append(("levels", .mapping(levels))) }
    return .mapping(entries)
  }

  private static func constraints(_ level: DataflowConstraints.Level) -> ConfigTree {
    var entries: [(key: String, value: ConfigTree)] = []
    let sets = [
      ("temporal", level.temporal?.members), ("order", level.order),
      ("spatial_x", level.spatialX?.members), ("spatial_y", level.spatialY?.members),
    ]
    for (key, dimensions) in sets {
      if let dimensions { entries.append((key, .words(dimensions.map(\.name)))) }
    }
    for (key, passes) in [
      ("temporal_passes", level.temporalPasses), ("spatial_passes", level.spatialPasses),
    ] where !passes.isEmpty {
      entries.append((key, Self.passes(passes)))
    }
    return .mapping(entries)
  }

  private static func passes(_ passes: [LoopDimension: ClosedRange<Int32>]) -> ConfigTree {
    let sorted = passes.sorted { $0.key.rawValue < $1.key.rawValue }
    return .mapping(
      sorted.map { dimension, range in
        let least = ConfigTree.text("\(range.lowerBound)")
        let isOne = range.lowerBound == range.upperBound
        return (dimension.name, isOne ? least : .list([least, .text("\(range.upperBound)")]))
      })
  }
}
