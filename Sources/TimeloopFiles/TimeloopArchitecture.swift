public import Accelerators
public import CostDiagnostics
public import CostYAML
internal import Dataflow
internal import HardwareConfigs
internal import Ops

/// An architecture in Timeloop's v0.4 form, with its energy table, as a spatial array.
///
/// What Timeloop does not know is set so that nothing is added: no energy of wires, no static
/// power, 1 GHz. Its memories share their capacity between tensors, keep what a mapping says, and
/// its wires send one word to all children and add partial sums.
public struct TimeloopArchitecture: Hashable, Sendable {
  /// The array that the file describes, with its energies.
  public let array: SpatialArray
  /// What the file says that changes nothing here.
  public let warnings: [Diagnostic]

  /// - Parameters:
  ///   - document: a file with `architecture` and `ERT`.
  ///   - name: name of the array.
  /// - Throws: `InputError` with everything that is wrong or cannot be represented.
  public init(reading document: YAMLDocument, name: String) throws(InputError) {
    var reader = TimeloopReader(document)
    let root = Place(document.root, path: "")
    let found = Self.array(root, name: name, &reader)
    try reader.finish()
    guard var array = found else {
      throw InputError(at: document.root.location, "the file has no architecture")
    }
    Self.setProvenance(of: &array)
    self.array = array
    warnings = reader.warnings
  }

  private static func array(
    _ root: Place, name: String, _ reader: inout TimeloopReader
  ) -> SpatialArray? {
    reader.checkKeys(
      of: root, known: ["architecture", "ERT"],
      ignored: ["ART", "variables", "globals", "components", "ERT_summary", "ART_summary"])
    guard let tree = reader.required("architecture", of: root) else { return nil }
    if let nodes = tree["nodes"] {
      reader.error(
        nodes, "these are the files of Timeloop's Python front end",
        hint: "give the file it writes for timeloop-model, with subtree and local lists")
      return nil
    }
    reader.checkKeys(of: tree, known: ["subtree"], ignored: ["version", "name"])
    let table = TimeloopEnergyTable(root, &reader)
    var components: [TimeloopComponent] = []
    collect(tree, multiplicity: 1, into: &components, &reader)
    let memories = components.filter { $0.kind != .compute }
    let computes = components.filter { $0.kind == .compute }
    guard let compute = computes.first, computes.count == 1, !memories.isEmpty else {
      reader.error(
        tree,
        "expected memories and one compute component, found \(memories.count) memories and "
          + "\(computes.count) compute components")
      return nil
    }
    var names: Set<String> = []
    for component in components where !names.insert(component.name).inserted {
      reader.error(component.place, "a second component named '\(component.name)'")
    }
    return assemble(name, memories, compute, table, file: root.node.location.file, &reader)
  }

  private static func collect(
    _ tree: Place, multiplicity: Int64, into components: inout [TimeloopComponent],
    _ reader: inout TimeloopReader
  ) {
    guard tree["subtree"] != nil else { return }
    guard let subtrees = reader.items("subtree", of: tree) else { return }
    guard let subtree = subtrees.first, subtrees.count == 1 else {
      reader.error(
        tree["subtree"] ?? tree, "expected one subtree, found \(subtrees.count)",
        hint: "Timeloop reads a chain of levels")
      return
    }
    reader.checkKeys(of: subtree, known: ["name", "local", "subtree"], ignored: ["attributes"])
    guard let name = reader.text("name", of: subtree),
      let element = TimeloopComponent.element(name, subtree, &reader)
    else { return }
    let (count, overflow) = multiplicity.multipliedReportingOverflow(by: element.count)
    guard !overflow, count < 1 << 40 else {
      reader.error(subtree, "'\(name)' has too many elements")
      return
    }
    if subtree["local"] != nil {
      for item in reader.items("local", of: subtree) ?? [] {
        if let component = TimeloopComponent(item, multiplicity: count, &reader) {
          components.append(component)
        }
      }
    }
    collect(subtree, multiplicity: count, into: &components, &reader)
  }

  private static func assemble(
    _ name: String, _ memories: [TimeloopComponent], _ compute: TimeloopComponent,
    _ table: TimeloopEnergyTable, file: String, _ reader: inout TimeloopReader
  ) -> SpatialArray? {
    let chain = memories + [compute]
    var levels: [ArrayLevel] = []
    for (index, memory) in memories.enumerated() {
      let inner = chain[index + 1]
      let x = fanout(memory.meshX, inner.meshX, inner, &reader)
      let y = fanout(memory.meshY, inner.meshY, inner, &reader)
      let storage = memory.storageLevel(table, isOutermost: index == 0, &reader)
      levels.append(
        ArrayLevel(
          name: memory.name, memory: storage, fanout: Fanout(x: wires(x), y: wires(y))))
    }
    guard let unit = compute.computeUnit(table, &reader) else { return nil }
    return SpatialArray(
      name: name, clockMegahertz: 1000, precision: compute.precision(&reader), levels: levels,
      compute: unit, sources: ["timeloop": "imported from \(file)"],
      provenance: ["clock": .assumed("Timeloop counts cycles; its GFLOPs are at 1 GHz")])
  }

  /// Says of every number a hardware file would have that it was imported; an array that has no
  /// such form stays as it is, for ``hardwareFile()`` to report.
  private static func setProvenance(of array: inout SpatialArray) {
    let config = Result { () throws(InputError) in
      try HardwareConfig(text: ConfigWriter(array).yaml, file: array.name)
    }
    guard case .success(let written) = config else { return }
    for path in written.unsourcedNumbers { array.provenance[path] = .source("timeloop") }
  }

  /// The architecture as the text of a hardware file.
  ///
  /// - Throws: `InputError` where the format cannot say it: two limits on one stream of words, as
  ///   of a read bandwidth within a shared one.
  public func hardwareFile() throws(InputError) -> String {
    let text = ConfigWriter(array).yaml
    _ = try HardwareConfig(text: text, file: array.name)
    return text
  }

  private static func fanout(
    _ outer: Int64, _ inner: Int64, _ component: TimeloopComponent, _ reader: inout TimeloopReader
  ) -> Int32 {
    let (size, rest) = inner.quotientAndRemainder(dividingBy: outer)
    guard rest == 0, size >= 1, let children = Int32(exactly: size), children <= 1 << 16 else {
      reader.error(
        component.place,
        "'\(component.name)' has a mesh of \(component.meshX) x \(component.meshY), which the level "
          + "around it does not divide")
      return 1
    }
    return children
  }

  private static func wires(_ size: Int32) -> Hierarchy.Wires {
    size == 1
      ? Hierarchy.Wires()
      : Hierarchy.Wires(size: size, multicast: .all, reduce: .output)
  }
}

extension TimeloopComponent {
  /// The memory of a level; `nil` for a level that only fans out.
  fileprivate func storageLevel(
    _ table: TimeloopEnergyTable, isOutermost: Bool, _ reader: inout TimeloopReader
  ) -> StorageLevel? {
    guard let energy = energy(table, &reader) else { return nil }
    // A capacity in whole bytes may have room for words of a part of a byte more.
    let capacityBytes = capacityWords.map { ($0 * Int64(wordBits) + 7) / 8 }
    return StorageLevel(
      storage: .shared(capacityBytes: capacityBytes), mayKeep: .all,
      mustKeep: isOutermost ? .all : [], buffering: isDoubleBuffered ? .double : .streamed,
      wordBits: PerTensor(repeating: wordBits), energy: PerTensor(repeating: energy),
      ports: ports(&reader), leakPicojoulesPerCycle: leak(table))
  }

  private func leak(_ table: TimeloopEnergyTable) -> Double {
    table.components[name]?.picojoules["leak"] ?? 0
  }

  private func energy(
    _ table: TimeloopEnergyTable, _ reader: inout TimeloopReader
  ) -> PerAccess<AccessEnergy>? {
    let access = { (picojoules: Double) -> AccessEnergy in
      .perAccess(
        picojoules: picojoules, accessBits: Int(wordsPerAccess) * wordBits, partial: .fraction)
    }
    guard let component = table.components[name] else {
      if let same = number("vector_access_energy", &reader) {
        return PerAccess(repeating: access(same))
      }
      if kind == .memory {
        reader.error(
          place, "the energy table has no entry for '\(name)'",
          hint: "add a table named '\(name)' with the actions read and write to ERT")
      }
      return nil
    }
    guard let read = component.picojoules["read"], let write = component.picojoules["write"] else {
      reader.error(component.place, "the table of '\(name)' lacks the action 'read' or 'write'")
      return nil
    }
    return PerAccess(
      reads: access(read), fills: access(write),
      updates: access(component.picojoules["update"] ?? write), drains: access(read))
  }

  private func ports(_ reader: inout TimeloopReader) -> [Port] {
    let streams = { (kinds: [AccessKind]) in
      TensorRole.allCases.flatMap { role in kinds.map { AccessStream(role, $0) } }
    }
    let both = number("bandwidth", &reader).map { $0 / 2 }
    let limits: [(String, Double?, [AccessKind])] = [
      ("read", number("read_bandwidth", &reader) ?? both, [.reads, .drains]),
      ("write", number("write_bandwidth", &reader) ?? both, [.fills, .updates]),
      ("shared", number("shared_bandwidth", &reader), AccessKind.allCases),
    ]
    var ports: [Port] = []
    for (name, rate, kinds) in limits {
      guard let rate else { continue }
      guard rate > 0 else {
        reader.error(attributes, "a bandwidth of 0 words a cycle never ends")
        continue
      }
      ports.append(Port(name: name, rate: .wordsPerCycle(rate), carries: streams(kinds)))
    }
    return ports
  }

  fileprivate func computeUnit(
    _ table: TimeloopEnergyTable, _ reader: inout TimeloopReader
  ) -> ComputeUnit? {
    let actions = table.components[name]?.picojoules
    guard let energy = actions.flatMap({ $0["compute"] ?? $0["mac_random"] ?? $0["mac"] }) else {
      reader.error(
        place, "the energy table has no action 'compute' for '\(name)'",
        hint: "add a table named '\(name)' with the action compute to ERT")
      return nil
    }
    return ComputeUnit(
      name: name, operationPicojoules: energy, leakPicojoulesPerCycle: actions?["leak"] ?? 0)
  }

  /// Widths of the compute unit, where it gives any; the memories have widths of their own.
  fileprivate func precision(_ reader: inout TimeloopReader) -> Precision {
    let bits = { (key: String, reader: inout TimeloopReader) -> Int? in
      attributes[key].flatMap { reader.integer($0, in: 1...1024) }.map { Int($0) }
    }
    let operand = bits("multiplier_width", &reader) ?? wordBits
    return Precision(
      weightBits: operand, activationBits: operand,
      accumulatorBits: bits("adder_width", &reader) ?? operand)
  }
}
