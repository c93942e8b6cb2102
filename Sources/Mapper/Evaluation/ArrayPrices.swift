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

  let levels: UnsafeBufferPointer<Level>
  let ports: UnsafeBufferPointer<PortLoads>
  let loads: UnsafeBufferPointer<Load>
  /// By level, variant and stream.
  private let energies: UnsafeBufferPointer<Double>
  /// By level, tensor and whether the words are partial sums.
  private let hops: UnsafeBufferPointer<Double>
  /// Width of a stored word, by level, tensor and whether it is a partial sum.
  private let storedBits: UnsafeBufferPointer<Double>
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
    let lists = PriceLists(problem, on: array)
    levels = UnsafeBufferPointer(copying: lists.levels)
    ports = UnsafeBufferPointer(copying: lists.ports)
    loads = UnsafeBufferPointer(copying: lists.loads)
    energies = UnsafeBufferPointer(copying: lists.energies)
    hops = UnsafeBufferPointer(copying: lists.hops)
    storedBits = UnsafeBufferPointer(copying: lists.storedBits)
  }

  func deallocate() {
    levels.deallocate()
    ports.deallocate()
    loads.deallocate()
    energies.deallocate()
    hops.deallocate()
    storedBits.deallocate()
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

extension UnsafeBufferPointer {
  /// Elements that do not change, to be read without counting references; the owner deallocates
  /// them.
  init(copying elements: [Element]) {
    let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: elements.count)
    _ = buffer.initialize(from: elements)
    self.init(buffer)
  }
}
