internal import Ops

/// A range of one dimension's indices; extent 0 is no index.
struct Piece: Hashable, Sendable {
  var start: Int64
  var extent: Int64

  /// The pass `index` of a loop of the given step inside the piece.
  func pass(_ index: Int64, step: Int64) -> Piece {
    let offset = index * step
    guard offset < extent else { return Piece(start: start, extent: 0) }
    return Piece(start: start + offset, extent: min(step, extent - offset))
  }
}

/// The steps at which words are counted, as one dimension sees them.
enum Cut: Hashable, Sendable {
  /// The first step.
  case start
  /// The last step.
  case end
  /// Every step.
  case all
  /// The steps at which one loop advances and all loops inside it begin again. `outer` counts the
  /// dimension's temporal loops outside of that loop; `advances` tells whether it is the dimension's own.
  case carry(outer: Int, advances: Bool)
}

/// The indices between which a tile touches no padding, so that only its shape matters.
enum Interior: Hashable, Sendable {
  /// Only extents matter.
  case everywhere
  /// Positions matter except for pieces inside the range.
  case range(Range<Int64>)
}

/// Steps that look the same along one dimension: the pieces of all choices of spatial indices.
struct PieceClass: Sendable {
  /// How many choices of the dimension's temporal indices look like this.
  var multiplicity: Int64
  /// The piece of each choice of spatial indices at the step; the first loop's index varies slowest.
  var new: [Piece]
  /// The pieces at the step before; `nil` when they are the same.
  var old: [Piece]?
}

extension LoopNest {
  /// All steps of a cut, along one dimension, for the tiles of level `depth`.
  ///
  /// - Complexity: O(*classes* × *choices of spatial indices*); the classes are few, because
  ///   passes of full extent in the interior are one class.
  func pieceClasses(
    of dimension: LoopDimension, depth: Int, cut: Cut, interior: Interior
  ) -> [PieceClass] {
    let loops = chain(dimension).filter { $0.level < depth }
    var enumeration = PieceEnumeration(loops: loops, cut: cut, interior: interior)
    let whole = Piece(start: 0, extent: Int64(bounds[dimension]))
    enumeration.visit(0, rank: 0, PieceClass(multiplicity: 1, new: [whole], old: nil))
    return enumeration.classes
  }
}

/// A walk down a dimension's chain that splits into a branch for each group of equal passes.
private struct PieceEnumeration {
  let loops: [LoopNest.ChainLoop]
  let cut: Cut
  let interior: Interior
  var classes: [PieceClass] = []

  /// - Parameter rank: How many temporal loops of the chain lie outside of `index`.
  mutating func visit(_ index: Int, rank: Int, _ state: PieceClass) {
    guard index < loops.count else {
      classes.append(state)
      return
    }
    let loop = loops[index]
    let step = Int64(loop.step)
    guard loop.order != nil else {
      let next = PieceClass(
        multiplicity: state.multiplicity, new: spread(state.new, loop),
        old: state.old.map { spread($0, loop) })
      return visit(index + 1, rank: rank, next)
    }
    switch cut {
    case .start:
      visit(index + 1, rank: rank + 1, state.passes(new: 0, old: nil, step: step))
    case .end:
      let last = passes(of: state.new, step: step) - 1
      visit(index + 1, rank: rank + 1, state.passes(new: last, old: nil, step: step))
    case .all:
      visitEach(index, rank: rank, state, step: step, from: 0)
    case .carry(let outer, let advances):
      if rank < outer {
        visitEach(index, rank: rank, state, step: step, from: 0)
      } else if rank == outer && advances {
        visitEach(index, rank: rank, state, step: step, from: 1)
      } else {
        let last = passes(of: state.old ?? state.new, step: step) - 1
        let moves = state.old != nil || last > 0
        visit(
          index + 1, rank: rank + 1, state.passes(new: 0, old: moves ? last : nil, step: step))
      }
    }
  }

  /// Visits the passes from `first` on, with the pass before as the old one where `first` is 1.
  private mutating func visitEach(
    _ index: Int, rank: Int, _ state: PieceClass, step: Int64, from first: Int64
  ) {
    let count = passes(of: state.new, step: step)
    let full = state.new.filter { $0.extent > 0 }.map { $0.extent / step }.min() ?? 0
    var pass = first
    while pass < count {
      let alike = min(
        alikePasses(from: pass, full: full, state.new, step: step, first), count - pass)
      var next = state.passes(new: pass, old: first == 1 ? pass - 1 : nil, step: step)
      next.multiplicity *= alike
      visit(index + 1, rank: rank + 1, next)
      pass += alike
    }
  }

  /// How many passes from one on look alike: full everywhere, and inside the interior.
  private func alikePasses(
    from pass: Int64, full: Int64, _ pieces: [Piece], step: Int64, _ first: Int64
  ) -> Int64 {
    guard pass < full else { return 1 }
    switch interior {
    case .everywhere:
      return full - pass
    case .range(let range):
      var lowest = Int64.max
      var highest = Int64.min
      for piece in pieces where piece.extent > 0 {
        lowest = min(lowest, piece.start)
        highest = max(highest, piece.start)
      }
      guard lowest + (pass - first) * step >= range.lowerBound else { return 1 }
      // The last pass p with highest + (p + 1) * step <= upperBound.
      let room = range.upperBound - highest
      guard room >= (pass + 1) * step else { return 1 }
      return min(full, room / step) - pass
    }
  }

  /// Passes that exist where all spatial indices are 0, which have the longest pieces.
  private func passes(of pieces: [Piece], step: Int64) -> Int64 {
    (pieces[0].extent + step - 1) / step
  }

  private func spread(_ pieces: [Piece], _ loop: LoopNest.ChainLoop) -> [Piece] {
    var result: [Piece] = []
    result.reserveCapacity(pieces.count * Int(loop.passes))
    for piece in pieces {
      for index in 0..<Int64(loop.passes) {
        result.append(piece.pass(index, step: Int64(loop.step)))
      }
    }
    return result
  }
}

extension PieceClass {
  /// The class inside pass `new` of a loop; the step before was in pass `old`, or in the same.
  fileprivate func passes(new index: Int64, old oldIndex: Int64?, step: Int64) -> PieceClass {
    PieceClass(
      multiplicity: multiplicity, new: new.map { $0.pass(index, step: step) },
      old: oldIndex.map { oldIndex in (old ?? new).map { $0.pass(oldIndex, step: step) } })
  }
}
