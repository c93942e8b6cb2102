internal import Ops

/// Accesses of a level by how many children one access serves, and how many such groups there are.
struct TimeloopAccesses: Sendable {
  struct Share: Sendable {
    /// Children that one access serves.
    var multicast: Int64
    /// Groups of that many children in one step.
    var scatter: Int64
    var accesses: Double
  }

  /// In order of multicast, then scatter, so that sums are the same every time.
  private(set) var shares: [Share] = []

  /// Accesses of the level.
  var total: Double { shares.reduce(0) { $0 + $1.accesses } }

  /// Words the children get.
  var delivered: Double { shares.reduce(0) { $0 + $1.accesses * Double($1.multicast) } }

  mutating func add(_ accesses: Double, multicast: Int64 = 1, scatter: Int64 = 1) {
    let place = shares.firstIndex { ($0.multicast, $0.scatter) >= (multicast, scatter) }
    if let place, (shares[place].multicast, shares[place].scatter) == (multicast, scatter) {
      shares[place].accesses += accesses
    } else {
      let share = Share(multicast: multicast, scatter: scatter, accesses: accesses)
      shares.insert(share, at: place ?? shares.count)
    }
  }

  mutating func scale(by factor: Double) {
    for index in shares.indices { shares[index].accesses *= factor }
  }
}

/// The children of a level in one step: where each is, and how its tile is displaced from the
/// first child's.
struct TimeloopArray: Sendable {
  /// Children that one access serves, with the number of such groups.
  typealias Groups = [(multicast: Int64, scatter: Int64)]

  /// Place of each child in Timeloop's numbering, by rows.
  private(set) var places: [Int64] = []
  /// The child at a place.
  private var childAtPlace: [Int64: Int] = [:]
  /// Displacement of each child's tile, by tensor.
  private(set) var displacements: [[SIMD8<Int64>]]
  /// Groups of children that need the same tile, by tensor.
  private(set) var groups: [Groups] = []

  init(tensorCount: Int) {
    displacements = Array(repeating: [], count: tensorCount)
  }

  mutating func append(place: Int64, displacements moved: [SIMD8<Int64>]) {
    childAtPlace[place] = places.count
    places.append(place)
    for (tensor, displacement) in moved.enumerated() {
      displacements[tensor].append(displacement)
    }
  }

  /// Finds the groups, when all children are there.
  mutating func group() {
    groups = displacements.indices.map { groups(ofTensor: $0, without: []) }
  }

  /// Groups of children that need the same tile, of those not served otherwise.
  func groups(ofTensor tensor: Int, without served: [Bool]) -> Groups {
    var members: [SIMD8<Int64>: Int64] = [:]
    for (child, displacement) in displacements[tensor].enumerated() {
      if !served.isEmpty && served[child] { continue }
      members[displacement, default: 0] += 1
    }
    var scatters: [Int64: Int64] = [:]
    for (_, multicast) in members { scatters[multicast, default: 0] += 1 }
    return scatters.map { (multicast: $0.key, scatter: $0.value) }
      .sorted { $0.multicast < $1.multicast }
  }

  /// The children whose tile a neighbour had in the step before, when first children's tiles moved
  /// by a vector since then.
  ///
  /// - Parameters:
  ///   - columns: How many places a row has; neighbours are left, right, above and below.
  ///   - count: How many places there are.
  func servedByNeighbours(
    ofTensor tensor: Int, from earlier: TimeloopArray, moved: SIMD8<Int64>, columns: Int64,
    count: Int64
  ) -> [Bool] {
    places.enumerated().map { child, place in
      let wanted = displacements[tensor][child] &+ moved
      return Self.neighbours(of: place, columns: columns, count: count).contains { neighbour in
        guard let other = earlier.childAtPlace[neighbour] else { return false }
        return earlier.displacements[tensor][other] == wanted
      }
    }
  }

  private static func neighbours(of place: Int64, columns: Int64, count: Int64) -> [Int64] {
    let column = place % columns
    var neighbours: [Int64] = []
    if column > 0 { neighbours.append(place - 1) }
    if column + 1 < columns { neighbours.append(place + 1) }
    if place >= columns { neighbours.append(place - columns) }
    if place + columns < count { neighbours.append(place + columns) }
    return neighbours
  }
}
