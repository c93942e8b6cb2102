internal import Accelerators
internal import CostUnits
internal import CostYAML
internal import Ops

/// The ports of a level as they are found: in the level itself and in its partitions.
struct PortList {
  var ports: [Port] = []
  /// Where each port's streams were written.
  var places: [[YAMLReader.Value]] = []
}

/// The energies of a tensor's accesses and where each comes from.
struct SourcedEnergy {
  var energy: PerAccess<AccessEnergy>
  var sources: PerAccess<Provenance?>

  /// No energy, from nowhere.
  static let zero = SourcedEnergy(
    energy: PerAccess(repeating: .zero), sources: PerAccess(repeating: nil))
}

// MARK: - Energy
extension SpatialArrayConfig {
  /// What an access moves, as far as the file has said.
  private typealias OpenShape = (bits: Int?, partial: AccessEnergy.PartialAccess)

  /// `energy: {read: …, write: …}` for all tensors, or `energy: {weight: {read: …}, …}`; all absent
  /// where the key is; `nil` when anything in it is wrong.
  func energies(
    from reader: inout YAMLReader, _ inherited: Provenance?, words: PerTensor<Int?>
  ) -> PerTensor<SourcedEnergy?>? {
    guard let value = reader.value("energy", required: false) else {
      return PerTensor(repeating: nil)
    }
    let isByTensor = value.node.entries?.contains { TensorRole(name: $0.key) != nil } ?? false
    return reader.mapping(value) { reader in
      guard isByTensor else {
        let word = words.input == words.weight && words.input == words.output ? words.input : nil
        return energy(from: &reader, inherited, word: word).map { PerTensor(repeating: $0) }
      }
      let source = decoding.provenance(of: &reader, inheriting: inherited)
      var energies = PerTensor<SourcedEnergy?>(repeating: nil)
      for role in TensorRole.allCases where reader.has(role.name) {
        energies[role] = reader.mapping(role.name) {
          energy(from: &$0, source, word: words[role])
        }
      }
      return energies
    }
  }

  /// `{read: …, write: …, access: 64 bit, partial_access: whole}`; fill and update may stand for
  /// write, and drain is read unless given.
  func energy(
    from reader: inout YAMLReader, _ inherited: Provenance?, word: Int?
  ) -> SourcedEnergy? {
    let source = decoding.provenance(of: &reader, inheriting: inherited)
    let access = accessBits(from: &reader)
    let partial = reader.choice(
      "partial_access", of: AccessEnergy.PartialAccess.self, required: false)
    let shape = (bits: access ?? word, partial: partial ?? .whole)
    let read = entry("read", from: &reader, source, shape)
    let hasWrite = reader.has("write")
    let (hasFill, hasUpdate) = (reader.has("fill"), reader.has("update"))
    let isApart = hasFill || hasUpdate
    if hasWrite, isApart {
      reader.report(
        reader.value, keyed: "write", "'write' stands for 'fill' and 'update'",
        hint: "write either 'write', or 'fill' and 'update'")
      for key in ["read", "write", "fill", "update", "drain"] {
        _ = reader.value(key, required: false)
      }
      return nil
    }
    let write = hasWrite || !isApart ? entry("write", from: &reader, source, shape) : nil
    let fill = isApart ? entry("fill", from: &reader, source, shape) : write
    let update = isApart ? entry("update", from: &reader, source, shape) : write
    let drain = reader.has("drain") ? entry("drain", from: &reader, source, shape) : read
    guard let read, let fill, let update, let drain else { return nil }
    return SourcedEnergy(
      energy: PerAccess(
        reads: read.value, fills: fill.value, updates: update.value, drains: drain.value),
      sources: PerAccess(
        reads: read.source, fills: fill.source, updates: update.source, drains: drain.source))
  }

  private func accessBits(from reader: inout YAMLReader) -> Int? {
    guard let value = reader.value("access", required: false) else { return nil }
    guard let width = reader.quantity(value, AccessWidth.self) else { return nil }
    if width.bits == nil { reader.report(value, "\(value.node.summary) is a part of a bit") }
    return width.bits
  }

  private func entry(
    _ key: String, from reader: inout YAMLReader, _ source: Provenance?, _ shape: OpenShape
  ) -> Sourced<AccessEnergy>? {
    guard let value = reader.value(key) else { return nil }
    return decoding.sourced(value, from: &reader, source) { reader, value in
      transfer(value, from: &reader, shape)
    }
  }

  private func transfer(
    _ value: YAMLReader.Value, from reader: inout YAMLReader, _ shape: OpenShape
  ) -> AccessEnergy? {
    // In the form {value: …, access: …} the entry says itself what an access is.
    var shape = shape
    if value.keyPath.hasSuffix(".value") {
      shape.bits = accessBits(from: &reader) ?? shape.bits
      shape.partial =
        reader.choice("partial_access", of: AccessEnergy.PartialAccess.self, required: false)
        ?? shape.partial
    }
    guard let energy = reader.quantity(value, TransferEnergy.self) else { return nil }
    guard energy.isPerAccess else { return .perBit(picojoules: energy.picojoules) }
    guard let bits = shape.bits else {
      reader.report(
        value, "\(value.node.summary) needs the width of an access",
        hint: "add 'access: 64 bit' beside it")
      return nil
    }
    return .perAccess(picojoules: energy.picojoules, accessBits: bits, partial: shape.partial)
  }
}

// MARK: - Ports
extension SpatialArrayConfig {
  private static let mostPorts = 64

  private enum PortClock: String, CaseIterable { case core, link }

  /// Adds the ports of a level, or of one tensor's partition; `false` when anything is wrong.
  mutating func ports(
    of partition: TensorRole?, from reader: inout YAMLReader, _ inherited: Provenance?,
    into list: inout PortList
  ) -> Bool {
    guard reader.has("ports") else { return true }
    guard let values = reader.values("ports") else { return false }
    guard values.count <= Self.mostPorts else {
      reader.report(
        reader.value, keyed: "ports",
        "there are \(values.count) ports, expected at most \(Self.mostPorts)")
      return false
    }
    var isGood = true
    for value in values {
      let index = list.ports.count
      let port = reader.mapping(value) { reader -> Port? in
        self.port(of: partition, at: index, from: &reader, inherited, &list)
      }
      if let port { list.ports.append(port) } else { isGood = false }
    }
    return isGood
  }

  private mutating func port(
    of partition: TensorRole?, at index: Int, from reader: inout YAMLReader,
    _ inherited: Provenance?, _ list: inout PortList
  ) -> Port? {
    let source = decoding.provenance(of: &reader, inheriting: inherited)
    let name = reader.identifier("name")
    if let name, list.ports.contains(where: { $0.name == name }) {
      reader.report(reader.value, keyed: "name", "two ports of the level have the name '\(name)'")
    }
    let clock = portClock(from: &reader)
    let value = reader.value("bandwidth")
    let rate = value.flatMap { value in
      decoding.sourced(value, from: &reader, source) { $0.quantity($1, TransferRate.self) }
    }
    var streams: [AccessStream] = []
    var places: [YAMLReader.Value] = []
    for value in reader.values("carries") ?? [] {
      guard let stream = stream(value, of: partition, &reader) else { continue }
      if streams.contains(stream) {
        reader.report(value, "'\(stream.name)' is here twice", hint: "keep one")
      } else if let other = list.ports.first(where: { $0.carries.contains(stream) }) {
        reader.report(
          value, "the port '\(other.name)' already carries '\(stream.name)'", hint: "keep one")
      }
      streams.append(stream)
      places.append(value)
    }
    guard let name, let rate else { return nil }
    list.places.append(places)
    // A level's ports are one list when written, whether or not they stood in a partition.
    let level = reader.value.keyPath.prefix { $0 != "]" }
    decoding.record("\(level)].ports[\(index)].bandwidth", rate.source)
    let perCycle = cycles(rate.value, clock)
    if let value, perCycle.perCycle < Self.slowestPerCycle {
      reader.report(
        value, "less than \(Self.slowestPerCycle) a cycle of the clock is no bandwidth",
        hint: "check the bandwidth, 'clock' and 'link_clock'")
    }
    return Port(name: name, rate: perCycle, carries: streams)
  }

  private func portClock(from reader: inout YAMLReader) -> PortClock {
    guard let value = reader.value("clock", required: false),
      let clock = reader.choice(value, of: PortClock.self)
    else { return .core }
    if clock == .link, linkClockMegahertz == nil {
      reader.report(
        value, "the file has no link clock", hint: "write 'link_clock: 60 MHz' at the top")
    }
    return clock
  }

  /// Words or bytes a cycle below which a port is a mistake.
  private static let slowestPerCycle = 1e-6

  /// A rate in cycles of the array's clock.
  private func cycles(_ rate: Quantity<TransferRate>, _ clock: PortClock) -> Port.Rate {
    let share = clock == .link ? (linkClockMegahertz ?? clockMegahertz) / clockMegahertz : 1
    return switch rate.rate {
    case .wordsPerCycle(let words): .wordsPerCycle(words * share)
    case .bytesPerCycle(let bytes): .bytesPerCycle(bytes * share)
    case .bytesPerSecond(let bytes): .bytesPerCycle(bytes / (clockMegahertz * 1e6))
    }
  }

  /// `input.reads`, or in a tensor's partition only `reads`.
  private func stream(
    _ value: YAMLReader.Value, of partition: TensorRole?, _ reader: inout YAMLReader
  ) -> AccessStream? {
    let kinds = AccessKind.allCases.map(\.rawValue)
    if let partition {
      return reader.choice(value, among: kinds).flatMap { AccessKind(rawValue: $0) }
        .map { AccessStream(partition, $0) }
    }
    let streams = TensorRole.allCases.flatMap { role in
      AccessKind.allCases.map { AccessStream(role, $0) }
    }
    guard let text = reader.string(value) else { return nil }
    guard let stream = streams.first(where: { $0.name == text }) else {
      reader.report(
        value, "\(value.node.summary) is no stream of words",
        hint: reader.didYouMean(text, among: streams.map(\.name))
          ?? "write a tensor and one of \(kinds.joined(separator: ", ")), as in 'input.reads'")
      return nil
    }
    return stream
  }

  /// Reports streams of tensors that the level cannot keep.
  func checkPorts(_ list: PortList, keep: TensorSet, _ reader: inout YAMLReader) {
    for (port, places) in zip(list.ports, list.places) {
      for (stream, place) in zip(port.carries, places) where !keep.contains(stream.tensor) {
        reader.report(place, "the level does not keep '\(stream.tensor.name)'")
      }
    }
  }
}

extension Port.Rate {
  /// Words or bytes a cycle.
  fileprivate var perCycle: Double {
    switch self {
    case .wordsPerCycle(let words): words
    case .bytesPerCycle(let bytes): bytes
    }
  }
}
