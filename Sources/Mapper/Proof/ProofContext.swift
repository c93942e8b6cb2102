internal import Accelerators
internal import Dataflow
internal import Ops

/// What all parts of one problem's search share.
final class ProofContext: Sendable {
  let space: Mapspace
  let lattice: TileLattice
  let prices: Prices
  let unrollings: [Unrollings]
  /// The sets of tensors (bits) that some dimension does not move; the classes of loops.
  let classes: [UInt8]
  /// Of each dimension, the number of its class.
  let classOfDimension: [Int]
  /// Of each class, the dimensions along which the input may slide when it is innermost.
  private let slides: [[Int]]
  let inputSlides: InputSlides
  let iterations: Double
  /// The share of iterations whose input word is none of the padding.
  let leastPresent: Double
  /// Of each tile, its input words at the first place.
  let firstInputWords: [Double]

  init(_ space: Mapspace) {
    self.space = space
    let tiles = space.tiles
    lattice = TileLattice(space.problem, tiles: tiles)
    prices = Prices(space)
    unrollings = space.levels.indices.map {
      Unrollings(tiles: tiles, rules: space.levels[$0], level: space.hierarchy.levels[$0])
    }
    iterations = Double(space.problem.iterations)
    inputSlides = InputSlides(
      space.problem, tiles: tiles, storesPadding: space.array.switches.storesPadding)
    leastPresent =
      lattice.inputWords[0] * lattice.copies.input[0] / Double(space.problem.iterations)
    firstInputWords = Self.firstInputWords(
      space.problem, tiles: tiles, storesPadding: space.array.switches.storesPadding)
    let still = tiles.dimensions.indices.map { dimension -> UInt8 in
      TensorRole.allCases.reduce(0) {
        tiles.relevant[$1] & (1 << UInt8(dimension)) == 0 ? $0 | (1 << $1.rawValue) : $0
      }
    }
    let classes = Array(Set(still)).sorted()
    self.classes = classes.isEmpty ? [0] : classes
    classOfDimension = still.map { classes.firstIndex(of: $0) ?? 0 }
    let inputSlides = inputSlides
    let input = UInt8(1) << TensorRole.input.rawValue
    slides = self.classes.map { tensors in
      tiles.dimensions.indices.filter {
        inputSlides.slides(along: $0) && (tensors & input != 0 || still[$0] == tensors)
      }
    }
  }

  private static func firstInputWords(
    _ problem: Problem, tiles: TileTables, storesPadding: Bool
  ) -> [Double] {
    var words = [Double](
      repeating: problem.projections.input == nil ? 0 : 1, count: tiles.count)
    for axis in problem.projections.input?.axes ?? [] {
      let terms = axis.terms.map { term in
        (tiles.dimensions.firstIndex(of: term.dimension), Double(term.coefficient))
      }
      for tile in words.indices {
        let extents = terms.map { $0.0.map { Double(tiles.extents[tile][$0]) } ?? 1 }
        let elements = TileTables.elements(
          extents[0], terms[0].1, extents.count > 1 ? extents[1] : 1,
          terms.count > 1 ? terms[1].1 : 1, false)
        guard !storesPadding else {
          words[tile] *= elements
          continue
        }
        let span = zip(extents, terms).reduce(1.0) { $0 + ($1.0 - 1) * $1.1.1 }
        let inside =
          min(Double(axis.extent), Double(axis.offset) + span) - max(0, Double(axis.offset))
        words[tile] *= max(0, elements - (span - max(0, inside)))
      }
    }
    return words
  }

  /// Words of each tensor that move into tiles of a shape, at least, where loops of a class are
  /// innermost outside.
  func leastMoves(classes number: Int, into tile: Int) -> SIMD4<Double> {
    let still = classes[number]
    var words = SIMD4<Double>(repeating: 0)
    words[0] = lattice.distinct.weight * (still & 1 != 0 ? 1 : lattice.copies.weight[tile])
    words[2] = lattice.distinct.output * (still & 4 != 0 ? 1 : lattice.copies.output[tile])
    words[1] =
      lattice.inputWords[tile] * (still & 2 != 0 ? 1 : lattice.copies.input[tile])
      * leastShare(classes: number, step: tile, of: tile)
    return words
  }

  /// The share of input words that must move into tiles when those in front of the fan-out move by
  /// steps of another tile.
  private func leastShare(classes number: Int, step: Int, of tile: Int) -> Double {
    var share = 1.0
    let (steps, digits) = (lattice.tiles.digits[step], lattice.tiles.digits[tile])
    for dimension in slides[number] {
      share = min(
        share,
        inputSlides.leastShare(along: dimension, step: steps[dimension], of: digits))
    }
    return share
  }

  /// The least energy of a transfer where loops of a class are innermost outside.
  ///
  /// - Parameter words: what moves into the tile in front of the fan-out, of each tensor.
  func leastEnergy(
    of transfer: Transfer, _ way: Unrolling, front: Int, tile: Int, words: SIMD4<Double>,
    classes number: Int
  ) -> Double {
    if transfer.isToLanes { return lanesEnergy(of: transfer, way, tile: tile) }
    let index = Int(transfer.role.rawValue)
    guard transfer.role == .input else {
      let price = transfer.pricePerMove(way)
      if price >= 0 { return price * words[index] }
      // Fewer moves would cost more: the most there can be.
      let most =
        transfer.mayMoveMore
        ? iterations / way.copies[index] : lattice.distinct.output * lattice.copies.output[front]
      return price * most
    }
    let holds = classes[number] & 2 != 0
    let fills =
      lattice.inputWords[tile] * (holds ? way.copies[1] : lattice.copies.input[tile])
      * leastShare(classes: number, step: front, of: tile)
    return inputReads(way, front: front, tile: tile, moved: words[1]) {
      lattice.inputWords[$0] * (holds ? 1 : lattice.copies.input[front])
        * leastShare(classes: number, step: front, of: $0)
    } * transfer.read + fills * (transfer.fill + transfer.hop)
  }

  /// Reads of a parent for the children's tiles.
  ///
  /// - Parameter part: words that move into tiles of a shape, if one read does not reach over all
  ///   children.
  @inline(__always)
  func inputReads(
    _ way: Unrolling, front: Int, tile: Int, moved: Double, _ part: (Int) -> Double
  ) -> Double {
    if way.reachesAll { return moved * way.apart[1] }
    var digits = lattice.tiles.digits[front]
    let own = lattice.tiles.digits[tile]
    for dimension in lattice.tiles.dimensions.indices where inputSlides.slides(along: dimension) {
      let list = lattice.tiles.divisors[dimension]
      digits[dimension] =
        lattice.products[dimension][
          Int(own[dimension]) * list.count + Int(way.reach[dimension])]
    }
    return part(lattice.tiles.tile(digits)) * way.apart[1]
  }

  /// Accesses of a tensor's keeper by the lanes: one an iteration, shared by those that wires join.
  func laneAccesses(of transfer: Transfer, _ way: Unrolling, tile: Int) -> Double {
    let index = Int(transfer.role.rawValue)
    let separate = iterations * way.apart[index] / (way.copies[index] * transfer.innerSharing)
    guard transfer.role == .input else { return separate }
    if tile == 0 && transfer.innerSharing == 1 {
      // The lanes' iterations are neighbours: together they reach a tile.
      var digits = way.reach
      for dimension in lattice.tiles.dimensions.indices
      where lattice.tiles.relevant.input & (1 << UInt8(dimension)) == 0 {
        digits[dimension] = way.passes[dimension]
      }
      let united = lattice.tiles.tile(digits)
      return lattice.inputWords[united] * lattice.copies.input[united] * way.apart[1]
    }
    var reads = separate
    for dimension in lattice.tiles.dimensions.indices where way.reach[dimension] != 0 {
      // Of two dimensions of an axis, lanes share a word at most as often as the shorter.
      guard let slide = lattice.tiles.slides[dimension], slide.other > dimension else { continue }
      let passes = lattice.tiles.divisors[dimension][Int(way.reach[dimension])]
      let other = lattice.tiles.divisors[slide.other][Int(way.reach[slide.other])]
      reads /= Double(min(passes, other))
    }
    return reads * leastPresent
  }

  /// The least energy of what the lanes take in and give back.
  func lanesEnergy(of transfer: Transfer, _ way: Unrolling, tile: Int) -> Double {
    let accesses = laneAccesses(of: transfer, way, tile: tile)
    let index = Int(transfer.role.rawValue)
    let sent = iterations / transfer.innerSharing
    guard transfer.role == .output else {
      let delivered = transfer.role == .input ? sent * leastPresent : sent
      return accesses * transfer.read + delivered * transfer.hop
    }
    let returns = sent / way.copies[index]
    let added = transfer.innerSharing > 1 ? 0 : iterations - accesses
    return accesses * transfer.update + returns * (transfer.read + transfer.hop)
      + sent * transfer.hop + added * transfer.addition
  }
}
