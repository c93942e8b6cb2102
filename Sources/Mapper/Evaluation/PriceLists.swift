internal import Accelerators
internal import Dataflow
internal import Ops

/// The lists of ``ArrayPrices`` while they are made.
struct PriceLists {
  private(set) var levels: [ArrayPrices.Level] = []
  private(set) var ports: [ArrayPrices.PortLoads] = []
  private(set) var loads: [ArrayPrices.Load] = []
  private(set) var energies: [Double] = []
  private(set) var hops: [Double] = []
  private(set) var storedBits: [Double] = []

  init(_ problem: Problem, on array: SpatialArray) {
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
      if level.fanout.hopPicojoulesPerBit != 0
        || role == .output && level.fanout.additionPicojoules != 0
      {
        prices.pricedWires |= TensorSet(role).rawValue
      }
    }
    prices.additionPicojoules = level.fanout.additionPicojoules
    let firstPort = ports.count
    for port in level.memory?.ports ?? [] { add(port, index, widths, &prices.carried) }
    prices.ports = firstPort..<ports.count
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

  private mutating func add(
    _ port: Port, _ index: Int, _ widths: [WordWidths], _ carried: inout UInt16
  ) {
    let firstLoad = loads.count
    for stream in port.carries {
      let number = ArrayPrices.stream(Int(stream.tensor.rawValue), ArrayPrices.Kind(stream.kind))
      carried |= 1 << UInt16(number)
      var weights = [1.0, 1, 1]
      if case .bytesPerCycle = port.rate {
        weights = widths.map { Double(Self.bits($0, stream.tensor, stream.kind, index)) }
      }
      loads.append(ArrayPrices.Load(stream: number, weights: (weights[0], weights[1], weights[2])))
    }
    let divisor =
      switch port.rate {
      case .wordsPerCycle(let rate): rate
      case .bytesPerCycle(let rate): 8 * rate
      }
    ports.append(ArrayPrices.PortLoads(loads: firstLoad..<loads.count, divisor: divisor))
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
