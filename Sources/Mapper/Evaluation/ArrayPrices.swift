internal import Accelerators
internal import Dataflow
internal import Ops

/// What an array charges for each word of a problem, computed once.
///
/// An output word's width, and so its price, depends on whether it is a partial sum, which is so
/// below the outermost reduction loop. Of each level there are three variants of the prices: 0 where
/// that loop is further in, or nowhere, so that words are final on both sides; 1 where it is at the
/// level, and words are partial sums towards the children; 2 where it is further out.
struct ArrayPrices {
  static let streamCount = 12

  /// A stream as a number: a tensor and a kind of access.
  @inline(__always)
  static func stream(_ tensor: Int, _ kind: Kind) -> Int { 4 &* tensor &+ kind.rawValue }

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

  /// A stream that a port carries.
  struct Load {
    var port: Int
    /// The port's load a word, for each variant of its level.
    var weights: (Double, Double, Double)

    @inline(__always)
    func weight(_ reduction: Int) -> Double {
      reduction == 0 ? weights.0 : reduction == 1 ? weights.1 : weights.2
    }
  }

  struct Level {
    /// The number of ports of the level and of those outside of it.
    var lastPort = 0
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
  /// Of each port, what its load is divided by to give cycles; outermost level first.
  let divisors: UnsafeBufferPointer<Double>
  let loads: UnsafeBufferPointer<Load>
  /// By level and stream, the loads on ports.
  private let streams: UnsafeBufferPointer<Range<Int>>
  /// By level, variant and stream.
  let energies: UnsafeBufferPointer<Double>
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
    divisors = UnsafeBufferPointer(copying: lists.divisors)
    streams = UnsafeBufferPointer(copying: lists.streams)
    loads = UnsafeBufferPointer(copying: lists.loads)
    energies = UnsafeBufferPointer(copying: lists.energies)
    hops = UnsafeBufferPointer(copying: lists.hops)
    storedBits = UnsafeBufferPointer(copying: lists.storedBits)
  }

  func deallocate() {
    levels.deallocate()
    divisors.deallocate()
    streams.deallocate()
    loads.deallocate()
    energies.deallocate()
    hops.deallocate()
    storedBits.deallocate()
  }

  /// The ports that carry a stream of a level.
  @inline(__always)
  func loads(_ level: Int, _ stream: Int) -> Range<Int> {
    streams[level &* Self.streamCount &+ stream]
  }

  /// Picojoules of one word on the wires below a level.
  @inline(__always)
  func hop(_ level: Int, _ tensor: Int, _ reduction: Int) -> Double {
    hops[(level &* 3 &+ tensor) &* 2 &+ (reduction == 0 ? 0 : 1)]
  }

  @inline(__always)
  func storedBits(_ level: Int, _ tensor: Int, _ reduction: Int) -> Double {
    storedBits[(level &* 3 &+ tensor) &* 2 &+ (reduction == 0 ? 0 : 1)]
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
