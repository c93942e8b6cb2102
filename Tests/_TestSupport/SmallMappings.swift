package import Dataflow
package import Ops

/// Draws valid mappings: every integer chain of tiles, any order, any bypass.
package struct SmallMappings: Sendable {
  package init() {}

  package func mapping(
    of problem: Problem, on hierarchy: Hierarchy, using random: inout SplitMix64
  ) -> Mapping {
    var chain = Chain(problem, isPerfect: random.chance(1, in: 3))
    let slides = Slides(of: problem, on: hierarchy, using: &random)
    let present = TensorRole.allCases.reduce(into: TensorSet()) { set, role in
      if problem.projections[role] != nil { set.insert(TensorSet(role)) }
    }
    let absent = TensorSet.all.subtracting(present)
    let levels = hierarchy.levels.enumerated().map { index, level in
      var keeps = index == 0 ? present : TensorSet()
      if index > 0, level.memory != nil {
        keeps = TensorSet(
          rawValue: random.chance(1, in: 2)
            ? present.rawValue : random.bits(of: present.rawValue))
      }
      // A tensor that the problem lacks may be named; it has no words.
      if !keeps.isEmpty, random.chance(1, in: 8) { keeps = keeps.union(absent) }
      var mapping = LevelMapping(keeps: keeps)
      let isLast = index == hierarchy.levels.count - 1
      if isLast {
        finish(&mapping, index, hierarchy, slides, &chain, &random)
      } else {
        mapping.temporal = temporal(index, slides, &chain, &random)
        mapping.spatialX = spatial(
          level.x.size, index, slides, slides.x, &chain, &random)
        mapping.spatialY = spatial(
          level.y.size, index, slides, slides.y, &chain, &random)
      }
      return mapping
    }
    return Mapping(levels: levels)
  }

  /// A plan that half of the mappings follow where they can: at one level an output's and a filter's
  /// rows (or columns) are the innermost loops of x and y, or of one axis and of time. Diagonal
  /// wires and neighbours that pass words on seldom matter otherwise.
  private struct Slides {
    var level = -1
    var x: LoopDimension?
    var y: LoopDimension?
    var time: LoopDimension?

    init(of problem: Problem, on hierarchy: Hierarchy, using random: inout SplitMix64) {
      let pairs: [(LoopDimension, LoopDimension)] = [(.p, .r), (.r, .p), (.q, .s), (.s, .q)]
      let open = pairs.filter { problem.bounds[$0.0] > 1 && problem.bounds[$0.1] > 1 }
      let flat = hierarchy.levels.indices.filter {
        hierarchy.levels[$0].x.size > 1 && hierarchy.levels[$0].y.size > 1
      }
      let any = hierarchy.levels.indices.filter {
        hierarchy.levels[$0].x.size > 1 || hierarchy.levels[$0].y.size > 1
      }
      guard !open.isEmpty, !any.isEmpty, random.chance(1, in: 2) else { return }
      let (one, two) = random.pick(open)
      if !flat.isEmpty, random.chance(3, in: 4) {
        level = random.pick(flat)
        (x, y) = (one, two)
      } else {
        level = random.pick(any)
        let isOnX = hierarchy.levels[level].x.size > 1
        (x, y) = isOnX ? (one, nil) : (nil, one)
        time = two
      }
    }

    /// Whether a dimension is left for a level further in.
    func reserves(_ dimension: LoopDimension, at other: Int) -> Bool {
      other < level && [x, y, time].contains(dimension)
    }
  }

  /// What is left to cut of each dimension.
  private struct Chain {
    var extents: Extents
    let isPerfect: Bool

    init(_ problem: Problem, isPerfect: Bool) {
      extents = problem.bounds
      self.isPerfect = isPerfect
    }

    var open: [LoopDimension] { LoopDimension.allCases.filter { extents[$0] > 1 } }

    /// The steps that need at most some number of passes.
    func steps(of dimension: LoopDimension, mostPasses: Int32) -> [Int32] {
      let extent = extents[dimension]
      return (1...extent).filter { step in
        (extent + step - 1) / step <= mostPasses && (!isPerfect || extent % step == 0)
      }
    }

    mutating func cut(_ dimension: LoopDimension, to step: Int32) -> Loop {
      let passes = (extents[dimension] + step - 1) / step
      extents[dimension] = step
      return Loop(dimension, passes: passes, step: step)
    }
  }

  private func temporal(
    _ index: Int, _ slides: Slides, _ chain: inout Chain, _ random: inout SplitMix64
  ) -> [Loop] {
    var loops: [Loop] = []
    // Most levels cut a dimension at most once; some cut it twice, with other loops between.
    for _ in 0..<(random.chance(1, in: 6) ? 2 : 1) {
      for dimension in random.shuffled(chain.open)
      where random.chance(2, in: 5) && !slides.reserves(dimension, at: index) {
        if index == slides.level, [slides.x, slides.y, slides.time].contains(dimension) {
          continue
        }
        let step = random.pick(chain.steps(of: dimension, mostPasses: .max))
        guard step == chain.extents[dimension] else {
          loops.append(chain.cut(dimension, to: step))
          continue
        }
        // A loop of one pass changes nothing and may be written, with a step beyond the end too.
        if random.chance(1, in: 4) {
          loops.append(Loop(dimension, passes: 1, step: step + random.number(in: 0...2)))
        }
      }
    }
    if index == slides.level, let time = slides.time, chain.extents[time] > 1 {
      loops.append(chain.cut(time, to: 1))
    }
    return loops
  }

  private func spatial(
    _ size: Int32, _ index: Int, _ slides: Slides, _ slide: LoopDimension?,
    _ chain: inout Chain, _ random: inout SplitMix64
  ) -> [Loop] {
    var (loops, left): ([Loop], Int32) = ([], size)
    var candidates = random.shuffled(chain.open).filter { !slides.reserves($0, at: index) }
    if index == slides.level, let slide, candidates.contains(slide) {
      candidates.removeAll { $0 == slide || random.chance(3, in: 4) }
      candidates.append(slide)
    }
    for dimension in candidates where left > 1 && (dimension == slide || random.chance(3, in: 4)) {
      var steps = chain.steps(of: dimension, mostPasses: left)
      if dimension == slide, steps.count > 1 { steps.removeLast() }
      let step = random.pick(steps)
      guard step < chain.extents[dimension] || random.chance(1, in: 8) else { continue }
      let loop = chain.cut(dimension, to: step)
      left /= loop.passes
      loops.append(loop)
    }
    return loops
  }

  /// The last level's loops end every chain at step 1.
  private func finish(
    _ mapping: inout LevelMapping, _ level: Int, _ hierarchy: Hierarchy, _ slides: Slides,
    _ chain: inout Chain, _ random: inout SplitMix64
  ) {
    // The lanes' loops are drawn first, backwards: what they cover in one pass of what is before.
    var lanes: [ArrayAxis: [(LoopDimension, Int32)]] = [:]
    var inner = Extents(repeating: 1)
    for axis in [ArrayAxis.y, .x] {
      var left = hierarchy.levels[level].wires(axis).size
      var candidates = random.shuffled(chain.open)
      if level == slides.level, let slide = axis == .x ? slides.x : slides.y,
        candidates.contains(slide)
      {
        candidates.removeAll { $0 == slide }
        candidates.insert(slide, at: 0)
      }
      for dimension in candidates where left > 1 && random.chance(3, in: 4) {
        let covered = inner[dimension]
        let most = min(left, (chain.extents[dimension] + covered - 1) / covered)
        guard most > 1 else { continue }
        let passes = random.number(in: 2...most)
        let outer = min(passes * covered, chain.extents[dimension])
        guard !chain.isPerfect || chain.extents[dimension] % outer == 0 else { continue }
        lanes[axis, default: []].append((dimension, covered))
        inner[dimension] = outer
        left /= passes
      }
    }
    if random.chance(1, in: 3) {
      for dimension in random.shuffled(chain.open) where random.chance(1, in: 2) {
        let steps = chain.steps(of: dimension, mostPasses: .max).filter {
          $0 >= inner[dimension] && (!chain.isPerfect || $0 % inner[dimension] == 0)
        }
        guard !steps.isEmpty else { continue }
        mapping.temporal.append(chain.cut(dimension, to: random.pick(steps)))
      }
    }
    for dimension in random.shuffled(chain.open)
    where chain.extents[dimension] > inner[dimension] {
      mapping.temporal.append(chain.cut(dimension, to: inner[dimension]))
    }
    for axis in ArrayAxis.allCases {
      // Drawn from the inside out.
      let loops = (lanes[axis] ?? []).reversed().map { dimension, step in
        chain.cut(dimension, to: step)
      }
      if axis == .x { mapping.spatialX = loops } else { mapping.spatialY = loops }
    }
  }
}
