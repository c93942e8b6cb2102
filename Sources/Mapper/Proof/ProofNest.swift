internal import Dataflow
internal import Ops

/// Writes a whole mapping whose tiles and orders are known.
struct ProofNest {
  let context: ProofContext
  let keeps: [TensorSet]
  /// Of each dimension, how it is cut.
  let chains: UnsafePointer<CutChain>
  /// Of each level, the order of its loops in time.
  var orders = InlineArray<16, LoopOrder>(repeating: LoopOrder())

  /// The dimensions that are innermost on an axis of a level.
  struct Innermost {
    var x: Int?
    var y: Int?
  }

  /// Of wires that pass words on between neighbours, all choices of the dimensions that can be
  /// innermost on each axis.
  func innermost() -> [[Innermost]] {
    var choices: [[Innermost]] = [[]]
    for level in 0..<context.levelCount {
      let wires = context.space.hierarchy.levels[level]
      let matters =
        !wires.x.forward.isEmpty || !wires.y.forward.isEmpty || !wires.diagonal.isEmpty
      let (x, y) = (active(level, isX: true), active(level, isX: false))
      let choicesX: [Int?] = matters && x.count > 1 ? x.map { $0 } : [nil]
      let choicesY: [Int?] = matters && y.count > 1 ? y.map { $0 } : [nil]
      choices = choices.flatMap { known in
        choicesX.flatMap { x in choicesY.map { y in known + [Innermost(x: x, y: y)] } }
      }
    }
    return choices
  }

  @inline(__always)
  private func steps(_ dimension: Int, _ level: Int, isX: Bool) -> (whole: Int32, step: Int32) {
    let chain = chains + dimension
    return isX
      ? (chain.pointee.front[level], chain.pointee.stepX[level])
      : (
        chain.pointee.stepX[level], chain.pointee.step(after: level, of: context.levelCount)
      )
  }

  /// Dimensions unrolled along an axis, the outermost first: those along which the input slides
  /// innermost.
  private func active(_ level: Int, isX: Bool) -> [Int] {
    let all = (0..<context.dimensionCount).filter {
      let (whole, step) = steps($0, level, isX: isX)
      return whole > step
    }
    return all.filter { !context.isInWindow($0) } + all.filter { context.isInWindow($0) }
  }

  /// - Parameter innermost: of each level, what has to be innermost in space; none for any order.
  func mapping(_ innermost: [Innermost] = []) -> CompactMapping {
    var mapping = CompactMapping(levelCount: context.levelCount)
    for level in 0..<context.levelCount {
      mapping.keep(keeps[level], atLevel: level)
      let order = orders[level]
      var number = order.count
      while number > 0 {
        number -= 1
        let dimension = order[number]
        append(
          dimension, (chains[dimension].tile[level], chains[dimension].front[level]), .temporal,
          level, to: &mapping)
      }
      guard context.fanouts.contains(level) else { continue }
      let last = innermost.isEmpty ? Innermost() : innermost[level]
      unroll(level, isX: true, last.x, &mapping)
      unroll(level, isX: false, last.y, &mapping)
    }
    return mapping
  }

  private func unroll(
    _ level: Int, isX: Bool, _ last: Int?, _ mapping: inout CompactMapping
  ) {
    let place = isX ? CompactMapping.Place.spatialX : .spatialY
    for slides in [false, true] {
      for dimension in 0..<context.dimensionCount
      where dimension != last && context.isInWindow(dimension) == slides {
        append(dimension, steps(dimension, level, isX: isX), place, level, to: &mapping)
      }
    }
    if let last { append(last, steps(last, level, isX: isX), place, level, to: &mapping) }
  }

  @inline(__always)
  private func append(
    _ dimension: Int, _ loop: (whole: Int32, step: Int32), _ place: CompactMapping.Place,
    _ level: Int, to mapping: inout CompactMapping
  ) {
    guard loop.whole > loop.step || place == .temporal else { return }
    mapping.append(
      Loop(
        context.dimensionNames[dimension], passes: (loop.whole - 1) / loop.step + 1,
        step: loop.step), place, atLevel: level)
  }
}
