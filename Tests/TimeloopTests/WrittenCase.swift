import Dataflow
import Ops

/// A loop by dimension and passes, its step left to be worked out.
typealias Passes = (LoopDimension, Int32)

/// Reads, fills and updates of a tensor at a level, summed over instances; `nil` for a tensor the
/// level does not keep.
typealias Counted = (Int64, Int64, Int64)?

/// A problem, a hierarchy and a mapping written out, with Timeloop's counts.
struct WrittenCase: Sendable {
  var name: String
  var problem: Problem
  var hierarchy: Hierarchy
  var mapping: Mapping
  /// Outermost level first.
  var expected: [PerTensor<Traffic>]

  /// The traffic without tiles and link transfers.
  static func plain(_ traffic: PerTensor<Traffic>) -> PerTensor<Traffic> {
    traffic.map {
      var plain = Traffic()
      (plain.reads, plain.fills, plain.updates) = ($0.reads, $0.fills, $0.updates)
      return plain
    }
  }
}

/// A convolution with the axes Timeloop's cases have; `groups` adds a dimension to every tensor.
func convolution(
  n: Int32 = 1, g: Int32 = 1, k: Int32 = 1, c: Int32 = 1, p: Int32 = 1, q: Int32 = 1,
  r: Int32 = 1, s: Int32 = 1, stride: Int32 = 1, dilation: Int32 = 1
) throws -> Problem {
  let axis = { (dimension: LoopDimension, size: Int32) in AffineAxis(dimension, extent: size) }
  let window = { (outer: (LoopDimension, Int32), inner: (LoopDimension, Int32)) in
    AffineAxis(
      [.init(stride, outer.0), .init(dilation, inner.0)],
      extent: stride * (outer.1 - 1) + dilation * (inner.1 - 1) + 1)
  }
  return try Problem(
    bounds: Extents([.n: n, .g: g, .k: k, .c: c, .p: p, .q: q, .r: r, .s: s]),
    projections: PerTensor(
      weight: Projection([axis(.g, g), axis(.k, k), axis(.c, c), axis(.r, r), axis(.s, s)]),
      input: Projection([
        axis(.n, n), axis(.g, g), axis(.c, c), window((.p, p), (.r, r)), window((.q, q), (.s, s)),
      ]),
      output: Projection([axis(.n, n), axis(.g, g), axis(.k, k), axis(.p, p), axis(.q, q)])),
    precision: Precision(weightBits: 8, activationBits: 8, accumulatorBits: 8))
}

/// A memory of 8-bit words, with a fan-out.
func buffer(_ name: String, words: Int64? = nil, x: Int32 = 1, y: Int32 = 1) -> Hierarchy.Level {
  Hierarchy.Level(
    name: name,
    memory: .init(capacity: words.map { .shared($0 * 8) } ?? .unbounded, mustKeep: []),
    x: .init(size: x), y: .init(size: y))
}

/// A level that only fans out.
func fanout(_ name: String, x: Int32 = 1, y: Int32 = 1) -> Hierarchy.Level {
  Hierarchy.Level(name: name, x: .init(size: x), y: .init(size: y))
}

/// What a level does; loops outermost first.
func level(
  keeps: TensorSet = .all, _ temporal: [Passes] = [], x: [Passes] = [], y: [Passes] = []
) -> (keeps: TensorSet, temporal: [Passes], x: [Passes], y: [Passes]) {
  (keeps, temporal, x, y)
}

/// A mapping whose steps are the passes inside, cut short where a dimension ends earlier.
func loopNest(
  of problem: Problem, _ levels: [(keeps: TensorSet, temporal: [Passes], x: [Passes], y: [Passes])]
) -> Mapping {
  var steps = Extents()
  var result: [LevelMapping] = []
  let loops = { (passes: [Passes]) in
    Array(
      passes.reversed().map { dimension, count in
        let step = steps[dimension]
        steps[dimension] *= count
        return Loop(dimension, passes: count, step: step)
      }.reversed())
  }
  for level in levels.reversed() {
    let y = loops(level.y)
    let x = loops(level.x)
    let temporal = loops(level.temporal)
    result.insert(
      LevelMapping(keeps: level.keeps, temporal: temporal, spatialX: x, spatialY: y), at: 0)
  }
  return Mapping(levels: result)
}

/// A row of the table of counts.
func counts(weight: Counted, input: Counted, output: Counted) -> PerTensor<Traffic> {
  PerTensor(weight: weight, input: input, output: output).map { counted in
    var traffic = Traffic()
    if let (reads, fills, updates) = counted {
      (traffic.reads, traffic.fills, traffic.updates) = (reads, fills, updates)
    }
    return traffic
  }
}
