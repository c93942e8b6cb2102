public import Accelerators
internal import Dataflow
internal import Ops

/// A spatial array as a tree for people: levels, what they hold, what moving a word costs, and
/// where each number comes from.
public struct ArrayDescription: Sendable {
  private let array: SpatialArray
  /// Key paths of the numbers of which nobody says where they come from.
  private let unsourced: [String]

  /// A description of an array.
  ///
  /// - Parameter unsourced: Key paths of the numbers of which the file names no source.
  public init(_ array: SpatialArray, unsourced: [String] = []) {
    self.array = array
    self.unsourced = unsourced
  }

  /// The description's lines, each closed by a line feed.
  public var text: String {
    let blocks = [heading, tree, totals, sources]
    return blocks.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") + "\n" }
      .joined(separator: "\n")
  }

  /// Bytes of all on-chip memories; unbounded ones are off chip. Absurd sizes give the largest number.
  public static func onChipBytes(of array: SpatialArray) -> Int64 {
    array.levels.indices.reduce(0) { sum, index in
      let bytes = array.levels[index].memory.map { capacityBytes(of: $0.storage) } ?? 0
      let (all, overflow) = bytes.multipliedReportingOverflow(
        by: array.hierarchy.instances(ofLevel: index))
      let (total, carry) = sum.addingReportingOverflow(all)
      return overflow || carry ? .max : total
    }
  }

  private static func capacityBytes(of storage: Storage) -> Int64 {
    switch storage {
    case .shared(let bytes): bytes ?? 0
    case .partitions(let bytes): TensorRole.allCases.reduce(0) { $0 + (bytes[$1] ?? 0) }
    }
  }
}

// MARK: - Blocks
extension ArrayDescription {
  private var heading: [String] {
    let lanes = array.laneCount
    let rate = HumanNumber.withPrefix(
      Double(lanes) * array.clockMegahertz * 1e6, unit: "MAC/s", digits: 3)
    var lines = [
      "\(array.name): spatial array, \(HumanNumber.grouped(lanes)) lanes at "
        + "\(Self.plain(array.clockMegahertz)) MHz, \(rate)"
    ]
    let precision = array.precision
    lines.append(
      "words: weights \(precision.weightBits) bit, activations \(precision.activationBits) bit, "
        + "partial sums \(precision.accumulatorBits) bit")
    let home = array.residency == .resident ? array.residentLevel : nil
    lines.append(
      "dataflow: \(array.dataflow.name); activations between layers: \(array.residency.rawValue)"
        + (home.map { " in \(array.levels[$0].name) where they fit" } ?? ""))
    var technology: [String] = []
    if let node = array.nodeNanometers { technology.append("\(Self.plain(node)) nm") }
    if let voltage = array.voltage { technology.append("\(Self.plain(voltage)) V") }
    if let link = array.linkClockMegahertz {
      technology.append("link at \(Self.plain(link)) MHz")
    }
    if array.staticMilliwatts > 0 {
      technology.append("\(Self.plain(array.staticMilliwatts)) mW static")
    }
    if !technology.isEmpty { lines.append("chip: " + technology.joined(separator: ", ")) }
    if array.switches.storesPadding { lines.append("padding is stored and moved like data") }
    if array.switches.readsFirstPartialSum {
      lines.append("a partial sum is read from above also the first time")
    }
    return lines
  }

  private var tree: [String] {
    var lines: [String] = []
    var indent = ""
    for (index, level) in array.levels.enumerated() {
      let isFirst = index == 0
      lines.append(indent + (isFirst ? "" : "└─ ") + title(of: level, index))
      if !isFirst { indent += "   " }
      lines += details(of: level, index).map { "\(indent)│    \($0)" }
    }
    let lanes = HumanNumber.grouped(array.laneCount)
    var compute = "\(array.compute.name): \(lanes) lanes, "
    compute += "\(Self.plain(array.compute.operationPicojoules)) pJ a multiply-accumulate"
    if array.compute.leakPicojoulesPerCycle > 0 {
      compute += ", leak \(Self.plain(array.compute.leakPicojoulesPerCycle)) pJ/cycle each"
    }
    lines.append("\(indent)└─ \(compute)")
    return lines
  }

  private func title(of level: ArrayLevel, _ index: Int) -> String {
    let instances = array.hierarchy.instances(ofLevel: index)
    let count = instances == 1 ? "" : "\(HumanNumber.grouped(instances)) x "
    guard let memory = level.memory else { return "\(level.name): \(count)fan-out" }
    let size: String
    switch memory.storage {
    case .shared(nil): size = "unbounded"
    case .shared(let bytes?): size = Self.bytes(bytes)
    case .partitions(let parts):
      size =
        "("
        + TensorRole.allCases.compactMap { role in
          parts[role].map { "\(role.name) \(Self.bytes($0))" }
        }.joined(separator: ", ") + ")"
    }
    return "\(level.name): \(count)\(size)\(Self.buffering(memory.buffering))"
  }

  private func details(of level: ArrayLevel, _ index: Int) -> [String] {
    var lines: [String] = []
    if let memory = level.memory {
      let kept = memory.mustKeep.members.map(\.name)
      let optional = memory.mayKeep.members.filter { !memory.mustKeep.contains($0) }.map(\.name)
      var keeps = kept.isEmpty ? "" : "keeps " + kept.joined(separator: ", ")
      if !optional.isEmpty {
        keeps += (keeps.isEmpty ? "" : "; ") + "may keep " + optional.joined(separator: ", ")
      }
      if !keeps.isEmpty { lines.append(keeps) }
      lines += energyLines(of: memory)
      for port in memory.ports {
        let rate: String
        switch port.rate {
        case .wordsPerCycle(let words): rate = "\(Self.plain(words)) words/cycle"
        case .bytesPerCycle(let bytes): rate = "\(Self.plain(bytes)) B/cycle"
        }
        lines.append(
          "port \(port.name): \(rate) for " + port.carries.map(\.name).joined(separator: ", "))
      }
      if memory.leakPicojoulesPerCycle > 0 {
        lines.append("leak \(Self.plain(memory.leakPicojoulesPerCycle)) pJ/cycle each")
      }
    }
    for unit in array.vectorUnits where unit.level == index {
      let ops = unit.ops.map(\.rawValue).sorted().joined(separator: ", ")
      lines.append(
        "unit \(unit.name): \(unit.lanes) lanes, \(Self.plain(unit.operationPicojoules)) pJ an "
          + "operation, for \(ops)")
    }
    return lines + fanoutLines(of: level.fanout, "levels[\(index)].fanout")
  }

  private func energyLines(of memory: StorageLevel) -> [String] {
    var texts: [(tensors: [String], text: String)] = []
    for role in memory.mayKeep.members {
      let energy = memory.energy[role]
      let kinds = AccessKind.allCases.map { ($0.rawValue, Self.energy(energy[$0])) }
      let text: String
      if Set(kinds.map(\.1)).count == 1 {
        text = "\(kinds[0].1) each access"
      } else if energy.reads == energy.drains, energy.fills == energy.updates {
        text = "read \(Self.energy(energy.reads)), write \(Self.energy(energy.fills))"
      } else {
        text = kinds.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
      }
      if let match = texts.firstIndex(where: { $0.text == text }) {
        texts[match].tensors.append(role.name)
      } else {
        texts.append(([role.name], text))
      }
    }
    guard texts.count > 1 else { return texts.map(\.text) }
    return texts.map { "\($0.tensors.joined(separator: ", ")): \($0.text)" }
  }

  private func fanoutLines(of fanout: Fanout, _ path: String) -> [String] {
    guard fanout.x.size > 1 || fanout.y.size > 1 else { return [] }
    var lines = ["children: \(fanout.x.size) along x, \(fanout.y.size) along y"]
    for (axis, wires) in [("x", fanout.x), ("y", fanout.y)] {
      var abilities: [String] = []
      for (verb, tensors) in [
        ("multicasts", wires.multicast), ("forwards", wires.forward), ("adds up", wires.reduce),
      ] where !tensors.isEmpty {
        abilities.append("\(verb) \(tensors.members.map(\.name).joined(separator: ", "))")
      }
      if !abilities.isEmpty { lines.append("\(axis) \(abilities.joined(separator: "; "))") }
    }
    if !fanout.diagonal.isEmpty {
      let names = fanout.diagonal.members.map(\.name).joined(separator: ", ")
      lines.append("diagonals share \(names)")
    }
    var prices = [
      "delivery \(Self.plain(fanout.hopPicojoulesPerBit)) pJ/bit" + origin(of: "\(path).hop")
    ]
    if !fanout.x.reduce.isEmpty || !fanout.y.reduce.isEmpty || fanout.additionPicojoules > 0 {
      prices.append(
        "addition \(Self.plain(fanout.additionPicojoules)) pJ" + origin(of: "\(path).adder"))
    }
    lines.append(prices.joined(separator: ", "))
    return lines
  }

  /// How a price is marked that no source is given for: one that is not in the file is assumed.
  private func origin(of path: String) -> String {
    switch array.provenance[path] {
    case .source?: ""
    case .assumed?: " (assumed)"
    case nil: unsourced.contains(path) ? " (no source)" : " (assumed: not in the file)"
    }
  }

  private var totals: [String] {
    ["on-chip memory: \(Self.bytes(Self.onChipBytes(of: array))) in all"]
  }

  private var sources: [String] {
    let paths = (array.provenance.keys + unsourced).sorted()
    guard !paths.isEmpty || !array.sources.isEmpty else { return [] }
    var lines: [String] = []
    if !paths.isEmpty { lines.append("where the numbers come from:") }
    let width = paths.reduce(0) { max($0, $1.count) }
    for path in paths {
      let padding = String(repeating: " ", count: width - path.count)
      switch array.provenance[path] {
      case .source(let key)?: lines.append("  \(path)\(padding)  [\(key)]")
      case .assumed(let reason)?: lines.append("  \(path)\(padding)  assumed: \(reason)")
      case nil: lines.append("  \(path)\(padding)  no source: add 'source' or 'assumed'")
      }
    }
    for key in array.sources.keys.sorted() {
      lines.append("[\(key)] \(array.sources[key] ?? "")")
    }
    return lines
  }
}

// MARK: - Numbers
extension ArrayDescription {
  private static func plain(_ value: Double) -> String {
    value == value.rounded() && value.magnitude < 1e15
      ? String(Int64(value)) : String(describing: value)
  }

  /// Bytes with the largest unit that leaves a short number.
  public static func bytes(_ bytes: Int64) -> String {
    for (unit, size) in [("MiB", Int64(1) << 20), ("KiB", Int64(1) << 10)] where bytes >= size {
      let number = Double(bytes) / Double(size)
      return (bytes % size == 0 ? plain(number) : HumanNumber.fixed(number, decimals: 1))
        + " \(unit)"
    }
    return "\(bytes) B"
  }

  private static func buffering(_ buffering: Buffering) -> String {
    switch buffering {
    case .streamed: ""
    case .double: ", double buffered"
    case .single: ", single buffered"
    }
  }

  private static func energy(_ energy: AccessEnergy) -> String {
    switch energy {
    case .perBit(let picojoules): "\(plain(picojoules)) pJ/bit"
    case .perAccess(let picojoules, let bits, let partial):
      "\(plain(picojoules)) pJ/access of \(bits) bit"
        + (partial == .fraction ? " (a part costs its share)" : "")
    }
  }
}
