internal import CostDiagnostics
internal import CostYAML

/// One component of an architecture tree, as Timeloop reads its attributes.
struct TimeloopComponent {
  /// What a component is, decided by its class.
  enum Kind {
    case memory
    /// A memory of a class named `dummy…`: a fan-out.
    case dummy
    case compute
  }

  var name: String
  var kind: Kind
  var place: Place
  var attributes: Place
  var meshX: Int64
  var meshY: Int64
  /// Width of a word.
  var wordBits = 16
  /// Words of one access.
  var wordsPerAccess: Int64 = 1
  /// Words that tiles may take; `nil` without a size.
  var capacityWords: Int64?
  /// Whether the capacity is that of one of two buffers.
  var isDoubleBuffered = false

  private static let memoryClasses = ["DRAM", "SRAM", "regfile", "smartbuffer", "storage"]
  private static let computeClasses = ["mac", "compute"]
  private static let networkClasses = ["XY_NoC", "Legacy", "ReductionTree", "SimpleMulticast"]
  private static let largestCount: Int64 = 1 << 40

  /// Attributes that set what is read here.
  private static let known = [
    "meshX", "meshY", "instances", "datawidth", "word_bits", "word_width", "width",
    "memory_width", "data_storage_width", "block_size", "n_words", "cluster_size", "entries",
    "depth", "memory_depth", "data_storage_depth", "sizeKB", "multiple_buffering",
    "read_bandwidth", "write_bandwidth", "shared_bandwidth", "bandwidth",
    "vector_access_energy", "multiplier_width", "adder_width",
  ]

  /// Attributes that change Timeloop's figures in ways that cannot be represented, unless they say
  /// no.
  private static let unsupported = [
    "min_utilization", "allow_overbooking", "network_fill_latency", "network_drain_latency",
    "per_dataspace_bandwidth_consumption_scale", "addr_gen_energy", "metadata_datawidth",
    "metadata_word_bits", "metadata_storage_width", "metadata_storage_depth",
    "concordant_compressed_tile_traversal", "tile_partition_supported",
    "decompression_supported", "compression_supported", "network_read", "network_fill",
    "network_drain", "network_update",
  ]

  /// Reads one element of a `local` list; `nil` for what Timeloop ignores.
  ///
  /// - Parameter multiplicity: how many of the subtree that holds the component there are.
  init?(_ place: Place, multiplicity: Int64, _ reader: inout TimeloopReader) {
    reader.checkKeys(
      of: place, known: ["name", "class", "attributes"],
      ignored: ["subclass", "required_actions", "actions", "constraints", "enabled"])
    guard let full = reader.text("name", of: place),
      let className = reader.text("class", of: place),
      let (name, count) = Self.element(full, place, &reader)
    else { return nil }
    guard let kind = Self.kind(of: className, place, &reader) else { return nil }
    self.name = name
    self.kind = kind
    self.place = place
    attributes = place["attributes"] ?? Place(.empty, path: place.path)
    (meshX, meshY) = (1, 1)
    let (instances, overflow) = count.multipliedReportingOverflow(by: multiplicity)
    guard !overflow, instances <= Self.largestCount else {
      reader.error(place, "'\(name)' has too many instances")
      return nil
    }
    readMesh(instances: instances, &reader)
    readSizes(&reader)
    refuseUnsupported(&reader)
  }

  /// `name[a..b]` or `name`, with the number of elements.
  static func element(
    _ text: String, _ place: Place, _ reader: inout TimeloopReader
  ) -> (name: String, count: Int64)? {
    guard let open = text.firstIndex(of: "[") else { return (text, 1) }
    let name = String(text[..<open])
    let range = text[text.index(after: open)...]
    let parts = range.dropLast().split(separator: ".", omittingEmptySubsequences: true)
    guard range.hasSuffix("]"), let first = parts.first.flatMap({ Int64($0) }),
      let last = parts.last.flatMap({ Int64($0) }), parts.count <= 2, first >= 0, last >= first,
      last - first < largestCount, !name.isEmpty
    else {
      reader.error(
        place, "'\(text)' does not say how many there are", hint: "write '\(name)[0..15]'")
      return nil
    }
    return (name, last - first + 1)
  }

  private static func kind(
    of className: String, _ place: Place, _ reader: inout TimeloopReader
  ) -> Kind? {
    if memoryClasses.contains(where: { className.contains($0) }) {
      return className.hasPrefix("dummy") ? .dummy : .memory
    }
    if computeClasses.contains(where: { className.contains($0) }) { return .compute }
    let value = place["class"] ?? place
    if networkClasses.contains(where: { className.contains($0) }) {
      reader.error(
        value, "the network class '\(className)' cannot be represented",
        hint: "leave the network out: Timeloop then puts one without energy or latency")
    } else {
      reader.warn(value, "Timeloop ignores components of the class '\(className)'; so does this")
    }
    return nil
  }

  private mutating func readMesh(instances: Int64, _ reader: inout TimeloopReader) {
    let range = 1...Self.largestCount
    let given = attributes["instances"].flatMap { reader.integer($0, in: range) }
    let count = given ?? instances
    let x = attributes["meshX"].flatMap { reader.integer($0, in: range) }
    let y = attributes["meshY"].flatMap { reader.integer($0, in: range) }
    switch (x, y) {
    case (let x?, let y?): (meshX, meshY) = (x, y)
    case (let x?, nil): (meshX, meshY) = (x, max(1, count / x))
    case (nil, let y?): (meshX, meshY) = (max(1, count / y), y)
    case (nil, nil): (meshX, meshY) = (count, 1)
    }
    let (product, overflow) = meshX.multipliedReportingOverflow(by: meshY)
    if overflow || product != count {
      reader.error(
        attributes.first(of: "meshX", "meshY") ?? place,
        "'\(name)' has \(count) instances, but a mesh of \(meshX) x \(meshY)")
    }
  }

  private mutating func readSizes(_ reader: inout TimeloopReader) {
    let number = { (place: Place?, reader: inout TimeloopReader) -> Int64? in
      place.flatMap { reader.integer($0, in: 1...Self.largestCount) }
    }
    if let place = attributes.first(of: "word_bits", "word_width", "datawidth") {
      wordBits = reader.integer(place, in: 1...1024).map { Int($0) } ?? wordBits
    }
    guard kind != .compute else { return }
    let block = number(attributes.first(of: "block_size", "n_words"), &reader)
    let cluster = number(attributes["cluster_size"], &reader)
    if let cluster, cluster != 1 {
      reader.error(
        attributes["cluster_size"] ?? place, "a cluster size of \(cluster) cannot be represented",
        hint: "write the width of one bank, and cluster_size: 1")
    }
    wordsPerAccess = block ?? 1
    let widthPlace = attributes.first(of: "width", "memory_width", "data_storage_width")
    if let widthPlace, let width = number(widthPlace, &reader) {
      let (wholeWords, rest) = width.quotientAndRemainder(dividingBy: Int64(wordBits))
      if rest != 0 || wholeWords == 0 || (block != nil && wholeWords != block) {
        reader.error(
          widthPlace,
          "a width of \(width) bit is not the block of \(block ?? max(1, wholeWords)) words of "
            + "\(wordBits) bit")
      } else {
        wordsPerAccess = wholeWords
      }
    }
    readCapacity(&reader)
  }

  private mutating func readCapacity(_ reader: inout TimeloopReader) {
    let range = 1...Self.largestCount
    var words: Int64?
    if let place = attributes["entries"] {
      words = reader.integer(place, in: range)
    } else if let place = attributes.first(of: "depth", "memory_depth", "data_storage_depth") {
      words = reader.integer(place, in: range).map {
        $0.multipliedReportingOverflow(by: wordsPerAccess).partialValue
      }
    } else if let place = attributes["sizeKB"] {
      words = reader.integer(place, in: 1...(1 << 30)).map { $0 * 1024 * 8 / Int64(wordBits) }
    }
    if let found = words, found > Self.largestCount || found < 1 {
      reader.error(attributes, "'\(name)' is too large")
      words = nil
    }
    if let place = attributes["multiple_buffering"], let buffers = reader.number(place) {
      if buffers < 1 {
        reader.error(place, "expected at least one buffer, found \(place.node.summary)")
      } else if buffers == 2, let found = words, found % 2 == 0 {
        isDoubleBuffered = true
      } else if let found = words {
        words = Int64((Double(found) / buffers).rounded(.down))
      }
    }
    capacityWords = words
  }

  private func refuseUnsupported(_ reader: inout TimeloopReader) {
    for (key, value) in attributes.entries {
      if Self.unsupported.contains(key) {
        let isHarmless =
          value.node.isNull || !TimeloopReader.isTrue(value) && value.node.number == 0
          || value.text == "false" || value.text == "no" || (value.node.entries?.isEmpty ?? false)
          || key == "addr_gen_energy" && (value.node.number ?? 1) <= 0
        if !isHarmless {
          reader.error(value, "'\(key)' of '\(name)' cannot be represented")
        }
      } else if key == "reduction_supported", value.text == "false" || value.text == "no" {
        reader.error(
          value, "'\(name)' without reduction cannot be represented",
          hint: "partial sums are added in every memory that keeps outputs")
      } else if !Self.known.contains(key),
        let near = EditDistance.nearest(to: key, among: Self.known + Self.unsupported)
      {
        reader.warn(value, "'\(key)' means nothing to Timeloop; is '\(near)' meant?")
      }
    }
  }

  /// A number of an attribute, if it is there.
  func number(_ key: String, _ reader: inout TimeloopReader) -> Double? {
    attributes[key].flatMap { reader.number($0) }
  }
}

extension YAMLNode {
  /// A mapping without entries.
  static let empty = YAMLNode(
    .mapping([]), at: SourceLocation(file: "", line: 1, column: 1))
}
