internal import Accelerators
internal import CostDiagnostics
internal import CostUnits
internal import CostYAML
internal import Dataflow
internal import Ops

/// Decodes `kind: spatial-array`.
struct SpatialArrayConfig {
  struct Decoded {
    var array: SpatialArray
    var unsourced: [String]
  }

  /// Most lanes, and most instances of any level: counts of words stay far inside 64 bits.
  static let mostInstances: Int64 = 1 << 24
  static let mostLevels = 32

  private enum Padding: String, CaseIterable { case stored, omitted }
  private enum FirstPartialSum: String, CaseIterable { case read, elided }

  var decoding = ConfigDecoding()
  /// Cycles a second that `GB/s` are converted with.
  var clockMegahertz = 1.0
  var linkClockMegahertz: Double?
  /// Names of all levels, of those with mistakes too.
  var levelNames: [String] = []

  static func decode(
    _ document: YAMLDocument, overridden: Set<String>, dataflows: (String) -> InputText?
  ) throws(InputError) -> Decoded {
    var config = SpatialArrayConfig()
    config.decoding.overridden = overridden
    var problemsElsewhere: [Diagnostic] = []
    let array = try YAMLReader.decode(document) { reader in
      config.array(from: &reader, dataflows: dataflows, &problemsElsewhere)
    }
    if !problemsElsewhere.isEmpty { throw InputError(problemsElsewhere) }
    return Decoded(array: array, unsourced: config.decoding.unsourced)
  }

  private mutating func array(
    from reader: inout YAMLReader, dataflows: (String) -> InputText?,
    _ problemsElsewhere: inout [Diagnostic]
  ) -> SpatialArray? {
    _ = reader.integer("schema", in: 1...HardwareConfig.newestSchema)
    _ = reader.value("kind")
    let name = reader.identifier("name")
    let sources = sources(from: &reader)
    decoding.sourceNames = sources?.keys.sorted()
    let source = decoding.provenance(of: &reader, inheriting: nil)
    let clock = decoding.quantity("clock", Frequency.self, from: &reader, source)
    clockMegahertz = clock?.megahertz ?? 1
    linkClockMegahertz =
      decoding.quantity("link_clock", Frequency.self, from: &reader, source, required: false)?
      .megahertz
    let node = decoding.quantity("node", Length.self, from: &reader, source, required: false)
    let voltage = decoding.quantity("voltage", Voltage.self, from: &reader, source, required: false)
    let precision = reader.mapping("precision") { self.precision(from: &$0, source) }
    let power = decoding.quantity("static", Power.self, from: &reader, source, required: false)
    let compute = reader.mapping("compute") { self.compute(from: &$0, source) }
    let levels = levels(from: &reader, source)
    let units = units(from: &reader, source, levels: levels ?? [])
    let activations = reader.value("activations", required: false)
    let residency = activations.flatMap { reader.choice($0, of: ActivationResidency.self) }
    if residency == .resident, let activations, let levels,
      SpatialArray.residentLevel(among: levels) == nil
    {
      reader.report(
        activations, "no level inside the outermost has one instance and keeps inputs and outputs",
        hint: "write 'spill', or let a memory that is there once keep both")
    }
    let padding = reader.choice("padding", of: Padding.self, required: false)
    let first = reader.choice("first_partial_sum", of: FirstPartialSum.self, required: false)
    let dataflow = dataflow(
      from: &reader, levels: levels ?? [], dataflows: dataflows, &problemsElsewhere)
    guard let name, let clock, let precision, let compute, let levels, let units, let dataflow
    else { return nil }
    return SpatialArray(
      name: name, clockMegahertz: clock.megahertz, linkClockMegahertz: linkClockMegahertz,
      nodeNanometers: node?.nanometers, voltage: voltage?.volts, precision: precision,
      levels: levels, compute: compute, vectorUnits: units,
      switches: CountingSwitches(
        storesPadding: padding == .stored, readsFirstPartialSum: first == .read),
      residency: residency ?? .spill, staticMilliwatts: power?.milliwatts ?? 0,
      dataflow: dataflow, sources: sources ?? [:], provenance: decoding.provenance)
  }

  /// The file's citations by name; `nil` when anything in them is wrong.
  private func sources(from reader: inout YAMLReader) -> [String: String]? {
    guard reader.has("sources") else { return [:] }
    return reader.mapping("sources") { sources -> [String: String]? in
      var found: [String: String] = [:]
      for (key, _, value) in sources.remainingEntries() { found[key] = sources.string(value) }
      return found
    }
  }

  private mutating func precision(
    from reader: inout YAMLReader, _ inherited: Provenance?
  ) -> Precision? {
    let source = decoding.provenance(of: &reader, inheriting: inherited)
    let weight = width("weight", from: &reader, source)
    let activation = width("activation", from: &reader, source)
    let accumulator = width("accumulator", from: &reader, source)
    guard let weight, let activation, let accumulator else { return nil }
    return Precision(weightBits: weight, activationBits: activation, accumulatorBits: accumulator)
  }

  private mutating func width(
    _ key: String, from reader: inout YAMLReader, _ source: Provenance?
  ) -> Int? {
    decoding.number(key, from: &reader, source) { Self.bits($1, from: &$0) }
  }

  /// A word's width in whole bits.
  static func bits(_ value: YAMLReader.Value, from reader: inout YAMLReader) -> Int? {
    guard let width = reader.quantity(value, BitWidth.self) else { return nil }
    if width.bits == nil { reader.report(value, "\(value.node.summary) is a part of a bit") }
    return width.bits
  }

  private mutating func compute(
    from reader: inout YAMLReader, _ inherited: Provenance?
  ) -> ComputeUnit? {
    let source = decoding.provenance(of: &reader, inheriting: inherited)
    let name = reader.has("name") ? reader.identifier("name") : "mac"
    let energy = decoding.quantity("energy", Energy.self, from: &reader, source)
    let leak = decoding.quantity(
      "leak", EnergyPerCycle.self, from: &reader, source, required: false)
    guard let name, let energy else { return nil }
    return ComputeUnit(
      name: name, operationPicojoules: energy.picojoules,
      leakPicojoulesPerCycle: leak?.picojoulesPerCycle ?? 0)
  }
}

// MARK: - Vector units
extension SpatialArrayConfig {
  private mutating func units(
    from reader: inout YAMLReader, _ inherited: Provenance?, levels: [ArrayLevel]
  ) -> [VectorUnit]? {
    guard reader.has("units") else { return [] }
    return reader.mapping("units") { units -> [VectorUnit]? in
      let source = decoding.provenance(of: &units, inheriting: inherited)
      var found: [VectorUnit] = []
      var taken: [OpKind: String] = [:]
      let entries = units.remainingEntries()
      for (name, location, value) in entries {
        guard units.checkIdentifier(name, at: location, keyPath: "units") else { continue }
        let unit = units.mapping(value) { reader in
          self.unit(name, from: &reader, source, levels: levels, &taken)
        }
        if let unit { found.append(unit) }
      }
      return found.count == entries.count ? found : nil
    }
  }

  private mutating func unit(
    _ name: String, from reader: inout YAMLReader, _ inherited: Provenance?,
    levels: [ArrayLevel], _ taken: inout [OpKind: String]
  ) -> VectorUnit? {
    let source = decoding.provenance(of: &reader, inheriting: inherited)
    let lanes = decoding.count("lanes", in: 1...Self.mostInstances, from: &reader, source)
    let energy = decoding.quantity("energy", Energy.self, from: &reader, source)
    var ops: Set<OpKind> = []
    let known = OpKind.allCases.filter { !$0.isMultiplyAccumulate && $0 != .skip && $0 != .zero }
    for value in reader.values("ops") ?? [] {
      guard let word = reader.choice(value, among: known.map(\.rawValue)),
        let op = OpKind(rawValue: word)
      else { continue }
      if let other = taken[op] {
        reader.report(value, "'\(word)' already runs on the unit '\(other)'", hint: "keep one")
      }
      taken[op] = name
      ops.insert(op)
    }
    let level = level("at", from: &reader, levels: levels)
    guard let lanes, let energy, let level else { return nil }
    return VectorUnit(
      name: name, level: level, lanes: lanes, operationPicojoules: energy.picojoules, ops: ops)
  }

  /// The index of the memory that a key names.
  private func level(
    _ key: String, from reader: inout YAMLReader, levels: [ArrayLevel]
  ) -> Int? {
    guard let value = reader.value(key), let name = reader.string(value) else { return nil }
    // Where the list of levels itself is wrong, no name can be checked.
    guard !levelNames.isEmpty else { return nil }
    guard let index = levelNames.firstIndex(of: name) else {
      reader.report(
        value, "there is no level '\(name.prefix(64))'",
        hint: reader.didYouMean(name, among: levelNames)
          ?? "the levels are \(levelNames.joined(separator: ", "))")
      return nil
    }
    // Levels with mistakes were reported; then it is enough that there is one of this name.
    guard levels.indices.contains(index) else { return nil }
    guard levels[index].memory != nil else {
      reader.report(value, "the level '\(name)' has no memory")
      return nil
    }
    return index
  }
}
