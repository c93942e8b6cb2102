import Accelerators
import Dataflow
import Mapper
import Ops

/// Every mapping of a small problem onto an array, capacities left aside: the oracle of the search.
///
/// It knows nothing of the mapper's space but the definitions: every chain of steps over the loops
/// that a level may have (over time where there is a memory, then along x, then along y), every
/// choice of what is kept, every order of each level's loops over time. Loops along an axis are
/// listed in one order, unless the level's wires forward or are diagonal: elsewhere an order only
/// renames the children.
struct ArrayMappings {
  /// The loops of one level, those of more than one pass.
  fileprivate struct Level {
    var temporal: [Loop] = []
    var spatialX: [Loop] = []
    var spatialY: [Loop] = []
  }

  /// One way to cut a dimension down to single iterations.
  fileprivate struct Chain {
    var loops: [(level: Int, place: CompactMapping.Place, loop: Loop)] = []
  }

  private let hierarchy: Hierarchy
  private let constraints: [DataflowConstraints.Level]
  /// What each level keeps, of every choice.
  private let schemes: [[TensorSet]]
  /// Levels whose loops along an axis are listed in every order.
  private let ordersAxes: [Bool]
  /// Of each dimension of a bound above 1, its chains; `nil` where there are too many to list.
  private let chains: [[Chain]]?

  /// More chains of one dimension are not listed.
  fileprivate static let mostChains = 50_000

  /// - Parameter ordersEveryAxis: whether loops along an axis are listed in every order on any wires.
  init(
    of problem: Problem, on array: SpatialArray, factors: Factors, ordersEveryAxis: Bool = false
  ) {
    let hierarchy = array.hierarchy
    self.hierarchy = hierarchy
    let constraints = hierarchy.levels.indices.map { level in
      level < array.dataflow.levels.count
        ? array.dataflow.levels[level] : DataflowConstraints.Level()
    }
    self.constraints = constraints
    ordersAxes = hierarchy.levels.map {
      ordersEveryAxis || !$0.x.forward.isEmpty || !$0.y.forward.isEmpty || !$0.diagonal.isEmpty
    }
    schemes = Self.schemes(of: problem, on: hierarchy)
    let divides = factors == .perfect || !array.dataflow.allowsImperfectFactors
    var chains: [[Chain]]? = []
    for dimension in LoopDimension.allCases {
      var walk = ChainWalk(
        dimension: dimension, divides: divides, hierarchy: hierarchy, constraints: constraints)
      walk.cut(fromLevel: 0, problem.bounds[dimension], Chain())
      if walk.found.count > Self.mostChains { chains = nil }
      // A dimension of bound 1 has one chain, without loops, unless a level asks for passes.
      chains?.append(walk.found)
    }
    self.chains = chains
  }

  private static func schemes(of problem: Problem, on hierarchy: Hierarchy) -> [[TensorSet]] {
    let present = TensorSet(
      TensorRole.allCases.filter { problem.projections[$0] != nil }.map { TensorSet($0) })
    return hierarchy.levels.enumerated().reduce([[]]) { schemes, entry in
      let (index, level) = entry
      let may = index == 0 ? present : present.intersection(level.memory?.mayKeep ?? [])
      let must = index == 0 ? present : present.intersection(level.memory?.mustKeep ?? [])
      let sets = (0...TensorSet.all.rawValue).map { TensorSet(rawValue: $0) }
        .filter { $0.isSuperset(of: must) && $0.isSubset(of: may) }
      return schemes.flatMap { scheme in sets.map { scheme + [$0] } }
    }
  }

  /// Lists the chains of one dimension.
  fileprivate struct ChainWalk {
    let dimension: LoopDimension
    let divides: Bool
    let hierarchy: Hierarchy
    let constraints: [DataflowConstraints.Level]
    var found: [Chain] = []

    mutating func cut(fromLevel index: Int, _ extent: Int32, _ chain: Chain) {
      guard found.count <= ArrayMappings.mostChains else { return }
      guard index < hierarchy.levels.count else {
        if extent == 1 { found.append(chain) }
        return
      }
      let (level, rules) = (hierarchy.levels[index], constraints[index])
      let inTime = steps(extent, level.memory != nil && allows(rules.temporal), mostPasses: .max)
      for (time, timePasses) in inTime where rules.temporalPasses.allows(timePasses, dimension) {
        let alongX = steps(time, allows(rules.spatialX), mostPasses: level.x.size)
        for (x, xPasses) in alongX {
          let alongY = steps(x, allows(rules.spatialY), mostPasses: level.y.size)
          for (y, yPasses) in alongY
          where rules.spatialPasses.allows(xPasses * yPasses, dimension) {
            var next = chain
            next.add(Loop(dimension, passes: timePasses, step: time), .temporal, atLevel: index)
            next.add(Loop(dimension, passes: xPasses, step: x), .spatialX, atLevel: index)
            next.add(Loop(dimension, passes: yPasses, step: y), .spatialY, atLevel: index)
            cut(fromLevel: index + 1, y, next)
          }
        }
      }
    }

    private func allows(_ dimensions: DimensionSet?) -> Bool {
      dimensions?.contains(dimension) ?? true
    }

    /// The steps a loop over an extent may have, and its passes; one pass where it may not be.
    private func steps(
      _ extent: Int32, _ isAllowed: Bool, mostPasses: Int32
    ) -> [(step: Int32, passes: Int32)] {
      guard isAllowed else { return [(extent, 1)] }
      return (1...extent).reversed().compactMap { step in
        if divides && extent % step != 0 { return nil }
        let passes = (extent + step - 1) / step
        return passes <= mostPasses ? (step, passes) : nil
      }
    }
  }
}

extension [LoopDimension: ClosedRange<Int32>] {
  fileprivate func allows(_ passes: Int32, _ dimension: LoopDimension) -> Bool {
    self[dimension]?.contains(passes) ?? true
  }
}

extension ArrayMappings.Chain {
  fileprivate mutating func add(
    _ loop: Loop, _ place: CompactMapping.Place, atLevel level: Int
  ) {
    if loop.passes > 1 { loops.append((level, place, loop)) }
  }
}

// MARK: - Going through all mappings

extension ArrayMappings {
  /// How many mappings there are, or `nil` where they are more than a limit.
  ///
  /// - Complexity: O(*limit*), whatever the space.
  func count(atMost limit: Int) -> Int? {
    guard let chains else { return nil }
    var (count, visits) = (0, 0)
    choose(chains) { levels in
      count += levels.indices.reduce(schemes.count) { $0 * orderCount(of: levels[$1], level: $1) }
      return count <= limit
    } visiting: {
      visits += 1
      return visits <= 8 * limit
    }
    return count <= limit && visits <= 8 * limit ? count : nil
  }

  /// Calls a closure with each mapping.
  func forEach(_ body: (CompactMapping) -> Void) {
    guard let chains else { return }
    let empty = CompactMapping(levelCount: hierarchy.levels.count)
    choose(chains) { levels in
      order(levels, from: 0, empty, body)
      return true
    } visiting: {
      true
    }
  }

  /// Calls a closure with every choice of chains that the fan-outs have room for, until either
  /// closure returns `false`.
  ///
  /// - Parameter visiting: called for each part of a choice.
  private func choose(
    _ chains: [[Chain]], _ body: ([Level]) -> Bool, visiting: () -> Bool
  ) {
    var levels = hierarchy.levels.map { _ in Level() }
    var free = hierarchy.levels.map { (x: $0.x.size, y: $0.y.size) }
    // A product of passes is at most the size exactly if dividing by each leaves something.
    func choose(_ dimension: Int) -> Bool {
      guard dimension < chains.count else { return body(levels) }
      for chain in chains[dimension] {
        guard visiting() else { return false }
        let before = (levels, free)
        let fits = chain.loops.allSatisfy { level, place, loop in
          switch place {
          case .temporal: levels[level].temporal.append(loop)
          case .spatialX:
            levels[level].spatialX.append(loop)
            free[level].x /= loop.passes
          case .spatialY:
            levels[level].spatialY.append(loop)
            free[level].y /= loop.passes
          }
          return free[level].x > 0 && free[level].y > 0
        }
        if fits, !choose(dimension + 1) { return false }
        (levels, free) = before
      }
      return true
    }
    _ = choose(0)
  }

  private func orderCount(of level: Level, level index: Int) -> Int {
    let free = level.temporal.count { !isNamed($0.dimension, level: index) }
    let orders = Self.permutations[free].count
    guard ordersAxes[index] else { return orders }
    return orders * Self.permutations[level.spatialX.count].count
      * Self.permutations[level.spatialY.count].count
  }

  private func isNamed(_ dimension: LoopDimension, level: Int) -> Bool {
    constraints[level].order?.contains(dimension) ?? false
  }

  /// Puts the loops of the levels from one on in every order, then keeps tensors in every way.
  private func order(
    _ levels: [Level], from index: Int, _ mapping: CompactMapping, _ body: (CompactMapping) -> Void
  ) {
    guard index < levels.count else {
      var mapping = mapping
      for scheme in schemes {
        for (level, tensors) in scheme.enumerated() { mapping.keep(tensors, atLevel: level) }
        body(mapping)
      }
      return
    }
    let level = levels[index]
    let free = level.temporal.filter { !isNamed($0.dimension, level: index) }
    let named = (constraints[index].order ?? []).compactMap { dimension in
      level.temporal.first { $0.dimension == dimension }
    }
    for inTime in Self.permutations[free.count] {
      for alongX in axisOrders(level.spatialX.count, level: index) {
        for alongY in axisOrders(level.spatialY.count, level: index) {
          var next = mapping
          for position in inTime { next.append(free[position], .temporal, atLevel: index) }
          for loop in named { next.append(loop, .temporal, atLevel: index) }
          for position in alongX {
            next.append(level.spatialX[position], .spatialX, atLevel: index)
          }
          for position in alongY {
            next.append(level.spatialY[position], .spatialY, atLevel: index)
          }
          order(levels, from: index + 1, next, body)
        }
      }
    }
  }

  private func axisOrders(_ count: Int, level: Int) -> ArraySlice<[Int]> {
    ordersAxes[level] ? Self.permutations[count][...] : Self.permutations[count].prefix(1)
  }

  /// By count, the orders of so many things.
  private static let permutations: [[[Int]]] = (0...LoopDimension.allCases.count).map { count in
    (0..<count).reduce([[]]) { orders, item in
      orders.flatMap { order in
        (0...order.count).map { position in
          var longer = order
          longer.insert(item, at: position)
          return longer
        }
      }
    }
  }
}
