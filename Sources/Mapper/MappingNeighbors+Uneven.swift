internal import Accelerators
internal import Dataflow
internal import Ops

extension Mapspace {
  /// Mappings that cut one dimension at another place, evenly or not: a loop with another step, or a new
  /// loop that takes over part of a neighbour's passes.
  ///
  /// All keep to the dataflow's constraints; fan-outs and whether they fit are left to the evaluation.
  func unevenNeighbors(of mapping: Mapping) -> [Mapping] {
    dimensions.indices.flatMap { number in
      let chain = chain(of: number, in: mapping)
      return chain.recut(places: places(of: number)).flatMap { mapping.taking($0) }
    }.filter { (try? array.dataflow.check($0, of: problem, on: hierarchy)) != nil }
  }

  /// Where loops of a dimension may be, the outermost first.
  private func places(of number: Int) -> [Place] {
    let bit = UInt8(1) << UInt8(number)
    return levels.indices.flatMap { level in
      let rules = levels[level]
      return [
        (Place.Axis.time, rules.temporal), (.x, rules.spatialX), (.y, rules.spatialY),
      ].compactMap { axis, allowed in
        allowed & bit != 0 ? Place(level: level, axis: axis) : nil
      }
    }
  }

  private func chain(of number: Int, in mapping: Mapping) -> DimensionChain {
    let dimension = dimensions[number]
    var cuts: [DimensionChain.Cut] = []
    for (level, own) in mapping.levels.enumerated() {
      for axis in Place.Axis.allCases {
        for loop in own[axis] where loop.dimension == dimension && loop.passes > 1 {
          cuts.append(DimensionChain.Cut(place: Place(level: level, axis: axis), step: loop.step))
        }
      }
    }
    return DimensionChain(dimension: dimension, extent: bounds[number], cuts: cuts)
  }
}

/// The loops of one dimension, the outermost first.
private struct DimensionChain {
  struct Cut {
    var place: Place
    var step: Int32
  }

  var dimension: LoopDimension
  var extent: Int32
  var cuts: [Cut]

  /// The tile that a loop cuts.
  private func tile(_ index: Int) -> Int32 { index == 0 ? extent : cuts[index - 1].step }

  /// All chains that differ in one step.
  func recut(places: [Place]) -> [DimensionChain] {
    var found: [DimensionChain] = []
    for index in cuts.indices.dropLast() {
      for step in Self.steps(of: tile(index)) where step >= cuts[index + 1].step {
        found.append(changing { $0[index].step = step })
      }
    }
    for place in places where !cuts.contains(where: { $0.place == place }) {
      let index = cuts.firstIndex { place.isOutside($0.place) } ?? cuts.count
      if index < cuts.count {
        // It takes the first passes of the loop inside it.
        for step in Self.steps(of: tile(index)) where step >= cuts[index].step {
          found.append(changing { $0.insert(Cut(place: place, step: step), at: index) })
        }
      }
      if index > 0 {
        // It takes the last passes of the loop around it.
        let last = cuts[index - 1].step
        for step in Self.steps(of: tile(index - 1)) where step > last {
          found.append(
            changing {
              $0[index - 1].step = step
              $0.insert(Cut(place: place, step: last), at: index)
            })
        }
      }
    }
    return found
  }

  private func changing(_ change: (inout [Cut]) -> Void) -> DimensionChain {
    var chain = self
    change(&chain.cuts)
    return chain
  }

  /// The shortest step of each number of passes.
  private static func steps(of tile: Int32) -> [Int32] {
    var steps: [Int32] = []
    var step = tile
    while step >= 1 {
      let shortest = (tile - 1) / ((tile - 1) / step + 1) + 1
      steps.append(shortest)
      step = shortest - 1
    }
    return steps
  }

  /// The loops at a place, those of one pass left out.
  func loop(at place: Place) -> Loop? {
    guard let index = cuts.firstIndex(where: { $0.place == place }) else { return nil }
    let (tile, step) = (tile(index), cuts[index].step)
    return tile > step ? Loop(dimension, passes: (tile - 1) / step + 1, step: step) : nil
  }
}

extension Place {
  fileprivate func isOutside(_ other: Place) -> Bool {
    let rank = { (place: Place) in Place.Axis.allCases.firstIndex(of: place.axis) ?? 0 }
    return (level, rank(self)) < (other.level, rank(other))
  }
}

extension Mapping {
  /// The mapping with another chain of a dimension: a new loop in time outside all of its level, and inside.
  fileprivate func taking(_ chain: DimensionChain) -> [Mapping] {
    var (outside, inside) = (self, self)
    var isNew = false
    for level in levels.indices {
      for axis in Place.Axis.allCases {
        let loop = chain.loop(at: Place(level: level, axis: axis))
        let index = levels[level][axis].firstIndex { $0.dimension == chain.dimension }
        switch (index, loop) {
        case (let index?, let loop?):
          outside.levels[level][axis][index] = loop
          inside.levels[level][axis][index] = loop
        case (let index?, nil):
          outside.levels[level][axis].remove(at: index)
          inside.levels[level][axis].remove(at: index)
        case (nil, let loop?):
          isNew = isNew || axis == .time && !levels[level].temporal.isEmpty
          outside.levels[level][axis].insert(loop, at: 0)
          inside.levels[level][axis].append(loop)
        case (nil, nil): break
        }
      }
    }
    return isNew ? [outside, inside] : [inside]
  }
}
