internal import Accelerators
internal import Dataflow
internal import Ops

/// What all searches of one problem share, whatever the levels keep; nothing of it changes.
final class ProofContext: @unchecked Sendable {
  let space: Mapspace
  let prices: Prices
  let isPerfect: Bool
  let levelCount: Int
  /// The outermost level that unrolls anything, or the last one.
  let arrayLevel: Int
  /// Levels from the array level on that unroll anything, outermost first.
  let fanouts: [Int]
  let dimensionCount: Int
  let dimensionNames: InlineArray<8, LoopDimension>
  let bounds: SIMD8<Int32>
  /// Of each level, the dimensions (bits) with loops in time; and the passes these may have, by level
  /// and dimension.
  let temporal: SIMD16<UInt8>
  private let passes: UnsafeBufferPointer<ClosedRange<Int32>>
  /// Whether any wires pass words on between neighbours, so that the order of loops in space matters.
  let passesOn: Bool
  /// Whether any neighbours pass words of the input on.
  let passesInputOn: Bool
  /// Of each tensor, the dimensions (bits) that move it.
  let relevant: SIMD4<UInt8>
  /// Axes of the input that two dimensions reach.
  let windows: [WindowWords]
  /// The same, to be read without counting references.
  let windowTable: UnsafeBufferPointer<WindowWords>
  /// Of each dimension, the axis it belongs to as p and as r.
  let windowOfOutputs: WindowNumbers
  let windowOfFilters: WindowNumbers
  /// Of each tensor and dimension that moves it, the words along the dimension (of an axis that two
  /// reach, all with the first), and whether each index is one word.
  private let words: [SIMD8<Double>]
  private let simple: SIMD4<UInt8>
  /// Tensors that have any words; one in the padding wholly has none.
  let present: TensorSet
  let distinctWeights: Double
  let distinctOutputs: Double
  let distinctInputs: Double
  let iterations: Double
  /// The sets of tensors (bits) that can stay together over a loop.
  let classes: SIMD4<UInt8>
  let classCount: Int
  /// By class, 1 for the tensors that it has.
  private let members: InlineArray<3, SIMD4<Double>>
  /// Of each dimension, the sets (as bits, numbered like `classes`) that have all tensors it leaves in
  /// place.
  let classesLeft: SIMD8<UInt8>
  /// By class and tensor, 1 for the dimensions that move the tensor and can be innermost where the class
  /// stays, 0 for the others; and of each class, those dimensions (bits) that can be innermost.
  private let movers: InlineArray<9, SIMD8<Double>>
  let innermost: SIMD4<UInt8>
  /// Whether levels between the array level and the innermost one have loops in time.
  let loopsBetween: Bool

  /// `nil` for a space whose tensors or levels the proof does not know.
  init?(_ space: Mapspace) {
    self.space = space
    levelCount = space.levels.count
    guard levelCount < CompactMapping.mostLevels, space.dimensions.count <= 8 else { return nil }
    isPerfect = space.factors == .perfect
    prices = Prices(space)
    dimensionCount = space.dimensions.count
    var names = InlineArray<8, LoopDimension>(repeating: .n)
    for (number, dimension) in space.dimensions.enumerated() { names[number] = dimension }
    dimensionNames = names
    var bounds = SIMD8<Int32>(repeating: 1)
    for (dimension, bound) in space.bounds.enumerated() { bounds[dimension] = bound }
    self.bounds = bounds
    var temporal = SIMD16<UInt8>(repeating: 0)
    for (level, rules) in space.levels.enumerated() { temporal[level] = rules.temporal }
    self.temporal = temporal
    passesOn = space.hierarchy.levels.contains {
      !$0.x.forward.isEmpty || !$0.y.forward.isEmpty || !$0.diagonal.isEmpty
    }
    passesInputOn = space.hierarchy.levels.contains {
      $0.x.forward.contains(.input) || $0.y.forward.contains(.input)
    }
    relevant = SIMD4(space.relevant.weight, space.relevant.input, space.relevant.output, 0)
    let unrolls = space.levels.indices.filter {
      let rules = space.levels[$0]
      return (rules.sizeX > 1 && rules.spatialX != 0) || (rules.sizeY > 1 && rules.spatialY != 0)
    }
    arrayLevel = unrolls.first ?? levelCount - 1
    fanouts = unrolls
    guard unrolls.count <= 4 else { return nil }
    let dimensions = space.dimensions
    let position = { (dimension: LoopDimension) in dimensions.firstIndex(of: dimension) }
    let storesPadding = space.array.switches.storesPadding
    var windows: [WindowWords] = []
    var (ofOutputs, ofFilters) = (WindowNumbers(), WindowNumbers())
    var words = [SIMD8<Double>](
      repeating: SIMD8(repeating: 1), count: TensorRole.allCases.count)
    var simple = SIMD4<UInt8>(repeating: .max)
    var distinct = [1.0, 1, 1]
    for role in TensorRole.allCases {
      let tensor = Int(role.rawValue)
      guard let projection = space.problem.projections[role] else {
        distinct[tensor] = 0
        continue
      }
      for axis in projection.axes {
        let known = axis.terms.compactMap { position($0.dimension) }
        if role == .input, known.count == 2,
          let window = WindowWords(
            axis, bounds: space.bounds, position: position, storesPadding: storesPadding)
        {
          ofOutputs[window.p] = windows.count
          ofFilters[window.r] = windows.count
          windows.append(window)
          distinct[tensor] *= window.all
          continue
        }
        let count = Self.words(axis, of: space.problem, storesPadding: storesPadding)
        distinct[tensor] *= count
        for (number, dimension) in known.enumerated() {
          words[tensor][dimension] = number == 0 ? count : 1
          if known.count > 1 || count != Double(space.bounds[dimension]) {
            simple[tensor] &= ~(1 << UInt8(dimension))
          }
        }
      }
    }
    self.words = words
    self.simple = simple
    self.windows = windows
    windowTable = UnsafeBufferPointer(copying: windows)
    passes = UnsafeBufferPointer(copying: space.levels.flatMap(\.temporalPasses))
    windowOfOutputs = ofOutputs
    windowOfFilters = ofFilters
    distinctWeights = distinct[0]
    distinctInputs = distinct[1]
    distinctOutputs = distinct[2]
    present = TensorRole.allCases.reduce(into: []) { set, role in
      if distinct[Int(role.rawValue)] > 0 { set.insert(TensorSet(role)) }
    }
    iterations = Double(space.problem.iterations)
    let classes = Self.classes(space)
    self.classes = SIMD4(classes[0], classes[1], classes[2], 0)
    classCount = Set(classes).count
    var members = InlineArray<3, SIMD4<Double>>(repeating: SIMD4(repeating: 0))
    for (number, set) in classes.enumerated() {
      for role in 0..<3 where set & (1 << UInt8(role)) != 0 { members[number][role] = 1 }
    }
    self.members = members
    var left = SIMD8<UInt8>(repeating: 0)
    for dimension in 0..<dimensionCount {
      let still = Self.tensors(leftBy: dimension, space)
      for (number, set) in classes.enumerated() where set & still == still {
        left[dimension] |= 1 << UInt8(number)
      }
    }
    classesLeft = left
    var innermost = SIMD4<UInt8>(repeating: 0)
    var movers = InlineArray<9, SIMD8<Double>>(repeating: SIMD8(repeating: 0))
    for number in 0..<3 {
      for dimension in 0..<dimensionCount where left[dimension] & (1 << UInt8(number)) != 0 {
        innermost[number] |= 1 << UInt8(dimension)
        for role in 0..<3 where relevant[role] & (1 << UInt8(dimension)) != 0 {
          movers[3 * number + role][dimension] = 1
        }
      }
    }
    self.innermost = innermost
    self.movers = movers
    let array = arrayLevel
    loopsBetween = (array + 1..<max(array + 1, levelCount - 1)).contains { temporal[$0] != 0 }
  }

  deinit {
    UnsafeMutableBufferPointer(mutating: windowTable).deinitialize()
    windowTable.deallocate()
    passes.deallocate()
  }

  /// Whether a level may have a loop in time of so many passes.
  @inline(__always)
  func allows(passes count: Int64, _ level: Int, _ dimension: Int) -> Bool {
    let range = passes[level * dimensionCount + dimension]
    return count >= Int64(range.lowerBound) && count <= Int64(range.upperBound)
      && (count == 1 || temporal[level] & (1 << UInt8(dimension)) != 0)
  }

  /// The sets of tensors (bits) that some dimension does not move and that no other such set has all
  /// of: three at most, repeated to be three.
  private static func classes(_ space: Mapspace) -> [UInt8] {
    var sets: [UInt8] = []
    for dimension in space.dimensions.indices {
      let still = tensors(leftBy: dimension, space)
      if !sets.contains(still) { sets.append(still) }
    }
    let largest = sets.filter { set in !sets.contains { $0 != set && $0 & set == set } }
    return Array((largest + Array(repeating: largest.first ?? 0, count: 3)).prefix(3))
  }

  /// The tensors (bits) that a dimension does not move.
  private static func tensors(leftBy dimension: Int, _ space: Mapspace) -> UInt8 {
    TensorRole.allCases.reduce(0) {
      space.relevant[$1] & (1 << UInt8(dimension)) == 0 && space.problem.projections[$1] != nil
        ? $0 | (1 << $1.rawValue) : $0
    }
  }

  /// What tensors can save by staying, by the set of those that the innermost loop does not move.
  @inline(__always)
  func saved(_ extra: SIMD4<Double>) -> SIMD4<Double> {
    var saved = SIMD4<Double>(repeating: 0)
    for number in 0..<3 {
      let set = classes[number]
      for role in 0..<3 where set & (1 << UInt8(role)) != 0 {
        saved[number] += max(0, extra[role])
      }
    }
    return saved
  }

  /// The most that tensors can save by staying, if of those the innermost loop does not move.
  @inline(__always)
  func mostSaved(_ extra: SIMD4<Double>) -> Double { saved(extra).largest }

  /// What tensors of a class save by staying, and of the others those of their words that borders let stay.
  @inline(__always)
  func saved(_ extra: SIMD4<Double>, _ shares: BorderShares, ofClass number: Int) -> Double {
    (extra * larger(shares[number], members[number])).total
  }

  /// The sum of those of a class.
  @inline(__always)
  func sum(_ values: SIMD4<Double>, ofClass number: Int) -> Double {
    (values * members[number]).total
  }

  /// The largest of the shares by dimension of those that move a tensor and can be innermost where a
  /// class stays.
  @inline(__always)
  func share(_ shares: SIMD8<Double>, _ role: Int, ofClass number: Int) -> Double {
    (shares * movers[3 * number + role]).largest
  }

  /// Words along an axis, at least; those of an axis that is too long to be looked at count as one.
  private static func words(_ axis: AffineAxis, of problem: Problem, storesPadding: Bool) -> Double
  {
    let moving = axis.terms.filter { problem.bounds[$0.dimension] > 1 }
    let holds = { (word: Int64) in storesPadding || word >= 0 && word < Int64(axis.extent) }
    let offset = Int64(axis.offset)
    guard let first = moving.first else { return holds(offset) ? 1 : 0 }
    let bound = Int64(problem.bounds[first.dimension])
    guard let second = moving.dropFirst().first else {
      guard !storesPadding else { return Double(bound) }
      let s = Int64(first.coefficient)
      let start = offset >= 0 ? 0 : (-offset + s - 1) / s
      let end = Int64(axis.extent) - 1 - offset
      return end < 0 ? 0 : Double(max(0, min(bound - 1, end / s) - start + 1))
    }
    let other = Int64(problem.bounds[second.dimension])
    guard bound * other <= 20_000 else { return 1 }
    var seen: Set<Int64> = []
    for i in 0..<bound {
      for j in 0..<other {
        let word = Int64(first.coefficient) * i + Int64(second.coefficient) * j + offset
        if holds(word) { seen.insert(word) }
      }
    }
    return Double(seen.count)
  }

  /// Words along a dimension that moves a tensor, if no other moves it along the same axis.
  @inline(__always)
  func words(_ role: TensorRole, along dimension: Int) -> Double {
    words[Int(role.rawValue)][dimension]
  }

  /// Whether each index of a dimension is one word of a tensor, none of the padding.
  @inline(__always)
  func isSimple(_ role: TensorRole, _ dimension: Int) -> Bool {
    simple[Int(role.rawValue)] & (1 << UInt8(dimension)) != 0
  }

  /// The axis of the input that a dimension reaches together with another one.
  @inline(__always)
  func windowNumber(_ dimension: Int) -> Int? {
    windowOfOutputs[dimension] ?? windowOfFilters[dimension]
  }

  /// Whether a dimension is one of two that reach an axis of the input.
  @inline(__always)
  func isInWindow(_ dimension: Int) -> Bool {
    windowNumber(dimension) != nil
  }

  func isRelevant(_ dimension: Int, to role: TensorRole) -> Bool {
    relevant[Int(role.rawValue)] & (1 << UInt8(dimension)) != 0
  }
}

extension ProofContext {
  /// Words of a tensor's first tile.
  ///
  /// - Parameter extent: of a dimension, the tile's extent.
  @inline(__always)
  func firstWords(_ role: TensorRole, _ extent: (Int) -> Int32) -> Double {
    guard present.contains(role) else { return 0 }
    var words = 1.0
    for dimension in 0..<dimensionCount where isRelevant(dimension, to: role) {
      if role == .input {
        if windowOfFilters[dimension] != nil { continue }
        if let window = windowOfOutputs[dimension] {
          words *= windowTable[window].words(
            outputs: extent(dimension), filters: extent(windowTable[window].r))
          continue
        }
      }
      if !isSimple(role, dimension) { return 0 }
      words *= Double(extent(dimension))
    }
    return words
  }
}

/// Of each dimension, the number of an input axis, or none.
struct WindowNumbers: Sendable {
  private var numbers = SIMD8<Int8>(repeating: -1)

  @inline(__always)
  subscript(dimension: Int) -> Int? {
    get { numbers[dimension] < 0 ? nil : Int(numbers[dimension]) }
    set { numbers[dimension] = Int8(newValue ?? -1) }
  }
}
