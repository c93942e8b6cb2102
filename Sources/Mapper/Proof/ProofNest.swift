internal import Dataflow
internal import Ops

/// A whole mapping while its orders are chosen.
struct ProofNest {
  let context: ProofContext
  let keeps: [TensorSet]
  let chains: [CutChain]
  /// Of each level, the dimensions with loops in time, outermost first.
  var orders: [[Int]]

  init(_ context: ProofContext, keeps: [TensorSet], chains: [CutChain]) {
    self.context = context
    self.keeps = keeps
    self.chains = chains
    orders = Array(repeating: [], count: context.levelCount)
  }

  /// The mappings of the chosen orders: one, or where wires pass words on between neighbours, one for
  /// each dimension that can be innermost on each axis.
  func mappings() -> [CompactMapping] {
    let wired = context.space.hierarchy.levels.contains {
      !$0.x.forward.isEmpty || !$0.y.forward.isEmpty || !$0.diagonal.isEmpty
    }
    guard wired else { return [mapping(innermost: [])] }
    var innermost: [[(x: Int?, y: Int?)]] = [[]]
    for level in 0..<context.levelCount {
      let wires = context.space.hierarchy.levels[level]
      let matters =
        !wires.x.forward.isEmpty || !wires.y.forward.isEmpty || !wires.diagonal.isEmpty
      let (x, y) = (active(level, isX: true), active(level, isX: false))
      let choicesX: [Int?] = matters && x.count > 1 ? x.map { $0 } : [nil]
      let choicesY: [Int?] = matters && y.count > 1 ? y.map { $0 } : [nil]
      innermost = innermost.flatMap { known in
        choicesX.flatMap { x in choicesY.map { y in known + [(x, y)] } }
      }
    }
    return innermost.map { mapping(innermost: $0) }
  }

  private func steps(_ dimension: Int, _ level: Int, isX: Bool) -> (passes: Int32, step: Int32) {
    let chain = chains[dimension]
    let (whole, step) =
      isX
      ? (chain.front[level], chain.stepX[level])
      : (chain.stepX[level], chain.step(after: level, of: context.levelCount))
    return ((whole - 1) / step + 1, step)
  }

  /// Dimensions unrolled along an axis: those along which the input slides innermost.
  private func active(_ level: Int, isX: Bool) -> [Int] {
    let all = chains.indices.filter { steps($0, level, isX: isX).passes > 1 }
    let slides = all.filter {
      context.windowOfOutputs[$0] != nil || context.windowOfFilters[$0] != nil
    }
    return all.filter { !slides.contains($0) } + slides
  }

  private func mapping(innermost: [(x: Int?, y: Int?)]) -> CompactMapping {
    let dimensions = context.space.dimensions
    var mapping = CompactMapping(levelCount: context.levelCount)
    for level in 0..<context.levelCount {
      mapping.keep(keeps[level], atLevel: level)
      for dimension in orders[level] {
        let (whole, step) = (chains[dimension].tile[level], chains[dimension].front[level])
        mapping.append(
          Loop(dimensions[dimension], passes: (whole - 1) / step + 1, step: step), .temporal,
          atLevel: level)
      }
      guard context.fanouts.contains(level) else { continue }
      for isX in [true, false] {
        let chosen = innermost.isEmpty ? nil : innermost[level]
        let last = isX ? chosen?.x : chosen?.y
        var order = active(level, isX: isX)
        if let last { order = order.filter { $0 != last } + [last] }
        for dimension in order {
          let loop = steps(dimension, level, isX: isX)
          mapping.append(
            Loop(dimensions[dimension], passes: loop.passes, step: loop.step),
            isX ? .spatialX : .spatialY, atLevel: level)
        }
      }
    }
    return mapping
  }
}
