package import Ops

/// Draws problems small enough to be executed iteration by iteration.
package struct SmallProblems: Sendable {
  /// The most iterations of a problem.
  package var largestProblem: Int64

  /// How many times longer dimensions may be than usual.
  package var scale: Int32

  package init(largestProblem: Int64 = 240, scale: Int32 = 1) {
    self.largestProblem = largestProblem
    self.scale = scale
  }

  /// A convolution of any kind, a pooling, a linear layer or an addition.
  package func problem(using random: inout SplitMix64) -> Problem {
    while true {
      let drawn: Problem? =
        switch random.next() % 9 {
        case 0: linear(using: &random)
        case 1: pooling(using: &random)
        case 2: depthwise(using: &random)
        case 3: addition(using: &random)
        case 4: oneDimensional(using: &random)
        case 5: anyProjections(using: &random)
        default: convolution(using: &random)
        }
      if let drawn, drawn.iterations <= largestProblem { return drawn }
    }
  }

  private static let precision = Precision(weightBits: 8, activationBits: 8, accumulatorBits: 24)

  /// - Returns: `nil` where the problem would be refused.
  private func make(
    _ bounds: [LoopDimension: Int32], weight: [AffineAxis]?, input: [AffineAxis],
    output: [AffineAxis]
  ) -> Problem? {
    try? Problem(
      bounds: Extents(bounds),
      projections: PerTensor(
        weight: weight.map { Projection($0) }, input: Projection(input),
        output: Projection(output)),
      precision: Self.precision)
  }

  /// A bound of 1 to `largest` times the scale, small ones more often.
  private func bound(_ largest: Int32, _ random: inout SplitMix64) -> Int32 {
    random.chance(1, in: 3) ? 1 : random.number(in: 1...(largest * scale))
  }

  /// Rows (or columns) of an input under a sliding window, and the bounds of output and window.
  private func window(
    _ output: LoopDimension, _ filter: LoopDimension, _ random: inout SplitMix64
  ) -> (output: Int32, filter: Int32, axis: AffineAxis) {
    let outputs = random.number(in: 1...(7 * scale))
    let filters = random.chance(1, in: 4) ? 1 : random.number(in: 2...4)
    let stride = random.chance(1, in: 2) ? 1 : random.number(in: 1...3)
    let dilation: Int32 = random.chance(2, in: 3) ? 1 : 2
    let padding = random.chance(1, in: 2) ? 0 : random.number(in: 0...2)
    let reach = (outputs - 1) * stride + (filters - 1) * dilation + 1
    // The tensor ends where the last window does, or up to a stride later; or it is cropped.
    var extent = reach - 2 * padding + random.number(in: 0...(stride - 1))
    if random.chance(1, in: 6) { extent -= random.number(in: 0...3) }
    var terms = [AffineAxis.Term(stride, output), AffineAxis.Term(dilation, filter)]
    if random.chance(1, in: 4) { terms.reverse() }
    if filters == 1, random.chance(1, in: 2) { terms.removeAll { $0.dimension == filter } }
    return (outputs, filters, AffineAxis(terms, offset: -padding, extent: max(extent, 1)))
  }

  private func convolution(using random: inout SplitMix64) -> Problem? {
    let rows = window(.p, .r, &random)
    let columns = window(.q, .s, &random)
    let isFlat = random.chance(1, in: 2)
    let n = random.chance(1, in: 4) ? random.number(in: 1...3) : 1
    let g = random.chance(1, in: 3) ? random.number(in: 1...3) : 1
    let (k, c) = (bound(5, &random), bound(5, &random))
    let q = isFlat ? 1 : columns.output
    let s = isFlat ? 1 : columns.filter
    // Channels as one axis over groups and channels of a group, or as two axes.
    let mergesGroups = random.chance(1, in: 2)
    let inputChannels =
      mergesGroups
      ? [AffineAxis([.init(c, .g), .init(1, .c)], extent: g * c)]
      : [AffineAxis(.g, extent: g), AffineAxis(.c, extent: c)]
    let outputChannels =
      mergesGroups
      ? [AffineAxis([.init(k, .g), .init(1, .k)], extent: g * k)]
      : [AffineAxis(.g, extent: g), AffineAxis(.k, extent: k)]
    return make(
      [.n: n, .g: g, .k: k, .c: c, .p: rows.output, .q: q, .r: rows.filter, .s: s],
      weight: [
        AffineAxis(.g, extent: g), AffineAxis(.k, extent: k), AffineAxis(.c, extent: c),
        AffineAxis(.r, extent: rows.filter), AffineAxis(.s, extent: s),
      ],
      input: [AffineAxis(.n, extent: n)] + inputChannels + [rows.axis, columns.axis],
      output: [AffineAxis(.n, extent: n)] + outputChannels + [
        AffineAxis(.p, extent: rows.output), AffineAxis(.q, extent: q),
      ])
  }

  private func depthwise(using random: inout SplitMix64) -> Problem? {
    let rows = window(.p, .r, &random)
    let columns = window(.q, .s, &random)
    let g = random.number(in: 1...4)
    return make(
      [
        .g: g, .p: rows.output, .q: columns.output, .r: rows.filter, .s: columns.filter,
      ],
      weight: [
        AffineAxis(.g, extent: g), AffineAxis(.r, extent: rows.filter),
        AffineAxis(.s, extent: columns.filter),
      ],
      input: [AffineAxis(.g, extent: g), rows.axis, columns.axis],
      output: [
        AffineAxis(.g, extent: g), AffineAxis(.p, extent: rows.output),
        AffineAxis(.q, extent: columns.output),
      ])
  }

  private func pooling(using random: inout SplitMix64) -> Problem? {
    let rows = window(.p, .r, &random)
    let columns = window(.q, .s, &random)
    let (n, g) = (bound(2, &random), bound(4, &random))
    return make(
      [
        .n: n, .g: g, .p: rows.output, .q: columns.output, .r: rows.filter, .s: columns.filter,
      ],
      weight: nil,
      input: [AffineAxis(.n, extent: n), AffineAxis(.g, extent: g), rows.axis, columns.axis],
      output: [
        AffineAxis(.n, extent: n), AffineAxis(.g, extent: g),
        AffineAxis(.p, extent: rows.output), AffineAxis(.q, extent: columns.output),
      ])
  }

  private func oneDimensional(using random: inout SplitMix64) -> Problem? {
    let rows = window(.p, .r, &random)
    let (k, c) = (bound(6, &random), bound(6, &random))
    return make(
      [.k: k, .c: c, .p: rows.output, .r: rows.filter],
      weight: [
        AffineAxis(.k, extent: k), AffineAxis(.c, extent: c), AffineAxis(.r, extent: rows.filter),
      ],
      input: [AffineAxis(.c, extent: c), rows.axis],
      output: [AffineAxis(.k, extent: k), AffineAxis(.p, extent: rows.output)])
  }

  private func linear(using random: inout SplitMix64) -> Problem? {
    let (n, k, c) = (bound(5, &random), bound(8, &random), bound(9, &random))
    return make(
      [.n: n, .k: k, .c: c], weight: [AffineAxis(.k, extent: k), AffineAxis(.c, extent: c)],
      input: [AffineAxis(.n, extent: n), AffineAxis(.c, extent: c)],
      output: [AffineAxis(.n, extent: n), AffineAxis(.k, extent: k)])
  }

  private func addition(using random: inout SplitMix64) -> Problem? {
    let (g, c, p, q) = (
      bound(4, &random), random.number(in: 2...3), bound(6, &random), bound(6, &random)
    )
    let place = [
      AffineAxis(.g, extent: g), AffineAxis(.p, extent: p), AffineAxis(.q, extent: q),
    ]
    return make(
      [.g: g, .c: c, .p: p, .q: q], weight: nil, input: [AffineAxis(.c, extent: c)] + place,
      output: place)
  }

  /// What no op has but a file may ask for: any dimensions in any axis, of every tensor.
  private func anyProjections(using random: inout SplitMix64) -> Problem? {
    let dimensions = random.shuffled(LoopDimension.allCases).prefix(4)
    var bounds: [LoopDimension: Int32] = [:]
    for dimension in dimensions { bounds[dimension] = random.number(in: 1...5) }
    func axes() -> [AffineAxis] {
      var left = random.shuffled(Array(dimensions)).dropLast(Int(random.number(in: 0...3)))
      var axes: [AffineAxis] = []
      while let first = left.popLast() {
        func coefficient() -> Int32 { random.chance(1, in: 2) ? 1 : random.number(in: 1...4) }
        var terms = [AffineAxis.Term(coefficient(), first)]
        if random.chance(1, in: 2), let second = left.popLast() {
          terms.append(AffineAxis.Term(coefficient(), second))
        }
        let reach = terms.reduce(1) { $0 + $1.coefficient * ((bounds[$1.dimension] ?? 1) - 1) }
        let offset = random.chance(2, in: 3) ? 0 : random.number(in: -2...2)
        let cropped = random.chance(2, in: 3) ? 0 : random.number(in: 0...2)
        axes.append(AffineAxis(terms, offset: offset, extent: max(1, reach - cropped)))
      }
      return axes
    }
    return make(
      bounds, weight: random.chance(1, in: 4) ? nil : axes(), input: axes(), output: axes())
  }
}
