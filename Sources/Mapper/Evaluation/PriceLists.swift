internal import Accelerators
internal import Dataflow
internal import Ops

/// The lists of ``ArrayPrices`` while they are made.
struct PriceLists {
  private(set) var levels: [ArrayPrices.Level] = []
  private(set) var divisors: [Double] = []
  private(set) var streams: [Range<Int>] = []
  private(set) var loads: [ArrayPrices.Load] = []
  private(set) var energies: [Double] = []
  private(set) var hops: [Double] = []
  private(set) var storedBits: [Double] = []
  private let homes: PerTensor<Int>

  init(_ problem: Problem, on array: SpatialArray) {
    homes = array.homes
    let hierarchy = array.hierarchy
    for index in array.levels.indices {
      // The outermost reduction loop inside the level, at it, and outside of it.
      let widths = [index + 1, index, index - 1].map {
        WordWidths(
          problem, on: hierarchy, outermostReductionLevel: $0 < array.levels.count ? $0 : nil)
      }
      add(array.levels[index], hierarchy.levels[index], index, widths)
    }
  }

  private mutating func add(
    _ level: ArrayLevel, _ part: Hierarchy.Level, _ index: Int, _ widths: [WordWidths]
  ) {
    var prices = ArrayPrices.Level()
    for width in widths {
      for role in TensorRole.allCases {
        for kind in AccessKind.allCases {
          let bits = Self.bits(width, role, kind, index)
          energies.append(level.memory?.energy[role][kind].picojoulesPerWord(bits: bits) ?? 0)
        }
      }
    }
    for role in TensorRole.allCases {
      for width in widths.prefix(2) {
        let bits = Double(width.wireBits(role, belowLevel: index))
        hops.append(bits * level.fanout.hopPicojoulesPerBit)
        storedBits.append(Double(width.storedBits(role, atLevel: index)))
      }
      // Nothing of a tensor crosses the wires above the level it lives in.
      if index >= homes[role],
        level.fanout.hopPicojoulesPerBit != 0
          || role == .output && level.fanout.additionPicojoules != 0
      {
        prices.pricedWires |= TensorSet(role).rawValue
      }
    }
    prices.additionPicojoules = level.fanout.additionPicojoules
    add(level.memory?.ports ?? [], index, widths, &prices)
    if let memory = level.memory {
      prices.isMemory = true
      prices.stopsChildren = memory.buffering == .single
    }
    switch part.memory?.capacity {
    case .none, .unbounded: break
    case .shared(let bits):
      prices.sharedBits = Double(bits)
      prices.limitsTiles = true
    case .partitions(let bits):
      let available = bits.map { Double($0 ?? 0) }
      prices.partitionBits = (available.weight, available.input, available.output)
      prices.limitsTiles = true
    }
    levels.append(prices)
  }

  /// Adds a level's ports, and of each stream the ports that carry it.
  private mutating func add(
    _ added: [Port], _ index: Int, _ widths: [WordWidths], _ prices: inout ArrayPrices.Level
  ) {
    for tensor in TensorRole.allCases {
      for kind in AccessKind.allCases {
        let firstLoad = loads.count
        for (number, port) in added.enumerated() {
          for stream in port.carries where stream == AccessStream(tensor, kind) {
            var weights = [1.0, 1, 1]
            if case .bytesPerCycle = port.rate {
              weights = widths.map { Double(Self.bits($0, tensor, kind, index)) }
            }
            loads.append(
              ArrayPrices.Load(
                port: divisors.count + number, weights: (weights[0], weights[1], weights[2])))
          }
        }
        let stream = ArrayPrices.stream(Int(tensor.rawValue), ArrayPrices.Kind(kind))
        streams.append(firstLoad..<loads.count)
        if loads.count > firstLoad { prices.carried |= 1 << UInt16(stream) }
      }
    }
    for port in added {
      switch port.rate {
      case .wordsPerCycle(let rate): divisors.append(rate)
      case .bytesPerCycle(let rate): divisors.append(8 * rate)
      }
    }
    prices.lastPort = divisors.count
  }

  private static func bits(
    _ widths: WordWidths, _ role: TensorRole, _ kind: AccessKind, _ level: Int
  ) -> Int {
    switch kind {
    case .reads, .updates: widths.storedBits(role, atLevel: level)
    case .fills, .drains: widths.parentSideBits(role, atLevel: level)
    }
  }
}
