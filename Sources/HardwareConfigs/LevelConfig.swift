internal import Accelerators
internal import CostUnits
internal import CostYAML
internal import Dataflow
internal import Ops

/// Decodes `levels`.
extension SpatialArrayConfig {
  /// All levels, outermost first; `nil` when anything in them is wrong.
  mutating func levels(
    from reader: inout YAMLReader, _ inherited: Provenance?
  ) -> [ArrayLevel]? {
    guard let values = reader.values("levels") else { return nil }
    guard (1...Self.mostLevels).contains(values.count) else {
      reader.report(
        reader.value, keyed: "levels",
        "there are \(values.count) levels, expected 1 to \(Self.mostLevels)")
      return nil
    }
    var levels: [ArrayLevel] = []
    levelNames = []
    var instances: Int64 = 1
    for (index, value) in values.enumerated() {
      let level = reader.mapping(value) { reader in
        self.level(from: &reader, inherited, isOutermost: index == 0, &instances)
      }
      if let level { levels.append(level) }
    }
    return levels.count == values.count ? levels : nil
  }

  private mutating func level(
    from reader: inout YAMLReader, _ inherited: Provenance?, isOutermost: Bool,
    _ instances: inout Int64
  ) -> ArrayLevel? {
    let source = decoding.provenance(of: &reader, inheriting: inherited)
    let name = reader.identifier("name")
    if let name {
      if levelNames.contains(name) {
        reader.report(reader.value, keyed: "name", "two levels have the name '\(name)'")
      }
    }
    // A level whose name is wrong keeps its place.
    levelNames.append(name ?? "")
    let hasMemory = Self.memoryKeys.contains { reader.keys.contains($0) }
    var memory: StorageLevel?
    if hasMemory || isOutermost {
      memory = self.memory(from: &reader, source, isOutermost: isOutermost)
      guard memory != nil else {
        _ = fanout(from: &reader, source, &instances)
        return nil
      }
    } else {
      for key in Self.memoryKeys { _ = reader.has(key) }
    }
    guard let fanout = fanout(from: &reader, source, &instances), let name else { return nil }
    return ArrayLevel(name: name, memory: memory, fanout: fanout)
  }

  /// The keys that make a level a memory.
  private static let memoryKeys = [
    "capacity", "partitions", "keeps", "may_keep", "buffers", "word", "energy", "leak", "ports",
  ]
}

// MARK: - Fan-out
extension SpatialArrayConfig {
  private mutating func fanout(
    from reader: inout YAMLReader, _ inherited: Provenance?, _ instances: inout Int64
  ) -> Fanout? {
    guard reader.has("fanout") else { return Fanout() }
    var total = instances
    let fanout = reader.mapping("fanout") { reader -> Fanout? in
      let source = decoding.provenance(of: &reader, inheriting: inherited)
      let x = wires("x", from: &reader, source)
      let y = wires("y", from: &reader, source)
      let diagonal = reader.tensors("diagonal")
      let hop = decoding.quantity(
        "hop", EnergyPerBit.self, from: &reader, source, required: false)
      let adder = decoding.quantity("adder", Energy.self, from: &reader, source, required: false)
      guard let x, let y else { return nil }
      // No overflow: each size is at most the limit, and so is the product so far.
      total *= Int64(x.size)
      if total <= Self.mostInstances { total *= Int64(y.size) }
      guard total <= Self.mostInstances else {
        reader.report(
          reader.value, "the array has more than \(Self.mostInstances) instances here",
          hint: "make the fan-out smaller")
        total = 1
        return nil
      }
      return Fanout(
        x: x, y: y, diagonal: diagonal ?? [], hopPicojoulesPerBit: hop?.picojoulesPerBit ?? 0,
        additionPicojoules: adder?.picojoules ?? 0)
    }
    instances = total
    return fanout
  }

  private mutating func wires(
    _ key: String, from reader: inout YAMLReader, _ inherited: Provenance?
  ) -> Hierarchy.Wires? {
    guard reader.has(key) else { return Hierarchy.Wires() }
    return reader.mapping(key) { reader in
      let source = decoding.provenance(of: &reader, inheriting: inherited)
      let size = decoding.count("size", in: 1...Self.mostInstances, from: &reader, source)
      let multicast = reader.tensors("multicast")
      let forward = reader.tensors("forward")
      let reduce = reader.tensors("reduce")
      guard let size, let size = Int32(exactly: size) else { return nil }
      return Hierarchy.Wires(
        size: size, multicast: multicast ?? [], forward: forward ?? [], reduce: reduce ?? [])
    }
  }
}

extension YAMLReader {
  /// Reports a mistake at the value of one of the mapping's keys.
  mutating func report(
    _ mapping: Value, keyed key: String, _ message: String, hint: String? = nil
  ) {
    let place = mapping.node[key] ?? mapping.node
    report(
      Value(place, keyPath: KeyPathText.appending(key, to: mapping.keyPath)), message, hint: hint)
  }
}
