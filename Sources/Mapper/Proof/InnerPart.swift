internal import Ops

/// One way to run all dimensions below the array level, with lower bounds of what it costs.
struct InnerPart {
  /// Of each variable, the number of its chain.
  var chains = SIMD8<UInt16>(repeating: 0)
  /// Of each tensor, picojoules where it moves as often as loops outside ask for, and where it stays
  /// over all of them.
  var moving = SIMD4<Double>(repeating: 0)
  var staying = SIMD4<Double>(repeating: 0)
  var fresh = Fresh()
  /// Of each tensor, picojoules of each further time that it moves where it stayed.
  var again = SIMD4<Double>(repeating: 0)
  /// Of each tensor, the largest share of its words that may stay where tiles at the border have
  /// fewer passes.
  var shares = SIMD4<Double>(repeating: 0)
  /// By dimension, such a share where it is the innermost one: of a tensor each of whose words is an
  /// index, and of the input.
  var borders = SIMD8<Double>(repeating: 0)
  var inputBorders = SIMD8<Double>(repeating: 0)
  /// Cycles of the steps and of the first and last tiles.
  var cycles = 0.0
  /// Cycles of each port, by the set of tensors that stay.
  var ports: (PortCycles, PortCycles, PortCycles) = (
    PortCycles(repeating: 0), PortCycles(repeating: 0), PortCycles(repeating: 0)
  )
  /// Cycles of the slowest port, whatever stays.
  var leastPorts = 0.0
  /// Of each dimension, the tiles that may be in front of the array level's children.
  var leastFront = SIMD8<Int32>(repeating: 1)
  var mostFront = SIMD8<Int32>(repeating: 1)
  /// Of a dimension along an axis of the input, where all indices of the axis's other one are at work
  /// together, the words that a child of the array level reaches; else 0.
  var spans = SIMD8<Int32>(repeating: 0)
  /// The least energy by the set of tensors that stay.
  var energies = SIMD4<Double>(repeating: 0)
  /// The least energy whatever stays, and by what parts are ordered.
  var energy = 0.0
  var score = 0.0

  /// What the input costs if no sweep over an axis finds words of the one before: picojoules where it
  /// moves and each further time, and how much longer it keeps ports busy where it moves.
  struct Fresh {
    var moving = 0.0
    var again = 0.0
    var morePorts = PortCycles(repeating: 0)
    /// Picojoules where nothing slides, and by dimension where it slides along that one alone.
    var unslid = 0.0
    var along = SIMD8<Double>(repeating: 0)
    /// By dimension along an axis, the longest tile of the array level whose loop does not surely leave
    /// nothing of its last pass as it begins again; the same if it has two passes; and the share of words
    /// that are not in a tile at the border of so few passes.
    var longest = SIMD8<Int32>(repeating: .max)
    var longestOfTwo = SIMD8<Int32>(repeating: .max)
    var shares = SIMD8<Double>(repeating: 0)
  }

  @inline(__always)
  func ports(_ number: Int) -> PortCycles {
    number == 0 ? ports.0 : number == 1 ? ports.1 : ports.2
  }

  func precedes(_ other: InnerPart) -> Bool {
    score == other.score ? chains.precedes(other.chains) : score < other.score
  }
}

/// The least that an outer part adds to an inner one.
struct LeastOuter {
  var energy = 0.0
  /// Cycles of each port for outer transfers, and of the slowest for what must move at all.
  var ports = PortCycles(repeating: 0)
  var slowestPort = 0.0
}
