internal import Ops

/// How many input words move into tiles that slide along an axis: never more than really do.
///
/// An axis of the input is reached by two dimensions (rows: p and r). When the innermost loop that
/// moves the input is one of them, a tile's words of the step before serve again. The tables here
/// give, of all places of a tile along an axis, the words that the tile of the place before did not
/// hold, padding left out.
struct InputSlides {
  /// What may be held when a slide begins again.
  enum Restart: UInt8, Sendable {
    /// Nothing: another channel, group or image came between.
    case nothing
    /// The tile of the last place of the slide, at most.
    case lastPlace
    /// Anything.
    case anything
  }

  /// One of the two dimensions of an axis, with the other.
  fileprivate struct Direction {
    var own: [Int32]
    var other: [Int32]
    var coefficient: Int64
    var otherCoefficient: Int64
    var offset: Int64
    var extent: Int64
    var clips: Bool
    var otherDimension: Int
    /// Of each pair of extents, the words in all places.
    var totals: [Double] = []
    /// Of each step, extent and other extent, the share of the words that moves when the slide
    /// runs over the whole dimension.
    var longest: [Double] = []
  }

  private var directions: [Direction?]

  init(_ problem: Problem, tiles: TileTables, storesPadding: Bool) {
    directions = Array(repeating: nil, count: tiles.dimensions.count)
    for axis in problem.projections.input?.axes ?? [] where axis.terms.count == 2 {
      let found = axis.terms.map { term in tiles.dimensions.firstIndex(of: term.dimension) }
      guard let first = found[0], let second = found[1] else { continue }
      for (own, other, term, otherTerm) in [
        (first, second, axis.terms[0], axis.terms[1]),
        (second, first, axis.terms[1], axis.terms[0]),
      ] {
        directions[own] = Direction(
          own: tiles.divisors[own], other: tiles.divisors[other],
          coefficient: Int64(term.coefficient), otherCoefficient: Int64(otherTerm.coefficient),
          offset: Int64(axis.offset), extent: Int64(axis.extent), clips: !storesPadding,
          otherDimension: other)
      }
    }
    for index in directions.indices where directions[index] != nil { fill(index) }
  }

  private mutating func fill(_ index: Int) {
    guard var direction = directions[index] else { return }
    for own in direction.own {
      for other in direction.other {
        direction.totals.append(
          direction.moved(
            extent: own, other: other, step: own, passes: 1, .nothing, turnsBack: false))
      }
    }
    let bound = direction.own.last ?? 1
    for step in direction.own {
      for own in direction.own {
        for (number, other) in direction.other.enumerated() {
          guard own <= step, step % own == 0, step < bound else {
            direction.longest.append(1)
            continue
          }
          var words = Double.infinity
          if number == direction.other.count - 1 {
            words = direction.moved(
              extent: own, other: other, step: step, passes: bound / step, .lastPlace,
              turnsBack: true)
          } else {
            // Steps along the other dimension may make up for the way back.
            for run in direction.own where run > 1 && (bound / step) % run == 0 {
              words = min(
                words,
                direction.moved(
                  extent: own, other: other, step: step, passes: run, .anything, turnsBack: true))
            }
          }
          let row = direction.own.firstIndex(of: own) ?? 0
          direction.longest.append(words / direction.totals[row * direction.other.count + number])
        }
      }
    }
    directions[index] = direction
  }

  /// Whether the input slides along a dimension.
  func slides(along dimension: Int) -> Bool { directions[dimension] != nil }

  /// The share of a tile's words that must move when the innermost loop that moves the input runs
  /// along a dimension in steps of the given extent (by index), however long it runs.
  @inline(__always)
  func leastShare(along dimension: Int, step: UInt8, of digits: SIMD8<UInt8>) -> Double {
    guard let direction = directions[dimension] else { return 1 }
    let (own, other) = (direction.own.count, direction.other.count)
    return direction.longest[
      (Int(step) * own + Int(digits[dimension])) * other + Int(digits[direction.otherDimension])]
  }

  /// Whether nothing of a tile is left when a loop begins again, wherever the other dimension is.
  func restartsAfresh(_ dimension: Int, step: Int32, passes: Int32) -> Bool {
    guard let direction = directions[dimension] else { return true }
    let span =
      direction.coefficient * Int64(step - 1)
      + direction.otherCoefficient * Int64((direction.other.last ?? 1) - 1) + 1
    return Int64(passes - 1) * direction.coefficient * Int64(step) >= span
  }
}

extension InputSlides.Direction {
  /// Words that move into all places of a tile, at least, in runs of a number of passes.
  fileprivate func moved(
    extent: Int32, other: Int32, step: Int32, passes: Int32, _ restart: InputSlides.Restart,
    turnsBack: Bool
  ) -> Double {
    let (bound, otherBound) = (own.last ?? 1, self.other.last ?? 1)
    let (s, d) = (coefficient, otherCoefficient)
    let shape = AxisTile(Int64(extent), s, Int64(other), d)
    let clip = clips ? self.extent : nil
    let stride = s * Int64(step)
    let whole = shape.overlap(0)
    let forward = shape.overlap(-stride)
    let backward = shape.overlap(stride)
    let restarts = shape.overlap(turnsBack ? stride : stride * Int64(passes - 1))
    // A tile with gaps may share most with one that is several steps away.
    let sharedAnywhere =
      shape.isSolid ? 0 : shape.mostCommon(stride: stride, upTo: Int64(bound / step))
    var total: Int64 = 0
    for start in Swift.stride(from: Int32(0), to: bound, by: Int(extent)) {
      let begins = (start / step) % passes == 0
      for otherStart in Swift.stride(from: Int32(0), to: otherBound, by: Int(other)) {
        let low = s * Int64(start) + d * Int64(otherStart) + offset
        let words = shape.words(at: low, whole, clippedTo: clip)
        let held = { (overlap: AxisTile.Overlap) in
          shape.words(at: low, overlap, clippedTo: clip)
        }
        var kept: Int64 = 0
        if passes > 1 {
          if !shape.isSolid {
            kept = begins && restart == .anything ? words : min(words, sharedAnywhere)
          } else if !begins {
            kept = turnsBack ? max(held(forward), held(backward)) : held(forward)
          } else {
            switch restart {
            case .nothing: kept = 0
            case .lastPlace:
              kept = held(restarts)
            case .anything: kept = words
            }
          }
        }
        total += max(0, words - kept)
      }
    }
    return Double(total)
  }
}
