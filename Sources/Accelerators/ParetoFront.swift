/// Points of energy and cycles of which none is beaten in both, each with what it stands for.
///
/// The points form a staircase: in order of cycles, which rise from point to point while energies
/// fall. Cycles are whole numbers below 2^53, which a `Double` holds exactly.
///
/// Members are inlinable where the mapper asks them for every part of a mapping: code that is not
/// specialized for its payload is slower by far.
public struct ParetoFront<Payload> {
  @usableFromInline var storedCycles: [Double] = []
  @usableFromInline var storedEnergies: [Double] = []
  @usableFromInline var storedPayloads: [Payload] = []

  /// A front without points.
  @inlinable public init() {}
}

extension ParetoFront: Equatable where Payload: Equatable {}
extension ParetoFront: Hashable where Payload: Hashable {}
extension ParetoFront: Sendable where Payload: Sendable {}

// MARK: - Points
extension ParetoFront: RandomAccessCollection {
  /// One point of a front.
  public struct Point {
    /// Energy in picojoules.
    public var energyPicojoules: Double
    /// Clock cycles, a whole number below 2^53.
    public var cycles: Double
    /// What the point stands for.
    public var payload: Payload

    /// A point as given; whether it is on a front is decided where it is put in.
    @inlinable public init(energyPicojoules: Double, cycles: Double, payload: Payload) {
      self.energyPicojoules = energyPicojoules
      self.cycles = cycles
      self.payload = payload
    }
  }

  /// The place of the fewest cycles.
  @inlinable public var startIndex: Int { 0 }
  @inlinable public var endIndex: Int { storedCycles.count }

  /// The point at a place, in order of cycles.
  @inlinable public subscript(position: Int) -> Point {
    Point(
      energyPicojoules: storedEnergies[position], cycles: storedCycles[position],
      payload: storedPayloads[position])
  }
}

extension ParetoFront.Point: Equatable where Payload: Equatable {}
extension ParetoFront.Point: Hashable where Payload: Hashable {}
extension ParetoFront.Point: Sendable where Payload: Sendable {}

// MARK: - Asking
extension ParetoFront {
  /// The least energy of the points of at most so many cycles; `nil` where there is none.
  ///
  /// - Complexity: O(log *count*).
  @inlinable public func leastEnergyPicojoules(withinCycles cycles: Double) -> Double? {
    let end = firstIndex(above: cycles)
    return end > 0 ? storedEnergies[end - 1] : nil
  }

  /// Whether a point has neither more energy nor more cycles than the given ones.
  ///
  /// A caller that takes energies for equal within a tolerance asks for as much more energy.
  ///
  /// - Complexity: O(log *count*).
  @inlinable public func covers(energyPicojoules: Double, cycles: Double) -> Bool {
    let end = firstIndex(above: cycles)
    return end > 0 && storedEnergies[end - 1] <= energyPicojoules
  }

  /// The index of the first point of more cycles than given.
  @inlinable func firstIndex(above cycles: Double) -> Int {
    var (low, high) = (0, storedCycles.count)
    while low < high {
      let middle = (low + high) / 2
      if storedCycles[middle] <= cycles { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The index of the point of the least energy-delay product, the first of equal ones; `nil` where
  /// there is no point.
  public var leastProductIndex: Int? {
    indices.min {
      storedEnergies[$0] * storedCycles[$0] < storedEnergies[$1] * storedCycles[$1]
    }
  }
}

// MARK: - Adding points
extension ParetoFront {
  /// Adds a point unless one is there that covers it, and removes those it covers.
  ///
  /// Of points that are equal in both the first stays.
  ///
  /// - Parameter factor: what energies that are to be removed are multiplied with first; a little
  ///   above 1 for a caller that takes energies for equal within a tolerance.
  /// - Returns: whether the point was added.
  /// - Complexity: O(log *count*), and moving the points of more cycles.
  @inlinable @discardableResult
  public mutating func insert(
    energyPicojoules: Double, cycles: Double, removingEnergiesTimes factor: Double = 1,
    _ payload: @autoclosure () -> Payload
  ) -> Bool {
    let end = firstIndex(above: cycles)
    if end > 0, storedEnergies[end - 1] <= energyPicojoules { return false }
    let first = end > 0 && storedCycles[end - 1] == cycles ? end - 1 : end
    var last = end
    while last < storedCycles.count, storedEnergies[last] * factor >= energyPicojoules { last += 1 }
    storedCycles.replaceSubrange(first..<last, with: CollectionOfOne(cycles))
    storedEnergies.replaceSubrange(first..<last, with: CollectionOfOne(energyPicojoules))
    storedPayloads.replaceSubrange(first..<last, with: CollectionOfOne(payload()))
    return true
  }
}

// MARK: - Sums
extension ParetoFront {
  /// The front of all sums of a point of this front and one of another: of two things that run one
  /// after the other, each in any of its ways.
  ///
  /// - Parameter combine: what a sum stands for, by the indices of its two points.
  /// - Complexity: O(*n m* log *n m*) for fronts of *n* and *m* points.
  public func sums<Other, Sum>(
    with other: ParetoFront<Other>, _ combine: (_ index: Int, _ otherIndex: Int) -> Sum
  ) -> ParetoFront<Sum> {
    var sums: [(cycles: Double, energy: Double, index: Int, otherIndex: Int)] = []
    sums.reserveCapacity(count * other.count)
    for index in indices {
      for otherIndex in other.indices {
        sums.append(
          (
            storedCycles[index] + other.storedCycles[otherIndex],
            storedEnergies[index] + other.storedEnergies[otherIndex], index, otherIndex
          ))
      }
    }
    // In order of cycles a sum is on the front where its energy is below all before it.
    sums.sort {
      ($0.cycles, $0.energy, $0.index, $0.otherIndex)
        < ($1.cycles, $1.energy, $1.index, $1.otherIndex)
    }
    var front = ParetoFront<Sum>()
    for sum in sums where sum.energy < front.storedEnergies.last ?? .infinity {
      front.storedCycles.append(sum.cycles)
      front.storedEnergies.append(sum.energy)
      front.storedPayloads.append(combine(sum.index, sum.otherIndex))
    }
    return front
  }

  /// The front without points that others nearly cover: for each point there is one of no more
  /// cycles and of at most `1 + tolerance` times its energy.
  ///
  /// Both ends stay.
  public func thinned(withinTolerance tolerance: Double) -> Self {
    guard count > 2 else { return self }
    var front = Self()
    for index in indices {
      // Kept are the first point, and each whose energy the last one kept does not reach.
      let kept = front.storedEnergies.last ?? .infinity
      guard kept > storedEnergies[index] * (1 + tolerance) || index == count - 1 else { continue }
      front.storedCycles.append(storedCycles[index])
      front.storedEnergies.append(storedEnergies[index])
      front.storedPayloads.append(storedPayloads[index])
    }
    return front
  }
}
