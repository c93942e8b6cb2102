internal import Dataflow
internal import Ops

extension Mapspace {
  /// Why no mapping was found: a dimension nothing may cut, or a level too small for the smallest
  /// tile its constraints leave.
  func explanation() -> UnmappableError {
    for (number, dimension) in dimensions.enumerated()
    where levels.first.map({ $0.cuttable & (1 << UInt8(number)) == 0 }) ?? true {
      return UnmappableError(
        cause: nil,
        reason: "no level may have a loop over \(dimension.name), whose bound is "
          + "\(problem.bounds[dimension])")
    }
    for index in levels.indices {
      guard let cause = smallestOverflow(atLevel: index) else { continue }
      if case .doesNotFit(let level, let tensor, let needed, let available) = cause {
        let subject = tensor.map { "the smallest \($0.name) tile" } ?? "the smallest tiles"
        let verb = tensor == nil ? "need" : "needs"
        return UnmappableError(
          cause: cause,
          reason: "\(subject) of level '\(level)' \(verb) \(needed) bits, "
            + "and \(available) are available")
      }
    }
    return UnmappableError(
      cause: nil, reason: "no mapping satisfies the dataflow's constraints and the capacities")
  }

  /// The overflow of the smallest tile that levels inside can be left with, if it does not fit.
  private func smallestOverflow(atLevel index: Int) -> MappingError? {
    let tiles = tiles
    var digits = SIMD8<UInt8>(repeating: 0)
    for (number, list) in tiles.divisors.enumerated() {
      // What the levels outside cannot cut stays whole.
      let bit = UInt8(1) << UInt8(number)
      let outside = levels[..<index].reduce(UInt8(0)) {
        $0 | $1.temporal | $1.spatialX | $1.spatialY
      }
      if outside & bit == 0 { digits[number] = UInt8(list.count - 1) }
    }
    return overflow(
      atLevel: index, tile: tiles.tile(digits), keeps: levels[index].mustKeep,
      outermostReduction: nil, of: tiles)
  }
}
