internal import Accelerators
internal import Dataflow
internal import MeasuredTables
internal import Ops

extension LoadedTarget {
  /// What the target is made of, as one object.
  public var json: JSONValue {
    let head: [JSONValue.Member] = [
      .init("schema", .integer(Release.schema)), .init("name", .string(name)),
      .init("file", .string(path)),
    ]
    let versions: [JSONValue.Member] = [
      .init("hwcost", .string(Release.version)), .init("model", .integer(Release.modelVersion)),
      .init("config_sha256", .string(configSHA256)),
    ]
    let unsourced: [JSONValue.Member] = [
      .init("unsourced", .array(unsourcedNumbers.map { .string($0) }))
    ]
    switch model {
    case .spatialArray(let array):
      return .object(head + array.members + unsourced + versions)
    case .measured(let device): return .object(head + device.members + versions)
    case .pipeline(let design): return .object(head + design.members + unsourced + versions)
    case .board(let board): return .object(head + board.members + unsourced + versions)
    }
  }
}

extension MeasuredDevice {
  /// The first table's facts stand beside the device's own, as they did when it could have but one.
  fileprivate var members: [JSONValue.Member] {
    [
      .init("kind", "measured"), .init("space", .optional(tables.first?.description.space)),
      .init("granularity", .optional(tables.first?.description.granularity.rawValue)),
      .init("networks", .integer(Int64(count))), .init("table", .optional(tables.first?.file)),
      .init("tables", .array(tables.map(\.members))),
      .init(
        "measurement",
        .object(manifest.measurement.map { .init($0.key, .string($0.text)) })),
    ]
  }
}

extension MeasuredTable {
  /// The facts of one table.
  fileprivate var members: JSONValue {
    [
      "space": .optional(description.space),
      "granularity": .string(description.granularity.rawValue),
      "key": .string(description.key.rawValue), "entries": .integer(Int64(count)),
      "additive": .bool(description.isAdditive),
      "missing": .string(description.missing.rawValue),
      "latency_unit": .string(description.latency.unit.rawValue),
      "energy_unit": .optional(description.energy?.unit.rawValue), "table": .string(file),
    ]
  }
}

extension SpatialArray {
  fileprivate var members: [JSONValue.Member] {
    [
      .init("kind", "spatial-array"), .init("clock_mhz", .number(clockMegahertz)),
      .init("link_clock_mhz", .optional(linkClockMegahertz)),
      .init("node_nm", .optional(nodeNanometers)), .init("voltage_v", .optional(voltage)),
      .init("weight_bits", .integer(Int64(precision.weightBits))),
      .init("activation_bits", .integer(Int64(precision.activationBits))),
      .init("accumulator_bits", .integer(Int64(precision.accumulatorBits))),
      .init("static_mw", .number(staticMilliwatts)),
      .init("activations", .string(residency.rawValue)),
      .init("dataflow", .string(dataflow.name)), .init("lanes", .integer(laneCount)),
      .init("on_chip_bytes", .integer(ArrayDescription.onChipBytes(of: self))),
      .init("levels", .array(levels.indices.map(level))),
      .init(
        "compute",
        [
          "name": .string(compute.name), "instances": .integer(laneCount),
          "operation_pj": .number(compute.operationPicojoules),
        ]),
      .init(
        "sources",
        .object(sources.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })),
      .init("provenance", .object(provenanceMembers)),
    ]
  }

  private func level(_ index: Int) -> JSONValue {
    let level = levels[index]
    let names = { (set: TensorSet) -> JSONValue in .array(set.members.map { .string($0.name) }) }
    let capacity: JSONValue
    switch level.memory?.storage {
    case .shared(let bytes)?: capacity = .optional(bytes)
    case .partitions(let bytes)?:
      capacity = .object(
        TensorRole.allCases.map { .init($0.name, .optional(bytes[$0])) })
    case nil: capacity = nil
    }
    return [
      "name": .string(level.name), "instances": .integer(hierarchy.instances(ofLevel: index)),
      "has_memory": .bool(level.memory != nil), "capacity_bytes": capacity,
      "may_keep": names(level.memory?.mayKeep ?? []),
      "must_keep": names(level.memory?.mustKeep ?? []),
      "fanout_x": .integer(Int64(level.fanout.x.size)),
      "fanout_y": .integer(Int64(level.fanout.y.size)),
    ]
  }

  private var provenanceMembers: [JSONValue.Member] {
    provenance.sorted { $0.key < $1.key }.map { path, provenance in
      switch provenance {
      case .source(let key): .init(path, .string(key))
      case .assumed(let reason): .init(path, .string("assumed: \(reason)"))
      }
    }
  }
}
