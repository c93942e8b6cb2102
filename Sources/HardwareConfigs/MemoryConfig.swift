internal import Accelerators
internal import CostUnits
internal import CostYAML
internal import Ops

/// Decodes the memory of a level.
extension SpatialArrayConfig {
  private enum Sharing {
    case shared(Int64?)
    case partitions(PerTensor<Partition?>)
  }

  /// One tensor's part of a partitioned memory.
  private struct Partition {
    var capacityBytes: Int64
    var word: Sourced<Int>?
    var energy: SourcedEnergy?
  }

  mutating func memory(
    from reader: inout YAMLReader, _ source: Provenance?, isOutermost: Bool
  ) -> StorageLevel? {
    let words = words(from: &reader, source)
    let energies = energies(
      from: &reader, source, words: (words ?? PerTensor(repeating: nil)).map { $0?.value })
    var ports = PortList()
    let hasGoodPorts = self.ports(of: nil, from: &reader, source, into: &ports)
    let sharing = sharing(from: &reader, source, isOutermost: isOutermost, &ports)
    let leak = decoding.quantity(
      "leak", EnergyPerCycle.self, from: &reader, source, required: false)
    let buffering = buffering(from: &reader)
    let mistakes = reader.diagnostics.count
    let keeps = keeps(from: &reader, sharing, isOutermost: isOutermost)
    // What else is wrong cannot be judged by tensors that are.
    guard reader.diagnostics.count == mistakes else { return nil }
    guard var words, var energies, let sharing, let keeps, let buffering, hasGoodPorts
    else { return nil }
    checkPorts(ports, keep: keeps.may, &reader)
    var partitioned: TensorSet = []
    if case .partitions(let parts) = sharing {
      for role in TensorRole.allCases {
        guard let part = parts[role] else { continue }
        partitioned.insert(TensorSet(role))
        words[role] = part.word ?? words[role]
        energies[role] = part.energy ?? energies[role]
      }
    }
    let unpriced = keeps.may.members.filter { energies[$0] == nil }
    guard unpriced.isEmpty else {
      let names = unpriced.map { "'\($0.name)'" }.joined(separator: ", ")
      reader.report(
        reader.value, "the energy of \(names) is missing",
        hint: "write 'energy: {read: …, write: …}'")
      return nil
    }
    let priced = energies.map { $0 ?? .zero }
    record(words, partitioned, at: reader.value.keyPath)
    record(priced, partitioned, kept: keeps.may, at: reader.value.keyPath)
    return StorageLevel(
      storage: storage(sharing), mayKeep: keeps.may, mustKeep: keeps.must, buffering: buffering,
      wordBits: words.map { $0?.value }, energy: priced.map(\.energy),
      ports: ports.ports, leakPicojoulesPerCycle: leak?.picojoulesPerCycle ?? 0)
  }

  /// Notes where word widths come from, at the key paths the writer would give them.
  private mutating func record(
    _ words: PerTensor<Sourced<Int>?>, _ partitioned: TensorSet, at path: String
  ) {
    if words.map({ $0?.value }).common != nil, let word = words.weight {
      decoding.record("\(path).word", word.source)
      return
    }
    for role in TensorRole.allCases {
      guard let word = words[role] else { continue }
      let isInside = partitioned.contains(role)
      decoding.record(
        isInside ? "\(path).partitions.\(role.name).word" : "\(path).word.\(role.name)",
        word.source)
    }
  }

  /// Notes where energies come from, at the key paths the writer would give them.
  private mutating func record(
    _ energies: PerTensor<SourcedEnergy>, _ partitioned: TensorSet, kept: TensorSet,
    at path: String
  ) {
    if energies.map(\.energy).common != nil {
      let role = kept.members.first ?? .weight
      record(energies[role], at: "\(path).energy")
      return
    }
    for role in TensorRole.allCases where kept.contains(role) {
      let isInside = partitioned.contains(role)
      record(
        energies[role],
        at: isInside ? "\(path).partitions.\(role.name).energy" : "\(path).energy.\(role.name)")
    }
  }

  private mutating func record(_ energy: SourcedEnergy, at path: String) {
    for key in EnergyKey.keys(of: energy.energy) {
      decoding.record("\(path).\(key.rawValue)", energy.sources[key.kind])
    }
  }

  private func storage(_ sharing: Sharing) -> Storage {
    switch sharing {
    case .shared(let bytes): .shared(capacityBytes: bytes)
    case .partitions(let parts): .partitions(parts.map { $0?.capacityBytes })
    }
  }

  /// `word: 16 bit`, or `word: {output: 16 bit}`.
  private func words(
    from reader: inout YAMLReader, _ inherited: Provenance?
  ) -> PerTensor<Sourced<Int>?>? {
    guard let value = reader.value("word", required: false) else {
      return PerTensor(repeating: nil)
    }
    let isByTensor = value.node.entries?.contains { TensorRole(name: $0.key) != nil } ?? false
    guard isByTensor else {
      return width(value, from: &reader, inherited).map { PerTensor(repeating: $0) }
    }
    return reader.mapping(value) { reader in
      let source = decoding.provenance(of: &reader, inheriting: inherited)
      var words = PerTensor<Sourced<Int>?>(repeating: nil)
      for role in TensorRole.allCases {
        words[role] = reader.value(role.name, required: false).flatMap {
          width($0, from: &reader, source)
        }
      }
      return words
    }
  }

  private func width(
    _ value: YAMLReader.Value, from reader: inout YAMLReader, _ source: Provenance?
  ) -> Sourced<Int>? {
    decoding.sourced(value, from: &reader, source) { Self.bits($1, from: &$0) }
  }

  private func buffering(from reader: inout YAMLReader) -> Buffering? {
    guard let value = reader.value("buffers", required: false) else { return .streamed }
    return reader.choice(value, of: Buffering.self)
  }

  private mutating func capacity(
    from reader: inout YAMLReader, _ source: Provenance?, required: Bool
  ) -> Int64? {
    decoding.number("capacity", from: &reader, source, required: required) { reader, value in
      guard let size = reader.quantity(value, Information.self) else { return nil }
      guard let bytes = size.wholeBytes else {
        reader.report(value, "\(value.node.summary) is not a whole number of bytes")
        return nil
      }
      guard bytes > 0 else {
        reader.report(
          value, "a memory cannot have a capacity of 0",
          hint: "leave the memory out, or write its size")
        return nil
      }
      return bytes
    }
  }

  private mutating func sharing(
    from reader: inout YAMLReader, _ source: Provenance?, isOutermost: Bool, _ ports: inout PortList
  ) -> Sharing? {
    let hasPartitions = reader.has("partitions")
    if hasPartitions, reader.has("capacity") {
      reader.report(
        reader.value, keyed: "capacity", "the level has both a capacity and partitions",
        hint: "keep one of the two")
      _ = reader.value("capacity")
      _ = partitions(from: &reader, source, &ports)
      return nil
    }
    if hasPartitions { return partitions(from: &reader, source, &ports).map { .partitions($0) } }
    let isUnbounded = reader.value.node["capacity"]?.scalar == "unbounded"
    if isUnbounded { _ = reader.value("capacity") }
    if isUnbounded || (isOutermost && !reader.has("capacity")) { return .shared(nil) }
    return capacity(from: &reader, source, required: true).map { .shared($0) }
  }

  private mutating func partitions(
    from reader: inout YAMLReader, _ inherited: Provenance?, _ ports: inout PortList
  ) -> PerTensor<Partition?>? {
    reader.mapping("partitions") { reader -> PerTensor<Partition?>? in
      let source = decoding.provenance(of: &reader, inheriting: inherited)
      var parts = PerTensor<Partition?>(repeating: nil)
      for role in TensorRole.allCases where reader.has(role.name) {
        parts[role] = reader.mapping(role.name) { partition(of: role, from: &$0, source, &ports) }
      }
      if reader.keys.isEmpty { reader.report(reader.value, "there is no partition") }
      return parts
    }
  }

  private mutating func partition(
    of role: TensorRole, from reader: inout YAMLReader, _ inherited: Provenance?,
    _ ports: inout PortList
  ) -> Partition? {
    let source = decoding.provenance(of: &reader, inheriting: inherited)
    let bytes = capacity(from: &reader, source, required: true)
    let word = reader.value("word", required: false).flatMap { width($0, from: &reader, source) }
    let hasEnergy = reader.has("energy")
    let energy =
      hasEnergy
      ? reader.mapping("energy") { self.energy(from: &$0, source, word: word?.value) } : nil
    let isGood = self.ports(of: role, from: &reader, source, into: &ports)
    guard let bytes, isGood, !hasEnergy || energy != nil else { return nil }
    return Partition(capacityBytes: bytes, word: word, energy: energy)
  }

  /// The tensors a level must and may keep.
  private func keeps(
    from reader: inout YAMLReader, _ sharing: Sharing?, isOutermost: Bool
  ) -> (must: TensorSet, may: TensorSet)? {
    let must = reader.tensors("keeps")
    let may = reader.tensors("may_keep")
    var possible: TensorSet = .all
    if case .partitions(let parts) = sharing {
      possible = TensorSet(TensorRole.allCases.filter { parts[$0] != nil }.map { TensorSet($0) })
    }
    guard must != nil || may != nil else {
      if isOutermost, possible != .all { reportOutermost(&reader, key: "partitions") }
      return (possible, possible)
    }
    let all = (must ?? []).union(may ?? [])
    if isOutermost, must != .all { reportOutermost(&reader, key: "keeps") }
    for role in all.subtracting(possible).members {
      reader.report(
        reader.value, keyed: must?.contains(role) == true ? "keeps" : "may_keep",
        "there is no partition for '\(role.name)'")
    }
    if all.isEmpty {
      reader.report(
        reader.value, keyed: "keeps", "the memory keeps nothing",
        hint: "leave its keys out for a level that is only a fan-out")
    }
    return (must ?? [], all)
  }

  private func reportOutermost(_ reader: inout YAMLReader, key: String) {
    reader.report(
      reader.value, keyed: key, "the outermost level keeps every tensor",
      hint: "write 'keeps: [weight, input, output]' or leave it out")
  }
}
