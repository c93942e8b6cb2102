internal import Accelerators
internal import Dataflow
internal import Ops

/// A share by class and tensor.
struct BorderShares: Sendable {
  private var first = SIMD4<Double>(repeating: 0)
  private var second = SIMD4<Double>(repeating: 0)
  private var third = SIMD4<Double>(repeating: 0)

  @inline(__always)
  subscript(number: Int) -> SIMD4<Double> {
    get { number == 0 ? first : number == 1 ? second : third }
    set {
      switch number {
      case 0: first = newValue
      case 1: second = newValue
      default: third = newValue
      }
    }
  }

  /// The larger of each two shares.
  @inline(__always)
  static func most(_ left: BorderShares, _ right: BorderShares) -> BorderShares {
    var most = BorderShares()
    most.first = larger(left.first, right.first)
    most.second = larger(left.second, right.second)
    most.third = larger(left.third, right.third)
    return most
  }
}

extension ProofContext {
  /// The largest share of a tensor's words that may be in tiles at the border, in which a loop at the
  /// array level has one pass while it has more in the others: there the tensor may stay over further
  /// loops.
  ///
  /// With one level outside there is one such tile, of at most `front` indices and fewer than are left
  /// beside a tile of two passes. Along an axis of windows a tile has more words than indices: at most
  /// half of all where the tile is a piece beside one full piece, else at most twice its share.
  ///
  /// - Parameter front: the indices that the array level's children hold at a time, at most.
  func borderShare(_ role: Int, _ dimension: Int, front: Int32) -> Double {
    relevant[role] & (1 << UInt8(dimension)) == 0
      ? 0
      : borderShare(dimension, front: front, isWindow: role == 1 && isInWindow(dimension))
  }

  /// Such shares by class and tensor, of a dimension that can be innermost where the class stays.
  func borderShares(_ dimension: Int, front: Int32) -> BorderShares {
    var shares = BorderShares()
    for number in 0..<3 where innermost[number] & (1 << UInt8(dimension)) != 0 {
      for role in 0..<3 {
        shares[number][role] = borderShare(role, dimension, front: front)
      }
    }
    return shares
  }

  /// The same of any tensor that the dimension moves.
  ///
  /// - Parameter isWindow: whether two dimensions move the tensor along the axis.
  func borderShare(_ dimension: Int, front: Int32, isWindow: Bool) -> Double {
    let bound = bounds[dimension]
    guard !isPerfect, arrayLevel > 0, front < bound else { return 0 }
    if arrayLevel == 1 {
      let most = min(front, bound - front - 1)
      if most <= 0 { return 0 }
      let share = Double(most) / Double(bound)
      if !isWindow { return share }
      return most < front ? 0.5 : min(0.5, 2 * share)
    }
    // Each tile of the outermost level has a border of its own.
    return arrayLevel == 2 && !isWindow
      ? min(1, 0.5 + Double(front) / Double(bound)) : 1
  }

  /// The largest share that any dimension can have.
  var mostBorderShare: Double { isPerfect || arrayLevel == 0 ? 0 : arrayLevel == 1 ? 0.5 : 1 }

  /// Whether the innermost loop outside the array level is the same for all tiles, so that it says
  /// what stays over the loops there: with imperfect factors further levels may have tiles at the
  /// border with no pass of it.
  var knowsOuterClass: Bool { isPerfect || arrayLevel <= 1 }

  /// Of each level, the longest tile of a dimension that fits if all others are single indices.
  func longestTiles(_ dimension: Int, keeps: [TensorSet]) -> [Int32] {
    keeps.indices.map { level in
      let bound = bounds[dimension]
      guard let memory = space.hierarchy.levels[level].memory else { return bound }
      var longest = Int64(bound)
      for role in keeps[level].members
      where present.contains(role) && isRelevant(dimension, to: role) && isSimple(role, dimension)
        && !(role == .input && isInWindow(dimension))
      {
        let bits = Int64(space.widthBits(role, level: level, outermostReduction: nil))
        switch memory.capacity {
        case .unbounded: break
        case .shared(let available): longest = min(longest, available / max(1, bits))
        case .partitions(let available):
          longest = min(longest, (available[role] ?? 0) / max(1, bits))
        }
      }
      return Int32(clamping: longest)
    }
  }

  /// Whether a level's loop in time, when it begins again, finds no words of the input that it left,
  /// wherever loops outside are.
  ///
  /// - Parameter chains: of each dimension, how it is cut.
  func restartsAfresh(
    _ dimension: Int, _ level: Int, _ chains: UnsafePointer<CutChain>
  ) -> Bool {
    // Of an axis that is too long to be looked at nothing is known.
    guard let number = windowNumber(dimension) else { return isSimple(.input, dimension) }
    let window = windowTable.baseAddress.unsafelyUnwrapped + number
    let chain = chains + dimension
    let (step, passes) = (chain.pointee.front[level], chain.pointee.leastPasses[level])
    return passes
      >= window.pointee.passesToRestartAfresh(
        dimension, step: step, spanOfChild: spanOfChild(dimension, level, chains) ?? 0)
  }

  /// Words along an axis of the input that each of the array level's children reaches, where it has
  /// indices of the other dimension of its own that stay while a loop of this one runs at the array
  /// level; `nil` elsewhere.
  @inline(__always)
  func spanOfChild(
    _ dimension: Int, _ level: Int, _ chains: UnsafePointer<CutChain>
  ) -> Int32? {
    guard level == arrayLevel, !passesInputOn, let number = windowNumber(dimension)
    else { return nil }
    let window = windowTable.baseAddress.unsafelyUnwrapped + number
    let partner = window.pointee.partner(dimension)
    return chains[partner].front[level] >= bounds[partner] ? span(window, chains) : nil
  }

  /// Words along an axis of the input that each of the array level's children reaches.
  @inline(__always)
  func span(_ window: UnsafePointer<WindowWords>, _ chains: UnsafePointer<CutChain>) -> Int32 {
    window.pointee.span(
      outputs: chains[window.pointee.p].step(after: arrayLevel, of: levelCount),
      filters: chains[window.pointee.r].step(after: arrayLevel, of: levelCount))
  }
}
