internal import Accelerators
internal import Dataflow
internal import Ops

/// What an array charges for each word of a problem, computed once.
///
/// An output word's width, and so its price, depends on whether it is a partial sum, which is so
/// below the outermost reduction loop; of each level there is a variant for each place of that loop.
struct ArrayPrices {
  /// Where the outermost loop over a reduction dimension is, seen from a level.
  enum Reduction: Int, CaseIterable {
    /// Further in, or nowhere: output words are final on both sides of the level.
    case inside
    /// At the level: towards the children they are partial sums.
    case here
    /// Further out: they are partial sums on both sides.
    case outside
  }

  static let streamCount = 12

  /// A stream as a number: a tensor and a kind of access.
  @inline(__always)
  static func stream(_ tensor: Int, _ kind: Kind) -> Int { 4 * tensor + kind.rawValue }

  enum Kind: Int {
    case reads, fills, updates, drains

    init(_ kind: AccessKind) {
      switch kind {
      case .reads: self = .reads
      case .fills: self = .fills
      case .updates: self = .updates
      case .drains: self = .drains
      }
    }
  }

  /// A stream a port carries; `weights` are cycles' shares a word, for each variant of its level.
  struct Load {
    var stream: Int
    var weights: (Double, Double, Double)

    @inline(__always)
    func weight(_ reduction: Reduction) -> Double {
      switch reduction {
      case .inside: weights.0
      case .here: weights.1
      case .outside: weights.2
      }
    }
  }

  /// A port: cycles are the sum of its loads over the divisor.
  struct PortLoads {
    var loads: Range<Int>
    var divisor: Double
  }

  struct Level {
    var ports: Range<Int> = 0..<0
    /// Streams (as bits) that any of its ports carries.
    var carried: UInt16 = 0
    var isMemory = false
    var stopsChildren = false
    /// Bits for tiles: of all tensors, or of each (`Double.infinity` where nothing limits them).
    var sharedBits = Double.infinity
    var partitionBits: (Double, Double, Double) = (.infinity, .infinity, .infinity)
    var additionPicojoules = 0.0
    /// Whether anything on the wires below costs energy: tensors as bits.
    var pricedWires: UInt8 = 0
    var limitsTiles = false
  }

  private(set) var levels: [Level] = []
  private(set) var ports: [PortLoads] = []
  private(set) var loads: [Load] = []
  /// By level, variant and stream.
  private var energies: [Double] = []
  /// By level, tensor and whether the words are partial sums.
  private var hops: [Double] = []
  /// Width of a stored word, by level, tensor and whether it is a partial sum.
  private var storedBits: [Double] = []
  /// Energy that does not depend on the mapping.
  let constantPicojoules: Double
  /// Leakage and static power.
  let picojoulesPerCycle: Double

  init(_ problem: Problem, on array: SpatialArray) {
    constantPicojoules = Double(problem.iterations) * array.compute.operationPicojoules
    let hierarchy = array.hierarchy
    picojoulesPerCycle =
      array.levels.indices.reduce(array.staticMilliwatts * 1000 / array.clockMegahertz) {
        $0 + (array.levels[$1].memory?.leakPicojoulesPerCycle ?? 0)
          * Double(hierarchy.instances(ofLevel: $1))
      } + array.compute.leakPicojoulesPerCycle * Double(array.laneCount)
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
    var prices = Level()
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
      let number = Self.stream(Int(stream.tensor.rawValue), Kind(stream.kind))
      carried |= 1 << UInt16(number)
      var weights = [1.0, 1, 1]
      if case .bytesPerCycle = port.rate {
        weights = widths.map { Double(Self.bits($0, stream.tensor, stream.kind, index)) }
      }
      loads.append(Load(stream: number, weights: (weights[0], weights[1], weights[2])))
    }
    let divisor =
      switch port.rate {
      case .wordsPerCycle(let rate): rate
      case .bytesPerCycle(let rate): 8 * rate
      }
    ports.append(PortLoads(loads: firstLoad..<loads.count, divisor: divisor))
  }

  private static func bits(
    _ widths: WordWidths, _ role: TensorRole, _ kind: AccessKind, _ level: Int
  ) -> Int {
    switch kind {
    case .reads, .updates: widths.storedBits(role, atLevel: level)
    case .fills, .drains: widths.parentSideBits(role, atLevel: level)
    }
  }

  /// Picojoules of one word.
  @inline(__always)
  func energy(_ level: Int, _ reduction: Reduction, _ stream: Int) -> Double {
    energies[(level &* 3 &+ reduction.rawValue) &* Self.streamCount &+ stream]
  }

  /// Picojoules of one word on the wires below a level.
  @inline(__always)
  func hop(_ level: Int, _ tensor: Int, _ reduction: Reduction) -> Double {
    hops[(level &* 3 &+ tensor) &* 2 &+ (reduction == .inside ? 0 : 1)]
  }

  @inline(__always)
  func storedBits(_ level: Int, _ tensor: Int, _ reduction: Reduction) -> Double {
    storedBits[(level &* 3 &+ tensor) &* 2 &+ (reduction == .inside ? 0 : 1)]
  }
}
